package journal

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// Record is the open record of one document. Each step is on the disk when its method
// comes back without an error; an error is JOURNAL_FAILED. While it's open, other
// processes see it as live. It's safe for several goroutines.
type Record struct {
	id     string
	mu     sync.Mutex
	file   *os.File
	size   int64
	broken bool
}

// ID names the record, in Status and for Acknowledge.
func (r *Record) ID() string { return r.id }

// Submitting is called before a code is sent, each time. Don't send it when this
// fails. From here on the document may be signed.
func (r *Record) Submitting() error { return r.step(line{Event: submitting}) }

// Refused notes that the site itself said that the code just sent was not taken: the
// document isn't signed again. After ByHand that's no proof, and the answer stays.
func (r *Record) Refused(code problem.Code) error { return r.step(line{Event: refused, Code: code}) }

// ByHand notes that the person took over in the page: from here on the document may be
// signed, and only Received, Saved or Acknowledge changes that.
func (r *Record) ByHand() error { return r.step(line{Event: byHand}) }

// Received notes that the signed bytes are held at path, on the disk already.
func (r *Record) Received(path, sha256 string) error {
	return r.step(line{Event: received, Path: path, SHA256: sha256})
}

// Saved notes where the file was saved and what the check said of it. A file that
// failed the check leaves the document "may be signed".
func (r *Record) Saved(path, sha256 string, verdict Verdict) error {
	return r.step(line{Event: saved, Path: path, SHA256: sha256, Verdict: verdict})
}

// Delivered notes whether the saved file was also written to the document's Target: yes, no or maybe.
func (r *Record) Delivered(written string) error {
	return r.step(line{Event: delivered, Written: written})
}

// NotSigned notes that the conversation ended without a signature, and why. It can't
// take back Submitting or ByHand: after those the answer stays "may be signed".
func (r *Record) NotSigned(code problem.Code) error {
	return r.step(line{Event: notSigned, Code: code})
}

// Close ends the work on the record. It may be called more than once.
func (r *Record) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return nil
	}
	file := r.file
	r.file = nil
	return file.Close()
}

func (r *Record) step(l line) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.append(l); err != nil {
		return failed("writing "+string(l.Event), err)
	}
	return nil
}

func (r *Record) append(l line) error {
	if r.file == nil {
		return os.ErrClosed
	}
	if r.broken {
		return errors.New("an earlier step could not be written")
	}
	l.Time = time.Now().UTC()
	data, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if len(data) > maxLine {
		return errors.New("the line is too long")
	}
	data = append(data, '\n')
	_, err = r.file.Write(data)
	if err == nil {
		err = r.file.Sync()
	}
	if err != nil {
		// Half a line, or a whole one whose step is now not going to be made, must not
		// speak later.
		r.broken = errors.Join(os.Truncate(r.file.Name(), r.size), r.file.Sync()) != nil
		return err
	}
	r.size += int64(len(data))
	return nil
}

// takeOver makes a record of another process this one's own. A line torn by the end of
// that process goes: the step it announced was never made.
func (r *Record) takeOver() error {
	if err := lockNow(r.file); err != nil {
		return err
	}
	data, err := io.ReadAll(io.LimitReader(r.file, maxFile))
	if err != nil {
		return err
	}
	if len(data) == maxFile {
		return errors.New("the record is too long")
	}
	if _, ok := tell(data); !ok {
		return errors.New("the record is empty")
	}
	r.size = int64(wholeLines(data))
	// By name: Windows shortens no file that is open for appending.
	if err := os.Truncate(r.file.Name(), r.size); err != nil {
		return err
	}
	if data[r.size-1] != '\n' {
		n, err := r.file.WriteString("\n")
		r.size += int64(n)
		return err
	}
	return nil
}
