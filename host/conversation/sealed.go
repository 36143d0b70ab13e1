package conversation

import (
	"crypto/rand"
	"encoding/json"
	"strings"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/secret"
)

// Sealing is how phone, PIN and code can come so that nobody on the way reads them: encrypted to a key of this computer.
type Sealing struct {
	Suite    string          // of HPKE (RFC 9180), as clients are told it
	Key      json.RawMessage // the public key, a JSON Web Key with its kid
	Required bool            // what comes in the clear is refused
	// Open gives what was sealed to the key of that id with that info. The error is SEAL_REFUSED, and says no more.
	Open func(id string, info, sealed []byte) (secret.Secret, error)
}

// sealInfo is what the first message says of it.
type sealInfo struct {
	Suite    string          `json:"hpke"`
	Key      json.RawMessage `json:"key"`
	Required bool            `json:"required,omitempty"`
}

func (s *session) sealInfo() *sealInfo {
	if s.own.Sealing == nil {
		return nil
	}
	return &sealInfo{s.own.Sealing.Suite, s.own.Sealing.Key, s.own.Sealing.Required}
}

// fresh is the nonce of a prompt that is about to be sent. What is sealed answers one prompt: what was recorded opens in no other, so
// that a PIN which the site refused can't be had tried again by whoever only stands between.
func (s *session) fresh() string {
	if s.own.Sealing == nil {
		return ""
	}
	s.nonce = rand.Text()
	return s.nonce
}

// SealInfo binds what is sealed to what it is (phone, pin or otp), to the prompt that it answers, and to the document, by its SHA-256 in
// lower-case hex.
func SealInfo(what, nonce, document string) []byte {
	return []byte(strings.Join([]string{"cmdsign 1", what, nonce, document}, "\n"))
}

// unseal puts what a message brings sealed where it would stand in the clear. Errors: SEAL_REFUSED, SEAL_MISSING, CONFIRM_MISSING.
func (s *session) unseal(m *message, k kind) error {
	if k != kindStage1 && k != kindOTP {
		return nil
	}
	all := []struct {
		what   string
		sealed []byte
		into   **secret.Secret
	}{{"phone", m.PhoneSealed, &m.Phone}, {"pin", m.PINSealed, &m.PIN}, {"otp", m.OTPSealed, &m.OTP}}
	for _, a := range all {
		sealing := s.own.Sealing
		switch {
		case a.sealed == nil && *a.into != nil && sealing != nil && sealing.Required:
			return problem.New(problem.SealMissing, a.what)
		case a.sealed == nil:
			continue
		case sealing == nil || *a.into != nil:
			return problem.New(problem.SealRefused, "")
		}
		document := strings.ToLower(m.Confirm)
		if s.job != nil {
			document = s.job.doc.SHA256
		}
		if document == "" {
			return problem.New(problem.ConfirmMissing, "what is sealed is for one document")
		}
		opened, err := sealing.Open(m.SealedTo, SealInfo(a.what, s.nonce, document), a.sealed)
		if err != nil {
			return err
		}
		*a.into = &opened
	}
	return nil
}
