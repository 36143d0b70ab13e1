package cmdpages

import (
	"context"
	"errors"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/sign-with-cmd/sign-with-cmd/host/browser"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// maxScreenshot keeps a screenshot under native messaging's 1 MiB once it's base64 in JSON (facts/native.md 1.1).
const maxScreenshot = 700 << 10

// Screenshot is a PNG of the page with fields and long numbers covered (mask in engine.js). SCREENSHOT_FAILED where there's
// no page yet, or one that can't be covered.
func (m *Method) Screenshot(ctx context.Context) ([]byte, error) {
	png, _, err := m.shoot(ctx, `function() { cmdsign.mask(); }`, `function() { cmdsign.unmask(); }`)
	return png, err
}

// shoot takes a picture of the page while cover is in force, and says which document it shows.
func (m *Method) shoot(ctx context.Context, cover, uncover string, args ...any) (png []byte, world string, err error) {
	m.mu.Lock()
	tab, worlds := m.tab, m.worlds
	m.mu.Unlock()
	if tab == nil || worlds == nil {
		return nil, "", problem.New(problem.ScreenshotFailed, "no page yet")
	}
	// One at a time: the end of one would uncover the other's.
	m.shots.Lock()
	defer m.shots.Unlock()
	world, _ = worlds.now()
	doc := browser.Document{World: world}
	if _, err := browser.Call[any](ctx, tab, doc, cover, args...); err != nil {
		return nil, "", problem.Newf(problem.ScreenshotFailed, "covering the page: %w", err)
	}
	defer browser.Call[any](context.WithoutCancel(ctx), tab, doc, uncover)
	for _, scale := range []float64{1, 0.5, 0.25} {
		png, err := capture(ctx, tab, scale)
		if err != nil {
			return nil, "", problem.Newf(problem.ScreenshotFailed, "%w", err)
		}
		// A document that came in between was not covered.
		if now, _ := worlds.now(); now != world {
			return nil, "", problem.New(problem.ScreenshotFailed, "the page changed meanwhile")
		}
		if len(png) <= maxScreenshot {
			return png, world, nil
		}
	}
	return nil, "", problem.Wrap(problem.ScreenshotFailed, errors.New("the picture is too large"))
}

func capture(ctx context.Context, tab browser.Tab, scale float64) ([]byte, error) {
	target := chromedp.FromContext(tab.Context()).Target
	// What isn't drawn can't be shown.
	if err := browser.Wake(ctx, tab); err != nil {
		return nil, err
	}
	params := page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng}
	if scale != 1 {
		metrics, err := cdp.Call(ctx, target, page.GetLayoutMetrics, cdp.Empty{})
		if err != nil {
			return nil, err
		}
		v := metrics.CSSVisualViewport
		params.Clip = &page.Viewport{X: v.PageX, Y: v.PageY, Width: v.ClientWidth, Height: v.ClientHeight, Scale: scale}
	}
	res, err := cdp.Call(ctx, target, page.CaptureScreenshot, params)
	return res.Data, err
}
