package server

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// wait is how long a test waits for anything: nothing but a hang shall reach it.
const wait = 30 * time.Second

// engine is a way of signing that asks for a code and gives back what isn't a PDF, unless a test says otherwise.
type engine struct {
	sign   func(context.Context, conversation.Document, conversation.Person) (conversation.Signed, error)
	opened func()
	trust  *x509.Certificate
}

func (e *engine) Open(context.Context) error {
	if e.opened != nil {
		e.opened()
	}
	return nil
}

func (e *engine) Sign(ctx context.Context, d conversation.Document, p conversation.Person) (conversation.Signed, error) {
	if e.sign != nil {
		return e.sign(ctx, d, p)
	}
	p.Progress("root_page")
	if err := commit(ctx, p); err != nil {
		return conversation.Signed{}, err
	}
	return p.Hold([]byte("what came back for " + d.Name))
}

// commit goes as far as to send the code.
func commit(ctx context.Context, p conversation.Person) error {
	if _, err := p.Credentials(ctx, nil); err != nil {
		return err
	}
	if _, err := p.Code(ctx, conversation.CodePrompt{Reference: "R1"}); err != nil {
		return err
	}
	return p.Committing()
}

func (*engine) Screenshot(context.Context) ([]byte, error) { return []byte("picture"), nil }
func (*engine) Notes() []string                            { return nil }
func (*engine) Close() error                               { return nil }

// place is a computer with a server.
type place struct {
	*Server
	t    *testing.T
	dir  string
	root string
	log  *logged
	stop func() // the SIGTERM; ended is closed once the server has ended
	done chan struct{}
}

type logged struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// prepare makes folders, configuration and options; settings are those under serve.
func prepare(t *testing.T, settings map[string]any, e engine) (*config.Config, conversation.Options, string) {
	t.Helper()
	dir := t.TempDir()
	for _, sub := range []string{"results", "root/session/path/to", "root/other"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, sub), 0o700))
	}
	document := pdftest.New(pdftest.Options{})
	for i, name := range []string{"session/path/to/file.pdf", "other/file.pdf"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "root", name), pdftest.New(pdftest.Options{Pages: i + 2}), 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "outside.pdf"), document, 0o600))
	all := map[string]any{"address": "127.0.0.1:0", "root": filepath.Join(dir, "root")}
	maps.Copy(all, settings)
	text, err := json.Marshal(map[string]any{"downloads": filepath.Join(dir, "results"), "serve": all}) // YAML takes JSON
	require.NoError(t, err)
	path := filepath.Join(dir, "config.yaml")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	cfg, err := config.Load(path, nil)
	require.NoError(t, err)
	records, err := journal.Open(filepath.Join(dir, "journal"))
	require.NoError(t, err)
	limits := conversation.DefaultLimits
	return cfg, conversation.Options{
		NewMethod: func(string) conversation.Method { return &engine{e.sign, e.opened, e.trust} }, Modes: []string{"launch"}, Environment: "test", Marker: "-signed",
		Journal: records, Work: filepath.Join(dir, "work"), Downloads: func() (string, error) { return cfg.Downloads, nil }, Lang: "en",
		Limits: limits, Doctor: func(string) []conversation.Check { return []conversation.Check{{Check: "of this computer"}} },
		Show: func(string, bool) error { return nil }, Trust: e.anchors,
	}, dir
}

func serve(t *testing.T, settings map[string]any, e engine, more ...func(*patience)) *place {
	t.Helper()
	cfg, options, dir := prepare(t, settings, e)
	p := &place{t: t, dir: dir, root: filepath.Join(dir, "root"), log: &logged{}, done: make(chan struct{})}
	short := usual
	for _, m := range more {
		m(&short)
	}
	var err error
	p.Server, err = listen(cfg, options, slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug})), short)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	p.stop = cancel
	go func() {
		defer close(p.done)
		p.Serve(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case <-p.done:
		case <-time.After(wait):
			t.Error("the server doesn't end")
		}
		if t.Failed() {
			t.Log(p.log.String())
		}
	})
	return p
}

