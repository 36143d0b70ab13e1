package e2e

import (
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ladder is how a PDF can stand before a person, and what isn't one.
var ladder = map[string]func(*testing.T, *person, *site, *chrome){
	"links": everyWay, "the PDF of a tab": thePDFOfATab, "the PDF that a form gave": thePDFThatAFormGave, "a local PDF": aLocalPDF,
	"an endless document": anEndlessDocument, "what is no document": whatIsNoDocument,
}

func TestEveryWayToADocument(t *testing.T) {
	if os.Geteuid() == 0 {
		onlyLong(t) // TestSignWithThePackedExtension goes the same ways
	}
	t.Parallel()
	for name, rung := range ladder {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			person := newPerson(t)
			rung(t, person, newSite(t), person.browse())
		})
	}
}

// Each way in which a PDF stands before the person, to the file in Downloads.
func everyWay(t *testing.T, person *person, web *site, browser *chrome) {
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
			if row.name == "data:" {
				onlyLong(t) // it goes the way of blob:
			}
			before := person.sandbox.signatures()
			browser.goTo(web.url(siteHost, "/"))
			popup := row.open()
			popup.t = t
			popup.signs(web)
			require.Equal(t, before+1, person.sandbox.signatures())
			require.Contains(t, person.downloads(), row.file)
			popup.another()
		})
	}
}

// A tab that shows a PDF which was asked for as any page is.
func thePDFOfATab(t *testing.T, person *person, web *site, browser *chrome) {
	browser.goTo(web.url(siteHost, "/contrato.pdf"))
	popup := browser.click()
	popup.until("choose")
	popup.choose("O PDF deste separador")
	popup.signs(web)
	require.Equal(t, []string{"contrato-signed.pdf"}, person.downloads())
	popup.another()

	// By the menu of the viewer, which tells no more than the address.
	popup = browser.pick(map[string]any{"menuItemId": "page"})
	popup.signs(web)
	require.Equal(t, 2, person.sandbox.signatures())
}

// What a form answered with is never asked for again: the form might do again what it did. The person saves the file, as the
// popup says, and chooses it in the window.
func thePDFThatAFormGave(t *testing.T, person *person, web *site, browser *chrome) {
	browser.goTo(web.url(siteHost, "/"))
	browser.submit("#post", web.url(siteHost, "/formulario"))
	popup := browser.click()
	popup.until("choose")
	popup.choose("O PDF deste separador")
	popup.problem("PDF_TAB_UNKNOWN")
	require.Contains(t, popup.text(), "Se veio de um formulário, guarde-o com o botão de transferir do navegador e escolha o ficheiro.")
	require.Equal(t, []string{"POST"}, web.asked("/formulario"))

	saved := person.at("home", "certidão.pdf")
	require.NoError(t, os.WriteFile(saved, web.pdf, 0o600))
	window := browser.opening(func() { popup.pressText("button", "Escolher um ficheiro deste computador…") })
	window.until("choose")
	window.chooseFile(saved)
	window.signs(web)
	require.Equal(t, []string{"certidão-signed.pdf"}, person.downloads())
	require.Equal(t, []string{"POST"}, web.asked("/formulario"))
}

// A file of this computer goes to the host by its path.
func aLocalPDF(t *testing.T, person *person, web *site, browser *chrome) {
	path := person.at("home", "O meu contrato nº 1.pdf")
	require.NoError(t, os.WriteFile(path, web.pdf, 0o600))
	address := (&url.URL{Scheme: "file", Path: path}).String()

	browser.goTo(web.url(siteHost, "/"))
	popup := browser.pick(map[string]any{"menuItemId": "link", "linkUrl": address})
	popup.signs(web)
	popup.another()

	browser.goTo(address)
	popup = browser.click()
	popup.until("choose")
	if inWorker[bool](browser, `chrome.extension.isAllowedFileSchemeAccess()`) {
		popup.choose("O PDF deste separador")
	} else {
		// A packed extension isn't told where such a tab is: the popup offers to choose the file, and the menu knows.
		require.Contains(t, popup.text(), "Escolher um ficheiro deste computador…")
		popup.close()
		popup = browser.pick(map[string]any{"menuItemId": "page", "pageUrl": address})
	}
	popup.signs(web)
	require.Equal(t, []string{"O meu contrato nº 1-signed (2).pdf", "O meu contrato nº 1-signed.pdf"}, person.downloads())
}

// A document that never ends is given up: when it's over what can be signed, when the person has enough, and after two
// minutes at most. The site sees the connection end.
func anEndlessDocument(t *testing.T, person *person, web *site, browser *chrome) {
	browser.goTo(web.url(siteHost, "/"))

	for _, link := range []string{"flood", "flood-elsewhere"} {
		popup := browser.menu(link)
		popup.problem("PDF_TOO_LARGE")
		web.ended(1)
		popup.close()
	}
	popup := browser.menu("endless")
	popup.until("fetching")
	popup.pressText("button", "Cancelar")
	popup.until("choose")
	web.ended(1)
	popup.close()
	require.Zero(t, person.sandbox.signatures())
	require.Len(t, browser.tabs(), 1, "a tab that only fetched was left open")

	if long(t) {
		popup = browser.menu("endless")
		popup.until("fetching")
		web.endedWithin(1, 3*time.Minute)
		popup.problem("PDF_ENDLESS")
	}
}

// What can't be had is said, and nothing is signed.
func whatIsNoDocument(t *testing.T, person *person, web *site, browser *chrome) {
	for link, code := range map[string]string{
		"notpdf": "PDF_NOT_PDF",
		"gone":   "PDF_GONE",
	} {
		t.Run(link, func(t *testing.T) {
			browser.goTo(web.url(siteHost, "/"))
			popup := browser.menu(link)
			popup.t = t
			popup.problem(code)
			popup.until("choose")
			popup.close()
		})
	}
	require.Zero(t, person.sandbox.signatures())
	require.Empty(t, person.downloads())
}
