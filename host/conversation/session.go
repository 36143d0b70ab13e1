package conversation

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/secret"
)

// session is one connection. Its fields belong to the goroutine of run; others reach them through do.
type session struct {
	ctx context.Context
	// online ends with the connection, when there is no time left to ask anybody.
	online  context.Context
	offline context.CancelFunc

	conn Conn
	own  Options
	opts Options // of this signing: own, or the trial's
	lang string
	log  *slog.Logger

	state  State
	mode   string
	auto   bool
	method Method
	warmed bool // the method is being opened
	asked  int  // screenshots and traces that are being made
	upload *upload
	errand *errand
	job    *job
	came   map[string]come // signed files of this conversation, by their documents' ids
	nonce  string          // of the last prompt, where there's a key to seal to

	inbox chan inbound
	calls chan func()
	over  chan struct{}
}

// inbound is what was read from the connection.
type inbound struct {
	data []byte
	err  error
}

func (s *session) run() error {
	defer s.closeMethod()
	s.greet()
	go s.read()
	defer s.tidy()()
	timer := time.NewTimer(s.opts.Limits.Input)
	defer timer.Stop()
	for {
		select {
		case in := <-s.inbox:
			timer.Reset(s.opts.Limits.Input)
			var p *problem.Error
			switch {
			case in.err == nil:
				s.handle(in.data)
				clear(in.data) // it may have held a secret
			case errors.As(in.err, &p):
				s.fault(p)
			default:
				if !errors.Is(in.err, io.EOF) {
					s.log.Info("the connection broke", "err", in.err)
				}
				return s.hangup()
			}
		case f := <-s.calls:
			f()
		case <-timer.C:
			if s.state == StateStage1Input || s.state == StateStage2Input || s.state == StateStart {
				s.fault(problem.New(problem.InputTimeout, ""))
				return s.hangup()
			}
			timer.Reset(s.opts.Limits.Input)
		case <-s.ctx.Done():
			var p *problem.Error
			if errors.As(context.Cause(s.ctx), &p) {
				s.fault(p)
			}
			return s.hangup()
		}
	}
}

func (s *session) read() {
	for {
		data, err := s.conn.Read()
		select {
		case s.inbox <- inbound{data, err}:
		case <-s.over:
			return
		}
		var p *problem.Error
		if err != nil && !errors.As(err, &p) {
			return
		}
	}
}

// do runs f in the session's goroutine and waits for it. It says false when the session is over.
func (s *session) do(f func()) bool {
	done := make(chan struct{})
	select {
	case s.calls <- func() { f(); close(done) }:
		select {
		case <-done:
			return true
		case <-s.over:
		}
		// It may have been the last that was done; or f broke off, and the session with it.
		select {
		case <-done:
			return true
		default:
			return false
		}
	case <-s.over:
		return false
	}
}

// see has f look at fields of the session, also once it's over: nobody changes them any more then.
func (s *session) see(f func()) {
	if !s.do(f) {
		f()
	}
}

// tidy does beside the conversation what the first message didn't need. What it gives waits for that.
func (s *session) tidy() (wait func()) {
	var tidied sync.WaitGroup
	tidied.Go(func() {
		if s.own.Visitor == nil {
			s.own.Journal.Prune()
		}
		if s.own.Greeted != nil {
			s.own.Greeted()
		}
	})
	return tidied.Wait
}

func (s *session) greet() {
	var unfinished, ended []leftover
	if s.own.Visitor == nil {
		unfinished, ended = s.recover()
	}
	s.tell(reply{State: StateStart}, hello{
		State: StateStart, Protocol: Protocol, MinProtocol: MinProtocol, Version: s.opts.Version,
		Capabilities: s.capabilities(),
		Environment:  s.opts.Environment, Custom: s.opts.Custom, Modes: s.opts.Modes, BrowserAt: s.opts.BrowserAt,
		Unready: s.opts.Unready, Unfinished: unfinished, Ended: ended, Operator: s.opts.Operator, Seal: s.sealInfo(),
	})
}

func (s *session) capabilities() []string {
	can := []string{"sign", "screenshot", "auto_screenshot", "upload_local", "upload_stream", "document", "confirm", "document_data", "download", "resend", "assist", "journal", "trace", "visible"}
	switch {
	case s.own.Visitor == nil:
		can = append(can, "open")
	case s.own.Visitor.Objects():
		can = append(can, string(kindUploadS3))
	}
	if s.own.Doctor != nil {
		can = append(can, "doctor")
	}
	if s.own.Trial != nil {
		can = append(can, "trial")
	}
	return can
}

func (s *session) send(r reply) {
	if s.job != nil && r.ID == "" {
		r.ID = s.job.id()
	}
	s.tell(r, r)
}

// tell sends a message, and r where that is too large.
func (s *session) tell(r reply, message any) {
	data, err := json.Marshal(message)
	if err == nil {
		err = s.conn.Write(data)
	}
	if problem.Is(err, problem.MessageTooLarge) {
		err = s.sendShort(r)
	}
	if err != nil {
		s.log.Info("sending a message", "state", r.State, "err", err)
	}
}

