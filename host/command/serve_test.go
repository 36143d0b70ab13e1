package command

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/remote"
	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
	"github.com/sign-with-cmd/sign-with-cmd/host/secret/secrettest"
)

// served starts "cmdsign serve" with the shared browser, and gives the process and what it says first: where it is.
func (m *machine) served(args ...string) (*host, string) {
	m.t.Helper()
	h, at := m.listening(1, args...)
	return h, at[0]
}

// listening is served with so many lines said first: the second one is where the metrics are.
func (m *machine) listening(lines int, args ...string) (*host, []string) {
	m.t.Helper()
	_, out, h := m.run(m.command(append([]string{"serve", "--env", "test", "--endpoint", sharedBrowser(m.t), "--address", "127.0.0.1:0",
		"--downloads", m.at("Downloads"), "--documents", m.at("root")}, args...)...))
	h.client = &client{t: m.t}
	said := bufio.NewReader(out)
	var at []string
	for range lines {
		line, err := said.ReadString('\n')
		require.NoError(m.t, err, "%s", h.stderr)
		at = append(at, strings.TrimSpace(line))
	}
	return h, at
}

// dialled is a conversation over WebSocket: what's read from, until when, and what sends.
func dialled(t *testing.T, url string) (*websocket.Conn, context.Context, func(fields)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	ws, _, err := websocket.Dial(ctx, url, nil)
	require.NoError(t, err)
	t.Cleanup(func() { ws.CloseNow() })
	ws.SetReadLimit(16 << 20)
	return ws, ctx, func(f fields) {
		data, err := json.Marshal(f)
		require.NoError(t, err)
		require.NoError(t, ws.Write(ctx, websocket.MessageText, data))
	}
}

// A client that knows nothing but the page that the protocol grew from signs over WebSocket: it acts on state, takes status lines in
// any order, and sends what that page's sample sends.
func TestClientOfTheFirstPageOverWebSocket(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	require.NoError(t, os.MkdirAll(m.at("root", "session", "path", "to"), 0o700))
	pdf := m.at("root", "session", "path", "to", "file.pdf")
	require.NoError(t, os.WriteFile(pdf, pdftest.New(pdftest.Options{Pages: 2}), 0o600))
	h, url := m.served("--log-level", "debug")

	ws, ctx, send := dialled(t, url)
	var states []string
	var last message
	code := ""
	for last.State != "done" {
		_, data, err := ws.Read(ctx)
		require.NoError(t, err, "%v; %s", states, h.stderr)
		last = message{}
		require.NoError(t, json.Unmarshal(data, &last))
		if last.Status != "" && last.Progress != "otp" && last.State != "done" {
			require.NotEqual(t, "ERROR", last.Status, "%s", data)
			continue // a status line
		}
		states = append(states, last.State)
		switch last.State {
		case "start":
			send(fields{"start": "", "auto_screenshot": 1})
		case "stage1_input":
			send(fields{"phone": goodPhone, "pin": goodPIN, "pdf_file_path": "/session/path/to/file.pdf", "jwt": "xxx"})
		case "stage2_input":
			send(fields{"screenshot": ""})
			code = codeFor(t, m.sandbox, goodPhone)
			send(fields{"otp": code})
		}
	}
	require.Equal(t, []string{"start", "stage1_input", "stage2_input", "done"}, states)
	require.Empty(t, last.File.Path, "a folder of the server's")
	last.File.Path = m.at("Downloads", last.File.Name)
	m.requireSaved(last, pdf)
	require.NoError(t, ws.Close(websocket.StatusNormalClosure, ""))

	require.NoError(t, h.cmd.Process.Signal(syscall.SIGTERM))
	require.Zero(t, h.wait())
	all := []secrettest.Secret{secrettest.New("PIN", goodPIN), secrettest.New("phone", "900000001"), secrettest.New("code", code)}
	found, _ := m.search(all)
	require.Empty(t, found)
	require.Empty(t, secrettest.Find([]byte(h.stderr.String()), all...))
}

