package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// values are what one contestant needed, a value a turn.
type values []float64

func (v values) at(share float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	return s[int(share*float64(len(s)-1)+0.5)]
}

func (v values) median() float64 { return v.at(0.5) }

// spread is the median and, in brackets, where the middle half lies.
func (v values) spread(format string) string {
	return fmt.Sprintf(format+" ("+format+"–"+format+")", v.median(), v.at(0.25), v.at(0.75))
}

// ratio is one median to another.
func ratio(v, to values) string {
	if len(to) == 0 || to.median() == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", v.median()/to.median())
}

// rows are a table in Markdown; the first row is the head.
func rows(all [][]string) string {
	var b strings.Builder
	for i, row := range all {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			fmt.Fprintf(&b, "|---%s|\n", strings.Repeat("|--:", len(row)-1))
		}
	}
	return b.String()
}

// load is how many processors are in use, in the two seconds that it takes. The load average won't do: of what was measured just before
// it says that it's other work.
func load() float64 {
	busy := func() (ticks float64) {
		data, _ := os.ReadFile("/proc/stat")
		first, _, _ := strings.Cut(string(data), "\n")
		for i, field := range strings.Fields(first) {
			// user, nice, system, idle, iowait, irq, …, and guests, which are in user already
			if v, err := strconv.ParseFloat(field, 64); err == nil && i != 4 && i != 5 && i < 9 {
				ticks += v
			}
		}
		return ticks
	}
	const looks, ticksASecond = 2, 100
	before := busy()
	time.Sleep(looks * time.Second)
	return (busy() - before) / (looks * ticksASecond)
}

// circumstances says when and on what a table was measured. A machine that did other work too is named a busy one: its numbers are
// good for the ratios, if at all.
func circumstances(before float64) string {
	commit := strings.TrimSpace(output("git", "rev-parse", "--short", "HEAD"))
	kind := "something"
	if data, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(data)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				kind = strings.TrimSpace(value)
				break
			}
		}
	}
	s := fmt.Sprintf("Measured on %s, commit %s (and what wasn't committed), %d × %s, %s, %s.\n", time.Now().UTC().Format("2 January 2006, 15:04 UTC"),
		commit, runtime.NumCPU(), kind, strings.TrimSpace(output("uname", "-sr")), runtime.Version())
	if strings.TrimSpace(output("git", "status", "--porcelain", "--untracked-files=no", "--", ":!docs")) == "" {
		s = strings.Replace(s, " (and what wasn't committed)", "", 1)
	}
	if before > 0.1*float64(runtime.NumCPU()) {
		s += fmt.Sprintf("\n**Provisional: the machine was busy with other work.** %.1f of its %d processors were in use just before. "+
			"Ratios come from turns taken in one run and suffer less than the times; measure again on an idle machine.\n", before, runtime.NumCPU())
	}
	return s
}

func output(name string, args ...string) string {
	out, _ := exec.Command(name, args...).Output()
	return string(out)
}

// write puts a part's text between its two marks in the document; the words around it are a person's.
func write(path, part, text string) error {
	doc, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	begin, end := []byte("<!-- "+part+" -->\n"), []byte("<!-- /"+part+" -->\n")
	from, to := bytes.Index(doc, begin), bytes.Index(doc, end)
	if from < 0 || to < from {
		return fmt.Errorf("%s has no marks for %s", path, part)
	}
	return os.WriteFile(path, slices.Concat(doc[:from], begin, []byte("\n"+text+"\n"), doc[to:]), 0o644)
}
