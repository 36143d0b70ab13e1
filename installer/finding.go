package installer

import (
	"strings"
	"unicode"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// Result is how a check or a step came out.
type Result string

// The results. Only Bad means that something has to be done.
const (
	OK   Result = "ok"
	Note Result = "note"
	Bad  Result = "bad"
)

// Finding is one line that is told of a browser, or of the machine.
type Finding struct {
	Check   string         // what was looked at, a word for programs: see docs/INSTALL.md
	Browser string         // name in the table; empty: not one browser's
	Title   string         // the browser's name for people
	Result  Result         //
	Path    string         // the file, where there's one
	Text    problem.Text   // what was found
	Mend    string         // the command that mends it
	Content string         // with --print: what would be written at Path
	More    []problem.Text // what there is to say about it, line by line
	Facts   any            // the same for programs, as JSON; nil: Text says it all
}

// Failed says whether one of the findings is Bad.
func Failed(findings []Finding) bool {
	for _, f := range findings {
		if f.Result == Bad {
			return true
		}
	}
	return false
}

// both is a text that is the same in both languages.
func both(s string) problem.Text { return problem.Text{PT: s, EN: s} }

// quote makes a word for a POSIX shell.
func quote(word string) string {
	plain := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("/._-+=:@%,", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
