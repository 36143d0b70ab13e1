package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

const (
	program = "/usr/bin/cmdsign"
	share   = "/usr/share/cmdsign/extension"
	// Add-ons for all users of Firefox, which is what the GUID stands for. Debian's and Fedora's Firefox take unsigned ones from there
	// (extensions.unsignedScopes 12); Mozilla's own doesn't.
	firefoxAddons = "/usr/share/mozilla/extensions/{ec8030f7-c20a-464f-9b0e-13a3a9e97384}"
)

// packages makes the deb and the rpm for each Linux.
func (m *maker) packages() error {
	for _, t := range m.targets {
		if t.goos != "linux" {
			continue
		}
		for _, form := range []string{"deb", "rpm"} {
			files, err := m.packaged(t, form)
			if err != nil {
				return err
			}
			if err := m.pack(t, form, files); err != nil {
				return err
			}
		}
	}
	return nil
}

// packaged are the files of a package, with the paths that they have on the target.
func (m *maker) packaged(t target, form string) ([]file, error) {
	var files []file
	add := func(path string, data []byte, mode fs.FileMode) { files = append(files, file{path, data, mode}) }
	data, err := os.ReadFile(m.path(t))
	if err != nil {
		return nil, err
	}
	add(program, data, 0o755)
	for _, kind := range []manifests.Kind{manifests.Chromium, manifests.Firefox} {
		built, err := m.built(kind)
		if err != nil {
			return nil, err
		}
		for _, f := range built {
			add(path.Join(share, string(kind), f.path), f.data, f.mode)
		}
	}
	// In its folder for everybody Firefox takes an add-on as a zip named after its id.
	firefox, err := m.built(manifests.Firefox)
	if err != nil {
		return nil, err
	}
	xpi, err := zipped(firefox, m.made)
	if err != nil {
		return nil, err
	}
	add(firefoxAddons+"/"+manifests.IDs(manifests.Firefox)[0]+".xpi", xpi, 0o644)
	files = append(files, registered(form)...)
	documents, err := m.documents(form)
	return sorted(append(files, documents...)), err
}

// registered are the host manifests for everybody, and the links by which a browser loads the extension itself.
func registered(form string) []file {
	var files []file
	add := func(f file) {
		if !slices.ContainsFunc(files, func(o file) bool { return o.path == f.path }) {
			files = append(files, f)
		}
	}
	for _, b := range manifests.Browsers() {
		if b.Linux == nil {
			continue
		}
		for _, folder := range b.Linux.System {
			// Of Fedora and its kin, whose Firefox is built to look there.
			if form == "deb" && strings.HasPrefix(folder, "/usr/lib64/") {
				continue
			}
			add(file{folder + "/" + manifests.Host() + ".json", manifests.New(b.Kind, program, nil).JSON(), 0o644})
		}
		if b.Kind == manifests.Chromium && b.Linux.Extensions != "" && form == "deb" {
			// Debian's policy 10.5 wants it relative, and no longer than it must be.
			to, err := filepath.Rel(b.Linux.Extensions, share+"/chromium")
			if err != nil {
				panic(err) // both are absolute
			}
			add(file{b.Linux.Extensions + "/sign-with-cmd", []byte(filepath.ToSlash(to)), fs.ModeSymlink})
		}
	}
	return files
}

// documents are what a package says of itself.
func (m *maker) documents(form string) ([]file, error) {
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(m.source, filepath.FromSlash(name)))
		if err != nil && m.failed == nil {
			m.failed = err
		}
		return data
	}
	zip := func(data []byte) []byte {
		packed, err := gzipped(data)
		if err != nil && m.failed == nil {
			m.failed = err
		}
		return packed
	}
	doc := "/usr/share/doc/cmdsign/"
	man := bytes.ReplaceAll(read("installer/dist/cmdsign.1"), []byte("VERSION"), []byte(m.version))
	files := []file{
		{"/usr/share/man/man1/cmdsign.1.gz", zip(man), 0o644},
		{doc + "copyright", read("installer/dist/copyright"), 0o644},
		{doc + "THIRD-PARTY.txt.gz", zip(m.terms), 0o644},
		{doc + "PRIVACY.md", read("PRIVACY.md"), 0o644},
		{doc + "SECURITY.md.gz", zip(read("SECURITY.md")), 0o644},
		{doc + "CONFIG.md", read("docs/CONFIG.md"), 0o644},
	}
	if form == "deb" {
		changes, err := debianChangelog(string(read("CHANGELOG.md")), m.version, m.made)
		if err != nil {
			return nil, err
		}
		files = append(files,
			file{doc + "changelog.gz", zip([]byte(changes)), 0o644},
			file{"/usr/share/lintian/overrides/cmdsign", read("installer/dist/lintian-overrides"), 0o644})
	} else {
		files = append(files, file{doc + "CHANGELOG.md", read("CHANGELOG.md"), 0o644})
	}
	return files, m.failed
}

// pack has nfpm make a package: its description is nfpm.yaml and the list of files.
func (m *maker) pack(t target, form string, files []file) error {
	stage := filepath.Join(m.out, "build", form+"-"+t.arch)
	if err := os.RemoveAll(stage); err != nil {
		return err
	}
	config, err := os.ReadFile(filepath.Join(m.source, "installer", "dist", "nfpm.yaml"))
	if err != nil {
		return err
	}
	list := bytes.NewBuffer(config)
	for _, f := range files {
		if f.mode == fs.ModeSymlink {
			fmt.Fprintf(list, "  - {dst: %q, src: %q, type: symlink}\n", f.path, f.data)
			continue
		}
		from := filepath.Join(stage, filepath.FromSlash(f.path))
		if err := os.MkdirAll(filepath.Dir(from), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(from, f.data, 0o644); err != nil {
			return err
		}
		if err := os.Chtimes(from, m.made, m.made); err != nil {
			return err
		}
		kind := ""
		if strings.HasPrefix(f.path, "/etc/") {
			kind = ", type: config"
		}
		fmt.Fprintf(list, "  - {dst: %q, src: %q%s, file_info: {mode: 0o%o}}\n", f.path, filepath.ToSlash(from), kind, f.mode)
	}
	for _, folder := range folders(files) {
		fmt.Fprintf(list, "  - {dst: %q, type: dir, packager: rpm}\n", folder)
	}
	described := stage + ".yaml"
	if err := os.WriteFile(described, list.Bytes(), 0o644); err != nil {
		return err
	}
	// By its own rules for names: cmdsign_0.1.0_amd64.deb, cmdsign-0.1.0-1.x86_64.rpm.
	cmd := exec.Command(m.nfpm, "package", "--config", described, "--packager", form, "--target", m.out)
	cmd.Env = append(os.Environ(), "ARCH="+t.arch, "VERSION="+m.version)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("nfpm: %w\n%s", err, out)
	}
	return nil
}

// standard are the folders that a system has before any package of ours (the Filesystem Hierarchy Standard).
var standard = []string{
	"/", "/etc", "/etc/opt", "/usr", "/usr/bin", "/usr/lib", "/usr/lib64", "/usr/share", "/usr/share/doc", "/usr/share/man", "/usr/share/man/man1",
}

// folders are those that the files need beyond the standard ones. rpm takes away only folders that it was told of, once no other package
// has them; dpkg takes away what is empty.
func folders(files []file) []string {
	var all []string
	for _, f := range files {
		for folder := path.Dir(f.path); !slices.Contains(standard, folder) && !slices.Contains(all, folder); folder = path.Dir(folder) {
			all = append(all, folder)
		}
	}
	slices.Sort(all)
	return all
}
