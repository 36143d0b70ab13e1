package installer

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// Uninstall takes away what Install made, at the same level: the manifests that are ours, in every place of the table whether or
// not the browser is still there, and the folders that Install made if they are empty. Doing it again does nothing.
func (in *Installer) Uninstall() ([]Finding, error) {
	browsers, err := in.browsers()
	if err != nil {
		return nil, err
	}
	r := in.record(in.level())
	targets := in.targets(in.level(), browsers)
	switch {
	case in.opts.Dir != "":
		targets = []target{folderTarget(in.opts.Dir, browsers)}
	case len(in.opts.Browsers) == 0:
		// What was put in folders that the person named.
		for _, file := range r.Files {
			if !slices.ContainsFunc(targets, func(t target) bool { return t.file == file || t.box != "" && t.program(in) == file }) {
				targets = append(targets, target{level: in.level(), file: file})
			}
		}
	}
	var findings []Finding
	for _, t := range targets {
		if f, ok := in.remove(t, r); ok {
			findings = append(findings, f)
		}
	}
	if in.opts.Print {
		return nothing(findings), nil
	}
	if err := r.finish(); err != nil {
		findings = append(findings, Finding{Check: "record", Result: Bad, Path: r.path, Text: both(err.Error())})
	}
	return nothing(findings), nil
}

func nothing(findings []Finding) []Finding {
	if len(findings) > 0 {
		return findings
	}
	return []Finding{{Check: "nothing", Result: OK, Text: problem.Text{PT: "não havia nada para retirar", EN: "there was nothing to take away"}}}
}

// remove takes one manifest away. It says nothing of one that isn't there.
func (in *Installer) remove(t target, r *record) (Finding, bool) {
	f := Finding{Check: "manifest", Browser: t.name(), Title: t.title(), Result: OK, Path: t.file}
	if f.Title == "" {
		f.Title = filepath.Dir(t.file)
	}
	info, err := os.Lstat(t.file)
	if err != nil || info.IsDir() {
		// Not there, or nothing that we make. On Windows several keys name one file, which is gone with the first.
		r.forget(t.file)
		if t.box != "" && slices.Contains(r.Files, t.program(in)) && !in.opts.Print && t.emptyBox(in, r) == nil {
			f.Path, f.Text = t.box, problem.Text{PT: "retirado " + t.box, EN: "taken away: " + t.box}
			return f, true
		}
		if t.key == "" || in.opts.Print || in.unregister(t) == nil {
			return f, false
		}
		f.Check, f.Result, f.Path, f.Text = "manifest-remove", Bad, t.key, problem.Text{PT: "não foi retirado: " + t.key, EN: "wasn't taken away: " + t.key}
		return f, true
	}
	m, _, _ := t.look()
	if !in.ours(m, t, r) {
		r.forget(t.file)
		f.Check, f.Result = "manifest-foreign", Note
		f.Text = problem.Text{PT: t.file + " não é deste programa: fica", EN: t.file + " isn't this program's: it stays"}
		if m != nil && isProgramName(m.Path) {
			f.Mend = quote(m.Path) + " uninstall"
		}
		return f, true
	}
	if in.opts.Print {
		f.Text = problem.Text{PT: "seria retirado " + t.file, EN: "would be taken away: " + t.file}
		return f, true
	}
	err = in.unregister(t)
	if err == nil && !in.named(t) {
		err = os.Remove(t.file)
	}
	if err == nil {
		err = t.emptyBox(in, r)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.Check, f.Result, f.Mend = "manifest-remove", Bad, in.elevated(t, "uninstall")
		f.Text = problem.Text{PT: "não foi retirado: " + err.Error(), EN: "wasn't taken away: " + err.Error()}
		return f, true
	}
	if !exists(t.file) {
		r.forget(t.file)
	}
	f.Text = problem.Text{PT: "retirado " + t.file, EN: "taken away: " + t.file}
	return f, true
}

// named says whether another browser's key names the same file.
func (in *Installer) named(t target) bool {
	if t.key == "" {
		return false
	}
	for _, b := range manifests.Browsers() {
		place := b.On(in.sys.goos)
		if place == nil {
			continue
		}
		for _, other := range in.target(t.level, found{Browser: b, place: place}) {
			if value, err := registryGet(other.key); other.key != t.key && err == nil && value == t.file {
				return true
			}
		}
	}
	return false
}

// unregister takes away the registry's key if it names our file.
func (in *Installer) unregister(t target) error {
	if t.key == "" {
		return nil
	}
	value, err := registryGet(t.key)
	if err != nil || value != t.file {
		return err
	}
	return registryDelete(t.key)
}
