// Package browser gives the program one tab of a Chromium-family browser: a
// chromedp context, and the few things that differ between a browser started by
// the program (Launch), the person's own (Relay) and one that somebody else
// started (Attach): how a file reaches a page, how a secret reaches a field, how
// the person gets to see it.
package browser

import (
	"context"
	"errors"

	"github.com/chromedp/cdproto/fetch"

	"github.com/sign-with-cmd/sign-with-cmd/host/secret"
)

// Mode says who holds the browser, and so who holds the PIN while it's typed.
type Mode string

// ModeLaunch is a browser of its own that the program starts: the host holds the PIN.
const ModeLaunch Mode = "launch"

// Tab is one tab under the program's control. Its methods may be called from several goroutines.
type Tab interface {
	// Context is the chromedp context of the tab. Commands go through it; it ends with the tab.
	Context() context.Context
	Mode() Mode

	// Expect says that Upload will be asked for a file in the file input that selector finds in the page that is there: what can be done for that
	// before is.
	Expect(selector string)
	// Upload puts one file into the file input that selector finds in doc. Where one way to the page is all that takes it presses the
	// element that press finds there too, in the page's next turn, and says so. After ErrDocumentGone nobody knows: the page may have been
	// left before it could answer.
	Upload(ctx context.Context, doc Document, selector string, file File, press string) (pressed bool, err error)
	// FillSecret sets the value of the field that selector finds in doc, and fires the events that the page listens to.
	// It does not touch the focus, which password managers watch (facts/native.md 7).
	FillSecret(ctx context.Context, doc Document, selector string, value secret.Secret) error
	// FillToken has the extension do the same with a value that it keeps under a token. Only one of the two works in a mode.
	FillToken(ctx context.Context, doc Document, selector, token string) error
	// Body gives the body of a response that is paused; the response can still go on afterwards.
	Body(ctx context.Context, paused fetch.RequestID) ([]byte, error)
	// Show brings the tab to the person. It says false where there is no display to show it on.
	Show(ctx context.Context) (bool, error)
	// LetPass says which requests of the main frame pass without the program's word, where it takes time to ask for it. They lead to
	// the environment's origins in any case.
	LetPass(ctx context.Context, which Passing) error
	// Forgets says whether the other side keeps what forms send out of the tab's history, so that this one needn't.
	Forgets() bool
	// Downloads delivers the path of each file that the browser itself finished downloading.
	Downloads() <-chan string
	// Notes are sentences that the person should know, for example that the browser runs without its sandbox.
	Notes() []string
	// Gone says why the tab went away by itself; nil while it's there, or where nothing is known.
	Gone() error
	// Keep leaves the tab to the person at Close, where it's theirs.
	Keep()
	// Close ends the tab, and the browser where the program started it. It leaves nothing behind.
	Close() error
}

// File is a file to upload: where it lies, the name that the page shall see, and what it is.
type File struct {
	Path   string
	Name   string
	SHA256 string // lower-case hex
}

// Passing says which requests of a tab's main frame pass without the program's word.
type Passing int

const (
	// PassNone is for when a person works in the page: any request may be the one that signs.
	PassNone Passing = iota
	// PassWatched is from the PIN on: what comes back is looked at, whatever was let go.
	PassWatched
	// PassAll is before that, as long as nothing of the person's but the document is on the way. Other frames' wait, from when the
	// document is sent on.
	PassAll
)

// Command is one of the protocol's, for a tab.
type Command struct {
	Method string
	Params any // the command's own parameters
}

// Document is one loaded document of the tab's main frame, seen from the program's own isolated world: once the tab has
// moved on, every call on it fails with ErrDocumentGone. Origins are the origins that the call may act on: the check and the
// act are one function in the page, so nothing can come in between (DESIGN.md 8).
type Document struct {
	World   string // unique id of the isolated world's execution context
	Origins []string
}

var (
	// ErrDocumentGone means that the tab shows another document now.
	ErrDocumentGone = errors.New("the document is gone")
	// ErrOrigin means that the document is not of an origin that may be acted on.
	ErrOrigin = errors.New("the document's origin isn't one of the environment's")
	// ErrNoElement means that the selector finds nothing any more.
	ErrNoElement = errors.New("no such element in the document")
	// ErrUndone means that the page takes away what isn't typed.
	ErrUndone = errors.New("the field did not keep what was put in")
)
