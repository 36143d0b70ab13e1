package installer

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/save"
	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// Options say what to install, and for whom.
type Options struct {
	Program  string   // absolute path of the program that browsers are to start
	Browsers []string // names in the table; empty: those that are found
	System   bool     // for everybody on the computer
	Dir      string   // only in this folder of manifests, absolute
	Callers  []string // origins and add-on ids besides our own
	Print    bool     // say what would be written, write nothing
	Root     string   // goes before paths of the system
	On       string   // with Print: what would be written on a computer with this system (GOOS) and with every browser
	Open     bool     // open the page with the steps for the extension in a browser, where there's a screen
	Lang     string   // of that page: pt or en
	Version  string   // the program's
}

// Installer registers the program with browsers.
type Installer struct {
	opts Options
	sys  system
}

// New prepares an installer for this computer, or one that tells of another.
func New(opts Options) *Installer {
	sys := thisSystem(opts.Root)
	if opts.On != "" {
		sys = otherSystem(opts.On)
	}
	return &Installer{opts: opts, sys: sys}
}

var (
	chromiumID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-p]{32}$`) })
	// From Firefox's schema of add-on ids: a GUID, or the form of an e-mail address; at most 80 characters.
	firefoxID = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(\{[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\}|[A-Za-z0-9._-]*@[A-Za-z0-9._-]+)$`)
	})
)

// CallerOf gives the caller that an extension's id stands for: the id of the Chrome family gives an origin. ok is false when it's
// the id of neither family.
func CallerOf(id string) (caller string, ok bool) {
	switch {
	case chromiumID().MatchString(id):
		return manifests.Caller(manifests.Chromium, id), true
	case len(id) <= 80 && firefoxID().MatchString(id):
		return manifests.Caller(manifests.Firefox, id), true
	}
	return "", false
}

// more are the callers of a family besides our own.
func (in *Installer) more(kind manifests.Kind) []string {
	var callers []string
	for _, c := range in.opts.Callers {
		if strings.HasPrefix(c, "chrome-extension://") == (kind == manifests.Chromium) {
			callers = append(callers, c)
		}
	}
	return callers
}

func (in *Installer) level() Level {
	if in.opts.System {
		return LevelSystem
	}
	return LevelUser
}

func (in *Installer) record(level Level) *record {
	return openRecord(filepath.Join(in.sys.data(level), "installed.json"))
}

// Install registers the program with each browser that is found or named. An error is one of usage; what fails for one browser is
// a finding.
func (in *Installer) Install() ([]Finding, error) {
	browsers, err := in.browsers()
	if err != nil {
		return nil, err
	}
	r := in.record(in.level())
	if in.opts.Dir != "" {
		if f := in.withoutParent(); f != nil {
			return []Finding{*f}, nil
		}
		t := folderTarget(in.opts.Dir, browsers)
		return []Finding{in.install(t, r)}, nil
	}
	var findings []Finding
	var wanted []found
	named := len(in.opts.Browsers) > 0
	for _, b := range browsers {
		f, caged := confinement(b)
		if caged {
			findings = append(findings, f)
		}
		switch {
		case caged && b.flatpak != nil && !named:
			// Nothing that would work there.
		case b.flatpak != nil && in.opts.System && !b.used:
		case b.flatpak != nil && in.opts.System:
			findings = append(findings, in.boxesAreOnesOwn(b))
		case !named && !in.opts.System && in.hides(b):
			findings = append(findings, in.hiding(b))
		case named, b.used, in.opts.System && b.installed:
			wanted = append(wanted, b)
		case b.installed:
			findings = append(findings, Finding{Check: "browser-unused", Browser: b.Name, Title: b.Title, Result: Note, Text: problem.Text{
				PT: "instalado mas nunca aberto por si: abra-o uma vez e corra este comando de novo",
				EN: "installed but never opened by you: open it once and run this command again"}})
		}
	}
	targets := in.targets(in.level(), wanted)
	done := make([]Finding, 0, len(targets)+len(findings))
	var registered []found
	for _, t := range targets {
		f := in.install(t, r)
		if f.Result == OK {
			registered = append(registered, t.browsers...)
		}
		done = append(done, f)
	}
	findings = append(done, findings...)
	if !in.opts.Print && !in.opts.System {
		if f := in.guide(registered, r); f != nil {
			findings = append(findings, *f)
		}
	}
	if user := os.Getenv("SUDO_USER"); !in.opts.System && user != "" && user != "root" && os.Geteuid() == 0 && in.opts.Root == "" {
		findings = append(findings, Finding{Check: "sudo", Result: Note, Text: problem.Text{
			PT: "com sudo, isto foi feito para o root e não para " + user + ": corra-o sem sudo, ou com --system para todos",
			EN: "with sudo, this was done for root and not for " + user + ": run it without sudo, or with --system for everybody"}})
	}
	if len(findings) == 0 {
		findings = append(findings, Finding{Check: "no-browser", Result: Bad, Text: problem.Text{
			PT: "não foi encontrado nenhum navegador; para registar um à mesma: --browser chromium (ou chrome, edge, brave, vivaldi, firefox…)",
			EN: "no browser was found; to register one all the same: --browser chromium (or chrome, edge, brave, vivaldi, firefox…)"}})
	}
	return findings, nil
}

