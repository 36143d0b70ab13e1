package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

const (
	goodPhone = "900000001"
	goodPIN   = "13572468"
)

// choose presses the entry of the popup's list that has these words.
func (p *popup) choose(words string) {
	p.t.Helper()
	p.pressText("button.document", words)
}

// confirm says that the document shown is the one, and waits until phone and PIN are asked for.
func (p *popup) confirm() {
	p.t.Helper()
	p.agree()
	p.until("credentials")
}

// agree says that the document shown is the one, whatever comes of it.
func (p *popup) agree() {
	p.t.Helper()
	p.until("document")
	p.seen()
	p.press("button.primary")
}

// credentials types phone and PIN, and sends them.
func (p *popup) credentials(phone, pin string) {
	p.t.Helper()
	p.until("credentials")
	// The form puts the cursor where it's wanted once it knows a remembered number.
	require.Eventually(p.t, func() bool {
		ready, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](`["phone", "pin"].includes(document.activeElement?.id)`))
		return err == nil && ready
	}, patience, tick)
	p.write("#phone", phone)
	p.write("#pin", pin)
	p.press("button.primary")
}

// code types the code that the sandbox sent, and sends it. It gives the code, for whoever looks where it went.
func (p *popup) code(phone string) string {
	p.t.Helper()
	p.until("code")
	require.Eventually(p.t, func() bool { return !p.c.shown().Code.Asked }, patience, tick, "the code that was asked for doesn't come")
	code := p.c.p.sandbox.code("+351" + phone)
	p.write("#code", code)
	p.press("button.primary")
	return code
}

// signs goes all the way, from the site's document on, and looks that it was that one.
func (p *popup) signs(web *site) {
	p.t.Helper()
	p.until("document")
	require.Contains(p.t, p.text(), web.sum(), "another document than the site's")
	p.confirm()
	p.credentials(goodPhone, goodPIN)
	p.code(goodPhone)
	p.until("done")
}

// another goes back to choosing, and closes the popup.
func (p *popup) another() {
	p.t.Helper()
	p.press("button.primary")
	p.until("choose")
	p.close()
}

func TestSignALinkOfThePage(t *testing.T) {
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	browser := person.browse()
	browser.goTo(web.url(siteHost, "/"))

	popup := browser.click()
	popup.until("choose")
	popup.picture("01-choose")
	popup.choose("Contrato (data)")
	popup.until("document")
	require.Contains(t, popup.text(), web.sum(), "the popup doesn't show the document's SHA-256")
	popup.picture("02-document")
	popup.confirm()
	popup.picture("03-credentials")
	popup.credentials(goodPhone, goodPIN)
	popup.until("code")
	popup.picture("04-code")
	popup.code(goodPhone)
	popup.until("done")
	popup.picture("05-done")

	require.Contains(t, popup.text(), "É o documento enviado, mais uma assinatura de")
	require.NotContains(t, popup.text(), "qualificada válida")
	require.Equal(t, 1, person.sandbox.signatures())
	files := person.downloads()
	require.Len(t, files, 1)
	require.Equal(t, "documento-signed.pdf", filepath.Base(files[0]))

	// The host that signed may be gone by then: another one shows the file too.
	person.killHost()
	saved := person.at("Downloads", files[0])
	popup.pressText("button", "Abrir")
	person.shows(saved)
	popup.pressText("button", "Mostrar na pasta")
	person.shows(filepath.Dir(saved))
	require.NoError(t, os.WriteFile(saved, []byte("%PDF-1.7 another"), 0o600))
	popup.pressText("button", "Abrir")
	popup.says("foi alterado depois")
}

// shows waits until the desktop was asked to show something.
func (p *person) shows(path string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		shown, _ := os.ReadFile(p.at("shown"))
		return strings.HasSuffix(string(shown), path+"\n")
	}, patience, tick, "the desktop wasn't asked to show %s", path)
}
