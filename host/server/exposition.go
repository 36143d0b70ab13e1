package server

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// expositionType is the text format that Prometheus reads: https://prometheus.io/docs/instrumenting/exposition_formats/.
const expositionType = "text/plain; version=0.0.4; charset=utf-8"

const (
	counter = "counter"
	gauge   = "gauge"
)

// family is a metric: one value, or one for each value of its label. It's safe for several goroutines.
//
// It isn't the library's of Prometheus, whose package-level variables every start of the host would pay for (docs/decisions/018).
type family struct {
	name, kind, help string
	label            string // empty: it has none

	mu     sync.Mutex
	values map[string]float64 // by the label's value
}

func (f *family) add(value string, n float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.values == nil {
		f.values = map[string]float64{}
	}
	f.values[value] += n
}

var (
	helpEscapes  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	labelEscapes = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

// write adds the family in the text format. One that has no value yet stays out.
func (f *family) write(out *bytes.Buffer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.values) == 0 {
		return
	}
	fmt.Fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", f.name, helpEscapes.Replace(f.help), f.name, f.kind)
	for _, value := range slices.Sorted(maps.Keys(f.values)) {
		out.WriteString(f.name)
		if f.label != "" {
			fmt.Fprintf(out, `{%s="%s"}`, f.label, labelEscapes.Replace(value))
		}
		out.WriteByte(' ')
		out.WriteString(number(f.values[value]))
		out.WriteByte('\n')
	}
}

func number(n float64) string {
	if n == math.Trunc(n) && math.Abs(n) < 1<<53 {
		return strconv.FormatInt(int64(n), 10)
	}
	return strconv.FormatFloat(n, 'g', -1, 64)
}

// ofProcess are the metrics of this process, by the names under which Prometheus' own libraries give them: of Go everywhere, of the
// process where there's a /proc.
func ofProcess() []*family {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	all := []*family{
		one("go_goroutines", gauge, "Goroutines that there are.", float64(runtime.NumGoroutine())),
		one("go_memstats_heap_inuse_bytes", gauge, "Bytes of the heap that are in use.", float64(memory.HeapInuse)),
		one("go_memstats_sys_bytes", gauge, "Bytes that were taken from the system.", float64(memory.Sys)),
	}
	if resident, ok := pages("/proc/self/statm"); ok {
		all = append(all, one("process_resident_memory_bytes", gauge, "Resident memory in bytes.", float64(resident)*float64(os.Getpagesize())))
	}
	if entries, err := os.ReadDir("/proc/self/fd"); err == nil {
		all = append(all, one("process_open_fds", gauge, "Open file descriptors.", float64(len(entries)-1))) // without the one that reads them
	}
	return all
}

// pages gives the second number of statm, the resident set in pages.
func pages(statm string) (int64, bool) {
	data, err := os.ReadFile(statm)
	fields := strings.Fields(string(data))
	if err != nil || len(fields) < 2 {
		return 0, false
	}
	n, err := strconv.ParseInt(fields[1], 10, 64)
	return n, err == nil
}

func one(name, kind, help string, value float64) *family {
	return &family{name: name, kind: kind, help: help, values: map[string]float64{"": value}}
}
