package installer

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/save"
	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// Machine is what signing needs besides the browsers' manifests; whoever wires the program knows it.
type Machine struct {
	ConfigPath  string // the file that is, or would be, read
	ConfigErr   error
	Environment string
	Custom      bool // the environment is the person's own
	EnvErr      error
	Browser     string // a browser of the Chromium family that can be launched
	BrowserErr  error
	Endpoint    string // host:port of a browser that runs already; empty where none is configured
	EndpointErr error
	Downloads   string
	DownloadErr error
	Journal     string // folder
}

// roomForOne is the room that a signed document may need, in bytes: the site takes documents of about 3 MB.
const roomForOne = 4 << 20

// biggest is the command that shows what fills the disk that a folder is on.
func biggest(folder string) string {
	return "du -ahx " + quote(folder) + " | sort -rh | head -n 20"
}

// Examine looks at the machine.
func (m Machine) Examine() []Finding {
	if m.ConfigErr != nil {
		// Everything else is read from it.
		return []Finding{m.config()}
	}
	all := []Finding{m.config(), m.environment(), m.browser()}
	if m.Endpoint != "" {
		all = append(all, m.endpoint())
	}
	return append(append(all, m.downloads()), m.journal()...)
}

func (m Machine) config() Finding {
	f := Finding{Check: "config", Result: OK, Path: m.ConfigPath, Text: problem.Text{
		PT: "configuração: sem erros", EN: "configuration: no mistakes"}}
	if m.ConfigErr != nil {
		f.Result, f.Text = Bad, problem.Text{PT: "configuração: " + detail(m.ConfigErr, "pt"), EN: "configuration: " + detail(m.ConfigErr, "en")}
		f.Mend = m.edit()
	} else if !exists(m.ConfigPath) {
		f.Text = problem.Text{PT: "configuração: nenhuma, valem os valores de origem", EN: "configuration: none, the defaults hold"}
	}
	return f
}

func (m Machine) environment() Finding {
	f := Finding{Check: "environment", Result: OK}
	switch {
	case m.EnvErr != nil:
		f.Result, f.Text = Bad, problem.Text{PT: "ambiente: " + detail(m.EnvErr, "pt"), EN: "environment: " + detail(m.EnvErr, "en")}
		f.Mend = m.edit()
	case m.Environment == "production":
		f.Text = problem.Text{PT: "ambiente: produção", EN: "environment: production"}
	default:
		f.Result = Note
		f.Text = problem.Text{
			PT: "ambiente: " + m.Environment + "; o que se assina aqui não é assinado em produção",
			EN: "environment: " + m.Environment + "; what is signed here isn't signed in production"}
	}
	return f
}

func (m Machine) browser() Finding {
	f := Finding{Check: "launch", Result: OK, Path: m.Browser, Text: problem.Text{
		PT: "navegador para abrir à parte (Firefox, linha de comandos): " + m.Browser,
		EN: "browser to launch (Firefox, command line): " + m.Browser}}
	if m.BrowserErr != nil {
		f.Result, f.Text = Bad, problem.Text{
			PT: "navegador para abrir à parte (Firefox, linha de comandos): " + detail(m.BrowserErr, "pt"),
			EN: "browser to launch (Firefox, command line): " + detail(m.BrowserErr, "en")}
		if _, err := exec.LookPath("apt-get"); err == nil {
			f.Mend = "sudo apt-get install chromium"
		}
	}
	return f
}

// endpoint is a browser that somebody else started, which the configuration names.
func (m Machine) endpoint() Finding {
	if m.EndpointErr != nil {
		return Finding{Check: "attach", Result: Bad, Mend: m.edit(), Text: problem.Text{
			PT: "navegador já aberto (" + m.Endpoint + "): " + detail(m.EndpointErr, "pt"),
			EN: "browser that runs already (" + m.Endpoint + "): " + detail(m.EndpointErr, "en")}}
	}
	return Finding{Check: "attach", Result: OK, Text: problem.Text{
		PT: "navegador já aberto: " + m.Endpoint + " responde",
		EN: "browser that runs already: " + m.Endpoint + " answers"}}
}

// edit is the command that opens the configuration; empty where there's none.
func (m Machine) edit() string {
	if !exists(m.ConfigPath) {
		return ""
	}
	return `"${EDITOR:-nano}" ` + quote(m.ConfigPath)
}