// count is a metric's value; with a label's value where it has one.
func (p *place) count(name string, label ...string) int {
	w := httptest.NewRecorder()
	p.metrics.ServeHTTP(w, nil)
	sum := 0.0
	for _, m := range exposed(p.t, w.Body.Bytes())["cmdsign_"+name].GetMetric() {
		if len(label) == 0 || m.GetLabel()[0].GetValue() == label[0] {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return int(sum)
}

func (p *place) counts(want int, name string, label ...string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return p.count(name, label...) == want }, wait, 5*time.Millisecond, "%s%v", name, label)
}

// talk is a client.
type talk struct {
	t  *testing.T
	ws *websocket.Conn
}

type said struct {
	State, Status, Progress, Reference, Environment, Trace string
	Error                                                  *struct{ Code, Message, Retry string }
	Operator                                               *struct{ Name, Privacy string }
	Nonce                                                  string
	Seal                                                   *struct {
		HPKE     string
		Key      jwk
		Required bool
	}
	Capabilities []string
	Unfinished   []any
	Document     *struct{ Name, SHA256 string }
	File         *struct{ Path, Name, SHA256 string }
	ID           string
	Object       *struct {
		Name, Written, Why string
		Error              *struct{ Code, Retry string }
	}
	Part *struct {
		Offset, Size int64
		SHA256       string
		Data         []byte
	}
}

func (s said) over() bool {
	return slices.Contains([]string{"done", "unverified", "failed", "cancelled"}, s.State)
}

func (p *place) dial(header http.Header, more ...func(*websocket.DialOptions)) (*talk, *http.Response, error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), wait)
	defer cancel()
	opts := &websocket.DialOptions{HTTPHeader: header}
	for _, m := range more {
		m(opts)
	}
	ws, response, err := websocket.Dial(ctx, p.URL(), opts)
	if err != nil {
		return nil, response, err
	}
	ws.SetReadLimit(64 << 20)
	p.t.Cleanup(func() { ws.CloseNow() })
	return &talk{p.t, ws}, response, nil
}

func (p *place) connect(header http.Header) *talk {
	p.t.Helper()
	k, _, err := p.dial(header)
	require.NoError(p.t, err)
	return k
}

func (k *talk) send(message string) {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), wait)
	defer cancel()
	require.NoError(k.t, k.ws.Write(ctx, websocket.MessageText, []byte(message)))
}

func (k *talk) next() (said, error) {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), wait)
	defer cancel()
	_, data, err := k.ws.Read(ctx)
	var s said
	if err == nil {
		require.NoError(k.t, json.Unmarshal(data, &s), "%s", data)
	}
	return s, err
}

func (k *talk) until(fits func(said) bool) said {
	k.t.Helper()
	for {
		s, err := k.next()
		require.NoError(k.t, err)
		if fits(s) {
			return s
		}
	}
}

func (k *talk) state(state string) said {
	k.t.Helper()
	return k.until(func(s said) bool { return s.State == state })
}

func (k *talk) fault(code problem.Code) {
	k.t.Helper()
	s := k.until(func(s said) bool { return s.Error != nil })
	require.EqualValues(k.t, code, s.Error.Code)
}

// closed waits for the end of the connection, and gives its status.
func (k *talk) closed() websocket.StatusCode {
	k.t.Helper()
	for {
		if _, err := k.next(); err != nil {
			require.NotErrorIs(k.t, err, context.DeadlineExceeded)
			return websocket.CloseStatus(err)
		}
	}
}

const credentials = `{"phone":"+351 900000001","pin":"13572468","pdf_file_path":"/session/path/to/file.pdf","jwt":"TOKEN"}`

// signing goes as far as the prompt for the code.
func (p *place) signing(file string) *talk {
	k := p.connect(nil)
	k.state("start")
	k.send(`{"start":""}`)
	k.state("stage1_input")
	k.send(strings.Replace(credentials, "/session/path/to/file.pdf", file, 1))
	require.Equal(p.t, "R1", k.state("stage2_input").Reference)
	return k
}

