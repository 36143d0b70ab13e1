package command

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
	"github.com/sign-with-cmd/sign-with-cmd/host/trace"
)

// doctorPages runs "cmdsign doctor --pages" and gives its exit code and what it says.
func (m *machine) doctorPages(args ...string) (int, string) {
	m.t.Helper()
	browsers <- struct{}{}
	defer func() { <-browsers }()
	cmd := m.command(append([]string{"doctor", "--pages", "--env", "test"}, args...)...)
	out, err := cmd.Output()
	return exitCode(m.t, err), string(out)
}

// What doctor says of the first page, where it's known, where the service is down, and where the site has changed. It sends
// nothing, and starts no signing.
func TestDoctorOfThePages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cfg  sandbox.Config
		exit int
		says []string
	}{
		{sandbox.Config{}, exitOK, []string{"✓ a primeira página é conhecida", "reconhecida: intro (path, ids, buttons)", "#MainContent_btnNext"}},
		{sandbox.Config{Look: "modern"}, exitOK, []string{"✓ a primeira página é conhecida", "intro (path, buttons)"}},
		{sandbox.Config{Look: "banner"}, exitOK, []string{"✓ a primeira página é conhecida", "por cima está um aviso"}},
		{sandbox.Config{Fault: "outage"}, exitFailed, []string{"✗", "[SITE_UNAVAILABLE]"}},
		{sandbox.Config{Look: "renewed"}, exitFailed, []string{"✗ a primeira página não é conhecida", "de intro coincide: path", "cmdsign trace show"}},
	} {
		t.Run(c.cfg.Look+c.cfg.Fault, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, c.cfg, "limits: {unknown: 1s}")
			exit, said := m.doctorPages()
			require.Equal(t, c.exit, exit, said)
			for _, s := range c.says {
				require.Contains(t, said, s)
			}
			counts := m.sandbox.Counts()
			require.Empty(t, counts.Posts)
			require.Zero(t, counts.Processes, "no signing was started")
			if c.cfg.Look == "renewed" {
				_, after, _ := strings.Cut(said, "cmdsign trace show ")
				bundle, err := trace.Open(strings.TrimSpace(after))
				require.NoError(t, err)
				require.Contains(t, bundle.DOM(bundle.Index.Pages[0]), "agwStartHeading")
			}
			m.browsersGone()
		})
	}
}

// A wrong address: nobody is there, or somebody else.
func TestDoctorAtAWrongAddress(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	nobody := "http://" + listener.Addr().String()
	require.NoError(t, listener.Close())
	away := httptest.NewServer(http.RedirectHandler("http://elsewhere.localhost:1/", http.StatusFound))
	defer away.Close()
	for origin, code := range map[string]problem.Code{other.URL: problem.SiteError, nobody: problem.SiteUnreachable, away.URL: problem.OriginRefused} {
		m := bareMachine(t)
		m.configure(fmt.Sprintf("limits: {unknown: 1s}\nenvironments:\n  test: {intro: '%s/Intro.aspx', origins: ['%s'], trust: ['%s']}\n",
			origin, origin, m.anchor()))
		exit, said := m.doctorPages("--json")
		require.Equal(t, exitFailed, exit, said)
		var report struct {
			OK       bool
			Findings []struct{ Check, Result, Text string }
		}
		require.NoError(t, json.Unmarshal([]byte(said), &report))
		require.False(t, report.OK)
		require.Contains(t, report.Findings[1].Text, "["+string(code)+"]")
	}
}

// anchor writes some trust anchor, which an environment must have.
func (m *machine) anchor() string {
	m.t.Helper()
	sb, err := sandbox.Start(m.t.Context(), sandbox.Config{Dir: authority})
	require.NoError(m.t, err)
	defer sb.Close()
	path := m.at("root.pem")
	require.NoError(m.t, os.WriteFile(path, pemOf(sb), 0o600))
	return path
}
