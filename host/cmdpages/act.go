package cmdpages

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/browser"
	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/secret"
)

// act does what a page is there for. A page that comes back once it was acted on has answered: with an error label, which is
// passed on in its words, or by starting over. Nothing is sent twice by the program's own will.
func (e *engine) act(ctx context.Context, now *seen) (*conversation.Signed, error) {
	e.guard.blank.Store(false)
	p := e.pages.page(now.Page)
	why := e.pages.judge(now.Errors)
	if p.Problem != "" {
		return nil, problem.New(p.Problem, "page "+p.Name).Said(inOneLine(now.Errors))
	}
	if e.guard.sent.Load() && !hasCode(p) && p.Name != "result" {
		return nil, e.back(now, why)
	}
	e.step = p.Progress
	if e.doc.Visible != nil && !e.chosen && (hasPIN(p) || hasCode(p)) {
		return nil, problem.New(problem.VisibleNotOffered, "the site went on to "+p.Name)
	}
	switch {
	case hasCode(p):
		return e.code(ctx, p, now, why)
	case hasPIN(p):
		return nil, e.credentials(ctx, p, now, why)
	}
	if again := e.acted[p.Name]; again > 0 {
		if why != nil {
			return nil, why
		}
		if p.Name != e.pages.Pages[0].Name || again >= maxIntro {
			return nil, problem.New(problem.SessionExpired, "page "+p.Name+" came back")
		}
	}
	if why != nil && terminal(why) {
		return nil, why
	}
	e.acted[p.Name]++
	e.progress(p.Progress)
	if now.Pressed {
		return nil, nil
	}
	err := e.offered(ctx, p, now)
	if errors.Is(err, errByHand) {
		return e.handOver(ctx, p, now)
	}
	if err == nil {
		err = e.steps(ctx, p, now)
	}
	if errors.Is(err, errNotPressed) {
		e.acted[p.Name]--
		err = nil
	}
	return nil, err
}

// back is for a page from before the code that comes after it was sent.
func (e *engine) back(now *seen, why *problem.Error) error {
	if why != nil && (why.Code == problem.CodeWrong || why.Code == problem.CodeExpired || why.Code == problem.SessionExpired) {
		expired := problem.New(problem.CodeExpired, "the site went back to "+now.Page).Said(why.Site)
		if err := e.person.Refused(expired); err != nil {
			return err
		}
		return expired
	}
	return problem.New(problem.MayBeSigned, "the site went back to "+now.Page+" after the code").Said(inOneLine(now.Errors))
}

// credentials asks for phone and PIN where the page refused those before, and sends them once.
func (e *engine) credentials(ctx context.Context, p Page, now *seen, why *problem.Error) error {
	if why != nil && terminal(why) {
		return why
	}
	if e.acted[p.Name] == 0 {
		why = nil
		e.person.Progress(p.Progress)
	} else if why == nil {
		return problem.New(problem.SessionExpired, "the page of phone and PIN came back without a word")
	} else if why.Code == problem.SiteMessage {
		// Words that aren't known: the person reads them and types again, or ends it.
		why = problem.New(problem.PINWrong, "unknown words at the PIN").Said(why.Site)
	}
	// While the person types, and while the phone is entered, it costs nobody's time. From here on no page is to be left with what it needs
	// to be drawn for.
	go e.wake(ctx)
	e.watch(ctx)
	if e.creds == nil {
		asked := time.Now()
		creds, err := e.person.Credentials(ctx, why)
		if err != nil {
			return err
		}
		e.creds = &creds
		if e.stale(asked) && e.acted[p.Name] == 0 {
			if err := e.watching(ctx); err != nil {
				return err
			}
			// The site may have forgotten this session by now, and would have the PIN for nothing.
			e.begin(ctx)
			return nil
		}
	}
	e.acted[p.Name]++
	err := e.steps(ctx, p, now)
	if errors.Is(err, errNotPressed) {
		e.acted[p.Name]--
		return nil
	}
	e.dropCredentials()
	return err
}

// dropCredentials forgets phone and PIN: they were sent, or it's over.
func (e *engine) dropCredentials() {
	if e.creds != nil {
		e.creds.Drop()
		e.creds = nil
	}
}

