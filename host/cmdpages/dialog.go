package cmdpages

import (
	"context"
	"log/slog"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// dialogs answers the page's own dialogs, which stop everything in the page until somebody does. What an alert says is passed
// on; a question is answered with no, since nobody has seen it; leaving a page is always right.
type dialogs struct {
	target *chromedp.Target
	log    *slog.Logger
	said   chan string
}

// maxSaid bounds what is passed on of a dialog, in runes.
const maxSaid = 300

func newDialogs(target *chromedp.Target, log *slog.Logger) *dialogs {
	return &dialogs{target: target, log: log, said: make(chan string, 4)}
}

// note takes an event of the tab; the answer is a command, so it's given elsewhere.
func (d *dialogs) note(ctx context.Context, ev any) {
	if opened, ok := ev.(*page.EventJavascriptDialogOpening); ok {
		go d.answer(ctx, opened)
	}
}

func (d *dialogs) answer(ctx context.Context, ev *page.EventJavascriptDialogOpening) {
	accept := ev.Type == page.DialogTypeAlert || ev.Type == page.DialogTypeBeforeunload
	_, err := cdp.Call(ctx, d.target, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: accept})
	if err != nil && ctx.Err() == nil {
		d.log.Warn("answering a dialog of the page", "type", ev.Type, "err", err)
	}
	if ev.Type == page.DialogTypeBeforeunload {
		return
	}
	text := []rune(ev.Message)
	select {
	case d.said <- string(text[:min(len(text), maxSaid)]):
	default:
	}
}
