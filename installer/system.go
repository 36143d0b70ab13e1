package installer

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/adrg/xdg"

	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// system is the computer as the table of browsers sees it.
type system struct {
	goos                  string
	home, config, roaming string
	root                  string // goes before paths of the system: a package is made in a folder, a test runs in one
	told                  bool   // another computer, of which only the table is known: every browser counts as used
}

// otherSystem is any computer with that system, its folders by the names that its people know.
func otherSystem(goos string) system {
	s := system{goos: goos, home: "~", config: "~/.config", told: true}
	switch goos {
	case "windows":
		s.home, s.config, s.roaming = "%USERPROFILE%", "%LOCALAPPDATA%", "%APPDATA%"
	case "darwin":
		s.config = "~/Library/Application Support"
	}
	return s
}

// join puts a path together as the system writes it, which needn't be the one that this runs on.
func (s system) join(folder string, more ...string) string {
	if s.goos != "windows" || runtime.GOOS == "windows" {
		return filepath.Join(append([]string{folder}, more...)...)
	}
	for _, m := range more {
		folder += `\` + strings.Trim(strings.ReplaceAll(m, "/", `\`), `\`)
	}
	return folder
}

func thisSystem(root string) system {
	s := system{goos: runtime.GOOS, root: root}
	s.home, _ = os.UserHomeDir()
	switch s.goos {
	case "windows":
		s.config, s.roaming = os.Getenv("LOCALAPPDATA"), os.Getenv("APPDATA")
	case "darwin":
		s.config = filepath.Join(s.home, "Library", "Application Support")
	default:
		// As Chromium does: a relative XDG_CONFIG_HOME doesn't count (base/nix/xdg_util.cc, and the XDG specification).
		s.config = os.Getenv("XDG_CONFIG_HOME")
		if !filepath.IsAbs(s.config) {
			s.config = filepath.Join(s.home, ".config")
		}
	}
	return s
}

// expand gives the path that a row means; empty where the person has no such folder.
func (s system) expand(path string) string {
	for placeholder, folder := range map[string]string{"{home}": s.home, "{config}": s.config, "{roaming}": s.roaming} {
		if rest, ok := strings.CutPrefix(path, placeholder); ok {
			if folder == "" {
				return ""
			}
			return s.join(folder, rest)
		}
	}
	if path == "" || isKey(path) {
		return path
	}
	return s.join(s.root, path)
}

// has says whether a second place of a row is there on this system: for everybody's folder the one two above it, as /usr/lib64, for the
// person's the one above it. The registry has every place.
func (s system) has(folder string, level Level) bool {
	if s.told || isKey(folder) {
		return true
	}
	above := filepath.Dir(folder)
	if level == LevelSystem {
		above = filepath.Dir(above)
	}
	info, err := os.Lstat(above)
	return err == nil && info.IsDir()
}

// isKey tells a key of the Windows registry from a folder.
func isKey(path string) bool {
	return strings.HasPrefix(path, `HKCU\`) || strings.HasPrefix(path, `HKLM\`)
}

// presence is how a browser was found.
type presence struct {
	used      bool // it has been opened: its folder is there
	installed bool // its program is there
	snap      bool // as a snap
}

func (p presence) native() bool { return p.used || p.installed }

// find looks for a browser. made are folders that install made itself.
func (s system) find(place *manifests.Place, made []string) presence {
	if s.told {
		return presence{used: true}
	}
	var p presence
	for _, profile := range place.Profiles {
		folder := s.expand(profile)
		p.used = p.used || isBrowsers(folder, slices.Contains(made, folder))
	}
	for _, program := range place.Programs {
		if filepath.IsAbs(program) {
			p.installed = p.installed || exists(filepath.Join(s.root, program))
			continue
		}
		path, err := exec.LookPath(program)
		p.installed = p.installed || err == nil && !strings.HasPrefix(path, "/snap/")
	}
	if place.Snap != "" {
		p.snap = exists(filepath.Join(s.root, "/snap/bin", place.Snap)) || exists(filepath.Join(s.home, "snap", place.Snap))
	}
	return p
}

// isBrowsers says whether a folder is there because a browser made it. Opera reads Chrome's manifests, so Chrome's folder may be
// there because of us.
func isBrowsers(folder string, made bool) bool {
	if folder == "" {
		return false
	}
	entries, err := os.ReadDir(folder)
	if err != nil || !made {
		return err == nil || errors.Is(err, fs.ErrPermission)
	}
	for _, e := range entries {
		if e.Name() != "NativeMessagingHosts" && e.Name() != "native-messaging-hosts" {
			return true
		}
	}
	return false
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// data is the program's own folder: for the record, and on Windows for the manifests that the registry names.
func (s system) data(level Level) string {
	switch {
	case level == LevelUser && s.goos == "windows":
		return s.join(s.config, "cmdsign")
	case s.told && s.goos == "windows":
		return `%ProgramData%\cmdsign`
	case level == LevelUser:
		home := os.Getenv("XDG_DATA_HOME")
		if !filepath.IsAbs(home) {
			home = xdg.DataHome
		}
		return filepath.Join(home, "cmdsign")
	case s.goos == "windows":
		return filepath.Join(os.Getenv("ProgramData"), "cmdsign")
	case s.goos == "darwin":
		return filepath.Join(s.root, "/Library/Application Support/cmdsign")
	default:
		return filepath.Join(s.root, "/var/lib/cmdsign")
	}
}
