package e2e

import (
	"archive/zip"
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/extensions"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/secret/secrettest"
	"github.com/sign-with-cmd/sign-with-cmd/host/trace"
)

// nothingLeft waits, once the browsers are stopped, until nothing of the program is there but what is meant to stay: no process,
// no copy of a document, no profile or temporary folder, no record that still counts as being worked on.
func (p *person) nothingLeft() {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return len(p.processes()) == 0 }, patience, tick, "a process is left behind")
	for _, pattern := range []string{"state/cmdsign/work/*", "cache/cmdsign/profiles/*", "tmp/cmdsign*", "run/cmdsign*"} {
		left, err := filepath.Glob(p.at(pattern))
		require.NoError(p.t, err)
		require.Empty(p.t, left)
	}
	records, err := filepath.Glob(p.at("state/cmdsign/journal/*"))
	require.NoError(p.t, err)
	for _, path := range records {
		f, err := os.Open(path)
		require.NoError(p.t, err)
		require.NoError(p.t, syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), "%s is locked", path)
		f.Close()
	}
}

// inCMD runs a script in the CMD's page, as the page itself could.
func (c *chrome) inCMD(script string) {
	c.p.t.Helper()
	tab, cancel := chromedp.NewContext(c.ctx, chromedp.WithTargetID(c.cmdTab()), chromedp.WithDetachOnCancel())
	defer cancel()
	_, err := chromedp.Run(tab, chromedp.Evaluate[chromedp.Void](script))
	require.NoError(c.p.t, err)
}

// asWindow opens the popup's page as a window of its own.
func (c *chrome) asWindow() *popup {
	c.p.t.Helper()
	return c.opening(func() {
		c.worker(`chrome.windows.create({url: chrome.runtime.getURL("popup.html?window"), type: "popup"})`)
	})
}

// Two windows of one browser: the popup in either, and its page as a window of its own, show one and the same signing. Another
// document picked meanwhile isn't even fetched.
func TestTwoWindows(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	browser := person.browse()
	first := atCode(t, browser, web, false)
	before := first.main()
	first.close()

	const there = "/entrar"
	browser.worker(fmt.Sprintf(`chrome.windows.create({url: %q, focused: true})`, web.url(siteHost, there)))
	var second target.ID
	require.Eventually(t, func() bool {
		tabs, err := chromedp.CallBrowser(browser.ctx, target.GetTargets, target.GetTargetsParams{Filter: target.Filter{{Type: "tab"}}})
		require.NoError(t, err)
		for _, tab := range tabs.TargetInfos {
			if tab.URL == web.url(siteHost, there) {
				second = tab.TargetID
			}
		}
		return second != ""
	}, patience, tick)
	popup := browser.opening(func() {
		_, err := chromedp.CallBrowser(browser.ctx, extensions.TriggerAction, extensions.TriggerActionParams{ID: browser.id, TargetID: string(second)})
		require.NoError(t, err)
	})
	popup.until("code")
	require.Eventually(t, func() bool { return popup.main() == before }, patience, tick, "before\n%s\nnow\n%s", before, lazy(popup.main))
	popup.close()

	popup = browser.pick(map[string]any{"menuItemId": "link", "linkUrl": web.url(otherHost, "/contrato.pdf")})
	popup.until("code")
	require.Empty(t, web.asked("/contrato.pdf"), "another document was fetched")
	window := browser.asWindow()
	window.until("code")
	require.Len(t, person.hosts(), 1)
	window.code(goodPhone)
	window.until("done")
	if _, err := popup.drive.Text(); err == nil { // a window that comes to the front may close a popup
		popup.until("done")
	}
	secrets := person.sandbox.counts().Secrets
	require.Equal(t, 1, secrets["credentials"].PINs)
	require.Equal(t, 1, secrets["code"].Codes)
	require.Equal(t, 1, person.sandbox.signatures())
	require.Equal(t, []string{"privado-signed.pdf"}, person.downloads())
	browser.stop()
	person.nothingLeft()
}

