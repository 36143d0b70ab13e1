package main

import (
	"errors"
	"slices"
	"time"
)

// round is how long the site takes for each page, and how large the document is.
type round struct {
	name  string
	delay time.Duration
	bytes int
}

// rounds of signing. The site takes up to 3 MB.
var rounds = []round{
	{"0ms/50KB", 0, 50 << 10}, {"0ms/3MB", 0, 2900 << 10},
	{"50ms/50KB", 50 * time.Millisecond, 50 << 10}, {"50ms/3MB", 50 * time.Millisecond, 2900 << 10},
	{"300ms/50KB", 300 * time.Millisecond, 50 << 10}, {"300ms/3MB", 300 * time.Millisecond, 2900 << 10},
}

// signings measure how long a signing takes, a round each.
func signings() (all []part) {
	for _, r := range rounds {
		all = append(all, part{"signing", r.name, func(p place, keep func(string) error) error { return p.signing(r, keep) }})
	}
	return all
}

func (p place) signing(r round, keep func(string) error) error {
	ways, missing, err := p.ways()
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(ways, func(w way) bool { return w.key == "relay" }); i >= 0 {
		ways = slices.Insert(ways, i+1, way{"relay-hidden", "cmdsign, relay, button not on the toolbar", false, newHidden},
			way{"relay-typed", "cmdsign, relay, phone and PIN typed meanwhile", false, newUnhurried})
	}
	if p.invites(lone) {
		ways = slices.Insert(ways, 1, lone)
	}
	s, err := p.site(r.delay)
	if err != nil {
		return err
	}
	start, given, failures := s.contest(ways, r.bytes, p.turns(5))
	s.stop()
	table := [][]string{{"", "pages, document", "from start, ms", "of the floor's", "of Chromium's alone", "from credentials given, ms", "of the floor's"}}
	for _, w := range ways {
		cells := []string{"–", "–", "–", "–", "–"}
		for _, err := range failures[w.key] {
			missing += p.failure(w, r.name, err)
		}
		switch {
		case len(failures[w.key]) > repeats:
			cells[0] = "it failed"
		case len(given[w.key]) > 0:
			cells[3], cells[4] = given[w.key].spread("%.0f"), ratio(given[w.key], given[floorKey])
			fallthrough
		default:
			cells[0], cells[1], cells[2] = start[w.key].spread("%.0f"), ratio(start[w.key], start[floorKey]), ratio(start[w.key], start[lone.key])
		}
		table = append(table, append([]string{w.name, r.name}, cells...))
		told(append([]string{w.key}, cells...)...)
	}
	return keep(rows(table) + missing)
}

// repeats is how many turns may fail, and are taken again, before a way takes no more.
const repeats = 2

// contest has the ways take turns, and gives what each needed from the start and, where that's later, from the credentials on, in
// milliseconds; and how turns failed.
func (s *site) contest(ways []way, size, turns int) (start, given map[string]values, failures map[string][]error) {
	warm, others := map[string]hand{}, newBystanders(s.pid)
	defer func() {
		others.release()
		for _, h := range warm {
			h.close()
		}
	}()
	start, given, failures = map[string]values{}, map[string]values{}, map[string][]error{}
	for i := range turns + 1 {
		for _, w := range ways {
			if len(failures[w.key]) > repeats {
				continue
			}
			others.wake(w.key)
			got, good, errs := s.take(w, warm, size, repeats-len(failures[w.key]))
			others.rest(w.key)
			failures[w.key] = append(failures[w.key], errs...)
			if !good {
				continue
			}
			if i == 0 {
				continue // it warms what is warm, and the files of what is cold
			}
			start[w.key] = append(start[w.key], got.end.Sub(got.begin).Seconds()*1e3)
			if !got.given.IsZero() {
				given[w.key] = append(given[w.key], got.end.Sub(got.given).Seconds()*1e3)
			}
		}
	}
	return start, given, failures
}

// take takes a turn, and where it fails takes it again, until more have failed: whoever had signed before begins anew and signs one that
// isn't counted first. It says false where none was any good.
func (s *site) take(w way, warm map[string]hand, size, more int) (got signed, good bool, failures []error) {
	for ready := true; len(failures) <= more; {
		got, err := s.turn(w, warm, size)
		switch {
		case err != nil:
			failures = append(failures, err)
			told(w.name, "failed:", err.Error())
			if h := warm[w.key]; h != nil {
				h.close()
				delete(warm, w.key)
			}
			ready = w.cold
		case !ready:
			ready = true
		default:
			return got, true, failures
		}
	}
	return signed{}, false, failures
}

func (s *site) turn(w way, warm map[string]hand, size int) (signed, error) {
	j, err := s.job(size)
	if err != nil {
		return signed{}, err
	}
	h := warm[w.key]
	begin := time.Now()
	if h == nil {
		if h, err = w.open(s); err != nil {
			return signed{}, err
		}
		if !w.cold {
			warm[w.key] = h
			begin = time.Now()
		}
	}
	got, err := h.sign(j)
	if got.begin.IsZero() {
		got.begin = begin
	}
	if got.end.IsZero() {
		got.end = time.Now()
	}
	if w.cold {
		err = errors.Join(err, h.close())
	}
	if err != nil {
		return signed{}, err
	}
	return got, s.saved(got.path, j)
}
