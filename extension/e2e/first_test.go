package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// The first time: the page that opens says that the program answers, the try goes from it to a signed file that says what it's
// worth, nothing reaches the environment that's configured, and the history, once switched on, tells of it.
func TestTheFirstTime(t *testing.T) {
	t.Parallel()
	person := newPerson(t)
	browser := person.start()
	id, err := browser.drive.Install(chromiumBuild)
	require.NoError(t, err)
	browser.id = id

	welcome := browser.page("welcome.html")
	welcome.found()
	require.Contains(t, welcome.text(), "O programa cmdsign responde")
	require.Eventually(t, func() bool { return strings.Contains(welcome.text(), "alfinete") }, patience, tick, "the browser hides a new extension's button")
	history := browser.visit("history.html")
	history.press("#switch")
	require.Eventually(t, func() bool {
		return inWorker[bool](browser, `chrome.storage.local.get("history").then((kept) => kept.history === true)`)
	}, patience, tick)

	popup := browser.opening(func() { welcome.press("#try button") })
	popup.until("document")
	require.Contains(t, popup.text(), "contrato-de-exemplo.pdf")
	popup.confirm()
	require.NotContains(t, popup.text(), "O PIN vai para", "a try goes nowhere else than to the sandbox")
	popup.credentials("900000001", "1234")
	popup.until("code")
	popup.write("#code", popup.eval(`document.querySelector("main").innerText.match(/código é (\d{6})/)[1]`))
	popup.press("button.primary")
	popup.until("done")
	require.Contains(t, popup.text(), "nada do que aqui se assina tem valor legal")
	require.Equal(t, []string{"contrato-de-exemplo-TESTE-sem-valor-legal.pdf"}, person.downloads())
	require.Zero(t, person.sandbox.signatures(), "the try was signed where signatures count")

	history = browser.visit("history.html")
	require.Eventually(t, func() bool { return history.eval(`String(document.querySelectorAll(".entry").length)`) == "1" }, patience, tick)
	require.Contains(t, history.text(), "contrato-de-exemplo.pdf")
	require.Contains(t, history.text(), "sem valor legal")
	require.NotContains(t, history.text(), "900000001")

	// A document after the try is signed for good again.
	popup.press("button.primary")
	popup.until("choose")
	popup.close()
	web := newSite(t)
	browser.goTo(web.url(siteHost, "/"))
	again := browser.menu("same")
	again.signs(web)
	require.NotContains(t, again.text(), "nada do que aqui se assina")
	require.Equal(t, 1, person.sandbox.signatures())
}

// Where the program is missing, the first page says so and how it comes; once it's there, another look finds it.
func TestTheFirstTimeWithoutTheProgram(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	person := newPerson(t)
	person.unregister()
	browser := person.start()
	id, err := browser.drive.Install(chromiumBuild)
	require.NoError(t, err)
	browser.id = id
	welcome := browser.page("welcome.html")
	require.Eventually(t, func() bool { return welcome.checked() == "HOST_NOT_FOUND" }, patience, tick)
	require.Contains(t, welcome.text(), "cmdsign doctor")
	require.Equal(t, "0", welcome.eval(`String(document.querySelectorAll("#try button").length)`))

	person.register(binary, extensionID)
	welcome.press("#program button")
	welcome.found()
}

// Whoever has put the button on the toolbar isn't told how.
func TestTheFirstPageSeesTheButton(t *testing.T) {
	t.Parallel()
	person := newPerson(t)
	person.pinned = manifests.IDs(manifests.Chromium)
	browser := person.start()
	id, err := browser.drive.Install(chromiumBuild)
	require.NoError(t, err)
	browser.id = id
	welcome := browser.page("welcome.html")
	require.Eventually(t, func() bool { return strings.Contains(welcome.text(), "O botão está à vista") }, patience, tick)
	require.NotContains(t, welcome.text(), "alfinete")
}
