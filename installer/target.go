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
	box      string // the folder of ours inside a Flatpak, with the program's copy; elsewhere empty
}

type found struct {
	manifests.Browser
	place   *manifests.Place
	flatpak *manifests.Flatpak // the browser is this one
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
	add := func(b found) {
		known[b.Name] = true
		if len(in.opts.Browsers) == 0 || slices.Contains(in.opts.Browsers, b.Name) {
			all = append(all, b)
		}
	}
	for _, b := range manifests.Browsers() {
		place := b.On(in.sys.goos)
		if place == nil {
			continue
		}
		add(found{Browser: b, place: place, presence: in.sys.find(place, made)})
		for _, f := range place.Flatpak {
			add(in.boxed(b, f))
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
		for _, t := range in.target(level, b) {
			same := slices.IndexFunc(targets, func(o target) bool { return o.file == t.file && o.key == t.key })
			if same >= 0 {
				targets[same].browsers = append(targets[same].browsers, b)
				continue
			}
			targets = append(targets, t)
		}
	}
	return targets
}

// target gives the manifests of one browser: one, or several where its row has several places.
func (in *Installer) target(level Level, b found) []target {
	folders := b.place.User
	if level == LevelSystem {
		folders = b.place.System
	}
	var targets []target
	for i, folder := range folders {
		folder = in.sys.expand(folder)
		if folder == "" || i > 0 && !in.sys.has(folder, level) {
			continue
		}
		t := target{browsers: []found{b}, kind: b.Kind, level: level, box: in.box(b)}
		if isKey(folder) {
			t.key = folder + `\` + manifests.Host()
			t.file = in.sys.join(in.sys.data(level), "hosts", fmt.Sprintf("%s.json", b.Kind))
		} else {
			t.file = in.sys.join(folder, manifests.Host()+".json")
		}
		targets = append(targets, t)
	}
	return targets
}

// folderTarget is the manifest in a folder that the person named.
func folderTarget(folder string, browsers []found) target {
	kind := manifests.Chromium
	if len(browsers) == 1 {
		kind = browsers[0].Kind
	}
	return target{kind: kind, level: LevelUser, file: filepath.Join(folder, manifests.Host()+".json")}
}