// sendShort says without its long parts what the transport refused for its length: how a document ended must be told.
func (s *session) sendShort(r reply) error {
	short := reply{State: r.State, Status: r.Status, ID: r.ID, Error: r.Error, File: r.File, Object: r.Object}
	if r.Result != nil {
		short.Result = &resultInfo{Verdict: r.Result.Verdict, SignatureExists: r.Result.SignatureExists, Findings: []finding{}}
	}
	if !r.State.over() {
		short.Status, short.Error = statusError, faultOf(problem.New(problem.MessageTooLarge, ""), s.lang)
	}
	data, err := json.Marshal(short)
	if err != nil {
		return err
	}
	return s.conn.Write(data)
}

// fault tells of an error that changes nothing: the conversation stays where it is.
func (s *session) fault(p *problem.Error) { s.refuse("", p) }

// refuse is fault for what is an answer beside the prompts: it names what was asked.
func (s *session) refuse(k kind, p *problem.Error) {
	s.log.Info("a message was refused", "kind", k, "state", s.state, "err", p)
	if s.own.Visitor != nil {
		s.own.Visitor.Refused(p.Code)
	}
	s.send(reply{State: s.state, Status: statusError, Progress: string(k), Error: faultOf(p, s.lang)})
}

// handle acts on one message, or refuses it where the state doesn't allow it.
func (s *session) handle(data []byte) {
	m, k, err := parse(data)
	if err != nil {
		s.fault(problem.Wrap(problem.MessageMalformed, err))
		return
	}
	if err := s.admit(m, k); err != nil {
		s.drop(m)
		s.fault(problem.Wrap(problem.TokenRefused, err))
		return
	}
	if err := s.unseal(&m, k); err != nil {
		s.drop(m)
		s.fault(problem.Wrap(problem.SealRefused, err))
		return
	}
	switch k {
	case kindPing:
		s.ping(m)
	case kindDoctor:
		s.doctor(m)
	case kindStart:
		s.start(m)
	case kindCancel:
		s.cancel()
	case kindScreenshot:
		s.screenshot()
	case kindTrace:
		s.trace()
	case kindOpen:
		s.open(m)
	case kindUpload:
		s.take(m)
	case kindUploadS3:
		s.fetch(m)
	case kindStage1:
		s.stage1(m)
	case kindConfirm:
		s.confirm(m)
	case kindDocument:
		s.look(m.Document.PDFFilePath)
	case kindData:
		s.give(*m.DocumentData)
	case kindDownload:
		s.bring(*m.Download)
	case kindOTP:
		s.answer(m.codeAnswer())
	case kindResend:
		s.answer(CodeAnswer{Resend: true})
	}
}

// drop forgets the secrets of a message that does nothing.
func (s *session) drop(m message) {
	for _, secret := range []*secret.Secret{m.Phone, m.PIN, m.OTP} {
		if secret != nil {
			secret.Drop()
		}
	}
}

func (s *session) ping(m message) {
	s.send(reply{Status: statusOK, Progress: m.pinged()})
}

// doctor answers at any time, as ping does.
func (s *session) doctor(m message) {
	if s.own.Doctor == nil {
		s.fault(problem.New(problem.MessageUnknown, ""))
		return
	}
	lang := s.lang
	if m.Lang == "pt" || m.Lang == "en" {
		lang = m.Lang
	}
	s.send(reply{State: "doctor", Status: statusOK, Findings: s.own.Doctor(lang)})
}

func (s *session) outOfTurn(k kind) {
	s.fault(problem.New(problem.MessageOutOfTurn, string(k)+" in state "+string(s.state)))
}

func (s *session) start(m message) {
	switch {
	case m.Protocol != 0 && m.Protocol < MinProtocol:
		s.fault(problem.New(problem.VersionClientOld, ""))
		return
	case m.MinProtocol > Protocol:
		s.fault(problem.New(problem.VersionHostOld, ""))
		return
	case s.state != StateStart && !s.state.over():
		s.fault(problem.New(problem.Busy, "start in state "+string(s.state)))
		return
	}
	opts, err := s.in(m.Environment)
	if err != nil {
		s.fault(problem.Wrap(problem.Internal, err))
		return
	}
	mode := m.Mode
	if mode == "" {
		mode = opts.Modes[0]
	}
	if !slices.Contains(opts.Modes, mode) {
		s.fault(problem.New(problem.MessageMalformed, "a mode that isn't offered"))
		return
	}
	s.mode = mode
	if m.Lang == "pt" || m.Lang == "en" {
		s.lang = m.Lang
	}
	s.auto = truthy(m.AutoScreenshot)
	s.closeMethod()
	s.opts = opts
	s.method, s.job, s.upload = s.opts.NewMethod(mode), nil, nil
	if tracer, ok := s.method.(Tracer); ok {
		tracer.TraceClient(m.Client)
	}
	s.state, s.warmed = StateStage1Input, false
	s.send(reply{State: s.state, Environment: m.Environment, Nonce: s.fresh()})
	if s.admitted() {
		s.warmOnce()
	}
}

