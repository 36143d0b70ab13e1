package browser

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/remote"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/secret"
)

// ModeAttach is a browser that somebody else started, at a DevTools endpoint: the host holds the PIN, and so does whoever
// holds that browser.
const ModeAttach Mode = "attach"

// AttachOptions say which browser is joined.
type AttachOptions struct {
	Endpoint Endpoint
	Profiles string        // folder for what the browser downloads itself
	Patience time.Duration // how long a browser that isn't reached is tried again
}

// attached is a tab in a browser context of its own: like a private window, it shares nothing with the browser's other tabs,
// and nothing of it is left once it's disposed of.
type attached struct {
	mode       Mode
	notes      []string
	ctx        context.Context
	disconnect func()
	local      bool
	headless   bool
	profile    *profile // where downloads land; nil for a browser elsewhere
	downloads  <-chan string
	closeOnce  sync.Once
}

// Attach joins the browser at an endpoint, and opens one tab in a context of its own. The browser stays when the tab is
// closed. When the connection breaks, the browser disposes of the context by itself. Error: BROWSER_UNREACHABLE.
func Attach(ctx context.Context, opts AttachOptions) (Tab, error) {
	var tab Tab
	err := persist(ctx, opts.Patience, func() (err error) {
		tab, err = attach(ctx, opts)
		return err
	})
	return tab, err
}

func attach(ctx context.Context, opts AttachOptions) (Tab, error) {
	a := &attached{mode: ModeAttach, local: opts.Endpoint.Local()}
	if err := a.open(ctx, opts); err != nil {
		if a.disconnect != nil {
			a.Close()
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, problem.Newf(problem.BrowserUnreachable, "%s: %w", opts.Endpoint.Host(), err)
	}
	return a, nil
}

// Reach asks whether a browser answers at an endpoint, and leaves it as it is. Error: BROWSER_UNREACHABLE.
func Reach(ctx context.Context, at Endpoint) error {
	socket, err := at.socket(ctx)
	if err == nil {
		var conn *remote.Conn
		if conn, err = dial(ctx, socket); err == nil {
			return conn.Close()
		}
	}
	return problem.Newf(problem.BrowserUnreachable, "%s: %w", at.Host(), err)
}

func (a *attached) open(ctx context.Context, opts AttachOptions) error {
	socket, err := opts.Endpoint.socket(ctx)
	if err != nil {
		return err
	}
	conn, err := dial(ctx, socket)
	if err != nil {
		return err
	}
	alloc, cancelAlloc := chromedp.NewAllocatorContext(context.WithoutCancel(ctx), transportAllocator{conn})
	whole, cancelWhole := chromedp.NewContext(alloc)
	a.disconnect = func() { cancelWhole(); cancelAlloc(); conn.Close() }
	a.ctx = whole

	return a.within(ctx, func() error {
		version, err := chromedp.CallBrowser(a.ctx, cdpbrowser.GetVersion, cdp.Empty{})
		if err != nil {
			return err
		}
		a.headless = strings.Contains(version.UserAgent, "Headless")
		return a.enter(opts.Profiles)
	})
}

// within does something with the browser that may never answer.
func (a *attached) within(ctx context.Context, do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	var err error
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	case <-time.After(startTimeout):
		err = fmt.Errorf("no answer in %v", startTimeout)
	}
	// What still waits for an answer ends with the connection.
	a.disconnect()
	<-done
	return errors.Join(err, ctx.Err())
}

// enter opens the tab, in a browser context of its own.
func (a *attached) enter(profiles string) error {
	a.ctx, _ = chromedp.NewContext(a.ctx, chromedp.WithNewBrowserContext())
	err := chromedp.Do(a.ctx, chromedp.Func(wake))
	if err != nil || !a.local {
		return err
	}
	if a.profile, err = newProfile(profiles); err != nil {
		return err
	}
	a.downloads, err = watchDownloads(a.ctx, a.profile.downloads(), chromedp.FromContext(a.ctx).BrowserContextID)
	return err
}

func (a *attached) Context() context.Context { return a.ctx }
func (a *attached) Mode() Mode               { return a.mode }
func (a *attached) Notes() []string          { return a.notes }

// LetPass does nothing: between the program and this browser a word takes no time.
func (a *attached) LetPass(context.Context, Passing) error { return nil }

func (a *attached) Forgets() bool { return false }

// Downloads delivers nothing from a browser elsewhere: its files are there.
func (a *attached) Downloads() <-chan string { return a.downloads }

// Expect has nothing to do.
func (a *attached) Expect(string) {}

// Upload doesn't count on the browser's seeing this computer's files.
func (a *attached) Upload(ctx context.Context, doc Document, selector string, file File, press string) (bool, error) {
	return putFile(ctx, a, doc, selector, file, press)
}

func (a *attached) FillSecret(ctx context.Context, doc Document, selector string, value secret.Secret) error {
	return fillSecret(ctx, a, doc, selector, value)
}

// FillToken refuses: there's no extension here that keeps anything.
func (a *attached) FillToken(context.Context, Document, string, string) error {
	return errNoTokens
}

// Gone knows nothing: the browser ended, the connection broke, or somebody closed the window.
func (a *attached) Gone() error { return nil }

// Keep can't: the tab's context goes with the connection.
func (a *attached) Keep() {}

// Show works where the browser has a window on this computer.
func (a *attached) Show(ctx context.Context) (bool, error) {
	if a.headless || !a.local {
		return false, nil
	}
	_, err := cdp.Call(ctx, chromedp.FromContext(a.ctx).Target, page.BringToFront, cdp.Empty{})
	return err == nil, err
}

func (a *attached) Close() error {
	a.closeOnce.Do(func() {
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			_ = chromedp.Cancel(a.ctx) // what it fails at, the end of the connection does
		}()
		select {
		case <-closed:
		case <-time.After(closeTimeout):
		}
		a.disconnect()
		if a.profile != nil {
			a.profile.remove()
		}
	})
	return nil
}

// transportAllocator gives chromedp a connection as a browser that runs already.
type transportAllocator struct{ transport chromedp.Transport }

func (a transportAllocator) Allocate(ctx context.Context, opts ...chromedp.BrowserOption) (*chromedp.Browser, error) {
	return chromedp.NewBrowserTransport(context.WithoutCancel(ctx), a.transport, opts...)
}
func (a transportAllocator) Wait()          {}
func (a transportAllocator) Attaches() bool { return true }
