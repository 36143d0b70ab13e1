package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/extensions"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// chrome is the person's Chromium, with the extension in it.
type chrome struct {
	p    *person
	ctx  context.Context // the browser's first tab
	stop func()
	id   string
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
	c.id = c.loadOther(dir)
}

// loadOther puts an unpacked extension in beside ours.
func (c *chrome) loadOther(dir string) string {
	c.p.t.Helper()
	loaded, err := chromedp.CallBrowser(c.ctx, extensions.LoadUnpacked, extensions.LoadUnpackedParams{Path: dir})
	require.NoError(c.p.t, err)
	return loaded.ID
}

// browsers bounds how many run at once.
var browsers = make(chan struct{}, 2)

func (p *person) start(more ...chromedp.ExecAllocatorOption) *chrome {
	p.t.Helper()
	browsers <- struct{}{}
	var once sync.Once
	free := func() { once.Do(func() { <-browsers }) }
	p.t.Cleanup(free)
	opts := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	opts = append(opts,
		chromedp.UserDataDir(p.profile), chromedp.Env(p.env...),
		chromedp.Flag("disable-extensions", false), chromedp.Flag("enable-unsafe-extension-debugging", true),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("enable-automation", false), chromedp.Flag("lang", p.lang), chromedp.Flag("accept-lang", p.lang))
	alloc, cancelAlloc := chromedp.NewExecAllocator(context.Background(), append(opts, more...)...)
	ctx, cancel := chromedp.NewContext(alloc)
	c := &chrome{p: p, ctx: ctx, stop: func() { cancel(); cancelAlloc(); free() }}
	p.t.Cleanup(c.stop)
	require.NoError(p.t, chromedp.Do(ctx))
	return c
}

// goTo shows a page in the first tab.
func (c *chrome) goTo(url string) {
	c.p.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, patience)
	defer cancel()
	require.NoError(c.p.t, chromedp.Do(ctx, chromedp.Navigate(url)))
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
func (c *chrome) click() *popup {
	c.p.t.Helper()
	tabs, err := chromedp.CallBrowser(c.ctx, target.GetTargets, target.GetTargetsParams{Filter: target.Filter{{Type: "tab"}}})
	require.NoError(c.p.t, err)
	require.NotEmpty(c.p.t, tabs.TargetInfos)
	before := c.popups()
	front := c.tabOf(tabs.TargetInfos)
	_, err = chromedp.CallBrowser(c.ctx, extensions.TriggerAction, extensions.TriggerActionParams{ID: c.id, TargetID: string(front)})
	require.NoError(c.p.t, err)
	return c.newPopup(before)
}

