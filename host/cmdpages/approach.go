package cmdpages

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// approach is the way to the page that takes the document, gone before the person has confirmed one: that needs nothing of theirs, and
// takes its time while they look (decision 019).
type approach struct {
	stop func()
	done chan struct{} // closed once the rest is there
	e    *engine
	end  func()
	err  error
	at   time.Time
}

// Approach goes as far as can be gone without a document, and tells nobody: where it comes to nothing, Sign begins anew. It may be
// called again; the first call counts.
func (m *Method) Approach(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	a := &approach{stop: cancel, done: make(chan struct{})}
	m.mu.Lock()
	if m.closed || m.ahead != nil || m.signing {
		m.mu.Unlock()
		cancel()
		return
	}
	m.ahead = a
	m.mu.Unlock()
	defer close(a.done)
	defer func() {
		if p := recover(); p != nil {
			m.opts.Log.Error("the way to the document's page broke off", "panic", p, "stack", string(debug.Stack()))
			a.err = errors.New("it broke off")
		}
	}()
	if a.err = m.Open(ctx); a.err != nil {
		return
	}
	if a.e, a.end, a.err = m.engine(ctx); a.err != nil {
		return
	}
	a.e.begin(a.e.ctx)
	_, a.err = a.e.run(a.e.ctx)
	a.at = time.Now()
}

// arrive gives an engine that stands at the page which Approach has reached, or is on its way to the first page. Its end is the
// caller's, as is that of ctx.
func (m *Method) arrive(ctx context.Context) (*engine, func(), error) {
	m.mu.Lock()
	a := m.ahead
	m.signing = true
	m.mu.Unlock()
	if a == nil {
		e, end, err := m.engine(ctx)
		if err == nil {
			e.begin(e.ctx)
		}
		return e, end, err
	}
	waited := false
	select {
	case <-a.done:
	default:
		waited = true
		select {
		case <-a.done:
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
	if a.e == nil {
		return nil, nil, a.err
	}
	unhook := context.AfterFunc(ctx, func() { a.e.cancel(context.Cause(ctx)) })
	end := func() { unhook(); a.end(); a.stop() }
	switch {
	case a.err != nil && (waited || problem.Is(a.err, problem.OriginRefused)):
		// The person has waited for it; or the tab was stopped on its way to somebody else, and nothing more is done there.
		end()
		return nil, nil, a.err
	case a.err != nil && a.e.ctx.Err() != nil:
		end()
		return nil, nil, errors.Join(context.Cause(a.e.ctx), a.err)
	case a.err != nil || a.e.stale(a.at):
		m.opts.Log.Info("the site's first pages are walked anew", "err", a.err, "seen", a.at)
		a.e.begin(a.e.ctx)
	}
	return a.e, end, nil
}
