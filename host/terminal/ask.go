package terminal

import (
	"strings"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// how an answer is typed.
type how bool

const (
	visible how = true
	hidden  how = false
)

// ask has a line from the person, or for what is hidden from the script where it gives that. It says false where there is none:
// the person interrupts, the host has something else to say, or nobody is there.
func (r *run) ask(question problem.Text, as how) (line []byte, ok bool) {
	from := r.typed
	if as == hidden && r.piped != nil {
		from = r.piped
	} else if !r.prompt(question, as) {
		return nil, false
	}
	defer func() { r.prompted(ok && as == visible) }()
	for {
		select {
		case line, ok := <-from:
			if ok {
				return line, true
			}
			if r.forget(from); !r.prompt(question, as) {
				return nil, false
			}
			from = r.typed
		case data, ok := <-r.conn.inbox:
			if !ok {
				r.ended = true
				return nil, false
			}
			was := r.state
			m := r.hear(data)
			if len(m.Notes) > 0 {
				continue
			}
			r.backlog = append(r.backlog, m)
			if m.over() || m.State != was || m.Progress == "otp" {
				return nil, false
			}
		case sig := <-r.Signals:
			r.interrupt(sig)
			return nil, false
		}
	}
}

// forget is for a source that has come to its end.
func (r *run) forget(from <-chan []byte) {
	if from == r.piped {
		r.piped = nil
	} else {
		r.typed = nil
	}
}

// noInput says that nobody is there to answer.
func (r *run) noInput() bool { return r.piped == nil && r.typed == nil && r.signals == 0 && !r.ended }

// prompt asks the person, if there is one.
func (r *run) prompt(question problem.Text, as how) bool {
	if r.typed == nil {
		return false
	}
	select {
	case line := <-r.typed: // the answer to a question that was taken back
		clear(line)
	default:
	}
	r.restore = func() {}
	if as == visible {
		r.restore = r.TTY.loud()
	}
	r.TTY.asking.Store(true)
	r.show.prompt(r.TTY.Out, question)
	return true
}

// prompted ends the asking. ended: the person's own Enter ended the line.
func (r *run) prompted(ended bool) {
	if r.restore == nil {
		return
	}
	r.TTY.asking.Store(false)
	r.restore()
	r.restore = nil
	if !ended {
		r.show.newline(r.TTY.Out)
	}
}

// yes asks a question whose answer is no, unless it's said.
func (r *run) yes(question problem.Text) (yes, answered bool) {
	line, ok := r.ask(question, visible)
	switch strings.ToLower(strings.TrimSpace(string(line))) {
	case "s", "sim", "y", "yes":
		return true, ok
	}
	return false, ok
}
