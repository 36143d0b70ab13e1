package installer

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// Doctor looks at every browser that is found (or named): its manifest, the program that it names, and whether that answers when it's
// started as the browser would. Nothing is changed. With quiet no host is started: the configuration is known to be broken.
func (in *Installer) Doctor(ctx context.Context, quiet bool) ([]Finding, error) {
	browsers, err := in.browsers()
	if err != nil {
		return nil, err
	}
	d := &examination{Installer: in, ctx: ctx, quiet: quiet, pings: map[string]pinged{}, carried: map[string][]carried{}}
	if in.opts.Dir != "" {
		d.examine(folderTarget(in.opts.Dir, browsers), found{})
		return d.findings, nil
	}
	for _, b := range browsers {
		d.carried[b.Name] = in.carries(b)
		d.elsewhere = d.elsewhere || active(d.carried[b.Name])
	}
	for _, b := range browsers {
		if b.native() || len(in.opts.Browsers) > 0 {
			d.browser(b)
			if b.used {
				d.carrier(b)
			}
		}
		if f, ok := confinement(b); ok {
			d.findings = append(d.findings, f)
		}
	}
	if len(d.findings) == 0 {
		d.findings = append(d.findings, Finding{Check: "no-browser", Result: Note, Text: problem.Text{
			PT: "não foi encontrado nenhum navegador com extensões", EN: "no browser with extensions was found"}})
	}
	return d.findings, nil
}

type examination struct {
	*Installer
	ctx      context.Context
	quiet    bool
	findings []Finding
	pings    map[string]pinged

	carried   map[string][]carried // by the browser's name
	elsewhere bool                 // a browser has the extension, switched on
}

type pinged struct {
	version string
	err     error
}

// browser looks at the two manifests that a browser may find: the person's own comes first, and only the first counts.
func (d *examination) browser(b found) {
	absent := func(t target) bool { return !t.present() }
	own := slices.DeleteFunc(d.target(LevelUser, b), absent)
	everybodys := slices.DeleteFunc(d.target(LevelSystem, b), absent)
	switch {
	case len(own)+len(everybodys) == 0 && !b.used && len(d.opts.Browsers) == 0:
		d.say(b, Finding{Check: "browser-unused", Result: Note, Text: problem.Text{
			PT: "instalado mas nunca aberto por si", EN: "installed but never opened by you"}})
	case len(own)+len(everybodys) == 0:
		mend := target{browsers: []found{b}, level: LevelUser}
		if d.hides(b) {
			mend.level = LevelSystem
		}
		d.say(b, Finding{Check: "manifest-missing", Result: Bad, Mend: d.command(mend, "install"), Text: problem.Text{
			PT: "não conhece o programa: falta o ficheiro de registo", EN: "doesn't know the program: the host manifest is missing"}})
	case len(own) > 0:
		first := d.examine(own[0], b)
		for _, t := range own[1:] {
			d.examine(t, b)
		}
		for _, t := range everybodys {
			d.second(t, first, b)
		}
	default:
		for _, t := range everybodys {
			d.examine(t, b)
		}
	}
}

// present says whether there's anything at a target's place, even if it can't be used.
func (t target) present() bool {
	if t.key != "" {
		value, err := registryGet(t.key)
		return err == nil && value == t.file
	}
	m, data, bad := t.look()
	return m != nil || data != nil || bad != nil
}

func (d *examination) say(b found, f Finding) {
	f.Browser, f.Title = b.Name, b.Title
	if f.Title == "" {
		f.Title = d.opts.Dir
	}
	d.findings = append(d.findings, f)
}

// examine looks at one manifest and gives it where it can be read.
func (d *examination) examine(t target, b found) *manifests.Manifest {
	t.browsers = nil
	if b.Name != "" {
		t.browsers = []found{b}
	}
	again := d.command(t, "install")
	m, data, bad := t.look()
	if bad == nil && m == nil && data == nil {
		d.say(b, Finding{Check: "manifest-missing", Result: Bad, Path: t.file, Mend: again, Text: problem.Text{
			PT: "falta o ficheiro de registo " + t.file, EN: "the host manifest is missing: " + t.file}})
		return nil
	}
	var faults []fault
	if bad != nil {
		faults = []fault{*bad}
	} else {
		faults = d.wrong(*m, t)
	}
	for _, f := range faults {
		mend := again
		switch {
		case f.check == "folder-unusable":
			mend = f.mend + " && " + again
		case f.mend != "":
			mend = f.mend
		}
		d.say(b, Finding{Check: f.check, Result: Bad, Path: t.file, Text: f.text, Mend: mend})
	}
	if len(faults) > 0 {
		return m
	}
	d.say(b, Finding{Check: "manifest", Result: OK, Path: t.file, Text: problem.Text{
		PT: "conhece o programa (" + t.file + ")", EN: "knows the program (" + t.file + ")"}})
	d.strangers(*m, t, b)
	if !d.quiet {
		d.start(*m, t, b)
	}
	return m
}

