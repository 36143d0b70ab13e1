package browser

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// profile is a throw-away profile directory. CMD needs no kept login (facts/cmd.md 1.8), so nothing of one signature is
// there for the next to find. A lock file held by the process tells a live profile from one that a killed process left.
type profile struct {
	dir  string
	tmp  string // the browser's own temporary folder
	lock *os.File
}

const (
	profilePrefix = "p-"
	tempPrefix    = "cmdsign-"
	// maxTemp is how long the path of the temporary folder may be: Chromium makes a socket
	// in it, "org.chromium.Chromium.XXXXXX/SingletonSocket", whose path has 107 bytes at most
	// (unix(7)), and doesn't start with a longer one.
	maxTemp = 62
	// maxProfileTries bounds how often another name is tried.
	maxProfileTries = 10
)

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
	err := errors.New("no name for a profile directory is free")
	for range maxProfileTries {
		var p *profile
		if p, err = tryProfile(parent); err == nil {
			return p, nil
		}
	}
	return nil, err
}

// tryProfile makes a profile under a name of its own. The lock comes first: a process killed in between leaves nothing that
// the next one doesn't find.
func tryProfile(parent string) (*profile, error) {
	var random [5]byte
	_, _ = rand.Read(random[:]) // never fails
	name := hex.EncodeToString(random[:])
	p := &profile{dir: filepath.Join(parent, profilePrefix+name)}
	p.tmp = tempFor(p.dir)
	var err error
	if p.lock, err = lockFile(p.lockPath()); err != nil {
		return nil, err
	}
	// Another process may have taken the new file for a stale one and removed it.
	if !same(p.lock, p.lockPath()) {
		p.lock.Close()
		return nil, errors.New("the profile's lock was taken away")
	}
	for _, dir := range []string{p.dir, p.downloads(), p.tmp, p.inside("Default")} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			p.remove()
			return nil, err
		}
	}
	// Chromium keeps what is typed into a page, the code among it, on disk to restore the session after a crash. A file
	// where that folder should be prevents it. An incognito window would too, but the downloads of a tab that it opens
	// can't be caught.
	if err := os.WriteFile(p.inside("Default", "Sessions"), nil, 0o400); err != nil {
		p.remove()
		return nil, err
	}
	return p, nil
}

func same(f *os.File, path string) bool {
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Lstat(path)
	return err == nil && os.SameFile(a, b)
}

// tempFor gives the temporary folder of a profile: inside it, or in the system's where that path would be too long.
func tempFor(dir string) string {
	inside := filepath.Join(dir, "t")
	if len(inside) <= maxTemp || runtime.GOOS == "windows" {
		return inside
	}
	name := tempPrefix + strings.TrimPrefix(filepath.Base(dir), profilePrefix)
	for _, parent := range []string{os.TempDir(), "/tmp"} {
		if path := filepath.Join(parent, name); len(path) <= maxTemp {
			return path
		}
	}
	return inside
}

func (p *profile) inside(parts ...string) string {
	return filepath.Join(append([]string{p.dir}, parts...)...)
}

func (p *profile) lockPath() string  { return p.dir + ".lock" }
func (p *profile) downloads() string { return p.inside("downloads") }
func (p *profile) temp() string      { return p.tmp }

func (p *profile) remove() {
	removeAll(p.dir)
	removeAll(p.tmp)
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
		dir := strings.TrimSuffix(path, ".lock")
		removeAll(dir)
		removeAll(tempFor(dir))
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
