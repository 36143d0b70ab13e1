package cmdpages

import (
	"context"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// Sight is what the recogniser makes of a page.
type Sight struct {
	Page     string              `json:"page"`               // its name in the page file; empty: none
	Elements map[string]string   `json:"elements,omitempty"` // a selector for each of its elements that is there
	Missing  []string            `json:"missing,omitempty"`  // its elements that aren't
	Scores   map[string][]string `json:"scores,omitempty"`   // the kinds of evidence that matched, for each page of the file
	// Unmatched are the kinds of evidence that the page file has for each of those pages, and that didn't match.
	Unmatched map[string][]string `json:"unmatched,omitempty"`
	Errors    []string            `json:"errors,omitempty"`  // what its error labels say
	Overlay   string              `json:"overlay,omitempty"` // a selector for what closes a banner that lies over it
	Title     string              `json:"title,omitempty"`
	Host      string              `json:"host"`
	Path      string              `json:"path"`
	Status    int64               `json:"status,omitempty"`  // of the HTTP answer
	Problem   problem.Code        `json:"problem,omitempty"` // the page is bad news, with this code
}

// Known says whether the engine would know what to do.
func (s Sight) Known() bool { return s.Page != "" && len(s.Missing) == 0 }

// Viewer looks at pages with the same script that signs, and does nothing there: it clicks, fills and sends nothing.
type Viewer struct {
	m    *Method
	e    *engine
	stop func()
	last *seen
}

// Viewer opens the browser to look at pages of the environment's origins.
func (m *Method) Viewer(ctx context.Context) (*Viewer, error) {
	if err := m.Open(ctx); err != nil {
		return nil, err
	}
	e, stop, err := m.engine(ctx)
	if err != nil {
		return nil, m.explain(ctx, err)
	}
	return &Viewer{m: m, e: e, stop: stop}, nil
}

// Visit opens an address (GET) and says what the recogniser makes of what comes. Errors: those of a signing's first page.
func (v *Viewer) Visit(ctx context.Context, address string) (Sight, error) {
	failed := make(chan error, 1)
	go func() { failed <- v.e.open(ctx, address) }()
	// The document before is told from the new one by being the last that was seen.
	now, _, err := v.e.next(ctx, v.last, v.e.limits.Page, v.e.limits.Unknown, failed)
	if err != nil {
		return Sight{}, v.m.explain(ctx, err)
	}
	v.last = now
	return Sight{
		Page: now.Page, Elements: now.Elements, Missing: now.Missing, Scores: now.Scores, Unmatched: v.e.pages.unmatched(now.Scores),
		Errors: now.Errors, Overlay: now.Overlay,
		Title: now.Title, Host: now.Host, Path: now.Path, Status: now.Status, Problem: v.e.pages.page(now.Page).Problem,
	}, nil
}

// Trace keeps a bundle of what was seen, and gives its path; empty where nothing is traced.
func (v *Viewer) Trace(ctx context.Context) string { return v.e.trace.stuck(ctx, v.last, "") }

// Close ends the looking, and the browser.
func (v *Viewer) Close() error {
	v.stop()
	return v.m.Close()
}
