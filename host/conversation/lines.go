package conversation

import (
	"bufio"
	"errors"
	"io"
	"sync"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// MaxLine bounds a message of the line transport, in bytes: a chunk of a document in base64 and its envelope.
const MaxLine = 16 << 20

// Lines is a Conn of one JSON object a line: for scripts, on stdin and stdout.
func Lines(r io.Reader, w io.Writer) Conn {
	return &lines{r: bufio.NewReaderSize(r, 64<<10), w: w}
}

type lines struct {
	r  *bufio.Reader
	mu sync.Mutex
	w  io.Writer
}

// Read gives the next line that isn't blank. A line over MaxLine is skipped, never kept, and gives MESSAGE_TOO_LARGE.
func (l *lines) Read() ([]byte, error) {
	for {
		line, err := l.line()
		if len(line) > 0 || err != nil {
			return line, err
		}
	}
}

func (l *lines) line() ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := l.r.ReadSlice('\n')
		if long = long || len(line)+len(part) > MaxLine; !long {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case long && (err == nil || errors.Is(err, io.EOF)):
			return nil, problem.Newf(problem.MessageTooLarge, "a line of over %d bytes", MaxLine)
		case err != nil && (!errors.Is(err, io.EOF) || len(line) == 0):
			return nil, err
		}
		return trimEnd(line), nil
	}
}

func trimEnd(line []byte) []byte {
	for len(line) > 0 && (line[len(line)-1] == '\n' || line[len(line)-1] == '\r' || line[len(line)-1] == ' ') {
		line = line[:len(line)-1]
	}
	return line
}

func (l *lines) Write(data []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.w.Write(append(data, '\n'))
	return err
}