// code asks for the code and sends it once. While the person types it keeps watching: the page may move on by itself, when
// the signature is approved in the app.
func (e *engine) code(ctx context.Context, p Page, now *seen, why *problem.Error) (*conversation.Signed, error) {
	if e.guard.sent.Load() {
		if why == nil {
			return nil, problem.New(problem.MayBeSigned, "the page of the code came back without a word")
		}
		if err := e.person.Refused(why); err != nil {
			return nil, err
		}
		e.guard.sent.Store(false)
		e.guard.maySign.Store(false)
		e.guard.committed.Store(false)
	}
	if why != nil && why.Code != problem.CodeWrong && (terminal(why) || why.Code == problem.CodeExpired) {
		return nil, why
	}
	if why != nil && why.Code == problem.SiteMessage {
		why = problem.New(problem.CodeWrong, "unknown words at the code").Said(why.Site)
	}
	if now.Approval {
		// Approval in the app signs without a code of ours: from now on a signature may exist.
		if err := e.person.Offered(); err != nil {
			return nil, problem.Wrap(problem.JournalFailed, err)
		}
		e.guard.committed.Store(true)
	}
	prompt := conversation.CodePrompt{Reference: now.Reference, Resend: now.Elements["resend"] != "", Approval: now.Approval, Why: why}
	for {
		var err error
		answer := e.answer
		if answer == nil {
			var next *seen
			var signed *conversation.Signed
			answer, next, signed, err = e.ask(ctx, now, prompt)
			if err != nil || signed != nil {
				return signed, err
			}
			if next != nil {
				// The page moved on by itself: whatever it is now, the loop looks at it.
				return nil, nil
			}
		}
		if answer.Resend {
			if !prompt.Resend {
				prompt.Why = problem.New(problem.ResendUnavailable, "")
				continue
			}
			return nil, e.click(ctx, now, now.Elements["resend"])
		}
		e.answer = answer
		if err = e.commit(ctx, p, now); errors.Is(err, errNotPressed) {
			return nil, nil
		}
		e.dropAnswer()
		return nil, err
	}
}

// ask waits for the person's code and for the page at once, whichever comes first.
func (e *engine) ask(ctx context.Context, now *seen, prompt conversation.CodePrompt) (*conversation.CodeAnswer, *seen, *conversation.Signed, error) {
	type answered struct {
		answer conversation.CodeAnswer
		err    error
	}
	asking, stopAsking := context.WithCancel(ctx)
	defer stopAsking()
	answers := make(chan answered, 1)
	go func() {
		a, err := e.person.Code(asking, prompt)
		answers <- answered{a, err}
	}()
	watching, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	type moved struct {
		next   *seen
		signed *conversation.Signed
		err    error
	}
	moves := make(chan moved, 1)
	// Whether it's offered in words or not, approval in the app makes the signature without our doing.
	e.guard.maySign.Store(true)
	go func() {
		next, signed, err := e.next(watching, now, e.limits.Person, 0, nil)
		moves <- moved{next, signed, err}
	}()
	select {
	case a := <-answers:
		stopWatching()
		m := <-moves
		if m.signed != nil {
			a.answer.Code.Drop()
			return nil, nil, m.signed, nil
		}
		if !now.Approval && a.err == nil {
			e.guard.maySign.Store(false)
		}
		return &a.answer, nil, nil, a.err
	case m := <-moves:
		stopAsking()
		<-answers
		return nil, m.next, m.signed, m.err
	}
}

// commit sends the code, once: the journal is on disk before.
func (e *engine) commit(ctx context.Context, p Page, now *seen) error {
	if err := e.person.Committing(); err != nil {
		e.guard.maySign.Store(false)
		return problem.Wrap(problem.JournalFailed, err)
	}
	e.guard.maySign.Store(true)
	e.guard.committed.Store(true)
	e.guard.sent.Store(true)
	e.acted[p.Name]++
	err := e.steps(ctx, p, now)
	if errors.Is(err, errNotPressed) || errors.Is(err, errFailedBefore) {
		e.guard.sent.Store(false)
		e.acted[p.Name]--
		if now.Approval {
			// The page may have gone away because the person has approved in the app meanwhile: that still may be signed, and what
			// comes is still to be caught. Only the code wasn't sent.
			if err := e.person.Offered(); err != nil {
				return problem.Wrap(problem.JournalFailed, err)
			}
			return err
		}
		e.guard.maySign.Store(false)
		if err := e.person.Refused(problem.Wrap(problem.Internal, err)); err != nil {
			return err
		}
		e.guard.committed.Store(false)
	}
	return err
}

// dropAnswer forgets the code: it was sent, or it's over.
func (e *engine) dropAnswer() {
	if e.answer != nil {
		e.answer.Code.Drop()
		e.answer = nil
	}
}

// errNotPressed says that the document went away before the page's button was pressed: nothing was sent, and if the same page
// is there again (the debugger was gone for a moment) its steps are done anew. errFailedBefore says that something else
// failed before the button.
var (
	errNotPressed   = errors.New("the document went away before anything was sent")
	errFailedBefore = errors.New("nothing was sent")
)

// steps does a page's steps in the document in which they were found.
func (e *engine) steps(ctx context.Context, p Page, now *seen) error {
	for i, s := range p.Steps {
		if s.wished() {
			continue
		}
		press := ""
		if s.Upload != "" && i+2 == len(p.Steps) && !p.Steps[i+1].Commit {
			press = now.Elements[p.Steps[i+1].Click]
		}
		done, err := e.do(ctx, s, now, press)
		switch {
		case done:
			return nil
		case err == nil:
		case s.Click != "":
			return e.refused(err)
		case errors.Is(err, browser.ErrDocumentGone):
			return fmt.Errorf("%w: %w", errNotPressed, err)
		default:
			return e.refused(fmt.Errorf("%w: %w", errFailedBefore, err))
		}
	}
	return nil
}