// Beside tells, after install, of the browser that those of Firefox's family need beside them, where there's none. Done are install's findings.
func (m Machine) Beside(done []Finding) []Finding {
	if m.BrowserErr == nil {
		return nil
	}
	for _, f := range done {
		if f.Check != "manifest" || f.Result != OK || f.Content != "" {
			continue
		}
		for _, row := range manifests.Browsers() {
			if row.Kind == manifests.Firefox && strings.TrimSuffix(f.Browser, "-flatpak") == row.Name {
				needed := m.browser()
				needed.Result, needed.Browser, needed.Title = Note, f.Browser, f.Title
				return []Finding{needed}
			}
		}
	}
	return nil
}

func (m Machine) downloads() Finding {
	f := Finding{Check: "downloads", Result: OK, Path: m.Downloads, Text: problem.Text{
		PT: "Transferências: " + m.Downloads, EN: "Downloads: " + m.Downloads}}
	bad := func(pt, en, mend string) Finding {
		f.Result, f.Text, f.Mend = Bad, problem.Text{PT: "Transferências: " + pt, EN: "Downloads: " + en}, mend
		return f
	}
	info, err := os.Stat(m.Downloads)
	switch {
	case m.Downloads == "":
		return bad(detail(m.DownloadErr, "pt"), detail(m.DownloadErr, "en"), "mkdir -p ~/Downloads")
	case errors.Is(err, fs.ErrNotExist):
		return bad(m.Downloads+" não existe", m.Downloads+" isn't there", "mkdir -p "+quote(m.Downloads))
	case err != nil:
		return bad(err.Error(), err.Error(), "")
	case !info.IsDir():
		return bad(m.Downloads+" não é uma pasta", m.Downloads+" isn't a folder",
			"mv "+quote(m.Downloads)+" "+quote(m.Downloads+".old")+" && mkdir -p "+quote(m.Downloads))
	}
	probe, err := os.CreateTemp(m.Downloads, ".cmdsign-*.part")
	if err != nil {
		return bad("não se consegue escrever em "+m.Downloads, m.Downloads+" can't be written to", "chmod u+w "+quote(m.Downloads))
	}
	defer os.Remove(probe.Name())
	defer probe.Close()
	if _, err := probe.Write(make([]byte, roomForOne)); save.Full(err) {
		f.Check = "disk-full"
		return bad("o disco está cheio: "+m.Downloads+". Apague o que não precisa; este comando mostra o que ocupa mais",
			"the disk is full: "+m.Downloads+". Delete what you don't need; this command shows what takes the most", biggest(m.Downloads))
	}
	return f
}

func (m Machine) journal() []Finding {
	f := Finding{Check: "journal", Result: OK, Path: m.Journal, Text: problem.Text{
		PT: "diário: " + m.Journal, EN: "journal: " + m.Journal}}
	if bad := blocked(filepath.Join(m.Journal, "x")); bad != nil {
		f.Result, f.Mend = Bad, bad.mend
		f.Text = problem.Text{PT: "diário: " + bad.text.PT, EN: "journal: " + bad.text.EN}
		return []Finding{f}
	}
	if !exists(m.Journal) {
		f.Text = problem.Text{PT: "diário: ainda vazio", EN: "journal: empty so far"}
		return []Finding{f}
	}
	records, err := journal.Open(m.Journal)
	var all []journal.Status
	if err == nil {
		all, err = records.Status()
	}
	if err != nil {
		f.Result, f.Mend = Bad, "chmod -R u+rwX "+quote(m.Journal)
		f.Text = problem.Text{PT: "diário: " + detail(err, "pt"), EN: "journal: " + detail(err, "en")}
		return []Finding{f}
	}
	findings := []Finding{f}
	for _, s := range all {
		if s.Answer == journal.MayBeSigned && !s.Acknowledged && !s.Live {
			findings = append(findings, Finding{Check: "may-be-signed", Result: Note, Mend: "cmdsign journal", Text: problem.Text{
				PT: "«" + s.Document.Name + "» pode estar assinado: procure o ficheiro assinado antes de o assinar de novo",
				EN: "“" + s.Document.Name + "” may be signed: look for the signed file before you sign it again"}})
		}
	}
	return findings
}

// detail is an error in a language: the sentence of its code and what it's about.
func detail(err error, lang string) string {
	var p *problem.Error
	if !errors.As(err, &p) {
		return err.Error()
	}
	text := p.Entry().Message.In(lang)
	if p.Detail != "" {
		text += " (" + p.Detail + ")"
	}
	return text
}
