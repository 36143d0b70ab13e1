package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/extension/drive"
)

// chrome is the person's Chromium, with the extension in it.
type chrome struct {
	p     *person
	drive *drive.Chrome
	ctx   context.Context // the browser's first tab
	stop  func()
	id    string
}

// browse starts Chromium with the person's profile and puts the unpacked extension in.
func (p *person) browse(more ...chromedp.ExecAllocatorOption) *chrome {
	p.t.Helper()
	c := p.start(more...)
	c.load(chromiumBuild)
	require.Equal(p.t, extensionID, c.id, "the key in the manifest gives another id")
	return c
}

// load puts an unpacked extension in, as ours.
func (c *chrome) load(dir string) {
	c.p.t.Helper()
	var err error
	c.id, err = c.drive.Load(dir)
	require.NoError(c.p.t, err)
}

// loadOther puts an unpacked extension in beside ours.
func (c *chrome) loadOther(dir string) {
	c.p.t.Helper()
	_, err := c.drive.Load(dir)
	require.NoError(c.p.t, err)
	c.drive.Drive(c.id)
}

// browsers bounds how many run at once.
var browsers = make(chan struct{}, 2)

func (p *person) start(more ...chromedp.ExecAllocatorOption) *chrome {
	p.t.Helper()
	browsers <- struct{}{}
	var once sync.Once
	free := func() { once.Do(func() { <-browsers }) }
	p.t.Cleanup(free)
	d, err := drive.Start(context.Background(), drive.Options{Profile: p.profile, Headless: true, Pinned: p.pinned, Lang: p.lang, Env: p.env, More: more})
	require.NoError(p.t, err)
	c := &chrome{p: p, drive: d, ctx: d.Context(), stop: func() { d.Close(); free() }}
	p.t.Cleanup(c.stop)
	return c
}

// goTo shows a page in the first tab.
func (c *chrome) goTo(url string) {
	c.p.t.Helper()
	require.NoError(c.p.t, c.drive.GoTo(url))
}

// submit presses something in the page that leads to another.
func (c *chrome) submit(selector, to string) {
	c.p.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, patience)
	defer cancel()
	require.NoError(c.p.t, chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector))))
	require.Eventually(c.p.t, func() bool {
		here, err := chromedp.Run(ctx, chromedp.Location())
		return err == nil && here == to
	}, patience, 30*time.Millisecond, "the page did not go to %s", to)
}

// click opens the popup as a click on the extension's button does: with activeTab for the tab that's in front.
func (c *chrome) click() *popup { c.p.t.Helper(); return c.popup(c.drive.Click()) }

// menu picks "Assinar com CMD" of a link's context menu. TestARealRightClick does it with a mouse.
func (c *chrome) menu(link string) *popup { c.p.t.Helper(); return c.popup(c.drive.Menu(link)) }

// pick has the worker take a menu event of the front tab, and waits for the popup that it opens.
func (c *chrome) pick(event map[string]any) *popup {
	c.p.t.Helper()
	return c.popup(c.drive.Pick(event))
}

// open is the popup that's open already, or opens in a moment.
func (c *chrome) open() *popup { c.p.t.Helper(); return c.popup(c.drive.Open()) }

// opening waits for the popup, or its page as a window, that something opens.
func (c *chrome) opening(do func()) *popup {
	c.p.t.Helper()
	return c.popup(c.drive.Opening(func() error { do(); return nil }))
}

func (c *chrome) popup(p *drive.Popup, err error) *popup {
	c.p.t.Helper()
	require.NoError(c.p.t, err)
	return &popup{c: c, t: c.p.t, drive: p, ctx: p.Context()}
}

// page is one of the extension's own pages in a tab, that opens by itself.
func (c *chrome) page(name string) *popup { c.p.t.Helper(); return c.popup(c.drive.Page(name)) }

// visit opens one of the extension's own pages in the first tab.
func (c *chrome) visit(name string) *popup {
	c.p.t.Helper()
	c.goTo("chrome-extension://" + c.id + "/" + name)
	return c.page(name)
}

// checked is what the first-run page found of the host: ok, or the code of what's wrong.
func (p *popup) checked() string {
	p.t.Helper()
	return p.eval(`document.querySelector("main")?.dataset.checked ?? ""`)
}

// found waits until the first-run page has found the host.
func (p *popup) found() {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return p.checked() == "ok" }, patience, tick, "the host isn't found:\n%s", lazy(p.lastText))
}

func (c *chrome) targets() []*target.Info {
	infos, err := chromedp.Targets(c.ctx)
	require.NoError(c.p.t, err)
	return infos
}

// focus puts the cursor into a box of the page.
func (c *chrome) focus(selector string) {
	c.p.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, patience)
	defer cancel()
	require.NoError(c.p.t, chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector))))
}

// tabs are the tabs and windows of the person's, extension pages aside.
func (c *chrome) tabs() []*target.Info {
	c.p.t.Helper()
	var found []*target.Info
	for _, info := range c.targets() {
		if info.Type == "page" && !strings.HasPrefix(info.URL, "chrome-extension://") {
			found = append(found, info)
		}
	}
	return found
}