// warmOnce opens the method, unless that was done.
func (s *session) warmOnce() {
	if !s.warmed {
		s.warmed = true
		go s.warm(s.method)
	}
}

// approach has the method go ahead as far as it can, now that a document waits to be confirmed.
func (s *session) approach() {
	if a, ok := s.method.(Approacher); ok && s.warmed && !s.auto {
		go a.Approach(s.ctx)
	}
}

// in gives what a signing in an environment works with. A client may ask for the host's own and for the sandbox, never for one
// in which a signature counts and the host's own doesn't.
func (s *session) in(environment string) (Options, error) {
	switch {
	case environment == "" || environment == s.own.Environment:
		return s.own, nil
	case environment == trialEnvironment && s.own.Trial != nil:
		opts, err := s.own.Trial(s.ctx)
		opts.Journal, opts.Limits, opts.Log = s.own.Journal, s.own.Limits, s.own.Log
		return opts, err
	}
	return Options{}, problem.New(problem.EnvironmentUnknown, "asked for in start")
}

// warm opens the method while the person still types, and says at once when that can't work.
func (s *session) warm(method Method) {
	err := method.Open(s.ctx)
	s.do(func() {
		switch {
		case s.method != method:
		case err == nil:
			if notes := method.Notes(); len(notes) > 0 {
				s.send(reply{State: s.state, Status: statusOK, Progress: "browser_ready", Notes: notes})
			}
		case s.state == StateStage1Input && s.job == nil && s.ctx.Err() == nil:
			s.log.Error("opening the browser", "err", err)
			s.close(StateFailed, reply{Status: statusError, Error: faultOf(problem.Wrap(problem.BrowserFailed, err), s.lang)})
		}
	})
}

func (s *session) closeMethod() {
	if s.method == nil {
		return
	}
	method := s.method
	s.method = nil
	if err := method.Close(); err != nil {
		s.log.Info("closing the browser", "err", err)
	}
}

func (s *session) screenshot() {
	if s.state == StateStart || s.method == nil {
		s.fault(problem.New(problem.ScreenshotFailed, "nothing to see yet"))
		return
	}
	if !s.ask() {
		s.fault(problem.New(problem.ScreenshotFailed, "too many at a time"))
		return
	}
	method := s.method
	go func() {
		defer s.do(s.answered)
		ctx, cancel := context.WithTimeout(s.ctx, 10*time.Second)
		defer cancel()
		png, err := method.Screenshot(ctx)
		s.do(func() {
			if err != nil {
				s.fault(problem.Wrap(problem.ScreenshotFailed, err))
				return
			}
			s.send(reply{State: "screenshot", Status: statusOK, Screenshot: base64.StdEncoding.EncodeToString(png)})
		})
	}()
}

// trace has a bundle made for repair, and says where it lies.
func (s *session) trace() {
	tracer, ok := s.method.(Tracer)
	if !ok {
		s.outOfTurn(kindTrace)
		return
	}
	if !s.ask() {
		s.fault(problem.New(problem.TraceFailed, "too many at a time"))
		return
	}
	go func() {
		defer s.do(s.answered)
		ctx, cancel := context.WithTimeout(s.ctx, 10*time.Second)
		defer cancel()
		path, err := tracer.Trace(ctx)
		s.do(func() {
			if err != nil {
				s.fault(problem.Wrap(problem.Internal, err))
				return
			}
			s.send(reply{State: "trace", Status: statusOK, Trace: s.place(path)})
		})
	}()
}

// maxAsked bounds the screenshots and traces that are made at a time: each holds a picture in memory.
const maxAsked = 4

func (s *session) ask() bool {
	if s.asked >= maxAsked {
		return false
	}
	s.asked++
	return true
}

func (s *session) answered() { s.asked-- }

// cancel ends the signing, unless the code is on its way: that can't be undone, and the file that comes must be caught.
// Where only the person can have signed (approval in the app, a page by hand), or stands before a page that nobody knows,
// waiting can be ended, and what is told then is that a signature may exist.
func (s *session) cancel() {
	switch {
	case s.state.over():
		s.outOfTurn(kindCancel)
	case s.job != nil && s.job.sent && s.state != StateAssist:
		s.fault(problem.New(problem.CancelTooLate, ""))
	case s.job != nil:
		s.job.cancel() // its end is told by the job
	default:
		s.closeMethod()
		s.close(StateCancelled, reply{Status: statusOK})
	}
}

// close is the last message of a document.
func (s *session) close(state State, r reply) {
	s.forsake()
	s.state, r.State = state, state
	s.send(r)
	s.ended(r)
}

// hangup is the end of the connection.
func (s *session) hangup() error {
	s.offline()
	job := s.job
	if job == nil || s.state.over() {
		return nil
	}
	limit := s.opts.Limits.Hangup
	if job.committed {
		limit = s.opts.Limits.Grace
	} else {
		job.cancel()
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for !s.state.over() {
		select {
		case <-s.inbox:
		case f := <-s.calls:
			f()
		case <-timer.C:
			s.log.Error("what was under way did not end in time", "limit", limit)
			return errors.New("the conversation did not end in time")
		}
	}
	return nil
}
