package browser

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Wake has a tab that is in the background, or in a window behind others, draw, run its timers in time and take keys, as one that is
// looked at. It may be called again.
func Wake(ctx context.Context, tab Tab) error {
	return wake(ctx, chromedp.FromContext(tab.Context()).Target)
}

func wake(ctx context.Context, t *chromedp.Target) error {
	_, err := cdp.Call(ctx, t, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	return err
}

// asleep leaves a tab in the background as the browser has it: its pages aren't drawn, which takes each of them 10 ms and more.
var asleep = Command{Method: emulation.SetFocusEmulationEnabled.Method, Params: emulation.SetFocusEmulationEnabledParams{Enabled: false}}
