// Package problem holds every error code of the product once: a stable symbolic
// code, one sentence for the person in Portuguese and in English, what to do
// next, and what a program may do next.
//
// The codes are a contract (docs/PROTOCOL.md): the table is append-only, a code
// is never renamed or given another meaning.
package problem

import (
	"errors"
	"fmt"
)

// Code is a stable symbolic error code, for example PIN_WRONG.
type Code string

// Retry says what may be done after an error.
type Retry string

const (
	// RetryType means that the person types again: the conversation still waits for the same input.
	RetryType Retry = "type"
	// RetryStart means that a new conversation may be started at once; nothing was signed.
	RetryStart Retry = "start"
	// RetryWait means that the same thing may work later; nothing was signed.
	RetryWait Retry = "wait"
	// RetryNothing means that a program must not try again: a person has to look first.
	RetryNothing Retry = "nothing"
)

// Text is a sentence for a person in both languages of the product.
type Text struct {
	PT string
	EN string
}

// In gives the sentence in the language: "en" gives English, everything else Portuguese.
func (t Text) In(lang string) string {
	if lang == "en" {
		return t.EN
	}
	return t.PT
}

// Entry is one row of the table.
type Entry struct {
	Code    Code
	Message Text // what happened
	Next    Text // what to do next
	Retry   Retry
}

// Error is an error with a code of the table. Site is what the CMD page itself
// said, to be shown in its own words; Detail and the wrapped error go to the log
// and never hold a secret.
type Error struct {
	Code   Code
	Site   string
	Detail string
	err    error
}

// New makes an error with a code. The detail is for the log, not for the person.
func New(code Code, detail string) *Error {
	return &Error{Code: code, Detail: detail}
}

// Newf is New with a formatted detail. A %w in it is kept for errors.Is.
func Newf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Detail: err.Error(), err: err}
}

// Wrap gives err a code. An error that has a code already keeps its own.
func Wrap(code Code, err error) *Error {
	var p *Error
	if errors.As(err, &p) {
		return p
	}
	return &Error{Code: code, Detail: err.Error(), err: err}
}

// Said adds what the site said, in its own words.
func (e *Error) Said(site string) *Error {
	c := *e
	c.Site = site
	return &c
}

// Error is the text for the log.
func (e *Error) Error() string {
	s := string(e.Code)
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.Site != "" {
		s += fmt.Sprintf(" (the page said %q)", e.Site)
	}
	return s
}

func (e *Error) Unwrap() error { return e.err }

// Entry gives the row of the error's code.
func (e *Error) Entry() Entry { return Lookup(e.Code) }

// Of gives the code of err: that of the first Error in its chain, else INTERNAL.
func Of(err error) Code {
	var p *Error
	if errors.As(err, &p) {
		return p.Code
	}
	return Internal
}

// Is reports whether err carries the code.
func Is(err error, code Code) bool { return err != nil && Of(err) == code }

// Lookup gives the row of a code. An unknown code gives the row of INTERNAL.
func Lookup(code Code) Entry {
	for _, e := range Table {
		if e.Code == code {
			return e
		}
	}
	return Lookup(Internal)
}
