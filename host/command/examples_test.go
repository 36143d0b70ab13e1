package command

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/remote"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
	"github.com/sign-with-cmd/sign-with-cmd/host/secret/secrettest"
)

// What examples/ shows is what an integrator begins with: each signs by one server that takes sealed secrets only, in a strict page and from
// scripts, and what was typed stands nowhere.
func TestExamples(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	secret := strings.Repeat("\xff\xfe0123456789abcdef", 4) + " " // bytes, as random ones are
	require.NoError(t, os.Mkdir(m.at("root"), 0o700))
	require.NoError(t, os.WriteFile(m.at("secret"), []byte(secret+"\n"), 0o600))
	port := freePort(t)
	m.env = append(m.env,
		"CMDSIGN_SERVE_ORIGINS=http://127.0.0.1:"+port, "CMDSIGN_SERVE_SEAL_REQUIRED=true",
		"CMDSIGN_SERVE_TOKENS_SECRET="+m.at("secret"), "CMDSIGN_SERVE_TOKENS_AUDIENCE=cmdsign",
		"CMDSIGN_SERVE_OPERATOR_NAME=Exemplo, Lda.", "CMDSIGN_SERVE_OPERATOR_PRIVACY=https://example.org/privacidade")
	h, url := m.served("--log-level", "debug")
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"aud": "cmdsign", "exp": time.Now().Add(time.Hour).Unix()}).SignedString([]byte(secret))
	require.NoError(t, err)

	var codes []string
	document := func(pages int, name string) string {
		path := m.at(name)
		require.NoError(t, os.WriteFile(path, pdftest.New(pdftest.Options{Pages: pages}), 0o600))
		return path
	}
	saved := func(name string) []byte {
		data, err := os.ReadFile(m.at("Downloads", name))
		require.NoError(t, err)
		return data
	}

	t.Run("page", func(t *testing.T) {
		pdf := document(2, "pagina.pdf")
		site := exec.Command("node", "../../examples/page/serve.mjs")
		site.Env = append(os.Environ(), "PORT="+port, "SERVER="+url, "SECRET="+m.at("secret"), "PDF="+pdf)
		runExample(t, site)
		p := openPage(t, "http://127.0.0.1:"+port+"/")

		var ready bool
		p.until(`!shadow.querySelector("button.primary").disabled`, &ready) // the page has had its settings
		p.focus("button.primary")
		p.keys("\r") // start
		p.screen("document")
		require.Contains(t, p.text(), sumOf(read(t, pdf)))
		p.focus("button.primary")
		p.keys("\r") // it's the document
		p.screen("credentials")
		require.True(t, p.is(`(() => {
			const privacy = shadow.querySelector('a[href="https://example.org/privacidade"]'), pin = shadow.querySelector("#pin");
			return shadow.textContent.includes("Exemplo, Lda.") && !!(privacy.compareDocumentPosition(pin) & Node.DOCUMENT_POSITION_FOLLOWING)
				&& pin.type === "password" && pin.autocomplete === "off" && pin.value === "";
		})()`), "who gets the PIN stands above its box")
		p.focus("#phone")
		p.keys("900 000 001\t" + goodPIN + "\r")
		p.screen("code")
		code := codeFor(t, m.sandbox, goodPhone)
		codes = append(codes, code)
		p.focus("#code")
		p.keys(code[:3] + " " + code[3:] + "\r")
		p.screen("done")
		require.Contains(t, p.text(), signer1)

		var offered bool
		p.until(`!!shadow.querySelector("a[download]")`, &offered)
		var file struct{ Name, SHA256 string }
		p.read(`(async () => {
			const a = shadow.querySelector("a[download]"), bytes = await told.find((e) => e.type === "cmd-file").detail.file.arrayBuffer();
			const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
			return { name: a.download, sha256: [...sum].map((b) => b.toString(16).padStart(2, "0")).join("") };
		})()`, &file)
		require.Equal(t, sumOf(saved(file.Name)), file.SHA256)
		require.True(t, bytes.HasPrefix(saved(file.Name), read(t, pdf)))

		var events struct {
			Types, Violations []string
			All               string
		}
		p.read(`({ types: told.map((e) => e.type).filter((type) => type !== "cmd-state"), all: JSON.stringify(told.map((e) => e.detail)), violations })`, &events)
		require.Equal(t, []string{"cmd-fetching", "cmd-document", "cmd-credentials", "cmd-working", "cmd-code", "cmd-sending", "cmd-done", "cmd-file"}, events.Types)
		for _, secret := range []string{goodPIN, code, "900000001", "900 000 001"} {
			require.NotContains(t, events.All, secret)
		}
		require.Empty(t, events.Violations, "the page's policy")
	})

	script := func(t *testing.T, cmd *exec.Cmd, pdf string) {
		t.Helper()
		cmd.Env = append(os.Environ(), "TOKEN="+token)
		in, err := cmd.StdinPipe()
		require.NoError(t, err)
		var stdout, stderr syncBuffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		require.NoError(t, cmd.Start())
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		t.Cleanup(func() { cmd.Process.Kill() })
		_, err = io.WriteString(in, goodPhone+"\n"+goodPIN+"\n")
		require.NoError(t, err)
		code := codeFor(t, m.sandbox, goodPhone)
		codes = append(codes, code)
		_, err = io.WriteString(in, code+"\n")
		require.NoError(t, err)
		select {
		case err = <-ended:
		case <-time.After(patience):
			require.Fail(t, "the example doesn't end", "%s", &stderr)
		}
		require.NoError(t, err, "%s", &stderr)
		require.Contains(t, stderr.String(), "https://example.org/privacidade")
		var told struct{ File, Verdict, Signer string }
		require.NoError(t, json.Unmarshal([]byte(stdout.String()), &told), "%s", &stdout)
		require.Equal(t, "verified", told.Verdict)
		require.Equal(t, signer1, told.Signer)
		require.Equal(t, saved(filepath.Base(told.File)), read(t, told.File))
		require.True(t, bytes.HasPrefix(read(t, told.File), read(t, pdf)))
	}
	t.Run("go-client", func(t *testing.T) {
		bin := m.at("go-client")
		out, err := exec.Command("go", "build", "-o", bin, "../../examples/go-client").CombinedOutput()
		require.NoError(t, err, "%s", out)
		pdf := document(3, "go.pdf")
		script(t, exec.Command(bin, url, pdf), pdf)
	})
	t.Run("js-client", func(t *testing.T) {
		pdf := document(4, "js.pdf")
		script(t, exec.Command("node", "--experimental-websocket", "../../examples/js-client/client.mjs", url, pdf), pdf)
	})

	require.NoError(t, h.cmd.Process.Signal(syscall.SIGTERM))
	require.Zero(t, h.wait())
	require.Len(t, codes, 3)
	all := []secrettest.Secret{secrettest.New("PIN", goodPIN), secrettest.New("phone", "900000001")}
	for _, code := range codes {
		all = append(all, secrettest.New("code", code))
	}
	found, _ := m.search(all)
	require.Empty(t, found)
	require.Empty(t, secrettest.Find([]byte(h.stderr.String()), all...))
	require.Equal(t, 3, m.signatures())
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

