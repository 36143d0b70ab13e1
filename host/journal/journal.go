// Package journal keeps the truth about what was signed through a crash: what was
// about to be signed, that a code was about to be sent, that the signed file came, where
// it was saved. A signature is made once (a second one can't be undone), so before a
// document is signed again the journal is asked whether it may be signed already.
//
// It's one small file for each document in a private folder, lines of JSON, each on the
// disk before the step that it announces. It never holds a PIN, a code or a phone
// number: no function here takes one.
package journal

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/adrg/xdg"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/save"
)

const (
	extension = ".jsonl"
	// maxFile is how much of a record is read, in bytes. A full one has about 2 KiB.
	maxFile = 1 << 20
	maxName = 255
)

// Document is what was about to be signed.
type Document struct {
	Name        string `json:"name"`        // the file's name without its folder; cut at 255 bytes
	SHA256      string `json:"sha256"`      // of the original, 64 hex digits
	Size        int64  `json:"size"`        // bytes
	Environment string `json:"environment"` // production, preprod, sandbox or the user's own name
	// SealPage is the page on which a visible signature was asked for, from 1; 0: it was to be invisible.
	SealPage int `json:"seal_page,omitempty"`
	// Target is the object, s3://BUCKET/KEY, that the signed file was to be written to besides; empty: none.
	Target string `json:"target,omitempty"`
}

// Journal is a folder of records. It's safe for several goroutines and processes.
type Journal struct{ dir string }

// DefaultDir is $XDG_STATE_HOME/cmdsign/journal, or its like on other systems.
func DefaultDir() string {
	state := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(state) {
		state = xdg.StateHome
	}
	return filepath.Join(state, "cmdsign", "journal")
}

// Open opens the journal in dir, or in DefaultDir when dir is empty, and makes the folder
// when it's missing (for the person only). The error is JOURNAL_FAILED.
func Open(dir string) (*Journal, error) {
	if dir == "" {
		dir = DefaultDir()
	}
	if err := save.PrivateFolder(dir); err != nil {
		return nil, failed("opening the journal", err)
	}
	return &Journal{dir}, nil
}

// Begin starts the record of a document. It counts as not signed until Submitting or
// ByHand. Close the record in the end.
func (j *Journal) Begin(d Document) (*Record, error) {
	if sum, err := hex.DecodeString(d.SHA256); err != nil || len(sum) != 32 {
		return nil, problem.New(problem.Internal, "journal: the document's SHA-256 isn't one")
	}
	d.SHA256 = strings.ToLower(d.SHA256)
	d.Name = short(d.Name[strings.LastIndexAny(d.Name, `/\`)+1:])
	d.Environment = short(d.Environment)

	now := time.Now().UTC()
	id := newID(now)
	path := j.path(id)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return nil, failed("beginning a record", err)
	}
	r := &Record{id: id, file: file}
	err = lockWait(file)
	if err == nil {
		err = r.append(line{Event: begin, Document: &d})
	}
	if err == nil {
		err = save.SyncFolder(j.dir)
	}
	if err != nil {
		_ = r.Close()
		_ = os.Remove(path)
		return nil, failed("beginning a record", err)
	}
	return r, nil
}

// Reopen goes on with the record of a process that ended, for example to save a file
// that it still held. While another process, or another Record, has it open, it's an
// error.
func (j *Journal) Reopen(id string) (*Record, error) {
	if !idFormat().MatchString(id) {
		return nil, failed("reopening a record", fmt.Errorf("%.50q isn't the id of a record", id))
	}
	file, err := os.OpenFile(j.path(id), os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, failed("reopening a record", err)
	}
	r := &Record{id: id, file: file}
	if err := r.takeOver(); err != nil {
		_ = r.Close()
		return nil, failed("reopening a record", err)
	}
	return r, nil
}

// Acknowledge notes that the person has looked whether the document of the record is
// signed: it no longer stands in the way. The record of a running process is an error.
func (j *Journal) Acknowledge(id string) error {
	r, err := j.Reopen(id)
	if err != nil {
		return err
	}
	defer r.Close()
	return r.step(line{Event: acknowledged})
}

// Status tells the state of every record, the newest first.
func (j *Journal) Status() ([]Status, error) {
	entries, err := os.ReadDir(j.dir)
	if err != nil {
		return nil, failed("reading the journal", err)
	}
	var all []Status
	for _, entry := range slices.Backward(entries) {
		id := strings.TrimSuffix(entry.Name(), extension)
		if !entry.Type().IsRegular() || id == entry.Name() || !idFormat().MatchString(id) {
			continue
		}
		s, ok, err := j.read(id)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			// Another process has just pruned it.
		case err != nil:
			// Not to know is not to be sure that nothing was signed.
			return nil, failed("reading the journal", err)
		case ok:
			all = append(all, s)
		}
	}
	return all, nil
}

// MayBeSigned gives the newest record that speaks against signing the document with
// this SHA-256 now: it may be signed, or it is signed and the file is only held, and
// nobody has looked yet. Status.Answer tells which.
func (j *Journal) MayBeSigned(sha256 string) (Status, bool, error) {
	all, err := j.Status()
	if err != nil {
		return Status{}, false, err
	}
	for _, s := range all {
		open := s.Answer == MayBeSigned || s.Answer == SignedHeld
		if open && !s.Acknowledged && strings.EqualFold(s.Document.SHA256, sha256) {
			return s, true, nil
		}
	}
	return Status{}, false, nil
}

func (j *Journal) read(id string) (s Status, ok bool, err error) {
	file, err := os.Open(j.path(id))
	if err != nil {
		return Status{}, false, err
	}
	defer file.Close()
	live := inUse(file)
	data, err := io.ReadAll(io.LimitReader(file, maxFile))
	if err != nil {
		return Status{}, false, err
	}
	s, ok = tell(data)
	s.ID, s.Live = id, live
	return s, ok, nil
}

func (j *Journal) path(id string) string { return filepath.Join(j.dir, id+extension) }

// An id sorts by time and is a file name on every system.
var idFormat = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{8}T[0-9]{6}\.[0-9]{9}Z-[0-9a-f]{8}$`) })

func newID(now time.Time) string {
	var random [4]byte
	_, _ = rand.Read(random[:])
	return now.Format("20060102T150405.000000000Z") + "-" + hex.EncodeToString(random[:])
}

func short(s string) string {
	s = strings.ToValidUTF8(s, "_")
	if len(s) <= maxName {
		return s
	}
	n := maxName
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func failed(what string, err error) error {
	return problem.Newf(problem.JournalFailed, "%s: %w", what, err)
}
