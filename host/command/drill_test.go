package command

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
	"github.com/sign-with-cmd/sign-with-cmd/host/secret/secrettest"
	"github.com/sign-with-cmd/sign-with-cmd/host/trace"
)

// contractName is a document's name that no page says by itself; theDrill's phone ends in digits that don't stand anywhere else.
const contractName = "Arrendamento Quinta-Palhaça 7381.pdf"

// fillRenewed and pressRenewed are the acts of a person on each page of the renewed look.
func (p *person) fillRenewed(page, phone, pdf string) {
	p.t.Helper()
	switch page {
	case "choose":
		p.do(chromedp.SetUploadFiles(chromedp.CSS("#agwFile"), []string{pdf}))
	case "credentials":
		p.do(typed("#agwCallNumber", strings.TrimPrefix(phone, "+351 ")), typed("#agwSigning", goodPIN))
	case "code":
		p.do(typed("#agwReceived", codeFor(p.t, p.m.sandbox, phone)))
	}
}

var pressRenewed = map[string]string{
	"intro": "#agwGoOn", "choose": "#agwAttach", "preview": "#agwFileIsRight", "details": "#agwKeepInvisible", "credentials": "#agwGoOn",
	"code": "#agwGoOn",
}

// headings are ids by which a person tells the pages of the renewed look.
var headings = map[string]string{
	"intro": "agwStartHeading", "choose": "agwWhichFile", "preview": "agwCheckFile", "details": "agwAppearance", "credentials": "agwSigning",
	"code": "agwReceived",
}

// seen waits until a page of the walk is the last in the bundle.
func (p *person) seen(path, page string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		_, last, err := lastPage(path)
		return err == nil && strings.Contains(last, headings[page])
	}, patience, 50*time.Millisecond, "%s isn't in the bundle; %s", page, p.transcript())
}

// pictured asks for the bundle until it has a picture of the last page: on a busy machine one that takes too long is done
// without.
func (p *person) pictured(path string) {
	p.t.Helper()
	for range 10 {
		p.send(fields{"trace": 1})
		require.Equal(p.t, path, p.state("trace").Trace, "one bundle for one signing")
		picture, _, err := lastPage(path)
		require.NoError(p.t, err)
		if picture != nil {
			return
		}
	}
	require.Fail(p.t, "no picture of the page", p.transcript())
}

// lastPage gives picture and structure of a bundle's last page.
func lastPage(path string) (picture []byte, dom string, err error) {
	b, err := trace.Open(path)
	if err != nil {
		return nil, "", err
	}
	last := b.Index.Pages[len(b.Index.Pages)-1]
	return b.Picture(last), b.DOM(last), nil
}

// walked are the pages of a bundle that a person acted on. On a slow machine the page that only passes on to the next is seen too.
func walked(t *testing.T, path string) (pages []trace.Page) {
	t.Helper()
	b, err := trace.Open(path)
	require.NoError(t, err)
	for _, p := range b.Index.Pages {
		if !strings.Contains(b.DOM(p), `id="handoff"`) {
			require.Contains(t, b.DOM(p), headings[walk[min(len(pages), len(walk)-1)]])
			require.NotEmpty(t, b.Picture(p))
			pages = append(pages, p)
		}
	}
	require.Len(t, pages, len(walk), "each page of the walk, in its order")
	return pages
}

// walkRenewed signs by hand on the renewed look, which nobody has taught the program, and gives the path of the bundle that
// was kept, and what of the person's stood on the pages.
func walkRenewed(t *testing.T, m *machine) (path string, all []secrettest.Secret) {
	t.Helper()
	const number = "900473829" // one of the sandbox's plain numbers
	phone := "+351 " + number
	pdf := m.pdf(contractName)
	p := m.atTheWindow("version: 1\n", true)
	p.begin()
	p.credentials(phone, pdf)
	asked := p.state("assist")
	require.NotEmpty(t, asked.Trace, "the person is told that a bundle was kept")
	require.Equal(t, "root_page", asked.Step)
	path = asked.Trace
	for _, page := range walk {
		p.seen(path, page)
		if page == "code" {
			all = append(all, secrettest.New("code", codeFor(t, m.sandbox, phone)))
		}
		// What stands in the fields must not come through either: a bundle made on demand, with all filled in.
		p.fillRenewed(page, phone, pdf)
		p.pictured(path)
		p.press(pressRenewed[page])
	}
	m.requireSaved(p.ended(), pdf)
	all = append(all, secrettest.New("PIN", goodPIN))
	all = append(all, secrettest.New("phone", number))
	all = append(all, secrettest.New("phone's last digits", number[3:]))
	for _, word := range []string{"Arrendamento", "Quinta", "Palhaça", "7381", "Maria", "Exemplo", "Silva"} {
		all = append(all, secrettest.New(word, word))
		all = append(all, secrettest.New(word, strings.ToLower(word)))
		all = append(all, secrettest.New(word, strings.ToUpper(word)))
	}
	return path, all
}

