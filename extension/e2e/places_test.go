package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// main is what the popup shows, but for the clock.
func (p *popup) main() string {
	p.t.Helper()
	return p.eval(`(() => {
		const copy = document.querySelector("main").cloneNode(true);
		copy.querySelector("#code-time")?.remove();
		return copy.textContent;
	})()`)
}

// Wherever a signing is, the popup closed and opened again shows the same place. On the way it has its picture taken in each
// state (E2E_PICTURES=DIR), then in both languages.
func TestThePopupComesBackToTheSamePlace(t *testing.T) {
	t.Parallel()
	langs := []string{"pt-PT"}
	if os.Getenv("E2E_PICTURES") != "" {
		langs = append(langs, "en-US")
	}
	for _, lang := range langs {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			person := newPerson(t, "--slow", hold)
			person.speak(lang)
			web := newSite(t)
			browser := person.browse()
			browser.goTo(web.url(siteHost, "/"))
			popup := browser.click()
			shown := map[string]bool{}
			reopen := func(screen string) {
				t.Helper()
				popup.until(screen)
				popup.settled()
				popup.picture(filepath.Join(lang[:2], screen))
				before := popup.main()
				popup.close()
				popup = browser.click()
				popup.until(screen)
				require.Eventually(t, func() bool { return popup.main() == before }, patience, tick, "%s: before\n%s\nafter\n%s", screen, before, lazy(popup.main))
				shown[screen] = true
			}
			sign := func(phone string) {
				t.Helper()
				popup.close()
				popup = browser.menu("same")
				popup.confirm()
				popup.credentials(phone, goodPIN)
			}
			back := func() {
				t.Helper()
				popup.pressText("button", map[string]string{"pt-PT": "Voltar ao início", "en-US": "Back to the start"}[lang])
				popup.until("choose")
			}

			reopen("choose")
			popup.close()
			popup = browser.menu("endless")
			reopen("fetching")
			popup.press(".buttons button")
			popup.until("choose")
			popup.close()
			popup = browser.menu("same")
			reopen("document")
			popup.confirm()
			reopen("credentials")
			const slow = "900000024" // the page of the code and the result take long
			popup.credentials(slow, goodPIN)
			require.Eventually(t, func() bool { return person.sandbox.counts().Secrets["credentials"].PINs == 1 }, patience, tick)
			reopen("working")
			popup.until("code")
			reopen("code")
			popup.code(slow)
			require.Eventually(t, func() bool { return person.sandbox.counts().Secrets["code"].Codes == 1 }, patience, tick)
			reopen("sending")
			popup.until("done")
			reopen("done")
			popup.press("button.primary")
			popup.until("choose")

			sign("900000027") // an unknown page: its tab comes to the front, before which the popup gives way
			browser.until("assist")
			popup.close()
			popup = browser.click()
			reopen("assist")
			popup.pressText("button", map[string]string{"pt-PT": "Cancelar", "en-US": "Cancel"}[lang])
			reopen("cancelled")
			back()
			sign("900000005") // locked
			reopen("failed")
			back()
			sign(goodPhone)
			popup.until("code")
			person.killHost()
			reopen("interrupted")
			back()
			sign("900000045") // the original comes back
			popup.code("900000045")
			reopen("unverified")
			require.NoError(t, os.Remove(filepath.Join(person.profile, "NativeMessagingHosts", hostName+".json")))
			back()
			popup.close()
			person.killHost()
			require.Eventually(t, func() bool { return len(person.hosts()) == 0 }, patience, tick)
			popup = browser.click()
			reopen("nohost")
			require.Len(t, shown, 14)
			require.Equal(t, 1, person.sandbox.signatures())
		})
	}
}

// hold is how long a slow page is kept back: enough to do something meanwhile.
const hold = "8s"

// The code may take its time: with the popup closed the signing waits, and goes on where it was. E2E_LONG=1 waits the two
// minutes for which a code counts, and asks for another.
func TestTheCodeIsWaitedForWithThePopupClosed(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	person := newPerson(t, "--slow", hold)
	web := newSite(t)
	browser := person.browse()
	popup := atCode(t, browser, web, false)
	popup.close()
	wait := 5 * time.Second
	if long(t) {
		wait = 2*time.Minute + time.Second
	}
	<-time.After(wait) // it's the wait itself that is tested
	popup = browser.click()
	popup.until("code")
	if long(t) {
		old := person.sandbox.code("+351" + goodPhone)
		popup.pressText("button", "outro código")
		require.Eventually(t, func() bool { return person.sandbox.code("+351"+goodPhone) != old }, patience, tick)
	}
	popup.code(goodPhone)
	popup.until("done")
	require.Equal(t, 1, person.sandbox.signatures())
}

