package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/secret/secrettest"
)

var thePIN = secrettest.New("PIN", goodPIN)

// Neither PIN nor code leaves the browser but to the CMD's page: not over the pipe, not into a file of the host's, not into
// its memory.
func TestTheHostNeverHasTheSecrets(t *testing.T) {
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	person.asHost(extensionID, "record", person.at("tmp"))
	browser := person.browse()
	browser.goTo(web.url(siteHost, "/"))
	popup := browser.menu("same")
	popup.confirm()
	popup.credentials(goodPhone, goodPIN)
	popup.until("code")
	hosts := person.hosts()
	require.Len(t, hosts, 1)
	require.Empty(t, secrettest.InMemory(t, hosts[0], thePIN), "the PIN, once it was filled")
	// What the host does know is found: the search works.
	require.NotEmpty(t, secrettest.InMemory(t, hosts[0], secrettest.New("phone", goodPhone)))

	theCode := secrettest.New("code", popup.code(goodPhone))
	popup.until("sending", "done")
	require.Empty(t, secrettest.InMemory(t, hosts[0], thePIN, theCode), "once the code was sent")
	popup.until("done")
	require.Empty(t, secrettest.InMemory(t, hosts[0], thePIN, theCode), "once all was done")
	require.Equal(t, hosts, person.hosts())
	popup.press("button.primary")
	popup.close()
	browser.stop()

	for _, dir := range []string{"tmp", "state", "config", "run", "Downloads", "home", "host.log"} {
		found, _ := secrettest.InFiles(person.at(dir), thePIN, theCode)
		require.Empty(t, found)
	}
	log, err := os.ReadFile(person.at("host.log"))
	require.NoError(t, err)
	require.Contains(t, string(log), "relay command", "the log says nothing")
	from, err := os.ReadFile(person.at("tmp", "from-host"))
	require.NoError(t, err)
	require.Contains(t, string(from), `"stage2_input"`)
	to, err := os.ReadFile(person.at("tmp", "to-host"))
	require.NoError(t, err)
	require.Contains(t, string(to), `"pin_token"`)
	require.Contains(t, string(to), `"otp_token"`)
	require.Contains(t, string(to), "Fetch.requestPaused")
	require.NotContains(t, string(to), "postData", "a request's body crossed")
	require.NotContains(t, string(to), "RequestExtraInfo")
}

// keepsNothing looks that the browser keeps none of the codes in its profile, once it has written of the CMD's tab into one of its files of
// sessions: it does so a few seconds late, and again.
func (p *person) keepsNothing(sessions string, codes ...string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		files, err := filepath.Glob(p.at("profile", "Default", "Sessions", sessions))
		require.NoError(p.t, err)
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err == nil && bytes.Contains(data, []byte("cmd.localhost")) {
				return true
			}
		}
		return false
	}, patience, tick, "the browser writes no session file")
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); <-time.After(500 * time.Millisecond) {
		require.Empty(p.t, p.secretsInFiles(codes))
	}
}

// keepsNoUpload looks that the form with the document, which alone of the site's is sent in parts, isn't in the browser's files of sessions.
func (p *person) keepsNoUpload() {
	p.t.Helper()
	files, err := filepath.Glob(p.at("profile", "Default", "Sessions", "*"))
	require.NoError(p.t, err)
	require.NotEmpty(p.t, files)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(p.t, err)
		require.NotContains(p.t, string(data), "form-data; name=", file)
	}
}

// A page that answers a form carries what the form sent, in the tab's history, and the browser writes that into the profile's
// session file: a refused PIN and a refused code must not stay there, nor the document's form.
func TestWhatAFormSentDoesNotStayInTheProfile(t *testing.T) {
	t.Parallel()
	for name, unread := range map[string]bool{"that is given again": false, "that can't be read, and comes as it is": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			person := newPerson(t)
			web := newSite(t)
			browser := person.browse()
			browser.goTo(web.url(siteHost, "/"))
			popup := browser.menu("same")
			popup.confirm()
			const phone = "900000003" // the first code is refused
			popup.credentials(phone, goodPIN)
			popup.until("code")
			if unread {
				browser.meddle(`method === "Fetch.getResponseBody"`, `throw new Error("No data found")`)
			}
			code := popup.code(phone)
			popup.problem("CODE_WRONG")
			person.keepsNothing("Session_*", code)
			person.keepsNoUpload()
			// Nor once the tab is closed, in the list of those that are.
			popup.pressText("button", "Cancelar")
			popup.until("cancelled")
			browser.alone()
			person.keepsNothing("Tabs_*", code)
			person.keepsNoUpload()
		})
	}
}

// The signed file comes, by the browser's own hand, though nobody can read it on its way.
func TestAFileThatCannotBeReadOnItsWay(t *testing.T) {
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	browser := person.browse()
	popup := atCode(t, browser, web, false)
	browser.meddle(`method === "Fetch.getResponseBody"`, `throw new Error("No data found")`)
	popup.code(goodPhone)
	popup.until("done")
	require.Equal(t, 1, person.sandbox.signatures())
}