// beside is the same person at a browser profile of their own beside the first: one home, one journal, one Downloads folder.
func (p *person) beside() *person {
	p.t.Helper()
	other := *p
	other.profile = p.at("profile-beside")
	require.NoError(p.t, os.MkdirAll(filepath.Join(other.profile, "NativeMessagingHosts"), 0o700))
	other.register(binary, extensionID)
	return &other
}

// Two browsers of one person, and the command line beside them. The document that's being signed in one is refused in the others,
// with the reason, before their PIN is asked for; another is signed beside it, and each file is its own. Not parallel: it
// has two browsers at once.
func TestTwoBrowsersAndTheCommandLine(t *testing.T) {
	onlyLong(t)
	person := newPerson(t)
	web := newSite(t)
	one, two := person.browse(), person.beside().browse()
	first := atCode(t, one, web, false)

	two.goTo(web.url(siteHost, "/"))
	second := two.menu("same")
	second.agree()
	second.problem("DOCUMENT_BUSY")
	second.says("já está a ser assinado noutro navegador ou programa deste computador")
	second.picture("document-busy")
	require.Equal(t, 1, person.sandbox.counts().Secrets["credentials"].PINs)
	second.pressText(".buttons button", "Não é este")
	second.until("choose")
	second.close()

	same := person.at("copia.pdf")
	require.NoError(t, os.WriteFile(same, web.pdf, 0o600))
	require.Equal(t, "DOCUMENT_BUSY", person.converse(same))

	const phone = "900123456" // one without a fault of its own
	second = two.pick(map[string]any{"menuItemId": "link", "linkUrl": web.url(siteHost, "/numero/417")})
	second.confirm()
	second.credentials(phone, goodPIN)
	second.code(phone)
	second.until("done")
	require.Equal(t, 1, person.sandbox.signatures())
	first.code(goodPhone)
	first.until("done")
	require.Equal(t, 2, person.sandbox.signatures())

	files := person.downloads()
	require.Len(t, files, 2)
	for _, name := range files {
		original := numbered("417")
		if name == "privado-signed.pdf" {
			original = web.pdf
		}
		signed := person.file(name)
		require.True(t, strings.HasPrefix(signed, string(original)), "%s is another document", name)
		require.Contains(t, signed[len(original):], "/ByteRange")
	}
	one.alone()
	two.alone()
	one.stop()
	two.stop()
	person.nothingLeft()
}

// converse asks on the command line, in a browser of the program's own, for a file's signature, and gives the code of the error
// that is the answer.
func (p *person) converse(pdf string) string {
	p.t.Helper()
	cmd := exec.Command(binary, "converse")
	cmd.Env = p.env
	in, err := cmd.StdinPipe()
	require.NoError(p.t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(p.t, err)
	require.NoError(p.t, cmd.Start())
	defer cmd.Wait()
	defer in.Close()
	_, err = fmt.Fprintf(in, "{\"start\":\"\"}\n{\"phone\":\"+351 %s\",\"pin\":%q,\"pdf_file_path\":%q}\n", goodPhone, goodPIN, pdf)
	require.NoError(p.t, err)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var said struct{ Error struct{ Code string } }
		require.NoError(p.t, json.Unmarshal(lines.Bytes(), &said))
		if said.Error.Code != "" {
			return said.Error.Code
		}
	}
	require.Fail(p.t, "the command line ended without an error")
	return ""
}

