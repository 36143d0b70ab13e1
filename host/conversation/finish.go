package conversation

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"sync"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/save"
)

// UnverifiedMarker ends the name of a file that came back and did not pass the check.
const UnverifiedMarker = "-NAO-VERIFICADO"

// Validator is the State's own validator, for whoever wants its word (facts/cmd.md 4).
const Validator = "https://validador.autenticacao.gov.pt/validation"

// finish checks what came back against what was sent, saves it, and tells.
func (j *job) finish(signed Signed) {
	s := j.s
	s.do(func() {
		s.state = StateStage2
		s.send(reply{State: s.state, Status: statusOK, Progress: "received"})
	})
	// What came back is on the disk and in the journal already; to ask the authorities only delays its place in Downloads.
	asking, done := context.WithTimeout(s.online, s.opts.Limits.Ask)
	defer done()
	report, err := s.check(asking, signed.Path, j.doc.Path, j.doc.Visible.page())
	if err != nil {
		s.log.Error("checking the returned file", "err", err)
		report = unreadable(err)
	}
	s.do(func() { s.send(reply{State: s.state, Status: statusOK, Progress: "checked"}) })

	r := reply{Document: &docInfo{Name: j.doc.Name, Size: j.doc.Size, SHA256: j.doc.SHA256}, Result: describe(report, s.lang)}
	unwelcome := verdictProblem(report, signed.Path)
	file, err := s.store(signed.Path, signed.SHA256, j.doc.Name, report.Verdict)
	if err != nil {
		s.log.Error("saving the signed file", "err", err)
		p := problem.Wrap(problem.SaveFailed, err)
		r.Status, r.Error = statusError, faultOf(p, s.lang)
		r.File = s.told(signed.Path, signed.Size, signed.SHA256)
		r.Object = j.deliver(signed, report.Verdict, false)
		// The bytes stay held, with the original beside them: the next start tries again.
		j.record.Close()
		j.end(StateFailed, r)
		return
	}
	if err := j.record.Saved(file.Path, file.SHA256, journalVerdict(report.Verdict)); err != nil {
		s.log.Error("writing the journal", "err", err)
	}
	r.Object = j.deliver(signed, report.Verdict, true)
	j.record.Close()
	os.RemoveAll(j.work)

	r.File = s.told(file.Path, file.Size, file.SHA256)
	s.do(func() { s.came[j.id()] = come{file.Path, file.SHA256, file.Size} })
	if report.Verdict == pdfsig.Verified {
		r.Status = statusOK
		j.end(StateDone, r)
		return
	}
	r.Status, r.Error = statusError, faultOf(unwelcome, s.lang)
	j.end(StateUnverified, r)
}

// told is a file as the other side may know it.
func (s *session) told(path string, size int64, hash string) *fileInfo {
	f := &fileInfo{Path: path, Name: filepath.Base(path), Size: size, SHA256: hash}
	if s.own.Visitor != nil {
		f.Path = ""
	}
	return f
}

// verdictProblem gives a verdict that isn't verified its code.
func verdictProblem(report *pdfsig.Report, path string) *problem.Error {
	switch {
	case report.Verdict == pdfsig.Look:
		return problem.New(problem.NeedsLook, "")
	case !isPDF(path):
		return problem.New(problem.ResultNotPDF, "")
	}
	return problem.New(problem.NotVerified, "")
}

// isPDF says whether the file at path begins as a PDF does, and true of one that can't be read.
func isPDF(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return true
	}
	defer f.Close()
	head := make([]byte, 1024)
	n, _ := io.ReadFull(f, head)
	return beginsPDF(head[:n])
}

// beginsPDF looks for the header that a PDF has in its first kilobyte.
func beginsPDF(data []byte) bool {
	return bytes.Contains(data[:min(len(data), 1024)], []byte("%PDF-"))
}

