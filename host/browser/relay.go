package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/secret"
)

// ModeRelay is a tab of the person's own browser: the PIN and the code stay there.
const ModeRelay Mode = "relay"

// relayed is the extension's background tab.
type relayed struct {
	link      *Link
	transport *relayTransport
	ahead     bool // the extension is of those that make the tab ready by themselves
	free      bool // the browser itself keeps the tab to the origins, and what is asked for up to the document passes unheld
	plain     bool // what the document's form and those from the PIN on send isn't kept in the tab's history
	ctx       context.Context
	cancel    context.CancelFunc
	downloads chan string

	mu        sync.Mutex
	keep      bool
	gone      error
	closeOnce sync.Once
}

// Relay has the extension open a tab in the background, and speaks to it over the link (docs/RELAY.md). Origins are where
// the tab may go; the extension checks them against its own list. It does the commands of setup in the same go where it knows how: whoever
// sends them nevertheless has their answer at once. First is the address that is going to be asked for first: where the extension has seen that there's a
// document to be signed it asks for it while the tab is made ready, and gives what came of it to whoever then goes there. The tab is asleep until Wake, but in an extension that doesn't know setup. Errors: ORIGIN_REFUSED, BROWSER_FAILED.
func Relay(ctx context.Context, link *Link, origins []string, setup []Command, first string, log *slog.Logger) (Tab, error) {
	done, err := ahead(append(slices.Clone(setup), asleep))
	if err != nil {
		return nil, problem.Newf(problem.Internal, "%w", err)
	}
	result, err := link.request(ctx, map[string]any{"do": "open", "origins": origins, "setup": done, "free": true, "first": first, "pages": true, "plain": true})
	if err != nil {
		if ctx.Err() != nil {
			// Nobody waits for the tab any more, but it may come: the extension closes it once it's there.
			link.send(map[string]any{"do": "close"}, func(relayAnswer) {})
		}
		return nil, relayProblem(err)
	}
	var opened struct {
		TargetID string `json:"targetId"`
		Ready    bool   `json:"ready"` // what an older extension leaves to this side is done
		Setup    bool   `json:"setup"` // and so are the commands that went along
		Free     bool   `json:"free"`  // there's a fence around the tab
		Plain    bool   `json:"plain"` // it sees to it what is kept of forms
	}
	if err := json.Unmarshal(result, &opened); err != nil || opened.TargetID == "" {
		return nil, problem.New(problem.BrowserFailed, "the extension opened no tab")
	}
	r := &relayed{link: link, ahead: opened.Setup, free: opened.Free, plain: opened.Plain, downloads: make(chan string, 16)}
	r.transport = newRelayTransport(link, opened.TargetID, opened.Ready, log)
	if r.ahead {
		r.transport.done = done[:len(done)-1] // but for asleep, which nobody asks for
	}
	link.listen(r.hear)
	alloc, cancelAlloc := chromedp.NewAllocatorContext(context.WithoutCancel(ctx), transportAllocator{r.transport})
	tab, cancelTab := chromedp.NewContext(alloc)
	r.ctx, r.cancel = tab, func() { cancelTab(); cancelAlloc() }
	err = chromedp.Do(tab, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if opened.Ready {
			return nil
		}
		return wake(ctx, t)
	}))
	if err != nil {
		r.Close()
		return nil, problem.Newf(problem.BrowserFailed, "attaching to the tab: %w", err)
	}
	return r, nil
}

// relayProblem gives a refusal of the extension its code.
func relayProblem(err error) error {
	var refused *RelayError
	if errors.As(err, &refused) {
		switch refused.Code {
		case string(problem.OriginRefused):
			return problem.Newf(problem.OriginRefused, "%w", err)
		case string(problem.Busy):
			return problem.Newf(problem.Busy, "%w", err)
		}
	}
	return problem.Newf(problem.BrowserFailed, "%w", err)
}

// hear takes what the extension tells by itself.
func (r *relayed) hear(m relayMessage) {
	switch {
	case m.Event != "":
		r.transport.event(m.Event, m.Params)
	case m.Detached != nil:
		r.mu.Lock()
		r.gone = detachProblem(*m.Detached)
		r.mu.Unlock()
		r.transport.detached()
	case m.Reattached != nil:
		r.transport.reattached()
	case m.Downloaded != nil:
		select {
		case r.downloads <- m.Downloaded.Path:
		default:
		}
	}
}

