package sandbox

import "maps"

// Counts is what a sandbox has received and made since it started.
type Counts struct {
	// Processes counts walks begun: Avançar pressed on the intro page.
	Processes int `json:"processes"`
	// Files counts documents received by the choose page, refused ones included; FilesByDocument by SHA-256 in hex,
	// for those that weren't too large.
	Files           int            `json:"files"`
	FilesByDocument map[string]int `json:"files_by_document"`
	// Signatures counts signatures made, also those that a fault then kept back or spoilt; SignaturesByDocument by
	// SHA-256, in hex, of the document that was signed.
	Signatures           int            `json:"signatures"`
	SignaturesByDocument map[string]int `json:"signatures_by_document"`
	// Messages counts SMS sent.
	Messages int `json:"messages"`
	// Secrets counts what each page of the two hosts was sent, by the page's step name ("credentials", "code", …).
	Secrets map[string]Secrets `json:"secrets"`
	// Posts counts POSTs by "host path", refused ones and replays included; Chromium itself sends a POST again when a
	// kept-alive connection breaks before the answer begins.
	Posts map[string]int `json:"posts"`
	// LookAlike is what reached hosts that aren't ours.
	LookAlike LookAlike `json:"look_alike"`
}

// Secrets counts non-empty phone, PIN and code fields.
type Secrets struct {
	Phones int `json:"phones"`
	PINs   int `json:"pins"`
	Codes  int `json:"codes"`
}

// LookAlike counts what the look-alike hosts received.
type LookAlike struct {
	Requests int `json:"requests"` // pages and forms; not the pages' own spying, nor a browser's search for an icon
	Posts    int `json:"posts"`
	Bytes    int `json:"bytes"` // of request bodies
	Files    int `json:"files"`
	Keys     int `json:"keys"` // events of a page's boxes: a key, a paste, a chosen file
	Secrets
}

// maxDistinct caps every map of Counts; what doesn't fit is counted under "other".
const maxDistinct = 10_000

func newCounts() Counts {
	return Counts{
		FilesByDocument:      map[string]int{},
		SignaturesByDocument: map[string]int{},
		Secrets:              map[string]Secrets{},
		Posts:                map[string]int{},
	}
}

// Counts returns a copy of the counts as they stand.
func (s *Sandbox) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.counts
	c.FilesByDocument = maps.Clone(c.FilesByDocument)
	c.SignaturesByDocument = maps.Clone(c.SignaturesByDocument)
	c.Secrets = maps.Clone(c.Secrets)
	c.Posts = maps.Clone(c.Posts)
	return c
}

func (s *Sandbox) count(change func(*Counts)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.counts)
}

func increment(m map[string]int, key string) {
	if _, known := m[key]; !known && len(m) >= maxDistinct {
		key = "other"
	}
	m[key]++
}

// add counts the secrets in a form, whichever look's names they come under.
func (n *Secrets) add(f *form) {
	for _, c := range []controls{classicControls, modernControls, renewedControls} {
		if f.value(c.field("hiddenMobile")) != "" {
			n.Phones++
		}
		if f.value(c.field("txtPin")) != "" {
			n.PINs++
		}
		if f.value(c.field("txtMobileTAN")) != "" {
			n.Codes++
		}
	}
}
