package cmdpages

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/page"

	"github.com/sign-with-cmd/sign-with-cmd/host/browser"
	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/environment"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/trace"
)

// engine is one signing on the pages.
type engine struct {
	ctx        context.Context
	cancel     context.CancelCauseFunc
	tab        browser.Tab
	target     cdp.Session
	env        environment.Environment
	pages      *Pages
	limits     Limits
	doc        conversation.Document
	person     conversation.Person // nil until the document is confirmed: only what asks for none is done
	worlds     *worlds
	guard      *guard
	log        *slog.Logger
	screenshot func(context.Context) ([]byte, error)
	dialogs    <-chan string // what the page's own dialogs said
	trace      *tracer       // nil: nothing is kept for repair

	creds   *conversation.Credentials // until they're sent
	answer  *conversation.CodeAnswer  // until it's sent
	acted   map[string]int            // how often each page was acted on
	chosen  bool                      // the visible signature was chosen, or is the person's to choose
	rounds  int                       // how often that was begun
	step    string                    // the progress name of the step that was done last
	here    *seen                     // the page that stands there and wasn't acted on yet
	walked  []string                  // the progress names of pages passed before there was a person to be told
	failed  chan error                // how going to an address ended
	walks   bool                      // it is there to act, and not only to look
	waking  sync.Once                 // has the tab behave as one that is looked at
	awake   atomic.Bool               // it does
	watched func() error              // waits until responses are looked at too; nil before that's asked for
	said    string                    // in a box of the browser's, by a page before it was seen
	// leaving is the document that going there leaves behind: nothing is done in it any more.
	leaving string
}

// seen is what the engine's script says of a document. World is not the page's: it says which document it was.
type seen struct {
	Page      string              `json:"page"`
	Elements  map[string]string   `json:"elements"`
	Missing   []string            `json:"missing"`
	Scores    map[string][]string `json:"scores"`
	Errors    []string            `json:"errors"`
	Overlay   string              `json:"overlay"`
	Reference string              `json:"reference"`
	Approval  bool                `json:"approval"` // the page offers approval in the app, without a code
	Title     string              `json:"title"`
	Host      string              `json:"host"`
	Path      string              `json:"path"`
	Status    int64               `json:"status"`      // of the HTTP answer; 0: not known
	Failed    bool                `json:"unreachable"` // it's the browser's own page, in place of one that couldn't be had
	Pressed   bool                `json:"pressed"`     // its button was pressed at once, as it was allowed to be
	Asleep    bool                `json:"asleep"`      // nothing else is known: the tab is to be woken, and asked again
	Origin    string              `json:"origin"`
	Ticks     int                 `json:"ticks"`
	Outline   *trace.Outline      `json:"outline"` // nil: none was asked for, or it couldn't be had
	World     string              `json:"-"`
}

// known says whether the page can be acted on.
func (s *seen) known() bool { return s.Page != "" && len(s.Missing) == 0 }

// maxOverlays bounds how often things in the way are closed, and maxIntro how often the site may send us back to the start
// before anything was sent.
const (
	maxOverlays = 5
	maxIntro    = 2
)

// begin goes to the environment's first page, as if no other had been seen.
func (e *engine) begin(ctx context.Context) {
	clear(e.acted)
	e.here, e.walked, e.step, e.said, e.chosen, e.rounds = nil, nil, "", "", false, 0
	e.walks = true
	e.leaving, _ = e.worlds.now()
	failed := make(chan error, 1)
	e.failed = failed
	go func() { failed <- e.open(ctx, e.env.Intro) }()
}

// run is the loop: wait for a page, act on it, until the signed PDF is held. Without a person it ends before the first page that needs one.
func (e *engine) run(ctx context.Context) (conversation.Signed, error) {
	var since *seen
	overlays := 0
	for {
		limit := e.limits.Page
		if e.guard.sent.Load() {
			limit = e.limits.Result
		}
		now, signed, err := e.next(ctx, since, limit, e.limits.Unknown, e.failed)
		if err != nil {
			return conversation.Signed{}, err
		}
		if signed != nil {
			return *signed, nil
		}
		if now.Overlay != "" && overlays < maxOverlays {
			overlays++
			if err := e.click(ctx, now, now.Overlay); err != nil && !errors.Is(err, browser.ErrDocumentGone) && !errors.Is(err, browser.ErrNoElement) {
				return conversation.Signed{}, err
			}
			since = nil
			continue
		}
		if e.person == nil && !e.free(now) {
			e.here = now
			e.expect(now)
			return conversation.Signed{}, nil
		}
		if !now.known() {
			now, signed, err = e.stuck(ctx, now)
			if err != nil {
				return conversation.Signed{}, err
			}
			if signed != nil {
				return *signed, nil
			}
		}
		signed, err = e.act(ctx, now)
		if err != nil && !errors.Is(err, browser.ErrDocumentGone) {
			return conversation.Signed{}, err
		}
		if signed != nil {
			return *signed, nil
		}
		since = now
	}
}

