package e2e

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// A document of some MB is signed whatever the browser has: Blobs in messages (Chromium from 148 on), a fence of its own around the tab.
// Where it has them it's asked for no more than that.
func TestALargeDocumentInBrowsersOfAllAges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(manifest map[string]any)
		fence  bool
	}{
		"now":                    {func(map[string]any) {}, true},
		"messages of texts only": {func(m map[string]any) { delete(m, "message_serialization") }, true},
		"no fence": {func(m map[string]any) {
			m["permissions"] = slices.DeleteFunc(m["permissions"].([]any), func(p any) bool { return p == "declarativeNetRequest" })
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			person := newPerson(t)
			web := newSite(t)
			web.pdf = restless(web.url(otherHost, "/fuga"))
			person.asHost(extensionID, "record", person.at("tmp"))
			browser := person.start()
			browser.load(buildWith(t, person, c.change))
			browser.goTo(web.url(siteHost, "/"))
			popup := browser.menu("same")
			popup.agree()
			popup.credentials(goodPhone, goodPIN)
			popup.code(goodPhone)
			popup.until("done")
			require.EqualValues(t, 1, person.sandbox.signatures())
			files := person.downloads()
			require.Len(t, files, 1)
			signed, err := os.ReadFile(person.at("Downloads", files[0]))
			require.NoError(t, err)
			require.True(t, bytes.HasPrefix(signed, web.pdf))
			said, err := os.ReadFile(person.at("tmp", "to-host"))
			require.NoError(t, err)
			require.Equal(t, c.fence, bytes.Contains(said, []byte(`"free":true`)))
			// The site's own picture of the document is left blank: the browser's viewer, which is an extension's, would throw the debugger off.
			require.False(t, bytes.Contains(said, []byte(`"reattached"`)), "the debugger was thrown off")
			browser.alone()
		})
	}
}

// A look-alike that the site leads to as it takes a document of some MB, which nobody holds then, gets nothing: not by a redirect, and not
// where the form with the file is to be sent on.
func TestALookAlikeGetsNoLargeDocument(t *testing.T) {
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	web.pdf = restless(web.url(otherHost, "/fuga"))
	browser := person.browse()
	for _, fault := range []string{"lookalike-preview", "lookalike-preview-307"} {
		person.sandbox.set("fault", fault)
		browser.goTo(web.url(siteHost, "/"))
		popup := browser.menu("same")
		popup.agree()
		popup.until("failed")
		popup.problem("ORIGIN_REFUSED")
		browser.alone() // a tab left at the address would go there when it's loaded anew, with the document
		popup.press("button.plain")
		popup.until("choose")
		popup.close()
	}
	person.wentNowhere()
}