// strangers tells of extensions that a manifest lets in and that nobody here knows. The program refuses them all the same.
func (d *examination) strangers(m manifests.Manifest, t target, b found) {
	known := manifests.New(t.kind, m.Path, d.more(t.kind)).Callers()
	for _, caller := range m.Callers() {
		if !slices.Contains(known, caller) {
			d.say(b, Finding{Check: "manifest-stranger", Result: Note, Path: t.file, Mend: d.command(t, "install"), Text: problem.Text{
				PT: "deixa entrar também " + caller + ", que o programa recusa enquanto não estiver em «extensions» da configuração",
				EN: "it also lets " + caller + " in, which the program refuses until it's under “extensions” in the configuration"}})
		}
	}
}

// start starts the program as the browser would.
func (d *examination) start(m manifests.Manifest, t target, b found) {
	callers := manifests.New(t.kind, m.Path, nil).Callers()
	args := callers[:1]
	if t.kind == manifests.Firefox {
		args = []string{t.file, callers[0]}
	}
	key := m.Path + "\x00" + strings.Join(args, "\x00")
	p, done := d.pings[key]
	if !done {
		p.version, p.err = ping(d.ctx, m.Path, args...)
		d.pings[key] = p
	}
	same := sameFile(m.Path, d.opts.Program)
	switch {
	case errors.Is(p.err, context.DeadlineExceeded):
		d.say(b, Finding{Check: "program-silent", Result: Bad, Path: m.Path, Mend: d.command(t, "install"), Text: problem.Text{
			PT: m.Path + " arranca mas não responde em " + pingLimit.String(), EN: m.Path + " starts but doesn't answer in " + pingLimit.String()}})
	case p.err != nil:
		d.say(b, Finding{Check: "program-fails", Result: Bad, Path: m.Path, Mend: d.command(t, "install"), Text: problem.Text{
			PT: m.Path + " não responde como devia: " + p.err.Error(), EN: m.Path + " doesn't answer as it should: " + p.err.Error()}})
	case p.version != d.opts.Version:
		d.say(b, Finding{Check: "program-version", Result: Bad, Path: m.Path, Mend: d.command(t, "install"), Text: problem.Text{
			PT: m.Path + " é a versão " + p.version + "; este programa é a " + d.opts.Version,
			EN: m.Path + " is version " + p.version + "; this program is " + d.opts.Version}})
	case t.box != "" && !sameContent(m.Path, d.real(d.opts.Program)):
		d.say(b, Finding{Check: "program-copy", Result: Bad, Path: m.Path, Mend: d.command(t, "install"), Text: problem.Text{
			PT: "a cópia do programa dentro do Flatpak não é igual a este programa: " + m.Path,
			EN: "the program's copy inside the Flatpak isn't the same as this program: " + m.Path}})
	case !same && t.box == "":
		d.say(b, Finding{Check: "program-other", Result: Note, Path: m.Path, Mend: d.command(t, "install"), Text: problem.Text{
			PT: "o programa responde (versão " + p.version + "), mas está noutro lugar: " + m.Path,
			EN: "the program answers (version " + p.version + "), but it's in another place: " + m.Path}})
	default:
		d.say(b, Finding{Check: "program", Result: OK, Path: m.Path, Text: problem.Text{
			PT: "o programa responde (versão " + p.version + ")", EN: "the program answers (version " + p.version + ")"}})
	}
}

// second tells of a manifest that is hidden by the person's own and says something else: whoever reads it later is misled.
func (d *examination) second(t target, first *manifests.Manifest, b found) {
	m, _, bad := t.look()
	if bad == nil && m != nil && first != nil && len(d.wrong(*m, t)) == 0 && filepath.Clean(m.Path) == filepath.Clean(first.Path) {
		return
	}
	t.browsers = []found{b}
	mend := d.command(t, "install")
	if bad != nil && bad.check == "folder-unusable" {
		mend = "sudo " + bad.mend + " && " + mend
	}
	d.say(b, Finding{Check: "manifest-twice", Result: Bad, Path: t.file, Mend: mend, Text: problem.Text{
		PT: "há dois ficheiros de registo que não dizem o mesmo; conta o seu, e o de todos é " + t.file,
		EN: "there are two host manifests that don't say the same; yours counts, and everybody's is " + t.file}})
}