// tabOf finds the tab that shows what the first page shows.
func (c *chrome) tabOf(tabs []*target.Info) target.ID {
	c.p.t.Helper()
	here, err := chromedp.Run(c.ctx, chromedp.Location())
	require.NoError(c.p.t, err)
	for _, tab := range tabs {
		if tab.URL == here {
			return tab.TargetID
		}
	}
	return tabs[0].TargetID
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

func (c *chrome) popups() map[target.ID]bool {
	found := map[target.ID]bool{}
	for _, info := range c.targets() {
		if strings.HasPrefix(info.URL, "chrome-extension://"+c.id+"/") && strings.Contains(info.URL, "popup") {
			found[info.TargetID] = true
		}
	}
	return found
}

// newPopup waits for a popup that wasn't there before.
func (c *chrome) newPopup(before map[target.ID]bool) *popup {
	c.p.t.Helper()
	var id target.ID
	require.Eventually(c.p.t, func() bool {
		for now := range c.popups() {
			if !before[now] {
				id = now
				return true
			}
		}
		return false
	}, patience, 20*time.Millisecond, "no popup opened")
	ctx, cancel := chromedp.NewContext(c.ctx, chromedp.WithTargetID(id))
	return &popup{c: c, t: c.p.t, ctx: ctx, cancel: cancel}
}

// worker evaluates an expression in the extension's background worker, and waits for what it promises.
func (c *chrome) worker(expression string) { c.p.t.Helper(); inWorker[chromedp.Void](c, expression) }

func inWorker[T any](c *chrome, expression string) T {
	c.p.t.Helper()
	var id target.ID
	require.Eventually(c.p.t, func() bool {
		for _, info := range c.targets() {
			if info.Type == "service_worker" && strings.Contains(info.URL, c.id) {
				id = info.TargetID
			}
		}
		return id != ""
	}, patience, 20*time.Millisecond, "the worker isn't running")
	tab, cancel := chromedp.NewContext(c.ctx, chromedp.WithTargetID(id), chromedp.WithDetachOnCancel())
	defer cancel()
	ctx, stop := context.WithTimeout(tab, patience)
	defer stop()
	result, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(c.p.t, err)
	return result
}

// menu picks "Assinar com CMD" of a link's context menu. A headless browser has no menu to click, so the permission that the
// click gives comes from a click on the button, and the event from the worker itself; TestARealRightClick does it for real.
func (c *chrome) menu(link string) *popup {
	c.p.t.Helper()
	c.click().close()
	var found struct {
		URL, FrameURL string
		FrameID       int
	}
	const find = `(() => {
		const el = document.getElementById(%q);
		return JSON.stringify({URL: el.href});
	})()`
	raw, err := chromedp.Run(c.ctx, chromedp.Evaluate[string](fmt.Sprintf(find, link)))
	require.NoError(c.p.t, err)
	require.NoError(c.p.t, json.Unmarshal([]byte(raw), &found))
	return c.pick(map[string]any{"menuItemId": "link", "linkUrl": found.URL})
}

// pick has the worker take a menu event of the front tab, and waits for the popup that it opens.
func (c *chrome) pick(info map[string]any) *popup {
	c.p.t.Helper()
	before := c.popups()
	data, err := json.Marshal(info)
	require.NoError(c.p.t, err)
	c.worker(fmt.Sprintf(`(async () => {
		const [tab] = await chrome.tabs.query({active: true, lastFocusedWindow: true});
		chrome.contextMenus.onClicked.dispatch({pageUrl: tab.url, frameId: 0, ...%s}, tab);
	})()`, data))
	return c.newPopup(before)
}

// popup is the extension's page, as a popup or a window.
type popup struct {
	c      *chrome
	t      *testing.T
	ctx    context.Context
	cancel context.CancelFunc
}

// close closes the popup, as a click elsewhere does.
func (p *popup) close() { p.cancel() }

// until waits for a screen by its name.
func (p *popup) until(screens ...string) string {
	p.t.Helper()
	var now string
	defer func() {
		if p.t.Failed() {
			p.t.Logf("the popup shows %q:\n%s\nthe host's log:\n%s", now, p.lastText(), p.c.p.log())
		}
	}()
	require.Eventually(p.t, func() bool {
		name, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.querySelector("[data-screen]")?.dataset.screen ?? ""`))
		if err != nil {
			return false
		}
		now = name
		for _, s := range screens {
			if s == now {
				return true
			}
		}
		return false
	}, patience, 30*time.Millisecond, "wanted %v", screens)
	return now
}

func (p *popup) press(selector string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, chromedp.WaitEnabled(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector))), selector)
}

// pressText presses the first element of a selector that has these words.
func (p *popup) pressText(selector, words string) {
	p.t.Helper()
	const press = `(() => {
		const el = [...document.querySelectorAll(%q)].find((e) => e.innerText.includes(%q));
		if (!el) return false;
		el.click();
		return true;
	})()`
	require.Eventually(p.t, func() bool {
		pressed, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](fmt.Sprintf(press, selector, words)))
		return err == nil && pressed
	}, patience, 30*time.Millisecond, "no %s with %q", selector, words)
}

// write types into a field, over what's there.
func (p *popup) write(selector, text string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, chromedp.WaitVisible(chromedp.CSS(selector)),
		chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector(%q).select()`, selector)), chromedp.KeyEvent(text)), selector)
	require.Equal(p.t, text, p.eval(fmt.Sprintf(`document.querySelector(%q).value`, selector)), selector)
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

// chooseFile gives the window's file field a file, as the browser's own dialog does.
func (p *popup) chooseFile(path string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{path})))
}

func (p *popup) text() string {
	p.t.Helper()
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.body.innerText`))
	require.NoError(p.t, err)
	return text
}

// eval gives the text that an expression has in the popup's page.
func (p *popup) eval(expression string) string {
	p.t.Helper()
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](expression, chromedp.EvalAwaitPromise))
	require.NoError(p.t, err)
	return text
}

// lastText is what the popup shows, for the report of a failure.
func (p *popup) lastText() string {
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.body.innerText`))
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
