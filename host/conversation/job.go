package conversation

import (
	"context"
	"encoding/base64"
	"errors"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/save"
	"github.com/sign-with-cmd/sign-with-cmd/host/secret"
)

// job is the signing of one document: what a Method sees as the Person.
type job struct {
	s      *session
	record *journal.Record
	work   string
	doc    Document
	phone  secret.Secret // kept in a sandbox only, to read the code sent to it

	ctx        context.Context
	cancelFunc context.CancelFunc

	// These belong to the session's goroutine.
	committed bool // a signature may exist
	sent      bool // and it's we who sent the code
	cancelled bool
	typing    bool // phone and PIN are yet to come for the first time
	creds     chan Credentials
	code      chan CodeAnswer
	before    State             // the state that assist came from
	over      func(signed bool) // of Visitor.Signing
	to        Object            // where the signed file is to be written; nil: only into downloads

	kept chan error // whether the private copy is on the disk; for everybody who asks

	mu    sync.Mutex
	first *Credentials // those of the first stage1 message, until they're asked for

	holding sync.Mutex // while something that came back is being put on the disk
	came    bool       // something did come back
	held    *Signed    // the last that's on the disk, and in the journal
}

var _ Person = (*job)(nil)

// newJob makes one whose credentials are there, or with nil yet to come.
func newJob(s *session, record *journal.Record, work string, doc Document, creds *Credentials) *job {
	j := &job{s: s, record: record, work: work, doc: doc, typing: creds == nil}
	if creds != nil {
		j.take(*creds)
	}
	j.ctx, j.cancelFunc = context.WithCancel(context.WithoutCancel(s.ctx))
	return j
}

func (j *job) id() string { return j.record.ID() }

// cancel ends the job; it's called in the session's goroutine, where commit is decided too.
func (j *job) cancel() {
	j.cancelled = true
	j.cancelFunc()
}

// keep has the private copy put on the disk meanwhile.
func (j *job) keep(sync func() error) {
	j.kept = make(chan error, 1)
	go func() { j.kept <- sync() }()
}

// copied waits until the private copy is on the disk: what comes back is checked against it, after a power cut too. Errors: DISK_FULL, and plain ones.
func (j *job) copied() error {
	err := <-j.kept
	j.kept <- err
	if err != nil && save.Full(err) {
		return notCopied(err)
	}
	return err
}

// run signs, checks and saves, and tells how it ended.
func (j *job) run(method Method) {
	defer j.cancelFunc()
	signed, err := j.sign(method)
	j.drop()
	if unkept := j.copied(); unkept != nil {
		j.s.log.Error("the document's copy", "err", unkept)
	}
	came, held := j.back()
	j.s.see(func() {
		j.committed = j.committed || came
		j.over(j.committed)
	})
	if err != nil && held != nil {
		// It may have been ended, or given up, in the very moment in which the file came.
		j.s.log.Info("what came back is looked at all the same", "id", j.id(), "err", err)
		signed, err = *held, nil
	}
	if err != nil {
		j.fail(err)
	} else {
		j.finish(signed)
	}
	if err := method.Close(); err != nil {
		j.s.log.Info("closing the browser", "err", err)
	}
}

// sign has the method sign. A mistake in it that breaks it off is this document's failure, and ends nobody else's conversation.
func (j *job) sign(method Method) (signed Signed, err error) {
	defer func() {
		if p := recover(); p != nil {
			j.s.log.Error("a signing broke off", "id", j.id(), "panic", p, "stack", string(debug.Stack()))
			err = problem.New(problem.Internal, "it broke off")
		}
	}()
	return method.Sign(j.ctx, j.doc, j)
}

// drop forgets the secrets that nobody came to ask for.
func (j *job) drop() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.first != nil {
		j.first.Drop()
		j.first = nil
	}
	j.phone.Drop()
}

// end tells the last message of this document, once.
func (j *job) end(state State, r reply) {
	j.s.do(func() {
		if j.s.state.over() {
			return
		}
		j.s.close(state, r)
	})
}

// fail ends the job without a file.
func (j *job) fail(err error) {
	s := j.s
	var committed, cancelled bool
	// A conversation that didn't end in time may be over before this: what was sent was sent.
	s.see(func() { committed, cancelled = j.committed, j.cancelled })
	p := problem.Wrap(problem.Internal, err)
	if errors.Is(err, context.Canceled) && p.Code == problem.Internal {
		p = problem.Newf(problem.Cancelled, "%w", err)
	}
	if committed && p.Code != problem.CodeExpired && p.Code != problem.MayBeSigned {
		p = problem.Newf(problem.MayBeSigned, "%w", err).Said(p.Site)
	}
	s.log.Error("the document was not signed, as far as is known", "id", j.id(), "err", err, "code", p.Code)
	if p.Code != problem.MayBeSigned {
		if err := j.record.NotSigned(p.Code); err != nil {
			s.log.Error("writing the journal", "err", err)
		}
	}
	j.record.Close()
	if p.Code != problem.MayBeSigned {
		// Otherwise bytes that came back may lie there, and the original to check them against.
		os.RemoveAll(j.work)
	}
	// The method may have had the person's own cancel from elsewhere: from the browser's bar.
	if (cancelled || p.Code == problem.Cancelled) && p.Code != problem.MayBeSigned {
		j.end(StateCancelled, reply{Status: statusOK})
		return
	}
	j.end(StateFailed, reply{Status: statusError, Error: faultOf(p, s.lang)})
}