// The conversation is the one of every transport; what is told of this computer is only the name of a file.
func TestAConversation(t *testing.T) {
	t.Parallel()
	p := serve(t, map[string]any{"metrics": "127.0.0.1:0", "operator": map[string]any{"name": "Exemplo, Lda.", "privacy": "https://example.org/privacidade"}}, engine{})
	k := p.connect(nil)
	first := k.state("start")
	require.Equal(t, "Exemplo, Lda.", first.Operator.Name)
	require.Equal(t, "https://example.org/privacidade", first.Operator.Privacy)
	require.NotContains(t, first.Capabilities, "open")
	require.NotContains(t, first.Capabilities, "doctor")
	require.NotContains(t, first.Capabilities, "trial")
	k.send(`{"doctor":""}`)
	k.fault(problem.MessageUnknown)
	k.send(`{"ping":"any message"}`)
	require.Equal(t, "any message", k.until(func(s said) bool { return s.Status == "OK" }).Progress)
	k.send(`{"start":"","auto_screenshot":1}`)
	k.state("stage1_input")
	k.send(credentials)
	k.state("stage2_input")
	k.send(`{"otp":"123456"}`)
	last := k.until(said.over)
	require.Equal(t, "unverified", last.State, "what the engine gave back is no PDF")
	require.Equal(t, "file-NAO-VERIFICADO.pdf", last.File.Name)
	require.Empty(t, last.File.Path)
	require.FileExists(t, filepath.Join(p.dir, "results", last.File.Name))
	require.NoError(t, k.ws.Close(websocket.StatusNormalClosure, ""))
	p.counts(0, "conversations_running")
	require.Equal(t, 1, p.count("conversations_begun_total"))
	require.Equal(t, 1, p.count("conversations_ended_total", "RESULT_NOT_PDF"))
	require.Equal(t, 1, p.count("signatures_total", "unverified"))
	require.NotContains(t, p.log.String(), "13572468")
	require.NotContains(t, p.log.String(), "900000001")
	require.NotContains(t, p.log.String(), "123456")

	for path, body := range map[string]string{"healthz": "ok", "readyz": "ready", "metrics": `cmdsign_signatures_total{outcome="unverified"} 1`} {
		response, err := http.Get(strings.TrimSuffix(p.MetricsURL(), "metrics") + path)
		require.NoError(t, err)
		data, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		response.Body.Close()
		require.Equal(t, http.StatusOK, response.StatusCode, path)
		require.Contains(t, string(data), body)
	}
}

// One client learns nothing of another's document: neither what may be signed nor, by its number, where it lies.
func TestNothingOfOthersIsTold(t *testing.T) {
	t.Parallel()
	p := serve(t, nil, engine{sign: func(_ context.Context, _ conversation.Document, person conversation.Person) (conversation.Signed, error) {
		require.NoError(t, person.Committing())
		return conversation.Signed{}, problem.New(problem.SiteSlow, "")
	}})
	k := p.connect(nil)
	k.send(`{"start":""}`)
	k.send(credentials)
	require.EqualValues(t, problem.MayBeSigned, k.until(said.over).Error.Code)
	records, err := p.options.Journal.Status()
	require.NoError(t, err)
	require.Len(t, records, 1)

	other := p.connect(nil)
	require.Empty(t, other.state("start").Unfinished)
	other.send(`{"open":"folder","id":"` + records[0].ID + `"}`)
	other.fault(problem.OpenFailed)
	p.counts(1, "signatures_total", "maybe")
}