// worker evaluates an expression in the extension's background worker, and waits for what it promises.
func (c *chrome) worker(expression string) { c.p.t.Helper(); inWorker[chromedp.Void](c, expression) }

func inWorker[T any](c *chrome, expression string) T {
	c.p.t.Helper()
	result, err := drive.InWorker[T](c.drive, expression)
	require.NoError(c.p.t, err)
	return result
}

// meddle has something done in the place of the next command to the debugger that is meant, or before it: a script that throws is its refusal.
func (c *chrome) meddle(when, script string) {
	c.p.t.Helper()
	c.worker(`void (() => {
		globalThis.meddled = false;
		const send = chrome.debugger.sendCommand.bind(chrome.debugger);
		chrome.debugger.sendCommand = async (target, method, params) => {
			if (` + when + `) {
				chrome.debugger.sendCommand = send;
				globalThis.meddled = true;
				` + script + `;
			}
			return send(target, method, params);
		};
	})()`)
}

// until waits for a screen that the worker would show, popup or not.
func (c *chrome) until(screen string) {
	c.p.t.Helper()
	var now string
	require.Eventually(c.p.t, func() bool {
		now = inWorker[string](c, `chrome.storage.session.get("view").then((kept) => kept.view?.screen ?? "")`)
		return now == screen
	}, patience, tick, "wanted %s, it's %s", screen, lazy(func() string { return now }))
}

// popup is the extension's page, as a popup or a window.
type popup struct {
	c     *chrome
	t     *testing.T
	drive *drive.Popup
	ctx   context.Context
}

// close closes the popup, as a click elsewhere does.
func (p *popup) close() { p.t.Helper(); require.NoError(p.t, p.drive.Close()) }

// until waits for a screen by its name.
func (p *popup) until(screens ...string) string {
	p.t.Helper()
	now, err := p.drive.Until(screens...)
	if err != nil {
		p.t.Logf("the popup shows %q:\n%s\nthe host's log:\n%s", now, p.lastText(), p.c.p.log())
	}
	require.NoError(p.t, err)
	return now
}

// seen waits until the document stands before the person.
func (p *popup) seen() { p.t.Helper(); require.NoError(p.t, p.drive.Seen()) }

func (p *popup) press(selector string) {
	p.t.Helper()
	require.NoError(p.t, p.drive.Press(selector), selector)
}

// pressText presses the first element of a selector that has these words.
func (p *popup) pressText(selector, words string) {
	p.t.Helper()
	require.NoError(p.t, p.drive.PressText(selector, words))
}

// write types into a field, over what's there.
func (p *popup) write(selector, text string) {
	p.t.Helper()
	require.NoError(p.t, p.drive.Write(selector, text))
}

// problem waits for the code of what the popup says went wrong.
func (p *popup) problem(code string) {
	p.t.Helper()
	var now string
	require.Eventually(p.t, func() bool {
		const last = `chrome.storage.session.get("view").then((kept) => kept.view?.problem?.code ?? "")`
		code_, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](last, chromedp.EvalAwaitPromise))
		now = code_
		return err == nil && now == code
	}, patience, 30*time.Millisecond, "wanted %s; the popup shows:\n%s", code, lazy(func() string { return now + "\n" + p.lastText() }))
}

// lazy is a text that's made only if it's printed.
type lazy func() string

func (l lazy) String() string { return l() }

// chooseFile gives the window's file field a file.
func (p *popup) chooseFile(path string) {
	p.t.Helper()
	require.NoError(p.t, p.drive.Choose("#file", path))
}

func (p *popup) text() string {
	p.t.Helper()
	text, err := p.drive.Text()
	require.NoError(p.t, err)
	return text
}

// eval gives the text that an expression has in the popup's page.
func (p *popup) eval(expression string) string {
	p.t.Helper()
	text, err := p.drive.Eval(expression)
	require.NoError(p.t, err)
	return text
}

// lastText is what the popup shows, for the report of a failure.
func (p *popup) lastText() string {
	text, err := p.drive.Text()
	if err != nil {
		return err.Error()
	}
	return text
}

// picture keeps a screenshot where E2E_PICTURES says; without it none is kept.
func (p *popup) picture(name string) {
	dir := os.Getenv("E2E_PICTURES")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	require.NoError(p.t, err)
	path := filepath.Join(dir, name+".png")
	require.NoError(p.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(p.t, os.WriteFile(path, png, 0o644))
}

// frame is the extension API's id of the page's own frame.
func (c *chrome) frame() int {
	c.p.t.Helper()
	return inWorker[int](c, `(async () => {
		const [tab] = await chrome.tabs.query({active: true, lastFocusedWindow: true});
		const all = await chrome.scripting.executeScript({target: {tabId: tab.id, allFrames: true}, func: () => 0});
		return all.map((f) => f.frameId).find((id) => id !== 0) ?? 0;
	})()`)
}
