package cmdpages

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/trace"
)

//go:embed pages.yaml
var builtinPages []byte

//go:embed engine.js
var engineJS string

// Limits of a page file: it comes from outside when it's the user's.
const (
	maxPageFile = 256 << 10
	maxPages    = 50
	maxTexts    = 200
	maxLength   = 300
)

// Pages says how the CMD pages are recognised and what to do on each: data, so that a change of the site can be mended
// without a release (DESIGN.md 4). It holds no script, address, origin or trust.
type Pages struct {
	Version  int       `yaml:"version" json:"-"`
	Pages    []Page    `yaml:"pages" json:"pages"`
	Overlays []Overlay `yaml:"overlays" json:"overlays"`
	Errors   []Locator `yaml:"errors" json:"errors"`
	Messages []Message `yaml:"messages" json:"-"`

	sum string // SHA-256 of the file, or of both
	own bool   // a file of the user's lies over the built-in one
}

// Page is one page: its evidence (each kind that matches counts one, and Need of them make it this page), its elements, and
// what to do there.
type Page struct {
	Name     string             `yaml:"name" json:"name"`
	Progress string             `yaml:"progress" json:"-"` // the name in progress messages
	Need     int                `yaml:"need" json:"need"`
	Evidence Evidence           `yaml:"evidence" json:"evidence"`
	Elements map[string]Locator `yaml:"elements" json:"elements,omitempty"`
	// Reference are patterns for the document reference that the page shows; the first group is taken.
	Reference []string `yaml:"reference" json:"reference,omitempty"`
	// Approval are words by which the page offers to approve in the app instead of typing a code.
	Approval []string     `yaml:"approval" json:"approval,omitempty"`
	Steps    []Step       `yaml:"steps" json:"-"`
	Problem  problem.Code `yaml:"problem" json:"-"` // this page is bad news, with this code
}

// Evidence are the kinds of evidence for a page. Texts and buttons are compared without accents and case.
type Evidence struct {
	Path    []string `yaml:"path" json:"path,omitempty"`       // part of the URL's path
	IDs     []string `yaml:"ids" json:"ids,omitempty"`         // an element with one of these ids
	CSS     []string `yaml:"css" json:"css,omitempty"`         // an element that one of these selectors finds
	Texts   []string `yaml:"texts" json:"texts,omitempty"`     // words of the page
	Buttons []string `yaml:"buttons" json:"buttons,omitempty"` // the name of a button or link
	Absent  []string `yaml:"absent" json:"absent,omitempty"`   // with one of these ids it isn't this page
}

// kinds names the kinds of evidence that there are, as engine.js does.
func (e Evidence) kinds() (names []string) {
	for _, kind := range []struct {
		name string
		any  []string
	}{{"path", e.Path}, {"ids", e.IDs}, {"css", e.CSS}, {"texts", e.Texts}, {"buttons", e.Buttons}} {
		if len(kind.any) > 0 {
			names = append(names, kind.name)
		}
	}
	return names
}

// unmatched gives, for each page of scores (the kinds of evidence that matched), the kinds that didn't.
func (p *Pages) unmatched(scores map[string][]string) map[string][]string {
	all := map[string][]string{}
	for name, matched := range scores {
		rest := slices.DeleteFunc(p.page(name).Evidence.kinds(), func(kind string) bool { return slices.Contains(matched, kind) })
		if len(rest) > 0 {
			all[name] = rest
		}
	}
	return all
}

// Locator finds an element; its kinds are tried in this order.
type Locator struct {
	IDs      []string `yaml:"ids" json:"ids,omitempty"`
	CSS      []string `yaml:"css" json:"css,omitempty"`
	Labels   []string `yaml:"labels" json:"labels,omitempty"`
	Buttons  []string `yaml:"buttons" json:"buttons,omitempty"`
	Hidden   bool     `yaml:"hidden" json:"hidden,omitempty"`     // it may be invisible, as file inputs are
	Optional bool     `yaml:"optional" json:"optional,omitempty"` // the page is complete without it
}

// Step is one act; just one of its fields is set, to the role of an element.
type Step struct {
	Click  string `yaml:"click"`
	Upload string `yaml:"upload"`
	Phone  string `yaml:"phone"`
	PIN    string `yaml:"pin"`
	Code   string `yaml:"code"`
	// Check ticks a box or a radio button, and Choose takes one of several: in a list, a field for a number, or a group of radio
	// buttons. Both are for the visible signature: done only where the person asked for one, together, before the other steps.
	Check  string `yaml:"check"`
	Choose string `yaml:"choose"`
	// Of is what a choose is about, page, orientation or place, and As gives the page's words for each value (wishes).
	Of string              `yaml:"of"`
	As map[string][]string `yaml:"as"`
	// Mirror names the hidden field that a page's script fills from the phone box; it's looked at after the phone is typed.
	Mirror string `yaml:"mirror"`
	// Commit marks the click after which a signature may exist.
	Commit bool `yaml:"commit"`
}

