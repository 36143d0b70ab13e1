package terminal

import (
	"encoding/json"
	"io"
	"sync"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// Client is one end of a conversation inside the process.
type Client struct {
	inbox  chan []byte // from the host; closed when the host has ended
	outbox chan []byte
	hung   chan struct{}
	once   sync.Once
}

// Host is the other end: a conversation.Conn.
type Host struct{ c *Client }

// maxOutbox is how many messages may wait for the host, so that neither end ever waits for the other to read: a run sends one at a
// time, and a cancel.
const maxOutbox = 16

// Pipe gives both ends.
func Pipe() (*Client, *Host) {
	c := &Client{inbox: make(chan []byte), outbox: make(chan []byte, maxOutbox), hung: make(chan struct{})}
	return c, &Host{c}
}

// Read gives the client's next message; io.EOF once it has hung up.
func (h *Host) Read() ([]byte, error) {
	select {
	case data := <-h.c.outbox:
		return data, nil
	case <-h.c.hung:
		return nil, io.EOF
	}
}

// Write sends one message to the client, which reads until the host has ended.
func (h *Host) Write(data []byte) error {
	h.c.inbox <- data
	return nil
}

// Ended says that no more messages come. Nothing may be written after it.
func (h *Host) Ended() { close(h.c.inbox) }

// HangUp ends what the host reads.
func (c *Client) HangUp() { c.once.Do(func() { close(c.hung) }) }

// message is what the host says, as far as a terminal has a use for it.
type message struct {
	State    string `json:"state"`
	Status   string `json:"status"`
	Progress string `json:"progress"`
	Error    *fault `json:"error"`

	Environment string     `json:"environment"`
	Custom      bool       `json:"custom_environment"`
	Modes       []string   `json:"modes"`
	BrowserAt   string     `json:"browser_at"`
	Unfinished  []leftover `json:"unfinished"`
	Notes       []string   `json:"notes"`
	Document    *document  `json:"document"`
	Reference   string     `json:"reference"`
	Resend      bool       `json:"resend"`
	Approval    bool       `json:"approval"`
	SandboxOTP  string     `json:"sandbox_otp"`
	Title       string     `json:"title"`
	Host        string     `json:"host"`
	Shown       bool       `json:"shown"`
	Trace       string     `json:"trace"`
	Visible     *Visible   `json:"visible"`
	Result      *result    `json:"result"`
	File        *file      `json:"file"`
}

func (m message) over() bool {
	return m.State == "done" || m.State == "unverified" || m.State == "failed" || m.State == "cancelled"
}

func (m message) code() problem.Code {
	if m.Error == nil {
		return ""
	}
	return m.Error.Code
}

type fault struct {
	Code    problem.Code `json:"code"`
	Message string       `json:"message"`
	Next    string       `json:"next"`
	Site    string       `json:"site"`
}

type leftover struct {
	Name   string `json:"name"`
	Answer string `json:"answer"`
	Path   string `json:"path"`
}

type document struct {
	Name       string `json:"name"`
	Size       int64  `json:"size"`
	SHA256     string `json:"sha256"`
	Pages      int    `json:"pages"`
	Signatures int    `json:"signatures"`
	Encrypted  bool   `json:"encrypted"`
	XFA        bool   `json:"xfa"`
	DocMDP     int    `json:"doc_mdp"`
	Damaged    string `json:"damaged"`
}

type result struct {
	Verdict  string `json:"verdict"`
	Signer   string `json:"signer"`
	Time     string `json:"time"`
	Findings []struct {
		Result string `json:"result"`
		Text   string `json:"text"`
	} `json:"findings"`
	Validator string `json:"validator"`
}

type file struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// secrets are the fields of the host's messages that --json leaves out: a code, and pictures.
var secrets = []string{"sandbox_otp", "screenshot"}

// public is a message as a script gets it: with the path of the file that it's about.
func public(data []byte, path string) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, err
	}
	for _, name := range secrets {
		delete(fields, name)
	}
	if path != "" {
		quoted, err := json.Marshal(path)
		if err != nil {
			return nil, err
		}
		fields["path"] = quoted
	}
	return json.Marshal(fields)
}