// check compares the returned file with the original; sealPage is where a visible signature was asked for, 0 for none. Authorities are asked until ctx ends; the rest goes on without them.
func (s *session) check(ctx context.Context, signedPath, originalPath string, sealPage int) (report *pdfsig.Report, err error) {
	// A file that the check breaks off at is kept as one that isn't verified. It would end the program else, now and at every start that
	// finds it held.
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("the check of a file broke off", "panic", p, "stack", string(debug.Stack()))
			report, err = nil, errors.New("the check broke off")
		}
	}()
	signed, size, err := open(signedPath)
	if err != nil {
		return nil, err
	}
	defer signed.Close()
	opts := pdfsig.Options{SealPage: sealPage}
	if s.opts.Trust != nil {
		opts.Roots = s.opts.Trust()
	}
	if s.opts.Revocation {
		opts.Fetch = pdfsig.HTTPFetch(ctx, pdfsig.FetchTimeout)
	}
	original, originalSize, err := open(originalPath)
	if errors.Is(err, os.ErrNotExist) {
		return pdfsig.Verify(signed, size, opts)
	}
	if err != nil {
		return nil, err
	}
	defer original.Close()
	return pdfsig.VerifyReturned(signed, size, original, originalSize, opts)
}

func open(path string) (*os.File, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// store puts the held file into Downloads, under a name that says what it is. hash is its SHA-256.
func (s *session) store(path, hash, name string, verdict pdfsig.Verdict) (save.File, error) {
	dir, err := s.opts.Downloads()
	if err != nil {
		return save.File{}, err
	}
	return save.Place(dir, save.SignedName(name, s.marker(verdict)), path, hash)
}

// stored finds the held file in Downloads where the program was killed between saving it and writing that down. A held file is
// named after its content.
func (s *session) stored(held, name string, verdict pdfsig.Verdict) (save.File, bool) {
	dir, err := s.opts.Downloads()
	if err != nil {
		return save.File{}, false
	}
	path := filepath.Join(dir, save.SignedName(name, s.marker(verdict)))
	sum, size, err := sumOf(path)
	if err != nil || sum+".pdf" != filepath.Base(held) {
		return save.File{}, false
	}
	return save.File{Path: path, Name: filepath.Base(path), Size: size, SHA256: sum}, true
}

// marker ends the name of a file with this verdict.
func (s *session) marker(verdict pdfsig.Verdict) string {
	if verdict != pdfsig.Verified {
		return UnverifiedMarker
	}
	return s.opts.Marker
}

// unreadable is the report of a file that couldn't even be read. It doesn't say where that lies, which is no visitor's business.
func unreadable(err error) *pdfsig.Report {
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		err = at.Err
	}
	return &pdfsig.Report{
		Verdict: pdfsig.Failed, SignatureExists: pdfsig.ExistsMaybe,
		Findings: []pdfsig.Finding{{Check: "readable", Result: pdfsig.Fail, Detail: err.Error()}},
	}
}

func describe(report *pdfsig.Report, lang string) *resultInfo {
	info := &resultInfo{
		Verdict: report.Verdict, SignatureExists: report.SignatureExists, Signatures: report.Signatures, Validator: Validator,
		Findings: []finding{},
	}
	for _, f := range report.Findings {
		info.Findings = append(info.Findings, finding{f, f.Sentence(lang)})
	}
	if n := len(report.Signatures); n > 0 {
		newest := report.Signatures[n-1]
		info.Signer, info.Issuer = newest.Signer, newest.Issuer
		if newest.Time != nil {
			info.Time = newest.Time.Format(time.RFC3339)
		}
	}
	return info
}

