package browser

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

// profile is a throw-away profile directory. CMD needs no kept login (facts/cmd.md 1.8), so nothing of one signature is
// there for the next to find. A lock file held by the process tells a live profile from one that a killed process left.
type profile struct {
	dir  string
	lock *os.File
}

const profilePrefix = "p-"

func newProfile(parent string) (*profile, error) {
	if parent == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			cache = os.TempDir()
		}
		parent = filepath.Join(cache, "cmdsign", "profiles")
	}
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, err
	}
	removeStale(parent)
	dir, err := os.MkdirTemp(parent, profilePrefix)
	if err != nil {
		return nil, err
	}
	p := &profile{dir: dir}
	if p.lock, err = lockFile(p.lockPath()); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	for _, sub := range []string{p.downloads(), p.temp()} {
		if err := os.Mkdir(sub, 0o700); err != nil {
			p.remove()
			return nil, err
		}
	}
	return p, nil
}

func (p *profile) lockPath() string  { return p.dir + ".lock" }
func (p *profile) downloads() string { return filepath.Join(p.dir, "downloads") }
func (p *profile) temp() string      { return filepath.Join(p.dir, "t") }

func (p *profile) remove() {
	removeAll(p.dir)
	if p.lock != nil {
		os.Remove(p.lockPath())
		p.lock.Close()
		p.lock = nil
	}
}

// removeStale removes the profiles whose process is gone: their lock is free.
func removeStale(parent string) {
	locks, _ := filepath.Glob(filepath.Join(parent, profilePrefix+"*.lock"))
	for _, path := range locks {
		lock, err := lockFile(path)
		if err != nil {
			continue
		}
		removeAll(strings.TrimSuffix(path, ".lock"))
		os.Remove(path)
		lock.Close()
	}
}

// removeAll tries for a while: a browser that is just ending still writes into its profile.
func removeAll(dir string) {
	deadline := time.Now().Add(3 * time.Second)
	for os.RemoveAll(dir) != nil && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
	}
}