// freePort gives a port of this computer that nobody listened on a moment ago: a page's origin has to be known before its server is.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// runExample starts a program and waits for its first line.
func runExample(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	var stderr syncBuffer
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	_, err = bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err, "%s", &stderr)
}

// componentPage is a page with <sign-with-cmd>, in a tab of the shared browser.
type componentPage struct {
	t   *testing.T
	ctx context.Context
}

// atFirst notes what the component tells, and what the page's policy stopped.
const atFirst = `globalThis.told = []; globalThis.violations = [];
for (const screen of "choose fetching document credentials working code sending assist done unverified failed cancelled interrupted file state".split(" "))
	document.addEventListener("cmd-" + screen, (e) => told.push({ type: e.type, detail: e.detail }));
document.addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective + " " + e.blockedURI));
Object.defineProperty(globalThis, "shadow", { get: () => document.querySelector("sign-with-cmd").shadowRoot });`

func openPage(t *testing.T, url string) *componentPage {
	t.Helper()
	alloc, end := remote.NewAllocator(t.Context(), strings.Replace(sharedBrowser(t), "http", "ws", 1)+"/")
	t.Cleanup(end)
	tab, closed := chromedp.NewContext(alloc)
	t.Cleanup(closed)
	ctx, cancel := context.WithTimeout(tab, patience)
	t.Cleanup(cancel)
	_, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, page.Enable, page.EnableParams{})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: atFirst})
	require.NoError(t, err)
	require.NoError(t, chromedp.Do(ctx, chromedp.Navigate(url)))
	p := &componentPage{t, ctx}
	p.screen("choose")
	return p
}

// screen waits until the component shows a screen.
func (p *componentPage) screen(name string) {
	p.t.Helper()
	at := ""
	p.until(`(() => {
		const at = shadow.querySelector("#screen").dataset.screen;
		return at === `+strconv.Quote(name)+` || ["failed", "interrupted", "cancelled", "unverified"].includes(at) ? at : "";
	})()`, &at)
	require.Equal(p.t, name, at, p.text())
}

// until waits for an expression to be anything but empty. It's asked again and again: a promise of a document that is just left never answers,
// and a tab that is hidden has no frames to wait for.
func (p *componentPage) until(expression string, into any) {
	p.t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		data, err := chromedp.Run(p.ctx, chromedp.Evaluate[json.RawMessage]("(() => { try { return "+expression+" || null; } catch { return null; } })()"))
		if err == nil && string(data) != "null" {
			require.NoError(p.t, json.Unmarshal(data, into), "%s", data)
			return
		}
		select {
		case <-ticker.C:
		case <-p.ctx.Done():
			require.FailNow(p.t, "it never came", "%s: %v", expression, err)
		}
	}
}

func (p *componentPage) is(expression string) bool {
	p.t.Helper()
	var yes bool
	p.read(expression, &yes)
	return yes
}

func (p *componentPage) text() string {
	var text string
	p.read(`shadow.textContent`, &text)
	return text
}

func (p *componentPage) read(expression string, into any) {
	p.t.Helper()
	data, err := chromedp.Run(p.ctx, chromedp.Evaluate[json.RawMessage](expression, chromedp.EvalAwaitPromise))
	require.NoError(p.t, err)
	require.NoError(p.t, json.Unmarshal(data, into), "%s", data)
}

func (p *componentPage) focus(selector string) {
	p.t.Helper()
	require.True(p.t, p.is(`(() => { const el = shadow.querySelector(`+strconv.Quote(selector)+`); el.focus(); return shadow.activeElement === el; })()`), selector)
}

func (p *componentPage) keys(keys string) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.ctx, chromedp.KeyEvent(keys)))
}
