package conversation

import (
	"context"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/secret"
)

// A Method is one way of signing one document. It asks for input and reports progress through a Person, and returns what it
// was given back. Each document gets a Method of its own.
type Method interface {
	// Open makes ready what signing needs (starts a browser, say), before anything is known of the document.
	Open(ctx context.Context) error
	// Sign takes the document through to the signed bytes. It presses nothing that makes a signature before Person.Committing
	// has returned nil, and never does so twice for one code. When ctx ends it stops at once, but for what is coming back already: that is
	// held first.
	Sign(ctx context.Context, doc Document, person Person) (Signed, error)
	// Screenshot is a PNG of what is being done, without phone, PIN or code. It may be called at any time.
	Screenshot(ctx context.Context) ([]byte, error)
	// Notes are sentences that the person should know.
	Notes() []string
	// Close leaves nothing behind. It may be called at any time, and more than once.
	Close() error
}

// An Approacher is a Method that can go a part of the way before the document is confirmed: what needs neither the document nor the
// person.
type Approacher interface {
	// Approach may be called at any time before Sign, which begins where it has come to, and tells of what went wrong there only if
	// that is still so. It returns once it's there.
	Approach(ctx context.Context)
}

// A Tracer is a Method that can keep a bundle of what it saw, from which a maintainer can mend it (docs/TRACE.md).
type Tracer interface {
	// Trace writes the bundle, without anything of the person's, and gives its path. It may be called at any time.
	Trace(ctx context.Context) (path string, err error)
	// TraceClient takes the client's version.
	TraceClient(version string)
}

// Document is what is to be signed: a private copy of what the person confirmed, that nobody else changes.
type Document struct {
	Name   string // the file's name, as the person knows it
	Path   string // the private copy
	SHA256 string // lower-case hex
	Size   int64
	// Visible is the wish for a signature that shows; nil: it's to be invisible, and nothing about it is touched.
	Visible *Visible
	// Pictures: somebody wants to see each page, as it stands when Person.Progress tells of it.
	Pictures bool
}

// Credentials are what the CMD page asks for first. In relay mode the PIN stays with the extension, and there's a token for
// it in its place.
type Credentials struct {
	Phone    secret.Secret
	PIN      secret.Secret
	PINToken string
}

// Drop forgets them. There may be none.
func (c *Credentials) Drop() {
	if c == nil {
		return
	}
	c.Phone.Drop()
	c.PIN.Drop()
}

// CodePrompt is what the person needs to see when the code is asked for.
type CodePrompt struct {
	Reference string         // the document reference that the page shows, to compare with the SMS; may be empty
	Resend    bool           // whether the page offers another code
	Approval  bool           // whether the page offers approval in the app instead
	Why       *problem.Error // why it's asked again; nil the first time
}

// CodeAnswer is the person's answer to a CodePrompt: a code, or the wish for another one.
type CodeAnswer struct {
	Code   secret.Secret
	Token  string // in place of the code in relay mode
	Resend bool
}

// Stuck is what the person needs to see when a page isn't known and they have to go on by hand.
type Stuck struct {
	Step       string // the step that the program needs done, as in a progress message
	Title      string // the page's own title
	Host       string
	Shown      bool // whether the page stands in front of the person
	Screenshot []byte
	Trace      string // path of the bundle that was kept for repair; empty: none
	// Visible is what the person has to choose themselves on a page that is known but for these controls: VISIBLE_BY_HAND where
	// Known is set. On an unknown page it's a reminder of what they asked for, as the page may be the one where it's chosen.
	Visible *Visible
	Known   bool
}

// Signed is what came back: held safely on disk already.
type Signed struct {
	Path   string
	SHA256 string
	Size   int64
}

// Person is the person at the other end, and the keeper of what must not be lost, as a Method sees them.
type Person interface {
	// Progress says which page was reached: root_page, upload_page, …
	Progress(page string)
	// Credentials gives phone and PIN, once the person has typed them; why says why they are asked for again, nil the first time.
	Credentials(ctx context.Context, why *problem.Error) (Credentials, error)
	// Code asks for the code. It returns with ctx's error when the page has moved on by itself and ctx was ended.
	Code(ctx context.Context, prompt CodePrompt) (CodeAnswer, error)
	// Stuck says that the page is unknown; Resumed that it's known again.
	Stuck(Stuck)
	Resumed()

	// Committing is called before anything that can make a signature: it returns when the journal is on disk. On an error
	// nothing may be sent.
	Committing() error
	// Offered is Committing for a page that offers the person to sign without a code of ours: a signature may exist from now
	// on, and waiting for it can still be cancelled.
	Offered() error
	// Refused says that the page refused the code, so that no signature was made.
	Refused(why *problem.Error) error
	// ByHand is called before each form that the person sends by hand is let go, since it may be the one that signs.
	ByHand() error
	// Hold writes what came back and returns when it is on disk.
	Hold(data []byte) (Signed, error)
}
