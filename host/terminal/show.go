package terminal

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// printer tells the person what happens, line by line. Its prompts are told also where the rest is silent.
type printer struct {
	out    io.Writer
	lang   string
	silent bool
}

// line prints a line as it is: a result.
func (p printer) line(w io.Writer, text string) { fmt.Fprintln(w, text) }

func (p printer) prompt(w io.Writer, question problem.Text) {
	fmt.Fprintf(w, "%s ", question.In(p.lang))
}
func (p printer) newline(w io.Writer) { fmt.Fprintln(w) }

// text prints a line of news. What a page or a file says may hold anything: what would move the terminal's cursor is left out.
func (p printer) text(text string) {
	if !p.silent {
		fmt.Fprintln(p.out, plain(text))
	}
}

func (p printer) say(text problem.Text, values ...any) {
	p.text(fmt.Sprintf(text.In(p.lang), values...))
}

func (p printer) note(text problem.Text, values ...any) {
	p.text("  ! " + fmt.Sprintf(text.In(p.lang), values...))
}

func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, text)
}

// own is an error of this client's, in the form of the host's.
func (p printer) own(text problem.Text) *fault {
	p.say(text)
	return &fault{Message: text.In(p.lang)}
}

func (p printer) fault(f *fault) {
	p.text("  ! " + strings.TrimSpace(f.Message+" "+f.Next) + code(f))
	if f.Site != "" {
		p.say(siteSaid, f.Site)
	}
}

func code(f *fault) string {
	if f.Code == "" {
		return ""
	}
	return " [" + string(f.Code) + "]"
}

func (p printer) hello(m message) {
	p.say(notOfficial)
	if m.Custom {
		p.note(customEnvironment, m.Environment)
	} else if m.Environment != "production" {
		p.say(environmentIs, m.Environment)
	}
	for _, l := range m.Unfinished {
		text, known := unfinished[l.Answer]
		if !known {
			text = unfinished["may_be_signed"]
		}
		p.note(text, l.Name)
		if l.Path != "" {
			p.text("    " + l.Path)
		}
	}
}

// holder says who will hold the PIN, before it's asked for.
func (p printer) holder(m message) {
	p.text("")
	if len(m.Modes) > 0 && m.Modes[0] == "attach" {
		p.say(holderAttach, m.BrowserAt)
		return
	}
	p.say(holderLaunch)
}

// siteLimit is what the CMD's own site is known to take, in bytes (facts/cmd.md 4).
const siteLimit = 3_000_000

// facts are what a person looks at before the document is confirmed.
func (p printer) facts(path string, d *document) {
	p.text("")
	p.text(d.Name)
	p.text("  " + path)
	if d.Pages > 0 {
		p.say(pages, d.Pages)
	}
	p.say(size, d.Size)
	p.text("  SHA-256 " + d.SHA256)
	for _, w := range []struct {
		is   bool
		text problem.Text
	}{
		{d.Encrypted, warnEncrypted}, {d.XFA, warnXFA}, {d.DocMDP > 0, warnCertified}, {d.Signatures > 0, warnSigned},
		{d.Damaged != "", warnDamaged}, {d.Size > siteLimit, warnLarge},
	} {
		if w.is {
			p.note(w.text)
		}
	}
}

func (p printer) document(i, n int, path string) {
	p.text("")
	if n > 1 {
		p.say(documentOf, i+1, n, path)
	}
}

func (p printer) progress(m message) {
	if m.Error != nil {
		p.fault(m.Error)
		return
	}
	if text, known := steps[m.Progress]; known {
		p.text("  · " + text.In(p.lang))
	}
}

func (p printer) code(m message, more bool) {
	p.text("")
	if m.Error != nil {
		p.fault(m.Error)
	}
	p.say(codeWanted)
	if m.Reference != "" {
		p.say(reference, m.Reference)
	}
	if m.Approval {
		p.say(approval)
	}
	if m.Resend {
		p.say(canResend)
	}
	if more {
		p.say(canStop)
	}
	if m.SandboxOTP != "" {
		p.say(sandboxCode, m.SandboxOTP)
	}
}

func (p printer) assist(m message) {
	if m.Error != nil {
		p.fault(m.Error)
	}
	p.text("    " + m.Host + " · " + m.Title)
	if m.Trace != "" {
		p.say(traceKept, m.Trace)
	}
	if v := m.Visible; v != nil {
		p.say(visibleAsked, v.Page, visibleWords[v.Orientation].In(p.lang), visibleWords[v.Place].In(p.lang))
	}
	if m.Shown {
		p.say(byHand)
	} else {
		p.say(notByHand)
	}
}

// end tells how a document ended, with what was checked.
func (p printer) end(it *item) {
	p.text("")
	if f := it.last.Error; f != nil {
		p.fault(f)
	}
	if res := it.last.Result; res != nil {
		if it.last.State == "done" {
			p.say(SentPlusOne, res.Signer)
		}
		for _, f := range res.Findings {
			p.text("  " + Mark(pdfsig.Result(f.Result)) + " " + f.Text)
		}
		p.say(NotOfficial, res.Validator)
	}
}

// Mark is the sign before a finding's line.
func Mark(r pdfsig.Result) string {
	switch r {
	case pdfsig.Pass:
		return "✓"
	case pdfsig.Fail:
		return "✗"
	}
	return "?"
}

// row is a document in the list at the end.
type row struct {
	Path  string       `json:"path"`
	Exit  int          `json:"exit"`
	Code  problem.Code `json:"code,omitempty"`
	Saved string       `json:"saved,omitempty"`
}

// gravity orders the exit codes of documents, the gravest last.
var gravity = []int{ExitOK, ExitFailed, ExitCancelled, ExitLook, ExitMaybe}

// report tells how each document ended, and gives the exit code of the run.
func (r *run) report() int {
	worst := 0
	var rows []row
	for _, it := range r.items {
		if !it.begun && it.why == nil && (r.signals > 0 || r.last) {
			it.exit = ExitCancelled
		}
		for grave, exit := range gravity {
			if exit == it.exit {
				worst = max(worst, grave)
			}
		}
		s := row{Path: it.path, Exit: it.exit, Code: it.code()}
		if it.last.File != nil {
			s.Saved = it.last.File.Path
		}
		rows = append(rows, s)
		if !r.JSON {
			r.show.line(r.Stdout, plain(r.show.row(it, s)))
		}
	}
	if r.JSON {
		if line, err := json.Marshal(map[string]any{"summary": rows, "exit": gravity[worst]}); err == nil {
			r.show.line(r.Stdout, string(line))
		}
	}
	return gravity[worst]
}

func (p printer) row(it *item, s row) string {
	var text problem.Text
	mark := "✗"
	switch {
	case it.exit == ExitOK:
		mark, text = "✓", rowSigned
	case it.exit == ExitLook:
		mark, text = "?", rowLook
	case it.exit == ExitMaybe:
		mark, text = "?", rowMaybe
	case it.exit == ExitCancelled:
		mark, text = "–", rowCancelled
	case !it.begun && it.why == nil:
		mark, text = "–", rowNotBegun
	default:
		text = rowFailed
	}
	line := fmt.Sprintf("%s %s: %s", mark, it.path, text.In(p.lang))
	if s.Code != "" && it.exit != ExitOK {
		line += " [" + string(s.Code) + "]"
	}
	if s.Saved != "" {
		line += " → " + s.Saved
	}
	return line
}