// withoutParent refuses a folder whose parent isn't there: it's more likely a mistake than a browser.
func (in *Installer) withoutParent() *Finding {
	parent := filepath.Dir(in.opts.Dir)
	if exists(parent) || exists(in.opts.Dir) {
		return nil
	}
	return &Finding{Check: "folder-missing", Result: Bad, Path: in.opts.Dir, Mend: "mkdir -p " + quote(parent), Text: problem.Text{
		PT: parent + " não existe", EN: parent + " isn't there"}}
}

// install is check, do, check again.
func (in *Installer) install(t target, r *record) Finding {
	want := manifests.New(t.kind, t.program(in), in.more(t.kind)).JSON()
	f := Finding{Check: "manifest", Browser: t.name(), Title: t.title(), Result: OK, Path: t.file, More: in.arrival(t)}
	if t.box != "" && t.kind == manifests.Chromium {
		f.More = append([]problem.Text{boxLimits(t.browsers[0])}, f.More...)
	}
	if in.opts.Print {
		f.Content = string(want)
		switch {
		case t.key != "":
			f.Text = both(t.key)
		case t.box != "":
			f.Text = problem.Text{PT: "e cópia do programa em " + t.program(in), EN: "and a copy of the program in " + t.program(in)}
		}
		return f
	}
	failed := func(check string, text problem.Text, mend string) Finding {
		f.Check, f.Result, f.Text, f.Mend, f.More = check, Bad, text, mend, nil
		return f
	}
	if bad := in.program(in.opts.Program); bad != nil {
		return failed(bad.check, bad.text, bad.mend)
	}
	if bad := blocked(t.file); bad != nil {
		return failed(bad.check, bad.text, bad.mend)
	}
	filled := false
	if t.box != "" {
		var err error
		if filled, err = in.fillBox(t, r); err != nil {
			return failed("manifest-write", problem.Text{PT: "o programa não foi copiado: " + err.Error(), EN: "the program wasn't copied: " + err.Error()}, "")
		}
	}
	if !filled && t.isThere(want) {
		f.Text = problem.Text{PT: "já estava registado em " + t.file, EN: "was registered already in " + t.file}
		return f
	}
	if err := in.write(t, want, r); save.Full(err) {
		return failed("disk-full", problem.Text{
			PT: "não foi registado: o disco está cheio. Apague o que não precisa e corra isto de novo; este comando mostra o que ocupa mais",
			EN: "wasn't registered: the disk is full. Delete what you don't need and run this again; this command shows what takes the most"}, biggest(filepath.Dir(t.file)))
	} else if err != nil {
		return failed("manifest-write", problem.Text{PT: "não foi registado: " + err.Error(), EN: "wasn't registered: " + err.Error()}, in.elevated(t, "install"))
	}
	if !t.isThere(want) {
		return failed("manifest-write", problem.Text{
			PT: t.file + " não ficou como foi escrito", EN: t.file + " isn't as it was written"}, "")
	}
	f.Text = problem.Text{PT: "registado em " + t.file, EN: "registered in " + t.file}
	return f
}

// isThere says whether the manifest is in its place as it should be.
func (t target) isThere(want []byte) bool {
	_, have, bad := t.look()
	if bad != nil || !bytes.Equal(have, want) {
		return false
	}
	info, err := os.Stat(t.file)
	if err != nil || info.Mode().Perm()&0o444 != 0o444 {
		return false
	}
	if t.key != "" {
		value, err := registryGet(t.key)
		return err == nil && value == t.file
	}
	return true
}

func (in *Installer) write(t target, content []byte, r *record) error {
	if err := r.add(t.file); err != nil {
		return err
	}
	if err := save.AtomicWrite(t.file, content, 0o644); err != nil {
		return err
	}
	if t.key == "" {
		return nil
	}
	if err := r.addKey(t.key); err != nil {
		return err
	}
	return registrySet(t.key, t.file)
}

// self is the command that runs this program.
func (in *Installer) self() string {
	return quote(in.opts.Program)
}

// command is "cmdsign install" (or another) for a target.
func (in *Installer) command(t target, verb string) string {
	words := []string{in.self(), verb}
	if t.level == LevelSystem {
		words = append(words, "--system")
		if in.sys.goos != "windows" {
			words = append([]string{"sudo"}, words...)
		}
	}
	if in.opts.Root != "" {
		words = append(words, "--root", quote(in.opts.Root))
	}
	if in.opts.Dir != "" {
		words = append(words, "--dir", quote(in.opts.Dir))
	}
	if name := t.name(); name != "" {
		words = append(words, "--browser", name)
	}
	return strings.Join(words, " ")
}

// elevated is the command for a target, where only more rights can help.
func (in *Installer) elevated(t target, verb string) string {
	if t.level == LevelSystem && os.Geteuid() > 0 {
		return in.command(t, verb)
	}
	return ""
}

func unknownBrowser(name string, known map[string]bool) error {
	var names []string
	for n := range known {
		names = append(names, n)
	}
	slices.Sort(names)
	return fmt.Errorf("navegador desconhecido / unknown browser %q: %s", name, strings.Join(names, ", "))
}
