// Package nativemsg speaks the framing of native messaging: a 4-byte length in the
// machine's own byte order, then that many bytes of UTF-8 JSON, on stdin and stdout.
// It also keeps everything else off stdout, because one stray byte there ends the
// connection, and tells from the arguments which extension started the program.
//
// Rules: the native messaging pages of Chrome, Edge and MDN; the limits are
// measured (facts/native.md 1.1).
package nativemsg

import (
	"encoding/binary"
	"errors"
	"io"
	"sync"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

const (
	// MaxOut is the largest message to a browser, in bytes of JSON. Chrome and Firefox
	// end the connection at one byte more.
	MaxOut = 1 << 20
	// MaxIn is the largest message from a browser that a Reader takes by default, in bytes of JSON.
	MaxIn = 16 << 20
	// endOfTrust is the length over which a header isn't one: no browser sends more
	// (Chromium throws at 64 MiB), so the two sides have lost step.
	endOfTrust = 64 << 20
	// minLength is that of the shortest JSON with any meaning here: {}.
	minLength = 2
)

// ErrBroken is in the chain of an error after which the stream can't be read or
// written any more: the two sides no longer agree where a message begins.
var ErrBroken = errors.New("the native messaging stream is broken")

// Reader reads messages. It's for one goroutine.
type Reader struct {
	r      io.Reader
	max    uint32
	broken error
}

// NewReader reads messages of at most max bytes from r; a max of 0 or less means MaxIn.
func NewReader(r io.Reader, max int) *Reader {
	if max <= 0 {
		max = MaxIn
	}
	return &Reader{r: r, max: uint32(min(max, endOfTrust))}
}

// Read gives the next message, unparsed. A clean end between two messages is io.EOF,
// an end within one is io.ErrUnexpectedEOF.
//
// MESSAGE_TOO_LARGE and MESSAGE_MALFORMED say that a message was skipped: the next
// Read gives the one after it, unless errors.Is(err, ErrBroken).
func (r *Reader) Read() ([]byte, error) {
	if r.broken != nil {
		return nil, r.broken
	}
	var header [4]byte
	if _, err := io.ReadFull(r.r, header[:]); err != nil {
		return nil, err
	}
	n := binary.NativeEndian.Uint32(header[:])
	switch {
	case n > endOfTrust:
		r.broken = problem.Newf(problem.MessageTooLarge, "a message of %d bytes announced: %w", n, ErrBroken)
		return nil, r.broken
	case n > r.max:
		if err := r.skip(n); err != nil {
			return nil, err
		}
		return nil, problem.Newf(problem.MessageTooLarge, "a message of %d bytes, the limit is %d", n, r.max)
	case n < minLength:
		if err := r.skip(n); err != nil {
			return nil, err
		}
		return nil, problem.Newf(problem.MessageMalformed, "a message of %d bytes", n)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r.r, body); err != nil {
		return nil, torn(err)
	}
	return body, nil
}

func (r *Reader) skip(n uint32) error {
	_, err := io.CopyN(io.Discard, r.r, int64(n))
	return torn(err)
}

// torn corrects the end of input after a header: it's never a clean one.
func torn(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Writer writes messages. It's safe for use by several goroutines: messages never mix.
type Writer struct {
	mu     sync.Mutex
	w      io.Writer
	frame  []byte
	broken error
}

// NewWriter writes messages to w, one Write call for each.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write sends one message of 2 to MaxOut bytes of JSON. A longer one is
// MESSAGE_TOO_LARGE and nothing is written. After a write that failed half way every
// call fails with ErrBroken.
func (w *Writer) Write(message []byte) error {
	if len(message) > MaxOut {
		return problem.Newf(problem.MessageTooLarge, "a message to the browser of %d bytes, the limit is %d", len(message), MaxOut)
	}
	if len(message) < minLength {
		return problem.Newf(problem.Internal, "a message to the browser of %d bytes", len(message))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken != nil {
		return w.broken
	}
	w.frame = binary.NativeEndian.AppendUint32(w.frame[:0], uint32(len(message)))
	w.frame = append(w.frame, message...)
	if _, err := w.w.Write(w.frame); err != nil {
		w.broken = problem.Newf(problem.Internal, "writing to the browser: %w", errors.Join(err, ErrBroken))
		return w.broken
	}
	return nil
}
