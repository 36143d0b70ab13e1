package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// running is a process as /proc/…/stat tells it.
type running struct {
	parent int
	state  byte
	cpu    time.Duration // its own, and that of its children that have ended and were waited for
}

const zombie = 'Z'

// tick is the unit of times in /proc/…/stat; Linux has had no other for programs since 2.6.
const tick = 10 * time.Millisecond

// below gives all processes that came of one, but it, and but those that came of others.
func below(pid int, others ...int) map[int]running {
	all, children := map[int]running{}, map[int][]int{}
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		id, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if r, ok := readStat(id); ok {
			all[id] = r
			children[r.parent] = append(children[r.parent], id)
		}
	}
	found := map[int]running{}
	for next := children[pid]; len(next) > 0; {
		id := next[0]
		next = next[1:]
		if slices.Contains(others, id) {
			continue
		}
		found[id] = all[id]
		next = append(next, children[id]...)
	}
	return found
}

func readStat(pid int) (running, bool) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	// The program's name, in brackets, may hold anything.
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	if err != nil || len(fields) < 15 {
		return running{}, false // it ended
	}
	number := func(i int) int64 { n, _ := strconv.ParseInt(string(fields[i]), 10, 64); return n }
	return running{int(number(1)), fields[0][0], tick * time.Duration(number(11)+number(12)+number(13)+number(14))}, true
}

// spent is what all that this process started have needed up to now, but others. Two moments have to be compared.
func spent(others ...int) time.Duration {
	var ended syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_CHILDREN, &ended)
	sum := time.Duration(ended.Utime.Nano() + ended.Stime.Nano())
	for _, p := range below(os.Getpid(), others...) {
		sum += p.cpu
	}
	return sum
}

// held is what all that this process started hold, but others, in bytes; what processes share is counted once (PSS).
func held(others ...int) (sum int64) {
	for pid, p := range below(os.Getpid(), others...) {
		if p.state != zombie {
			sum += status(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Pss")
		}
	}
	return sum
}

// watch looks every so often what is held, until it's told to stop: then it gives the most that it saw.
func watch(others ...int) (stop func() int64) {
	end, most := make(chan struct{}), make(chan int64)
	go func() {
		var peak int64
		for {
			peak = max(peak, held(others...))
			select {
			case <-end:
				most <- peak
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return func() int64 { close(end); return <-most }
}

// settled waits until nothing runs that this process started, but others, and takes what has ended away.
func settled(others ...int) error {
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		runs := false
		for pid, p := range below(os.Getpid(), others...) {
			runs = runs || p.state != zombie
			if p.state == zombie && p.parent == os.Getpid() {
				unix.Wait4(pid, nil, unix.WNOHANG, nil)
			}
		}
		if !runs {
			return nil
		}
	}
	return fmt.Errorf("something still runs: %v", below(os.Getpid(), others...))
}
