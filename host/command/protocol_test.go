package command

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image/png"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

// The transcript of docs/PROTOCOL.md: the same messages in the same order; the host may say more.
func TestTranscript(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	pdf := m.pdf("file.pdf")
	h := m.converse()
	var got []message
	expect := func(state, status, progress string) {
		t.Helper()
		got = append(got, h.until(func(m message) bool {
			return m.State == state && m.Status == status && (m.Progress == progress || progress == "*")
		}))
	}
	ping := func() {
		t.Helper()
		h.send(fields{"ping": "any message"})
		answer := h.until(func(m message) bool { return m.Progress == "any message" })
		require.Equal(t, "OK", answer.Status)
		require.Empty(t, answer.State)
	}
	expect("start", "", "")
	ping()
	h.send(fields{"doctor": "", "lang": "en"})
	checked := h.until(func(m message) bool { return m.State == "doctor" })
	require.Equal(t, "OK", checked.Status)
	said := map[string]string{}
	for _, f := range checked.Findings {
		said[f.Check] = f.Result + " " + f.Text
	}
	require.Contains(t, said["downloads"], "ok Downloads: ")
	require.NotEmpty(t, said["launch"])
	h.send(fields{"start": "", "auto_screenshot": 1})
	expect("stage1_input", "", "")
	ping()
	h.send(fields{"phone": goodPhone, "pin": goodPIN, "pdf_file_path": pdf, "jwt": "…"})
	expect("stage1", "OK", "root_page")
	expect("stage1", "OK", "upload_page")
	expect("stage1", "OK", "credentials_page")
	expect("stage2_input", "OK", "otp")
	ping()
	h.send(fields{"screenshot": ""})
	shot := h.until(func(m message) bool { return m.State == "screenshot" && !m.Auto })
	require.Equal(t, "OK", shot.Status)
	requirePicture(t, shot.Screenshot)
	h.send(fields{"otp": codeFor(t, m.sandbox, goodPhone)})
	expect("stage2", "OK", "*")
	expect("done", "OK", "")
	ping()
	m.requireSaved(got[len(got)-1], pdf)
	require.Equal(t, 1, m.signatures())
	id := got[len(got)-1].ID
	require.NotEmpty(t, id)
	for _, said := range got[2:] {
		require.Equal(t, id, said.ID, "every message about a document carries its id")
	}
	require.Zero(t, h.hangUp())
}

func requirePicture(t *testing.T, data string) {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(data)
	require.NoError(t, err)
	picture, err := png.Decode(bytes.NewReader(raw))
	require.NoError(t, err)
	require.Greater(t, picture.Bounds().Dx(), 200)
}

// auto_screenshot brings a picture of each page.
func TestScreenshotAtEachPage(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	pdf := m.pdf("file.pdf")
	h := m.converse()
	h.begin(fields{"auto_screenshot": 1})
	h.credentials(goodPhone, pdf)
	var pages []string
	pictures := map[string]bool{}
	for {
		said := h.next()
		if said.State == "screenshot" {
			require.True(t, said.Auto)
			requirePicture(t, said.Screenshot)
			pictures[said.Screenshot] = true
			pages = append(pages, "picture")
		} else if strings.HasSuffix(said.Progress, "_page") {
			pages = append(pages, said.Progress)
		}
		if said.prompt() {
			break
		}
	}
	require.Equal(t, []string{
		"root_page", "picture", "upload_page", "picture", "preview_page", "picture", "details_page", "picture",
		"credentials_page", "picture", "picture",
	}, pages)
	require.Greater(t, len(pictures), 4, "the pictures are of different pages")
	h.send(fields{"cancel": ""})
	require.Equal(t, "cancelled", h.ended().State)
}

// A client that knows nothing but the page that the protocol grew from: it acts on state, takes status lines in any order,
// and sends what that page's sample sends.
func TestClientOfTheFirstPage(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	pdf := m.pdf("file.pdf")
	h := m.converse()
	var states []string
	for {
		data, open := <-h.inbox
		require.True(t, open, "the host hung up in %v", states)
		var said struct{ State, Status, Progress string }
		require.NoError(t, json.Unmarshal(data, &said))
		if said.Status != "" && said.Progress != "otp" && said.State != "done" {
			continue // a status line
		}
		states = append(states, said.State)
		switch said.State {
		case "start":
			h.send(fields{"start": "", "auto_screenshot": 1})
		case "stage1_input":
			h.send(fields{"phone": goodPhone, "pin": goodPIN, "pdf_file_path": pdf, "jwt": "xxx"})
		case "stage2_input":
			h.send(fields{"otp": codeFor(t, m.sandbox, goodPhone)})
		}
		if said.State == "done" {
			break
		}
	}
	require.Equal(t, []string{"start", "stage1_input", "stage2_input", "done"}, states)
	require.Equal(t, 1, m.signatures())
	require.Len(t, glob(t, m.at("Downloads", "*.pdf")), 1)
}

