package save

import (
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/adrg/xdg"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// Downloads is the person's real Downloads folder: $XDG_DOWNLOAD_DIR, user-dirs.dirs,
// the known folder on Windows, ~/Downloads. When it isn't there or isn't a folder the
// error is DOWNLOADS_MISSING, and the path is given all the same, to be shown.
func Downloads() (string, error) {
	path := downloadsPath()
	if !filepath.IsAbs(path) {
		return "", problem.Newf(problem.DownloadsMissing, "no Downloads folder is known (%q)", path)
	}
	if err := requireFolder(path); err != nil {
		return path, downloadsProblem(err)
	}
	return path, nil
}

var lookup = struct {
	sync.Mutex
	environment []string
}{environment: downloadsEnvironment()}

// xdg reads the environment when the program starts. It's read again only when that
// has changed, as in tests: xdg's variables are anybody's to read, without a lock.
func downloadsPath() string {
	lookup.Lock()
	defer lookup.Unlock()
	if now := downloadsEnvironment(); !slices.Equal(now, lookup.environment) {
		lookup.environment = now
		xdg.Reload()
	}
	return xdg.UserDirs.Download
}

func downloadsEnvironment() []string {
	var values []string
	for _, name := range []string{"HOME", "USERPROFILE", "XDG_CONFIG_HOME", "XDG_DOWNLOAD_DIR"} {
		values = append(values, os.Getenv(name))
	}
	return values
}
