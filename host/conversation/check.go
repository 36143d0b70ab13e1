package conversation

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"runtime/debug"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
)

// checking is the check of what came back, which begins with the bytes themselves: it needs the processor while they are on their way to the disk.
type checking struct {
	done   chan struct{}
	report *pdfsig.Report
	err    error
}

// begin checks what is about to be held. To ask the authorities only delays its place in Downloads.
func (j *job) begin(data []byte) *checking {
	c := &checking{done: make(chan struct{})}
	go func() {
		defer close(c.done)
		asking, done := context.WithTimeout(j.s.online, j.s.opts.Limits.Ask)
		defer done()
		c.report, c.err = j.s.checkBytes(asking, bytes.NewReader(data), int64(len(data)), j.doc.Path, j.doc.Visible.page())
	}()
	return c
}

// checked is what the check of a held file came to.
func (j *job) checked(signed Signed) (*pdfsig.Report, error) {
	if begun, ok := j.checks.LoadAndDelete(signed.Path); ok {
		c := begun.(*checking)
		<-c.done
		return c.report, c.err
	}
	asking, done := context.WithTimeout(j.s.online, j.s.opts.Limits.Ask)
	defer done()
	return j.s.check(asking, signed.Path, j.doc.Path, j.doc.Visible.page())
}

// check compares a returned file that is held with the original, as checkBytes does.
func (s *session) check(ctx context.Context, signedPath, originalPath string, sealPage int) (*pdfsig.Report, error) {
	signed, size, err := open(signedPath)
	if err != nil {
		return nil, err
	}
	defer signed.Close()
	return s.checkBytes(ctx, signed, size, originalPath, sealPage)
}

// checkBytes compares what came back with the original; sealPage is where a visible signature was asked for, 0 for none. Authorities are asked
// until ctx ends; the rest goes on without them.
func (s *session) checkBytes(ctx context.Context, signed io.ReaderAt, size int64, originalPath string, sealPage int) (report *pdfsig.Report, err error) {
	// A file that the check breaks off at is kept as one that isn't verified. It would end the program else, now and at every start that
	// finds it held.
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("the check of a file broke off", "panic", p, "stack", string(debug.Stack()))
			report, err = nil, errors.New("the check broke off")
		}
	}()
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