// free says whether a page may be acted on before a document is confirmed. Where its button was pressed already, it was.
func (e *engine) free(now *seen) bool {
	_, ok := e.presses()[now.Page]
	return ok && now.known() && len(now.Errors) == 0
}

// expect has what can be done for the document before it's confirmed done, on the page that takes it.
func (e *engine) expect(now *seen) {
	for _, s := range e.pages.page(now.Page).Steps {
		if s.Upload != "" && now.known() {
			e.tab.Expect(now.Elements[s.Upload])
		}
	}
}

// presses are the pages on which nothing is done but to press one button, and that none was pressed on yet, with that button's role:
// the engine's script does so in the turn in which it recognises one. Before a document is confirmed those up to the page that takes it.
// None where the person wants to see each.
func (e *engine) presses() map[string]string {
	all := map[string]string{}
	if !e.walks || e.guard.sent.Load() || e.guard.byHand.Load() || e.doc.Pictures {
		return all
	}
	for _, p := range e.pages.Pages {
		if hasPIN(p) || hasCode(p) {
			break
		}
		steps := slices.DeleteFunc(slices.Clone(p.Steps), Step.wished)
		click := len(steps) == 1 && steps[0].Click != "" && !steps[0].Commit && p.Problem == ""
		if !click && e.person == nil {
			break // what comes after is for the document
		}
		choice := e.doc.Visible != nil && (p.Progress == detailsProgress || len(steps) < len(p.Steps))
		if click && !choice && e.acted[p.Name] == 0 {
			all[p.Name] = steps[0].Click
		}
	}
	return all
}

// stale says whether a page that was reached then has waited too long.
func (e *engine) stale(since time.Time) bool {
	return e.limits.Stale > 0 && time.Since(since) > e.limits.Stale
}

// progress tells the person which page was reached, once there's one.
func (e *engine) progress(name string) {
	if e.person == nil {
		e.walked = append(e.walked, name)
		return
	}
	e.person.Progress(name)
}

// open goes to an address. Its answer comes with the page; here only a failure counts.
func (e *engine) open(ctx context.Context, address string) error {
	res, err := cdp.Call(ctx, e.target, page.Navigate, page.NavigateParams{URL: address})
	if err != nil {
		return err
	}
	if res.ErrorText != "" && res.ErrorText != "net::ERR_BLOCKED_BY_CLIENT" && res.ErrorText != "net::ERR_ABORTED" {
		return problem.Newf(problem.SiteUnreachable, "%s: %s", hostOf(address), res.ErrorText)
	}
	return nil
}

