package trace

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/save"
)

// bundleName is a bundle's: its time comes first, so that names sort by age.
var bundleName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^trace-[0-9]{8}-[0-9]{6}-[0-9a-f]{6}\.zip$`) })

// keep writes a bundle into the folder, which is the person's alone, in place of the one at old; the oldest of more than
// MaxBundles goes.
func keep(dir, old string, made time.Time, data []byte) (string, error) {
	if err := save.PrivateFolder(dir); err != nil {
		return "", err
	}
	path := old
	if path == "" {
		var id [3]byte
		if _, err := rand.Read(id[:]); err != nil {
			return "", err
		}
		path = filepath.Join(dir, fmt.Sprintf("trace-%s-%s.zip", made.Format("20060102-150405"), hex.EncodeToString(id[:])))
	}
	if err := save.AtomicWrite(path, data, 0o600); err != nil {
		return "", err
	}
	return path, prune(dir)
}

func prune(dir string) error {
	names, err := list(dir)
	if err != nil {
		return err
	}
	for _, name := range names[:max(0, len(names)-MaxBundles)] {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// list gives the names of the bundles, the oldest first.
func list(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && bundleName().MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// List gives the paths of the bundles in a folder, the newest first.
func List(dir string) ([]string, error) {
	names, err := list(dir)
	slices.Reverse(names)
	for i, name := range names {
		names[i] = filepath.Join(dir, name)
	}
	return names, err
}

// Find gives the path of a bundle that a person named: its path, or its name in the folder.
func Find(dir, name string) string {
	if !strings.ContainsRune(name, filepath.Separator) {
		if _, err := os.Stat(name); err != nil && bundleName().MatchString(name) {
			return filepath.Join(dir, name)
		}
	}
	return name
}
