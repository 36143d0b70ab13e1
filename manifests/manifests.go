// Package manifests is the data that connects browsers and program: which browsers there are and where each looks for host
// manifests (browsers.yaml), which extensions may start the host (extensions.go), and the two forms of a host manifest
// (chromium.json, firefox.json). What is done with it is the installer's.
package manifests

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"go.yaml.in/yaml/v3"
)

// Kind is a family of browsers: it decides the form of the manifest and how the host is started.
type Kind string

// The families.
const (
	Chromium Kind = "chromium"
	Firefox  Kind = "firefox"
)

// Browser is a row of browsers.yaml, which explains the columns.
type Browser struct {
	Name    string `yaml:"name"`
	Title   string `yaml:"title"`
	Kind    Kind   `yaml:"kind"`
	Store   string `yaml:"store"`
	Arrives []Way  `yaml:"arrives"`
	Page    string `yaml:"page"`
	Linux   *Place `yaml:"linux"`
	MacOS   *Place `yaml:"macos"`
	Windows *Place `yaml:"windows"`
}

// Way is how the extension gets into a browser.
type Way string

// The ways.
const (
	FromStore   Way = "store"     // once it's published there
	FromFolder  Way = "folder"    // Place.Extensions, of which the browser loads everything
	FromPolicy  Way = "policy"    // Place.Policy, by an administrator
	ByHand      Way = "unpacked"  // the person loads the folder; it stays
	Temporarily Way = "temporary" // the person loads the folder; it stays until the browser is closed
)

// Place is where a browser has its things on one system. Paths may hold {home}, {config} and {roaming}.
type Place struct {
	Tested     bool          `yaml:"tested"`
	Profiles   []string      `yaml:"profiles"`
	Programs   []string      `yaml:"programs"`
	User       list[string]  `yaml:"user"`
	System     list[string]  `yaml:"system"`
	Policy     string        `yaml:"policy"`
	Extensions string        `yaml:"extensions"`
	Snap       string        `yaml:"snap"`
	Flatpak    list[Flatpak] `yaml:"flatpak"`
}

// Flatpak is a browser's Flatpak: its id, and its folder of manifests below ~/.var/app/ID. Name and Title are the row's unless it has its own.
type Flatpak struct {
	ID    string `yaml:"id"`
	User  string `yaml:"user"`
	Name  string `yaml:"name"`
	Title string `yaml:"title"`
}

// list is written as one value or as several.
type list[T any] []T

// UnmarshalYAML takes either form.
func (l *list[T]) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.SequenceNode {
		return node.Decode((*[]T)(l))
	}
	var one T
	if err := node.Decode(&one); err != nil {
		return err
	}
	*l = list[T]{one}
	return nil
}

// On gives the browser's place on a system (GOOS), nil where it isn't known to be.
func (b Browser) On(goos string) *Place {
	switch goos {
	case "windows":
		return b.Windows
	case "darwin":
		return b.MacOS
	default:
		return b.Linux
	}
}

//go:embed browsers.yaml
var browsersYAML []byte

//go:embed chromium.json
var chromiumJSON []byte

//go:embed firefox.json
var firefoxJSON []byte

var theBrowsers = sync.OnceValue(func() []Browser {
	var all []Browser
	dec := yaml.NewDecoder(bytes.NewReader(browsersYAML))
	dec.KnownFields(true)
	if err := dec.Decode(&all); err != nil {
		panic("browsers.yaml: " + err.Error()) // it's part of the program
	}
	return all
})

// Browsers are all rows, in the table's order.
func Browsers() []Browser { return slices.Clone(theBrowsers()) }

// Host is the name of the native messaging host.
func Host() string { return host }

// IDs are the ids that extensions of ours have in a family of browsers; those not published yet are left out.
func IDs(kind Kind) []string {
	var ids []string
	for _, e := range ofKind(kind) {
		if e.ID != "" {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// StoreAddress is the page from which a browser gets the extension, empty until it's published there.
func StoreAddress(b Browser) string {
	for _, e := range ofKind(b.Kind) {
		if e.From == b.Store && e.ID != "" {
			return e.Address + e.ID
		}
	}
	return ""
}

func ofKind(kind Kind) []Extension {
	if kind == Firefox {
		return firefoxExtensions
	}
	return chromiumExtensions
}

// Caller is how an extension names itself when the browser starts the host for it: its origin, in Firefox its id.
func Caller(kind Kind, id string) string {
	if kind == Firefox {
		return id
	}
	return "chrome-extension://" + id + "/"
}

// Callers are all of our own extensions, as they name themselves.
func Callers() []string {
	var all []string
	for _, kind := range []Kind{Chromium, Firefox} {
		for _, id := range IDs(kind) {
			all = append(all, Caller(kind, id))
		}
	}
	return all
}

// Manifest is a host manifest. Rules: the native messaging pages of Chrome and MDN.
type Manifest struct {
	Name              string   `json:"name"`
	Description       string   `json:"description"`
	Path              string   `json:"path"`
	Type              string   `json:"type"`
	AllowedOrigins    []string `json:"allowed_origins,omitempty"`
	AllowedExtensions []string `json:"allowed_extensions,omitempty"`
}

// New is the manifest of the program at path, which is absolute, for our own extensions and more callers (origins or add-on ids).
func New(kind Kind, path string, more []string) Manifest {
	template := chromiumJSON
	if kind == Firefox {
		template = firefoxJSON
	}
	var m Manifest
	if err := json.Unmarshal(template, &m); err != nil {
		panic(fmt.Sprintf("the template of %s: %v", kind, err))
	}
	var callers []string
	for _, id := range IDs(kind) {
		callers = append(callers, Caller(kind, id))
	}
	for _, caller := range more {
		if !slices.Contains(callers, caller) {
			callers = append(callers, caller)
		}
	}
	m.Name, m.Path = Host(), path
	if kind == Firefox {
		m.AllowedExtensions = callers
	} else {
		m.AllowedOrigins = callers
	}
	return m
}

// Callers are those that the manifest lets in.
func (m Manifest) Callers() []string {
	return append(slices.Clone(m.AllowedOrigins), m.AllowedExtensions...)
}

// JSON is the manifest as a file.
func (m Manifest) JSON() []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(m); err != nil {
		panic(err) // strings can always be encoded
	}
	return out.Bytes()
}