// Overlay is something in the way, and the buttons that close it in order of preference.
type Overlay struct {
	Within  []string `yaml:"within" json:"within"`
	Buttons []string `yaml:"buttons" json:"buttons"`
}

// Message maps what an error label says to a code.
type Message struct {
	Contains []string     `yaml:"contains"`
	Code     problem.Code `yaml:"code"`
}

// Builtin gives the built-in pages, which nobody may change.
var Builtin = sync.OnceValue(func() *Pages {
	pages, err := ParsePages(builtinPages)
	if err != nil {
		panic("the built-in pages: " + err.Error())
	}
	return pages
})

// LoadPages gives the built-in pages, overridden by the file at path unless that is empty: a page of the same name is
// replaced, another is added; a list that the file names replaces the built-in one. The error is PAGES_INVALID and names
// the line.
func LoadPages(path string) (*Pages, error) {
	pages, err := ParsePages(builtinPages)
	if err != nil || path == "" {
		return pages, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, problem.Newf(problem.PagesInvalid, "opening the page file: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPageFile+1))
	if err != nil {
		return nil, problem.Newf(problem.PagesInvalid, "reading %s: %w", path, err)
	}
	over, err := parsePages(data)
	if err != nil {
		return nil, problem.Newf(problem.PagesInvalid, "%s: %w", path, err)
	}
	pages = pages.with(over)
	pages.sum, pages.own = sumOf(slices.Concat(builtinPages, data)), true
	if err := pages.check(); err != nil {
		return nil, problem.Newf(problem.PagesInvalid, "%s: %w", path, err)
	}
	return pages, nil
}

// ParsePages reads a complete page file. The error is PAGES_INVALID and names the line.
func ParsePages(data []byte) (*Pages, error) {
	pages, err := parsePages(data)
	if err == nil {
		err = pages.check()
	}
	if err != nil {
		return nil, problem.Newf(problem.PagesInvalid, "%w", err)
	}
	return pages, nil
}

func parsePages(data []byte) (*Pages, error) {
	if len(data) > maxPageFile {
		return nil, fmt.Errorf("the page file is over %d bytes", maxPageFile)
	}
	var pages Pages
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&pages); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	for i := range pages.Pages {
		if pages.Pages[i].Need == 0 {
			pages.Pages[i].Need = 2
		}
	}
	pages.sum = sumOf(data)
	return &pages, nil
}

// texts are all words that the file knows, which a trace may show.
func (p *Pages) texts() (all []string) {
	for _, page := range p.Pages {
		all = append(all, page.Evidence.Texts...)
		all = append(all, page.Evidence.Buttons...)
		all = append(all, page.Approval...)
		for _, l := range page.Elements {
			all = append(all, l.Labels...)
			all = append(all, l.Buttons...)
		}
		for _, s := range page.Steps {
			for _, words := range s.As {
				all = append(all, words...)
			}
		}
	}
	for _, m := range p.Messages {
		all = append(all, m.Contains...)
	}
	for _, o := range p.Overlays {
		all = append(all, o.Buttons...)
	}
	return all
}

func (p *Pages) with(over *Pages) *Pages {
	merged := *p
	if over.Version != 0 {
		merged.Version = over.Version
	}
	merged.Pages = slices.Clone(p.Pages)
	for _, page := range over.Pages {
		if i := slices.IndexFunc(merged.Pages, func(q Page) bool { return q.Name == page.Name }); i >= 0 {
			merged.Pages[i] = page
		} else {
			merged.Pages = append(merged.Pages, page)
		}
	}
	if over.Overlays != nil {
		merged.Overlays = over.Overlays
	}
	if over.Errors != nil {
		merged.Errors = over.Errors
	}
	if over.Messages != nil {
		merged.Messages = over.Messages
	}
	return &merged
}

// check refuses what would only show itself in the middle of a signature.
func (p *Pages) check() error {
	if p.Version != 0 && p.Version != 1 {
		return fmt.Errorf("version %d of the page file isn't known, 1 is", p.Version)
	}
	if len(p.Pages) == 0 || len(p.Pages) > maxPages {
		return fmt.Errorf("there must be 1 to %d pages, not %d", maxPages, len(p.Pages))
	}
	names := map[string]bool{}
	for _, page := range p.Pages {
		if page.Name == "" || names[page.Name] {
			return fmt.Errorf("page %q: a name is missing or there twice", page.Name)
		}
		names[page.Name] = true
		if err := page.check(); err != nil {
			return fmt.Errorf("page %s: %w", page.Name, err)
		}
	}
	for _, m := range p.Messages {
		if !known(m.Code) {
			return fmt.Errorf("message %q: no such error code %q", m.Contains, m.Code)
		}
	}
	for _, l := range p.Errors {
		if err := limit(l.IDs, l.CSS); err != nil {
			return fmt.Errorf("errors: %w", err)
		}
	}
	for _, o := range p.Overlays {
		if err := limit(o.Within, o.Buttons); err != nil {
			return fmt.Errorf("overlays: %w", err)
		}
	}
	return nil
}

func (p Page) check() error {
	e := p.Evidence
	kinds := 0
	for _, list := range [][]string{e.Path, e.IDs, e.CSS, e.Texts, e.Buttons} {
		if len(list) > 0 {
			kinds++
		}
	}
	if p.Need < 1 || p.Need > kinds {
		return fmt.Errorf("it needs %d kinds of evidence and has %d", p.Need, kinds)
	}
	if err := limit(e.Path, e.IDs, e.CSS, e.Texts, e.Buttons, e.Absent, p.Reference, p.Approval); err != nil {
		return err
	}
	if p.Problem != "" && !known(p.Problem) {
		return fmt.Errorf("no such error code %q", p.Problem)
	}
	for _, pattern := range p.Reference {
		if _, err := regexp.Compile(pattern); err != nil {
			return fmt.Errorf("reference: %w", err)
		}
	}
	for role, l := range p.Elements {
		if err := limit(l.IDs, l.CSS, l.Labels, l.Buttons); err != nil {
			return fmt.Errorf("element %s: %w", role, err)
		}
	}
	roles := slices.Sorted(maps.Keys(p.Elements))
	for i, s := range p.Steps {
		set := 0
		for _, role := range []string{s.Click, s.Upload, s.Phone, s.PIN, s.Code, s.Check, s.Choose} {
			if role == "" {
				continue
			}
			set++
			if _, ok := p.Elements[role]; !ok {
				return fmt.Errorf("step %d: no element %q, only %s", i+1, role, strings.Join(roles, ", "))
			}
		}
		if set != 1 {
			return fmt.Errorf("step %d: it must be just one of click, upload, phone, pin, code, check, choose", i+1)
		}
		if err := s.checkWish(); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	return nil
}

// limit bounds how many texts there are and how long each is.
func limit(lists ...[]string) error {
	for _, list := range lists {
		if len(list) > maxTexts {
			return fmt.Errorf("over %d entries in a list", maxTexts)
		}
		for _, s := range list {
			if s == "" || len(s) > maxLength {
				return fmt.Errorf("an entry is empty or over %d bytes", maxLength)
			}
		}
	}
	return nil
}

func known(code problem.Code) bool {
	return slices.ContainsFunc(problem.Table, func(e problem.Entry) bool { return e.Code == code })
}

// page gives the page of a name; the zero Page if there is none.
func (p *Pages) page(name string) Page {
	i := slices.IndexFunc(p.Pages, func(q Page) bool { return q.Name == name })
	if i < 0 {
		return Page{}
	}
	return p.Pages[i]
}

// judge gives what an error label says its code. What isn't in the table is SITE_MESSAGE, in the site's words.
func (p *Pages) judge(texts []string) *problem.Error {
	if len(texts) == 0 {
		return nil
	}
	said := inOneLine(texts)
	for _, m := range p.Messages {
		for _, want := range m.Contains {
			if strings.Contains(plain(said), plain(want)) {
				return problem.New(m.Code, "the page's error label").Said(said)
			}
		}
	}
	return problem.New(problem.SiteMessage, "the page's error label").Said(said)
}

// inOneLine puts what a page's labels say in one line.
func inOneLine(texts []string) string { return strings.Join(texts, " · ") }

// script is the engine with these pages in it, to run in every document.
func (p *Pages) script() (string, error) {
	config, err := json.Marshal(map[string]any{
		"pages": p.Pages, "overlays": nonNil(p.Overlays), "errors": nonNil(p.Errors), "attributes": trace.Attributes(),
	})
	if err != nil {
		return "", err
	}
	return strings.Replace(engineJS, "__CONFIG__", string(config), 1), nil
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
