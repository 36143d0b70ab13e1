package e2e

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// site is the web as the person finds it: pages with links to PDFs of every kind, on two origins.
type site struct {
	port string
	pdf  []byte

	mu    sync.Mutex
	posts int // how often the form that answers with a PDF was sent
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
	s := &site{pdf: pdf}
	_, s.port, _ = net.SplitHostPort(listener.Addr().String())
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return s
}

func (s *site) url(host, path string) string { return "http://" + host + ":" + s.port + path }

func (s *site) sum() string {
	sum := sha256.Sum256(s.pdf)
	return hex.EncodeToString(sum[:])
}

func (s *site) posted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.posts
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host, _, _ := strings.Cut(r.Host, ":")
	switch {
	case r.URL.Path == "/":
		http.SetCookie(w, &http.Cookie{Name: "sessao", Value: "aberta", Path: "/"})
		s.page(w)
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
		s.mu.Lock()
		s.posts++
		s.mu.Unlock()
		s.send(w)
	case r.URL.Path == "/nao-e-pdf.pdf":
		w.Header().Set("Content-Type", "application/pdf")
		fmt.Fprint(w, "<!doctype html><title>Erro</title>Isto não é um PDF.")
	case r.URL.Path == "/sem-fim.pdf":
		s.endless(w, r)
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

func (s *site) endless(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/pdf")
	w.Write(s.pdf[:1000])
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if _, err := w.Write([]byte("% mais\n")); err != nil {
				return
			}
			w.(http.Flusher).Flush()
		case <-r.Context().Done():
			return
		}
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
</ul>
<form method="post" action="/formulario"><button id="post">Emitir certidão</button></form>
<iframe id="frame" src="%[3]s" width="500" height="60"></iframe>
<script>
const bytes = Uint8Array.from(atob(%[4]q), (c) => c.charCodeAt(0));
document.getElementById("blob").href = URL.createObjectURL(new Blob([bytes], {type: "application/pdf"}));
</script>`, s.url(otherHost, "/contrato.pdf"), data, s.url(otherHost, "/frame"), base64.StdEncoding.EncodeToString(s.pdf))
}
