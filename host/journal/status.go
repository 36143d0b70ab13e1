package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// Answer is what the journal says of a document.
type Answer string

// The answers.
const (
	NotSigned   Answer = "not_signed"    // sign it if you like
	MayBeSigned Answer = "may_be_signed" // don't sign again before looking
	SignedHeld  Answer = "signed_held"   // signed; the file is held and not saved yet
	SignedSaved Answer = "signed_saved"  // signed and saved
)

// Verdict is what the check of the signed file said.
type Verdict string

// The verdicts. Any other counts as VerdictFailed.
const (
	VerdictVerified  Verdict = "verified"
	VerdictNeedsLook Verdict = "needs_look" // a sound signature of the whole file, with something for the person to look at
	VerdictFailed    Verdict = "failed"     // whether there's a signature isn't known
)

// Status is what a record tells.
type Status struct {
	ID       string
	Document Document
	Answer   Answer

	Held, HeldSHA256   string // where the bytes are held, absolute path; empty if never
	Saved, SavedSHA256 string // where the file was saved; empty if never
	Verdict            Verdict
	Delivered          string       // yes, no or maybe: whether it was written to Document.Target; empty if nothing is known
	Code               problem.Code // the last one noted

	Begun, Updated time.Time
	Acknowledged   bool // the person has looked
	Live           bool // a running process has the record open
}

type event string

const (
	begin        event = "begin"
	submitting   event = "submitting"
	refused      event = "refused"
	byHand       event = "by_hand"
	received     event = "received"
	saved        event = "saved"
	notSigned    event = "not_signed"
	acknowledged event = "acknowledged"
	delivered    event = "delivered"
)

const maxLine = 16 << 10

type line struct {
	Time     time.Time    `json:"time"`
	Event    event        `json:"event"`
	Document *Document    `json:"document,omitempty"`
	Code     problem.Code `json:"code,omitempty"`
	Path     string       `json:"path,omitempty"`
	SHA256   string       `json:"sha256,omitempty"`
	Verdict  Verdict      `json:"verdict,omitempty"`
	Written  string       `json:"written,omitempty"`
}

// tell reads a record. ok is false when not even its first line was finished: then
// nothing was ever submitted under it.
//
// The last line may be torn: it announced a step that was not made. Any other line that
// can't be understood (a damaged disk, a newer version of the program) could have been a
// Submitting, so after it the document may be signed.
func tell(data []byte) (s Status, ok bool) {
	var t teller
	for rest := data; len(rest) > 0; {
		raw, after, ended := bytes.Cut(rest, []byte("\n"))
		rest = after
		var l line
		err := json.Unmarshal(raw, &l)
		switch {
		case err != nil && !ended:
		case err != nil || len(raw) > maxLine || !t.apply(l):
			t.doubt()
		}
	}
	if len(data) == maxFile {
		t.doubt()
	}
	return t.Status, t.Answer != ""
}

// wholeLines is the length of data without a torn last line.
func wholeLines(data []byte) int {
	end := bytes.LastIndexByte(data, '\n') + 1
	if json.Valid(data[end:]) {
		return len(data)
	}
	return end
}

type teller struct {
	Status
	// doubted: what the site says of a code no longer proves that nothing was signed.
	doubted bool
}

// doubt is for what may have made a signature without the program's knowledge.
func (t *teller) doubt() {
	t.doubted = true
	if t.Answer != SignedHeld && t.Answer != SignedSaved {
		t.Answer = MayBeSigned
	}
}

// apply takes in one step and reports whether it understood it.
func (t *teller) apply(l line) bool {
	if (l.Event == begin) != (t.Answer == "") {
		return false
	}
	switch l.Event {
	case begin:
		if l.Document == nil {
			return false
		}
		t.Document, t.Begun, t.Answer = *l.Document, l.Time, NotSigned
	case submitting:
		t.Answer, t.Acknowledged = MayBeSigned, false
	case refused:
		if t.Answer == MayBeSigned && !t.doubted {
			t.Answer = NotSigned
		}
	case byHand:
		t.doubt()
		t.Acknowledged = false
	case received:
		t.Held, t.HeldSHA256, t.Answer = l.Path, l.SHA256, SignedHeld
	case saved:
		t.Saved, t.SavedSHA256, t.Verdict, t.Answer = l.Path, l.SHA256, l.Verdict, SignedSaved
		if l.Verdict != VerdictVerified && l.Verdict != VerdictNeedsLook {
			t.Answer, t.doubted = MayBeSigned, true
		}
	case acknowledged:
		t.Acknowledged = true
	case delivered:
		t.Delivered = l.Written
	case notSigned:
	default:
		return false
	}
	if l.Code != "" {
		t.Code = l.Code
	}
	t.Updated = l.Time
	return true
}

// String is for logs and lists.
func (s Status) String() string {
	return fmt.Sprintf("%s %s %s", s.ID, s.Answer, s.Document.Name)
}
