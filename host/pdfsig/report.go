package pdfsig

import (
	"crypto/x509"
	"time"
)

// Result is the outcome of one check.
type Result string

const (
	Pass    Result = "pass"
	Fail    Result = "fail"
	Unknown Result = "unknown" // could not be told; never to be shown like pass
)

// The checks. The names are stable: programs rely on them.
const (
	CheckStructure       = "structure"        // the file can be read strictly, without repair
	CheckEncrypted       = "encrypted"        // reported only of encrypted files
	CheckOriginalPrefix  = "original_prefix"  // the file starts with the exact bytes that were sent
	CheckOneRevision     = "one_revision"     // exactly one update, every byte of it explained
	CheckSignatureField  = "signature_field"  // exactly one new signature, reached from the form
	CheckByteRange       = "byte_range"       // the signature covers the whole file
	CheckContents        = "contents"         // the gap is exactly the signature's own value
	CheckCMS             = "cms"              // the signature fits the bytes and the signer's key
	CheckChain           = "chain"            // the signer's certificate leads to a trust anchor
	CheckKeyUsage        = "key_usage"        // the certificate is for signing
	CheckValidity        = "validity"         // the certificates are valid at the time
	CheckRevisionChanges = "revision_changes" // the update changes nothing but what a signature must
	CheckRevocation      = "revocation"       // the certificate was not revoked
	CheckTimestamp       = "timestamp"        // a third party proves the time; reported only if there
	CheckSeal            = "seal"             // where the signature shows; reported by VerifyReturned if it does, or was to
	CheckLaterChanges    = "later_changes"    // what came after the signature is explained; reported by Verify
	CheckOtherSignatures = "other_signatures" // every other signature of the file is sound; reported by Verify if there are others
)

// Finding is the outcome of one check. Detail is for the log and for people who
// know PDF, in English.
type Finding struct {
	Check  string `json:"check"`
	Result Result `json:"result"`
	Detail string `json:"detail,omitempty"`
	// Page is that of a visible seal, from 1, where the finding is about one.
	Page int `json:"page,omitempty"`

	// look marks an unknown revocation that a person has to know of.
	look bool
}

// Signature says what one signature claims. Nothing of it is proven unless the
// findings say so.
type Signature struct {
	Signer       string     `json:"signer"`
	Issuer       string     `json:"issuer"`
	Time         *time.Time `json:"time,omitempty"` // signing-time attribute, else /M
	SerialNumber string     `json:"serial_number,omitempty"`
	SubFilter    string     `json:"sub_filter,omitempty"`
	Reason       string     `json:"reason,omitempty"`
	Location     string     `json:"location,omitempty"`
	Timestamped  bool       `json:"timestamped"`
	// TimestampTime is the time that a timestamp names; the timestamp finding says
	// what it is worth.
	TimestampTime *time.Time `json:"timestamp_time,omitempty"`
	// DocumentTimestamp is set for a timestamp over the document, which is nobody's
	// signature.
	DocumentTimestamp bool      `json:"document_timestamp,omitempty"`
	Field             string    `json:"field,omitempty"`
	CoversFile        bool      `json:"covers_file"`    // to the file's last byte
	Page              int       `json:"page,omitempty"` // of the widget that this signature added, from 1
	Visible           bool      `json:"visible"`
	Rect              []float64 `json:"rect,omitempty"` // of a visible widget, in points
	Findings          []Finding `json:"findings,omitempty"`
}

// Verdict is what may be done with the file (DESIGN.md 7).
type Verdict string

const (
	Verified Verdict = "verified"
	Look     Verdict = "look" // signed, but a person has to look first
	Failed   Verdict = "failed"
)

// Exists says whether a signature was made, so that nobody signs twice.
type Exists string

const (
	ExistsYes   Exists = "yes"
	ExistsNo    Exists = "no"
	ExistsMaybe Exists = "maybe"
)

