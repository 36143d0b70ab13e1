package save

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// AtomicWrite puts data at path, in place of what is there: a reader sees the old
// content or the new, also after a power cut. perm is the new file's mode. The folder
// must exist. Errors are plain: the caller knows what the file was for.
func AtomicWrite(path string, data []byte, perm fs.FileMode) error {
	temp, err := newTemp(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer temp.discard()
	if err := temp.fill(data, perm); err != nil {
		return err
	}
	if err := temp.finish(); err != nil {
		return err
	}
	if err := os.Rename(temp.path, path); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// WriteUnsynced puts data at path in place of what is there: a reader sees the old content or the new. A power cut may leave neither, until the sync that it
// gives, to be called once, has come back without an error. perm is the new file's mode. The folder must exist.
func WriteUnsynced(path string, data []byte, perm fs.FileMode) (sync func() error, err error) {
	temp, err := newTemp(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	// An open file can't be given another name everywhere: it's opened again to be synced.
	if err := errors.Join(temp.fill(data, perm), temp.file.Close()); err != nil {
		temp.discard()
		return nil, err
	}
	if err := os.Rename(temp.path, path); err != nil {
		temp.discard()
		return nil, err
	}
	return func() error {
		f, err := openSoon(path)
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close(), SyncFolder(filepath.Dir(path)))
	}, nil
}

// openSoon opens a file for writing: elsewhere than in Unix nothing else can be synced. There a virus scanner may have a new file for itself, for a moment.
func openSoon(path string) (*os.File, error) {
	for tries := 0; ; tries++ {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err == nil || errors.Is(err, fs.ErrNotExist) || tries == 20 {
			return f, err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Full says whether an error means that the disk, or the person's share of it, is full.
func Full(err error) bool { return isFull(err) }

// Hold writes data to the private folder dir, which is made when it's missing, and
// comes back only when the bytes are on the disk. Answer the browser after that. The
// file is named after its content: holding the same bytes twice gives one file.
//
// Errors: DISK_FULL, SAVE_FAILED.
func Hold(dir string, data []byte) (path, hash string, err error) {
	sum := sha256.Sum256(data)
	hash = hex.EncodeToString(sum[:])
	path, err = hold(dir, hash+".pdf", data)
	switch {
	case err == nil:
		return path, hash, nil
	case isFull(err):
		return "", "", problem.Newf(problem.DiskFull, "holding the signed file: %w", err)
	default:
		return "", "", problem.Newf(problem.SaveFailed, "holding the signed file: %w", err)
	}
}

func hold(dir, name string, data []byte) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := PrivateFolder(dir); err != nil {
		return "", err
	}
	path := filepath.Join(dir, name)
	return path, AtomicWrite(path, data, 0o600)
}

// PrivateFolder makes dir, with the folders above it that are missing, for the person
// only, and comes back when all of them are on the disk. Of a dir that exists it takes
// away the rights of others.
func PrivateFolder(dir string) error {
	var grown []string
	for p := dir; p != filepath.Dir(p); p = filepath.Dir(p) {
		if _, err := os.Stat(p); err == nil {
			break
		}
		grown = append(grown, filepath.Dir(p))
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(dir, 0o700); err != nil {
			return err
		}
	}
	for _, folder := range grown {
		if err := SyncFolder(folder); err != nil {
			return err
		}
	}
	return nil
}

// temp is a file that becomes visible under its real name only when it's whole.
type temp struct {
	file *os.File
	path string
}

func newTemp(dir string) (*temp, error) {
	// The person only: os.CreateTemp makes files with mode 0600.
	file, err := os.CreateTemp(dir, ".cmdsign-*.part")
	if err != nil {
		return nil, err
	}
	return &temp{file, file.Name()}, nil
}

// fill gives it its content, and mode.
func (t *temp) fill(data []byte, perm fs.FileMode) error {
	if _, err := io.Copy(t.file, bytes.NewReader(data)); err != nil {
		return err
	}
	return t.file.Chmod(perm)
}

// finish puts the content on the disk.
func (t *temp) finish() error { return errors.Join(t.file.Sync(), t.file.Close()) }

// discard takes the temporary name away; the file lives on if it has another.
func (t *temp) discard() {
	_ = t.file.Close()
	_ = os.Remove(t.path)
}

// SyncFolder puts the names in dir on the disk: a synced file without one is lost too.
func SyncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	err = d.Sync()
	// Windows and some network folders can't sync a folder; nothing more can be done there.
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	return err
}
