package main

import (
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// leaveNothing makes this process answerable for all that it starts, also what those have left behind, and gives what ends it all and
// takes the folder away. An interrupt does the same.
func leaveNothing(work string) func() {
	// Whoever loses its parent becomes a child of this process (prctl(2)), and is found below it.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		fmt.Fprintln(os.Stderr, "bench: what others leave running isn't ended:", err)
	}
	leave := sync.OnceFunc(func() {
		// Twice: whoever was just about to start something may have done so meanwhile.
		for range 2 {
			killBelow()
			os.RemoveAll(work)
		}
	})
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		<-stop
		// What is cut off looks like a failure, which must not be told, nor come into the document.
		writing.Lock()
		leave()
		os.Exit(1)
	}()
	return leave
}

// writing is held while anything is told or the document written, and for good once the run is broken off.
var writing sync.Mutex

func killBelow() {
	for until := time.Now().Add(5 * time.Second); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		running := false
		for pid, p := range below(os.Getpid()) {
			if p.state != zombie {
				syscall.Kill(pid, syscall.SIGKILL)
				running = true
			}
		}
		if !running {
			return
		}
	}
}
