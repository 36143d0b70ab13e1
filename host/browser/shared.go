package browser

import (
	"context"
	"errors"
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
	life     context.Context // ends with Close
	end      context.CancelFunc

	// mu is never held while a browser is asked anything, started or ended: one that hangs would hold up every conversation.
	mu       sync.Mutex
	home     *home // where the next tab opens; nil: it has to be started
	starting *start
	homes    map[*home]struct{} // home, and those that end with their last tab
}

// home is one process of a shared browser.
type home struct {
	*launched
	open, opened int
}

// start is the start of a browser, for all who wait for it.
type start struct {
	done chan struct{}
	err  error
}

// NewShared says how the browser is started, when it is. patience is how long a tab waits for a browser that doesn't start.
func NewShared(opts LaunchOptions, patience time.Duration) *Shared {
	s := &Shared{opts: opts, patience: patience, homes: map[*home]struct{}{}}
	s.life, s.end = context.WithCancel(context.Background())
	return s
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
	opened := make(chan error, 1)
	go func() {
		opened <- a.within(context.WithoutCancel(ctx), func() error { return a.enter(s.opts.Profiles) })
	}()
	select {
	case err = <-opened:
	case <-ctx.Done():
		// It's let come to its end first: cut off in the middle, it would leave its browser context in a browser that lives on.
		go func() { <-opened; a.Close() }()
		return nil, ctx.Err()
	}
	if err != nil {
		a.Close()
		return nil, problem.Newf(problem.BrowserFailed, "opening a tab: %w", err)
	}
	return a, nil
}

// enter gives the browser, started where none answers, with a place in it that leave gives back.
func (s *Shared) enter(ctx context.Context) (*home, error) {
	for {
		h, st, err := s.find()
		switch {
		case err != nil:
			return nil, err
		case h == nil:
			select {
			case <-st.done:
				if st.err != nil {
					return nil, st.err
				}
				continue
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		case h.answers(ctx):
			return h, nil
		case ctx.Err() != nil:
			s.leave(h)
			return nil, ctx.Err()
		}
		// The tabs that are open in it may only be slow, with a code sent: they keep it, and the next get another.
		s.mu.Lock()
		if s.home == h {
			s.home = nil
		}
		s.mu.Unlock()
		s.leave(h)
	}
}

// find takes a place in the browser that there is, or else gives its start, begun where it hasn't been.
func (s *Shared) find() (*home, *start, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.life.Err() != nil:
		return nil, nil, problem.New(problem.BrowserFailed, "the program is ending")
	case s.home != nil:
		s.home.open++
		s.home.opened++
		return s.home, nil, nil
	case s.starting == nil:
		s.starting = &start{done: make(chan struct{})}
		go s.start(s.starting)
	}
	return nil, s.starting, nil
}

// start starts the browser, whoever of those who wait for it goes away.
func (s *Shared) start(st *start) {
	defer close(st.done)
	tab, err := Launch(s.life, s.opts)
	s.mu.Lock()
	s.starting, st.err = nil, err
	if err != nil {
		s.mu.Unlock()
		return
	}
	h := &home{launched: tab.(*launched)}
	s.home, s.homes[h] = h, struct{}{}
	s.mu.Unlock()
}

func (h *home) answers(ctx context.Context) bool {
	if h.ctx.Err() != nil {
		return false
	}
	asking, cancel := context.WithTimeout(h.ctx, answerTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	_, err := chromedp.CallBrowser(asking, cdpbrowser.GetVersion, cdp.Empty{})
	return err == nil
}

// leave is told of a tab's end.
func (s *Shared) leave(h *home) {
	s.mu.Lock()
	h.open--
	over := h.open == 0 && (h.opened >= renewAfter || s.home != h)
	if over {
		delete(s.homes, h)
		if s.home == h {
			s.home = nil
		}
	}
	s.mu.Unlock()
	if over {
		h.Close()
	}
}

// Close ends the browser, and with it what tabs are left. No tab opens after it.
func (s *Shared) Close() error {
	s.end()
	s.mu.Lock()
	st := s.starting
	s.mu.Unlock()
	if st != nil {
		<-st.done
	}
	s.mu.Lock()
	homes := s.homes
	s.home, s.homes = nil, nil
	s.mu.Unlock()
	var errs []error
	for h := range homes {
		errs = append(errs, h.Close())
	}
	return errors.Join(errs...)
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
