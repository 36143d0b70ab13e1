package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

// costs measures what else than time a signing needs: the processor, memory, and what client and browser say to each other. Nobody takes
// turns here, and no time is told: looking costs some.
func costs(p place, keep func(string) error) error {
	ways, missing, err := p.ways()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	// In a process of its own, as all others are.
	ways[0].open = func(s *site) (hand, error) { return s.script(self, "-bare") }
	table := [][]string{{"", "pages, document", "CPU, s", "of the floor's", "peak memory, MB", "CDP messages to the browser", "and back", "KB to the browser", "and back"}}
	for _, round := range rounds {
		if round.delay > 0 || !p.wants(round.name) {
			continue
		}
		fmt.Fprintln(os.Stderr, "  ", round.name)
		floor := values{}
		for _, w := range ways {
			cells := []string{"–", "–", "–", "–", "–", "–", "–"}
			var needs needs
			var err error
			for range 1 + repeats {
				if needs, err = p.needs(w, round.bytes); err == nil {
					break
				}
				missing += p.failure(w, round.name, err)
				told(w.name, "failed:", err.Error())
			}
			if err != nil {
				cells[0] = "it failed"
			} else {
				if w.key == floorKey {
					floor = needs.cpu
				}
				cells[0], cells[1], cells[2] = needs.cpu.spread("%.2f"), ratio(needs.cpu, floor), needs.peak.spread("%.0f")
				for i, v := range needs.said {
					if w.key == floorKey {
						break
					}
					cells[3+[]int{0, 2, 1, 3}[i]] = v.spread("%.0f")
				}
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

// needs are a way's, a value a turn.
type needs struct {
	cpu  values    // s
	peak values    // MB
	said [4]values // messages and KB to the browser, those back
}

func (p place) needs(w way, size int) (n needs, err error) {
	s, err := p.site(0)
	if err != nil {
		return n, err
	}
	defer s.stop()
	err = s.metered(w, size, func() func() {
		before, peak := spent(s.pid), watch(s.pid)
		return func() {
			n.peak = append(n.peak, mb(peak()))
			n.cpu = append(n.cpu, (spent(s.pid) - before).Seconds())
		}
	})
	if err != nil || w.key == floorKey {
		return n, err
	}
	// Once more, with somebody in between.
	if s.count, err = newCounted(filepath.Join(p.work, "count-"+w.key)); err != nil {
		return n, err
	}
	err = s.metered(w, size, func() func() {
		before := s.count.numbers()
		return func() {
			for i, now := range s.count.numbers() {
				n.said[i] = append(n.said[i], (now-before[i])/[]float64{1, 1e3}[i%2])
			}
		}
	})
	if err == nil && n.said[0].median() == 0 {
		err = errors.New("nothing was counted")
	}
	return n, err
}

// metered has a way sign, and measure begin and end with each signing: a cold one's from its start to its end.
func (s *site) metered(w way, size int, measure func() (end func())) error {
	warm := map[string]hand{}
	defer func() {
		for _, h := range warm {
			h.close()
		}
		settled(s.pid)
	}()
	if !w.cold {
		if _, err := s.turn(w, warm, size); err != nil {
			return err
		}
	}
	for range s.turns(3) {
		end := measure()
		_, err := s.turn(w, warm, size)
		if w.cold {
			err = errors.Join(err, settled(s.pid))
		}
		end()
		if err != nil {
			return err
		}
	}
	return nil
}

// runBare is the floor as a script (peers/contest.mjs).
func runBare(knows string) error {
	var known struct{ Addr string }
	if err := json.Unmarshal([]byte(knows), &known); err != nil {
		return err
	}
	remote, err := sandbox.At(context.Background(), known.Addr)
	if err != nil {
		return err
	}
	h := newBare(&site{addr: known.Addr, remote: remote, phone: &phone{address: messages(known.Addr)}})
	h.given = func() { fmt.Println("given") }
	fmt.Println("ready")
	for jobs := json.NewDecoder(os.Stdin); ; {
		var j job
		if err := jobs.Decode(&j); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if _, err := h.sign(j); err != nil {
			return err
		}
		fmt.Println("done")
	}
}
