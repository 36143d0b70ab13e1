package main

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// many is how many documents a queue has, and how many come at once.
const many = 20

// these are the rounds in which there are many.
func (p place) these() (some []round) {
	for _, r := range rounds {
		if (r.name == "0ms/50KB" || r.name == "300ms/50KB") && p.wants(r.name) {
			some = append(some, r)
		}
	}
	return some
}

// queue measures many documents one after the other: in one queue of the popup, and by whoever else has signed before.
func queue(p place, keep func(string) error) error {
	ways, missing, err := p.ways()
	if err != nil {
		return err
	}
	table := [][]string{{"", "pages, document", fmt.Sprintf("%d documents, s", many), "each, ms", "of the floor's", "from credentials given, s", "each, ms"}}
	for _, round := range p.these() {
		fmt.Fprintln(os.Stderr, "  ", round.name)
		s, err := p.site(round.delay)
		if err != nil {
			return err
		}
		all, given, failed := s.queues(ways, round.bytes, p.turns(3))
		s.stop()
		for _, w := range ways {
			if w.cold {
				continue
			}
			cells := []string{"–", "–", "–", "–", "–"}
			if err := failed[w.key]; err != nil {
				cells[0] = "it failed"
				missing += p.failure(w, round.name, err)
			} else {
				cells[0], cells[1], cells[2] = all[w.key].spread("%.1f"), all[w.key].each("%.0f"), ratio(all[w.key], all[floorKey])
			}
			if len(given[w.key]) > 0 {
				cells[3], cells[4] = given[w.key].spread("%.1f"), given[w.key].each("%.0f")
			}
			table = append(table, append([]string{w.name, round.name}, cells...))
			told(append([]string{w.key}, cells...)...)
		}
		if err := keep(rows(table) + missing); err != nil {
			return err
		}
	}
	return nil
}

// each is a document's share of the median, in ms.
func (v values) each(format string) string { return fmt.Sprintf(format, v.median()*1e3/many) }

// queues has the warm ways take turns with many documents each, and gives what each turn needed, and what it needed from the moment on at
// which the PIN was typed once for all, in s.
func (s *site) queues(ways []way, size, turns int) (all, given map[string]values, failed map[string]error) {
	all, given, failed = map[string]values{}, map[string]values{}, map[string]error{}
	warm := map[string]hand{}
	defer func() {
		for _, h := range warm {
			h.close()
		}
	}()
	for i := range turns + 1 {
		for _, w := range ways {
			if w.cold || failed[w.key] != nil {
				continue
			}
			if i == 0 { // it warms
				_, failed[w.key] = s.turn(w, warm, size)
				continue
			}
			got, err := s.line(warm[w.key], size)
			if err != nil {
				failed[w.key] = err
				told(w.name, "failed:", err.Error())
				continue
			}
			all[w.key] = append(all[w.key], got.end.Sub(got.begin).Seconds())
			if !got.given.IsZero() {
				given[w.key] = append(given[w.key], got.end.Sub(got.given).Seconds())
			}
		}
	}
	return all, given, failed
}

// line has one sign many, one after the other.
func (s *site) line(h hand, size int) (got signed, err error) {
	jobs, err := s.jobs(many, size)
	if err != nil {
		return got, err
	}
	paths := make([]string, many)
	if r, ok := h.(*relay); ok {
		got, paths, err = r.several(jobs)
	} else {
		got.begin = time.Now()
		for i, j := range jobs {
			one, failed := h.sign(j)
			if failed != nil {
				return got, failed
			}
			paths[i] = one.path
		}
		got.end = time.Now()
	}
	for i, path := range paths {
		err = errors.Join(err, s.saved(path, jobs[i]))
	}
	return got, err
}
