package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// extensions makes the zips that are given to the stores.
func (m *maker) extensions() error {
	for _, kind := range []manifests.Kind{manifests.Chromium, manifests.Firefox} {
		files, err := m.built(kind)
		if err != nil {
			return err
		}
		if files, err = forStore(files); err != nil {
			return err
		}
		data, err := zipped(files, m.made)
		if err != nil {
			return err
		}
		if err := m.write(fmt.Sprintf("sign-with-cmd-%s-%s.zip", m.version, kind), data); err != nil {
			return err
		}
	}
	return nil
}

// built are the files of the extension, whose version must be the repository's.
func (m *maker) built(kind manifests.Kind) ([]file, error) {
	folder := filepath.Join(m.source, "extension", "dist", string(kind))
	data, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err != nil {
		return nil, fmt.Errorf("the extension isn't built (make extension): %w", err)
	}
	var manifest struct {
		Version string
		Name    string `json:"version_name"`
	}
	if err := json.Unmarshal(data, &manifest); err != nil {
		return nil, err
	}
	if manifest.Version != numbers(m.version) || kind == manifests.Chromium && manifest.Name != m.version {
		return nil, fmt.Errorf("%s is of version %s %s, not %s: make extension", folder, manifest.Version, manifest.Name, m.version)
	}
	return filesIn(folder, "", 0o644)
}

// forStore takes "key" out of the manifest: the Chrome Web Store refuses a new item that has one, and gives its own.
func forStore(files []file) ([]file, error) {
	i := slices.IndexFunc(files, func(f file) bool { return f.path == "manifest.json" })
	var lines [][]byte
	for line := range bytes.Lines(files[i].data) {
		if !bytes.HasPrefix(line, []byte(`  "key": "`)) {
			lines = append(lines, line)
		}
	}
	files = slices.Clone(files)
	files[i].data = slices.Concat(lines...)
	var fields map[string]any
	if err := json.Unmarshal(files[i].data, &fields); err != nil {
		return nil, err
	}
	if _, has := fields["key"]; has {
		return nil, fmt.Errorf("the manifest's key isn't on a line of its own")
	}
	return files, nil
}
