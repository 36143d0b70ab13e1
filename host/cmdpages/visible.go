package cmdpages

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sign-with-cmd/sign-with-cmd/host/browser"
	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// detailsProgress is the page on which the site offers a visible signature.
const detailsProgress = "details_page"

// maxRounds bounds how often a page may be there anew because of what was chosen on it, as pages do that send each choice to the
// server.
const maxRounds = 8

// wishes are what a choose may be of, with the values that have words of the page's. In those of a page's number {n} stands for it.
var wishes = map[string][]string{
	"page":        {"first", "last", "number"},
	"orientation": conversation.Orientations,
	"place":       conversation.Places,
}

// checkWish refuses a choose that is about nothing, and words that no value has.
func (s Step) checkWish() error {
	if s.Choose == "" {
		if s.Of != "" || s.As != nil {
			return errors.New("of and as belong to choose")
		}
		return nil
	}
	values, ok := wishes[s.Of]
	if !ok {
		return fmt.Errorf("choose needs of: one of %s", strings.Join(slices.Sorted(maps.Keys(wishes)), ", "))
	}
	for value, words := range s.As {
		if !slices.Contains(values, value) {
			return fmt.Errorf("as: %q is none of %s", value, strings.Join(values, ", "))
		}
		if err := limit(words); err != nil {
			return fmt.Errorf("as: %s: %w", value, err)
		}
	}
	return nil
}

// wished says whether a step is for the visible signature.
func (s Step) wished() bool { return s.Check != "" || s.Choose != "" }

// choice is one thing to be set, as the engine's script takes it.
type choice struct {
	Role   string   `json:"role"`
	Words  []string `json:"words"`            // of the option to be taken; nil: it's a box to be ticked
	Number string   `json:"number,omitempty"` // what a field for a number gets
}

// choices are what a page's steps set for a wish.
func choices(p Page, v conversation.Visible) (all []choice) {
	for _, s := range p.Steps {
		if s.Check != "" {
			all = append(all, choice{Role: s.Check})
		}
		if s.Choose == "" {
			continue
		}
		c := choice{Role: s.Choose, Words: []string{}}
		switch s.Of {
		case "orientation":
			c.Words = append(c.Words, s.As[v.Orientation]...)
		case "place":
			c.Words = append(c.Words, s.As[v.Place]...)
		case "page":
			c.Number = strconv.Itoa(v.Page)
			c.Words = append(c.Words, c.Number)
			for _, word := range s.As["number"] {
				c.Words = append(c.Words, strings.ReplaceAll(word, "{n}", c.Number))
			}
			if v.Page == 1 {
				c.Words = append(c.Words, s.As["first"]...)
			}
			if v.Last {
				c.Words = append(c.Words, s.As["last"]...)
			}
		}
		all = append(all, c)
	}
	return all
}

// errByHand says that the person has to choose: the page must not be sent as it is, which would sign invisibly.
var errByHand = errors.New("the person chooses the visible signature")

// offered sets what the person asked for on the page that offers it. Where nothing was asked for, nothing is touched. Errors:
// errByHand, errNotPressed where the page came anew meanwhile.
func (e *engine) offered(ctx context.Context, p Page, now *seen) error {
	if e.doc.Visible == nil {
		return nil
	}
	all := choices(p, *e.doc.Visible)
	if len(all) == 0 {
		// A page file of the user's may know the page and not these controls.
		if p.Progress == detailsProgress {
			return errByHand
		}
		return nil
	}
	if e.rounds++; e.rounds > maxRounds {
		return errByHand
	}
	e.wake(ctx)
	const choose = `function(origins, ask) { return origins.includes(location.origin) ? cmdsign.choose(ask) : ["origin"]; }`
	open, err := browser.Call[[]string](ctx, e.tab, e.document(now.World), choose, e.env.Origins, map[string]any{"page": p.Name, "choices": all})
	switch {
	case errors.Is(err, browser.ErrDocumentGone):
		return fmt.Errorf("%w: %w", errNotPressed, err)
	case err != nil:
		return err
	case slices.Equal(open, []string{"origin"}):
		return e.refused(browser.ErrOrigin)
	case len(open) > 0:
		e.log.Info("the visible signature can't be chosen on this page", "missing", open)
		return errByHand
	}
	e.chosen = true
	return nil
}

// handOver leaves a known page to the person, who chooses there and sends it. Nobody has given the PIN yet: a form sent here can't
// be the one that signs.
func (e *engine) handOver(ctx context.Context, p Page, now *seen) (*conversation.Signed, error) {
	e.chosen = true
	if err := e.showFrames(ctx, now); err != nil {
		return nil, err
	}
	shown, err := e.tab.Show(ctx)
	if err != nil {
		return nil, err
	}
	picture, err := e.screenshot(ctx)
	if err != nil {
		e.log.Debug("no screenshot of the page", "err", err)
	}
	e.person.Stuck(conversation.Stuck{
		Step: p.Progress, Title: now.Title, Host: now.Host, Shown: shown, Screenshot: picture, Visible: e.doc.Visible, Known: true,
		Trace: e.trace.stuck(ctx, now, p.Progress),
	})
	for {
		next, signed, err := e.next(ctx, now, e.limits.Person, e.limits.Unknown, nil)
		if problem.Is(err, problem.SiteSlow) {
			err = problem.Newf(problem.InputTimeout, "nobody chose the visible signature in %v", e.limits.Person)
		}
		if err != nil || signed != nil {
			return signed, err
		}
		// The page may come anew with each thing that is chosen on it.
		if next.Page != p.Name {
			if next.known() {
				e.person.Resumed()
			}
			return nil, nil
		}
		now = next
	}
}

// reminder is what the person asked for, for a step that may be the one where it's chosen or comes before it.
func (e *engine) reminder(step string) *conversation.Visible {
	at := func(progress string) int {
		return slices.IndexFunc(e.pages.Pages, func(p Page) bool { return p.Progress == progress })
	}
	if details := at(detailsProgress); details >= 0 && (at(step) > details || e.acted[e.pages.Pages[details].Name] > 0) {
		return nil
	}
	return e.doc.Visible
}
