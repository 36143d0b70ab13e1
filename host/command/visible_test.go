package command

import (
	"bytes"
	"crypto/x509"
	"os"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

// sealOf checks the saved file anew and gives what its signature shows.
func (m *machine) sealOf(last message, pdf string) pdfsig.Signature {
	m.t.Helper()
	original, err := os.ReadFile(pdf)
	require.NoError(m.t, err)
	signed, err := os.ReadFile(last.File.Path)
	require.NoError(m.t, err)
	r, err := pdfsig.VerifyReturned(bytes.NewReader(signed), int64(len(signed)), bytes.NewReader(original), int64(len(original)),
		pdfsig.Options{Roots: []*x509.Certificate{m.sandbox.Root()}})
	require.NoError(m.t, err)
	require.Len(m.t, r.Signatures, 1)
	return r.Signatures[0]
}

func sealFinding(m message) string {
	for _, f := range m.Result.Findings {
		if f.Check == "seal" {
			return f.Result + " " + f.Text
		}
	}
	return ""
}

// Who asks for a visible signature gets it on the page and at the place asked for, with lists and with radio buttons that come up
// only once they are wanted.
func TestAVisibleSignature(t *testing.T) {
	t.Parallel()
	for _, look := range []string{"classic", "modern"} {
		t.Run(look, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, sandbox.Config{Look: look})
			pdf := m.pdf("contrato.pdf")
			h := m.attached()
			require.Contains(t, h.begin().Capabilities, "visible")
			h.send(fields{"phone": goodPhone, "pin": goodPIN, "pdf_file_path": pdf,
				"visible": fields{"page": "last", "orientation": "landscape", "place": "middle-right"}})
			h.otp(m.sandbox, goodPhone)
			last := h.ended()
			m.requireSaved(last, pdf)
			require.Equal(t, "pass A assinatura é visível, com um selo na página 2.", sealFinding(last))
			seal := m.sealOf(last, pdf)
			require.Equal(t, 2, seal.Page)
			// The page is A4.
			left, bottom, right, top := seal.Rect[0], seal.Rect[1], seal.Rect[2], seal.Rect[3]
			require.Greater(t, left, 595.0*2/3, "on the right")
			require.InDelta(t, 842.0/2, (bottom+top)/2, 10, "in the middle")
			require.Greater(t, top-bottom, right-left, "turned")
		})
	}
}

// Where a control isn't known, the person is told what they wanted and chooses it; the page isn't sent before that.
func TestAControlOfTheVisibleSignatureIsMissing(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../cmdpages/pages.yaml")
	require.NoError(t, err)
	var file struct {
		Pages []map[string]any
	}
	require.NoError(t, yaml.Unmarshal(data, &file))
	for _, p := range file.Pages {
		if p["name"] == "details" {
			p["elements"].(map[string]any)["place"].(map[string]any)["labels"] = []string{"Nobody calls it that"}
			file.Pages = []map[string]any{p}
		}
	}
	own, err := yaml.Marshal(map[string]any{"version": 1, "pages": file.Pages})
	require.NoError(t, err)
	m := newMachine(t, sandbox.Config{})
	pdf := m.pdf("contrato.pdf")
	p := m.atTheWindow(string(own), true)
	p.begin()
	p.send(fields{"phone": goodPhone, "pin": goodPIN, "pdf_file_path": pdf, "visible": fields{"page": 2, "orientation": "portrait", "place": "top-left"}})
	asked := p.state("assist")
	require.Equal(t, "VISIBLE_BY_HAND", asked.code())
	require.Equal(t, "details_page", asked.Step)
	require.Equal(t, &visible{2, "portrait", "top-left"}, asked.Visible)
	requirePicture(t, asked.Screenshot)
	require.Zero(t, m.sandbox.Counts().Secrets["credentials"])
	p.do(chromedp.SetValue(chromedp.CSS("#MainContent_ddlPosition"), "1"))
	p.press("#MainContent_btnSignDetails")
	p.otp(m.sandbox, goodPhone)
	last := p.ended()
	m.requireSaved(last, pdf)
	require.Equal(t, "pass A assinatura é visível, com um selo na página 2.", sealFinding(last))
	require.Equal(t, journal.SignedSaved, m.journal()[0].Answer)
}
