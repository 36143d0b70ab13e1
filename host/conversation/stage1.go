package conversation

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/save"
	"github.com/sign-with-cmd/sign-with-cmd/host/secret"
)

// confirm takes the person's word that this is the document to sign. The pages are walked up to the one that asks for phone and PIN,
// which come meanwhile, in a stage1 message of their own.
func (s *session) confirm(m message) {
	if !s.choosing() {
		s.outOfTurn(kindConfirm)
		return
	}
	var err error
	if s.target(m) != nil {
		s.whenFree(m, nil)
	} else {
		err = s.begin(m, nil)
	}
	if err != nil {
		s.fault(problem.Wrap(problem.Internal, err))
	}
}

// stage1 takes phone, PIN and the document; or, once that was confirmed, and while the page asks again, phone and PIN alone.
func (s *session) stage1(m message) {
	if s.state != StateStage1Input || s.errand != nil {
		s.outOfTurn(kindStage1)
		return
	}
	creds, err := s.credentials(m)
	if err == nil && s.job != nil {
		err = s.job.again(m, creds)
	} else if err == nil && s.target(m) != nil {
		s.whenFree(m, &creds)
	} else if err == nil {
		err = s.begin(m, &creds)
	}
	if err != nil {
		creds.Drop()
		s.fault(problem.Wrap(problem.Internal, err))
	}
}

// target is where the signed file of the document that a stage1 message means is to be written; nil: only into downloads.
func (s *session) target(m message) Object {
	if m.PDFFilePath != "" || s.upload == nil {
		return nil
	}
	return s.upload.to
}

// credentials checks the form of phone and PIN: any country's number, 4 to 8 digits (facts/cmd.md 4). The site judges the rest.
func (s *session) credentials(m message) (Credentials, error) {
	c := Credentials{PINToken: m.PINToken}
	if m.Phone != nil {
		c.Phone = *m.Phone
	}
	if m.PIN != nil {
		c.PIN = *m.PIN
	}
	if !phoneLike(c.Phone) {
		return c, problem.New(problem.PhoneFormat, "")
	}
	if s.mode == modeRelay {
		// The extension has checked the PIN itself; here it must not even arrive.
		if !token().MatchString(c.PINToken) || !c.PIN.IsZero() {
			return c, problem.New(problem.MessageMalformed, "in relay mode there's a token for the PIN")
		}
		return c, nil
	}
	if n := c.PIN.Len(); n < 4 || n > 8 || !c.PIN.Digits() {
		return c, problem.New(problem.PINFormat, "")
	}
	return c, nil
}

// modeRelay is the mode in which the extension keeps PIN and code, and token is what it gives in their place
// (docs/RELAY.md).
const modeRelay = "relay"

