// Package trace is for repair: it keeps what the CMD pages looked like as one bundle, a zip file on this computer, from which
// a maintainer can mend pages.yaml. What goes into it is decided by lists of what is kept (docs/TRACE.md): the page's
// structure by a list of attributes, its texts by a list of words. Nothing is ever sent anywhere by the program.
package trace

import "time"

// When says when a bundle is kept.
type When string

// The settings of the configuration's key trace.
const (
	Off     When = "off"     // nothing is gathered, and none can be asked for
	Unknown When = "unknown" // where a page wasn't known, or when asked
	Always  When = "always"  // of each signing
)

// Reasons that a bundle was made for.
const (
	WhyUnknown = "unknown_page"
	WhyAsked   = "asked"
	WhyAlways  = "always"
)

// Limits of a bundle: it's written by us and read from wherever it was sent from.
const (
	MaxBundles  = 10        // kept in the folder; the oldest goes
	maxPages    = 30        // the first five and the last twenty-five
	firstPages  = 5         // of maxPages
	maxPictures = 12        // the newest
	maxDOM      = 256 << 10 // bytes of one page's HTML
	maxPicture  = 700 << 10 // bytes of one screenshot
	maxIndex    = 512 << 10 // bytes of trace.json
	maxBundle   = 16 << 20  // bytes of the file
	maxText     = 300       // runes of one text
	maxList     = 50        // entries of a list
)

// Format is the version of the bundle's index.
const Format = 1

// Index is trace.json, the bundle's table of contents.
type Index struct {
	Format      int       `json:"format"`
	Made        time.Time `json:"made"` // UTC, to the minute
	Why         string    `json:"why"`
	Environment string    `json:"environment"`
	Step        string    `json:"step,omitempty"` // what the program needed done when the page wasn't known
	Versions    Versions  `json:"versions"`
	Pages       []Page    `json:"pages"`
}

// Versions say what was at work.
type Versions struct {
	Host      string `json:"host"`
	Client    string `json:"client,omitempty"` // the extension's, where it told
	Browser   string `json:"browser,omitempty"`
	System    string `json:"system"`
	Pages     string `json:"pages"`               // SHA-256 of the page file
	PagesOwn  bool   `json:"pages_own,omitempty"` // a page file of the user's lies over the built-in one
	Mode      string `json:"mode,omitempty"`      // launch, relay
	Languages string `json:"languages,omitempty"` // that the browser asks for
}

// Page is one page that the engine saw, in the order of the walk.
type Page struct {
	Number     int                 `json:"number"`
	Host       string              `json:"host"`
	Path       string              `json:"path"` // without query
	Title      string              `json:"title,omitempty"`
	Status     int64               `json:"status,omitempty"`     // of the HTTP answer
	Recognised string              `json:"recognised,omitempty"` // its name in pages.yaml; empty: none
	Found      []string            `json:"found,omitempty"`      // elements that are there
	Missing    []string            `json:"missing,omitempty"`    // elements that it should have
	Scores     map[string][]string `json:"scores,omitempty"`     // the kinds of evidence that matched, for each page of the file
	Errors     []string            `json:"errors,omitempty"`     // what its error labels say, redacted
	ByHand     bool                `json:"by_hand,omitempty"`    // the person was at work
	DOM        string              `json:"dom,omitempty"`        // the file with its redacted HTML
	Cut        bool                `json:"cut,omitempty"`        // the HTML was too long, and ends early
	Picture    string              `json:"picture,omitempty"`    // the file with its covered screenshot
}

// Known says whether the program could have acted on the page.
func (p Page) Known() bool { return p.Recognised != "" && len(p.Missing) == 0 }