// Progress tells which page was reached, with a picture of it where that was asked for.
func (j *job) Progress(page string) {
	j.s.do(func() {
		switch {
		case j.typing:
			j.s.state = StateStage1Input
		case j.s.state == StateAssist || j.s.state == StateStage1Input:
			j.s.state = StateStage1
		}
		j.s.send(reply{State: j.s.state, Status: statusOK, Progress: page})
	})
	j.picture()
}

// picture sends a screenshot at each page if the client asked for it.
func (j *job) picture() {
	var method Method
	j.s.do(func() {
		if j.s.auto {
			method = j.s.method
		}
	})
	if method == nil {
		return
	}
	ctx, cancel := context.WithTimeout(j.ctx, 5*time.Second)
	defer cancel()
	png, err := method.Screenshot(ctx)
	if err != nil {
		j.s.log.Debug("no screenshot", "err", err)
		return
	}
	j.s.do(func() {
		j.s.send(reply{State: "screenshot", Status: statusOK, Screenshot: base64.StdEncoding.EncodeToString(png), Auto: true})
	})
}

// Credentials gives those of the first stage1 message, once it's there, and asks the person for others where the page refused them.
func (j *job) Credentials(ctx context.Context, why *problem.Error) (Credentials, error) {
	answers := make(chan Credentials, 1)
	j.s.do(func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		if j.first != nil && why == nil {
			answers <- *j.first
			j.first = nil
			return
		}
		j.creds = answers
		if j.typing {
			return // the prompt for them stands
		}
		j.s.state = StateStage1Input
		r := reply{State: j.s.state, Nonce: j.s.fresh()}
		if why != nil {
			r.Status, r.Error = statusError, faultOf(why, j.s.lang)
		}
		j.s.send(r)
	})
	select {
	case c := <-answers:
		return c, nil
	case <-ctx.Done():
		j.s.do(func() { j.creds = nil })
		select {
		case c := <-answers:
			c.Drop()
		default:
		}
		return Credentials{}, ctx.Err()
	}
}

