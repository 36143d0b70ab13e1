package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	// Version 2 reads a text at several times the speed, and one of these may be a whole file. It's chromedp's, for what CDP says.
	jsonv2 "github.com/chromedp/cdproto/cdp/jsonv2"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// Pipe is the native messaging pipe to the extension, one message at a time.
type Pipe interface {
	Read() ([]byte, error)
	Write([]byte) error
}

// maxParts bounds a message that the extension sends in parts (docs/RELAY.md).
const maxParts = 256 << 20

// Link shares one pipe between the conversation and the relay, whose messages have the key cdp (docs/RELAY.md). Its Read and
// Write are the conversation's; Read must be called all the time, since it's what serves the relay too.
type Link struct {
	pipe Pipe

	mu      sync.Mutex
	next    int64
	waiting map[int64]func(relayAnswer)
	takers  map[int64]func([]byte) // of the bytes that go ahead of an answer
	ears    func(relayMessage)
	parts   bytes.Buffer
	ended   error
}

// relayMessage is the value of cdp in a message from the extension.
type relayMessage struct {
	ID         int64           `json:"id"`
	Result     json.RawMessage `json:"result"`
	Error      *RelayError     `json:"error"`
	Event      string          `json:"event"`
	Params     json.RawMessage `json:"params"`
	Detached   *detachment     `json:"detached"`
	Reattached json.RawMessage `json:"reattached"`
	Downloaded *struct {
		Path string `json:"path"`
	} `json:"downloaded"`
	Bytes []byte  `json:"bytes"` // base64: they go ahead of the answer of that id
	Part  *string `json:"part"`
	More  bool    `json:"more"`
}

type detachment struct {
	Reason string `json:"reason"`
	Who    string `json:"who"`
}

// RelayError is the extension's refusal or failure.
type RelayError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	CDPCode int64  `json:"cdp_code"`
}

func (e *RelayError) Error() string { return fmt.Sprintf("relay: %s: %s", e.Code, e.Message) }

type relayAnswer struct {
	result json.RawMessage
	err    error
}

// NewLink shares a pipe.
func NewLink(pipe Pipe) *Link {
	return &Link{pipe: pipe, waiting: map[int64]func(relayAnswer){}, takers: map[int64]func([]byte){}}
}

// Read gives the next message of the conversation. Relay messages are served on the way.
func (l *Link) Read() ([]byte, error) {
	for {
		data, err := l.pipe.Read()
		if err != nil {
			var p *problem.Error
			if !errors.As(err, &p) {
				l.end(err)
			}
			return nil, err
		}
		m, ok := relayPart(data)
		if !ok {
			return data, nil
		}
		l.serve(m)
	}
}

// Write sends a message of the conversation.
func (l *Link) Write(data []byte) error { return l.pipe.Write(data) }

// relayPart gives the value of cdp, if the message has that key. It's nil where nothing can be done with it.
func relayPart(data []byte) (*relayMessage, bool) {
	if !bytes.Contains(data, []byte(`"cdp"`)) {
		return nil, false
	}
	var m struct {
		CDP *relayMessage `json:"cdp"`
	}
	if jsonv2.Unmarshal(data, &m) == nil {
		return m.CDP, m.CDP != nil
	}
	// What is JSON with that key in it, and no more, isn't the conversation's either.
	var other struct {
		CDP json.RawMessage `json:"cdp"`
	}
	return nil, json.Unmarshal(data, &other) == nil && other.CDP != nil
}

func (l *Link) serve(message *relayMessage) {
	if message == nil {
		return
	}
	m := *message
	if m.Part != nil {
		whole, ok := l.join(*m.Part, m.More)
		if !ok {
			return
		}
		m = relayMessage{}
		if jsonv2.Unmarshal(whole, &m) != nil {
			return
		}
	}
	l.mu.Lock()
	answer, take, ears := l.waiting[m.ID], l.takers[m.ID], l.ears
	if m.Bytes == nil {
		delete(l.waiting, m.ID)
		delete(l.takers, m.ID)
	}
	l.mu.Unlock()
	switch {
	case m.Bytes != nil:
		if take != nil {
			take(m.Bytes)
		}
	case m.ID != 0 && answer != nil:
		if m.Error != nil {
			answer(relayAnswer{err: m.Error})
		} else {
			answer(relayAnswer{result: m.Result})
		}
	case m.ID == 0 && ears != nil:
		ears(m)
	}
}

// join puts the parts of a long message together. It says true with the last.
func (l *Link) join(part string, more bool) ([]byte, bool) {
	if l.parts.Len()+len(part) > maxParts {
		l.parts = bytes.Buffer{}
		return nil, false
	}
	l.parts.WriteString(part)
	if more {
		return nil, false
	}
	whole := l.parts.Bytes()
	l.parts = bytes.Buffer{}
	return whole, true
}

// send sends a request; answer is called once, from the goroutine that reads, or at once when the pipe is gone.
func (l *Link) send(fields map[string]any, answer func(relayAnswer)) { l.sendFor(fields, nil, answer) }

// sendFor is send for a request whose answer bytes go ahead of: take gets them from the goroutine that reads, in their order, before answer is
// called. nil: they are passed over.
func (l *Link) sendFor(fields map[string]any, take func([]byte), answer func(relayAnswer)) {
	l.mu.Lock()
	if l.ended != nil {
		err := l.ended
		l.mu.Unlock()
		answer(relayAnswer{err: err})
		return
	}
	l.next++
	id := l.next
	l.waiting[id] = answer
	if take != nil {
		l.takers[id] = take
	}
	l.mu.Unlock()
	fields["id"] = id
	data, err := jsonv2.Marshal(map[string]any{"cdp": fields})
	if err == nil {
		err = l.pipe.Write(data)
	}
	if err != nil {
		l.mu.Lock()
		_, still := l.waiting[id]
		delete(l.waiting, id)
		delete(l.takers, id)
		l.mu.Unlock()
		if still {
			answer(relayAnswer{err: err})
		}
	}
}

// request sends a request and waits for its answer.
func (l *Link) request(ctx context.Context, fields map[string]any) (json.RawMessage, error) {
	answers := make(chan relayAnswer, 1)
	l.send(fields, func(a relayAnswer) { answers <- a })
	select {
	case a := <-answers:
		return a.result, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// listen hands what isn't an answer to ears, in the order of its coming; nil ends that.
func (l *Link) listen(ears func(relayMessage)) {
	l.mu.Lock()
	l.ears = ears
	l.mu.Unlock()
}

// end answers everything that waits.
func (l *Link) end(err error) {
	if errors.Is(err, io.EOF) {
		err = errors.New("the pipe to the extension is closed")
	}
	l.mu.Lock()
	l.ended = err
	waiting, ears := l.waiting, l.ears
	l.waiting, l.takers = map[int64]func(relayAnswer){}, map[int64]func([]byte){}
	l.mu.Unlock()
	for _, answer := range waiting {
		answer(relayAnswer{err: err})
	}
	if ears != nil {
		ears(relayMessage{Detached: &detachment{Reason: "port_closed"}})
	}
}
