package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/chromedp/cdproto/extensions"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// empty is the least that an extension with a popup can be: the floor of ours.
var empty = map[string]string{
	"manifest.json": `{"manifest_version": 3, "name": "Empty", "version": "1", "key": "` + emptyKey + `", "action": {"default_popup": "popup.html"}}`,
	"popup.html":    `<!doctype html><meta charset="utf-8"><title>Empty</title>word`,
}

// emptyKey gives it an id that's known before it's there, to be pinned by.
const emptyKey = "bm8gcHVibGljIGtleSwgYnV0IGFuIGlkIGNvbWVzIG9mIGl0"

// idOf is an extension's id by its key: half of the SHA-256 of that, in letters from a on.
func idOf(key string) (string, error) {
	der, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(der)
	id := []byte(hex.EncodeToString(sum[:16]))
	for i, c := range id {
		if c <= '9' {
			id[i] = 'a' + c - '0'
		} else {
			id[i] = c - 'a' + 'k'
		}
	}
	return string(id), nil
}

// popup measures how soon the extension's popup shows something, and from the menu the document; with the buttons on the toolbar, and
// where the browser puts them by itself.
func popup(p place, keep func(string) error) error {
	s, err := p.site(0)
	if err != nil {
		return err
	}
	defer s.stop()
	dir := filepath.Join(s.work, "empty")
	if err := put(dir, empty); err != nil {
		return err
	}
	id, err := idOf(emptyKey)
	if err != nil {
		return err
	}
	clicks := [][]string{{"", "button", "click to first content, ms", "of the empty one's"}}
	menus := [][]string{{"from the menu's entry", "button", "document", "to the popup's first content, ms", "to the document shown, ms"}}
	for _, place := range []struct {
		name   string
		pinned []string
	}{{"on the toolbar", append(manifests.IDs(manifests.Chromium), id)}, {"hidden", nil}} {
		err := func() error {
			r, err := s.person(place.pinned...)
			if err != nil {
				return err
			}
			defer r.close()
			floor, err := r.browser.Load(dir)
			if err != nil {
				return err
			}
			r.browser.Drive(r.id)
			rows, err := r.clicks([]button{{"an empty popup (floor)", floor}, {"the extension's popup", r.id}}, place.name, p.turns(20))
			if err != nil {
				return err
			}
			clicks = append(clicks, rows...)
			rows, err = r.menus(place.name, p.turns(10))
			menus = append(menus, rows...)
			return err
		}()
		if err != nil {
			return err
		}
	}
	return keep(rows(clicks) + "\n" + rows(menus))
}

// button is an extension's.
type button struct{ name, id string }

func (r *relay) clicks(all []button, place string, turns int) ([][]string, error) {
	defer r.browser.Drive(r.id)
	if err := r.browser.GoTo(r.pages); err != nil {
		return nil, err
	}
	tabs, err := chromedp.CallBrowser(r.browser.Context(), target.GetTargets, target.GetTargetsParams{Filter: target.Filter{{Type: "tab"}}})
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(tabs.TargetInfos, func(t *target.Info) bool { return t.URL == r.pages })
	if i < 0 {
		return nil, errors.New("the tab isn't there")
	}
	took := make([]values, len(all))
	for turn := range turns + 1 {
		for n, b := range all {
			ms, err := r.click(extensions.TriggerActionParams{ID: b.id, TargetID: string(tabs.TargetInfos[i].TargetID)})
			if err != nil {
				return nil, fmt.Errorf("%s: %w", b.name, err)
			}
			if turn > 0 {
				took[n] = append(took[n], ms)
			}
		}
	}
	var table [][]string
	for n, b := range all {
		cells := []string{b.name, place, took[n].spread("%.0f"), ratio(took[n], took[0])}
		table = append(table, cells)
		told(cells...)
	}
	return table, nil
}

// click clicks a button, and gives the ms until its popup's first content was painted, as the browser itself has it (First Contentful Paint).
func (r *relay) click(on extensions.TriggerActionParams) (float64, error) {
	r.browser.Drive(on.ID)
	var begin time.Time
	p, err := r.opening(func() error {
		begin = time.Now()
		_, err := chromedp.CallBrowser(r.browser.Context(), extensions.TriggerAction, on)
		return err
	})
	if err != nil {
		return 0, err
	}
	painted, err := contentful(p)
	if err != nil {
		return 0, err
	}
	return painted.Sub(begin).Seconds() * 1e3, p.close()
}

func contentful(p *page) (time.Time, error) {
	return moment(p, `performance.getEntriesByName("first-contentful-paint")[0]?.startTime`)
}

// moment waits until an expression gives a time of the page's own clock.
func moment(p *page, expression string) (time.Time, error) {
	at, err := await(p, fmt.Sprintf(`((at) => at && String(performance.timeOrigin + at))(%s)`, expression))
	if err != nil {
		return time.Time{}, err
	}
	var ms float64
	_, err = fmt.Sscan(at, &ms)
	return browserTime(ms), err
}

// menus picks the entry of a link's menu, each time for another document, which then is left.
func (r *relay) menus(place string, turns int) ([][]string, error) {
	var table [][]string
	for _, round := range rounds[:2] {
		var content, shown values
		for turn := range turns + 1 {
			j, err := r.job(round.bytes)
			if err != nil {
				return nil, err
			}
			p, begin, err := r.pick(j)
			if err != nil {
				return nil, err
			}
			seen, err := moment(p, `document.querySelector(".preview")?.dataset.state === "shown" && performance.now()`)
			if err != nil {
				return nil, err
			}
			painted, err := contentful(p)
			if err != nil {
				return nil, err
			}
			if turn > 0 {
				content, shown = append(content, painted.Sub(begin).Seconds()*1e3), append(shown, seen.Sub(begin).Seconds()*1e3)
			}
			if err := r.leave(p); err != nil {
				return nil, err
			}
		}
		cells := []string{"the extension's popup", place, round.name[len("0ms/"):], content.spread("%.0f"), shown.spread("%.0f")}
		table = append(table, cells)
		told(cells...)
	}
	return table, nil
}

// leave says that it isn't this document.
func (r *relay) leave(p *page) error {
	if err := p.press("button", "Não é este"); err != nil {
		return err
	}
	if err := on(p, "choose", 0); err != nil {
		return err
	}
	return p.close()
}
