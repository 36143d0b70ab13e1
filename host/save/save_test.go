package save_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/save"
)

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	all := []string{}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func content(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(data)
}

// On a server, many people sign documents of one name.
func TestThereIsANameForTheThousandth(t *testing.T) {
	dir := t.TempDir()
	for i := range 999 {
		name := "contrato-signed.pdf"
		if i > 0 {
			name = fmt.Sprintf("contrato-signed (%d).pdf", i+1)
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	for range 2 {
		file, err := save.Write(dir, "contrato-signed.pdf", strings.NewReader("signed"))
		require.NoError(t, err)
		require.Regexp(t, `^contrato-signed \([a-z2-7]+\)\.pdf$`, file.Name)
		require.Equal(t, "signed", content(t, file.Path))
	}
	require.Len(t, names(t, dir), 1001)
}

func TestTheSecondFileOfANameGetsANumber(t *testing.T) {
	dir := t.TempDir()
	for i, want := range []string{"x-signed.pdf", "x-signed (2).pdf", "x-signed (3).pdf"} {
		text := strings.Repeat("signed", i+1)
		file, err := save.Write(dir, "x-signed.pdf", strings.NewReader(text))
		require.NoError(t, err)
		require.Equal(t, save.File{Path: filepath.Join(dir, want), Name: want, Size: int64(len(text)), SHA256: hash(text)}, file)
		require.Equal(t, text, content(t, file.Path))
		info, err := os.Stat(file.Path)
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o600), info.Mode())
	}
	require.Len(t, names(t, dir), 3, "a temporary file was left")
}

// The bytes that are checked are those in Downloads: they're written once.
func TestAHeldFileIsTheSameFileInDownloads(t *testing.T) {
	private, dir := t.TempDir(), t.TempDir()
	held, sum, err := save.Hold(private, []byte("signed"))
	require.NoError(t, err)
	for _, want := range []string{"x-signed.pdf", "x-signed (2).pdf"} {
		file, err := save.Place(dir, "x-signed.pdf", held, sum)
		require.NoError(t, err)
		require.Equal(t, save.File{Path: filepath.Join(dir, want), Name: want, Size: 6, SHA256: hash("signed")}, file)
		one, err := os.Stat(held)
		require.NoError(t, err)
		other, err := os.Stat(file.Path)
		require.NoError(t, err)
		require.True(t, os.SameFile(one, other), "it was written once more")
		require.Equal(t, fs.FileMode(0o600), other.Mode())
	}
	require.NoError(t, os.RemoveAll(private))
	require.Equal(t, "signed", content(t, filepath.Join(dir, "x-signed.pdf")))
	require.Len(t, names(t, dir), 2)

	_, err = save.Place(filepath.Join(dir, "nowhere"), "x.pdf", held, sum)
	require.True(t, problem.Is(err, problem.SaveFailed), "it isn't there any more: %v", err)
}

func TestAHeldFileOfAFolderThatIsMissing(t *testing.T) {
	held, sum, err := save.Hold(t.TempDir(), []byte("signed"))
	require.NoError(t, err)
	_, err = save.Place(filepath.Join(t.TempDir(), "nowhere"), "x.pdf", held, sum)
	require.True(t, problem.Is(err, problem.DownloadsMissing), err)
	require.Equal(t, "signed", content(t, held))
}

func TestARelativeFolderGivesAnAbsolutePath(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("Downloads", 0o700))
	file, err := save.Write("Downloads", "a.pdf", strings.NewReader("a"))
	require.NoError(t, err)
	require.True(t, filepath.IsAbs(file.Path))
}

func TestNothingIsEverReplaced(t *testing.T) {
	dir := t.TempDir()
	victim := filepath.Join(t.TempDir(), "victim")
	require.NoError(t, os.WriteFile(victim, []byte("mine"), 0o600))
	require.NoError(t, os.Symlink(victim, filepath.Join(dir, "x.pdf")))
	require.NoError(t, os.Symlink(filepath.Join(dir, "nowhere"), filepath.Join(dir, "x (2).pdf")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "x (3).pdf"), 0o700))

	file, err := save.Write(dir, "x.pdf", strings.NewReader("signed"))
	require.NoError(t, err)
	require.Equal(t, "x (4).pdf", file.Name)
	require.Equal(t, "mine", content(t, victim))
	require.NoFileExists(t, filepath.Join(dir, "nowhere"))
}

func TestWritersAtTheSameTimeEachGetTheirOwnName(t *testing.T) {
	dir := t.TempDir()
	const writers = 16
	files := make([]save.File, writers)
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			var err error
			files[i], err = save.Write(dir, "x.pdf", strings.NewReader(strings.Repeat(fmt.Sprintf("%2d", i), 50_000)))
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.Len(t, names(t, dir), writers)
	for i, file := range files {
		require.Equal(t, strings.Repeat(fmt.Sprintf("%2d", i), 50_000), content(t, file.Path))
	}
}

func TestAFailureLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	dangling := filepath.Join(t.TempDir(), "dangling")
	require.NoError(t, os.Symlink(filepath.Join(dir, "gone"), dangling))

	gone := io.MultiReader(strings.NewReader("half"), failing{&fs.PathError{Op: "read", Path: "held", Err: fs.ErrNotExist}})
	for name, tt := range map[string]struct {
		dir, name string
		r         io.Reader
		code      problem.Code
	}{
		"folder missing":        {filepath.Join(dir, "missing"), "x.pdf", strings.NewReader("x"), problem.DownloadsMissing},
		"a file in its place":   {file, "x.pdf", strings.NewReader("x"), problem.DownloadsMissing},
		"under a file":          {filepath.Join(file, "sub"), "x.pdf", strings.NewReader("x"), problem.DownloadsMissing},
		"a link to nowhere":     {dangling, "x.pdf", strings.NewReader("x"), problem.DownloadsMissing},
		"the source breaks off": {dir, "x.pdf", gone, problem.SaveFailed},
		"no name":               {dir, "", strings.NewReader("x"), problem.SaveFailed},
		"out of the folder":     {dir, "../x.pdf", strings.NewReader("x"), problem.SaveFailed},
		"the folder itself":     {dir, "..", strings.NewReader("x"), problem.SaveFailed},
		"name too long":         {dir, strings.Repeat("x", 300) + ".pdf", strings.NewReader("x"), problem.SaveFailed},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := save.Write(tt.dir, tt.name, tt.r)
			require.True(t, problem.Is(err, tt.code), err)
			require.Empty(t, names(t, dir))
		})
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestHoldKeepsTheBytesToThePersonAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "held")
	data := bytes.Repeat([]byte("signed "), 100_000)
	path, sum, err := save.Hold(dir, data)
	require.NoError(t, err)
	require.Equal(t, hash(string(data)), sum)
	require.Equal(t, string(data), content(t, path))
	for name, mode := range map[string]fs.FileMode{path: 0o600, dir: fs.ModeDir | 0o700} {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode(), name)
	}
	require.NoError(t, os.Chmod(dir, 0o755))
	again, _, err := save.Hold(dir, data)
	require.NoError(t, err)
	require.Equal(t, path, again)
	require.Len(t, names(t, dir), 1)
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, fs.ModeDir|0o700, info.Mode(), "others could enter")
}

func TestHoldWhereThereCanBeNoFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, _, err := save.Hold(filepath.Join(file, "held"), []byte("x"))
	require.True(t, problem.Is(err, problem.SaveFailed), err)
}

func TestWriteUnsyncedReplacesAndIsSynced(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "contrato.pdf")
	for _, text := range []string{"old, and longer", "new"} {
		sync, err := save.WriteUnsynced(path, []byte(text), 0o600)
		require.NoError(t, err)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, text, string(data))
		require.NoError(t, sync())
	}
	_, err := save.WriteUnsynced(filepath.Join(dir, "missing", "x"), nil, 0o600)
	require.Error(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	_, err = save.WriteUnsynced(filepath.Join(dir, "folder"), []byte("x"), 0o600)
	require.Error(t, err)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2, "nothing is left of what couldn't be written")

	sync, err := save.WriteUnsynced(path, []byte("gone"), 0o600)
	require.NoError(t, err)
	require.NoError(t, os.Remove(path))
	require.Error(t, sync(), "what isn't there isn't on the disk")
}

func TestAtomicWriteReplaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "manifest.json")
	require.NoError(t, save.AtomicWrite(path, []byte("old, and longer"), 0o600))
	require.NoError(t, save.AtomicWrite(path, []byte("new"), 0o644))
	require.Equal(t, "new", content(t, path))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o644), info.Mode())

	require.Error(t, save.AtomicWrite(filepath.Join(dir, "missing", "x"), nil, 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	require.Error(t, save.AtomicWrite(filepath.Join(dir, "folder"), []byte("x"), 0o600))
	require.ElementsMatch(t, []string{"manifest.json", "folder"}, names(t, dir))
}

func TestDownloadsIsThePersonsOwn(t *testing.T) {
	home := t.TempDir()
	mkdir := func(parts ...string) string {
		path := filepath.Join(append([]string{home}, parts...)...)
		require.NoError(t, os.MkdirAll(path, 0o700))
		return path
	}
	t.Setenv("HOME", home)
	t.Setenv("XDG_DOWNLOAD_DIR", "")
	t.Setenv("XDG_CONFIG_HOME", "")

	path, err := save.Downloads()
	require.True(t, problem.Is(err, problem.DownloadsMissing), err)
	require.Equal(t, filepath.Join(home, "Downloads"), path, "shown to the person, who has to make it")

	english := mkdir("Downloads")
	path, err = save.Downloads()
	require.NoError(t, err)
	require.Equal(t, english, path)

	portuguese := mkdir("Transferências")
	config := mkdir("elsewhere")
	require.NoError(t, os.WriteFile(filepath.Join(config, "user-dirs.dirs"),
		[]byte("# desktop\nXDG_DESKTOP_DIR=\"$HOME\"\nXDG_DOWNLOAD_DIR=\"$HOME/Transferências\"\n"), 0o600))
	t.Setenv("XDG_CONFIG_HOME", config)
	path, err = save.Downloads()
	require.NoError(t, err)
	require.Equal(t, portuguese, path)

	ci := mkdir("ci")
	t.Setenv("XDG_DOWNLOAD_DIR", ci)
	path, err = save.Downloads()
	require.NoError(t, err)
	require.Equal(t, ci, path)

	require.NoError(t, os.Remove(ci))
	require.NoError(t, os.WriteFile(ci, nil, 0o600))
	_, err = save.Downloads()
	require.True(t, problem.Is(err, problem.DownloadsMissing), errors.Unwrap(err))
}