// The debugger is thrown out of the CMD's tab. By another extension, which puts its frame back as often as it's removed, as the
// code is sent: the file isn't lost, and what is told is true. By a frame that goes to a scheme which nobody knows (a page that
// looks for a program on the computer does that), while the code is asked for: the debugger comes back and the signing goes on.
func TestTheDebuggerIsDetached(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	dir := passwordManager(t, person, `
		document.addEventListener("estorva-ao-enviar", () => document.addEventListener("submit", () => estorva(), true));
		document.addEventListener("estorva", () => estorva());
		function estorva() {
			const inTheWay = () => { if (!document.querySelector("#estorvo")) {
				const frame = document.createElement("iframe");
				frame.id = "estorvo";
				frame.src = chrome.runtime.getURL("frame.html");
				document.documentElement.append(frame);
			} };
			new MutationObserver(inTheWay).observe(document, {childList: true, subtree: true});
			inTheWay();
		}`, web.url(otherHost, "/nada"))
	browser := person.browse()
	browser.loadOther(dir)
	watch := func() {
		browser.worker(`void (globalThis.detaches ??= (chrome.debugger.onDetach.addListener(() => globalThis.detaches++), 0))`)
	}
	detached := func(at int) {
		t.Helper()
		require.Eventually(t, func() bool { return inWorker[int](browser, `globalThis.detaches`) >= at }, patience, tick, "nothing is detached")
	}

	watch()
	var popup *popup
	next := func(document, phone string) {
		t.Helper()
		popup = browser.pick(map[string]any{"menuItemId": "link", "linkUrl": web.url(siteHost, document)})
		popup.confirm()
		popup.credentials(phone, goodPIN)
		popup.until("code")
	}
	browser.goTo(web.url(siteHost, "/"))

	// As the code is sent: the file still comes, for the browser saves it by itself where the host can't.
	const slow = "900000024"
	next("/numero/416", slow)
	browser.inCMD(`document.dispatchEvent(new Event("estorva-ao-enviar"))`)
	popup.code(slow)
	detached(1)
	popup.until("failed", "done")
	if person.journal() != "signed_saved" {
		popup.problem("MAY_BE_SIGNED")
	}
	require.Eventually(t, func() bool { return len(person.downloads()) > 0 }, patience, tick, "the file is lost")
	require.Equal(t, 1, person.sandbox.signatures())
	popup.close()

	files := len(person.downloads())
	before := inWorker[int](browser, `globalThis.detaches`)
	next("/numero/417", goodPhone)
	browser.inCMD(`document.body.append(Object.assign(document.createElement("iframe"), {src: "programa-que-nao-existe://porta"}))`)
	detached(before + 1)
	popup.code(goodPhone)
	popup.until("done")
	require.Equal(t, 2, person.sandbox.signatures())
	require.Len(t, person.downloads(), files+1)
	popup.close()
	browser.stop()
	person.nothingLeft()
}

// asleep stops all of the person's processes, host and browser, as a computer that's put to sleep does, and lets them go on.
func (p *person) asleep(d time.Duration) {
	p.t.Helper()
	all := p.processes()
	require.NotEmpty(p.t, all)
	for _, pid := range all {
		require.NoError(p.t, syscall.Kill(pid, syscall.SIGSTOP))
	}
	<-time.After(d) // it's the time that passes which is tested
	for _, pid := range all {
		require.NoError(p.t, syscall.Kill(pid, syscall.SIGCONT))
	}
}

// The computer sleeps while the code is waited for, and after it was sent: the signing goes on where it was, and is made once.
//
// It's emulated by stopping and continuing all processes. To them that is a sleep in which every clock went on, so each timer
// that ran out meanwhile does so on waking, as on Windows; on Linux and macOS the clocks of timers stand still in a sleep, which
// is gentler: there no limit of the conversation is spent in a sleep. A sleep longer than such a limit isn't tried; nor are the
// network's coming and going, and the browser's own knowledge that the computer slept.
func TestTheComputerSleeps(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	person := newPerson(t)
	const nap = 3 * time.Second
	web := newSite(t)
	browser := person.browse()
	popup := atCode(t, browser, web, true)
	person.asleep(nap)
	popup.until("done")
	require.Equal(t, 1, person.sandbox.signatures())
	popup.press("button.primary")
	popup.close()

	popup = atCode(t, browser, web, false)
	person.asleep(nap)
	popup.until("code")
	popup.code(goodPhone)
	popup.until("done")
	require.Equal(t, 2, person.sandbox.signatures())
	require.Len(t, person.downloads(), 2)
	require.Equal(t, 2, person.sandbox.counts().Secrets["code"].Codes)
	browser.alone()
	browser.stop()
	person.nothingLeft()
}

