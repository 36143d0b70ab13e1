package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// hand signs documents, one after the other.
type hand interface {
	sign(job) (signed, error)
	close() error
}

// signed is where the signed file is, and when it was made. Times that are zero are those of the call; given, that there's no such moment.
type signed struct {
	path              string
	begin, given, end time.Time // given: phone and PIN are in the form, which goes off now
}

// way is a contestant in signing. A cold one is timed from its start, for one document; a warm one has signed before.
type way struct {
	key  string // short, for CONTESTANTS
	name string
	cold bool
	open func(*site) (hand, error)
}

const floorKey = "floor"

// lone signs in nothing but a browser. It's the floor of those who sign in one, and takes part in signing only.
var lone = way{"alone", "Chromium alone, each page sends itself", false, newAlone}

// ways are those who take part, the floor first, and what's to be said of who couldn't.
func (p place) ways() (ways []way, missing string, err error) {
	ways = []way{
		{floorKey, "bare HTTP client (floor)", false, func(s *site) (hand, error) { return newBare(s), nil }},
		{"relay", "cmdsign, relay", false, newRelay},
		{"launch-cold", "cmdsign converse, launch, cold", true, newLaunch(false)},
		{"launch-warm", "cmdsign converse, launch, warm (a browser each)", false, newLaunch(true)},
		{"serve-warm", "cmdsign serve, launch, warm (one browser)", false, newService},
		{"attach", "cmdsign converse, attach, browser running", false, newAttach},
	}
	all := append(slices.Clone(ways), lone)
	peer := func(name string, there bool, command ...string) {
		open := func(s *site) (hand, error) { return s.script(command...) }
		two := []way{{name + "-cold", name + ", cold", true, open}, {name + "-warm", name + ", warm", false, open}}
		all = append(all, two...)
		switch {
		case there:
			ways = append(ways, two...)
		case slices.ContainsFunc(two, p.invites):
			missing += "\n" + name + " was not there to compare with.\n"
		}
	}
	rod := filepath.Join(p.peers, "rod")
	peer("rod", exists(rod), rod)
	scripts := filepath.Join(p.root, "tools", "bench", "peers")
	node := tool("node") != "" && exists(filepath.Join(scripts, "node_modules"))
	for _, name := range []string{"puppeteer", "playwright", "selenium"} {
		peer(name, node && (name != "selenium" || p.chromedriver() != ""), "node", filepath.Join(scripts, name+".mjs"))
	}
	for name := range strings.SplitSeq(p.who, ",") {
		if p.who != "" && !slices.ContainsFunc(all, func(w way) bool { return w.named(name) }) {
			return nil, "", fmt.Errorf("nobody is called %q", name)
		}
	}
	return slices.DeleteFunc(ways, func(w way) bool { return !p.invites(w) }), missing, nil
}

// named: by its key, or by what stands before its dash (launch: launch-cold and launch-warm).
func (w way) named(name string) bool {
	family, _, _ := strings.Cut(w.key, "-")
	return name == w.key || name == family
}

// invites says whether a way takes part. The floor always does.
func (p place) invites(w way) bool {
	return p.who == "" || w.key == floorKey || slices.ContainsFunc(strings.Split(p.who, ","), w.named)
}

// told says to whoever watches what came out.
func told(words ...string) {
	writing.Lock()
	defer writing.Unlock()
	fmt.Fprintln(os.Stderr, "    ", strings.Join(words, "  "))
}

// failure is what the document says of a contestant's turn that came to nothing.
func (p place) failure(w way, round string, err error) string {
	// What comes below is a trace, with where this machine keeps things.
	said, _, _ := strings.Cut(err.Error(), "\n")
	return fmt.Sprintf("\n%s failed at %s: `%.300s`\n", w.name, round, strings.ReplaceAll(said, p.root+"/", ""))
}
