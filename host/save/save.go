// Package save puts a signed PDF where the person looks for it: in the real
// Downloads folder, under a name that says what it is, whole or not at all, and never
// over anything. It also holds the bytes in the private state folder from the moment
// they arrive, so that no failure between signature and Downloads can lose them.
package save

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// maxTries is how many names are counted through: "x.pdf", "x (2).pdf", … "x (999).pdf". On a server many people sign documents of the same
// name: after those, what stands in the brackets is random.
const maxTries = 999

// File is a file that was saved.
type File struct {
	Path   string // absolute
	Name   string // the last part of Path; a number, or random letters, in it when the first name was taken
	Size   int64  // bytes
	SHA256 string // of the content, lower-case hex
}

// Write saves all of r in the folder dir as name, or as "name (2)", … where the name
// is taken by anything, also by a link that leads nowhere. The file is readable by the
// person only. When Write fails nothing is left behind.
//
// Errors: DOWNLOADS_MISSING, DOWNLOADS_READ_ONLY, DISK_FULL, SAVE_FAILED.
func Write(dir, name string, r io.Reader) (File, error) {
	f, err := write(dir, name, r)
	if err != nil {
		return File{}, downloadsProblem(err)
	}
	return f, nil
}

// Place is Write for a file that is held: it becomes the same file under a second name where the two folders are of one disk, so that its
// bytes, which are on that disk, aren't written once more. Where that can't be it's copied. hash is its SHA-256.
//
// Errors: those of Write.
func Place(dir, name, held, hash string) (File, error) {
	if file, err := link(dir, name, held, hash); err == nil {
		return file, nil
	}
	f, err := os.Open(held)
	if err != nil {
		return File{}, problem.Newf(problem.SaveFailed, "%w", err)
	}
	defer f.Close()
	return Write(dir, name, f)
}

func link(dir, name, held, hash string) (File, error) {
	dir, err := folderFor(dir, name)
	if err != nil {
		return File{}, err
	}
	info, err := os.Stat(held)
	if err != nil {
		return File{}, err
	}
	path, err := firstFree(filepath.Join(dir, name), func(path string) error { return os.Link(held, path) })
	if err != nil {
		return File{}, err
	}
	if err := SyncFolder(dir); err != nil {
		_ = os.Remove(path)
		return File{}, err
	}
	return File{Path: path, Name: filepath.Base(path), Size: info.Size(), SHA256: hash}, nil
}

// folderFor gives the folder's absolute path, if it's there and name can be one of a file in it.
func folderFor(dir, name string) (string, error) {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\\\x00") {
		return "", fmt.Errorf("%q is not a file name", name)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return dir, requireFolder(dir)
}

func write(dir, name string, r io.Reader) (File, error) {
	dir, err := folderFor(dir, name)
	if err != nil {
		return File{}, err
	}
	temp, err := newTemp(dir)
	if err != nil {
		return File{}, err
	}
	defer temp.discard()

	hash := sha256.New()
	size, err := io.Copy(temp.file, io.TeeReader(source{r}, hash))
	if err != nil {
		return File{}, fmt.Errorf("writing %s: %w", name, err)
	}
	if err := temp.finish(); err != nil {
		return File{}, fmt.Errorf("writing %s: %w", name, err)
	}
	path, err := firstFree(filepath.Join(dir, name), func(path string) error { return placeNew(temp.path, path) })
	if err != nil {
		return File{}, err
	}
	if err := SyncFolder(dir); err != nil {
		_ = os.Remove(path)
		return File{}, err
	}
	return File{Path: path, Name: filepath.Base(path), Size: size, SHA256: hex.EncodeToString(hash.Sum(nil))}, nil
}

// source keeps a failure to read from passing for one of the Downloads folder.
type source struct{ io.Reader }

func (s source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("reading what is to be saved: %v", err)
	}
	return n, err
}

// firstFree gives the first name that place finds free.
func firstFree(path string, place func(path string) error) (string, error) {
	extension := filepath.Ext(path)
	stem := strings.TrimSuffix(path, extension)
	for try := 1; try <= maxTries+1; try++ {
		candidate := path
		switch {
		case try > maxTries:
			candidate = fmt.Sprintf("%s (%s)%s", stem, strings.ToLower(rand.Text()), extension)
		case try > 1:
			candidate = fmt.Sprintf("%s (%d)%s", stem, try, extension)
		}
		err := place(candidate)
		if err == nil {
			return candidate, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("naming %s: %w", filepath.Base(candidate), err)
		}
	}
	return "", fmt.Errorf("no name like %s is free", filepath.Base(path))
}

// placeNew names temp path, never over anything. A link does that on every common
// file system; FAT and some network folders have none and get a rename that refuses
// to replace, and where even that is missing, a copy.
func placeNew(temp, path string) error {
	err := os.Link(temp, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	err = renameNew(temp, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return copyNew(temp, path)
}

func copyNew(temp, path string) (err error) {
	from, err := os.Open(temp)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	if err == nil {
		err = to.Sync()
	}
	err = errors.Join(err, to.Close())
	if err != nil {
		_ = os.Remove(path)
	}
	return err
}

// requireFolder tells a missing folder from one that can't be written to.
func requireFolder(dir string) error {
	info, err := os.Stat(dir)
	if (err == nil && !info.IsDir()) || errors.Is(err, syscall.ENOTDIR) {
		return &fs.PathError{Op: "open", Path: dir, Err: errNotFolder}
	}
	return err
}

var errNotFolder = errors.New("not a folder")

func downloadsProblem(err error) error {
	code := problem.SaveFailed
	switch {
	case isFull(err):
		code = problem.DiskFull
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errNotFolder):
		code = problem.DownloadsMissing
	case isReadOnly(err):
		code = problem.DownloadsReadOnly
	}
	return problem.Newf(code, "saving in Downloads: %w", err)
}
