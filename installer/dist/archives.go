package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// A target is a system that a program is built for, and what people call it.
type target struct{ goos, arch, title string }

// targets are in the Makefile too, which builds them.
var targets = []target{
	{"linux", "amd64", "linux"}, {"linux", "arm64", "linux"},
	{"darwin", "amd64", "macos"}, {"darwin", "arm64", "macos"},
	{"windows", "amd64", "windows"},
}

func (t target) program() string {
	if t.goos == "windows" {
		return "cmdsign.exe"
	}
	return "cmdsign"
}

// path is where the Makefile has built it.
func (m *maker) path(t target) string {
	return filepath.Join(m.out, "build", t.goos+"-"+t.arch, t.program())
}

// archives makes, for each system, the program by itself and an archive with all that a person needs. An archive is laid out as a
// checkout after "make build": the scripts of installer/ do the same in both.
func (m *maker) archives() error {
	for _, t := range m.targets {
		program, err := os.ReadFile(m.path(t))
		if err != nil {
			return err
		}
		name := strings.Join([]string{"cmdsign", m.version, t.title, t.arch}, "-")
		if err := m.write(name+filepath.Ext(t.program()), program); err != nil {
			return err
		}
		files := []file{{name + "/bin/" + t.program(), program, 0o755}, {name + "/THIRD-PARTY.txt", m.terms, 0o644}}
		for _, kind := range []manifests.Kind{manifests.Chromium, manifests.Firefox} {
			built, err := m.built(kind)
			if err != nil {
				return err
			}
			for _, f := range built {
				files = append(files, file{name + "/extension/dist/" + string(kind) + "/" + f.path, f.data, f.mode})
			}
		}
		own := map[string]string{"LICENSE": "LICENSE", "PRIVACY.md": "PRIVACY.md", "installer/dist/LEIA-ME.txt": "LEIA-ME.txt"}
		scripts := []string{"install.sh", "uninstall.sh"}
		if t.goos == "windows" {
			scripts = []string{"install.ps1", "uninstall.ps1"}
		}
		for _, script := range scripts {
			own["installer/"+script] = "installer/" + script
		}
		for from, to := range own {
			data, err := os.ReadFile(filepath.Join(m.source, filepath.FromSlash(from)))
			if err != nil {
				return err
			}
			f := file{name + "/" + to, data, 0o644}
			if strings.HasSuffix(to, ".sh") {
				f.mode = 0o755
			}
			files = append(files, f)
		}
		pack, ending := tarred, ".tar.gz"
		if t.goos == "windows" {
			pack, ending = zipped, ".zip"
		}
		data, err := pack(files, m.made)
		if err != nil {
			return err
		}
		if err := m.write(name+ending, data); err != nil {
			return err
		}
	}
	return nil
}
