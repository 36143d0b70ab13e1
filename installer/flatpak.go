package installer

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/save"
	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// A Flatpak doesn't let its browser start programs from outside. What it does see is its own folder, ~/.var/app/ID: so the program, which is
// one file and needs no other, is copied there, and the manifest names the copy, which then runs inside (facts/native.md 1.5; Bitwarden
// does the same).

// boxes is the folder of all Flatpaks' folders, below the person's.
const boxes = ".var/app"

// boxed is a row's browser as a Flatpak: a browser of its own.
func (in *Installer) boxed(b manifests.Browser, f manifests.Flatpak) found {
	b.Name, b.Title = b.Name+"-flatpak", b.Title+" (Flatpak)"
	if f.Name != "" {
		b.Name, b.Title = f.Name, f.Title+" (Flatpak)"
	}
	folder := "{home}/" + boxes + "/" + f.ID + "/"
	box := found{Browser: b, flatpak: &f, place: &manifests.Place{User: []string{folder + f.User}}}
	for _, profile := range b.Linux.Profiles {
		// Inside, $XDG_CONFIG_HOME is ~/.var/app/ID/config.
		box.place.Profiles = append(box.place.Profiles, strings.NewReplacer("{config}/", folder+"config/", "{home}/", folder).Replace(profile))
	}
	box.used = in.sys.told || exists(in.sys.expand(folder))
	for _, installed := range []string{in.sys.expand("/var/lib/flatpak/app/" + f.ID), filepath.Join(in.sys.home, ".local/share/flatpak/app", f.ID)} {
		box.installed = box.installed || !in.sys.told && exists(installed)
	}
	return box
}

// box is the folder of ours inside a Flatpak; empty for other browsers.
func (in *Installer) box(b found) string {
	if b.flatpak == nil {
		return ""
	}
	return in.sys.expand("{home}/" + boxes + "/" + b.flatpak.ID + "/cmdsign")
}

// program is what the target's browsers start.
func (t target) program(in *Installer) string {
	if t.box == "" {
		return in.opts.Program
	}
	return filepath.Join(t.box, "cmdsign")
}

// inBox says whether the program runs inside a Flatpak: it sees none of the other browsers' folders, or not as they are.
func (in *Installer) inBox() bool {
	return within(filepath.Join(in.sys.home, filepath.FromSlash(boxes)), in.opts.Program)
}

// fillBox copies the program, and the extension where it's there, into a Flatpak's folder. done says whether anything had to be.
func (in *Installer) fillBox(t target, r *record) (done bool, err error) {
	from, to := in.real(in.opts.Program), t.program(in)
	if !sameContent(from, to) {
		if err := r.add(to); err != nil {
			return false, err
		}
		if err := copyFile(from, to, 0o755); err != nil {
			return false, err
		}
		done = true
	}
	folder := in.extension(t.kind)
	if folder == "" || within(t.box, folder) {
		return done, nil
	}
	copied, err := copyFolder(folder, filepath.Join(t.box, "extension", string(t.kind)))
	return done || copied, err
}

// emptyBox takes away what fillBox made. All below the folder is ours.
func (t target) emptyBox(in *Installer, r *record) error {
	if t.box == "" {
		return nil
	}
	r.forget(t.program(in))
	return os.RemoveAll(t.box)
}

// staleBox says whether the copy is of an earlier program, by size and time: it's asked at each start of the host.
func (t target) staleBox(in *Installer) bool {
	if t.box == "" {
		return false
	}
	from, err := os.Stat(in.opts.Program)
	if err != nil {
		return false
	}
	to, err := os.Stat(t.program(in))
	return err != nil || from.Size() != to.Size() || !from.ModTime().Equal(to.ModTime())
}

func sameContent(a, b string) bool {
	first, err := os.ReadFile(a)
	if err != nil {
		return false
	}
	second, err := os.ReadFile(b)
	return err == nil && bytes.Equal(first, second)
}

// copyFile keeps the time of change, by which a copy is known to be up to date.
func copyFile(from, to string, perm os.FileMode) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := save.AtomicWrite(to, data, perm); err != nil {
		return err
	}
	return os.Chtimes(to, info.ModTime(), info.ModTime())
}

// copyFolder makes a folder like another, and takes away what the other doesn't have.
func copyFolder(from, to string) (changed bool, err error) {
	keep := map[string]bool{}
	err = filepath.WalkDir(from, func(source string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, source)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		keep[target] = true
		switch {
		case entry.IsDir():
			return os.MkdirAll(target, 0o755)
		case !entry.Type().IsRegular() || sameContent(source, target):
			return nil
		}
		changed = true
		return copyFile(source, target, 0o644)
	})
	if err != nil {
		return changed, err
	}
	return changed, filepath.WalkDir(to, func(target string, entry os.DirEntry, err error) error {
		if err != nil || keep[target] {
			return err
		}
		changed = true
		if err := os.RemoveAll(target); err != nil || !entry.IsDir() {
			return err
		}
		return filepath.SkipDir
	})
}

// boxesAreOnesOwn tells, where it's done for everybody, that a Flatpak's browser isn't.
func (in *Installer) boxesAreOnesOwn(b found) Finding {
	return Finding{Check: "flatpak", Browser: b.Name, Title: b.Title, Result: Note, Mend: in.self() + " install --browser " + b.Name, Text: problem.Text{
		PT: "um Flatpak só vê a pasta de cada pessoa: cada uma corre install sem --system",
		EN: "a Flatpak sees only each person's own folder: each runs install without --system"}}
}

// boxLimits say what works inside a Flatpak and what doesn't.
func boxLimits(b found) problem.Text {
	folder := "~/" + boxes + "/" + b.flatpak.ID
	return problem.Text{
		PT: "o programa corre dentro do Flatpak: guarda nas Transferências se o Flatpak as puder escrever (é o habitual), tem a configuração e o diário em " + folder + ", e não pode abrir outro navegador. Não foi experimentado por nós",
		EN: "the program runs inside the Flatpak: it saves in Downloads if the Flatpak may write there (it usually may), has its configuration and journal in " + folder + ", and can't open another browser. We haven't tried it",
	}
}