// Whoever has no business here gets no conversation, and the metrics say what it was.
func TestWhoGetsNoConversation(t *testing.T) {
	t.Parallel()
	p := serve(t, map[string]any{"origins": []string{"https://app.example.org"}}, engine{})
	origin := func(o ...string) http.Header { return http.Header{"Origin": o} }
	for _, c := range []struct {
		name, reason string
		status       int
		header       http.Header
		host         string
	}{
		{"a program", "", 101, nil, ""},
		{"a page that is let in", "", 101, origin("https://app.example.org"), ""},
		{"by another name of this computer", "", 101, nil, "localhost:1"},
		{"a page", "origin", 403, origin("https://example.org"), ""},
		{"its own origin", "origin", 403, origin("http://127.0.0.1"), ""},
		{"a page in a sandbox", "origin", 403, origin("null"), ""},
		{"an origin that only begins so", "origin", 403, origin("https://app.example.org.example.net"), ""},
		{"another scheme", "origin", 403, origin("http://app.example.org"), ""},
		{"another port", "origin", 403, origin("https://app.example.org:8443"), ""},
		{"two origins", "origin", 403, origin("https://app.example.org", "https://example.org"), ""},
		{"DNS rebinding", "host", 421, nil, "attacker.example.net"},
		{"a name that only looks local", "host", 421, nil, "localhost.example.net"},
		{"DNS rebinding from a page that is let in", "host", 421, origin("https://app.example.org"), "attacker.example.net:80"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := p.count("refused_total", c.reason)
			k, response, err := p.dial(c.header, func(o *websocket.DialOptions) { o.Host = c.host })
			require.Equal(t, c.status, response.StatusCode)
			if c.reason == "" {
				require.NoError(t, err)
				k.state("start")
				k.ws.CloseNow()
				return
			}
			require.Error(t, err)
			require.Equal(t, before+1, p.count("refused_total", c.reason))
		})
	}
	for path, status := range map[string]int{"": http.StatusUpgradeRequired, "metrics": http.StatusNotFound} {
		response, err := http.Get("http" + strings.TrimPrefix(p.URL(), "ws") + path)
		require.NoError(t, err)
		response.Body.Close()
		require.Equal(t, status, response.StatusCode)
	}
}

func TestSoManyAtATime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		conversations, perClient, status int
		reason                           string
	}{
		"of one client": {10, 2, http.StatusTooManyRequests, "client_limit"},
		"of all":        {2, 10, http.StatusServiceUnavailable, "full"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, map[string]any{"limits": map[string]any{"conversations": c.conversations, "per_client": c.perClient}}, engine{})
			first, second := p.connect(nil), p.connect(nil)
			second.state("start")
			_, response, err := p.dial(nil)
			require.Error(t, err)
			require.Equal(t, c.status, response.StatusCode)
			require.NotEmpty(t, response.Header.Get("Retry-After"))
			require.Equal(t, 1, p.count("refused_total", c.reason))
			first.ws.CloseNow()
			p.counts(1, "conversations_running")
			require.Eventually(t, func() bool {
				k, _, err := p.dial(nil)
				if err == nil {
					k.state("start")
				}
				return err == nil
			}, wait, 5*time.Millisecond, "a place that was given back")
		})
	}
}

// At the stop nobody comes in any more; who sent no code is sent away, and told; who did gets the result.
func TestTheStop(t *testing.T) {
	t.Parallel()
	release, committed := make(chan struct{}), make(chan struct{})
	p := serve(t, map[string]any{"metrics": "127.0.0.1:0", "limits": map[string]any{"drain": "0s"}}, engine{
		sign: func(ctx context.Context, d conversation.Document, person conversation.Person) (conversation.Signed, error) {
			if _, err := person.Code(ctx, conversation.CodePrompt{Reference: "R1"}); err != nil {
				return conversation.Signed{}, err
			}
			if err := person.Committing(); err != nil {
				return conversation.Signed{}, err
			}
			close(committed)
			<-release
			return person.Hold([]byte("what came back"))
		}})
	early, late := p.signing("other/file.pdf"), p.signing("session/path/to/file.pdf")
	late.send(`{"otp":"123456"}`)
	<-committed
	ready, err := http.Get(strings.Replace(p.MetricsURL(), "metrics", "readyz", 1))
	require.NoError(t, err)
	ready.Body.Close()
	require.Equal(t, http.StatusOK, ready.StatusCode)

	p.stop()
	early.fault(problem.ServerStopping)
	require.Equal(t, "cancelled", early.until(said.over).State)
	require.Equal(t, websocket.StatusGoingAway, early.closed())
	late.fault(problem.ServerStopping)
	ready, err = http.Get(strings.Replace(p.MetricsURL(), "metrics", "readyz", 1))
	require.NoError(t, err)
	ready.Body.Close()
	require.Equal(t, http.StatusServiceUnavailable, ready.StatusCode)
	_, response, err := p.dial(nil)
	require.Error(t, err)
	require.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
	close(release)
	require.Equal(t, "unverified", late.until(said.over).State)
	select {
	case <-p.done:
	case <-time.After(wait):
		require.Fail(t, "the server doesn't end")
	}
	require.Len(t, glob(t, p.dir, "results", "*.pdf"), 1)
}

