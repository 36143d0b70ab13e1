package conversation

import (
	"context"
	"encoding/json"
	"os"
	"path"
	"strings"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// An Object is a place in an object store, which the other side names s3://BUCKET/KEY; the bucket's name is one that the server gave it.
// Its methods take as long as the store does, up to a limit of the server's. Several goroutines may call them.
type Object interface {
	// Name is how the other side names it.
	Name() string
	// Fetch gives all of it. Errors: PDF_NOT_FOUND, PDF_TOO_LARGE for more than limit bytes, BUCKET_FAILED.
	Fetch(ctx context.Context, limit int64) ([]byte, error)
	// Free is nil where nothing is there. Errors: OBJECT_EXISTS, BUCKET_FAILED.
	Free(ctx context.Context) error
	// Write puts data there: whole, and never over anything. With an error it says whether data may be there all the same.
	// Errors: OBJECT_EXISTS, BUCKET_FAILED.
	Write(ctx context.Context, data []byte) (Written, error)
}

// Written says whether something was written.
type Written string

// What can be known of it.
const (
	WrittenYes   Written = "yes"
	WrittenNo    Written = "no"
	WrittenMaybe Written = "maybe" // no answer came, and none could be had
)

// objectInfo is where a signed file is to be written, or was.
type objectInfo struct {
	Name    string       `json:"name"`
	Written Written      `json:"written"`
	Why     problem.Code `json:"why,omitempty"` // what stood in the way
	Error   *fault       `json:"error,omitempty"`
}

// fetch brings the document from an object store, and looks at once whether the place for the signed file is free: before the PIN is typed.
func (s *session) fetch(m message) {
	switch {
	case s.own.Visitor == nil:
		s.fault(problem.New(problem.MessageUnknown, "only a server has buckets"))
		return
	case !s.choosing():
		s.outOfTurn(kindUploadS3)
		return
	}
	s.upload = nil
	from, to, err := s.objects(m.UploadS3)
	if err != nil {
		s.fault(problem.Wrap(problem.ObjectRefused, err))
		return
	}
	limit := s.opts.Limits.PDF
	var doc *original
	s.consult(func(ctx context.Context) error {
		if to != nil {
			if err := to.Free(ctx); err != nil {
				return err
			}
		}
		data, err := from.Fetch(ctx, limit)
		if err == nil {
			doc, err = examine(path.Base(from.Name()), data, limit)
		}
		return err
	}, func(err error) {
		if err != nil {
			s.fault(problem.Wrap(problem.BucketFailed, err))
			return
		}
		s.upload = &upload{name: doc.name, size: int64(len(doc.data)), hash: doc.hash, doc: doc, to: to, allowed: func() error {
			_, _, err := s.objects(m.UploadS3)
			return err
		}}
		r := reply{State: s.state, Status: statusOK, Progress: string(kindUploadS3), Document: doc.describe()}
		if to != nil {
			r.Object = &objectInfo{Name: to.Name(), Written: WrittenNo}
		}
		s.send(r)
		s.approach()
	}, func() {})
}

// objects are the places that an upload_s3 message names: the document's, and that of its signed file, nil where it names none. A text
// is the document's name.
func (s *session) objects(raw json.RawMessage) (from, to Object, err error) {
	var names struct {
		Fetch string `json:"fetch"`
		Write string `json:"write"`
	}
	if json.Unmarshal(raw, &names.Fetch) != nil && json.Unmarshal(raw, &names) != nil {
		return nil, nil, problem.New(problem.MessageMalformed, "neither an object's name nor fetch and write")
	}
	// What is written is verified first, so it may be called signed; in the sandbox its name must say what it is, as everywhere.
	if tail := s.opts.Marker + ".pdf"; names.Write != "" && !strings.HasSuffix(names.Write, tail) {
		return nil, nil, problem.Newf(problem.ObjectRefused, "the name of a signed file ends in %s", tail)
	}
	if from, err = s.own.Visitor.Object(names.Fetch, false); err == nil && names.Write != "" {
		to, err = s.own.Visitor.Object(names.Write, true)
	}
	return from, to, err
}

// whenFree begins to sign once it's seen that the place for the signed file is still free: nothing is signed for one that isn't.
func (s *session) whenFree(m message, creds *Credentials) {
	s.consult(s.upload.to.Free, func(err error) {
		if err == nil {
			err = s.begin(m, creds)
		}
		if err != nil {
			creds.Drop()
			s.fault(problem.Wrap(problem.Internal, err))
		}
	}, creds.Drop)
}

// errand is what a store is being asked while the conversation stands at stage1_input. There's one at a time.
type errand struct{ cancel context.CancelFunc }

// consult has a store asked outside the session's goroutine, and then tells done inside it; lost is called instead where the conversation went
// on without the answer.
func (s *session) consult(store func(context.Context) error, done func(error), lost func()) {
	ctx, cancel := context.WithCancel(s.online)
	e := &errand{cancel}
	s.errand = e
	go func() {
		defer cancel()
		err := store(ctx)
		current := false
		s.do(func() {
			if current = s.errand == e; current {
				s.errand = nil
				done(err)
			}
		})
		if !current {
			lost()
		}
	}()
}

// forsake gives up waiting for a store.
func (s *session) forsake() {
	if s.errand != nil {
		s.errand.cancel()
		s.errand = nil
	}
}

// choosing says whether the other side may name a document now.
func (s *session) choosing() bool {
	return s.state == StateStage1Input && s.job == nil && s.errand == nil
}

// deliver writes a verified file, once it's saved, to where the client wants it. Where that can't be done the file is still signed, verified and saved,
// and that's what is told. It doesn't end with the connection: the client may count on finding the file there.
func (j *job) deliver(signed Signed, verdict pdfsig.Verdict, saved bool) *objectInfo {
	if j.to == nil {
		return nil
	}
	info := &objectInfo{Name: j.to.Name(), Written: WrittenNo}
	var err error
	// A name that says signed is for what was verified.
	if saved && verdict == pdfsig.Verified {
		var data []byte
		if data, err = os.ReadFile(signed.Path); err == nil {
			info.Written, err = j.to.Write(context.WithoutCancel(j.ctx), data)
		}
	}
	if err != nil {
		j.s.log.Error("writing the signed file to its bucket", "id", j.id(), "written", info.Written, "err", err)
		info.Why = problem.Wrap(problem.BucketFailed, err).Code
		info.Error = faultOf(problem.New(problem.ResultNotWritten, ""), j.s.lang)
	}
	if err := j.record.Delivered(string(info.Written)); err != nil {
		j.s.log.Error("writing the journal", "err", err)
	}
	return info
}
