package cmdpages

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"

	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// maxResult bounds what is taken from a response into memory; a larger one is left to the browser's own download.
const maxResult = 128 << 20

// guard stands between the tab and the network, for documents only. Before a request leaves it refuses the main frame any
// origin but the environment's, so that no redirect, not even one that repeats a form, takes the file, the PIN or the code
// elsewhere. From the PIN on, and while the person works by hand, it looks at responses too: before one is used it takes the signed
// PDF, which is written and synced first, and only then is the browser told that there was nothing (DESIGN.md 7).
type guard struct {
	target   cdp.Session
	body     func(context.Context, fetch.RequestID) ([]byte, error) // of a response that is paused
	frame    cdp.FrameID
	origins  []string
	original string // SHA-256 of the document that was sent: the page's own preview of it is not the result
	person   conversation.Person
	log      *slog.Logger

	sent    atomic.Bool // the engine has sent the code
	byHand  atomic.Bool // the person works in the page: each form may be the one that signs
	maySign atomic.Bool // what comes now may be the signed PDF
	blank   atomic.Bool // frames of the site's stay blank
	blanked atomic.Bool // one was left so
	// committed: the journal says that a signature may exist, so an error from here on has to say so too.
	committed atomic.Bool

	// heard is closed once the browser has heard that there's nothing in place of the response that was taken last; nil: none was.
	heard atomic.Pointer[chan struct{}]

	taking  sync.RWMutex // read while it's found out whether a response is the signed PDF, and while that is taken
	refused atomic.Bool  // an address was refused, or is about to be: an event tells of it

	events chan event
	wg     sync.WaitGroup
}

// event is what the guard has to tell the engine.
type event struct {
	signed *conversation.Signed
	err    *problem.Error
}

// held has documents' requests held, and with responses those too: each costs its time.
func held(responses bool) fetch.EnableParams {
	at := []fetch.RequestStage{fetch.RequestStageRequest}
	if responses {
		at = append(at, fetch.RequestStageResponse)
	}
	var params fetch.EnableParams
	for _, stage := range at {
		params.Patterns = append(params.Patterns, &fetch.RequestPattern{URLPattern: "*", ResourceType: network.ResourceTypeDocument, RequestStage: stage})
	}
	return params
}

// note takes an event of the tab; the work is done elsewhere, where it needs commands.
func (g *guard) note(ctx context.Context, ev any) {
	switch ev := ev.(type) {
	case *fetch.EventRequestPaused:
		g.wg.Go(func() { g.handle(ctx, ev) })
	case *page.EventFrameNavigated:
		// The browser's own page, in place of one that the extension's fence kept it from.
		if at := ev.Frame.UnreachableURL; ev.Frame.ID == g.frame && at != "" && !g.allowed(at) {
			g.refuse(at)
		}
	}
}

// refuse tells that the page was kept from going to an address.
func (g *guard) refuse(address string) {
	if !g.refused.Swap(true) {
		g.tell(event{err: problem.Newf(problem.OriginRefused, "the page went to %s", hostOf(address))})
	}
}

func (g *guard) tell(e event) {
	select {
	case g.events <- e:
	default: // the engine has enough to tell already
	}
}

func (g *guard) handle(ctx context.Context, ev *fetch.EventRequestPaused) {
	g.log.Debug("document", "method", ev.Request.Method, "host", hostOf(ev.Request.URL), "main", ev.FrameID == g.frame,
		"status", ev.ResponseStatusCode, "error", ev.ResponseErrorReason)
	var err error
	if ev.ResponseStatusCode == 0 && ev.ResponseErrorReason == "" {
		err = g.request(ctx, ev)
	} else {
		err = g.response(ctx, ev)
	}
	if err != nil && ctx.Err() == nil {
		g.log.Warn("answering a paused request", "err", err)
	}
}

func (g *guard) request(ctx context.Context, ev *fetch.EventRequestPaused) error {
	main := ev.FrameID == g.frame
	if main && !g.allowed(ev.Request.URL) {
		g.refused.Store(true)
		_, err := cdp.Call(ctx, g.target, fetch.FailRequest, fetch.FailRequestParams{
			RequestID: ev.RequestID, ErrorReason: network.ErrorReasonBlockedByClient})
		g.tell(event{err: problem.Newf(problem.OriginRefused, "the page went to %s", hostOf(ev.Request.URL))})
		return err
	}
	if !main && g.blank.Load() && ev.Request.Method == "GET" && g.allowed(ev.Request.URL) {
		g.blanked.Store(true)
		_, err := cdp.Call(ctx, g.target, fetch.FulfillRequest, fetch.FulfillRequestParams{RequestID: ev.RequestID, ResponseCode: 204})
		if err == nil {
			return nil
		}
		g.log.Debug("leaving a frame blank", "err", err) // an older extension refuses it
	}
	if ev.Request.Method == "POST" && g.byHand.Load() {
		if err := g.person.ByHand(); err != nil {
			g.tell(event{err: problem.Wrap(problem.JournalFailed, err)})
			_, err := cdp.Call(ctx, g.target, fetch.FailRequest, fetch.FailRequestParams{
				RequestID: ev.RequestID, ErrorReason: network.ErrorReasonAborted})
			return err
		}
		g.committed.Store(true)
		g.maySign.Store(true)
	}
	_, err := cdp.Call(ctx, g.target, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: ev.RequestID})
	return err
}