var token = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^t-[0-9a-f]{32}$`) })

// phoneLike lets through a plus, digits (4 to 15, as E.164 has at most) and what people write between them.
func phoneLike(phone secret.Secret) bool {
	if phone.Len() > 40 {
		return false
	}
	digits := 0
	for i, r := range strings.TrimSpace(phone.Reveal()) {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '+' && i == 0, strings.ContainsRune(" -.()/", r):
		default:
			return false
		}
	}
	return digits >= 4 && digits <= 15
}

// begin checks the document and starts to sign it. Without credentials they are yet to come.
func (s *session) begin(m message, creds *Credentials) error {
	doc, err := s.document(m)
	if err != nil {
		return err
	}
	visible, err := parseVisible(m.Visible, doc.info.Pages)
	if err != nil {
		return err
	}
	if err := s.elsewhere(doc.hash, ""); err != nil {
		return err
	}
	if !strings.EqualFold(m.SignAgain, doc.hash) {
		open, err := s.unsettled(doc.hash)
		if err != nil {
			return err
		}
		if len(open) > 0 {
			return problem.New(problem.LookFirst, "journal record "+open[0].ID)
		}
	} else if s.own.Visitor == nil {
		// A visitor speaks for itself: the record may be another's, who still has to look.
		if err := s.acknowledge(doc.hash); err != nil {
			return err
		}
	}
	over := func(bool) {}
	if s.own.Visitor != nil {
		if over, err = s.own.Visitor.Signing(); err != nil {
			return err
		}
	}
	entry := journal.Document{
		Name: doc.name, SHA256: doc.hash, Size: int64(len(doc.data)), Environment: s.opts.Environment, SealPage: visible.page()}
	to := s.target(m)
	if to != nil {
		entry.Target = to.Name()
	}
	record, err := s.opts.Journal.Begin(entry)
	if err != nil {
		over(false)
		return problem.Newf(problem.JournalFailed, "%w", err)
	}
	work := filepath.Join(s.opts.Work, record.ID())
	var path string
	var sync func() error
	// Again, now that the others see this one: of two that began at once, the one that looks last sees the other.
	if err = s.elsewhere(doc.hash, record.ID()); err == nil {
		path, sync, err = privateCopy(work, doc)
	}
	if err != nil {
		over(false)
		err = errors.Join(err, record.NotSigned(problem.Of(err)), record.Close())
		os.RemoveAll(work)
		return err
	}
	s.upload = nil
	s.job = newJob(s, record, work, Document{Name: doc.name, Path: path, SHA256: doc.hash, Size: int64(len(doc.data)), Visible: visible, Pictures: s.auto}, creds)
	s.job.over, s.job.to = over, to
	s.job.keep(sync)
	if creds == nil {
		s.send(reply{State: s.state, Status: statusOK, Progress: "confirmed"})
	} else {
		s.state = StateStage1
	}
	go s.job.run(s.method)
	return nil
}

// document finds the document that a stage1 message means, and checks that it's the one that was confirmed. A script
// confirms by naming the file; what was uploaded needs its SHA-256 said back.
func (s *session) document(m message) (*original, error) {
	var doc *original
	switch {
	case m.PDFFilePath != "":
		var err error
		if doc, err = s.load(m.PDFFilePath); err != nil {
			return nil, err
		}
	case s.upload != nil && s.upload.doc != nil:
		doc = s.upload.doc
		if m.Confirm == "" {
			return nil, problem.New(problem.ConfirmMissing, "")
		}
		if s.own.Visitor != nil {
			if err := s.upload.allowed(); err != nil {
				return nil, err
			}
		}
	default:
		return nil, problem.New(problem.PDFNotFound, "no document was named or uploaded")
	}
	if m.Confirm != "" && !strings.EqualFold(m.Confirm, doc.hash) {
		return nil, problem.New(problem.PDFChanged, "")
	}
	return doc, nil
}

// elsewhere is DOCUMENT_BUSY while another conversation, of this process or another, is signing this document: a document is
// signed once, and each of the two would ask for a code. own is this conversation's record, or empty.
func (s *session) elsewhere(hash, own string) error {
	all, err := s.opts.Journal.Status()
	if err != nil {
		return problem.Newf(problem.JournalFailed, "%w", err)
	}
	for _, st := range all {
		if st.Live && st.ID != own && st.Document.SHA256 == hash && st.Document.Environment == s.opts.Environment {
			return problem.New(problem.DocumentBusy, "journal record "+st.ID)
		}
	}
	return nil
}

// unsettled are the records of this document, signed here, that may be signed and that nobody has looked at. What the
// sandbox may have signed doesn't stand in the way of the real thing.
func (s *session) unsettled(hash string) ([]journal.Status, error) {
	all, err := s.opts.Journal.Status()
	if err != nil {
		return nil, problem.Newf(problem.JournalFailed, "%w", err)
	}
	return slices.DeleteFunc(all, func(st journal.Status) bool {
		doubt := st.Answer == journal.MayBeSigned || st.Answer == journal.SignedHeld
		return !doubt || st.Acknowledged || st.Document.SHA256 != hash || st.Document.Environment != s.opts.Environment
	}), nil
}

// acknowledge writes down that the person has looked and wants to sign all the same.
func (s *session) acknowledge(hash string) error {
	open, err := s.unsettled(hash)
	for _, st := range open {
		if err := s.opts.Journal.Acknowledge(st.ID); err != nil {
			return problem.Newf(problem.JournalFailed, "%w", err)
		}
	}
	return err
}

// privateCopy writes the document where nobody else changes it, under a name that the CMD page may see. sync has it on the disk.
func privateCopy(work string, doc *original) (path string, sync func() error, err error) {
	path = originalPath(work, doc.name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", nil, problem.Newf(problem.Internal, "making the work folder: %w", err)
	}
	if sync, err = save.WriteUnsynced(path, doc.data, 0o600); err != nil {
		return "", nil, notCopied(err)
	}
	return path, sync, nil
}

func notCopied(err error) error {
	return problem.Newf(problem.DiskFull, "copying the document: %w", err)
}

// originalPath is where the copy of a document lies, in a folder of its own: its name is the person's, and what comes back
// lies beside that folder under names of ours.
func originalPath(work, name string) string {
	return filepath.Join(work, "original", save.SignedName(name, ""))
}
