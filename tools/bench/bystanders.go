package main

import (
	"maps"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// bystanders are contestants whose turn it isn't: their processes stand still, so that a browser which waits takes nothing from the one that is
// timed. The rest of the machine is as it was.
type bystanders struct {
	site  int              // the process of the site, which serves all
	still map[string][]int // by a contestant's key
}

func newBystanders(site int) *bystanders { return &bystanders{site, map[string][]int{}} }

// wake lets a contestant go on, and waits until it and the disk have done what has come due meanwhile.
func (b *bystanders) wake(key string) {
	pids := b.still[key]
	delete(b.still, key)
	for _, pid := range slices.Backward(pids) {
		unix.Kill(pid, unix.SIGCONT)
	}
	unix.Sync()
	calm(pids)
}

// rest stops whatever runs and isn't still already: it's of the contestant that was awake.
func (b *bystanders) rest(key string) {
	others := slices.Concat([]int{b.site}, slices.Concat(slices.Collect(maps.Values(b.still))...))
	for {
		// What was started while the rest was being stopped is found when it's looked for once more.
		started := false
		for pid, p := range below(os.Getpid(), others...) {
			if p.state != zombie && !slices.Contains(b.still[key], pid) && unix.Kill(pid, unix.SIGSTOP) == nil {
				b.still[key] = append(b.still[key], pid)
				started = true
			}
		}
		if !started {
			return
		}
	}
}

// release lets all go on, to be ended.
func (b *bystanders) release() {
	for _, pids := range b.still {
		for _, pid := range pids {
			unix.Kill(pid, unix.SIGCONT)
		}
	}
}

// calm waits until none of some processes has used the processor for a while.
func calm(pids []int) {
	const while = 100 * time.Millisecond
	used := func() (sum time.Duration) {
		for _, pid := range pids {
			p, _ := readStat(pid)
			sum += p.cpu
		}
		return sum
	}
	last, since := used(), time.Now()
	for until := time.Now().Add(5 * time.Second); time.Since(since) < while && time.Now().Before(until); time.Sleep(while / 5) {
		if now := used(); now != last {
			last, since = now, time.Now()
		}
	}
}