// do does a step. press is the element that an upload may press next, and pressed says that it did.
func (e *engine) do(ctx context.Context, s Step, now *seen, press string) (pressed bool, err error) {
	doc := e.document(now.World)
	switch {
	case s.Upload != "":
		// The site shows in a frame what it was given. The person has seen that already, and here nobody looks.
		e.guard.blank.Store(!e.doc.Pictures)
		file := browser.File{Path: e.doc.Path, Name: e.doc.Name, SHA256: e.doc.SHA256}
		return e.tab.Upload(ctx, doc, now.Elements[s.Upload], file, press)
	case s.Phone != "":
		return false, e.phone(ctx, now, now.Elements[s.Phone], now.Elements[s.Mirror])
	case s.PIN != "":
		// From the PIN on nothing comes unseen.
		if err := e.watching(ctx); err != nil {
			return false, err
		}
		return false, e.fill(ctx, doc, now.Elements[s.PIN], e.creds.PIN, e.creds.PINToken)
	case s.Code != "":
		return false, e.fill(ctx, doc, now.Elements[s.Code], e.answer.Code, e.answer.Token)
	default:
		return false, e.click(ctx, now, now.Elements[s.Click])
	}
}

// fill puts a secret into its field; in relay mode the extension does, by the token.
func (e *engine) fill(ctx context.Context, doc browser.Document, selector string, value secret.Secret, token string) error {
	if token != "" {
		return e.tab.FillToken(ctx, doc, selector, token)
	}
	return e.tab.FillSecret(ctx, doc, selector, value)
}

// refused gives a wrong origin its code: the check was in the page, at the last moment.
func (e *engine) refused(err error) error {
	if errors.Is(err, browser.ErrOrigin) {
		return problem.Newf(problem.OriginRefused, "%w", err)
	}
	return err
}

// click presses an element in the document in which it was found.
func (e *engine) click(ctx context.Context, now *seen, selector string) error {
	err := browser.Act(ctx, e.tab, e.document(now.World), selector, `(el) => { el.click(); }`)
	// The click may tear down the document before it can answer.
	if errors.Is(err, browser.ErrDocumentGone) {
		return nil
	}
	return err
}

// phone enters the number and has the page notice: its script copies it into a hidden field on change, and the server reads that one
// (facts/cmd.md 1.3). Where it's seen to have arrived there it's enough to set it; else it's typed by real keys, each of which
// takes its time on the way to the page, and the field is left.
func (e *engine) phone(ctx context.Context, now *seen, selector, mirror string) error {
	doc := e.document(now.World)
	number := digits(e.creds.Phone.Reveal())
	if mirror != "" {
		const set = `(el, mirror, number) => {
			Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(el, number);
			el.dispatchEvent(new InputEvent("input", {bubbles: true, composed: true, inputType: "insertText"}));
			el.dispatchEvent(new KeyboardEvent("keyup", {bubbles: true}));
			el.dispatchEvent(new Event("change", {bubbles: true}));
			const last = (s) => s.replace(/\D/g, "").slice(-6);
			const hidden = document.querySelector(mirror);
			if (!hidden || last(hidden.value) !== last(number) || last(el.value) !== last(number)) return "undone";
		}`
		if err := browser.Act(ctx, e.tab, doc, selector, set, mirror, number); !errors.Is(err, browser.ErrUndone) {
			return err
		}
	}
	e.wake(ctx)
	if err := browser.Type(ctx, e.tab, doc, selector, number); err != nil {
		return err
	}
	const leave = `(el, mirror, number) => {
		el.blur();
		const hidden = mirror && document.querySelector(mirror);
		const last = (s) => s.replace(/\D/g, "").slice(-6);
		if (hidden && last(hidden.value) !== last(number)) el.dispatchEvent(new Event("change", {bubbles: true}));
		if (last(el.value) !== last(number)) return "the phone box did not take the number";
	}`
	return browser.Act(ctx, e.tab, doc, selector, leave, mirror, number)
}

// digits keeps what a phone box takes: the plus and the digits.
func digits(phone string) string {
	var kept []rune
	for i, r := range strings.TrimSpace(phone) {
		if r >= '0' && r <= '9' || r == '+' && i == 0 {
			kept = append(kept, r)
		}
	}
	return string(kept)
}

// terminal says whether an error label ends it, whatever page it's on.
func terminal(p *problem.Error) bool {
	switch p.Code {
	case problem.AccountLocked, problem.SignatureInactive, problem.PINChangeRequired, problem.SiteUnavailable, problem.SessionExpired:
		return true
	}
	return false
}

func hasCode(p Page) bool { return has(p, func(s Step) string { return s.Code }) }
func hasPIN(p Page) bool  { return has(p, func(s Step) string { return s.PIN }) }

func has(p Page, role func(Step) string) bool {
	for _, s := range p.Steps {
		if role(s) != "" {
			return true
		}
	}
	return false
}
