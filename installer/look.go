package installer

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// maxManifest is how much of a manifest is read, in bytes. Ours have less than 1 KiB.
const maxManifest = 64 << 10

// fault is what's wrong with a manifest: a word for programs, a sentence, and the command that mends it where that isn't
// "cmdsign install".
type fault struct {
	check string
	text  problem.Text
	mend  string
}

// look reads the manifest that browsers would read. A missing one gives no manifest and no fault.
func (t target) look() (*manifests.Manifest, []byte, *fault) {
	if f := blocked(t.file); f != nil {
		return nil, nil, f
	}
	file, err := os.Open(t.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		mend := "chmod u+rw " + quote(t.file)
		if folder := shut(t.file); folder != "" {
			mend = "chmod u+rwx " + quote(folder)
		}
		if t.level == LevelSystem {
			mend = "sudo " + mend
		}
		return nil, nil, &fault{"manifest-unreadable", problem.Text{
			PT: "não se consegue ler " + t.file, EN: "can't read " + t.file,
		}, mend}
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxManifest))
	if err != nil {
		return nil, nil, &fault{"manifest-unreadable", problem.Text{
			PT: "não se consegue ler " + t.file + ": " + err.Error(), EN: "can't read " + t.file + ": " + err.Error(),
		}, ""}
	}
	var m manifests.Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, data, &fault{"manifest-invalid", problem.Text{
			PT: t.file + " não é JSON válido: " + err.Error(), EN: t.file + " isn't valid JSON: " + err.Error(),
		}, ""}
	}
	return &m, data, nil
}

// shut is the folder above a file that may not be entered: the highest one. Empty: all may be.
func shut(file string) (folder string) {
	for below := file; below != filepath.Dir(below); below = filepath.Dir(below) {
		if _, err := os.Lstat(below); errors.Is(err, fs.ErrPermission) {
			folder = filepath.Dir(below)
		}
	}
	return folder
}

// blocked says what stands in the way of a file: a file where a folder should be, or the other way round.
func blocked(file string) *fault {
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return inTheWay(file, problem.Text{PT: file + " é uma pasta e devia ser um ficheiro", EN: file + " is a folder and should be a file"})
	}
	for folder := filepath.Dir(file); folder != filepath.Dir(folder); folder = filepath.Dir(folder) {
		info, err := os.Stat(folder)
		if err == nil && info.IsDir() {
			return nil
		}
		if err == nil {
			return inTheWay(folder, problem.Text{PT: folder + " é um ficheiro e devia ser uma pasta", EN: folder + " is a file and should be a folder"})
		}
	}
	return nil
}

func inTheWay(path string, text problem.Text) *fault {
	return &fault{"folder-unusable", text, "mv " + quote(path) + " " + quote(path+".old")}
}

// wrong says what in a manifest keeps browsers from starting the program with it. more are callers besides our own.
func (in *Installer) wrong(m manifests.Manifest, t target) []fault {
	var faults []fault
	add := func(check, pt, en string) {
		faults = append(faults, fault{check: check, text: problem.Text{PT: pt, EN: en}})
	}
	if m.Name != manifests.Host() {
		add("manifest-name", "o nome é «"+m.Name+"» e devia ser «"+manifests.Host()+"»", "the name is “"+m.Name+"” and should be “"+manifests.Host()+"”")
	}
	if m.Type != "stdio" {
		add("manifest-type", "o tipo é «"+m.Type+"» e devia ser «stdio»", "the type is “"+m.Type+"” and should be “stdio”")
	}
	want := manifests.New(t.kind, m.Path, in.more(t.kind))
	listed := m.AllowedOrigins
	if t.kind == manifests.Firefox {
		listed = m.AllowedExtensions
	}
	for _, caller := range want.Callers() {
		if !slices.Contains(listed, caller) {
			add("manifest-ids", "não deixa entrar a extensão "+caller, "it doesn't let the extension "+caller+" in")
		}
	}
	if t.box != "" && filepath.Clean(m.Path) != t.program(in) {
		add("program-outside", "o Flatpak não deixa correr um programa de fora: "+m.Path, "the Flatpak doesn't let a program from outside run: "+m.Path)
		return faults
	}
	switch f := in.program(m.Path); {
	case f != nil:
		faults = append(faults, *f)
	case t.level == LevelSystem && !readableByAll(t.file):
		faults = append(faults, fault{"manifest-unreadable", problem.Text{
			PT: "só o dono consegue ler " + t.file, EN: "only its owner can read " + t.file,
		}, ""})
	}
	return faults
}

// program says why the program at path can't be started; nil if it can.
func (in *Installer) program(path string) *fault {
	if !filepath.IsAbs(path) {
		return &fault{check: "program-missing", text: problem.Text{
			PT: "o caminho do programa, «" + path + "», não é absoluto", EN: "the program's path, “" + path + "”, isn't absolute"}}
	}
	info, err := os.Stat(in.real(path))
	switch {
	case err != nil:
		return &fault{check: "program-missing", text: problem.Text{
			PT: "aponta para um programa que não existe: " + path, EN: "it points to a program that isn't there: " + path}}
	case !info.Mode().IsRegular():
		return &fault{check: "program-missing", text: problem.Text{
			PT: "aponta para algo que não é um programa: " + path, EN: "it points to something that isn't a program: " + path}}
	case in.sys.goos != "windows" && info.Mode().Perm()&0o111 == 0:
		return &fault{"program-not-runnable", problem.Text{
			PT: "o programa não tem permissão de execução: " + path, EN: "the program may not be run: " + path}, "chmod +x " + quote(path)}
	}
	return nil
}

// real is where a file of the system is: in a package that is being made it's below the root.
func (in *Installer) real(path string) string {
	if packaged := filepath.Join(in.opts.Root, path); in.opts.Root != "" && exists(packaged) {
		return packaged
	}
	return path
}

func readableByAll(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().Perm()&0o004 != 0
}

// ours says whether a manifest is one that this program, or an earlier place of it, wrote: only such a one is taken away or
// repaired. The name of the file is ours already; what it names must be this program, or gone.
func (in *Installer) ours(m *manifests.Manifest, t target, r *record) bool {
	recorded := slices.Contains(r.Files, t.file)
	if m == nil {
		return recorded
	}
	if exists(m.Path) && !sameFile(m.Path, in.opts.Program) && (t.box == "" || m.Path != t.program(in)) {
		return false
	}
	return recorded || m.Name == manifests.Host() && isProgramName(m.Path)
}

func isProgramName(path string) bool {
	base := strings.ToLower(path[strings.LastIndexAny(path, `/\`)+1:])
	return strings.TrimSuffix(base, ".exe") == "cmdsign"
}

func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}
