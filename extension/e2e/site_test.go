package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
)

// site is the web as the person finds it: pages with links to PDFs of every kind, on two origins.
type site struct {
	port string
	pdf  []byte

	t *testing.T

	mu       sync.Mutex
	requests map[string][]string // the methods with which each path was asked for, in their order
	given    chan struct{}       // one for each endless document whose reader went away
}

const (
	siteHost  = "tribunal.localhost" // where the person is logged in
	otherHost = "arquivo.localhost"  // another origin
)

func newSite(t *testing.T) *site {
	t.Helper()
	pdf, err := os.ReadFile("../../host/command/example/contrato-de-exemplo.pdf")
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &site{t: t, pdf: pdf, requests: map[string][]string{}, given: make(chan struct{}, 16)}
	_, s.port, _ = net.SplitHostPort(listener.Addr().String())
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return s
}

// numbered is a document of its own for each number of three digits.
func numbered(n string) []byte {
	return bytes.Replace(pdftest.New(pdftest.Options{}), []byte("pay 100 euros"), []byte("pay "+n+" euros"), 1)
}

func (s *site) url(host, path string) string { return "http://" + host + ":" + s.port + path }

func (s *site) sum() string {
	sum := sha256.Sum256(s.pdf)
	return hex.EncodeToString(sum[:])
}

// asked gives the methods with which a path was asked for.
func (s *site) asked(path string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests[path])
}

// ended waits until n more readers of an endless document have gone away.
func (s *site) ended(n int) { s.t.Helper(); s.endedWithin(n, patience) }

func (s *site) endedWithin(n int, limit time.Duration) {
	s.t.Helper()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for range n {
		select {
		case <-s.given:
		case <-timer.C:
			require.Fail(s.t, "somebody still reads the endless document")
		}
	}
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host, _, _ := strings.Cut(r.Host, ":")
	s.mu.Lock()
	s.requests[r.URL.Path] = append(s.requests[r.URL.Path], r.Method)
	s.mu.Unlock()
	switch {
	case r.URL.Path == "/":
		http.SetCookie(w, &http.Cookie{Name: "sessao", Value: "aberta", Path: "/"})
		s.page(w)
	case r.URL.Path == "/entrar":
		fmt.Fprint(w, `<!doctype html><title>Entrar</title><input id="palavra" type="password">`)
	case r.URL.Path == "/frame":
		fmt.Fprintf(w, `<!doctype html><title>Moldura</title><a id="inframe" href="%s">Contrato (moldura)</a>`, s.url(otherHost, "/contrato.pdf"))
	case r.URL.Path == "/privado":
		// A login page in place of the document, as sites do, without the cookie.
		if c, err := r.Cookie("sessao"); err != nil || c.Value != "aberta" {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, "<!doctype html><title>Entrar</title>Tem de entrar primeiro.")
			return
		}
		s.send(w)
	case r.URL.Path == "/desvio":
		http.Redirect(w, r, s.url(otherHost, "/contrato.pdf"), http.StatusFound)
	case r.URL.Path == "/formulario":
		if r.Method != http.MethodPost {
			http.Error(w, "só por formulário", http.StatusMethodNotAllowed)
			return
		}
		s.send(w)
	case strings.HasPrefix(r.URL.Path, "/lista/"):
		n, _ := strconv.Atoi(r.URL.Path[len("/lista/"):])
		fmt.Fprint(w, `<!doctype html><title>Lista</title>`)
		for i := range n {
			fmt.Fprintf(w, `<p><a href="/numero/%03d.pdf">Documento %d</a>`, i, i)
		}
	case strings.HasPrefix(r.URL.Path, "/numero/"):
		w.Header().Set("Content-Type", "application/pdf")
		w.Write(numbered(strings.TrimSuffix(r.URL.Path[len("/numero/"):], ".pdf")))
	case r.URL.Path == "/nao-e-pdf.pdf":
		w.Header().Set("Content-Type", "application/pdf")
		fmt.Fprint(w, "<!doctype html><title>Erro</title>Isto não é um PDF.")
	case r.URL.Path == "/sem-fim.pdf":
		s.endless(w, []byte("% mais\n"), 100*time.Millisecond)
	case r.URL.Path == "/enxurrada.pdf":
		s.endless(w, bytes.Repeat([]byte("% mais\n"), 100_000), time.Microsecond)
	case r.URL.Path == "/contrato.pdf" && (host == siteHost || host == otherHost):
		s.send(w)
	default:
		http.NotFound(w, r)
	}
}

func (s *site) send(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/pdf")
	w.Write(s.pdf)
}

func (s *site) endless(w http.ResponseWriter, more []byte, pause time.Duration) {
	w.Header().Set("Content-Type", "application/pdf")
	w.Write(s.pdf[:1000])
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for range ticker.C {
		if _, err := w.Write(more); err != nil {
			s.given <- struct{}{}
			return
		}
		w.(http.Flusher).Flush()
	}
}

func (s *site) page(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	data := "data:application/pdf;base64," + base64.StdEncoding.EncodeToString(s.pdf)
	fmt.Fprintf(w, `<!doctype html><html lang="pt"><title>Processo 12/26</title>
<h1>Documentos do processo</h1>
<ul>
<li><a id="same" href="/privado">Contrato (com sessão)</a>
<li><a id="cross" href="%[1]s">Contrato (outro sítio)</a>
<li><a id="redirect" href="/desvio">Contrato (com desvio)</a>
<li><a id="blob" href="#">Contrato (blob)</a>
<li><a id="data" href="%[2]s">Contrato (data)</a>
<li><a id="notpdf" href="/nao-e-pdf.pdf">Contrato (não é PDF)</a>
<li><a id="gone" href="/desaparecido.pdf">Contrato (desaparecido)</a>
<li><a id="endless" href="/sem-fim.pdf">Contrato (sem fim)</a>
<li><a id="flood" href="/enxurrada.pdf">Contrato (enxurrada)</a>
<li><a id="flood-elsewhere" href="%[5]s">Contrato (enxurrada, outro sítio)</a>
</ul>
<form method="post" action="/formulario"><button id="post">Emitir certidão</button></form>
<iframe id="frame" src="%[3]s" width="500" height="60"></iframe>
<script>
const bytes = Uint8Array.from(atob(%[4]q), (c) => c.charCodeAt(0));
document.getElementById("blob").href = URL.createObjectURL(new Blob([bytes], {type: "application/pdf"}));
</script>`, s.url(otherHost, "/contrato.pdf"), data, s.url(otherHost, "/frame"), base64.StdEncoding.EncodeToString(s.pdf),
		s.url(otherHost, "/enxurrada.pdf"))
}