// take keeps credentials until they are asked for, or hands them to whoever waits; it's called in the session's goroutine.
func (j *job) take(creds Credentials) {
	if j.s.opts.SandboxCode != nil {
		j.phone.Drop()
		j.phone = secret.New(creds.Phone.Reveal())
	}
	j.typing = false
	if j.creds != nil {
		j.creds <- creds
		j.creds = nil
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.first = &creds
}

// again takes phone and PIN of a document that was confirmed before, or typed again; it's called in the session's goroutine.
func (j *job) again(m message, creds Credentials) error {
	if j.creds == nil && !j.typing {
		return problem.New(problem.MessageOutOfTurn, "phone and PIN are not asked for")
	}
	if m.Confirm != "" && !strings.EqualFold(m.Confirm, j.doc.SHA256) {
		return problem.New(problem.PDFChanged, "another document in the middle of a signature")
	}
	if m.PDFFilePath != "" {
		doc, err := j.s.load(m.PDFFilePath)
		if err != nil {
			return err
		}
		if doc.hash != j.doc.SHA256 {
			return problem.New(problem.PDFChanged, "another document in the middle of a signature")
		}
	}
	j.take(creds)
	j.s.state = StateStage1
	return nil
}

// Code asks for the code.
func (j *job) Code(ctx context.Context, prompt CodePrompt) (CodeAnswer, error) {
	r := reply{Status: statusOK, Progress: "otp", Reference: prompt.Reference, Resend: prompt.Resend, Approval: prompt.Approval}
	if prompt.Why != nil {
		r.Status, r.Error = statusError, faultOf(prompt.Why, j.s.lang)
	}
	if j.s.opts.SandboxCode != nil {
		code, err := j.s.opts.SandboxCode(ctx, j.phone.Reveal())
		if err != nil {
			j.s.log.Info("the sandbox sent no code", "err", err)
		}
		r.SandboxOTP = code
	}
	j.picture()
	answers := make(chan CodeAnswer, 1)
	j.s.do(func() {
		j.code = answers
		j.s.state = StateStage2Input
		r.State, r.Nonce = j.s.state, j.s.fresh()
		j.s.send(r)
	})
	select {
	case a := <-answers:
		return a, nil
	case <-ctx.Done():
		j.s.do(func() {
			j.code = nil
			if j.s.state == StateStage2Input {
				j.s.state = StateStage2
			}
		})
		return CodeAnswer{}, ctx.Err()
	}
}

// codeAnswer is the message's code, or the token in its place.
func (m message) codeAnswer() CodeAnswer {
	a := CodeAnswer{Token: m.OTPToken}
	if m.OTP != nil {
		a.Code = *m.OTP
	}
	return a
}

// answer hands a code or the wish for another to whoever waits for it.
func (s *session) answer(a CodeAnswer) {
	if s.state != StateStage2Input || s.job == nil || s.job.code == nil {
		s.outOfTurn(kindOTP)
		return
	}
	if !a.Resend && s.mode == modeRelay {
		if !token().MatchString(a.Token) || !a.Code.IsZero() {
			s.fault(problem.New(problem.MessageMalformed, "in relay mode there's a token for the code"))
			return
		}
		s.state = StateStage2
	} else if !a.Resend {
		if n := a.Code.Len(); n < 4 || n > 10 || !a.Code.Digits() {
			a.Code.Drop()
			s.fault(problem.New(problem.CodeFormat, ""))
			return
		}
		s.state = StateStage2
	}
	s.job.code <- a
	s.job.code = nil
}

// Stuck tells that the page is unknown and the person has to go on by hand.
func (j *job) Stuck(k Stuck) {
	j.s.do(func() {
		if j.s.state != StateAssist {
			j.before = j.s.state
		}
		j.s.state = StateAssist
		code := problem.PageUnknown
		if k.Known {
			code = problem.VisibleByHand
		}
		j.s.send(reply{
			State: j.s.state, Status: statusError, Error: faultOf(problem.New(code, ""), j.s.lang),
			Step: k.Step, Title: k.Title, Host: k.Host, Shown: &k.Shown, Screenshot: base64.StdEncoding.EncodeToString(k.Screenshot),
			Trace: j.s.place(k.Trace), Visible: k.Visible,
		})
	})
}

// Resumed tells that the page is known again.
func (j *job) Resumed() {
	j.s.do(func() {
		j.s.state = j.before
		j.s.send(reply{State: j.s.state, Status: statusOK, Progress: "resumed"})
	})
}

// Committing decides, in the session's goroutine, between a cancel and the code, and has the journal on disk before it
// answers.
func (j *job) Committing() error {
	err := j.submitting(true)
	if err == nil {
		j.s.do(func() {
			if j.s.state == StateStage2 {
				j.s.send(reply{State: j.s.state, Status: statusOK, Progress: "code_sent"})
			}
		})
	}
	return err
}

// Offered has the journal say that the person may sign without us.
func (j *job) Offered() error { return j.submitting(false) }

func (j *job) submitting(sent bool) error {
	if err := j.copied(); err != nil {
		return err
	}
	err := error(context.Canceled)
	j.s.do(func() {
		if j.cancelled {
			return
		}
		if err = j.record.Submitting(); err == nil {
			j.committed, j.sent = true, sent
		}
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		return problem.Newf(problem.JournalFailed, "%w", err)
	}
	return err
}

// ByHand has the journal say that from now on the person may have signed by hand.
func (j *job) ByHand() error {
	if err := j.copied(); err != nil {
		return err
	}
	err := error(context.Canceled)
	j.s.do(func() {
		if !j.cancelled {
			if err = j.record.ByHand(); err == nil {
				j.committed = true
			}
		}
	})
	return err
}

// Refused has the journal say that the code made no signature.
func (j *job) Refused(why *problem.Error) error {
	var err error
	j.s.do(func() {
		if err = j.record.Refused(why.Code); err == nil {
			j.committed, j.sent = false, false
		}
	})
	return err
}

// Hold has what came back on disk, and in the journal, before it returns.
func (j *job) Hold(data []byte) (Signed, error) {
	j.holding.Lock()
	defer j.holding.Unlock()
	j.came = true
	path, hash, err := save.Hold(j.work, data)
	if err != nil {
		// A signature exists that may have been made without anything of ours: in the app.
		if err := j.record.Submitting(); err != nil {
			j.s.log.Error("writing the journal", "err", err)
		}
		return Signed{}, err
	}
	// An approval in the app may have signed before anything of ours was sent. Whatever became of the copy, these bytes are kept.
	if err := j.copied(); err != nil {
		j.s.log.Error("the document's copy", "err", err)
	}
	if err := j.record.Received(path, hash); err != nil {
		return Signed{}, err
	}
	signed := Signed{Path: path, SHA256: hash, Size: int64(len(data))}
	j.held = &signed
	return signed, nil
}

// back waits until what is being held is, and says whether anything came back, and what of it is held.
func (j *job) back() (came bool, held *Signed) {
	j.holding.Lock()
	defer j.holding.Unlock()
	return j.came, j.held
}
