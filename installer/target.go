package installer

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// Level says for whom a manifest is.
type Level string

// The levels.
const (
	LevelUser   Level = "user"
	LevelSystem Level = "system"
)

// target is one manifest file. Several browsers may read the same.
type target struct {
	browsers []found
	kind     manifests.Kind
	level    Level
	file     string
	key      string // of the Windows registry, whose value is the file's path; elsewhere empty
}

type found struct {
	manifests.Browser
	place *manifests.Place
	presence
}

// title names the target's browsers for people.
func (t target) title() string {
	var titles []string
	for _, b := range t.browsers {
		titles = append(titles, b.Title)
	}
	return strings.Join(titles, ", ")
}

// name is that of the first browser, for commands.
func (t target) name() string {
	if len(t.browsers) == 0 {
		return ""
	}
	return t.browsers[0].Name
}

// browsers are the table's, as they are found here: all of them, or those that were named. An unknown name is an error.
func (in *Installer) browsers() ([]found, error) {
	var all []found
	known := map[string]bool{}
	made := in.record(LevelUser).Folders
	for _, b := range manifests.Browsers() {
		place := b.On(in.sys.goos)
		if place == nil {
			continue
		}
		known[b.Name] = true
		if len(in.opts.Browsers) == 0 || slices.Contains(in.opts.Browsers, b.Name) {
			all = append(all, found{b, place, in.sys.find(place, made)})
		}
	}
	for _, name := range in.opts.Browsers {
		if !known[name] {
			return nil, unknownBrowser(name, known)
		}
	}
	return all, nil
}

// targets gives the manifests of browsers at a level; those that share one are together.
func (in *Installer) targets(level Level, browsers []found) []target {
	var targets []target
	for _, b := range browsers {
		t, ok := in.target(level, b)
		if !ok {
			continue
		}
		same := slices.IndexFunc(targets, func(o target) bool { return o.file == t.file && o.key == t.key })
		if same >= 0 {
			targets[same].browsers = append(targets[same].browsers, b)
			continue
		}
		targets = append(targets, t)
	}
	return targets
}

func (in *Installer) target(level Level, b found) (target, bool) {
	folder := b.place.User
	if level == LevelSystem {
		folder = b.place.System
	}
	folder = in.sys.expand(folder)
	t := target{browsers: []found{b}, kind: b.Kind, level: level}
	switch {
	case folder == "":
		return t, false
	case isKey(folder):
		t.key = folder + `\` + manifests.Host()
		t.file = filepath.Join(in.sys.data(level), "hosts", fmt.Sprintf("%s.json", b.Kind))
	default:
		t.file = filepath.Join(folder, manifests.Host()+".json")
	}
	return t, true
}

// folderTarget is the manifest in a folder that the person named.
func folderTarget(folder string, browsers []found) target {
	kind := manifests.Chromium
	if len(browsers) == 1 {
		kind = browsers[0].Kind
	}
	return target{kind: kind, level: LevelUser, file: filepath.Join(folder, manifests.Host()+".json")}
}