func glob(t *testing.T, parts ...string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(parts...))
	require.NoError(t, err)
	return found
}

// Nobody stays for ever: not without a word, not with one.
func TestATimeForEverything(t *testing.T) {
	t.Parallel()
	idle := serve(t, map[string]any{"limits": map[string]any{"idle": "200ms"}}, engine{})
	k := idle.connect(nil)
	k.fault(problem.InputTimeout)
	require.Equal(t, websocket.StatusNormalClosure, k.closed())
	idle.counts(1, "conversations_ended_total", "INPUT_TIMEOUT")

	total := serve(t, map[string]any{"limits": map[string]any{"total": "2s"}}, engine{})
	k = total.signing("other/file.pdf")
	k.fault(problem.TimeOver)
	require.Equal(t, "cancelled", k.until(said.over).State)
	require.Equal(t, websocket.StatusPolicyViolation, k.closed())
	total.counts(1, "refused_total", "TIME_OVER")
}

// certify makes a certificate for sign.example.org and gives its files and who trusts it.
func certify(t *testing.T) (cert, key string, trust *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"sign.example.org"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	cert, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	require.NoError(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	trust = x509.NewCertPool()
	trust.AddCert(leaf)
	return cert, key, trust
}

// For others than this computer's own programs: by TLS alone, by the name that the certificate has, with a token, and told who runs it.
func TestForOthers(t *testing.T) {
	t.Parallel()
	cert, key, trust := certify(t)
	i := newIssuer(t)
	settings := i.settings()
	maps.Copy(settings, map[string]any{
		"address": "0.0.0.0:0", "cert": cert, "key": key, "operator": map[string]any{"name": "Exemplo, Lda.", "privacy": "https://example.org/privacidade"}})
	p := serve(t, settings, engine{}, func(q *patience) { q.header = 500 * time.Millisecond })
	_, port, err := net.SplitHostPort(p.listener.Addr().String())
	require.NoError(t, err)
	at := "127.0.0.1:" + port
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust, ServerName: "sign.example.org"}}
	defer transport.CloseIdleConnections()
	dial := func(host string) (*talk, *http.Response, error) {
		ws, response, err := websocket.Dial(t.Context(), "wss://"+at+"/", &websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}, Host: host})
		return &talk{t, ws}, response, err
	}
	k, _, err := dial("sign.example.org")
	require.NoError(t, err)
	defer k.ws.CloseNow()
	require.Equal(t, "Exemplo, Lda.", k.state("start").Operator.Name)
	k.send(`{"start":""}`)
	k.send(credentials)
	k.fault(problem.TokenRefused)
	_, response, err := dial("attacker.example.net")
	require.Error(t, err)
	require.Equal(t, http.StatusMisdirectedRequest, response.StatusCode)

	plain, err := http.Get("http://" + at + "/")
	if err == nil {
		require.Equal(t, http.StatusBadRequest, plain.StatusCode, "in the clear")
		plain.Body.Close()
	}
	silent, err := net.Dial("tcp", at) // never begins the handshake
	require.NoError(t, err)
	defer silent.Close()
	require.NoError(t, silent.SetReadDeadline(time.Now().Add(wait)))
	_, err = io.Copy(io.Discard, silent)
	timeout, ok := err.(net.Error)
	require.False(t, ok && timeout.Timeout(), "the connection is still there")
}

