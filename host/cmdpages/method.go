// Package cmdpages signs on the CMD web pages: it recognises each page by the data of pages.yaml, acts on it, and waits for
// the next, in a tab of package browser. Where it doesn't know a page, the person goes on by hand while it keeps watching.
package cmdpages

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"golang.org/x/sync/errgroup"

	"github.com/sign-with-cmd/sign-with-cmd/host/browser"
	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/environment"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/trace"
)

// Limits are how long the engine waits.
type Limits struct {
	Page    time.Duration // for the next page, once something was pressed
	Unknown time.Duration // for a loaded page to become one that's known
	Result  time.Duration // for the signed PDF, once the code was sent
	Person  time.Duration // for the person to go on by hand
	Stale   time.Duration // pages that have waited longer than this for the person are walked anew; 0: they never are
}

// DefaultLimits are generous to a slow service; the code itself is valid for two minutes (facts/cmd.md 4). How long the site keeps a
// session isn't known (facts/cmd.md 1.4): Stale stays well under the 20 minutes that sites of its kind have unless told otherwise.
var DefaultLimits = Limits{Page: 60 * time.Second, Unknown: 4 * time.Second, Result: 120 * time.Second, Person: 15 * time.Minute, Stale: 5 * time.Minute}

// Options are what a Method works with.
type Options struct {
	Environment environment.Environment
	Pages       *Pages
	Open        func(context.Context) (browser.Tab, error) // the way to the tab
	Limits      Limits
	Trace       trace.Options // what is kept for repair; its words and the page file's sum are filled in here
	Log         *slog.Logger
}

// Method is the conversation.Method that drives the CMD pages.
type Method struct {
	opts Options

	openOnce sync.Once
	opened   chan struct{}
	openErr  error

	mu      sync.Mutex
	tab     browser.Tab
	giveUp  context.CancelFunc // ends Open; nil before it
	closed  bool
	ahead   *approach // nil before Approach
	signing bool      // Sign was called
	worlds  *worlds
	guard   *guard
	traced  *tracer // nil before Sign, or where nothing is traced
	client  string  // the client's version

	shots sync.Mutex // held while the page is covered for a picture
}

var (
	_ conversation.Method     = (*Method)(nil)
	_ conversation.Approacher = (*Method)(nil)
	_ conversation.Tracer     = (*Method)(nil)
)

// New makes a Method for one document.
func New(opts Options) *Method {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Limits == (Limits{}) {
		opts.Limits = DefaultLimits
	}
	return &Method{opts: opts, opened: make(chan struct{})}
}

