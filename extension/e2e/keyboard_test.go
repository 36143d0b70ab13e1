package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// A page may undo what a script puts into its fields: then PIN and code are typed by keys. The person before the popup has
// nothing but keys either, from the choice of the document to the end, and what has the focus is always seen.
func TestAPageAndAPersonThatTakeOnlyKeys(t *testing.T) {
	t.Parallel()
	person := newPerson(t)
	person.sandbox.set("fault", "typed-only")
	web := newSite(t)
	browser := person.browse()
	browser.goTo(web.url(siteHost, "/"))
	popup := browser.click()
	popup.until("choose")
	popup.tabTo("button.document")
	popup.keys(kb.Enter)
	popup.until("document")
	popup.tabTo("button.primary")
	popup.keys(" ")
	popup.until("credentials")
	popup.focused("#phone")
	popup.keys(goodPhone)
	popup.tabTo("#pin")
	popup.keys(goodPIN + kb.Enter)
	popup.until("code")
	popup.focused("#code")
	popup.keys(person.sandbox.code("+351"+goodPhone) + kb.Enter)
	popup.until("done")
	popup.tabTo("button.primary")
	popup.keys(kb.Enter)
	popup.until("choose")
	require.Len(t, person.downloads(), 1)
	require.Equal(t, 1, person.sandbox.signatures())
}

// A page may need to be drawn to be of use, and a tab in the background isn't: it's woken then.
func TestSignOnPagesThatWaitToBeDrawn(t *testing.T) {
	t.Parallel()
	person := newPerson(t)
	person.sandbox.set("fault", "drawn-late")
	web := newSite(t)
	browser := person.browse()
	browser.goTo(web.url(siteHost, "/"))
	popup := browser.click()
	popup.choose("Contrato")
	popup.signs(web)
	require.Equal(t, 1, person.sandbox.signatures())
}

func (p *popup) keys(keys string) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.ctx, chromedp.KeyEvent(keys)))
}

// tabTo goes on with the Tab key until an element has the focus. Wherever it passes must be seen to have it.
func (p *popup) tabTo(selector string) {
	p.t.Helper()
	const most = 60
	for range most {
		p.keys(kb.Tab)
		at := p.eval(fmt.Sprintf(`(() => {
			const at = document.activeElement;
			if (!at || at === document.body || at.tagName === "IFRAME") return "outside";
			const style = getComputedStyle(at);
			const seen = at.matches(":focus-visible") && (style.outlineStyle !== "none" || style.boxShadow !== "none");
			return at.matches(%q) ? "there" : seen ? "seen" : "not seen: " + at.outerHTML.slice(0, 200);
		})()`, selector))
		require.NotContains(p.t, at, "not seen")
		if at == "there" {
			return
		}
	}
	require.Fail(p.t, "the Tab key never came to "+selector)
}

// focused waits until an element has the focus by itself.
func (p *popup) focused(selector string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		there, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](fmt.Sprintf(`document.activeElement?.matches(%q) === true`, selector)))
		return err == nil && there
	}, patience, tick, "%s has no focus", selector)
}
