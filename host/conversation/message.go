package conversation

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/sign-with-cmd/sign-with-cmd/host/jsonpart"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/secret"
)

// kind is what a message asks for. The key that names it is the protocol's.
type kind string

const (
	kindStart      kind = "start"
	kindStage1     kind = "stage1"
	kindConfirm    kind = "confirm"
	kindOTP        kind = "otp"
	kindResend     kind = "resend"
	kindCancel     kind = "cancel"
	kindPing       kind = "ping"
	kindScreenshot kind = "screenshot"
	kindUpload     kind = "upload_local"
	kindUploadS3   kind = "upload_s3"
	kindDocument   kind = "document"
	kindTrace      kind = "trace"
	kindData       kind = "document_data"
	kindOpen       kind = "open"
	kindDoctor     kind = "doctor"
	kindDownload   kind = "download"
)

// message is what a client may send; unknown fields are ignored.
type message struct {
	Start          json.RawMessage `json:"start"`
	AutoScreenshot json.RawMessage `json:"auto_screenshot"`
	Lang           string          `json:"lang"`
	Protocol       int             `json:"protocol"`
	MinProtocol    int             `json:"min_protocol"`
	Mode           string          `json:"mode"`
	Client         string          `json:"client"`
	Environment    string          `json:"environment"`

	Phone       *secret.Secret `json:"phone"`
	PIN         *secret.Secret `json:"pin"`
	PINToken    string         `json:"pin_token"`
	PhoneSealed []byte         `json:"phone_sealed"`
	PINSealed   []byte         `json:"pin_sealed"`
	SealedTo    string         `json:"sealed_to"` // the key's id
	PDFFilePath string         `json:"pdf_file_path"`
	Confirm     string         `json:"confirm"`
	// JWT is a text, read only where a token counts.
	JWT       json.RawMessage `json:"jwt"`
	SignAgain string          `json:"sign_again"`
	// Visible is an object, read where the document is known.
	Visible json.RawMessage `json:"visible"`

	OTP         *secret.Secret  `json:"otp"`
	OTPToken    string          `json:"otp_token"`
	OTPSealed   []byte          `json:"otp_sealed"`
	Resend      json.RawMessage `json:"resend"`
	Cancel      json.RawMessage `json:"cancel"`
	Ping        json.RawMessage `json:"ping"`
	Screenshot  json.RawMessage `json:"screenshot"`
	Trace       json.RawMessage `json:"trace"`
	Open        string          `json:"open"`
	ID          string          `json:"id"`
	Doctor      json.RawMessage `json:"doctor"`
	UploadLocal json.RawMessage `json:"upload_local"`
	UploadS3    json.RawMessage `json:"upload_s3"` // a text or an object
	Document    *struct {
		PDFFilePath string `json:"pdf_file_path"`
	} `json:"document"`
	DocumentData *int64    `json:"document_data"`
	Download     *download `json:"download"`
	Name         string    `json:"name"`

	long lifted
}

// maxDepth bounds the nesting of a message; none of the protocol's goes deeper than three.
const maxDepth = 16

// parse reads a message and says what it asks for. What it gives may hold parts of data. The error never quotes the message, which may hold a secret.
func parse(data []byte) (message, kind, error) {
	var m message
	// The decoder would put other characters in place of what isn't UTF-8, in a path for example.
	if !utf8.Valid(data) {
		return m, "", problem.New(problem.MessageMalformed, "not UTF-8")
	}
	if jsonpart.Deep(data, maxDepth) {
		return m, "", problem.New(problem.MessageMalformed, "nested too deep")
	}
	text, rest := lifted{}, data
	if len(data) >= longText {
		text, rest = lift(data)
	}
	err := json.Unmarshal(rest, &m)
	if len(rest) != len(data) {
		clear(rest) // a copy; it may hold a secret
	}
	if m.long = text; err != nil || !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		return m, "", problem.New(problem.MessageMalformed, "not an object of the protocol's fields")
	}
	switch {
	case m.Cancel != nil:
		return m, kindCancel, nil
	case m.Ping != nil:
		return m, kindPing, nil
	case m.Screenshot != nil:
		return m, kindScreenshot, nil
	case m.Trace != nil:
		return m, kindTrace, nil
	case m.Open != "":
		return m, kindOpen, nil
	case m.Doctor != nil:
		return m, kindDoctor, nil
	case m.UploadLocal != nil:
		return m, kindUpload, nil
	case m.UploadS3 != nil:
		return m, kindUploadS3, nil
	case m.Document != nil:
		return m, kindDocument, nil
	case m.DocumentData != nil:
		return m, kindData, nil
	case m.Download != nil:
		return m, kindDownload, nil
	case m.OTP != nil || m.OTPToken != "" || m.OTPSealed != nil:
		return m, kindOTP, nil
	case m.Resend != nil:
		return m, kindResend, nil
	case m.Phone != nil || m.PIN != nil || m.PINToken != "" || m.PhoneSealed != nil || m.PINSealed != nil || m.PDFFilePath != "":
		return m, kindStage1, nil
	case m.Confirm != "":
		return m, kindConfirm, nil
	case m.Start != nil:
		return m, kindStart, nil
	}
	return m, "", problem.New(problem.MessageUnknown, "none of the protocol's messages")
}

// lifted is a long text of a message, as it stands between its quotes, that encoding/json found an empty one in place of. At most one of
// them is there.
type lifted struct {
	chunk    []byte // upload_local.data
	document []byte // upload_local
	ping     []byte
}

// longText is from how many bytes on a message has its text lifted out.
const longText = 4 << 10

