package pdfsig

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cb "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/crypto/ocsp"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/cms"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
)

const (
	maxFetched    = 8 << 20  // bytes of one CRL or OCSP response
	maxStored     = 64       // CRLs and OCSP responses taken from a file, of each
	maxFetches    = 3        // addresses tried for one certificate, of each kind
	maxStoredAll  = 16 << 20 // bytes of them together
	ocspTolerance = 5 * time.Minute
	maxUndated    = 24 * time.Hour // how long an answer counts that doesn't say how long
)

// status is what is known of one certificate.
type status struct {
	known   bool
	revoked *time.Time // when, nil if it is good
	source  string
}

// revocation tells for every certificate of the path but the anchor whether it was
// revoked: from what the file brings, and over the network where that is allowed.
// Data count if they are fresh, or made after the time that a trusted timestamp
// proves. Not to know is in order only where nobody wanted to know.
func (c *checker) revocation(m *cms.Message, path []*x509.Certificate, claimed, proven *time.Time) {
	asked := c.opts.Fetch != nil
	unknown := func(look bool, format string, args ...any) {
		c.findings = append(c.findings, Finding{Check: CheckRevocation, Result: Unknown, Detail: fmt.Sprintf(format, args...), look: look})
	}
	if len(path) < 2 {
		unknown(asked, "not checked, as the certificate leads to no trust anchor")
		return
	}
	r := &revocationCheck{
		fetch: c.opts.Fetch, now: c.opts.now(), proven: proven,
		crls: append(append([][]byte{}, m.CRLs...), c.crls...), ocsps: append(append([][]byte{}, m.OCSPs...), c.ocsps...),
	}
	if c.failed() {
		r.fetch = nil // nobody is told of a file that is worth nothing anyway
	}
	var sources, dark, later []string
	for i, cert := range path[:len(path)-1] {
		s := r.status(cert, path[i+1])
		switch {
		case !s.known:
			dark = append(dark, display(cert.Subject))
		case s.revoked != nil && !before(proven, *s.revoked):
			what := fmt.Sprintf("%s was revoked on %s, says %s", display(cert.Subject), s.revoked.UTC().Format(time.RFC3339), s.source)
			if proven != nil || !before(claimed, *s.revoked) {
				c.add(CheckRevocation, Fail, "%s", what)
				return
			}
			later = append(later, what)
		default:
			sources = append(sources, s.source)
		}
	}
	switch {
	case len(later) > 0:
		// ETSI EN 319 102-1 calls this REVOKED_NO_POE: neither sound nor false.
		unknown(true, "%s: after the claimed time, which nothing proves", strings.Join(later, "; "))
	case len(dark) > 0 && asked:
		unknown(true, "nobody could say whether it was revoked: %s", strings.Join(dark, ", "))
	case len(dark) > 0:
		unknown(false, "nobody was asked about %s", strings.Join(dark, ", "))
	default:
		c.add(CheckRevocation, Pass, "%s", strings.Join(sources, ", "))
	}
}

func before(t *time.Time, than time.Time) bool { return t != nil && t.Before(than) }

type revocationCheck struct {
	fetch       Fetch
	now         time.Time
	proven      *time.Time
	crls, ocsps [][]byte
}

// status takes the network's word over the file's own, which may be older, unless the
// file itself says that the certificate was revoked.
func (r *revocationCheck) status(cert, issuer *x509.Certificate) status {
	own := r.inFile(cert, issuer)
	if r.fetch == nil || own.revoked != nil {
		return own
	}
	if s := r.online(cert, issuer); s.known {
		return s
	}
	return own
}

func (r *revocationCheck) inFile(cert, issuer *x509.Certificate) (found status) {
	for _, raw := range r.ocsps {
		if s := r.byOCSP(raw, cert, issuer, "an OCSP response in the file"); s.known && (!found.known || s.revoked != nil) {
			found = s
		}
	}
	for _, raw := range r.crls {
		if s := r.byCRL(raw, cert, issuer, "a CRL in the file"); s.known && (!found.known || s.revoked != nil) {
			found = s
		}
	}
	return found
}

func (r *revocationCheck) online(cert, issuer *x509.Certificate) status {
	request, err := ocsp.CreateRequest(cert, issuer, nil)
	for i, url := range cert.OCSPServer {
		if err != nil || i >= maxFetches {
			break
		}
		if raw, err := r.fetch(url, "application/ocsp-request", request); err == nil {
			if s := r.byOCSP(raw, cert, issuer, "OCSP"); s.known {
				return s
			}
		}
	}
	for i, url := range cert.CRLDistributionPoints {
		if i >= maxFetches {
			break
		}
		if raw, err := r.fetch(url, "", nil); err == nil {
			if s := r.byCRL(raw, cert, issuer, "the CRL"); s.known {
				return s
			}
		}
	}
	return status{}
}

