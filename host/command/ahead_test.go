package command

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

const phoneAhead = "+351900000001"

// ahead is a conversation in which a document waits to be confirmed.
func (m *machine) ahead() (c *client, path, hash string) {
	m.t.Helper()
	path = m.pdf("contrato.pdf")
	h := m.converse()
	h.begin()
	h.send(fields{"document": fields{"pdf_file_path": path}})
	return h.client, path, h.until(func(m message) bool { return m.Document != nil }).Document.SHA256
}

// While the person looks at the document the site's first pages are opened, and nothing of theirs goes there. Once they have confirmed it
// it's uploaded, and only phone, PIN and code remain.
func TestTheSiteIsReadyWhenThePINIsTyped(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	c, path, hash := m.ahead()
	require.Eventually(t, func() bool { return m.sandbox.Counts().Processes == 1 }, patience, 10*time.Millisecond, "the first page is left")
	require.Zero(t, m.sandbox.Counts().Files, "nobody has confirmed it")

	c.send(fields{"confirm": hash})
	for _, page := range []string{"root_page", "upload_page", "preview_page", "details_page", "credentials_page"} {
		at := c.until(func(m message) bool { return m.Progress == page })
		require.Equal(t, "stage1_input", at.State, "phone and PIN are asked for all the time")
	}
	before := m.sandbox.Counts()
	require.Equal(t, 1, before.Processes, "the pages that were reached before are gone on from")
	require.Equal(t, map[string]int{hash: 1}, before.FilesByDocument)
	require.Empty(t, before.Secrets)

	c.send(fields{"phone": phoneAhead, "pin": sandbox.PIN})
	c.otp(m.sandbox, phoneAhead)
	last := c.ended()
	require.Equal(t, "done", last.State, c.transcript())
	m.requireSaved(last, path)
	require.Equal(t, 1, m.signatures())
}

// Pages that have waited too long are walked anew before the PIN goes there: the site may have forgotten them.
func TestPagesThatHaveWaitedTooLongAreWalkedAnew(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{}, "limits: {stale: 100ms}")
	c, path, hash := m.ahead()
	c.send(fields{"confirm": hash})
	c.until(func(m message) bool { return m.Progress == "credentials_page" })
	walks := m.sandbox.Counts().Processes
	time.AfterFunc(200*time.Millisecond, func() { c.send(fields{"phone": phoneAhead, "pin": sandbox.PIN}) })
	c.otp(m.sandbox, phoneAhead)
	last := c.ended()
	require.Equal(t, "done", last.State, c.transcript())
	m.requireSaved(last, path)
	counts := m.sandbox.Counts()
	require.Equal(t, walks+1, counts.Processes)
	require.Equal(t, sandbox.Secrets{Phones: 1, PINs: 1}, counts.Secrets["credentials"], "the PIN is sent once")
	require.Equal(t, 1, m.signatures())
}

// A document that is given back leaves nothing with the site, and the next one is signed as if it had never been.
func TestADocumentThatIsGivenBack(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	c, path, hash := m.ahead()
	require.Eventually(t, func() bool { return m.sandbox.Counts().Processes == 1 }, patience, 10*time.Millisecond)
	c.send(fields{"cancel": ""})
	require.Equal(t, "cancelled", c.ended().State)
	require.Zero(t, m.sandbox.Counts().Files)

	c.again()
	c.send(fields{"document": fields{"pdf_file_path": path}})
	c.send(fields{"confirm": hash})
	c.send(fields{"phone": phoneAhead, "pin": sandbox.PIN})
	c.otp(m.sandbox, phoneAhead)
	require.Equal(t, "done", c.ended().State, c.transcript())
}

// Who wants to see each page sees it as it is, and the site's own picture of the document with it.
func TestEachPageIsSeenAsItIs(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	h := m.converse()
	h.begin(fields{"auto_screenshot": 1})
	h.credentials(phoneAhead, m.pdf("contrato.pdf"))
	pictures := map[string]bool{}
	page := ""
	for {
		at := h.next()
		if at.State == "screenshot" {
			require.False(t, pictures[at.Screenshot], "two pages look the same: "+page)
			pictures[at.Screenshot] = true
		} else if strings.HasSuffix(at.Progress, "_page") {
			page = at.Progress
		}
		if at.State == "stage2_input" {
			break
		}
	}
	require.GreaterOrEqual(t, len(pictures), 6)
}

// Nobody looks at the site's own picture of the document, so it isn't fetched; but where the page isn't known and the person comes to look,
// it's there.
func TestAnUnknownPageShowsTheDocumentAsTheSiteDoes(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	pdf := m.pdf("contrato.pdf")
	p := m.atTheWindow(wrongPages(t, "preview"), true)
	p.begin()
	p.credentials(goodPhone, pdf)
	p.state("assist")
	const shown = `(() => {
		const inside = document.querySelector("iframe").contentDocument;
		return inside === null || inside.contentType === "application/pdf" || inside.querySelector("embed") !== null;
	})()`
	p.tab = <-p.tabs
	require.Eventually(t, func() bool {
		is, err := chromedp.Run(p.tab.Context(), chromedp.Evaluate[bool](shown))
		return err == nil && is
	}, patience, 20*time.Millisecond)
	p.byHand("preview", goodPhone, pdf)
	p.otp(m.sandbox, goodPhone)
	m.requireSaved(p.ended(), pdf)
}