func (g *guard) response(ctx context.Context, ev *fetch.EventRequestPaused) error {
	main := ev.FrameID == g.frame
	// A refusal of our own comes back here as an error too.
	if main && ev.ResponseErrorReason != "" && ev.ResponseErrorReason != network.ErrorReasonBlockedByClient {
		g.tell(event{err: problem.Newf(problem.SiteUnreachable, "%s: %s", hostOf(ev.Request.URL), ev.ResponseErrorReason)})
	}
	if ev.ResponseErrorReason == "" {
		if taken, err := g.result(ctx, ev, main); taken {
			return err
		}
	}
	// Whatever is not taken goes its way: the browser saves a download itself.
	_, err := cdp.Call(ctx, g.target, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: ev.RequestID})
	return err
}

// result takes a response that looks like the signed PDF. It says false where that has to go on.
func (g *guard) result(ctx context.Context, ev *fetch.EventRequestPaused, main bool) (bool, error) {
	g.taking.RLock()
	defer g.taking.RUnlock()
	if !g.looksLikeResult(ev, main) {
		return false, nil
	}
	taken, err := g.take(ctx, ev)
	if err != nil && !taken {
		g.log.Error("taking the response", "err", err)
	}
	return taken, err
}

// last waits until what is being taken is, within a limit: the signing ends. Where the person gave up nothing signs any more once that is
// so, and nothing is taken after it.
func (g *guard) last(limit time.Duration, gaveUp bool) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.taking.Lock()
		defer g.taking.Unlock()
		if gaveUp {
			g.maySign.Store(false)
		}
	}()
	select {
	case <-done:
	case <-time.After(limit):
		g.log.Error("a response was still being taken at the end")
	}
}

// looksLikeResult says whether a response may be the signed PDF: none is before a signature may exist.
func (g *guard) looksLikeResult(ev *fetch.EventRequestPaused, main bool) bool {
	if !g.maySign.Load() || ev.ResponseStatusCode < 200 || ev.ResponseStatusCode > 299 {
		return false
	}
	kind := strings.ToLower(header(ev, "Content-Type"))
	attached := strings.HasPrefix(strings.ToLower(header(ev, "Content-Disposition")), "attachment")
	if !strings.HasPrefix(kind, "application/pdf") && !attached {
		return false
	}
	// By hand it isn't known which form signs: a PDF shown in a frame may be the page's preview of anything.
	if !g.sent.Load() && !main && !attached {
		return false
	}
	if length, err := strconv.ParseInt(header(ev, "Content-Length"), 10, 64); err == nil && length > maxResult {
		return false
	}
	return true
}

// take reads the response, has it written and synced, and only then answers 204 in its place. It says false where the
// response has to go on: its body can't be had, can't be written, or is the document that was sent.
func (g *guard) take(ctx context.Context, ev *fetch.EventRequestPaused) (bool, error) {
	// The body is taken even when the conversation has been ended meanwhile: a signature may exist.
	ctx = context.WithoutCancel(ctx)
	data, err := g.body(ctx, ev.RequestID)
	if err != nil {
		return false, fmt.Errorf("reading the body: %w", err)
	}
	if !g.sent.Load() && sumOf(data) == g.original {
		return false, nil
	}
	signed, err := g.person.Hold(data)
	if err != nil {
		return false, fmt.Errorf("holding the body: %w", err)
	}
	// It's on the disk and in the journal, so it's checked while the browser hears of it; Method.Close waits for that.
	heard := make(chan struct{})
	defer close(heard)
	g.heard.Store(&heard)
	g.tell(event{signed: &signed})
	_, err = cdp.Call(ctx, g.target, fetch.FulfillRequest, fetch.FulfillRequestParams{RequestID: ev.RequestID, ResponseCode: 204})
	return true, err
}

// settle waits until the browser has heard that there's nothing in place of what was taken, but not for ever: the tab may be gone.
func (g *guard) settle(limit time.Duration) {
	heard := g.heard.Load()
	if heard == nil {
		return
	}
	select {
	case <-*heard:
	case <-time.After(limit):
	}
}

func (g *guard) allowed(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	return u.Scheme == "about" || slices.Contains(g.origins, u.Scheme+"://"+u.Host)
}

func header(ev *fetch.EventRequestPaused, name string) string {
	for _, h := range ev.ResponseHeaders {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// hostOf names where a URL leads without what stands in its path or query.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "an address that can't be read"
	}
	return u.Host
}
