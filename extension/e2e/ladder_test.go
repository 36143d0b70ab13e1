package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Each way in which a PDF stands before the person, to the file in Downloads.
func TestEveryWayToADocument(t *testing.T) {
	person := newPerson(t)
	web := newSite(t)
	browser := person.browse()
	for _, row := range []struct {
		name string
		open func() *popup
		file string
	}{
		{"same origin behind a login", func() *popup { return browser.menu("same") }, "privado-signed.pdf"},
		{"another origin", func() *popup { return browser.menu("cross") }, "contrato-signed.pdf"},
		{"a redirect to another origin", func() *popup { return browser.menu("redirect") }, "contrato-signed (2).pdf"},
		{"a link in a frame of another origin", func() *popup {
			browser.click().close()
			return browser.pick(map[string]any{
				"menuItemId": "link", "linkUrl": web.url(otherHost, "/contrato.pdf"), "frameUrl": web.url(otherHost, "/frame"), "frameId": browser.frame()})
		}, "contrato-signed (3).pdf"},
		{"blob:", func() *popup { return browser.menu("blob") }, "documento-signed.pdf"},
		{"data:", func() *popup { return browser.menu("data") }, "documento-signed (2).pdf"},
	} {
		t.Run(row.name, func(t *testing.T) {
			before := person.sandbox.signatures()
			browser.goTo(web.url(siteHost, "/"))
			popup := row.open()
			popup.t = t
			popup.until("document")
			require.Contains(t, popup.text(), web.sum(), "another document than the link's")
			popup.confirm()
			popup.credentials(goodPhone, goodPIN)
			popup.code(goodPhone)
			popup.until("done")
			require.Equal(t, before+1, person.sandbox.signatures())
			require.Contains(t, person.downloads(), row.file)
			popup.press("button.primary") // sign another
			popup.until("choose")
			popup.close()
		})
	}
}

// What can't be had is said, and nothing is signed.
func TestWhatIsNoDocument(t *testing.T) {
	person := newPerson(t)
	web := newSite(t)
	browser := person.browse()
	for link, words := range map[string]string{
		"notpdf": "não é um PDF",
		"gone":   "não",
	} {
		t.Run(link, func(t *testing.T) {
			browser.goTo(web.url(siteHost, "/"))
			popup := browser.menu(link)
			popup.t = t
			popup.until("choose", "failed")
			require.Contains(t, popup.text(), words)
			popup.close()
		})
	}
	require.Zero(t, person.sandbox.signatures())
	require.Empty(t, person.downloads())
}
