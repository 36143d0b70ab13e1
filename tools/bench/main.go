// Command bench measures this product beside its peers and writes the tables of docs/BENCHMARKS.md. "make bench" runs it.
//
// What a table compares comes from one run in which the contestants take turns, so that whatever else the machine does meets all of them
// alike. Nothing here fails for being slow: a number is told, with how busy the machine was, and a person judges.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// place is where things are.
type place struct {
	root    string // the repository's
	cmdsign string // the program, as it's given to people
	peers   string // what was fetched to compare with
	work    string // thrown away
	rounds  int    // 0: as many as each part takes by itself
	some    string // of the rounds of signing, with commas; empty: all
	who     string // signs, with commas; empty: everybody
}

func (p place) wants(round string) bool { return p.some == "" || listed(p.some, round) }

func listed(names, name string) bool { return slices.Contains(strings.Split(names, ","), name) }

// parts are the tables. verify comes before signing, for which this process needs more memory: verify's peaks can't be told below that.
// Each round of signing has a table of its own: a run of some leaves the others.
var parts = slices.Concat([]part{{"host", "", host}, {"verify", "", verify}}, signings(),
	[]part{{"costs", "", costs}, {"queue", "", queue}, {"serve", "", crowd}, {"popup", "", popup}})

type part struct {
	name  string
	round string                                             // of signing; empty: the part has all of its rounds in one table
	run   func(p place, keep func(table string) error) error // keep writes what's known so far over what was kept before
}

func main() {
	root := flag.String("root", "../..", "the repository")
	only := flag.String("only", "", "parts to measure, with commas; empty: all")
	rounds := flag.Int("rounds", 0, "turns of each contestant; 0: what each part takes by itself")
	who := flag.String("contestants", "", "ways of signing that take part, as floor,relay,rod-warm, with commas; empty: all")
	some := flag.String("signing", "", "rounds of signing, as 0ms/50KB, with commas; empty: all")
	samples := flag.String("samples", "", "")
	hash := flag.String("sha256", "", "")
	bare := flag.String("bare", "", "")
	// What follows is another program's: none of it is ours to read.
	if len(os.Args) > 1 && os.Args[1] == "-pass" {
		end(pass(os.Args[2:]))
	}
	flag.Parse()
	var err error
	switch {
	case *bare != "":
		err = runBare(*bare)
	case *samples != "":
		err = makeSamples(*samples)
	case *hash != "":
		err = printSHA256(*hash)
	default:
		err = run(*root, *only, *some, *who, *rounds)
	}
	end(err)
}

func end(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func run(root, only, some, who string, rounds int) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "cmdsign-bench-")
	if err != nil {
		return err
	}
	defer leaveNothing(work)()
	p := place{root: root, cmdsign: filepath.Join(root, "bin", "cmdsign"), peers: filepath.Join(root, "bin", "peers"), work: work, rounds: rounds, some: some, who: who}
	// A home of its own: the person's settings aren't measured, and nothing is left among their things.
	os.Setenv("HOME", filepath.Join(work, "home"))
	// The peers keep their browsers' profiles in the folder for temporary files, and don't all take them away.
	temp := filepath.Join(work, "tmp")
	if err := os.Mkdir(temp, 0o700); err != nil {
		return err
	}
	os.Setenv("TMPDIR", temp)
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"} {
		os.Unsetenv(name)
	}
	for _, part := range parts {
		if only != "" && !listed(only, part.name) || part.round != "" && !p.wants(part.round) {
			continue
		}
		name := strings.TrimSpace(part.name + " " + part.round)
		fmt.Fprintln(os.Stderr, "measuring:", name)
		before := load()
		err := part.run(p, func(table string) error {
			writing.Lock()
			defer writing.Unlock()
			return write(filepath.Join(root, "docs", "BENCHMARKS.md"), name, circumstances(before)+"\n"+table)
		})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// tool finds a program that may be missing: a peer that isn't there is left out and named.
func tool(names ...string) string {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func (p place) turns(usual int) int {
	if p.rounds > 0 {
		return p.rounds
	}
	return usual
}
