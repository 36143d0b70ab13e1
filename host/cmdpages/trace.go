package cmdpages

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/browser"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/trace"
)

// tracer keeps what the engine sees, redacted, so that pages.yaml can be mended from it (docs/TRACE.md). It must never stand
// in a signature's way: what it can't have in time it does without. A nil tracer keeps nothing.
type tracer struct {
	m        *Method
	recorder *trace.Recorder
	guard    *guard
	worlds   *worlds
	always   bool
}

// Limits of what the trace may cost a signature.
const (
	maxOutline  = 2 * time.Second // for the page's structure
	maxVeiled   = 3 * time.Second // for its picture
	byHandPause = 500 * time.Millisecond
)

// newTracer gives nil where nothing is to be traced.
func (m *Method) newTracer(g *guard, w *worlds) *tracer {
	opts := m.opts.Trace
	if !opts.On() {
		return nil
	}
	opts.Words = trace.NewWords(m.opts.Pages.texts()...)
	opts.Versions.Pages, opts.Versions.PagesOwn, opts.Versions.Mode = m.opts.Pages.sum, m.opts.Pages.own, string(m.tab.Mode())
	t := &tracer{m: m, recorder: trace.NewRecorder(opts), guard: g, worlds: w, always: opts.When == trace.Always}
	m.mu.Lock()
	t.recorder.Client(m.client)
	m.mu.Unlock()
	return t
}

// names takes the document's name, once it's confirmed: no page before that can show it.
func (t *tracer) names(document string) {
	if t != nil {
		t.recorder.Document(document)
	}
}

// see takes a page that the engine has seen.
func (t *tracer) see(s *seen) {
	if t == nil {
		return
	}
	t.recorder.Add(trace.Sight{
		Key: s.World, Host: s.Host, Path: s.Path, Title: s.Title, Status: s.Status, Page: s.Page,
		Found: slices.Collect(maps.Keys(s.Elements)), Missing: s.Missing, Scores: s.Scores, Errors: s.Errors,
		ByHand: t.guard.byHand.Load(), Outline: s.Outline,
	})
}

// stuck takes a picture of a page that isn't known, and gives the path of the bundle with all that was seen up to now; empty
// where there is none. step is what the program needs done there.
func (t *tracer) stuck(ctx context.Context, s *seen, step string) string {
	if t == nil {
		return ""
	}
	if step != "" {
		t.recorder.Stuck(step)
	}
	t.picture(ctx, s.World)
	path, err := t.recorder.Write(trace.WhyUnknown)
	if err != nil {
		t.m.opts.Log.Error("keeping a trace of the pages", "err", err)
		return ""
	}
	return path
}

// picture takes a covered screenshot of the document shown, if it is that one and there's none yet.
func (t *tracer) picture(ctx context.Context, world string) {
	if t.recorder.Pictured(world) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, maxVeiled)
	defer cancel()
	png, of, err := t.m.shoot(ctx, `function(words) { cmdsign.veil(words); }`, `function() { cmdsign.unveil(); }`, t.recorder.Words().List())
	if err != nil {
		t.m.opts.Log.Debug("no picture for the trace", "err", err)
		return
	}
	t.recorder.Picture(of, png)
}

// end writes what came after the bundle was last written.
func (t *tracer) end() {
	if t == nil || !t.recorder.Written() && !t.always {
		return
	}
	if _, err := t.recorder.Write(trace.WhyAlways); err != nil {
		t.m.opts.Log.Error("keeping a trace of the pages", "err", err)
	}
}

// patience is how long a page on the way by hand is given to become a known one before it's noted; 0: it isn't noted.
func (t *tracer) patience() time.Duration {
	if t == nil {
		return 0
	}
	return byHandPause
}

// TraceClient takes the client's version, for the trace.
func (m *Method) TraceClient(version string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.client = version
}

// Trace writes a bundle of what was seen up to now, with the page as it stands there, and gives its path.
func (m *Method) Trace(ctx context.Context) (string, error) {
	m.mu.Lock()
	t := m.traced
	m.mu.Unlock()
	if t == nil {
		return "", problem.New(problem.MessageOutOfTurn, "no page was seen yet, or nothing is traced")
	}
	if world, _ := t.worlds.now(); world != "" {
		looking, cancel := context.WithTimeout(ctx, maxOutline)
		s, err := browser.Call[*seen](looking, m.tab, browser.Document{World: world}, `function() { return cmdsign.see(); }`)
		cancel()
		switch {
		case err == nil:
			s.World = world
			t.see(s)
			t.picture(ctx, world)
		case !errors.Is(err, browser.ErrDocumentGone):
			m.opts.Log.Debug("looking at the page for the trace", "err", err)
		}
	}
	path, err := t.recorder.Write(trace.WhyAsked)
	if err != nil {
		return "", problem.Newf(problem.TraceFailed, "%w", err)
	}
	return path, nil
}
