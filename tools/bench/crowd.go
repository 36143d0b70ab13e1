package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// crowd measures many signings at once on one cmdsign serve, beside as many one after the other.
func crowd(p place, keep func(string) error) error {
	table := [][]string{{"", "pages, document", fmt.Sprintf("all %d, s", many), "of the floor's", "peak memory, MB", "for each beyond the waiting browser's, MB"}}
	for _, round := range p.these() {
		fmt.Fprintln(os.Stderr, "  ", round.name)
		s, err := p.site(round.delay)
		if err != nil {
			return err
		}
		lines, err := s.crowds(round, p.turns(3))
		s.stop()
		if err != nil {
			return err
		}
		table = append(table, lines...)
		if err := keep(rows(table)); err != nil {
			return err
		}
	}
	return nil
}

func (s *site) crowds(round round, turns int) (lines [][]string, err error) {
	opened, err := newService(s)
	if err != nil {
		return nil, err
	}
	// Each of the floor's has its own session, as a browser context has.
	floor, serve := func() hand { return newBare(s) }, func() hand { return opened }
	defer func() { err = errors.Join(err, opened.close()) }()
	j, err := s.job(round.bytes)
	if err != nil {
		return nil, err
	}
	if _, err := opened.sign(j); err != nil { // it starts the browser
		return nil, err
	}
	contestants := []struct {
		name   string
		hand   func() hand
		atOnce bool
	}{
		{"bare HTTP client (floor), one after the other", floor, false},
		{"cmdsign serve, one after the other", serve, false},
		{"bare HTTP client (floor), at once", floor, true},
		{"cmdsign serve, at once", serve, true},
	}
	took := make([]values, len(contestants))
	for range turns {
		for i, c := range contestants {
			seconds, err := s.together(c.hand, round.bytes, c.atOnce)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			took[i] = append(took[i], seconds)
			told(c.name, fmt.Sprintf("%.1f s", seconds))
		}
	}
	for i, c := range contestants {
		cells := []string{c.name, round.name, took[i].spread("%.1f"), ratio(took[i], took[i-i%2]), "–", "–"}
		if strings.HasPrefix(c.name, "cmdsign") {
			// Once more, since looking costs time.
			waiting, peak := held(s.pid), watch(s.pid)
			_, err := s.together(c.hand, round.bytes, c.atOnce)
			most := peak()
			if err != nil {
				return nil, err
			}
			cells[4] = fmt.Sprintf("%.0f", mb(most))
			if c.atOnce {
				cells[5] = fmt.Sprintf("%.1f", mb(most-waiting)/many)
			}
		}
		lines = append(lines, cells)
		told(cells...)
	}
	return lines, nil
}

// together signs many documents, each by a hand, and gives the seconds until the last is saved.
func (s *site) together(open func() hand, size int, atOnce bool) (float64, error) {
	jobs, err := s.jobs(many, size)
	if err != nil {
		return 0, err
	}
	hands, paths, errs := make([]hand, many), make([]string, many), make([]error, many)
	for i := range hands {
		hands[i] = open()
	}
	sign := func(i int) {
		got, err := hands[i].sign(jobs[i])
		paths[i], errs[i] = got.path, err
	}
	begin := time.Now()
	if atOnce {
		var all sync.WaitGroup
		for i := range jobs {
			all.Go(func() { sign(i) })
		}
		all.Wait()
	} else {
		for i := range jobs {
			sign(i)
		}
	}
	took := time.Since(begin).Seconds()
	for i, j := range jobs {
		if errs[i] == nil {
			errs[i] = s.saved(paths[i], j)
		}
	}
	return took, errors.Join(errs...)
}
