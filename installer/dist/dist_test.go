package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

const source = "../.."

// commit is a time for what is made.
var commit = time.Date(2026, 11, 22, 7, 3, 41, 0, time.UTC)

// made are the extension's zips and the component, of a copy of the source in another folder, whose files are of another time and have other modes.
func made(t *testing.T, written time.Time, mode fs.FileMode, cwd string) map[string][32]byte {
	t.Helper()
	root := t.TempDir()
	files, err := exec.Command("git", "-C", source, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "VERSION", "extension", "host/command/example").Output()
	require.NoError(t, err)
	for name := range strings.SplitSeq(strings.Trim(string(files), "\x00"), "\x00") {
		data, err := os.ReadFile(filepath.Join(source, name))
		require.NoError(t, err)
		to := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
		require.NoError(t, os.WriteFile(to, data, mode))
		require.NoError(t, os.Chtimes(to, written, written))
	}
	modules, err := filepath.Abs(filepath.Join(source, "extension", "node_modules"))
	require.NoError(t, err)
	modules, err = filepath.EvalSymlinks(modules)
	require.NoError(t, err)
	require.NoError(t, os.Symlink(modules, filepath.Join(root, "extension", "node_modules")))
	build := exec.Command("node", filepath.Join(root, "extension", "build.mjs"))
	build.Dir = filepath.Join(root, cwd)
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))

	m := maker{source: root, out: t.TempDir(), made: commit}
	m.version, err = readVersion(filepath.Join(root, "VERSION"))
	require.NoError(t, err)
	require.NoError(t, m.extensions())
	require.NoError(t, m.component())
	for _, kind := range []manifests.Kind{manifests.Chromium, manifests.Firefox} {
		built, err := m.built(kind)
		require.NoError(t, err)
		for _, f := range built {
			require.False(t, bytes.Contains(f.data, []byte(root)) || bytes.Contains(f.data, []byte(filepath.Dir(modules))), "%s tells where it was built", f.path)
		}
	}
	sums := map[string][32]byte{}
	entries, err := os.ReadDir(m.out)
	require.NoError(t, err)
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(m.out, e.Name()))
		require.NoError(t, err)
		require.False(t, bytes.Contains(data, []byte(root)), "%s tells where it was built", e.Name())
		sums[e.Name()] = sha256.Sum256(data)
	}
	return sums
}

// The same source gives the same zips and component, wherever and whenever they are made.
func TestTheZipsAreReproducible(t *testing.T) {
	here := made(t, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), 0o644, "extension")
	there := made(t, time.Date(2031, 5, 6, 7, 8, 9, 0, time.Local), 0o600, ".")
	require.Len(t, here, 4)
	require.Equal(t, here, there)
}

func TestTheZipForAStoreHasNoKey(t *testing.T) {
	m := maker{source: source, made: commit}
	var err error
	m.version, err = readVersion(filepath.Join(source, "VERSION"))
	require.NoError(t, err)
	built, err := m.built(manifests.Chromium)
	require.NoError(t, err)
	stored, err := forStore(built)
	require.NoError(t, err)
	data, err := zipped(stored, commit)
	require.NoError(t, err)
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	read := func(fsys fs.FS) (fields map[string]any) {
		text, err := fs.ReadFile(fsys, "manifest.json")
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &fields))
		return fields
	}
	want := read(os.DirFS(filepath.Join(source, "extension", "dist", "chromium")))
	require.Contains(t, want, "key", "unpacked it's the key that gives the id")
	delete(want, "key")
	require.Equal(t, want, read(archive))
	require.Len(t, archive.File, len(built))
}

// One version: the program's, the extension's, the packages'.
func TestThereIsOneVersion(t *testing.T) {
	version, err := readVersion(filepath.Join(source, "VERSION"))
	require.NoError(t, err)
	data, err := os.ReadFile(filepath.Join(source, "CHANGELOG.md"))
	require.NoError(t, err)
	entries, err := changes(string(data), version)
	require.NoError(t, err)
	require.NotEmpty(t, entries)
	out, err := exec.Command("make", "-C", source, "--no-print-directory", "--dry-run", "host").Output()
	require.NoError(t, err)
	require.Regexp(t, `-X \S+/host/command\.version=`+regexp.QuoteMeta(version)+`'`, string(out))
}

func TestVersionsThatWouldBreakSomethingAreRefused(t *testing.T) {
	for _, bad := range []string{"", "v1.0.0", "1.0", "1.0.0.0", "01.0.0", "1.0.0-", "1.0.0-rc.1", "1.0.0+git", "1.0.70000"} {
		path := filepath.Join(t.TempDir(), "VERSION")
		require.NoError(t, os.WriteFile(path, []byte(bad+"\n"), 0o600))
		_, err := readVersion(path)
		require.Error(t, err, bad)
	}
}

