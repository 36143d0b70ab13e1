package cmdpages

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/sign-with-cmd/sign-with-cmd/host/browser"
	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/environment"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// engine is one signing on the pages.
type engine struct {
	ctx        context.Context
	tab        browser.Tab
	target     *chromedp.Target
	env        environment.Environment
	pages      *Pages
	limits     Limits
	doc        conversation.Document
	person     conversation.Person
	worlds     *worlds
	guard      *guard
	log        *slog.Logger
	screenshot func(context.Context) ([]byte, error)
	dialogs    <-chan string // what the page's own dialogs said
	trace      *tracer       // nil: nothing is kept for repair

	creds  *conversation.Credentials // until they're sent
	answer *conversation.CodeAnswer  // until it's sent
	acted  map[string]int            // how often each page was acted on
	chosen bool                      // the visible signature was chosen, or is the person's to choose
	rounds int                       // how often that was begun
	step   string                    // the progress name of the step that was done last
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
	Origin    string              `json:"origin"`
	Ticks     int                 `json:"ticks"`
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

// run is the loop: wait for a page, act on it, until the signed PDF is held.
func (e *engine) run(ctx context.Context) (conversation.Signed, error) {
	failed := make(chan error, 1)
	go func() { failed <- e.open(ctx, e.env.Intro) }()

	var since *seen
	overlays := 0
	for {
		limit := e.limits.Page
		if e.guard.sent.Load() {
			limit = e.limits.Result
		}
		now, signed, err := e.next(ctx, since, limit, e.limits.Unknown, failed)
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
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	looks := make(chan *seen, 1)
	go func() {
		if s := e.look(ctx, since, unknown); s != nil {
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
			e.trace.see(ctx, s)
			return s, nil, nil
		case ev := <-e.guard.events:
			return nil, ev.signed, ev.failure()
		case text := <-e.dialogs:
			// The page has answered in a box of the browser's: as good as an error label.
			if since != nil {
				answered := *since
				answered.Errors = []string{text}
				return &answered, nil, nil
			}
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

// look asks each document that the tab shows in turn, until one has something to say. It gives nil when ctx ends.
func (e *engine) look(ctx context.Context, since *seen, unknown time.Duration) *seen {
	for ctx.Err() == nil {
		world, changed := e.worlds.now()
		if world == "" {
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		ask := map[string]any{"unknownAfter": unknown.Milliseconds()}
		if since != nil && since.World == world {
			ask["since"] = map[string]any{"page": since.Page, "ticks": since.Ticks, "errors": since.Errors, "missing": since.Missing}
		}
		if e.guard.lastStatus() >= 500 {
			ask["unknownAfter"] = min(unknown, 500*time.Millisecond).Milliseconds()
		}
		s, err := browser.Call[*seen](ctx, e.tab, e.document(world), `function(ask) { return cmdsign.wait(ask); }`, ask)
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

func (e *engine) document(world string) browser.Document {
	return browser.Document{World: world, Origins: e.env.Origins}
}

// stuck is for a page that isn't known: the person goes on by hand, and the engine watches until it knows the page again or
// has the file.
func (e *engine) stuck(ctx context.Context, now *seen) (*seen, *conversation.Signed, error) {
	if status := e.guard.lastStatus(); status >= 400 && now.Page == "" {
		return nil, nil, problem.Newf(problem.SiteError, "%s%s answered %d", now.Host, now.Path, status)
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