// counts reports whether data of that age say something about the signature.
func (r *revocationCheck) counts(made, next time.Time) bool {
	if made.After(r.now.Add(ocspTolerance)) {
		return false
	}
	if r.proven != nil && !made.Before(*r.proven) {
		return true
	}
	if next.IsZero() { // there is always something newer (RFC 6960, 4.2.2.1)
		next = made.Add(maxUndated)
	}
	return next.After(r.now)
}

func (r *revocationCheck) byOCSP(raw []byte, cert, issuer *x509.Certificate, source string) status {
	resp, err := ocsp.ParseResponseForCert(raw, cert, issuer)
	if err != nil || !r.counts(resp.ThisUpdate, resp.NextUpdate) {
		return status{}
	}
	// The parser checks that the issuer signed the responder's certificate, and not
	// that it did so for OCSP: any citizen's certificate would do.
	if by := resp.Certificate; by != nil && !by.Equal(issuer) {
		forOCSP := false
		for _, u := range by.ExtKeyUsage {
			forOCSP = forOCSP || u == x509.ExtKeyUsageOCSPSigning
		}
		if !forOCSP || resp.ProducedAt.Before(by.NotBefore) || resp.ProducedAt.After(by.NotAfter) {
			return status{}
		}
	}
	switch resp.Status {
	case ocsp.Good:
		return status{known: true, source: source}
	case ocsp.Revoked:
		return status{known: true, revoked: &resp.RevokedAt, source: source}
	}
	return status{}
}

func (r *revocationCheck) byCRL(raw []byte, cert, issuer *x509.Certificate, source string) status {
	list, err := x509.ParseRevocationList(raw)
	if err != nil || !bytes.Equal(list.RawIssuer, issuer.RawSubject) || list.CheckSignatureFrom(issuer) != nil ||
		!r.counts(list.ThisUpdate, list.NextUpdate) || !speaksOf(list, cert) {
		return status{}
	}
	for _, e := range list.RevokedCertificateEntries {
		if e.SerialNumber.Cmp(cert.SerialNumber) == 0 {
			at := e.RevocationTime
			return status{known: true, revoked: &at, source: source}
		}
	}
	return status{known: true, source: source}
}

var oidIssuingDistributionPoint = asn1.ObjectIdentifier{2, 5, 29, 28}

// speaksOf reports whether a CRL speaks of certificates like this one: a CRL for some
// reasons only, of other issuers or of changes only (RFC 5280, 5.2.4 and 5.2.5)
// says nothing by its silence.
func speaksOf(list *x509.RevocationList, cert *x509.Certificate) bool {
	for _, e := range list.Extensions {
		if !e.Critical {
			continue
		}
		if !e.Id.Equal(oidIssuingDistributionPoint) {
			return false
		}
		in := cryptobyte.String(e.Value)
		var point cryptobyte.String
		if !in.ReadASN1(&point, cb.SEQUENCE) {
			return false
		}
		for !point.Empty() {
			var el cryptobyte.String
			var tag cb.Tag
			if !point.ReadAnyASN1(&el, &tag) {
				return false
			}
			switch tag {
			case cb.Tag(0).ContextSpecific().Constructed():
			case cb.Tag(1).ContextSpecific():
				if cert.IsCA {
					return false
				}
			case cb.Tag(2).ContextSpecific():
				if !cert.IsCA {
					return false
				}
			default:
				return false
			}
		}
	}
	return true
}

// readStore takes certificates and revocation data of the document's own store (ETSI EN 319
// 142-1, 5.4). What can't be read there only doesn't help.
func (v *verification) readStore() error {
	view := v.doc.At(0)
	catalog, err := view.Catalog()
	if err != nil {
		return nonContent(err)
	}
	store, err := view.Dict(catalog.Get("DSS"))
	if err != nil {
		return nonContent(err)
	}
	left := maxStoredAll
	var certs [][]byte
	for key, list := range map[pdf.Name]*[][]byte{"CRLs": &v.crls, "OCSPs": &v.ocsps, "Certs": &certs} {
		items, err := view.Array(store.Get(key))
		if err != nil {
			return nonContent(err)
		}
		for i, o := range items {
			if i >= maxStored {
				break
			}
			o, err := view.Resolve(o)
			if err != nil {
				return nonContent(err)
			}
			st, ok := o.(*pdf.Stream)
			if !ok {
				continue
			}
			r, err := v.doc.Decode(st)
			if err == nil {
				var data []byte
				data, err = io.ReadAll(io.LimitReader(r, int64(min(maxFetched, left))))
				if left -= len(data); err == nil {
					*list = append(*list, data)
				}
			}
			if pdf.IsReadError(err) {
				return err
			}
		}
	}
	for _, raw := range certs {
		if cert, err := x509.ParseCertificate(raw); err == nil {
			v.certs = append(v.certs, cert)
		}
	}
	return nil
}

// nonContent passes on only failures to read.
func nonContent(err error) error {
	if pdf.IsReadError(err) {
		return err
	}
	return nil
}
