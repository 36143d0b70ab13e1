package trace

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"sync"
)

// The names inside a bundle.
const (
	readmeName = "README.txt"
	indexName  = "trace.json"
)

// file is one file of a bundle.
type file struct {
	name string
	data []byte
}

// pack makes the zip file.
func pack(index Index, files []file) ([]byte, error) {
	table, err := json.MarshalIndent(index, "", "  ")
	if err != nil {
		return nil, err
	}
	all := append([]file{{readmeName, []byte(readme(index))}, {indexName, append(table, '\n')}}, files...)
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range all {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: index.Made})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	if out.Len() > maxBundle {
		return nil, fmt.Errorf("the bundle has %d bytes, over %d", out.Len(), maxBundle)
	}
	return out.Bytes(), nil
}

// Bundle is a bundle that was read.
type Bundle struct {
	Index  Index
	Readme string
	files  map[string][]byte
}

// DOM is the redacted HTML of a page; empty if there's none.
func (b *Bundle) DOM(p Page) string { return string(b.files[p.DOM]) }

// Picture is the covered screenshot of a page; nil if there's none.
func (b *Bundle) Picture(p Page) []byte { return b.files[p.Picture] }

// fileName is that of a page's file.
var fileName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^pages/[0-9]{2}\.(html|png)$`) })

// Open reads a bundle. It comes from somebody else: what isn't ours is refused, nothing is written to the disk, and no part
// may be larger than one that we'd write.
func Open(path string) (*Bundle, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxBundle+1))
	if err != nil {
		return nil, err
	}
	return Parse(data)
}

// Parse is Open of bytes.
func Parse(data []byte) (*Bundle, error) {
	if len(data) > maxBundle {
		return nil, fmt.Errorf("over %d bytes: not a bundle", maxBundle)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("not a bundle: %w", err)
	}
	if len(z.File) > 2+2*maxPages {
		return nil, fmt.Errorf("%d files: not a bundle", len(z.File))
	}
	b := &Bundle{files: map[string][]byte{}}
	for _, f := range z.File {
		limit := int64(maxIndex)
		switch m := fileName().FindStringSubmatch(f.Name); {
		case m != nil && m[1] == "png":
			limit = maxPicture
		case m == nil && f.Name != readmeName && f.Name != indexName:
			return nil, fmt.Errorf("%q in it: not a bundle", f.Name)
		}
		if _, twice := b.files[f.Name]; twice {
			return nil, fmt.Errorf("%q twice: not a bundle", f.Name)
		}
		if b.files[f.Name], err = unpack(f, limit); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	b.Readme = string(b.files[readmeName])
	if err := json.Unmarshal(b.files[indexName], &b.Index); err != nil {
		return nil, fmt.Errorf("%s: %w", indexName, err)
	}
	if b.Index.Format != Format {
		return nil, fmt.Errorf("format %d of the bundle isn't known, %d is", b.Index.Format, Format)
	}
	if len(b.Index.Pages) > maxPages {
		return nil, errors.New("too many pages: not a bundle")
	}
	return b, nil
}

func unpack(f *zip.File, limit int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("over %d bytes", limit)
	}
	return data, err
}
