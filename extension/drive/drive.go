// Package drive uses the extension in a real Chromium as a person does: a click on its button, an entry of its menu, the
// popup's own fields. The demo shows a signature with it, and the end-to-end tests drive by it.
package drive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/extensions"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// patience bounds each wait.
const patience = 60 * time.Second

// Options say which browser, with what.
type Options struct {
	Path     string // the browser; "" looks for one
	Profile  string // its profile directory, with NativeMessagingHosts in it
	Headless bool
	Pinned   []string // extensions' ids, whose buttons are on the toolbar; in a profile that's new
	Lang     string
	Env      []string // NAME=value, over the program's own environment
	More     []chromedp.ExecAllocatorOption
}

// Chrome is a Chromium with the extension in it, and one tab.
type Chrome struct {
	ctx    context.Context
	cancel func()
	id     string
}

// Start starts the browser, without the extension yet.
func Start(ctx context.Context, opts Options) (*Chrome, error) {
	if err := pin(opts); err != nil {
		return nil, err
	}
	flags := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	if opts.Path != "" {
		flags = append(flags, chromedp.ExecPath(opts.Path))
	}
	if !opts.Headless {
		flags = append(flags, chromedp.VisibleWindow)
	}
	flags = append(flags,
		chromedp.UserDataDir(opts.Profile), chromedp.Env(opts.Env...),
		chromedp.Flag("disable-extensions", false), chromedp.Flag("enable-unsafe-extension-debugging", true),
		chromedp.Flag("enable-automation", false), chromedp.Flag("disable-gpu", opts.Headless), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", opts.Lang), chromedp.Flag("accept-lang", opts.Lang))
	alloc, cancelAlloc := chromedp.NewExecAllocator(ctx, append(flags, opts.More...)...)
	tab, cancelTab := chromedp.NewContext(alloc, chromedp.WithErrorf(complain))
	c := &Chrome{ctx: tab, cancel: func() { cancelTab(); cancelAlloc() }}
	if err := chromedp.Do(tab); err != nil {
		c.cancel()
		return nil, err
	}
	return c, nil
}

// pin writes what the browser would keep once a person has pinned the buttons.
func pin(opts Options) error {
	if len(opts.Pinned) == 0 {
		return nil
	}
	kept, err := json.Marshal(map[string]any{"extensions": map[string]any{"pinned_extensions": opts.Pinned}})
	if err != nil {
		return err
	}
	dir := filepath.Join(opts.Profile, "Default")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "Preferences"), kept, 0o600)
}

// complain prints what chromedp can't make sense of, but for what each popup brings about: it isn't there yet when it says that it changed.
func complain(format string, args ...any) {
	if format != "received DOM.documentUpdated when there's no top-level frame" {
		log.Printf("chromedp: "+format, args...)
	}
}

// Load puts an unpacked extension in, to be driven from now on, closes the first-run page that ours opens, and gives its id.
func (c *Chrome) Load(dir string) (id string, err error) {
	if id, err = c.Install(dir); err != nil {
		return "", err
	}
	if _, missing := os.Stat(filepath.Join(dir, firstRun)); missing != nil {
		return id, nil
	}
	welcome, err := c.Page(firstRun)
	if err != nil {
		return "", err
	}
	return id, welcome.Close()
}

// firstRun is the page that opens once the extension is in.
const firstRun = "welcome.html"

// Page is one of the extension's own pages in a tab, that's open already or opens in a moment.
func (c *Chrome) Page(name string) (*Popup, error) { return c.newPage(name, nil) }

// Install puts an unpacked extension in, to be driven from now on, and gives its id. A first-run page is left open.
func (c *Chrome) Install(dir string) (id string, err error) {
	loaded, err := chromedp.CallBrowser(c.ctx, extensions.LoadUnpacked, extensions.LoadUnpackedParams{Path: dir})
	if err != nil {
		return "", fmt.Errorf("loading the extension: %w", err)
	}
	c.id = loaded.ID
	return c.id, nil
}

// Drive has an extension that's there already driven from now on.
func (c *Chrome) Drive(id string) { c.id = id }

// Context is the first tab's.
func (c *Chrome) Context() context.Context { return c.ctx }

// Close ends the browser.
func (c *Chrome) Close() { c.cancel() }

// Wait waits until the person closes the browser, or ctx ends.
func (c *Chrome) Wait(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-c.ctx.Done():
	}
}

// GoTo shows a page in the tab.
func (c *Chrome) GoTo(url string) error {
	ctx, cancel := context.WithTimeout(c.ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, chromedp.Navigate(url))
}

// Picture is a PNG of the tab.
func (c *Chrome) Picture() ([]byte, error) { return chromedp.Run(c.ctx, chromedp.CaptureScreenshot()) }