// A page that nobody knows, in relay mode: the popup names the bundle, which is there, tells nothing of the person, and is read by
// the program that a maintainer mends the page descriptions with.
func TestTheTraceOfAnUnknownPage(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	browser := person.browse()
	browser.goTo(web.url(siteHost, "/"))
	popup := browser.menu("same")
	popup.confirm()
	const phone = "900000027"
	popup.credentials(phone, goodPIN)
	browser.until("assist")
	popup.close()
	popup = browser.click()
	popup.until("assist")
	bundles, err := trace.List(person.at("state", "cmdsign", "traces"))
	require.NoError(t, err)
	require.Len(t, bundles, 1)
	popup.says(bundles[0])
	popup.close()
	require.NoError(t, (&patient{c: browser}).byHand())
	browser.until("code")
	// As a window: with the CMD's tab in front a popup over the other one may close.
	popup = browser.asWindow()
	code := popup.code(phone)
	popup.until("done")
	browser.stop()

	all := append(secretsOf([]string{code}), secrettest.New("phone", phone), secrettest.New("end of the phone", phone[3:]),
		secrettest.New("document", "privado"), secrettest.New("site", "tribunal"))
	for _, name := range []string{"Maria", "Exemplo", "Silva", "MARIA", "EXEMPLO", "SILVA"} {
		all = append(all, secrettest.New("name", name))
	}
	z, err := zip.OpenReader(bundles[0])
	require.NoError(t, err)
	defer z.Close()
	pictures := 0
	for _, f := range z.File {
		r, err := f.Open()
		require.NoError(t, err)
		data, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Empty(t, secrettest.Find(data, all...), f.Name)
		if strings.HasSuffix(f.Name, ".png") {
			pictures++
		}
	}
	require.Positive(t, pictures)

	cmd := exec.Command(binary, "pages", "test", bundles[0], "--json")
	cmd.Env = person.env
	out, err := cmd.Output()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, "a page isn't known, and it doesn't say so")
	var read struct {
		Pages []struct {
			Known bool
			Now   struct{ Page string }
		}
	}
	require.NoError(t, json.Unmarshal(out, &read), string(out))
	var known []string
	unknown := 0
	for _, page := range read.Pages {
		if page.Known {
			known = append(known, page.Now.Page)
		} else {
			unknown++
		}
	}
	require.Equal(t, 1, unknown, string(out))
	require.Subset(t, known, []string{"intro", "credentials", "code"})
	person.nothingLeft()
}

// Whoever reads a document for longer than the site's pages are good for has it signed all the same: they are walked anew for it.
func TestADocumentThatIsReadForLong(t *testing.T) {
	t.Parallel()
	person := newPerson(t)
	person.configure(extensionID, "limits: {stale: 100ms}")
	web := newSite(t)
	browser := person.browse()
	browser.goTo(web.url(siteHost, "/"))

	popup := browser.menu("same")
	popup.until("document")
	popup.seen()
	// The page that takes the document is known, and listens.
	require.Eventually(t, func() bool {
		return inWorker[bool](browser, `chrome.storage.session.get("relayTab").then(async ({relayTab}) =>
			Boolean(relayTab && (await chrome.scripting.executeScript({target: {tabId: relayTab}, func: () => globalThis.signWithCmdDocument}))[0]?.result))`)
	}, patience, tick)
	known := time.Now()
	require.Eventually(t, func() bool { return time.Since(known) > 300*time.Millisecond }, patience, tick, "the pages grow stale while the person reads")
	popup.confirm()
	popup.credentials(goodPhone, goodPIN)
	popup.until("code")
	popup.code(goodPhone)
	popup.until("done")
	require.Equal(t, 1, person.sandbox.signatures())
}
