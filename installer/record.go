package installer

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/sign-with-cmd/sign-with-cmd/host/save"
)

// record remembers which files and folders install made, so that uninstall takes away those and no others. It's written before
// they are made: a crash in between leaves a name too many, never one too few.
type record struct {
	Files   []string `json:"files"`
	Folders []string `json:"folders"`
	Keys    []string `json:"keys,omitempty"` // of the Windows registry, above those of the manifests

	path string
}

const maxRecord = 1 << 20

// openRecord reads the record of a level. One that is damaged counts as empty: then folders stay behind, nothing else.
func openRecord(path string) *record {
	r := &record{path: path}
	info, err := os.Stat(path)
	if err != nil || info.Size() > maxRecord {
		return r
	}
	if data, err := os.ReadFile(path); err == nil && json.Unmarshal(data, r) != nil {
		*r = record{path: path}
	}
	return r
}

// add notes a file and the folders above it that are missing, and makes those.
func (r *record) add(file string) error {
	if err := r.note(file, r.path); err != nil {
		return err
	}
	return os.MkdirAll(filepath.Dir(file), 0o755)
}

func (r *record) note(file, self string) error {
	before := len(r.Files) + len(r.Folders)
	r.Files = union(r.Files, file)
	r.Folders = union(r.Folders, missing(filepath.Dir(file))...)
	r.Folders = union(r.Folders, missing(filepath.Dir(self))...)
	if len(r.Files)+len(r.Folders) == before && exists(self) {
		return nil
	}
	return r.write()
}

func (r *record) write() error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(r.path), 0o755); err != nil {
		return err
	}
	return save.AtomicWrite(r.path, append(data, '\n'), 0o644)
}

// addKey notes the keys of the Windows registry that are missing above one.
func (r *record) addKey(key string) error {
	before := len(r.Keys)
	if r.Keys = union(r.Keys, registryMissing(key)...); len(r.Keys) == before {
		return nil
	}
	return r.write()
}

// forget takes a file out of the record.
func (r *record) forget(file string) {
	r.Files = slices.DeleteFunc(r.Files, func(f string) bool { return f == file })
}

// finish takes away the folders that install made and that are empty now; with the last file the record goes as well.
func (r *record) finish() error {
	if !exists(r.path) {
		return nil
	}
	var err error
	slices.SortFunc(r.Keys, func(a, b string) int { return len(b) - len(a) })
	r.Keys = slices.DeleteFunc(r.Keys, func(key string) bool { return registryEmpty(key) && registryDelete(key) == nil })
	if len(r.Files) == 0 {
		err = os.Remove(r.path)
	}
	// A folder before those above it.
	slices.SortFunc(r.Folders, func(a, b string) int { return len(b) - len(a) })
	left := []string{}
	for _, folder := range r.Folders {
		if os.Remove(folder) != nil && exists(folder) {
			left = append(left, folder)
		}
	}
	if len(r.Files) == 0 {
		return err
	}
	r.Folders = left
	return r.write()
}

// missing are the folders that MkdirAll would make.
func missing(folder string) (folders []string) {
	for {
		_, err := os.Stat(folder)
		if !errors.Is(err, fs.ErrNotExist) || folder == filepath.Dir(folder) {
			return folders
		}
		folders = append(folders, folder)
		folder = filepath.Dir(folder)
	}
}

func union(list []string, more ...string) []string {
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}
