package conversation

import (
	"encoding/json"
	"io/fs"
	"path/filepath"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// Operator is who runs the computer that the conversation is held on, where that isn't the person's own: clients show it before
// the PIN is typed.
type Operator struct {
	Name    string `json:"name"`
	Privacy string `json:"privacy"` // URL of what the operator does with personal data
}

// A Visitor is the other side of a conversation that is held on somebody else's computer, with others beside it: what it may do
// there. Nothing of others and no folder of that computer is told to it. Its methods are called by one goroutine at a time; all but File
// answer at once.
type Visitor interface {
	// Token takes the token that a message carries. The error is told, and the message does nothing.
	Token(token string) error
	// Admitted is nil once the other side may bring documents and have a browser opened for it.
	Admitted() error
	// Upload is nil where the other side may bring a document of its own.
	Upload() error
	// File opens a document that the other side names by its path. Errors: PDF_NOT_FOUND, PDF_UNREADABLE, PATH_REFUSED, TOKEN_LIMIT.
	File(path string) (fs.File, error)
	// Objects says whether there's any bucket for it, and Object finds a place in one by its name, for a document, or for a signed file with
	// write. Errors: OBJECT_REFUSED, TOKEN_LIMIT.
	Objects() bool
	Object(name string, write bool) (Object, error)
	// Signing is asked before each signature. What it gives back is called once, at the end, with whether a signature may exist.
	Signing() (ended func(signed bool), err error)
	// Refused is told of every message that was refused, and Ended how each document ended; the code is empty where there was no error.
	Refused(problem.Code)
	Ended(State, problem.Code)
}

// free are the messages that need no admission: they open nothing that isn't the conversation's own, and cost little.
var free = map[kind]bool{kindStart: true, kindPing: true, kindCancel: true, kindDoctor: true, kindOpen: true, kindDownload: true}

// admit says whether a visitor's message may do what it asks for, after it took the token that the message may carry.
func (s *session) admit(m message, k kind) error {
	v := s.own.Visitor
	if v == nil {
		return nil
	}
	if len(m.JWT) > 0 && string(m.JWT) != "null" {
		var token string
		if json.Unmarshal(m.JWT, &token) != nil {
			return problem.New(problem.TokenRefused, "not a text")
		}
		if err := v.Token(token); err != nil {
			return err
		}
		if s.state == StateStage1Input && s.job == nil {
			s.warmOnce()
		}
	}
	// A token that expires in the middle of a signing doesn't end it.
	if free[k] || s.job != nil && !s.state.over() {
		return nil
	}
	if err := v.Admitted(); err != nil || k != kindUpload {
		return err
	}
	return v.Upload()
}

// admitted says whether a browser may be opened for the other side.
func (s *session) admitted() bool { return s.own.Visitor == nil || s.own.Visitor.Admitted() == nil }

// file opens a document that the client named.
func (s *session) file(path string) (fs.File, error) {
	if s.own.Visitor == nil {
		return openDocument(path)
	}
	return s.own.Visitor.File(path)
}

// place is the path of a file of this computer as the other side may know it: a visitor knows its name.
func (s *session) place(path string) string {
	if s.own.Visitor == nil || path == "" {
		return path
	}
	return filepath.Base(path)
}

// ended tells a visitor's keeper how a document ended.
func (s *session) ended(r reply) {
	if s.own.Visitor == nil {
		return
	}
	var code problem.Code
	if r.Error != nil {
		code = r.Error.Code
	}
	s.own.Visitor.Ended(r.State, code)
}