// Click clicks the extension's button, which gives it the tab that is in front, and waits for the popup.
func (c *Chrome) Click() (*Popup, error) {
	tabs, err := chromedp.CallBrowser(c.ctx, target.GetTargets, target.GetTargetsParams{Filter: target.Filter{{Type: "tab"}}})
	if err != nil {
		return nil, err
	}
	here, err := chromedp.Run(c.ctx, chromedp.Location())
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(tabs.TargetInfos, func(t *target.Info) bool { return t.URL == here })
	if i < 0 {
		return nil, errors.New("the tab isn't there")
	}
	return c.Opening(func() error {
		click := extensions.TriggerActionParams{ID: c.id, TargetID: string(tabs.TargetInfos[i].TargetID)}
		_, err := chromedp.CallBrowser(c.ctx, extensions.TriggerAction, click)
		return err
	})
}

// Menu picks "Assinar com CMD" from the context menu of the link with an id. The browser's own menu can't be clicked from
// here: the click on the button gives what the click on the menu would, and the worker gets the menu's event.
func (c *Chrome) Menu(link string) (*Popup, error) {
	if err := c.Touch(); err != nil {
		return nil, err
	}
	url, err := chromedp.Run(c.ctx, chromedp.Evaluate[string](fmt.Sprintf("document.getElementById(%q).href", link)))
	if err != nil {
		return nil, err
	}
	return c.Pick(map[string]any{"menuItemId": "link", "linkUrl": url})
}

// Touch gives the extension the tab that's in front, and leaves its worker awake, as a click on its menu does: the popup is opened, has
// spoken to the worker, and is closed.
func (c *Chrome) Touch() error {
	popup, err := c.Click()
	if err != nil {
		return err
	}
	if _, err := chromedp.Run(popup.ctx, chromedp.Evaluate[string](`""`)); err != nil {
		return err
	}
	err = until(popup.ctx, "a screen", func() (bool, error) {
		return chromedp.Run(popup.ctx, chromedp.Evaluate[bool](`document.querySelector("[data-screen]") !== null`))
	})
	return errors.Join(err, popup.Close())
}

// Pick has the worker take an event of the context menu in the tab that's in front (contextMenus.OnClickData), and waits for
// the popup that it opens.
func (c *Chrome) Pick(event map[string]any) (*Popup, error) {
	data, err := json.Marshal(event)
	if err != nil {
		return nil, err
	}
	return c.Opening(func() error {
		_, err := InWorker[chromedp.Void](c, fmt.Sprintf(`(async () => {
			const [tab] = await chrome.tabs.query({active: true, lastFocusedWindow: true});
			chrome.contextMenus.onClicked.dispatch({pageUrl: tab.url, frameId: 0, ...%s}, tab);
		})()`, data))
		return err
	})
}