// The first message is what an extension decides on.
func TestFirstMessage(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	h := m.converse()
	first := h.next()
	require.Equal(t, "start", first.State)
	require.Equal(t, 1, first.Protocol)
	require.NotEmpty(t, first.Version)
	require.Equal(t, "test", first.Environment)
	require.True(t, first.Custom, "an environment of the user's own is told, so that clients warn before the PIN")
	require.Equal(t, []string{"launch"}, first.Modes, "in launch mode the host holds the PIN: clients say so before it's typed")
	for _, c := range []string{"sign", "screenshot", "upload_local", "resend", "assist"} {
		require.True(t, slices.Contains(first.Capabilities, c), c)
	}
	h.send(fields{"start": "", "protocol": 99, "min_protocol": 99})
	require.Equal(t, "nothing", h.fault("VERSION_HOST_OLD").Error.Retry)
	require.Zero(t, h.hangUp())
}

// docs/examples/sign.sh drives the program from a shell, with nothing but the shell.
func TestExampleScript(t *testing.T) {
	t.Parallel()
	m := bareMachine(t)
	script, err := os.ReadFile("../../docs/examples/sign.sh")
	require.NoError(t, err)
	pdf := m.pdf("contrato.pdf")
	cmd := exec.Command("bash", "../../docs/examples/sign.sh", pdf)
	cmd.Env = append(m.env, "CMDSIGN="+program)
	out, err := cmd.Output()
	require.NoError(t, err, "%s\n%s", out, stderrOf(err))
	path := strings.TrimSpace(string(out))
	require.Equal(t, m.at("Downloads", "contrato-TESTE-sem-valor-legal.pdf"), path)
	signed, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(signed, pdftest.New(pdftest.Options{Pages: 2})))
	require.Len(t, m.journal(), 1)
	require.EqualValues(t, "signed_saved", m.journal()[0].Answer)
	m.browsersGone()

	var lines int
	for line := range strings.Lines(string(script)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines++
		}
	}
	require.LessOrEqual(t, lines, 12, "it's meant to show how short a client is")
}

func stderrOf(err error) string {
	if exit, ok := err.(*exec.ExitError); ok {
		return string(exit.Stderr)
	}
	return ""
}

// Two programs that have nothing to do with this one read the signed file: for documents with a cross-reference table and
// with cross-reference streams.
func TestOthersAgree(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"pdfsig", "mutool"} {
		_, err := exec.LookPath(tool)
		require.NoError(t, err, "make deps installs it")
	}
	for name, document := range map[string][]byte{
		"table":   pdftest.New(pdftest.Options{Pages: 3, Form: "indirect"}),
		"streams": pdftest.New(pdftest.Options{Streams: true}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, sandbox.Config{})
			pdf := m.at("original.pdf")
			require.NoError(t, os.WriteFile(pdf, document, 0o600))
			last := m.attached().sign(m.sandbox, goodPhone, pdf)
			m.requireSaved(last, pdf)

			poppler, err := exec.Command("pdfsig", "-no-ocsp", last.File.Path).CombinedOutput()
			require.NoError(t, err, "%s", poppler)
			require.Equal(t, 1, strings.Count(string(poppler), "Signature #"), "%s", poppler)
			require.Contains(t, string(poppler), "Signature is Valid")
			require.Contains(t, string(poppler), "Total document signed")
			require.Contains(t, string(poppler), signer1)

			mupdf, _ := exec.Command("mutool", "sign", "-v", last.File.Path).CombinedOutput()
			require.Contains(t, string(mupdf), "The document is unchanged since signing", "%s", mupdf)
			require.NotRegexp(t, `(?i)digest error|digest failure|changed since signing|invalid`,
				strings.Replace(string(mupdf), "unchanged since signing", "", 1))
			require.Contains(t, string(mupdf), signer1)
		})
	}
}