// Open starts the browser. It may be called again: the first call counts.
func (m *Method) Open(ctx context.Context) error {
	m.openOnce.Do(func() {
		defer close(m.opened)
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		m.mu.Lock()
		if m.closed {
			m.mu.Unlock()
			m.openErr = context.Canceled
			return
		}
		m.giveUp = cancel
		m.mu.Unlock()
		tab, err := m.opts.Open(ctx)
		if err != nil {
			m.openErr = err
			return
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.closed {
			tab.Close()
			m.openErr = context.Canceled
			return
		}
		m.tab = tab
	})
	select {
	case <-m.opened:
		return m.openErr
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Notes are the tab's.
func (m *Method) Notes() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tab == nil {
		return nil
	}
	return m.tab.Notes()
}

// Close ends the tab, or the start of the browser where that is still under way: nothing is left of it afterwards.
func (m *Method) Close() error {
	m.mu.Lock()
	m.closed = true
	giveUp, ahead := m.giveUp, m.ahead
	m.mu.Unlock()
	if ahead != nil {
		ahead.stop()
		<-ahead.done
	}
	if giveUp == nil {
		return nil // Open has not been called, and won't do anything any more
	}
	giveUp()
	<-m.opened
	m.mu.Lock()
	tab, guard := m.tab, m.guard
	m.mu.Unlock()
	if tab == nil {
		return nil
	}
	if guard != nil {
		guard.settle(settling)
	}
	return tab.Close()
}

// settling is how long the tab's end waits for the browser's having heard that the signed file was taken: where it hasn't, the response goes on, and
// the browser saves it once more.
const settling = time.Second

// Sign opens the environment's first page and goes on from page to page until the signed PDF is held.
func (m *Method) Sign(ctx context.Context, doc conversation.Document, person conversation.Person) (conversation.Signed, error) {
	if err := m.Open(ctx); err != nil {
		return conversation.Signed{}, err
	}
	e, stop, err := m.arrive(ctx)
	if err != nil {
		return conversation.Signed{}, m.explain(ctx, err)
	}
	defer stop()
	e.serve(doc, person)
	signed, err := e.run(e.ctx)
	if err != nil {
		if late := e.late(); late != nil {
			signed, err = *late, nil
		}
	}
	e.trace.end()
	e.dropCredentials()
	e.dropAnswer()
	if err != nil {
		// A tab that was stopped on its way to another address isn't left to the person: a reload would go there.
		if (e.guard.maySign.Load() || e.guard.byHand.Load()) && !problem.Is(err, problem.OriginRefused) {
			m.tab.Keep()
		}
		return conversation.Signed{}, m.explain(ctx, e.afterCommit(err))
	}
	return signed, nil
}

// late gives what was coming back as the signing ended, by the person's cancel or by a limit: it's held first, and is what counts.
func (e *engine) late() *conversation.Signed {
	// Where the person gave up, here or on the browser's bar, before anything of ours was sent, and no approval was offered, the tab goes too.
	e.guard.last(e.limits.Result, e.ctx.Err() != nil && !e.guard.committed.Load())
	for {
		signed, err := e.news()
		if signed != nil || err == nil {
			return signed
		}
	}
}

// explain gives an error that has no code yet the one that fits: the caller's end, the browser's end, or our own mistake.
func (m *Method) explain(ctx context.Context, err error) error {
	var p *problem.Error
	switch {
	case errors.As(err, &p):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case m.tab.Gone() != nil:
		return m.tab.Gone()
	case m.tab.Context().Err() != nil || errors.Is(err, chromedp.ErrTargetDetached) || errors.Is(err, chromedp.ErrChannelClosed):
		return problem.Newf(problem.BrowserLost, "%w", err)
	default:
		return problem.Newf(problem.Internal, "%w", err)
	}
}

// Setup are the commands that make a tab ready for the engine. Where the way to a browser is long it may be given them as it opens the tab.
func Setup(pages *Pages) ([]browser.Command, error) {
	script, err := pages.script()
	return []browser.Command{
		{Method: page.AddScriptToEvaluateOnNewDocument.Method, Params: page.AddScriptToEvaluateOnNewDocumentParams{
			Source: script, WorldName: worldName, RunImmediately: new(true)}},
		{Method: fetch.Enable.Method, Params: held(false)},
	}, err
}

// A page that is the answer to a form carries, in the tab's history, all that the form sent: the code, and the PIN. The browser
// writes that into the profile's session file, and a reload would send it once more. From here on it's a plain GET. An empty page is no answer.
const forget = `if (window === window.top && location.protocol !== "about:") history.replaceState(history.state, "");`

// engine puts the script, the guard and the ears into the tab.
func (m *Method) engine(ctx context.Context) (*engine, func(), error) {
	tabCtx := m.tab.Context()
	target := chromedp.FromContext(tabCtx).Target
	// The engine's context ends with the caller's and with the tab's.
	ectx, cancel := context.WithCancelCause(ctx)
	lost := func(err error) {
		if why := m.tab.Gone(); why != nil {
			err = why
		}
		cancel(problem.Wrap(problem.BrowserLost, err))
	}
	stopTab := context.AfterFunc(tabCtx, func() { lost(context.Cause(tabCtx)) })
	detached, err := chromedp.Detached(tabCtx)
	if err != nil {
		cancel(err)
		return nil, nil, err
	}
	go func() {
		select {
		case <-detached:
			lost(errors.New("the tab was closed"))
		case <-ectx.Done():
		}
	}()
	stop := func() { stopTab(); cancel(context.Canceled) }

	setup, err := Setup(m.opts.Pages)
	if err != nil {
		stop()
		return nil, nil, err
	}
	if !m.tab.Forgets() {
		setup = append(setup, browser.Command{Method: page.AddScriptToEvaluateOnNewDocument.Method, Params: page.AddScriptToEvaluateOnNewDocumentParams{
			Source: forget, WorldName: worldName, RunImmediately: new(true)}})
	}
	w := newWorlds(string(target.TargetID))
	g := &guard{
		target: target, body: m.tab.Body, frame: cdp.FrameID(target.TargetID), origins: m.opts.Environment.Origins, log: m.opts.Log, events: make(chan event, 16),
	}
	dialogs := newDialogs(target, m.opts.Log)
	if err := chromedp.Listen(tabCtx, func(ev any) { w.note(ev); g.note(tabCtx, ev); dialogs.note(tabCtx, ev) }); err != nil {
		stop()
		return nil, nil, err
	}
	// All at once: in relay mode the way there and back takes longer than any of them.
	var ready errgroup.Group
	for _, c := range setup {
		ready.Go(func() error { return target.Call(ectx, c.Method, c.Params, &cdp.Empty{}) })
	}
	ready.Go(func() error { return m.tab.LetPass(ectx, browser.PassAll) })
	if err := ready.Wait(); err != nil {
		stop()
		return nil, nil, err
	}
	traced := m.newTracer(g, w)
	m.mu.Lock()
	m.worlds, m.guard, m.traced = w, g, traced
	m.mu.Unlock()
	e := &engine{
		trace: traced,
		ctx:   ectx, cancel: cancel, tab: m.tab, target: target, env: m.opts.Environment, pages: m.opts.Pages, limits: m.opts.Limits,
		worlds: w, guard: g, log: m.opts.Log, screenshot: m.Screenshot, dialogs: dialogs.said, acted: map[string]int{},
	}
	return e, stop, nil
}

// serve has the engine sign a document for somebody.
func (e *engine) serve(doc conversation.Document, person conversation.Person) {
	e.doc, e.person = doc, person
	e.guard.original, e.guard.person = doc.SHA256, person
	e.trace.names(doc.Name)
	go e.watchDownloads()
	for _, name := range e.walked {
		person.Progress(name)
	}
	e.walked = nil
}

// watchDownloads is the net below the guard: a PDF that the browser saved itself is taken from there.
func (e *engine) watchDownloads() {
	for {
		select {
		case path := <-e.tab.Downloads():
			data, err := readFile(path)
			if err != nil || !e.guard.maySign.Load() {
				continue
			}
			if !e.guard.sent.Load() && sumOf(data) == e.doc.SHA256 {
				continue
			}
			signed, err := e.person.Hold(data)
			if err != nil {
				e.log.Error("holding a download", "err", err)
				continue
			}
			e.guard.tell(event{signed: &signed})
		case <-e.ctx.Done():
			return
		}
	}
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxResult))
}