// Report is the outcome of a verification.
type Report struct {
	Verdict         Verdict     `json:"verdict"`
	SignatureExists Exists      `json:"signature_exists"`
	Findings        []Finding   `json:"findings"`
	Signatures      []Signature `json:"signatures"`
}

// NotReached is the detail of a check that an earlier failure kept from being made.
const NotReached = "not reached"

// Find gives the finding of a check, a failed one first; a check that wasn't made is
// unknown.
func (r *Report) Find(check string) Finding {
	found := Finding{Check: check, Result: Unknown, Detail: NotReached}
	first := true
	for _, f := range r.Findings {
		if f.Check == check && (first || f.Result == Fail && found.Result != Fail) {
			found, first = f, false
		}
	}
	return found
}

// Options are what a verification rests on.
type Options struct {
	// Roots are the trust anchors. An anchor may itself be an issuing CA. Without
	// any, every issuer is unknown; the system's roots are never used.
	Roots []*x509.Certificate
	// TimestampRoots are further trust anchors, for the makers of timestamps only.
	TimestampRoots []*x509.Certificate
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// SealPage is the page, from 1, on which a visible signature was asked for; 0: none was. VerifyReturned wants to see
	// it there: elsewhere, or not at all, it needs a look.
	SealPage int
	// Fetch gets revocation data over the network (HTTPFetch), and what can't be told
	// then needs a look. With nil nobody is asked: what the file brings still counts,
	// and not to know is no obstacle. It is called only with addresses from
	// certificates that lead to a trust anchor, of files that have not failed.
	Fetch Fetch
	// ExtraIntermediates help to build a chain; they are not trusted by themselves.
	ExtraIntermediates []*x509.Certificate
}

func (o Options) now() time.Time {
	if o.Now != nil {
		return o.Now()
	}
	return time.Now()
}

// required are the checks that a verified file must pass, in the order in which
// a report gives them.
var required = []string{
	CheckStructure, CheckOriginalPrefix, CheckOneRevision, CheckSignatureField, CheckByteRange, CheckContents,
	CheckCMS, CheckChain, CheckKeyUsage, CheckValidity, CheckRevisionChanges,
}

// conclude orders the findings, fills in what was never reached, and gives the
// verdict.
func (r *Report) conclude() *Report {
	var ordered []Finding
	for _, check := range required {
		ordered = append(ordered, r.Find(check))
	}
	for _, f := range r.Findings {
		if !isRequired(f.Check) {
			ordered = append(ordered, f)
		}
	}
	r.Findings = ordered
	r.Verdict = verdict(r)
	if r.Signatures == nil {
		r.Signatures = []Signature{}
	}
	return r
}

func isRequired(check string) bool {
	for _, c := range required {
		if c == check {
			return true
		}
	}
	return false
}

// core are the checks without which there is no sound signature over the whole file.
var core = []string{CheckStructure, CheckSignatureField, CheckByteRange, CheckContents, CheckCMS}

func verdict(r *Report) Verdict {
	v := Verified
	for _, f := range r.Findings {
		switch {
		case f.Result == Pass || f.Check == CheckRevocation && f.Result == Unknown && !f.look || f.Check == CheckTimestamp && f.Result == Unknown:
		case f.Result == Unknown:
			v = Look
		case f.Check == CheckOriginalPrefix && r.Find(CheckChain).Result == Pass:
			// A rewritten file with the signature of a known issuer may be genuine.
			// With an unknown issuer nothing ties it to anybody.
			v = Look
		default:
			return Failed
		}
	}
	if r.has(CheckEncrypted) {
		return Look // nothing speaks against the file, and nothing for it
	}
	for _, check := range core {
		if r.Find(check).Result != Pass {
			return Failed
		}
	}
	return v
}

func (r *Report) has(check string) bool {
	for _, f := range r.Findings {
		if f.Check == check {
			return true
		}
	}
	return false
}
