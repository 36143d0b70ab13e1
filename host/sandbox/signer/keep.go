package signer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

const maxKeyFile = 64 << 10

// keep gives what a file of the directory holds and makes the file if it isn't
// there. The file appears whole or not at all, and once it is there it is never
// replaced: of two processes that make it at once, one wins and both use its keys.
func keep(dir, name string, want int, make func() ([]*pair, error)) ([]*pair, error) {
	if dir == "" {
		return make()
	}
	path := filepath.Join(dir, name)
	pairs, err := load(path, want)
	if !errors.Is(err, fs.ErrNotExist) {
		return pairs, err
	}
	if err := privateDir(dir); err != nil {
		return nil, err
	}
	if pairs, err = make(); err != nil {
		return nil, err
	}
	data, err := encode(pairs)
	if err != nil {
		return nil, err
	}
	if err := publish(path, data); err != nil {
		return nil, err
	}
	return load(path, want)
}

// privateDir makes the directory for its owner only. One that others may write to
// is refused: they could put their own keys there.
func privateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if othersMayWrite(info.Mode()) {
		return fmt.Errorf("others may write to %s", dir)
	}
	return nil
}

// publish gives the file its name only when it is whole, and only if no other
// process was first.
func publish(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func load(path string, want int) ([]*pair, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return nil, err
	}
	pairs, err := decode(data, want)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return pairs, nil
}