// InWorker evaluates an expression in the extension's background worker, and waits for what it promises.
func InWorker[T any](c *Chrome, expression string) (T, error) {
	var none T
	var id target.ID
	err := until(c.ctx, "the extension's worker", func() (bool, error) {
		infos, err := chromedp.Targets(c.ctx)
		i := slices.IndexFunc(infos, func(t *target.Info) bool { return t.Type == "service_worker" && strings.Contains(t.URL, c.id) })
		if i >= 0 {
			id = infos[i].TargetID
		}
		return i >= 0, err
	})
	if err != nil {
		return none, err
	}
	tab, cancel := chromedp.NewContext(c.ctx, chromedp.WithTargetID(id), chromedp.WithDetachOnCancel())
	defer cancel()
	ctx, stop := context.WithTimeout(tab, patience)
	defer stop()
	// A worker that has only just started doesn't have the browser's API yet.
	err = until(ctx, "the extension's worker to start", func() (bool, error) {
		return chromedp.Run(ctx, chromedp.Evaluate[bool](`typeof chrome === "object" && "runtime" in chrome`))
	})
	if err != nil {
		return none, err
	}
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

func (c *Chrome) pages(name string) (map[target.ID]bool, error) {
	infos, err := chromedp.Targets(c.ctx)
	if err != nil {
		return nil, err
	}
	found := map[target.ID]bool{}
	for _, t := range infos {
		if strings.HasPrefix(t.URL, "chrome-extension://"+c.id+"/"+name) {
			found[t.TargetID] = true
		}
	}
	return found, nil
}

// Opening does something that opens the popup, or the same page as a window, and waits for it.
func (c *Chrome) Opening(do func() error) (*Popup, error) {
	before, err := c.pages(popupPage)
	if err != nil {
		return nil, err
	}
	if err := do(); err != nil {
		return nil, err
	}
	return c.newPage(popupPage, before)
}

const popupPage = "popup.html"

func (c *Chrome) newPage(name string, before map[target.ID]bool) (*Popup, error) {
	var p *Popup
	err := until(c.ctx, name, func() (bool, error) {
		now, err := c.pages(name)
		if err != nil {
			return false, err
		}
		for id := range now {
			if !before[id] {
				ctx, cancel := chromedp.NewContext(c.ctx, chromedp.WithTargetID(id))
				p = &Popup{c: c, page: name, id: id, ctx: ctx, cancel: cancel}
				return true, nil
			}
		}
		return false, nil
	})
	return p, err
}

// Open is a popup that's open already, or opens in a moment.
func (c *Chrome) Open() (*Popup, error) { return c.newPage(popupPage, nil) }

// Popup is the extension's popup, or another of its pages.
type Popup struct {
	c      *Chrome
	page   string
	id     target.ID
	ctx    context.Context
	cancel func()
}

// ID is the page's, for whoever asks it in another way.
func (p *Popup) ID() target.ID { return p.id }

// Context is the popup's page's.
func (p *Popup) Context() context.Context { return p.ctx }

// Close closes the popup, as a click elsewhere does, and waits until it's gone: while one is closing, another doesn't open.
// It may have gone by itself.
func (p *Popup) Close() error {
	// The context alone closes nothing where it was never used.
	p.cancel()
	return until(p.c.ctx, "the popup to close", func() (bool, error) {
		now, err := p.c.pages(p.page)
		if err != nil || !now[p.id] {
			return err == nil, err
		}
		_, _ = chromedp.CallBrowser(p.c.ctx, target.CloseTarget, target.CloseTargetParams{TargetID: p.id})
		return false, nil
	})
}

// Until waits for one of the screens, by name, and says which came.
func (p *Popup) Until(screens ...string) (string, error) {
	var now string
	err := until(p.ctx, strings.Join(screens, " or "), func() (bool, error) {
		name, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.querySelector("[data-screen]")?.dataset.screen ?? ""`))
		now = name
		return slices.Contains(screens, name), err
	})
	return now, err
}

// Seen waits until the document's preview stands, or says that there is none. Before that a click may come to nothing: the browser
// sends it to the preview's frame, which isn't there yet or not any more. Nobody confirms that fast.
func (p *Popup) Seen() error {
	return until(p.ctx, "the document's preview", func() (bool, error) {
		return chromedp.Run(p.ctx, chromedp.Evaluate[bool](`["shown", "stopped", "none"].includes(document.querySelector(".preview")?.dataset.state)`))
	})
}

// Press clicks an element, once it can be.
func (p *Popup) Press(selector string) error {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	// What takes the place of a button that was just pressed waits a moment before it can be.
	ready := fmt.Sprintf(`:is(%s):not([aria-disabled="true"])`, selector)
	return chromedp.Do(ctx, chromedp.WaitEnabled(chromedp.CSS(ready)), chromedp.Click(chromedp.CSS(ready)))
}

// PressText clicks the first element of a selector that has these words, once one has and can be.
func (p *Popup) PressText(selector, words string) error {
	press := fmt.Sprintf(`(() => {
		const el = [...document.querySelectorAll(%q)].find((e) => e.ariaDisabled !== "true" && e.innerText.includes(%q));
		el?.click();
		return Boolean(el);
	})()`, selector, words)
	return until(p.ctx, fmt.Sprintf("%s with %q", selector, words), func() (bool, error) {
		return chromedp.Run(p.ctx, chromedp.Evaluate[bool](press))
	})
}

// Write types into a field, over what's there.
func (p *Popup) Write(selector, text string) error {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	enter := chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector(%q).select()`, selector))
	if err := chromedp.Do(ctx, chromedp.WaitVisible(chromedp.CSS(selector)), enter, chromedp.KeyEvent(text)); err != nil {
		return err
	}
	took, err := p.Eval(fmt.Sprintf(`document.querySelector(%q).value`, selector))
	if err == nil && took != text {
		err = fmt.Errorf("%s took %q", selector, took)
	}
	return err
}

// Choose gives the window's file field a file, as the browser's own dialog does.
func (p *Popup) Choose(selector, path string) error {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, chromedp.SetUploadFiles(chromedp.CSS(selector), []string{path}))
}

// Eval gives the text that an expression, or what it promises, has in the popup's page.
func (p *Popup) Eval(expression string) (string, error) {
	return chromedp.Run(p.ctx, chromedp.Evaluate[string](expression, chromedp.EvalAwaitPromise))
}

// Text is all that can be read.
func (p *Popup) Text() (string, error) { return p.Eval(`document.body.innerText`) }

// Lines are the visible texts of the elements that selector finds.
func (p *Popup) Lines(selector string) ([]string, error) {
	return chromedp.Run(p.ctx, chromedp.Evaluate[[]string](
		fmt.Sprintf(`[...document.querySelectorAll(%q)].map((e) => e.innerText.replace(/\s+/g, " ").trim())`, selector)))
}

// Picture is a PNG of all that the popup shows, also what has to be scrolled to.
func (p *Popup) Picture() ([]byte, error) { return chromedp.Run(p.ctx, chromedp.FullScreenshot(100)) }

// until asks until the answer is yes.
func until(ctx context.Context, what string, ask func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ticker := time.NewTicker(30 * time.Millisecond)
	defer ticker.Stop()
	for {
		yes, err := ask()
		if err != nil && ctx.Err() == nil {
			return err
		}
		if yes {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, ctx.Err())
		}
	}
}
