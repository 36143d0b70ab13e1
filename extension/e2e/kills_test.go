package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// killSeed fixes who is killed, and when.
const killSeed = 20261122

// Host, worker or browser is killed at random moments of a signing: E2E_KILLS=50 go test. What the journal and the popup say
// afterwards is what the sandbox counted.
func TestKilledAtRandomMoments(t *testing.T) {
	kills, err := strconv.Atoi(os.Getenv("E2E_KILLS"))
	if err != nil {
		t.Skip("takes minutes: make kills")
	}
	random := rand.New(rand.NewPCG(killSeed, 0))
	for i := range kills {
		victim := []string{"host", "worker", "browser"}[i%3]
		sent := random.IntN(3) > 0
		// A walk before the code takes about 3 s here, one after it about 1.5 s.
		after := time.Duration(random.IntN(3500)) * time.Millisecond
		if sent {
			after = time.Duration(random.IntN(1800)) * time.Millisecond
		}
		t.Run(fmt.Sprintf("%02d %s %s, code sent %v", i, victim, after, sent), func(t *testing.T) {
			t.Parallel()
			killed(t, victim, sent, after)
		})
	}
}

func killed(t *testing.T, victim string, sent bool, after time.Duration) {
	person := newPerson(t, "--page-delay", "300ms")
	person.configure(extensionID, "limits: {result: 15s}") // "waiting" ends with it, where no file comes
	web := newSite(t)
	browser := person.browse()
	browser.goTo(web.url(siteHost, "/"))
	popup := browser.menu("same")
	popup.confirm()
	popup.credentials(goodPhone, goodPIN)
	if sent {
		popup.code(goodPhone)
	}
	<-time.After(after) // the moment is what is tested
	switch victim {
	case "host":
		for _, pid := range person.hosts() {
			require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
		}
	case "worker":
		popup.stopWorkers()
	case "browser":
		person.killBrowser()
	}

	screen, answer := "", ""
	if victim != "browser" {
		// The popup may have been at the end already, or asks for the code of a signing that is over.
		require.Eventually(t, func() bool {
			var now struct {
				Screen      string
				Interrupted struct{ Answer string }
			}
			text, err := popup.drive.Eval(`chrome.storage.session.get("view").then((kept) => JSON.stringify(kept.view ?? {}))`)
			if err != nil || json.Unmarshal([]byte(text), &now) != nil {
				return false
			}
			screen, answer = now.Screen, now.Interrupted.Answer
			return slices.Contains([]string{"interrupted", "done", "unverified", "failed"}, screen) && answer != "waiting"
		}, patience, tick, "the popup says %s", lazy(func() string { return screen + " " + answer + "\n" + popup.lastText() }))
		browser.stop()
	}
	require.Eventually(t, func() bool { return len(person.processes()) == 0 }, patience, tick, "a process is left behind")

	made, files := person.sandbox.signatures(), person.downloads()
	require.LessOrEqual(t, made, 1)
	said := person.journal()
	t.Logf("%s %s, journal %q, signatures %d, files %v", screen, answer, said, made, files)
	if said == "not_signed" || said == "" {
		require.Zero(t, made, "it's signed, and the journal says that it isn't")
	}
	if said == "signed_saved" {
		require.Equal(t, 1, made)
		require.Contains(t, files, "privado-signed.pdf")
	}
	switch {
	case screen == "done" || answer == "saved":
		require.Equal(t, 1, made)
		require.NotEmpty(t, files)
	case answer == "nothing_signed":
		require.Zero(t, made, "it's signed, and the popup says that it isn't")
	case screen == "failed":
		require.True(t, made == 0 || strings.Contains(said, "may"), said)
	}
}

// killBrowser ends all processes of the browser, as a crash of it does.
func (p *person) killBrowser() {
	p.t.Helper()
	for _, pid := range p.processes() {
		if !isHost(pid) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// journal is what a new host would say of the last document, "" where it knows none.
func (p *person) journal() string {
	p.t.Helper()
	cmd := exec.Command(binary, "journal", "--json")
	cmd.Env = p.env
	out, err := cmd.Output()
	require.NoError(p.t, err)
	var all []struct{ Answer string }
	require.NoError(p.t, json.Unmarshal(out, &all))
	if len(all) == 0 {
		return ""
	}
	return all[0].Answer
}
