package browser

import (
	"context"
	"sync"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

const (
	// renewAfter is how many tabs a shared browser opens before it's ended, once none is open: a browser that runs for weeks grows.
	renewAfter = 200
	// answerTimeout is how long a shared browser may take to say that it's alive.
	answerTimeout = 5 * time.Second
)

// Shared is one browser of the program's own for many tabs, each in a browser context of its own: like private windows, they share
// nothing. It starts with the first tab, and again when it's gone. Its methods may be called from several goroutines.
type Shared struct {
	opts     LaunchOptions
	patience time.Duration

	mu   sync.Mutex
	home *home
}

// home is one process of a shared browser.
type home struct {
	*launched
	open, opened int
}

// NewShared says how the browser is started, when it is. patience is how long a tab waits for a browser that doesn't start.
func NewShared(opts LaunchOptions, patience time.Duration) *Shared {
	return &Shared{opts: opts, patience: patience}
}

// Open opens a tab. Errors: BROWSER_NOT_FOUND, BROWSER_FAILED.
func (s *Shared) Open(ctx context.Context) (Tab, error) {
	var tab Tab
	err := persist(ctx, s.patience, func() (err error) {
		tab, err = s.tab(ctx)
		return err
	})
	return tab, err
}

func (s *Shared) tab(ctx context.Context) (Tab, error) {
	h, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	within, cancel := context.WithCancel(h.ctx)
	a := &attached{
		mode: ModeLaunch, local: true, headless: h.headless, notes: h.notes, ctx: within,
		disconnect: sync.OnceFunc(func() { cancel(); s.leave(h) }),
	}
	if err := a.within(ctx, func() error { return a.enter(s.opts.Profiles) }); err != nil {
		a.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, problem.Newf(problem.BrowserFailed, "opening a tab: %w", err)
	}
	return a, nil
}

// enter gives the browser, started where none answers.
func (s *Shared) enter(ctx context.Context) (*home, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.home != nil && !s.home.answers() {
		s.home.Close()
		s.home = nil
	}
	if s.home == nil {
		tab, err := Launch(ctx, s.opts)
		if err != nil {
			return nil, err
		}
		s.home = &home{launched: tab.(*launched)}
	}
	s.home.open++
	s.home.opened++
	return s.home, nil
}

func (h *home) answers() bool {
	if h.ctx.Err() != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(h.ctx, answerTimeout)
	defer cancel()
	_, err := chromedp.CallBrowser(ctx, cdpbrowser.GetVersion, cdp.Empty{})
	return err == nil
}

// leave is told of a tab's end.
func (s *Shared) leave(h *home) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h.open--; h.open == 0 && h.opened >= renewAfter && s.home == h {
		s.home = nil
		h.Close()
	}
}

// Close ends the browser, and with it what tabs are left.
func (s *Shared) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.home == nil {
		return nil
	}
	h := s.home
	s.home = nil
	return h.Close()
}

// The waits between one try and the next: twice as long each time.
const (
	firstWait = 250 * time.Millisecond
	lastWait  = 4 * time.Second
)

// persist tries until it works, the patience has an end, or the ctx has. It gives the last try's error.
func persist(ctx context.Context, patience time.Duration, try func() error) error {
	deadline := time.Now().Add(patience)
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		err := try()
		if err == nil || problem.Of(err) == problem.BrowserNotFound || ctx.Err() != nil || !time.Now().Add(wait).Before(deadline) {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}