// Debian policy 4.4 and deb-changelog(5).
func TestTheChangelogIsDebians(t *testing.T) {
	text := "# Changes\n\n## 1.2.3 (not released)\n\n- one\n  and more\n- " + strings.Repeat("word ", 30) + "\n\n## 1.2.2\n\n- old\n"
	got, err := debianChangelog(text, "1.2.3-dev", commit)
	require.NoError(t, err)
	require.Regexp(t, `^cmdsign \(1\.2\.3~dev\) unstable; urgency=medium\n\n  \* one and more\n  \* word`, got)
	require.Regexp(t, `\n\n -- [^<\n]+ <[^>\n]+@[^>\n]+>  Sun, 22 Nov 2026 07:03:41 \+0000\n$`, got)
	require.NotContains(t, got, "old")
	for line := range strings.Lines(got) {
		if strings.HasPrefix(line, " -- ") {
			continue
		}
		require.LessOrEqual(t, len([]rune(strings.TrimSuffix(line, "\n"))), 80)
	}
	_, err = debianChangelog(text, "1.2.4", commit)
	require.ErrorContains(t, err, "1.2.4", "a version that nobody described")
}

// A browser of the table that a package forgets doesn't find the program.
func TestPackagesRegisterWithEveryBrowser(t *testing.T) {
	for _, form := range []string{"deb", "rpm"} {
		files := map[string]file{}
		for _, f := range registered(form) {
			files[f.path] = f
		}
		for _, b := range manifests.Browsers() {
			if b.Linux == nil {
				continue
			}
			for i, folder := range b.Linux.System {
				f, ok := files[folder+"/"+manifests.Host()+".json"]
				if i > 0 && form == "deb" && !ok {
					continue // another distribution's
				}
				require.True(t, ok, "%s: %s in %s", form, b.Name, folder)
				var m manifests.Manifest
				require.NoError(t, json.Unmarshal(f.data, &m))
				require.Equal(t, program, m.Path)
				require.ElementsMatch(t, manifests.New(b.Kind, program, nil).Callers(), m.Callers())
			}
		}
	}
	var links []file
	for _, f := range registered("deb") {
		if f.mode == fs.ModeSymlink {
			links = append(links, f)
		}
	}
	require.Len(t, links, 1)
	require.Equal(t, share+"/chromium", filepath.Join(filepath.Dir(links[0].path), string(links[0].data)))
}

// rpm leaves every folder behind that the package doesn't name.
func TestAnRpmNamesItsFolders(t *testing.T) {
	dir := t.TempDir()
	given, nfpm := filepath.Join(dir, "given.yaml"), filepath.Join(dir, "nfpm")
	require.NoError(t, os.WriteFile(nfpm, []byte("#!/bin/sh\n[ \"$2\" = --config ] && cp \"$3\" '"+given+"'\n"), 0o755))
	m := maker{source: source, out: filepath.Join(dir, "out"), nfpm: nfpm, made: commit}
	require.NoError(t, m.pack(target{goos: "linux", arch: "amd64"}, "rpm", []file{
		{"/usr/share/cmdsign/extension/chromium/icons/icon-16.png", nil, 0o644}, {"/usr/lib64/mozilla/native-messaging-hosts/x.json", nil, 0o644},
	}))
	text, err := os.ReadFile(given)
	require.NoError(t, err)
	var folders []string
	for _, line := range regexp.MustCompile(`dst: "([^"]+)", type: dir, packager: rpm`).FindAllStringSubmatch(string(text), -1) {
		folders = append(folders, line[1])
	}
	require.Equal(t, []string{
		"/usr/lib64/mozilla", "/usr/lib64/mozilla/native-messaging-hosts",
		"/usr/share/cmdsign", "/usr/share/cmdsign/extension", "/usr/share/cmdsign/extension/chromium", "/usr/share/cmdsign/extension/chromium/icons",
	}, folders)
}

func TestTheSumsAreRight(t *testing.T) {
	m := maker{out: t.TempDir()}
	require.NoError(t, m.write("a", []byte("one")))
	require.NoError(t, m.write("b c", []byte("two")))
	require.NoError(t, os.Mkdir(filepath.Join(m.out, "build"), 0o755))
	require.NoError(t, m.sums())
	check := exec.Command("sha256sum", "--check", "--strict", "SHA256SUMS")
	check.Dir = m.out
	out, err := check.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, 2, strings.Count(string(out), ": OK"), fmt.Sprint(string(out)))
}
