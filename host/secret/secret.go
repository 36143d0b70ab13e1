// Package secret holds a PIN, a code or a phone number on its way from the person
// to the CMD page. A Secret can be passed about, logged and put in a struct by
// mistake without its content ever coming out: every way to print it gives
// "[redacted]", and every way to marshal it is an error.
//
// The one door is Reveal. A test of host/rules keeps the list of packages that may
// call it.
package secret

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
)

const redacted = "[redacted]"

// maxLength is the longest secret taken from JSON, in bytes. A PIN has 8 digits, a
// token of the extension a few dozen letters.
const maxLength = 4096

var errMarshal = errors.New("secret: a secret can't be marshalled")

// Secret is a text that must not be seen. The zero value is an empty secret. Copies
// share their content: Drop on one empties all. Compare with Equal; == doesn't compile.
type Secret struct {
	// A function, because printers follow pointers where they may not call methods: fmt
	// in an unexported field of another struct, testify in the report of a failed test.
	open func() *content
}

type content struct {
	mu sync.Mutex
	b  []byte
}

// New makes a secret of s. The caller's string itself can't be wiped: let go of it.
func New(s string) Secret {
	if s == "" {
		return Secret{}
	}
	c := &content{b: []byte(s)}
	return Secret{func() *content { return c }}
}

// Take makes a secret of b and keeps b itself: the caller lets go of it.
func Take(b []byte) Secret {
	if len(b) == 0 {
		return Secret{}
	}
	c := &content{b: b}
	return Secret{func() *content { return c }}
}

// Reveal gives the content. The string stays in memory until it's collected, so ask
// for it at the last moment and keep it nowhere.
func (s Secret) Reveal() (text string) {
	s.with(func(b []byte) { text = string(b) })
	return text
}

// Drop overwrites the content and empties the secret and all its copies. It may be
// called more than once.
func (s Secret) Drop() {
	if s.open == nil {
		return
	}
	c := s.open()
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.b)
	c.b = nil
}

// Len is the length in bytes.
func (s Secret) Len() (n int) {
	s.with(func(b []byte) { n = len(b) })
	return n
}

// IsZero reports whether there is nothing in it: never filled, or dropped.
func (s Secret) IsZero() bool { return s.Len() == 0 }

// Digits reports whether it holds at least one character and only ASCII digits.
func (s Secret) Digits() (only bool) {
	s.with(func(b []byte) {
		only = len(b) > 0
		for _, c := range b {
			only = only && '0' <= c && c <= '9'
		}
	})
	return only
}

// Equal compares without telling, by the time it takes, where two secrets of one
// length differ.
func (s Secret) Equal(other Secret) bool {
	var mine, theirs []byte
	s.with(func(b []byte) { mine = append(mine, b...) })
	other.with(func(b []byte) { theirs = append(theirs, b...) })
	defer clear(mine)
	defer clear(theirs)
	return subtle.ConstantTimeCompare(mine, theirs) == 1
}

func (s Secret) with(f func([]byte)) {
	if s.open == nil {
		f(nil)
		return
	}
	c := s.open()
	c.mu.Lock()
	defer c.mu.Unlock()
	f(c.b)
}

// String gives "[redacted]".
func (Secret) String() string { return redacted }

// GoString gives "[redacted]".
func (Secret) GoString() string { return redacted }

// Format writes "[redacted]" for every verb, also %x and %q.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue gives "[redacted]" to slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON is always an error.
func (Secret) MarshalJSON() ([]byte, error) { return nil, errMarshal }

// MarshalText is always an error; it also stops XML and YAML.
func (Secret) MarshalText() ([]byte, error) { return nil, errMarshal }

// MarshalBinary is always an error.
func (Secret) MarshalBinary() ([]byte, error) { return nil, errMarshal }

// GobEncode is always an error.
func (Secret) GobEncode() ([]byte, error) { return nil, errMarshal }

// UnmarshalJSON takes a JSON string of at most 4096 bytes; null leaves the secret
// as it is. An error never quotes what was sent.
func (s *Secret) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	var text string
	if len(data) == 0 || data[0] != '"' || json.Unmarshal(data, &text) != nil {
		return errors.New("secret: not a JSON string")
	}
	if len(text) > maxLength {
		return fmt.Errorf("secret: longer than %d bytes", maxLength)
	}
	*s = New(text)
	return nil
}