// The browser stops the extension's worker: what the popup says then is true. Before the code nothing is signed; after it the
// browser or the host still has the file, and the popup says where.
func TestTheWorkerIsStopped(t *testing.T) {
	t.Parallel()
	for _, sent := range []bool{false, true} {
		t.Run(map[bool]string{false: "while the code is waited for", true: "once the code was sent"}[sent], func(t *testing.T) {
			t.Parallel()
			person := newPerson(t, "--slow", hold)
			web := newSite(t)
			browser := person.browse()
			popup := atCode(t, browser, web, sent)
			popup.stopWorkers()
			popup.until("interrupted")
			if !sent {
				popup.says("Foi interrompida antes do código: nada foi assinado.")
				browser.alone()
				require.Eventually(t, func() bool { return len(person.hosts()) == 0 }, patience, tick)
				require.Zero(t, person.sandbox.signatures())
				return
			}
			popup.rescued(web)
		})
	}
}

// The worker is stopped while it opens the CMD's tab: the next one closes that, takes its fence away, and has a fence of its own when it signs.
func TestTheWorkerIsStoppedAsItOpensTheTab(t *testing.T) {
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	browser := person.browse()
	browser.goTo(web.url(siteHost, "/"))
	// The tabs that there's a fence around, one for each rule.
	fenced := func() []int {
		return inWorker[[]int](browser, `chrome.declarativeNetRequest.getSessionRules().then((rules) => rules.flatMap(({condition}) => condition.tabIds))`)
	}
	popup := browser.click()
	popup.until("choose")
	browser.worker(`void (chrome.debugger.attach = () => new Promise(() => {}))`)
	popup.choose("Contrato (data)")
	require.Eventually(t, func() bool { return len(fenced()) > 0 }, patience, tick, "there's no fence")
	before := fenced()[0]
	popup.stopWorkers()
	popup.until("interrupted")
	require.Eventually(t, func() bool { return len(fenced()) == 0 }, patience, tick, "the fence stays")
	browser.alone()
	popup.close()

	popup = browser.menu("same")
	popup.until("document")
	require.Eventually(t, func() bool { return len(fenced()) > 0 }, patience, tick, "there's no fence")
	require.NotContains(t, fenced(), before)
	popup.confirm()
	popup.credentials(goodPhone, goodPIN)
	popup.code(goodPhone)
	popup.until("done")
	require.Empty(t, fenced())
	require.Equal(t, 1, person.sandbox.signatures())
}

// The host is killed: before the code nothing is signed, and after it the browser itself saves the file, and the popup says
// where.
func TestTheHostIsKilled(t *testing.T) {
	t.Parallel()
	t.Run("before the code", func(t *testing.T) {
		t.Parallel()
		person := newPerson(t, "--slow", hold)
		web := newSite(t)
		browser := person.browse()
		browser.goTo(web.url(siteHost, "/"))
		popup := browser.menu("same")
		popup.confirm()
		popup.credentials("900000024", goodPIN)
		require.Eventually(t, func() bool { return person.sandbox.counts().Secrets["credentials"].PINs == 1 }, patience, tick)
		popup.until("working")
		person.killHost()
		popup.until("interrupted")
		popup.says("Foi interrompida antes do código: nada foi assinado.")
		browser.alone()
	})
	t.Run("while the code is asked for", func(t *testing.T) {
		t.Parallel()
		person := newPerson(t, "--slow", hold)
		web := newSite(t)
		browser := person.browse()
		popup := atCode(t, browser, web, false)
		person.killHost()
		popup.until("interrupted")
		popup.says("Foi interrompida antes do código: nada foi assinado.")
		require.Zero(t, person.sandbox.signatures())
		browser.alone()
	})
	t.Run("between the code and the file", func(t *testing.T) {
		t.Parallel()
		person := newPerson(t, "--slow", hold)
		web := newSite(t)
		browser := person.browse()
		popup := atCode(t, browser, web, true)
		person.killHost()
		popup.until("interrupted")
		popup.rescued(web)
	})
}

