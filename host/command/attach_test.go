package command

import (
	"bufio"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/remote"
	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/browser"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
	"github.com/sign-with-cmd/sign-with-cmd/host/secret/secrettest"
)

// other is a browser that somebody else started, and means to keep.
type other struct {
	m    *machine
	cmd  *exec.Cmd
	host string
	open func() []string // what is open in it: browser contexts and pages
}

func (m *machine) otherBrowser() *other {
	m.t.Helper()
	cmd, host, err := runningBrowser(m.at("other"), m.env)
	require.NoError(m.t, err)
	o := &other{m: m, cmd: cmd, host: host}
	m.t.Cleanup(o.kill)

	alloc, cancel := remote.NewAllocator(m.t.Context(), "ws://"+o.host+"/")
	ctx, _ := chromedp.NewContext(alloc)
	m.t.Cleanup(cancel)
	o.open = func() []string {
		contexts, err := chromedp.CallBrowser(ctx, target.GetBrowserContexts, cdp.Empty{})
		require.NoError(m.t, err)
		targets, err := chromedp.Targets(ctx)
		require.NoError(m.t, err)
		var all []string
		for _, id := range contexts.BrowserContextIDs {
			all = append(all, "context "+string(id))
		}
		for _, info := range targets {
			if info.Type == "page" {
				all = append(all, "page "+info.URL)
			}
		}
		return all
	}
	_, err = chromedp.CallBrowser(ctx, cdpbrowser.GetVersion, cdp.Empty{})
	require.NoError(m.t, err)
	return o
}

// runningBrowser starts a browser that listens, and gives its host:port.
func runningBrowser(profile string, env []string, more ...string) (*exec.Cmd, string, error) {
	path, err := browser.Find("")
	if err != nil {
		return nil, "", err
	}
	args := []string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--remote-debugging-port=0", "--user-data-dir=" + profile}
	cmd := exec.Command(path, append(append(args, more...), "about:blank")...)
	cmd.Env = env
	said, err := cmd.StderrPipe()
	if err != nil {
		return nil, "", err
	}
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	for lines := bufio.NewScanner(said); lines.Scan(); {
		if _, at, ok := strings.Cut(lines.Text(), "DevTools listening on ws://"); ok {
			go io.Copy(io.Discard, said)
			host, _, _ := strings.Cut(at, "/")
			return cmd, host, nil
		}
	}
	return nil, "", errors.Join(errors.New("the browser doesn't listen"), cmd.Wait())
}

// shared is a browser that runs already, for all tests in which nothing depends on whose it is: to start one for each would be
// most of their time.
var shared struct {
	once sync.Once
	cmd  *exec.Cmd
	host string
	err  error
}

// attached is converse with the shared browser.
func (m *machine) attached(args ...string) *host {
	m.t.Helper()
	return m.converse(append([]string{"--endpoint", sharedBrowser(m.t)}, args...)...)
}

// sharedBrowser gives the shared browser's address.
func sharedBrowser(t *testing.T) string {
	t.Helper()
	shared.once.Do(func() {
		shared.cmd, shared.host, shared.err = runningBrowser(filepath.Join(filepath.Dir(program), "shared"), os.Environ())
	})
	require.NoError(t, shared.err)
	return "http://" + shared.host
}

func endShared() {
	if shared.cmd != nil {
		shared.cmd.Process.Kill()
		shared.cmd.Wait()
	}
}

func (o *other) kill() {
	o.cmd.Process.Kill()
	o.cmd.Wait()
}

// untouched waits until nothing but its own is open in the browser.
func (o *other) untouched(before []string) {
	o.m.t.Helper()
	require.Eventually(o.m.t, func() bool { return len(o.open()) == len(before) }, patience, 20*time.Millisecond, "something of ours is left")
	require.ElementsMatch(o.m.t, before, o.open())
}

