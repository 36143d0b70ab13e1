package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// turn is one of several documents: what the site does with it, and what becomes of it.
type turn struct {
	fault, becomes string
}

// leaveOut is no fault of the site's: the person leaves the document out.
const leaveOut = "-"

// Documents ticked in a page are looked at one by one, then signed with one PIN and a code each, with failures in the middle.
// Each row says what became of its document, and each file holds the very bytes that its row's document had. Twenty of them with
// E2E_LONG=1.
func TestSeveralDocumentsOneAfterTheOther(t *testing.T) {
	t.Parallel()
	turns := []turn{
		{"", "signed"}, {"file-refused", "failed"}, {"wrong-code-once", "signed"}, {leaveOut, "skipped"}, {"result-altered", "look"},
		{"", "signed"},
	}
	if long(t) {
		turns = append(turns,
			turn{"", "signed"}, turn{"wrong-pin-once", "signed"}, turn{"", "signed"}, turn{"session-expired", "maybe"},
			turn{"", "signed"}, turn{"result-error", "maybe"}, turn{"cookie-banner", "signed"}, turn{leaveOut, "skipped"},
			turn{"result-link", "signed"}, turn{"error-500-at-code", "maybe"}, turn{"", "signed"}, turn{"result-unsigned", "look"},
			turn{"result-newtab", "signed"}, turn{"", "signed"})
	}
	person := newPerson(t)
	person.configure(extensionID, "limits: {page: 30s, unknown: 1s, result: 8s}")
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(person.log())
		}
	})
	web := newSite(t)
	browser := person.browse()
	browser.goTo(web.url(siteHost, fmt.Sprintf("/lista/%d", len(turns))))
	popup := browser.click()
	popup.until("choose")
	popup.pressText("label.check", "todos")
	popup.pressText("button.primary", fmt.Sprintf("(%d)", len(turns)))
	for i, turn := range turns {
		browser.atTurn("document", i)
		popup.seen()
		if turn.fault == leaveOut {
			popup.pressText("button", "fora")
		} else {
			popup.press("button.primary")
		}
	}
	s := &several{browser: browser, popup: popup, turns: turns}
	s.set(0)
	browser.atTurn("credentials", 0)
	s.credentials()
	for i, turn := range turns {
		if turn.fault != leaveOut {
			s.sign(i)
		}
	}
	popup = s.popup
	popup.until("finished")
	if dir := os.Getenv("E2E_PICTURES"); dir != "" {
		popup.picture("queue-finished")
	}

	signatures := 0
	for i, row := range browser.shown().Queue.Rows {
		require.Equal(t, turns[i].becomes, row.State, "%d: %s", i, turns[i].fault)
		// The site signs nothing in these, which nobody but itself can know.
		signs := !slices.Contains([]string{"session-expired", "error-500-at-code", "result-unsigned"}, turns[i].fault)
		if signs && (row.State == "signed" || row.State == "look" || row.State == "maybe") {
			signatures++
		}
		if row.State == "signed" {
			signed, err := os.ReadFile(row.Path)
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(string(signed), string(numbered(fmt.Sprintf("%03d", i)))), "%s isn't the document of its row", row.Path)
			require.Contains(t, filepath.Base(row.Path), fmt.Sprintf("%03d", i))
		}
	}
	require.Equal(t, signatures, person.sandbox.signatures())
	// What was typed once is nowhere when all is over.
	require.NotContains(t, inWorker[string](browser, `chrome.storage.session.get().then((all) => JSON.stringify(all))`), goodPIN)
	popup.press("button.primary")
	popup.until("choose")
	browser.closeCMD() // one stays for the person to look where a file didn't come
	browser.alone()
}

// A click that comes as soon as the next document is there was meant for the one before: it decides nothing, and that one is confirmed by a click of
// its own, once the button takes it.
func TestAClickTooManyConfirmsNothing(t *testing.T) {
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	browser := person.browse()
	browser.goTo(web.url(siteHost, "/lista/3"))
	popup := browser.click()
	popup.until("choose")
	popup.pressText("label.check", "todos")
	popup.pressText("button.primary", "(3)")
	browser.atTurn("document", 0)
	popup.seen()
	popup.eval(`globalThis.early = new Promise((done) => {
		const watcher = new MutationObserver(() => {
			const button = document.querySelector("[data-screen=document] .buttons.stay button.primary");
			if (!button || !document.querySelector(".queue h2").textContent.includes("2")) return;
			watcher.disconnect();
			button.click();
			done(button.innerText);
		});
		watcher.observe(document, {subtree: true, childList: true, attributes: true});
	}); ""`)
	popup.press("button.primary")
	require.Equal(t, "Sim, é este o documento a assinar", popup.eval(`early`))
	browser.atTurn("document", 1)
	popup.seen()
	popup.press("button.primary")
	browser.atTurn("document", 2)
	var states []string
	for _, row := range browser.shown().Queue.Rows {
		states = append(states, row.State)
	}
	require.Equal(t, []string{"confirmed", "confirmed", "waiting"}, states)
}

// several is a person who signs several.
type several struct {
	browser *chrome
	popup   *popup
	turns   []turn
}

// set makes the site ready for a document: what it does counts for what starts from then on.
func (s *several) set(i int) {
	if i < len(s.turns) && s.turns[i].fault != leaveOut {
		s.browser.p.sandbox.set("fault", s.turns[i].fault)
	}
}

// next is the document after this one that is to be signed.
func (s *several) next(i int) int {
	for i++; i < len(s.turns) && s.turns[i].fault == leaveOut; i++ {
	}
	return i
}

func (s *several) credentials() { s.browser.p.t.Helper(); s.popup.credentials(goodPhone, goodPIN) }

// sign takes one document to its end, and the browser on to the next.
func (s *several) sign(i int) {
	t, turn := s.browser.p.t, s.turns[i]
	t.Helper()
	t.Logf("%d: %q", i, turn.fault)
	switch turn.fault {
	case "file-refused":
	case "wrong-pin-once":
		s.browser.atTurn("credentials", i)
		s.credentials()
		fallthrough
	default:
		s.browser.atTurn("code", i)
		if i > 0 && s.turns[i-1].fault == "result-newtab" {
			s.popup.close() // the tab that came to the front closes it too
			s.popup = s.browser.click()
		}
		s.set(s.next(i))
		code := s.popup.code(goodPhone)
		if turn.fault == "wrong-code-once" {
			s.popup.problem("CODE_WRONG")
			s.popup.write("#code", code)
			s.popup.press("button.primary")
		}
	}
	if turn.becomes == "signed" {
		return
	}
	s.browser.atTurn(map[string]string{"failed": "failed", "look": "unverified", "maybe": "failed"}[turn.becomes], i)
	s.set(s.next(i))
	if s.next(i) < len(s.turns) {
		s.popup.pressText("button.primary", "seguinte")
	} else {
		s.popup.pressText("button", "ver o que foi feito")
	}
}

// atTurn waits until a screen of one of several documents is shown.
func (c *chrome) atTurn(screen string, at int) {
	c.p.t.Helper()
	require.Eventually(c.p.t, func() bool {
		now := c.shown()
		return now.Screen == screen && now.Queue.At == at
	}, patience, tick, "%s of %d never came; shown is %s", screen, at, lazy(func() string { return fmt.Sprintf("%+v", c.shown()) }))
}