// recover looks at what earlier conversations of this environment left: a file that was held and never saved is checked and
// saved now, the copies of documents that are done with are removed, and what the person should look at is told.
func (s *session) recover() (left, ended []leftover) {
	all, err := s.opts.Journal.Status()
	if err != nil {
		s.log.Error("reading the journal", "err", err)
		return nil, nil
	}
	// The other side waits for its first message.
	asking, done := context.WithTimeout(s.online, min(s.opts.Limits.Ask, 3*time.Second))
	defer done()
	for _, st := range all {
		// A file that is held isn't lost because the person wanted to sign once more, told by the journal or not.
		// One that came after its signing had been told as ended isn't either.
		doubt := st.Answer == journal.SignedHeld || st.Answer == journal.MayBeSigned && !st.Acknowledged || s.held(st) != ""
		switch {
		case st.Live || doubt && st.Document.Environment != s.opts.Environment:
			// Somebody else's: of a process that runs, or to be checked with other trust anchors.
		case doubt:
			left = append(left, s.settle(asking, st))
		default:
			os.RemoveAll(filepath.Join(s.opts.Work, st.ID))
			if time.Since(st.Updated) < endedFor && len(ended) < maxEnded {
				ended = append(ended, told(st))
			}
		}
	}
	return left, ended
}

// What ended within endedFor is told, maxEnded at most: to a client whose host went on without it, that is how it went.
const (
	endedFor = 10 * time.Minute
	maxEnded = 20
)

func told(st journal.Status) leftover {
	return leftover{ID: st.ID, Name: st.Document.Name, SHA256: st.Document.SHA256, Answer: string(st.Answer), Path: st.Saved}
}

// settle saves what was held for a record, if anything was, and says how it stands.
func (s *session) settle(ctx context.Context, st journal.Status) leftover {
	l := told(st)
	held := s.held(st)
	if held == "" {
		return l
	}
	file, verdict, err := s.rescue(ctx, st, held)
	if err != nil {
		s.log.Error("saving a file that an earlier run held", "id", st.ID, "err", err)
		l.Answer, l.Path = string(journal.SignedHeld), held
		return l
	}
	l.Answer, l.Path = string(journal.SignedSaved), file.Path
	if verdict == journal.VerdictFailed {
		l.Answer = string(journal.MayBeSigned)
	}
	os.RemoveAll(filepath.Join(s.opts.Work, st.ID))
	return l
}

var heldName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{64}\.pdf$`) })

// held finds the file that was held for a record, also one that the journal doesn't tell of: the program may have died
// between the two.
func (s *session) held(st journal.Status) string {
	if st.Saved != "" {
		return ""
	}
	if st.Held != "" {
		return st.Held
	}
	work := filepath.Join(s.opts.Work, st.ID)
	entries, err := os.ReadDir(work)
	if err != nil {
		return ""
	}
	for _, e := range entries {
		if heldName().MatchString(e.Name()) {
			return filepath.Join(work, e.Name())
		}
	}
	return ""
}

// rescue checks and saves a file that was held when the program died. Opening the record anew is what keeps two processes
// from doing so at once.
func (s *session) rescue(ctx context.Context, st journal.Status, held string) (save.File, journal.Verdict, error) {
	record, err := s.opts.Journal.Reopen(st.ID)
	if err != nil {
		return save.File{}, "", err
	}
	defer record.Close()
	report, err := s.check(ctx, held, originalPath(filepath.Join(s.opts.Work, st.ID), st.Document.Name), st.Document.SealPage)
	if errors.Is(err, os.ErrNotExist) {
		return save.File{}, "", err
	}
	if err != nil {
		report = unreadable(err)
	}
	verdict := journalVerdict(report.Verdict)
	file, found := s.stored(held, st.Document.Name, report.Verdict)
	if !found {
		// What lies there is what counts, whatever its name says.
		sum, _, err := sumOf(held)
		if err != nil {
			return save.File{}, "", err
		}
		if file, err = s.store(held, sum, st.Document.Name, report.Verdict); err != nil {
			return save.File{}, "", err
		}
	}
	if st.Held == "" {
		if err := record.Received(held, file.SHA256); err != nil {
			return file, verdict, err
		}
	}
	return file, verdict, record.Saved(file.Path, file.SHA256, verdict)
}

func journalVerdict(v pdfsig.Verdict) journal.Verdict {
	switch v {
	case pdfsig.Verified:
		return journal.VerdictVerified
	case pdfsig.Look:
		return journal.VerdictNeedsLook
	}
	return journal.VerdictFailed
}