// A document comes in pieces and is signed once its sum is said back.
func TestAnUploadInPieces(t *testing.T) {
	t.Parallel()
	p := serve(t, nil, engine{})
	document := pdftest.New(pdftest.Options{Pages: 5})
	sum := fmt.Sprintf("%x", sha256.Sum256(document))
	k := p.connect(nil)
	k.send(`{"start":""}`)
	k.state("stage1_input")
	half := len(document) / 2
	for _, at := range []int{0, half} {
		part := document[at:]
		if at == 0 {
			part = document[:half]
		}
		k.send(fmt.Sprintf(`{"upload_local":{"name":"../../a.pdf","size":%d,"sha256":%q,"offset":%d,"data":%q}}`,
			len(document), sum, at, base64.StdEncoding.EncodeToString(part)))
	}
	got := k.until(func(s said) bool { return s.Document != nil })
	require.Equal(t, sum, got.Document.SHA256)
	k.send(`{"phone":"+351 900000001","pin":"1234"}`)
	k.fault(problem.ConfirmMissing)
	k.send(`{"phone":"+351 900000001","pin":"1234","confirm":"` + sum + `"}`)
	k.state("stage2_input")
	k.send(`{"otp":"123456"}`)
	last := k.until(said.over)
	require.Equal(t, "a-NAO-VERIFICADO.pdf", last.File.Name)
	require.Len(t, glob(t, p.dir, "results", "*.pdf"), 1)
}

// Twenty at once, and each gets its own.
func TestManyAtOnceAreNotMixedUp(t *testing.T) {
	t.Parallel()
	const many = 20
	p := serve(t, map[string]any{"limits": map[string]any{"conversations": many, "per_client": many}}, engine{})
	var all []*talk
	for i := range many {
		require.NoError(t, os.WriteFile(filepath.Join(p.root, fmt.Sprintf("%d.pdf", i)), pdftest.New(pdftest.Options{Pages: i + 10}), 0o600))
		all = append(all, p.signing(fmt.Sprintf("%d.pdf", i)))
	}
	require.Equal(t, many, p.count("conversations_running"))
	for _, k := range all {
		k.send(`{"otp":"123456"}`)
	}
	for i, k := range all {
		last := k.until(said.over)
		require.Equal(t, fmt.Sprintf("%d.pdf", i), last.Document.Name)
		data, err := os.ReadFile(filepath.Join(p.dir, "results", last.File.Name))
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("what came back for %d.pdf", i), string(data))
	}
	p.counts(many, "signatures_total", "unverified")
}

// What one visitor says of a document isn't said by whoever left it in doubt: that one is asked to look all the same, and the operator's list
// keeps the record.
func TestSigningAgainAnswersForNobodyElse(t *testing.T) {
	t.Parallel()
	p := serve(t, nil, engine{})
	first := p.signing("session/path/to/file.pdf")
	first.send(`{"otp":"123456"}`)
	require.Equal(t, "unverified", first.until(said.over).State)

	hash := fmt.Sprintf("%x", sha256.Sum256(read(t, p.dir, "root/session/path/to/file.pdf")))
	second := p.connect(nil)
	second.send(`{"start":""}`)
	second.state("stage1_input")
	second.send(strings.TrimSuffix(credentials, "}") + `,"sign_again":"` + hash + `"}`)
	second.until(func(s said) bool { return s.Progress == "otp" })
	second.send(`{"cancel":""}`)
	require.Equal(t, "cancelled", second.until(said.over).State)

	third := p.connect(nil)
	third.send(`{"start":""}`)
	third.state("stage1_input")
	third.send(credentials)
	third.fault(problem.LookFirst)
	all, err := p.options.Journal.Status()
	require.NoError(t, err)
	doubts := 0
	for _, st := range all {
		if st.Answer == journal.MayBeSigned && !st.Acknowledged {
			doubts++
		}
	}
	require.Equal(t, 1, doubts)
}
