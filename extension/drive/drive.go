// Package drive uses the extension in a real Chromium as a person does: a click on its button, an entry of its menu, the
// popup's own fields. The demo shows a signature with it.
package drive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	Path      string // the browser
	Profile   string // its profile directory, with NativeMessagingHosts in it
	Extension string // the unpacked extension
	Headless  bool
	Lang      string
	Env       []string // NAME=value, over the program's own environment
}

// Chrome is a Chromium with the extension in it, and one tab.
type Chrome struct {
	ctx    context.Context
	cancel func()
	id     string
}

// Start starts the browser and loads the extension.
func Start(ctx context.Context, opts Options) (*Chrome, error) {
	flags := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	if !opts.Headless {
		flags = append(flags, chromedp.VisibleWindow)
	}
	flags = append(flags,
		chromedp.ExecPath(opts.Path), chromedp.UserDataDir(opts.Profile), chromedp.Env(opts.Env...),
		chromedp.Flag("disable-extensions", false), chromedp.Flag("enable-unsafe-extension-debugging", true),
		chromedp.Flag("enable-automation", false), chromedp.Flag("disable-gpu", opts.Headless), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", opts.Lang), chromedp.Flag("accept-lang", opts.Lang))
	alloc, cancelAlloc := chromedp.NewExecAllocator(ctx, flags...)
	tab, cancelTab := chromedp.NewContext(alloc)
	c := &Chrome{ctx: tab, cancel: func() { cancelTab(); cancelAlloc() }}
	if err := chromedp.Do(tab); err != nil {
		c.cancel()
		return nil, err
	}
	loaded, err := chromedp.CallBrowser(tab, extensions.LoadUnpacked, extensions.LoadUnpackedParams{Path: opts.Extension})
	if err != nil {
		c.cancel()
		return nil, fmt.Errorf("loading the extension: %w", err)
	}
	c.id = loaded.ID
	return c, nil
}

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
	before, err := c.popups()
	if err != nil {
		return nil, err
	}
	click := extensions.TriggerActionParams{ID: c.id, TargetID: string(tabs.TargetInfos[i].TargetID)}
	if _, err := chromedp.CallBrowser(c.ctx, extensions.TriggerAction, click); err != nil {
		return nil, err
	}
	return c.popup(before)
}

// Menu picks "Assinar com CMD" from the context menu of the link with an id. The browser's own menu can't be clicked from
// here: the click on the button gives what the click on the menu would, and the worker gets the menu's event.
func (c *Chrome) Menu(link string) (*Popup, error) {
	first, err := c.Click()
	if err != nil {
		return nil, err
	}
	if err := first.Close(); err != nil {
		return nil, err
	}
	url, err := chromedp.Run(c.ctx, chromedp.Evaluate[string](fmt.Sprintf("document.getElementById(%q).href", link)))
	if err != nil {
		return nil, err
	}
	info, err := json.Marshal(map[string]any{"menuItemId": "link", "linkUrl": url, "frameId": 0})
	if err != nil {
		return nil, err
	}
	before, err := c.popups()
	if err != nil {
		return nil, err
	}
	err = c.worker(fmt.Sprintf(`(async () => {
		const [tab] = await chrome.tabs.query({active: true, lastFocusedWindow: true});
		chrome.contextMenus.onClicked.dispatch({pageUrl: tab.url, ...%s}, tab);
	})()`, info))
	if err != nil {
		return nil, err
	}
	return c.popup(before)
}

// worker evaluates an expression in the extension's background worker.
func (c *Chrome) worker(expression string) error {
	infos, err := chromedp.Targets(c.ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(infos, func(t *target.Info) bool { return t.Type == "service_worker" && strings.Contains(t.URL, c.id) })
	if i < 0 {
		return errors.New("the extension's worker isn't running")
	}
	ctx, cancel := chromedp.NewContext(c.ctx, chromedp.WithTargetID(infos[i].TargetID), chromedp.WithDetachOnCancel())
	defer cancel()
	return chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](expression))
}

func (c *Chrome) popups() (map[target.ID]bool, error) {
	infos, err := chromedp.Targets(c.ctx)
	if err != nil {
		return nil, err
	}
	found := map[target.ID]bool{}
	for _, t := range infos {
		if strings.HasPrefix(t.URL, "chrome-extension://"+c.id+"/popup.html") {
			found[t.TargetID] = true
		}
	}
	return found, nil
}

// popup waits for one that wasn't there before.
func (c *Chrome) popup(before map[target.ID]bool) (*Popup, error) {
	var p *Popup
	err := until(c.ctx, "a popup", func() (bool, error) {
		now, err := c.popups()
		if err != nil {
			return false, err
		}
		for id := range now {
			if !before[id] {
				ctx, cancel := chromedp.NewContext(c.ctx, chromedp.WithTargetID(id))
				p = &Popup{c: c, id: id, ctx: ctx, cancel: cancel}
				return true, nil
			}
		}
		return false, nil
	})
	return p, err
}

// Popup is the extension's popup.
type Popup struct {
	c      *Chrome
	id     target.ID
	ctx    context.Context
	cancel func()
}

// Close closes the popup, as a click elsewhere does, and waits until it's gone: while one is closing, another doesn't open.
func (p *Popup) Close() error {
	p.cancel()
	return until(p.c.ctx, "the popup to close", func() (bool, error) {
		now, err := p.c.popups()
		return !now[p.id], err
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

// Press clicks an element.
func (p *Popup) Press(selector string) error {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, chromedp.WaitEnabled(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
}

// Write types into a field.
func (p *Popup) Write(selector, text string) error {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.SendKeys(chromedp.CSS(selector), text))
}

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