// The person's own ways of ending it: Cancel in the popup, Cancel on the browser's bar, and the tab closed. The bar isn't there
// in a headless browser, so its event comes from the worker (TestCancelOnTheDebuggingBar has the real one).
func TestThePersonEndsIt(t *testing.T) {
	t.Parallel()
	person := newPerson(t, "--slow", hold)
	web := newSite(t)
	browser := person.browse()
	popup := atCode(t, browser, web, false)
	popup.pressText("button", "Cancelar")
	popup.until("cancelled")
	browser.alone()
	popup.close()

	popup = atCode(t, browser, web, false)
	browser.worker(`chrome.tabs.query({active: false}).then(([tab]) => chrome.debugger.onDetach.dispatch({tabId: tab.id}, "canceled_by_user"))`)
	popup.until("cancelled")
	browser.alone()
	popup.close()

	popup = atCode(t, browser, web, false)
	_, err := chromedp.CallBrowser(browser.ctx, target.CloseTarget, target.CloseTargetParams{TargetID: browser.cmdTab()})
	require.NoError(t, err)
	popup.until("failed")
	popup.problem("BROWSER_LOST")
	popup.close()

	// They go elsewhere in that tab: it's stopped as any way out is, and closed, so that nothing of the form goes along.
	popup = atCode(t, browser, web, false)
	tab, cancel := chromedp.NewContext(browser.ctx, chromedp.WithTargetID(browser.cmdTab()), chromedp.WithDetachOnCancel())
	defer cancel()
	_, err = chromedp.Run(tab, chromedp.Evaluate[chromedp.Void](fmt.Sprintf("void (location.href = %q)", web.url(otherHost, "/outro-sitio"))))
	require.NoError(t, err)
	popup.until("failed")
	popup.problem("ORIGIN_REFUSED")
	browser.alone()
	require.Empty(t, web.asked("/outro-sitio"))
	require.Zero(t, person.sandbox.signatures())
	require.Empty(t, person.downloads())
}

// atCode brings a signing to where the code is asked for; or, sent, to where the site has it and makes the person wait.
func atCode(t *testing.T, browser *chrome, web *site, sent bool) *popup {
	t.Helper()
	phone := goodPhone
	if sent {
		phone = "900000024"
	}
	browser.goTo(web.url(siteHost, "/"))
	popup := browser.menu("same")
	popup.t = t
	popup.confirm()
	popup.credentials(phone, goodPIN)
	popup.until("code")
	if sent {
		popup.code(phone)
		require.Eventually(t, func() bool { return browser.p.sandbox.counts().Secrets["code"].Codes == 1 }, patience, tick)
		require.Zero(t, browser.p.sandbox.signatures())
	}
	return popup
}

// rescued waits for the file that was signed though nobody was there to take it, and for the popup's word of it.
func (p *popup) rescued(web *site) {
	p.t.Helper()
	var path string
	require.Eventually(p.t, func() bool {
		for _, name := range p.c.p.downloads() {
			if strings.HasSuffix(name, ".pdf") {
				path = p.c.p.at("Downloads", name)
				return true
			}
		}
		return false
	}, patience, tick, "no file came; the popup says:\n%s", lazy(p.lastText))
	require.Equal(p.t, 1, p.c.p.sandbox.signatures())
	p.says(path)
	data, err := os.ReadFile(path)
	require.NoError(p.t, err)
	require.Equal(p.t, string(web.pdf), string(data[:len(web.pdf)]), "another document")
	require.Contains(p.t, string(data[len(web.pdf):]), "/ByteRange")
}

func (p *popup) says(words string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return strings.Contains(p.lastText(), words) }, patience, tick, "wanted %q, it says:\n%s", words, lazy(p.lastText))
}

// stopWorkers has the browser end the extension's worker, as it does when it's idle or memory is short.
func (p *popup) stopWorkers() {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, serviceworker.Enable, cdp.Empty{})
	require.NoError(p.t, err)
	_, err = chromedp.Call(p.ctx, serviceworker.StopAllWorkers, cdp.Empty{})
	require.NoError(p.t, err)
}

// settled waits for what the popup's page asks for when it's drawn.
func (p *popup) settled() {
	p.t.Helper()
	p.eval(`chrome.storage.local.get().then(() => new Promise((done) => requestAnimationFrame(() => done(""))))`)
}

// cmdTab is the tab of the CMD's pages.
func (c *chrome) cmdTab() target.ID {
	c.p.t.Helper()
	for _, info := range c.tabs() {
		if strings.Contains(info.URL, "cmd.localhost") {
			return info.TargetID
		}
	}
	require.Fail(c.p.t, "no tab of the CMD", fmt.Sprint(c.tabs()))
	return ""
}

// alone waits until the tab of the CMD is gone.
func (c *chrome) alone() {
	c.p.t.Helper()
	require.Eventually(c.p.t, func() bool { return len(c.tabs()) == 1 }, patience, tick, "the tab of the CMD stays: %s", lazy(c.addresses))
}

// addresses are those of all tabs.
func (c *chrome) addresses() string {
	var all []string
	for _, tab := range c.tabs() {
		all = append(all, tab.URL)
	}
	return strings.Join(all, " ")
}
