package terminal

import (
	"encoding/json"
	"os"
	"strings"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/secret"
)

// run is one run of the command.
type run struct {
	Options
	conn  *Client
	show  printer
	items []*item
	now   *item // the one that messages are about

	typed, piped <-chan []byte
	pin          secret.Secret

	hello   message
	state   string // of the host
	sent    bool   // the code of the document at hand is on its way
	backlog []message
	ended   bool // the host has
	hung    bool // we have hung up
	signals int
	left    bool   // the person doesn't want to wait for the end
	restore func() // ends the prompt that stands
	last    bool   // nothing is begun any more after the document at hand
}

// all goes through the documents: each is confirmed before any is signed.
func (r *run) all() {
	var ok bool
	if r.hello, ok = r.next(); !ok {
		return
	}
	r.show.hello(r.hello)
	if !r.begin() || !r.confirm() || !r.credentials(false) {
		r.unanswered()
		return
	}
	for i, it := range r.items {
		if it.why != nil || it.exit == ExitCancelled {
			continue // said no to, or not a document
		}
		r.now, it.begun, r.sent = it, true, false
		r.show.document(i, len(r.items), it.path)
		if r.begin() {
			r.sign(it, r.SignAgain)
		}
		r.settle(it)
		if r.last || r.ended || r.signals > 0 || stops(it.code()) {
			return
		}
	}
}

// begin has the host ask for a document, where it doesn't yet.
func (r *run) begin() bool {
	if r.state == "stage1_input" {
		return true
	}
	r.send(map[string]any{"start": "", "lang": r.Lang, "protocol": 1, "min_protocol": 1, "client": r.Version})
	for {
		m, ok := r.next()
		switch {
		case !ok, m.over():
			r.failRest(m.Error)
			return false
		case m.Error != nil && m.State == "start":
			r.failRest(m.Error)
			return false
		case m.State == "stage1_input" && m.Progress == "":
			return true
		}
	}
}

// unanswered has all documents end with what the host said in place of an answer.
func (r *run) unanswered() {
	for _, m := range r.backlog {
		if m.Error != nil {
			r.failRest(m.Error)
		}
	}
	if r.noInput() {
		r.failRest(r.show.own(noAnswer))
	}
}

// failRest has all that isn't done yet end with an error that's about none of them.
func (r *run) failRest(why *fault) {
	for _, it := range r.items {
		if it.last.State == "" && it.why == nil && it.exit == ExitFailed {
			it.why = why
		}
	}
}

// confirm shows each document, and has it confirmed. It says false where there's nothing to sign.
func (r *run) confirm() bool {
	some := false
	for _, it := range r.items {
		r.now = it
		r.send(map[string]any{"document": map[string]string{"pdf_file_path": it.path}})
		m, ok := r.until(func(m message) bool { return m.Document != nil || m.Error != nil })
		switch {
		case !ok:
			return false
		case m.over():
			r.failRest(m.Error)
			return false
		case m.Error != nil:
			it.why = m.Error
			r.show.fault(m.Error)
			continue
		}
		r.show.facts(it.path, m.Document)
		if it.confirm == "" {
			yes, answered := r.yes(askDocument)
			if !answered {
				return false
			}
			if !yes {
				it.exit = ExitCancelled
				continue
			}
			it.confirm = m.Document.SHA256
		}
		some = true
	}
	r.now = nil
	return some
}

// credentials has the phone, where it isn't known, and the PIN. again: those that there are were refused.
func (r *run) credentials(again bool) bool {
	if !again {
		r.show.holder(r.hello)
	}
	if r.Phone.IsZero() || again {
		line, ok := r.ask(askPhone, visible)
		if !ok {
			return false
		}
		if text := strings.TrimSpace(string(line)); text != "" || !again {
			if !strings.HasPrefix(text, "+") && !strings.HasPrefix(text, "00") {
				text = "+351 " + text
			}
			r.Phone.Drop()
			r.Phone = secret.New(text)
		}
		clear(line)
	}
	line, ok := r.ask(askPIN, hidden)
	if !ok {
		return false
	}
	r.pin.Drop()
	r.pin = secret.New(strings.TrimSpace(string(line)))
	clear(line)
	return true
}

// sign takes one document from the credentials to its end, or to where it can't be begun.
func (r *run) sign(it *item, again bool) {
	r.give(it, again)
	for {
		m, ok := r.next()
		if !ok {
			return
		}
		switch {
		case m.over():
			it.last = m
			return
		case m.State == "stage1_input" && m.Error != nil:
			if !r.refused(it, m.Error) {
				return
			}
		case m.State == "stage2_input" && (m.Progress == "otp" || m.Error != nil):
			r.code(it, m)
		case m.State == "assist":
			r.assist(it, m)
		default:
			r.show.progress(m)
		}
	}
}

func (r *run) give(it *item, again bool) {
	m := map[string]any{"phone": r.Phone.Reveal(), "pin": r.pin.Reveal(), "pdf_file_path": it.path, "confirm": it.confirm}
	if r.Visible != nil {
		m["visible"] = r.Visible
	}
	if again {
		m["sign_again"] = it.confirm
	}
	r.send(m)
}

