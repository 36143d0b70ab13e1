// Package conversation is the protocol between the product and whoever asks it to sign (docs/PROTOCOL.md): its messages, its
// states, and one state machine over any connection. It keeps what must not be lost (the journal, the bytes that came back)
// and knows nothing of how a document is signed: that is a Method's.
package conversation

import (
	"context"
	"crypto/x509"
	"log/slog"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// Protocol is the version of the protocol that this host speaks, and MinProtocol the oldest that it still understands.
const (
	Protocol    = 1
	MinProtocol = 1
)

// Conn carries messages, one JSON object each.
type Conn interface {
	// Read gives the next message; io.EOF at the end. A *problem.Error means that one message was bad and the next may be good.
	Read() ([]byte, error)
	// Write sends one message. It may be called from several goroutines.
	Write([]byte) error
}

// Limits are how long and how much the conversation puts up with.
type Limits struct {
	Input  time.Duration // for the person to answer a prompt
	PDF    int64         // bytes of a document
	Hangup time.Duration // for everything to end once the other side is gone and nothing was sent
	Grace  time.Duration // for the signed file to arrive once the other side is gone and the code was sent
	Ask    time.Duration // for the authorities to say whether a certificate was revoked, all together
}

// DefaultLimits: a host has two seconds once its pipe is closed (facts/native.md 1.2).
var DefaultLimits = Limits{Input: 30 * time.Minute, PDF: 64 << 20, Hangup: 1500 * time.Millisecond, Grace: 90 * time.Second, Ask: 15 * time.Second}

// Check is a finding of doctor's: a word for programs, "ok", "note" or "bad", a sentence, and the command that mends it.
type Check struct {
	Check  string `json:"check"`
	Result string `json:"result"`
	Text   string `json:"text"`
	Mend   string `json:"mend,omitempty"`
}

// Options are what a conversation works with.
type Options struct {
	NewMethod func(mode string) Method
	Modes     []string // the ways to hold a browser that are offered; the first is used if the client names none
	BrowserAt string   // host and port of the browser that is joined, where that is one of them
	// Unready says of each mode what is known already to stand in its way.
	Unready     map[string]problem.Code
	Environment string
	Custom      bool // the environment is the user's own: clients warn before the PIN
	Marker      string
	Trust       func() []*x509.Certificate // the anchors, asked for where a file is checked; nil: none
	Revocation  bool                       // the authorities are asked whether the signer's certificate was revoked
	Downloads   func() (string, error)
	Journal     *journal.Journal
	Work        string // private folder for the copies of documents
	Lang        string // language of messages until the client asks for another: pt or en
	Version     string
	Limits      Limits
	// Show has this computer show a file, or the folder that it's in, to the person; nil where nobody sits before it.
	Show func(path string, folder bool) error
	// SandboxCode gives the code that the sandbox sent to a phone; nil but in a sandbox of this process.
	SandboxCode func(ctx context.Context, phone string) (string, error)
	// Doctor looks at what signing needs on this computer, quickly, and says it in a language. Nil: it isn't offered.
	Doctor func(lang string) []Check
	// Trial gives what a signing in the built-in sandbox works with, for a client that asks for one in start; ctx bounds the sandbox's
	// life. Journal, Limits and Log stay this conversation's. Nil: there is none.
	Trial func(ctx context.Context) (Options, error)
	// Operator runs this computer for others; nil: it's the person's own.
	Operator *Operator
	// Visitor is the other side where this isn't its own computer; nil: it may do what the person may.
	Visitor Visitor
	// Greeted is called once the first message is sent, beside the conversation: for what somebody who waits for that message shouldn't
	// have to wait for. Serve waits for it at its end. Nil: nothing.
	Greeted func()
	// Sealing is the key that secrets may be sealed to; nil: there is none.
	Sealing *Sealing
	Log     *slog.Logger
}

// trialEnvironment is the only one that a client may ask for beside the host's own: what's signed in it has no legal value.
const trialEnvironment = "sandbox"

// State is where the conversation stands.
type State string

// The states of docs/PROTOCOL.md.
const (
	StateStart       State = "start"
	StateStage1Input State = "stage1_input"
	StateStage1      State = "stage1"
	StateStage2Input State = "stage2_input"
	StateStage2      State = "stage2"
	StateAssist      State = "assist"
	StateDone        State = "done"
	StateUnverified  State = "unverified"
	StateFailed      State = "failed"
	StateCancelled   State = "cancelled"
)

// over says whether a document's signing has ended, one way or the other.
func (s State) over() bool {
	return s == StateDone || s == StateUnverified || s == StateFailed || s == StateCancelled
}

// Serve holds one conversation over conn until it ends or ctx does. Before the code was sent the end cancels everything;
// after it, what is on its way is waited for, saved and written in the journal. Where the cause of ctx's end is a *problem.Error,
// the other side is told it.
func Serve(ctx context.Context, conn Conn, opts Options) error {
	s, end := newSession(ctx, conn, opts)
	defer end()
	return s.run()
}

// Settle saves what earlier conversations of this environment left held, and gives how many documents somebody should look at. It's
// for whoever serves visitors, who aren't told of each other's.
func Settle(ctx context.Context, opts Options) int {
	s, end := newSession(ctx, nil, opts)
	defer end()
	defer opts.Journal.Prune()
	left, _ := s.recover()
	return len(left)
}

func newSession(ctx context.Context, conn Conn, opts Options) (*session, func()) {
	if opts.Limits == (Limits{}) {
		opts.Limits = DefaultLimits
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(ctx)
	online, offline := context.WithCancel(ctx)
	s := &session{
		ctx: ctx, online: online, offline: offline, conn: conn, own: opts, opts: opts, lang: opts.Lang, state: StateStart, log: opts.Log,
		came: map[string]come{}, inbox: make(chan inbound), calls: make(chan func()), over: make(chan struct{}),
	}
	return s, func() {
		close(s.over)
		offline()
		cancel()
	}
}
