package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/sign-with-cmd/sign-with-cmd/host/save"
)

// folder is a store on a disk: a key is a path under it. gocloud.dev's own isn't used: its writers look whether an object is there and then
// rename over it, each with a lock of its own, so that of two at once both win (decision 015).
type folder struct {
	root *os.Root
	dir  string
}

var _ store = (*folder)(nil)

// folderOf is the folder of a file URL.
func folderOf(raw string) (string, bool) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "file" {
		return "", false
	}
	dir := u.Path
	if os.PathSeparator != '/' {
		dir = strings.TrimPrefix(dir, "/") // file:///C:/folder
	}
	return filepath.FromSlash(dir), true
}

func openFolder(dir string) (store, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &folder{root, dir}, nil
}

func (f *folder) close() error { return f.root.Close() }

func (f *folder) has(_ context.Context, key string) (bool, error) {
	_, err := f.root.Lstat(filepath.FromSlash(key))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (f *folder) get(_ context.Context, key string, limit int64) ([]byte, error) {
	file, err := openRegular(f.root, filepath.FromSlash(key))
	if err != nil {
		return nil, absent(err)
	}
	defer file.Close()
	return readWhole(file, limit)
}

// absent is errNone, but where the disk itself is in trouble: what isn't a file under the folder, like a link that leads out of it, is none
// of its objects.
func absent(err error) error {
	var trouble syscall.Errno
	if errors.As(err, &trouble) && !errors.Is(err, fs.ErrNotExist) && trouble != syscall.ENOTDIR && trouble != syscall.ELOOP {
		return err
	}
	return errNone
}

// readWhole reads at most limit bytes; errLarge where there are more.
func readWhole(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = errLarge
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}

// put gives a finished file its name by a link, which every common file system has, and which is never made over anything.
func (f *folder) put(_ context.Context, key string, data []byte) error {
	name := filepath.FromSlash(key)
	if !filepath.IsLocal(name) {
		return fmt.Errorf("%w: not a name on this system", errRefused)
	}
	dir := filepath.Dir(name)
	if err := f.root.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	temp := filepath.Join(dir, ownKeys+rand.Text()+".part")
	err := f.make(temp, data)
	defer f.root.Remove(temp)
	if err == nil {
		err = f.root.Link(temp, name)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return errTaken
	case err != nil:
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	return save.SyncFolder(filepath.Join(f.dir, dir))
}

func (f *folder) make(name string, data []byte) error {
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
