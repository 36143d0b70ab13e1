package server

import (
	"context"
	"io/fs"
	"log/slog"
	"net/netip"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// maxRefused is how many messages of a conversation are refused before it's ended.
const maxRefused = 100

// visitor is the other side of one conversation.
type visitor struct {
	s       *Server
	log     *slog.Logger
	client  netip.Addr
	pass    *pass // of the token that it brought
	end     context.CancelCauseFunc
	pending *time.Timer // until a token was taken; nil where none is asked for
	refused int
	outcome string // how its last document ended, or why it was sent away
}

var _ conversation.Visitor = (*visitor)(nil)

// Token takes a token; without keys none is looked at.
func (v *visitor) Token(token string) error {
	if v.s.keys == nil {
		return nil
	}
	p, err := v.s.keys.check(token)
	if err != nil {
		return err
	}
	v.pass = p
	if v.pending != nil {
		v.pending.Stop()
	}
	return nil
}

// Admitted is nil with a token that hasn't expired, or where none is asked for.
func (v *visitor) Admitted() error {
	switch {
	case v.s.keys == nil:
		return nil
	case v.pass == nil:
		return problem.New(problem.TokenMissing, "")
	case time.Now().After(v.pass.expires):
		return problem.New(problem.TokenExpired, "since it was brought")
	}
	return nil
}

// Upload is nil, but for a token that is good for named documents only.
func (v *visitor) Upload() error {
	if v.pass != nil && v.pass.narrowed.files {
		return problem.New(problem.TokenLimit, "no upload")
	}
	return nil
}

// File opens a document under the root.
func (v *visitor) File(path string) (fs.File, error) {
	return openUnder(v.s.root, path, v.pass)
}

// Objects says whether there's a bucket.
func (v *visitor) Objects() bool { return len(v.s.buckets) > 0 }

// Object finds a place in a bucket.
func (v *visitor) Object(name string, write bool) (conversation.Object, error) {
	o, err := v.s.buckets.find(name, write, v.pass)
	if err != nil {
		return nil, err
	}
	return o, nil
}

// Signing counts the signature against the token.
func (v *visitor) Signing() (func(bool), error) {
	if v.pass == nil {
		return func(bool) {}, nil
	}
	p := v.pass
	if err := v.s.ledger.take(p, time.Now()); err != nil {
		return nil, err
	}
	return func(signed bool) {
		if !signed {
			v.s.ledger.giveBack(p)
		}
	}, nil
}

// Refused counts, and ends a conversation in which nearly all is refused.
func (v *visitor) Refused(code problem.Code) {
	v.s.metrics.refuse(string(code))
	if v.outcome == "" {
		switch code {
		case problem.InputTimeout, problem.ServerStopping, problem.TimeOver, problem.TooManyRefused:
			v.outcome = string(code)
		}
	}
	if v.refused++; v.refused == maxRefused {
		v.end(problem.New(problem.TooManyRefused, ""))
	}
}

// Ended counts.
func (v *visitor) Ended(state conversation.State, code problem.Code) {
	v.outcome = string(code)
	switch {
	case state == conversation.StateCancelled:
		v.outcome = string(problem.Cancelled)
	case code == "":
		v.outcome = "OK"
	}
	switch {
	case state == conversation.StateDone:
		v.s.metrics.signed("verified")
	case state == conversation.StateUnverified:
		v.s.metrics.signed("unverified")
	case code == problem.MayBeSigned:
		v.s.metrics.signed("maybe")
	}
}
