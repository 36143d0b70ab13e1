package e2e

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox/faulttable"
	"github.com/sign-with-cmd/sign-with-cmd/host/secret/secrettest"
)

// Every fault of the sandbox, through the popup in relay mode.
func TestEveryFaultInRelay(t *testing.T) { faulttable.Sign(t, "relay", relayRow) }

// relayRow signs with a fault and says what came of it.
func relayRow(t *testing.T, fault sandbox.MagicPhone) faulttable.Row {
	t.Helper()
	person := newPerson(t)
	person.configure(extensionID, "limits: {page: 8s, unknown: 2s, result: 8s}")
	person.asHost(extensionID, "record", person.at("tmp"))
	phone := strings.TrimPrefix(fault.Phone, "+351")
	if fault.Phone == "" {
		person.sandbox.set("fault", fault.Fault)
		phone = "900123456" // one without a fault of its own
	}
	web := newSite(t)
	browser := person.browse()
	browser.goTo(web.url(siteHost, "/"))
	end, codes := browser.goThrough(browser.menu("same"), phone)

	counts := person.sandbox.counts()
	files := person.downloads()
	slices.Sort(files)
	var secrets []string
	for _, host := range person.hosts() {
		if len(secrettest.InMemory(t, host, secretsOf(codes)...)) > 0 {
			secrets = append(secrets, "memory")
		}
	}
	browser.stop()
	secrets = append(secrets, person.secretsInFiles(codes)...)

	require.NotEqual(t, "NEVER ENDS", end.Screen, end.Told)
	require.Empty(t, secrets)
	require.Zero(t, counts.LookAlike["requests"], "the look-alike was asked")
	if end.Screen == "done" {
		require.Contains(t, files, "privado-signed.pdf")
		// Where the site offers a download, the browser's own stands beside it.
		if len(files) > 1 {
			require.Equal(t, []string{"privado-signed.pdf", "privado.pdf"}, files)
			require.Equal(t, person.file("privado-signed.pdf"), person.file("privado.pdf"))
		}
	} else if counts.Signatures == 1 {
		require.Contains(t, []string{"unverified", "failed", "interrupted"}, end.Screen)
	}
	return faulttable.Row{Ends: end.Screen, Code: end.Code, Told: end.Told, Signatures: counts.Signatures, Files: files, Secrets: "none"}
}

// file is one in Downloads.
func (p *person) file(name string) string {
	p.t.Helper()
	data, err := os.ReadFile(p.at("Downloads", name))
	require.NoError(p.t, err)
	return string(data)
}

// secretsOf are the PIN and these codes.
func secretsOf(codes []string) []secrettest.Secret {
	all := []secrettest.Secret{thePIN}
	for _, code := range codes {
		all = append(all, secrettest.New("code", code))
	}
	return all
}

// secretsInFiles says which files of the person's, the recorded pipe among them, hold the PIN or a code.
func (p *person) secretsInFiles(codes []string) (found []string) {
	p.t.Helper()
	for _, dir := range []string{"tmp", "state", "config", "cache", "data", "run", "Downloads", "home", "profile", "host.log"} {
		leaks, _ := secrettest.InFiles(p.at(dir), secretsOf(codes)...)
		found = append(found, leaks...)
	}
	return found
}

// The table that people read has every fault, in both modes.
func TestTheTableOfFaultsIsWhole(t *testing.T) {
	t.Parallel()
	faulttable.Whole(t, "relay")
	faulttable.Whole(t, "launch")
}
