// Package terminal is the client that signs from a command line: it holds a conversation (docs/PROTOCOL.md) with a host in
// the same process, asks a person at a terminal or a script on stdin for what the host asks for, and tells what comes of it.
// It knows nothing of how a document is signed, and holds no state of the conversation's beside the host's own.
package terminal

import (
	"io"
	"os"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/secret"
)

// Exit codes of a run; of several documents the gravest counts, in the order ExitMaybe, ExitLook, ExitCancelled, ExitFailed.
const (
	ExitOK        = 0
	ExitFailed    = 1   // not signed
	ExitUsage     = 2   // wrong usage, nothing was begun
	ExitLook      = 3   // a file came back and is kept, but isn't verified or isn't in its place
	ExitMaybe     = 4   // may be signed: look before signing again
	ExitCancelled = 130 // cancelled, not signed
)

// Options are what a run works with.
type Options struct {
	Files     []string // absolute paths, each once
	SHA256    []string // of each file, in their order: what a script confirms; empty: a person is asked
	Phone     secret.Secret
	PINStdin  bool     // the PIN is stdin's first line, and each code one of the next
	Visible   *Visible // the signatures are to show; nil: they aren't
	SignAgain bool     // a person has looked for what an earlier try may have signed
	JSON      bool
	Lang      string // pt or en
	Version   string // the program's own

	Stdin   io.Reader
	TTY     *TTY // nil: there's nobody to ask
	Stdout  io.Writer
	Stderr  io.Writer
	Signals <-chan os.Signal
}

// Visible is a wish for a visible signature, as docs/PROTOCOL.md has it.
type Visible struct {
	Page        any    `json:"page"` // "first", "last", or a number from 1
	Orientation string `json:"orientation"`
	Place       string `json:"place"`
}

// beside is where news go while stdout has JSON: to the person, where one is asked; else nowhere.
func (o Options) beside() (w io.Writer, silent bool) {
	asked := len(o.SHA256) == 0 || o.Phone.IsZero() || !o.PINStdin
	if o.TTY == nil || !asked {
		return io.Discard, true
	}
	return o.TTY.Out, false
}

// item is one document of the run, and what became of it.
type item struct {
	path    string
	confirm string // SHA-256 of what was confirmed
	exit    int
	begun   bool
	last    message // its last message
	why     *fault  // what ended it, where its last message doesn't say
}

// Run signs the documents one after the other over conn, a pipe whose other end a host serves, and gives the exit code. It
// returns when the host has ended, but for a person who doesn't want to wait.
func Run(conn *Client, opts Options) int {
	r := &run{Options: opts, conn: conn, show: printer{out: opts.Stderr, lang: opts.Lang}}
	if opts.JSON {
		r.show.out, r.show.silent = opts.beside()
	}
	if opts.TTY != nil {
		defer opts.TTY.quiet()()
		r.typed = opts.TTY.lines()
	}
	if opts.PINStdin {
		r.piped = pipedLines(opts.Stdin)
	}
	for i, path := range opts.Files {
		it := &item{path: path, exit: ExitFailed}
		if len(opts.SHA256) > 0 {
			it.confirm = opts.SHA256[i]
		}
		r.items = append(r.items, it)
	}
	r.all()
	if !r.left {
		r.hangUp()
		for range r.conn.inbox { // what is on its way is waited for
		}
	}
	r.pin.Drop()
	r.Phone.Drop()
	return r.report()
}

// stops says whether what ended a document ends the others too: another try would cost an attempt of three, or can't succeed.
func stops(code problem.Code) bool {
	switch code {
	case problem.PINWrong, problem.AccountLocked, problem.SignatureInactive, problem.PINChangeRequired, problem.BrowserNotFound,
		problem.BrowserUnreachable, problem.EnvironmentUnknown, problem.JournalFailed, problem.VersionClientOld, problem.VersionHostOld:
		return true
	}
	return false
}
