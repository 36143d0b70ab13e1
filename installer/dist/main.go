// Command dist makes what is given to people: zips of the extension for the stores, the web component, archives with the program for each system, the deb
// and the rpm, and their checksums. "make dist" builds the programs and calls it; docs/PACKAGES.md tells what comes out. Everything is
// the same to the byte when it's made again from the same commit by the same Go.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	var m maker
	flag.StringVar(&m.source, "source", ".", "the checkout, with extension/dist built")
	flag.StringVar(&m.out, "out", "dist", "where it goes; programs are in build/OS-ARCH inside")
	flag.StringVar(&m.nfpm, "nfpm", "bin/nfpm", "what makes packages")
	wanted := flag.String("targets", "", "systems as OS-ARCH, by blanks; else all")
	flag.Parse()
	m.targets = slices.DeleteFunc(slices.Clone(targets), func(t target) bool {
		return *wanted != "" && !slices.Contains(strings.Fields(*wanted), t.goos+"-"+t.arch)
	})
	if err := m.run(); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

// maker makes one release.
type maker struct {
	source, out, nfpm string
	targets           []target
	version           string // as in the file VERSION
	made              time.Time
	terms             []byte // licences of what's built in
	failed            error
}

func (m *maker) run() error {
	if err := m.begin(); err != nil {
		return err
	}
	for _, step := range []func() error{m.extensions, m.component, m.archives, m.packages, m.sums} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// begin reads the version, and the time that goes into everything: SOURCE_DATE_EPOCH (reproducible-builds.org), in seconds.
func (m *maker) begin() (err error) {
	if m.version, err = readVersion(filepath.Join(m.source, "VERSION")); err != nil {
		return err
	}
	seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	m.made = time.Unix(seconds, 0).UTC()
	if m.terms, err = m.licences(); err != nil {
		return err
	}
	return os.MkdirAll(m.out, 0o755)
}
