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
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
	"github.com/sign-with-cmd/sign-with-cmd/host/trace"
)

// doctorPages runs "cmdsign doctor --pages" and gives its exit code and what it says.
func (m *machine) doctorPages(args ...string) (int, string) {
	m.t.Helper()
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
			onlyLongBut(t, c.cfg.Look+c.cfg.Fault, "", "outage", "renewed")
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

// What a person reads of the first page, a program gets as facts.
func TestDoctorOfThePagesForPrograms(t *testing.T) {
	t.Parallel()
	type facts struct {
		Environment, Address, Page, Path, Trace string
		Known                                   bool
		Status                                  int
		Scores, Unmatched                       map[string][]string
		Elements                                map[string]string
	}
	look := func(t *testing.T, look string) (int, facts, facts) {
		m := newMachine(t, sandbox.Config{Look: look}, "limits: {unknown: 1s}")
		exit, said := m.doctorPages("--json")
		var report struct {
			OK       bool
			Findings []struct {
				Check string
				Facts facts
			}
		}
		require.NoError(t, json.Unmarshal([]byte(said), &report), said)
		require.Equal(t, exit == exitOK, report.OK)
		require.Len(t, report.Findings, 2)
		require.Equal(t, "pages-environment", report.Findings[0].Check)
		require.Equal(t, "pages-first", report.Findings[1].Check)
		m.browsersGone()
		place := report.Findings[0].Facts
		require.Equal(t, "test", place.Environment)
		require.Equal(t, m.sandbox.IntroURL(), place.Address)
		return exit, place, report.Findings[1].Facts
	}
	t.Run("known", func(t *testing.T) {
		t.Parallel()
		exit, place, page := look(t, "")
		require.Equal(t, exitOK, exit)
		require.True(t, page.Known)
		require.Equal(t, "intro", page.Page)
		require.True(t, strings.HasSuffix(place.Address, page.Path))
		require.Equal(t, http.StatusOK, page.Status)
		require.ElementsMatch(t, []string{"path", "ids", "buttons"}, page.Scores["intro"])
		require.Empty(t, page.Unmatched["intro"])
		require.NotEmpty(t, page.Elements)
		require.Empty(t, page.Trace)
	})
	t.Run("changed", func(t *testing.T) {
		t.Parallel()
		exit, _, page := look(t, "renewed")
		require.Equal(t, exitFailed, exit)
		require.False(t, page.Known)
		require.Empty(t, page.Page)
		require.Equal(t, []string{"path"}, page.Scores["intro"])
		require.ElementsMatch(t, []string{"ids", "buttons"}, page.Unmatched["intro"])
		_, err := trace.Open(page.Trace)
		require.NoError(t, err)
	})
}

// A site that takes its time is waited for: the tab is still empty, which isn't a page that nobody knows.
func TestDoctorOfASlowFirstPage(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{PageDelay: 3 * time.Second}, "limits: {unknown: 1s}")
	exit, said := m.doctorPages()
	require.Equal(t, exitOK, exit, said)
}

// A wrong address: nobody is there, or somebody else.
func TestDoctorAtAWrongAddress(t *testing.T) {
	onlyLong(t)
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
			Findings []struct {
				Check, Result, Text string
				Facts               struct{ Problem problem.Code }
			}
		}
		require.NoError(t, json.Unmarshal([]byte(said), &report))
		require.False(t, report.OK)
		require.Contains(t, report.Findings[1].Text, "["+string(code)+"]")
		require.Equal(t, code, report.Findings[1].Facts.Problem)
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