// behindTLS puts the browser behind an address of its own, and gives that and the file of its certificate.
func (o *other) behindTLS() (address, cert string) {
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: o.host}) }}
	server := httptest.NewUnstartedServer(proxy)
	server.TLS = &tls.Config{NextProtos: []string{"http/1.1"}}
	server.StartTLS()
	o.m.t.Cleanup(server.CloseClientConnections)
	cert = o.m.at("proxy.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	require.NoError(o.m.t, os.WriteFile(cert, pem.EncodeToMemory(block), 0o600))
	return server.URL, cert
}

// A browser that runs already signs, by each kind of address, and is left as it was: whether all goes well, the person
// cancels, or the host is killed.
func TestAttach(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	o := m.otherBrowser()
	before := o.open()
	secure, cert := o.behindTLS()
	m.env = append(m.env, "SSL_CERT_FILE="+cert)
	number := "900000042" // the result opens in another tab
	code := ""

	for i, c := range []struct{ address, phone string }{
		{"http://" + o.host, goodPhone}, {"ws://" + o.host + "/", "+351 " + number}, {strings.Replace(secure, "https", "wss", 1), "+351 900000041"},
	} {
		h := m.converse("--endpoint", c.address)
		pdf := m.at(c.address[:2] + ".pdf")
		require.NoError(t, os.WriteFile(pdf, pdftest.New(pdftest.Options{Pages: i + 1}), 0o600))
		first := h.begin()
		require.Equal(t, []string{"attach", "launch"}, first.Modes)
		require.True(t, strings.HasSuffix(strings.TrimSuffix(c.address, "/"), "//"+first.BrowserAt), first.BrowserAt)
		h.credentials(c.phone, pdf)
		require.Equal(t, "stage2_input", h.prompted().State)
		require.Greater(t, len(o.open()), len(before), "the page isn't in that browser")
		code = codeFor(t, m.sandbox, c.phone)
		h.send(fields{"otp": code})
		m.requireSaved(h.ended(), pdf)
		o.untouched(before)
		require.Zero(t, h.hangUp())
	}
	found, _ := m.search([]secrettest.Secret{secrettest.New("PIN", goodPIN), secrettest.New("phone", number), secrettest.New("code", code)})
	require.Empty(t, found)

	h := m.converse("--endpoint", "http://"+o.host)
	h.begin()
	h.credentials(goodPhone, m.pdf("cancelled.pdf"))
	require.Equal(t, "stage2_input", h.prompted().State)
	h.send(fields{"cancel": ""})
	require.Equal(t, "cancelled", h.ended().State)
	o.untouched(before)

	h.again()
	h.credentials(goodPhone, m.pdf("killed.pdf"))
	require.Equal(t, "stage2_input", h.prompted().State)
	h.kill()
	o.untouched(before)
}

// The browser is lost: before the code nothing is signed, after it a signature may exist. One that isn't there is told at once.
func TestAttachedBrowserIsLost(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	o := m.otherBrowser()
	at := o.host
	early := m.converse("--endpoint", "http://"+at)
	early.begin()
	early.credentials(goodPhone, m.pdf("early.pdf"))
	require.Equal(t, "stage2_input", early.prompted().State)
	const phone = "+351 900000057" // the result never ends to arrive
	late := m.converse("--endpoint", "http://"+at)
	late.begin()
	other := m.at("late.pdf") // the same document twice at a time would be refused
	require.NoError(t, os.WriteFile(other, pdftest.New(pdftest.Options{Pages: 3}), 0o600))
	late.credentials(phone, other)
	late.otp(m.sandbox, phone)
	late.until(func(m message) bool { return m.Progress == "code_sent" })
	require.Eventually(t, func() bool { return m.signatures() == 1 }, patience, 20*time.Millisecond)

	o.kill()
	require.Equal(t, "BROWSER_LOST", early.ended().code())
	require.Equal(t, "MAY_BE_SIGNED", late.ended().code())
	require.Zero(t, early.hangUp())
	require.Zero(t, late.hangUp())

	none := m.converse("--endpoint", "ws://"+at+"/?token=dont-tell")
	none.begin()
	require.Equal(t, "BROWSER_UNREACHABLE", none.ended().code())
	require.Zero(t, none.hangUp())
	require.NotContains(t, none.stderr.String(), "dont-tell")
	require.Contains(t, none.stderr.String(), at)
}
