package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cost is what one process needed from its start to its end.
type cost struct {
	wall, cpu time.Duration
	peak      int64 // bytes resident, as the kernel tells at the end
}

// timed runs a command to its end. It has to end with code and say the words, or it hasn't done what is compared.
func timed(cmd *exec.Cmd, code int, says string) (cost, error) {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if cmd.ProcessState == nil {
		return cost{}, err
	}
	if cmd.ProcessState.ExitCode() != code || !bytes.Contains(out.Bytes(), []byte(says)) {
		return cost{}, fmt.Errorf("%s: %v\n%.2000s", cmd, err, out.String())
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return cost{wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), usage.Maxrss << 10}, nil
}

// least is the smallest peak that timed can tell: Linux counts a child's memory from that of the process which started it.
func least() int64 { return status("/proc/self/status", "VmHWM") }

// status reads a line of /proc/…/status or smaps_rollup, in bytes.
func status(file, name string) int64 {
	data, _ := os.ReadFile(file)
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			kb, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kb << 10
		}
	}
	return 0
}
