package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"
)

// file is one file of something that's made. Folders are made of the files' paths.
type file struct {
	path string // with slashes
	data []byte
	mode fs.FileMode // 0o644 or 0o755; fs.ModeSymlink: data is where it leads
}

// filesIn are the files in a folder, below a path, sorted. Nothing of their times and owners is taken, and of their modes only what
// the caller says.
func filesIn(folder, below string, mode fs.FileMode) ([]file, error) {
	var files []file
	err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(folder, name)
		files = append(files, file{path.Join(below, filepath.ToSlash(rel)), data, mode})
		return err
	})
	return sorted(files), err
}

func sorted(files []file) []file {
	slices.SortFunc(files, func(a, b file) int {
		if a.path < b.path {
			return -1
		}
		return 1
	})
	return files
}

// zipped is a zip of files. Its times have two seconds of resolution and no zone.
func zipped(files []file, made time.Time) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range sorted(files) {
		h := &zip.FileHeader{Name: f.path, Method: zip.Deflate, Modified: made}
		h.SetMode(f.mode)
		to, err := w.CreateHeader(h)
		if err != nil {
			return nil, err
		}
		if _, err := to.Write(f.data); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return out.Bytes(), err
}

// tarred is a .tar.gz of files.
func tarred(files []file, made time.Time) ([]byte, error) {
	var out bytes.Buffer
	packed, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	w := tar.NewWriter(packed)
	for _, f := range sorted(files) {
		h := &tar.Header{Name: f.path, Mode: int64(f.mode.Perm()), Size: int64(len(f.data)), ModTime: made, Format: tar.FormatUSTAR, Uname: "root", Gname: "root"}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	err = packed.Close()
	return out.Bytes(), err
}

// gzipped is a .gz as Debian's policy (12.3) wants its documents: no name and no time in it, packed as well as can be.
func gzipped(data []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	err = w.Close()
	return out.Bytes(), err
}

// write puts a made file into the folder of the release.
func (m *maker) write(name string, data []byte) error {
	return os.WriteFile(filepath.Join(m.out, name), data, 0o644)
}