// next waits for something to act on: a page (see wait in engine.js), the signed PDF, or bad news. It takes one round trip
// for each document that the tab shows on the way.
func (e *engine) next(ctx context.Context, since *seen, limit, unknown time.Duration, failed <-chan error) (*seen, *conversation.Signed, error) {
	if now := e.here; now != nil {
		e.here = nil
		return now, nil, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	said := e.said
	e.said = ""
	var silence <-chan time.Time // after this what was said was the answer to the press
	if said != "" && since != nil && since.Pressed {
		silence = time.After(unknown)
	}
	looks := make(chan *seen, 1)
	ask := map[string]any{"unknownAfter": unknown.Milliseconds(), "outlines": e.trace != nil}
	if press := e.presses(); len(press) > 0 {
		ask["press"], ask["origins"] = press, e.env.Origins
	}
	leaving := e.leaving
	go func() {
		if s := e.look(ctx, since, leaving, ask); s != nil {
			looks <- s
		}
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		select {
		case s := <-looks:
			// News of the document that stands there came before it.
			if signed, err := e.news(); signed != nil || err != nil {
				return nil, signed, err
			}
			if s.Failed && e.guard.refused.Load() {
				continue // the guard is about to say why
			}
			if s.Failed {
				return nil, nil, problem.Newf(problem.SiteUnreachable, "the page after %q couldn't be loaded", e.step)
			}
			e.trace.see(s)
			return s, nil, nil
		case ev := <-e.guard.events:
			return nil, ev.signed, ev.failure()
		case text := <-e.dialogs:
			if since != nil {
				return since.answered(text), nil, nil
			}
			// It may be what the page says on loading, or to a press that isn't told yet.
			e.said = text
		case <-silence:
			return since.answered(said), nil, nil
		case err := <-failed:
			if err != nil {
				// The guard may have said why already.
				if signed, news := e.news(); signed != nil || news != nil {
					return nil, signed, news
				}
				return nil, nil, err
			}
		case <-timer.C:
			return nil, nil, problem.Newf(problem.SiteSlow, "nothing after %q in %v", e.step, limit)
		case <-e.ctx.Done():
			return nil, nil, context.Cause(e.ctx)
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
}

// answered is the page with what it has said in a box of the browser's: as good as an error label.
func (s *seen) answered(text string) *seen {
	with := *s
	with.Errors = []string{text}
	return &with
}

// news gives what the guard has told, without waiting.
func (e *engine) news() (*conversation.Signed, error) {
	select {
	case ev := <-e.guard.events:
		return ev.signed, ev.failure()
	default:
		return nil, nil
	}
}

// failure is the event's error as an error that is nil when there's none.
func (ev event) failure() error {
	if ev.err == nil {
		return nil
	}
	return ev.err
}

// look asks each document that the tab shows in turn, but the one that is being left, until one has something to say. It gives nil when
// ctx ends.
func (e *engine) look(ctx context.Context, since *seen, leaving string, ask map[string]any) *seen {
	for ctx.Err() == nil {
		world, changed := e.worlds.now()
		if world == "" || world == leaving {
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		ask["awake"] = e.awake.Load()
		s, err := e.wait(ctx, world, since, ask)
		if err == nil && s != nil && s.Asleep {
			e.wake(ctx)
			continue
		}
		if err == nil && s != nil {
			s.World = world
			e.log.Debug("seen", "page", s.Page, "missing", s.Missing, "host", s.Host, "path", s.Path, "scores", s.Scores)
			return s
		}
		if err != nil && !errors.Is(err, browser.ErrDocumentGone) && ctx.Err() == nil {
			e.log.Debug("looking at the page", "err", err)
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	return nil
}

// wait asks one document. Of the end of the one in which something was just done the browser tells after the next has begun, and takes its
// time: nobody waits for that. Any other is heard to the end, since it may have a button pressed.
func (e *engine) wait(ctx context.Context, world string, since *seen, ask map[string]any) (*seen, error) {
	const function = `function(ask) { return cmdsign.wait(ask); }`
	if since == nil || since.World != world {
		return browser.Call[*seen](ctx, e.tab, e.document(world), function, ask)
	}
	ask = maps.Clone(ask)
	ask["since"] = map[string]any{"page": since.Page, "ticks": since.Ticks, "errors": since.Errors, "missing": since.Missing}
	type answer struct {
		s   *seen
		err error
	}
	answers := make(chan answer, 1)
	go func() {
		s, err := browser.Call[*seen](ctx, e.tab, e.document(world), function, ask)
		answers <- answer{s, err}
	}()
	for {
		now, changed := e.worlds.now()
		if now != "" && now != world {
			select {
			case a := <-answers:
				return a.s, a.err
			default:
				return nil, browser.ErrDocumentGone
			}
		}
		select {
		case a := <-answers:
			return a.s, a.err
		case <-changed:
		}
	}
}

const wakeTimeout = 5 * time.Second

// wake has a tab in the background draw, run its timers and take keys, for good: it is awake once this ends, whoever began it. Up to here
// it didn't need to, which saves each page the time of its drawing.
func (e *engine) wake(ctx context.Context) {
	e.waking.Do(func() {
		// Whoever asked for it may have what it wants by now: the tab is to be awake for those who come after.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), wakeTimeout)
		defer cancel()
		if err := browser.Wake(ctx, e.tab); err != nil {
			e.log.Debug("waking the tab", "err", err)
		}
		e.awake.Store(true)
	})
}

func (e *engine) document(world string) browser.Document {
	return browser.Document{World: world, Origins: e.env.Origins}
}

// stuck is for a page that isn't known: the person goes on by hand, and the engine watches until it knows the page again or
// has the file.
func (e *engine) stuck(ctx context.Context, now *seen) (*seen, *conversation.Signed, error) {
	if now.Status >= 400 && now.Page == "" {
		return nil, nil, problem.Newf(problem.SiteError, "%s%s answered %d", now.Host, now.Path, now.Status)
	}
	if err := e.showFrames(ctx, now); err != nil {
		return nil, nil, err
	}
	e.log.Info("page not known", "host", now.Host, "path", now.Path, "scores", now.Scores, "missing", now.Missing)
	e.guard.byHand.Store(true)
	shown, err := e.tab.Show(ctx)
	if err != nil {
		return nil, nil, err
	}
	picture, err := e.screenshot(ctx)
	if err != nil {
		e.log.Debug("no screenshot of the unknown page", "err", err)
	}
	step := e.wanted(now)
	e.person.Stuck(conversation.Stuck{
		Step: step, Title: now.Title, Host: now.Host, Shown: shown, Screenshot: picture, Trace: e.trace.stuck(ctx, now, step),
		Visible: e.reminder(step),
	})
	e.chosen = e.chosen || e.reminder(step) != nil // the person has been told, and goes on from here
	limit, where := e.limits.Person, now.Host+now.Path
	if !shown && e.guard.sent.Load() {
		// Nobody can do anything here but wait for the file, and cancel comes too late.
		limit = e.limits.Result
	}
	for overlays := 0; ; {
		// Each page on the way by hand is seen once, for the trace.
		next, signed, err := e.next(ctx, now, limit, e.trace.patience(), nil)
		if problem.Is(err, problem.SiteSlow) {
			err = problem.Newf(problem.PageUnknown, "%s, and nobody went on by hand in %v", where, limit)
		}
		if err != nil || signed != nil {
			return nil, signed, err
		}
		// A banner would swallow the next click, the program's as well as the person's.
		if next.Overlay != "" && overlays < maxOverlays {
			overlays++
			if err := e.click(ctx, next, next.Overlay); err != nil && !errors.Is(err, browser.ErrNoElement) {
				return nil, nil, err
			}
			now = nil
			continue
		}
		if next.known() {
			e.guard.byHand.Store(false)
			e.person.Resumed()
			return next, nil, nil
		}
		e.trace.stuck(ctx, next, "")
		now = next
	}
}

// watch begins to have every document that comes and goes looked at, one by one, and gives the way to wait until it is so. Before the PIN
// nothing that comes can be the signed PDF, and where requests may go is known to whoever holds the browser.
func (e *engine) watch(ctx context.Context) func() error {
	if e.watched == nil {
		asked := make(chan error, 2)
		go func() {
			_, err := cdp.Call(ctx, e.target, fetch.Enable, held(true))
			asked <- err
		}()
		go func() { asked <- e.tab.LetPass(ctx, browser.PassWatched) }()
		e.watched = sync.OnceValue(func() error {
			err := errors.Join(<-asked, <-asked)
			if err != nil {
				e.watched = nil
			}
			return err
		})
	}
	return e.watched
}

// watching waits until it is so. Where it was asked for while the debugger was away for a moment, which may be minutes ago, it's asked for once
// more: the person has typed phone and PIN by now.
func (e *engine) watching(ctx context.Context) error {
	if e.watch(ctx)() == nil {
		return nil
	}
	return e.watch(ctx)()
}

// showFrames makes a page ready for somebody to look at: nothing passes unseen any more, and what was left blank comes.
func (e *engine) showFrames(ctx context.Context, now *seen) error {
	e.wake(ctx)
	if err := errors.Join(e.watching(ctx), e.tab.LetPass(ctx, browser.PassNone)); err != nil {
		return err
	}
	e.guard.blank.Store(false)
	if !e.guard.blanked.Swap(false) {
		return nil
	}
	const again = `function(origins) {
		for (const f of document.querySelectorAll("iframe[src], frame[src], embed[src]")) if (origins.includes(new URL(f.src, location).origin)) f.src = f.src;
		for (const f of document.querySelectorAll("object[data]")) if (origins.includes(new URL(f.data, location).origin)) f.data = f.data;
	}`
	if _, err := browser.Call[any](ctx, e.tab, e.document(now.World), again, e.env.Origins); err != nil && !errors.Is(err, browser.ErrDocumentGone) {
		e.log.Info("what the page's frames show couldn't be fetched", "err", err)
	}
	return nil
}

// wanted names the step that has to be done by hand: that of the page that was nearly recognised, else the one after the last.
func (e *engine) wanted(now *seen) string {
	if p := e.pages.page(now.Page).Progress; p != "" {
		return p
	}
	if e.step == "" {
		return e.pages.Pages[0].Progress
	}
	i := slices.IndexFunc(e.pages.Pages, func(p Page) bool { return p.Progress == e.step })
	if i+1 < len(e.pages.Pages) && e.pages.Pages[i+1].Progress != "" {
		return e.pages.Pages[i+1].Progress
	}
	return e.step
}

// afterCommit gives an error that came once a signature may exist the code that says so, unless the page itself has said
// that none was made. It goes by what the journal was told, so that the two never differ.
func (e *engine) afterCommit(err error) error {
	if !e.guard.committed.Load() || problem.Is(err, problem.CodeExpired) || problem.Is(err, problem.JournalFailed) {
		return err
	}
	var p *problem.Error
	said := ""
	if errors.As(err, &p) {
		said = p.Site
	}
	return problem.Newf(problem.MayBeSigned, "%w", err).Said(said)
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