// refused acts on phone, PIN or document refused before anything was signed. It says false where that ends the document.
func (r *run) refused(it *item, why *fault) bool {
	r.show.fault(why)
	switch why.Code {
	case problem.LookFirst:
		if len(r.SHA256) == 0 {
			if yes, _ := r.yes(askAgain); yes {
				r.give(it, true)
				return true
			}
		}
		it.exit = ExitMaybe
	case problem.PINWrong, problem.PINFormat, problem.PhoneFormat:
		switch {
		case r.PINStdin || r.typed == nil:
			r.cancel() // a script's PIN isn't tried twice
			it.why = why
		case r.credentials(true):
			r.give(it, false)
		}
		return true
	}
	it.why = why
	return false
}

// code asks for the code. The prompt ends by itself where the page moves on without one.
func (r *run) code(it *item, m message) {
	if m.Progress == "otp" {
		r.show.code(m, it != r.items[len(r.items)-1])
	} else {
		r.show.fault(m.Error)
	}
	for {
		line, ok := r.ask(askCode, hidden)
		switch {
		case !ok && r.noInput() && m.Approval:
			r.show.say(waitApproval)
			return
		case !ok && r.noInput():
			it.why = r.show.own(noCode)
			r.cancel()
			return
		case !ok:
			return
		}
		text := strings.ToLower(strings.Join(strings.Fields(strings.ReplaceAll(string(line), "-", " ")), ""))
		clear(line)
		switch text {
		case "":
			continue
		case "r":
			r.send(map[string]any{"resend": ""})
		case "f":
			r.last = true
			r.show.say(lastOne)
			continue
		default:
			r.send(map[string]any{"otp": text})
		}
		return
	}
}

// assist tells that the person has to go on by hand; where nobody can, the document is ended.
func (r *run) assist(it *item, m message) {
	r.show.assist(m)
	if !m.Shown && !r.hung {
		it.why = m.Error
		r.cancel()
	}
}

// settle says what became of a document.
func (r *run) settle(it *item) {
	m := it.last
	switch {
	case m.State == "done":
		it.exit = ExitOK
	case m.State == "unverified", m.State == "failed" && m.File != nil:
		it.exit = ExitLook
	case m.code() == problem.MayBeSigned, m.State == "" && r.sent:
		it.exit = ExitMaybe
	case m.State == "cancelled" && it.why == nil, m.State == "" && r.signals > 0 && it.exit == ExitFailed:
		it.exit = ExitCancelled
	}
	r.show.end(it)
}

func (it *item) code() problem.Code {
	if it.why != nil && it.last.code() == "" {
		return it.why.Code
	}
	return it.last.code()
}

func (r *run) send(m map[string]any) {
	data, err := json.Marshal(m)
	if err != nil {
		return // never: texts only
	}
	select {
	case r.conn.outbox <- data:
	case <-r.conn.hung:
	}
}

func (r *run) cancel() { r.send(map[string]any{"cancel": ""}) }

func (r *run) hangUp() {
	r.hung = true
	r.conn.HangUp()
}

// hear takes one message in.
func (r *run) hear(data []byte) message {
	var m message
	if json.Unmarshal(data, &m) != nil {
		return m
	}
	if m.State != "" && m.State != "screenshot" && m.State != "trace" {
		r.state = m.State
	}
	// By hand, too, a signature may be made from here on.
	r.sent = r.sent && m.Error == nil || m.State == "stage2" || m.State == "assist"
	if r.JSON {
		path := ""
		if r.now != nil {
			path = r.now.path
		}
		if line, err := public(data, path); err == nil {
			r.show.line(r.Stdout, string(line))
		}
	}
	for _, text := range m.Notes {
		r.show.text(text)
	}
	return m
}

// next gives the host's next message. It says false at the end of the conversation.
func (r *run) next() (message, bool) {
	if len(r.backlog) > 0 {
		m := r.backlog[0]
		r.backlog = r.backlog[1:]
		return m, true
	}
	for !r.ended {
		select {
		case data, ok := <-r.conn.inbox:
			if !ok {
				r.ended = true
				return message{}, false
			}
			m := r.hear(data)
			if m.over() && m.code() == problem.MessageOutOfTurn {
				continue // we spoke while it was ending
			}
			return m, true
		case sig := <-r.Signals:
			if r.interrupt(sig); r.left {
				return message{}, false
			}
		}
	}
	return message{}, false
}

// until gives the next message that fits, or that ends the document.
func (r *run) until(fits func(message) bool) (message, bool) {
	for {
		m, ok := r.next()
		if !ok || m.over() || fits(m) {
			return m, ok
		}
	}
}

// interrupt acts on Ctrl-C: the first cancels, where that can still be; the second hangs up, and what is on its way is waited
// for; the third leaves. The end of the session, or of the computer, hangs up.
func (r *run) interrupt(sig os.Signal) {
	r.signals++
	switch {
	case sig != os.Interrupt:
		r.hangUp()
	case r.signals == 1:
		r.show.say(cancelling)
		r.cancel()
	case r.signals == 2:
		r.show.say(hangingUp)
		r.hangUp()
	default:
		r.left = true
	}
}
