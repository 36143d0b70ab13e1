package e2e

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// In Firefox the host starts a browser of its own, and the PIN passes the host: that is said before it's typed. The document is
// of another site, so the browser downloads it, and the host reads it there.
func TestSignInFirefox(t *testing.T) {
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	browser := person.browseFirefox()
	browser.do("WebDriver:Navigate", fields{"url": web.url(siteHost, "/")})
	browser.menu("#cross")
	browser.popup()
	browser.until("document")
	require.Contains(t, browser.text(), web.sum())
	browser.picture(t, "firefox/document")
	require.Empty(t, person.downloads(), "what was downloaded to be read is still there")
	browser.press("button.primary")
	browser.until("credentials")
	require.Contains(t, browser.text(), said(t, "holderLaunch"), "it isn't said that the PIN passes the host")
	browser.picture(t, "firefox/credentials")
	browser.write("#phone", goodPhone)
	browser.write("#pin", goodPIN)
	browser.press("button.primary")
	browser.until("code")
	browser.write("#code", person.sandbox.code("+351"+goodPhone))
	browser.press("button.primary")
	browser.until("done")
	browser.picture(t, "firefox/done")
	require.Equal(t, 1, person.sandbox.signatures())
	require.Equal(t, []string{"contrato-signed.pdf"}, person.downloads())
}

// said is a text of the extension, in English.
func said(t *testing.T, key string) string {
	t.Helper()
	data, err := os.ReadFile("../_locales/en/messages.json")
	require.NoError(t, err)
	var messages map[string]struct{ Message string }
	require.NoError(t, json.Unmarshal(data, &messages))
	require.NotEmpty(t, messages[key].Message)
	return messages[key].Message
}