// detachProblem says why the debugger is gone, in the terms of the person.
func detachProblem(d detachment) error {
	switch d.Reason {
	case "canceled_by_user":
		return problem.New(problem.Cancelled, "Cancel on the browser's bar")
	case "foreign_frame":
		return problem.New(problem.ExtensionConflict, "another extension's frame: "+d.Who)
	}
	return problem.New(problem.BrowserLost, "the debugger was detached: "+d.Reason)
}

func (r *relayed) Context() context.Context { return r.ctx }
func (r *relayed) Mode() Mode               { return ModeRelay }
func (r *relayed) Notes() []string          { return nil }
func (r *relayed) Downloads() <-chan string { return r.downloads }

// Gone says why the tab is gone; nil while it isn't.
func (r *relayed) Gone() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gone
}

// Expect has the page's document listen for the file. An older extension doesn't know how, and does it with Upload.
func (r *relayed) Expect(selector string) {
	r.link.send(map[string]any{"do": "expectDocument", "selector": selector}, func(relayAnswer) {})
}

// Upload has the extension put in the bytes that it gave to this side, or hands the file over in chunks where it hasn't got them any
// more or doesn't know how: a packaged extension may not name files to the debugger (facts/native.md 2.8).
func (r *relayed) Upload(ctx context.Context, doc Document, selector string, file File, press string) (bool, error) {
	result, err := r.link.request(ctx, map[string]any{"do": "putDocument", "sha256": file.SHA256, "name": file.Name, "selector": selector, "press": press})
	var refused *RelayError
	if !errors.As(err, &refused) || (refused.Code != "NO_DOCUMENT" && refused.Code != "COMMAND_REFUSED") {
		var put struct {
			Pressed bool `json:"pressed"` // an older extension leaves that to this side
		}
		if err == nil {
			err = json.Unmarshal(result, &put)
		}
		return put.Pressed && err == nil, inField(err)
	}
	if r.free {
		// On its way before the file is: what comes back may have frames.
		held := make(chan relayAnswer, 1)
		r.link.send(letPass(true), func(a relayAnswer) { held <- a })
		defer func() {
			select {
			case <-held:
			case <-ctx.Done():
			}
		}()
	}
	return putFile(ctx, r, doc, selector, file, press)
}

func letPass(pass bool) map[string]any { return map[string]any{"do": "letPass", "pass": pass} }

// FillSecret refuses: in this mode the host has no business with a secret.
func (r *relayed) FillSecret(context.Context, Document, string, secret.Secret) error {
	return errors.New("in relay mode the host doesn't hold secrets")
}

// FillToken has the extension fill the value that it keeps under a token, by its own check of the document's origin.
func (r *relayed) FillToken(ctx context.Context, _ Document, selector, token string) error {
	_, err := r.link.request(ctx, map[string]any{"do": "fillSecret", "token": token, "selector": selector})
	return inField(err)
}

// inField gives a refusal of what the extension was to do with a field its meaning for a document.
func inField(err error) error {
	var refused *RelayError
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Code {
	case "ORIGIN_REFUSED":
		return fmt.Errorf("%w: %w", ErrOrigin, err)
	case "DOCUMENT_GONE", "DETACHED":
		return fmt.Errorf("%w: %w", ErrDocumentGone, err)
	case "NO_ELEMENT":
		return fmt.Errorf("%w: %w", ErrNoElement, err)
	}
	return err
}

// LetPass has the extension let documents go on by itself, where it knows how (docs/RELAY.md). An older one can't tell what answers a form
// from what was asked for again once requests pass, so there each waits from the PIN on.
func (r *relayed) LetPass(ctx context.Context, which Passing) error {
	if which == PassWatched && r.ahead || which == PassAll && r.free {
		return nil
	}
	_, err := r.link.request(ctx, letPass(which == PassAll))
	// The first ones hold each for the host's word.
	var refused *RelayError
	if errors.As(err, &refused) && refused.Code == "COMMAND_REFUSED" {
		return nil
	}
	return err
}

// Forgets is so in extensions that do it for the document's form too. An older one does for those from the PIN on.
func (r *relayed) Forgets() bool { return r.plain }

func (r *relayed) Show(ctx context.Context) (bool, error) {
	_, err := r.link.request(ctx, map[string]any{"do": "show"})
	return err == nil, err
}

// Keep leaves the tab to the person when this side lets go of it.
func (r *relayed) Keep() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keep = true
}

func (r *relayed) Close() error {
	r.closeOnce.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		r.mu.Lock()
		keep := r.keep
		r.mu.Unlock()
		// The tab may be gone, or the pipe: then there's nothing left to close.
		_, _ = r.link.request(ctx, map[string]any{"do": "close", "keep": keep})
		r.link.listen(nil)
		r.transport.Close()
		r.cancel()
	})
	return nil
}
