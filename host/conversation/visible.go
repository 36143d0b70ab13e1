package conversation

import (
	"encoding/json"
	"slices"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// Visible is the wish for a signature that shows in the document, as the site offers it (facts/cmd.md 1.2). It is said once, with
// the document; without it the signature is invisible.
type Visible struct {
	Page        int    `json:"page"`        // from 1
	Orientation string `json:"orientation"` // of Orientations
	Place       string `json:"place"`       // of Places

	// Last says that Page is the document's last: a site may name it so.
	Last bool `json:"last,omitempty"`
}

// Orientations and Places are what may be asked for.
var (
	Orientations = []string{"portrait", "landscape"}
	Places       = []string{
		"top-left", "top-center", "top-right", "middle-left", "middle-center", "middle-right", "bottom-left", "bottom-center", "bottom-right",
	}
)

// maxPage bounds the number of a page where the document doesn't say how many it has.
const maxPage = 99_999

// parseVisible reads the wish of a stage1 message for a document with so many pages, 0 where that can't be told. Nothing, or
// null, is no wish. Errors: VISIBLE_INVALID.
func parseVisible(raw json.RawMessage, pages int) (*Visible, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var asked struct {
		Page        json.RawMessage `json:"page"`
		Orientation string          `json:"orientation"`
		Place       string          `json:"place"`
	}
	if err := json.Unmarshal(raw, &asked); err != nil {
		return nil, problem.New(problem.VisibleInvalid, "not an object with page, orientation and place")
	}
	v := &Visible{Orientation: asked.Orientation, Place: asked.Place}
	switch string(asked.Page) {
	case `"first"`:
		v.Page = 1
	case `"last"`:
		v.Page = pages
	default:
		if json.Unmarshal(asked.Page, &v.Page) != nil {
			return nil, problem.New(problem.VisibleInvalid, "the page is no number, nor first or last")
		}
	}
	last := pages
	if last == 0 {
		last = maxPage
	}
	switch {
	case v.Page < 1 || v.Page > last:
		return nil, problem.Newf(problem.VisibleInvalid, "page %d of %d", v.Page, pages)
	case !slices.Contains(Orientations, v.Orientation):
		return nil, problem.New(problem.VisibleInvalid, "no such orientation")
	case !slices.Contains(Places, v.Place):
		return nil, problem.New(problem.VisibleInvalid, "no such place")
	}
	v.Last = v.Page == pages
	return v, nil
}

// page is where a seal was asked for, 0 for nowhere.
func (v *Visible) page() int {
	if v == nil {
		return 0
	}
	return v.Page
}
