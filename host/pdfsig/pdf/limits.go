package pdf

import (
	"errors"
	"fmt"
	"io"
)

// Limits on what a file may ask of the reader. Each is far above what the files
// of pdf.js and PDFBox need and far below what would hurt a small machine.
const (
	maxDepth       = 64             // arrays and dictionaries inside each other
	maxNodes       = 400_000        // values in one object
	maxString      = 8 << 20        // bytes of one string as written
	maxName        = 4096           // bytes of one name as written
	maxSections    = 1024           // cross-reference sections
	maxEntries     = 1_500_000      // cross-reference entries in all
	maxObjectNum   = 8_388_607      // ISO 32000-1, annex C
	maxObjStm      = 16 << 20       // decoded bytes of one object stream
	maxDecoded     = 1 << 30        // decoded bytes in all, so that a small file can't keep the reader busy
	maxRead        = int64(8) << 30 // bytes read in all, for the same reason
	maxGets        = 20_000_000     // objects read in all, the same one each time anew
	maxPages       = 200_000
	tailWindow     = 2048 // where startxref has to be
	maxStreamNest  = 4    // a stream whose length lies in a stream whose length ...
	maxPageDepth   = 64
	maxCachedBytes = 16 << 20
)

// Sentinels for files that aren't worth a closer look.
var (
	ErrEmpty     = errors.New("the file is empty")
	ErrNotPDF    = errors.New("the file has no PDF header")
	ErrTruncated = errors.New("the file ends before its end marker")
)

// SyntaxError says what is wrong with a file and where.
type SyntaxError struct {
	Offset int64 // -1 where there is no one place
	Reason string
}

func (e *SyntaxError) Error() string {
	if e.Offset < 0 {
		return e.Reason
	}
	return fmt.Sprintf("%s (at byte %d)", e.Reason, e.Offset)
}

func syntax(off int64, format string, args ...any) error {
	return &SyntaxError{Offset: off, Reason: fmt.Sprintf(format, args...)}
}

// ReadError is a failure of the medium, not of the file's content.
type ReadError struct{ Err error }

func (e *ReadError) Error() string { return "reading the file: " + e.Err.Error() }
func (e *ReadError) Unwrap() error { return e.Err }

// IsReadError reports whether err comes from the medium and says nothing of the content.
func IsReadError(err error) bool {
	var r *ReadError
	return errors.As(err, &r)
}

// source reads a file and counts what was read.
type source struct {
	r      io.ReaderAt
	size   int64
	budget *int64 // nil for bytes in memory
}

func (s source) readAt(p []byte, off int64) (int, error) {
	if off >= s.size {
		return 0, nil
	}
	if int64(len(p)) > s.size-off {
		p = p[:s.size-off]
	}
	if s.budget != nil {
		if *s.budget -= int64(len(p)); *s.budget < 0 {
			return 0, syntax(-1, "the file asks for too much reading")
		}
	}
	n, err := s.r.ReadAt(p, off)
	if n == len(p) {
		return n, nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF // shorter than the size we were told
	}
	return n, &ReadError{err}
}