// unzipped is every file of a bundle.
func unzipped(t *testing.T, path string) map[string][]byte {
	t.Helper()
	z, err := zip.OpenReader(path)
	require.NoError(t, err)
	defer z.Close()
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		require.NoError(t, err)
		data, err := io.ReadAll(r)
		require.NoError(t, err)
		files[f.Name] = data
	}
	return files
}

// The maintainer's drill (docs/REPAIR.md): the site looks new, the person signs by hand, the bundle of that walk is enough to
// mend the page descriptions, and then the new look signs by itself.
func TestDrill(t *testing.T) {
	t.Parallel()
	mended, err := filepath.Abs("testdata/renewed.yaml")
	require.NoError(t, err)
	m := newMachine(t, sandbox.Config{Look: "renewed"})
	bundle, all := walkRenewed(t, m)

	files := unzipped(t, bundle)
	pages := walked(t, bundle)
	for name, data := range files {
		require.Empty(t, secrettest.Find(data, all...), name)
		if strings.HasSuffix(name, ".html") {
			require.NotRegexp(t, `[0-9]{3}`, string(data), "%s: not even the last digits of the phone", name)
		}
	}
	t.Run("can be looked at before it's sent", func(t *testing.T) {
		out, err := m.command("trace", "list").Output()
		require.NoError(t, err)
		require.Contains(t, string(out), bundle)
		out, err = m.command("trace", "show", bundle).Output()
		require.NoError(t, err)
		require.Contains(t, string(out), "VEJA ANTES DE ENVIAR")
		require.Contains(t, string(out), "Que ficheiro xx ser assinado?")
		require.Empty(t, secrettest.Find(out, all...))
		out, err = m.command("trace", "show", bundle, "--page", "2").Output()
		require.NoError(t, err)
		require.Contains(t, string(out), `id="agwAttach"`)
	})

	out, err := m.command("pages", "test", bundle).Output()
	require.Equal(t, exitFailed, exitCode(t, err), string(out))
	require.Contains(t, string(out), "não reconhecida")

	// The mended file was written from the bundle alone: there's nothing in it that the bundle doesn't show.
	shown := everythingIn(files)
	data, err := os.ReadFile(mended)
	require.NoError(t, err)
	for _, said := range evidenceIn(t, data) {
		require.Contains(t, shown, trace.Fold(said), "the bundle doesn't show what the mended file uses")
	}

	out, err = m.command("pages", "test", bundle, "--pages", mended, "--json").Output()
	code := exitCode(t, err)
	var report struct {
		OK    bool
		Pages []struct {
			Known bool
			Now   struct{ Page string }
		}
	}
	require.NoError(t, json.Unmarshal(out, &report))
	for i, page := range walk {
		now := report.Pages[pages[i].Number-1]
		require.True(t, now.Known, page)
		require.Equal(t, page, now.Now.Page)
	}
	require.Equal(t, len(report.Pages) == len(walk), report.OK)
	require.Equal(t, report.OK, code == exitOK)

	signs := newMachine(t, sandbox.Config{Look: "renewed"})
	config, err := os.ReadFile(signs.config)
	require.NoError(t, err)
	signs.configure(strings.Replace(string(config), "    revocation: off", "    revocation: off\n    pages: "+mended, 1))
	pdf := signs.pdf("contrato.pdf")
	h := signs.converse()
	signs.requireSaved(h.sign(signs.sandbox, goodPhone, pdf), pdf)
	require.NotContains(t, h.transcript(), `"state":"assist"`)
	require.Empty(t, glob(t, signs.at("state", "cmdsign", "traces", "*")), "nothing is kept where every page is known")
}

// exitCode is how a command ended.
func exitCode(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	return exit.ExitCode()
}

// everythingIn is all that a maintainer can read in a bundle.
func everythingIn(files map[string][]byte) string {
	var all bytes.Buffer
	for name, data := range files {
		if !strings.HasSuffix(name, ".png") {
			all.Write(data)
		}
	}
	return trace.Fold(all.String())
}

// selectorParts are the names and values in a CSS selector.
var selectorParts = regexp.MustCompile(`[\w-]{3,}`)

// evidenceIn is what a page file knows pages and elements by.
func evidenceIn(t *testing.T, data []byte) (all []string) {
	var file struct {
		Pages []struct {
			Evidence map[string][]string
			Elements map[string]map[string]any
		}
	}
	require.NoError(t, yaml.Unmarshal(data, &file))
	for _, page := range file.Pages {
		lists := []map[string][]string{page.Evidence}
		for _, element := range page.Elements {
			list := map[string][]string{}
			for kind, values := range element {
				if values, ok := values.([]any); ok {
					for _, v := range values {
						list[kind] = append(list[kind], v.(string))
					}
				}
			}
			lists = append(lists, list)
		}
		for _, list := range lists {
			for kind, values := range list {
				for _, v := range values {
					if kind == "css" {
						all = append(all, selectorParts.FindAllString(v, -1)...)
						continue
					}
					all = append(all, v)
				}
			}
		}
	}
	require.Greater(t, len(all), 20)
	return all
}