// lift gives a message without its long text, if it has one of those that may be long and it's a plain one; else the message itself. What it gives means
// the same to encoding/json but for that text, and is JSON if the message is: all that's replaced is a whole text.
func lift(data []byte) (lifted, []byte) {
	if start, end, ok := jsonpart.Find(data, string(kindUpload)); ok {
		if text, ok := jsonpart.Plain(data[start:end]); ok && len(text) > 0 {
			return lifted{document: text}, jsonpart.Without(data, start, end, `""`)
		}
		if from, to, ok := jsonpart.Find(data[start:end], "data"); ok {
			if text, ok := jsonpart.Plain(data[start+from : start+to]); ok && len(text) > 0 {
				return lifted{chunk: text}, jsonpart.Without(data, start+from, start+to, `""`)
			}
		}
	}
	if start, end, ok := jsonpart.Find(data, string(kindPing)); ok {
		if text, ok := jsonpart.Plain(data[start:end]); ok && len(text) > 0 {
			return lifted{ping: text}, jsonpart.Without(data, start, end, `""`)
		}
	}
	return lifted{}, data
}

// pinged is what is to be answered to a ping.
func (m message) pinged() string {
	if m.long.ping != nil {
		return string(m.long.ping)
	}
	var text string
	if json.Unmarshal(m.Ping, &text) != nil {
		text = string(m.Ping)
	}
	return text
}

// truthy is how auto_screenshot is read: 1, true and "1" mean yes.
func truthy(raw json.RawMessage) bool {
	switch strings.Trim(string(raw), `" `) {
	case "", "0", "false", "null":
		return false
	}
	return true
}

// reply is what the host sends after its first message; a field that doesn't belong to the message stays out.
type reply struct {
	State    State  `json:"state,omitempty"`
	Status   string `json:"status,omitempty"`
	Progress string `json:"progress,omitempty"`
	ID       string `json:"id,omitempty"` // the document's, the same as in the journal
	Error    *fault `json:"error,omitempty"`

	Environment string      `json:"environment,omitempty"`
	Nonce       string      `json:"nonce,omitempty"`
	Notes       []string    `json:"notes,omitempty"`
	Document    *docInfo    `json:"document,omitempty"`
	Received    int64       `json:"received,omitempty"`
	Part        *partInfo   `json:"part,omitempty"`
	Reference   string      `json:"reference,omitempty"`
	Resend      bool        `json:"resend,omitempty"`
	Approval    bool        `json:"approval,omitempty"`
	SandboxOTP  string      `json:"sandbox_otp,omitempty"`
	Screenshot  string      `json:"screenshot,omitempty"`
	Auto        bool        `json:"auto,omitempty"`
	Step        string      `json:"step,omitempty"`
	Title       string      `json:"title,omitempty"`
	Host        string      `json:"host,omitempty"`
	Shown       *bool       `json:"shown,omitempty"`
	Trace       string      `json:"trace,omitempty"`
	Open        string      `json:"open,omitempty"`
	Visible     *Visible    `json:"visible,omitempty"`
	Result      *resultInfo `json:"result,omitempty"`
	File        *fileInfo   `json:"file,omitempty"`
	Object      *objectInfo `json:"object,omitempty"`
	Findings    []Check     `json:"findings,omitempty"`
}

const (
	statusOK    = "OK"
	statusError = "ERROR"
)

// fault is an error as the client gets it.
type fault struct {
	Code    problem.Code  `json:"code"`
	Message string        `json:"message"`
	Next    string        `json:"next,omitempty"`
	Retry   problem.Retry `json:"retry"`
	Site    string        `json:"site,omitempty"` // what the page itself said
	Detail  string        `json:"detail,omitempty"`
}

// docInfo is a document before it's signed.
type docInfo struct {
	Name       string `json:"name"`
	Size       int64  `json:"size"`
	SHA256     string `json:"sha256"`
	Pages      int    `json:"pages,omitempty"`
	Signatures int    `json:"signatures,omitempty"`
	Encrypted  bool   `json:"encrypted,omitempty"`
	XFA        bool   `json:"xfa,omitempty"`
	DocMDP     int    `json:"doc_mdp,omitempty"` // what a certification allows: 1 nothing, 2 filling in, 3 comments too
	Damaged    string `json:"damaged,omitempty"`
}

// partInfo is a piece of a document, for its preview, or of a signed file.
type partInfo struct {
	Offset int64  `json:"offset"`
	Size   int64  `json:"size"` // of the whole, as is the sum
	SHA256 string `json:"sha256"`
	Data   []byte `json:"data"` // base64
}

// fileInfo is a file that was saved, or is kept.
type fileInfo struct {
	Path   string `json:"path,omitempty"` // not for a visitor
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// resultInfo is what the check of the returned file found.
type resultInfo struct {
	Verdict         pdfsig.Verdict     `json:"verdict"`
	SignatureExists pdfsig.Exists      `json:"signature_exists"`
	Signer          string             `json:"signer,omitempty"`
	Issuer          string             `json:"issuer,omitempty"`
	Time            string             `json:"time,omitempty"`
	Findings        []finding          `json:"findings"`
	Signatures      []pdfsig.Signature `json:"signatures,omitempty"`
	Validator       string             `json:"validator,omitempty"`
}

// finding is one finding, with its sentence in the person's language.
type finding struct {
	pdfsig.Finding
	Text string `json:"text"`
}

// leftover is a document of an earlier conversation.
type leftover struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Answer string `json:"answer"`
	Path   string `json:"path,omitempty"`
}

func faultOf(p *problem.Error, lang string) *fault {
	e := p.Entry()
	return &fault{Code: e.Code, Message: e.Message.In(lang), Next: e.Next.In(lang), Retry: e.Retry, Site: p.Site}
}
