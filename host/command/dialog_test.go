package command

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// A site may answer in a box of the browser's in place of a label: it must neither stop everything nor get lost.
func TestAnAlertIsPassedOnInTheSitesWords(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!doctype html><title>CMD</title>
<button id="MainContent_btnNext" onclick="alert('Serviço em manutenção até às 18h'); return false">Avançar</button>`)
	}))
	defer site.Close()
	origin := strings.Replace(site.URL, "127.0.0.1", "cmd.localhost", 1)
	m := bareMachine(t)
	m.configure("env: test", "environments:", "  test:", "    intro: "+origin+"/DigitalSignatureIntro.aspx", "    revocation: off")
	h := m.attached()
	h.begin()
	h.credentials(goodPhone, m.pdf("contrato.pdf"))
	last := h.ended()
	require.Equal(t, "failed", last.State, h.transcript())
	require.Equal(t, string(problem.SiteMessage), last.code(), h.transcript())
	require.Equal(t, "Serviço em manutenção até às 18h", last.Error.Site)
}