// It doesn't start where it would be reached by others without what protects them, nor without a place for what they sign.
func TestServeRefusesToStart(t *testing.T) {
	t.Parallel()
	m := bareMachine(t)
	const operator = "  operator: {name: Exemplo, privacy: 'https://example.org/p'}\n"
	down := "downloads: " + m.at("Downloads") + "\nserve:\n"
	require.NoError(t, os.WriteFile(m.at("short"), []byte("password"), 0o600))
	require.NoError(t, os.WriteFile(m.at("secret"), []byte(strings.Repeat("s", 32)), 0o600))
	tokens := "  tokens: {audience: cmdsign, secret: " + m.at("secret") + "}\n"
	for name, c := range map[string]struct{ file, says string }{
		"elsewhere without TLS":         {down + "  address: 0.0.0.0:0\n" + operator + tokens, "line 3: serve.address"},
		"every address without TLS":     {down + "  address: ':0'\n" + operator + tokens, "line 3: serve.address"},
		"elsewhere without an operator": {down + "  address: 0.0.0.0:0\n  cert: a\n  key: b\n" + tokens, "serve.operator"},
		"behind a proxy without one":    {down + "  hosts: [sign.example.org]\n" + tokens, "serve.operator"},
		"elsewhere without tokens":      {down + "  hosts: [sign.example.org]\n" + operator, "serve.tokens"},
		"an operator without a policy":  {down + "  operator: {name: Exemplo}\n", "line 3"},
		"a policy in the clear":         {down + "  operator: {name: Exemplo, privacy: 'http://example.org'}\n", "line 3"},
		"a certificate without a key":   {down + "  cert: a\n", "line 3"},
		"no such certificate":           {down + "  cert: " + m.at("a") + "\n  key: " + m.at("b") + "\n", "line 3"},
		"an origin with a path":         {down + "  origins: ['https://example.org/']\n", "line 3"},
		"any origin":                    {down + "  origins: ['*']\n", "line 3"},
		"no such root":                  {down + "  root: " + m.at("none") + "\n", "line 3"},
		"tokens without an audience":    {down + "  tokens: {secret: " + m.at("secret") + "}\n", "audience"},
		"a secret that can be guessed":  {down + "  tokens: {audience: a, secret: " + m.at("short") + "}\n", "fewer than 32"},
		"no keys":                       {down + "  tokens: {audience: a, jwks: " + m.at("short") + "}\n", "not a JSON Web Key Set"},
		"a seal that isn't a key":       {down + "  seal: {key: " + m.at("short") + "}\n", "no private key in PEM"},
		"a folder that isn't there":     {down + "  buckets:\n    a: {url: 'file://" + m.at("none") + "', fetch: true}\n", "line 4: serve.buckets.a"},
		"S3 in a build without it":      {down + "  buckets:\n    a: {url: 's3://b?region=eu-west-1', fetch: true}\n", "without S3"},
		"no conversation":               {down + "  limits: {conversations: 0}\n", "line 3"},
		"no end":                        {down + "  limits: {total: 48h}\n", "line 3"},
		"nowhere to save":               {"serve:\n  address: 127.0.0.1:0\n", "downloads"},
		"nowhere that's there":          {"downloads: " + m.at("none") + "\nserve: {address: '127.0.0.1:0'}\n", "line 1"},
	} {
		t.Run(name, func(t *testing.T) {
			config := m.at("wrong.yaml")
			require.NoError(t, os.WriteFile(config, []byte(c.file), 0o600))
			out, err := m.command("serve", "--config", config).CombinedOutput()
			require.Error(t, err)
			require.Contains(t, string(out), c.says)
			require.Contains(t, string(out), "CONFIG_INVALID")
		})
	}
}

// What a browser lets a page do is the browser's to say: a page that is let in holds a conversation, others hear nothing.
func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	require.NoError(t, os.Mkdir(m.at("root"), 0o700))
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<!DOCTYPE html><title>a page</title>")) }))
	t.Cleanup(pages.Close)
	m.env = append(m.env, "CMDSIGN_SERVE_ORIGINS="+pages.URL)
	_, url := m.served()

	alloc, end := remote.NewAllocator(t.Context(), strings.Replace(sharedBrowser(t), "http", "ws", 1)+"/")
	defer end()
	tab, closed := chromedp.NewContext(alloc)
	defer closed()
	ctx, cancel := context.WithTimeout(tab, patience)
	defer cancel()
	for _, c := range []struct{ page, hears string }{
		{pages.URL, "start"},
		{strings.Replace(pages.URL, "127.0.0.1", "localhost", 1), "nothing"},
		{"data:text/html,<title>no origin</title>", "nothing"},
	} {
		require.NoError(t, chromedp.Do(tab, chromedp.Navigate(c.page)))
		heard, err := chromedp.Run(ctx, chromedp.Evaluate[string](`new Promise((done) => {
			const ws = new WebSocket(`+strconv.Quote(url)+`);
			ws.onmessage = (m) => done(JSON.parse(m.data).state);
			ws.onerror = () => done("nothing");
		})`, chromedp.EvalAwaitPromise))
		require.NoError(t, err)
		require.Equal(t, c.hears, heard, c.page)
	}
}
