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
	// The file is gone by now: what is shown comes from the host.
	require.Eventually(t, func() bool {
		return browser.script(false, `return document.querySelector(".preview").dataset.state`) == "shown"
	}, patience, tick, "no preview: %s", lazy(func() string {
		return browser.script(false, `const at = document.querySelector(".preview"); return at.dataset.state + " " + at.innerText`) + "\n" + person.log()
	}))
	browser.picture(t, "firefox/document")
	browser.do("WebDriver:SwitchToFrame", fields{"element": browser.element(".preview iframe")})
	require.Contains(t, browser.text(), "uma bicicleta azul")
	require.Equal(t, "null undefined undefined blocked blocked", browser.script(false, `
		const page = window.wrappedJSObject ?? window;
		const tried = (f) => { try { f(); return "reached" } catch { return "blocked" } };
		return [page.origin, typeof page.browser, typeof page.chrome, tried(() => page.localStorage.length), tried(() => page.eval("1"))].join(" ")`))
	browser.script(false, `(window.wrappedJSObject ?? window).fetch(arguments[0]).catch(() => 0); return ""`, web.url(otherHost, "/fuga"))
	browser.script(false, `(window.wrappedJSObject ?? window).location.href = arguments[0]; return ""`, web.url(otherHost, "/fuga"))
	browser.do("WebDriver:SwitchToFrame", fields{"element": nil})
	require.Empty(t, person.downloads(), "what was downloaded to be read is still there")
	require.Empty(t, web.asked("/fuga"), "the frame reached the net")
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
