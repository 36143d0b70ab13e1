// Package cms reads the signatures inside PDF files: CMS SignedData (RFC 5652) as
// it was received, BER included. It is stricter than the libraries it replaces in
// what a signature must prove (signed attributes are mandatory, exactly one
// signer, weak algorithms refused) and more patient in how it is written
// (facts/pdf.md 1.4).
package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cb "golang.org/x/crypto/cryptobyte/asn1"
)

const (
	maxCertificates = 64
	maxAttributes   = 64
	maxRevocation   = 64
	minRSABits      = 2048
)

var (
	oidSignedData      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	OIDData            = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}        // content of an ordinary signature
	OIDTSTInfo         = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4} // content of a timestamp (RFC 3161)
	oidContentType     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningTime     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidSigningCert     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12}
	oidSigningCertV2   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidTimestampToken  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14}
	oidOCSPResponse    = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 16, 2}
	oidAdobeRevocation = asn1.ObjectIdentifier{1, 2, 840, 113583, 1, 1, 8}

	oidRSA      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidPSS      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidMGF1     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}
	oidECPublic = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
)

var hashes = []struct {
	hash           crypto.Hash
	id, rsa, ecdsa asn1.ObjectIdentifier
}{
	{crypto.SHA256, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}},
	{crypto.SHA384, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 12}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}},
	{crypto.SHA512, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 13}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 4}},
}

// Message is one signature, parsed and not yet verified.
type Message struct {
	// Certificates is the bag: anybody may have put anything there.
	Certificates []*x509.Certificate
	// Signer is the certificate that the signer info names, by issuer and serial
	// number or by subject key identifier.
	Signer *x509.Certificate
	// Hash is the algorithm that the content has to be hashed with.
	Hash        crypto.Hash
	ContentType asn1.ObjectIdentifier
	// Content is the content inside the message; nil for a detached signature.
	Content []byte
	// SigningTime is what the signer claims, nil if it claims none.
	SigningTime *time.Time
	// TimestampToken is an unverified RFC 3161 token over the signature value.
	TimestampToken []byte
	// CRLs and OCSPs are revocation data that came with the message, unverified.
	CRLs, OCSPs [][]byte
	// Signature is the signature value, which a timestamp token covers.
	Signature []byte

	signedAttrs   []byte // as received, with the tag of a SET
	messageDigest []byte
	algorithm     algorithm
}

type algorithm struct {
	id     asn1.ObjectIdentifier
	params cryptobyte.String
}

func bad(format string, args ...any) error { return fmt.Errorf("cms: "+format, args...) }

// ErrNoSigner means that the signer's certificate is not at hand.
var ErrNoSigner = errors.New("cms: the signer's certificate is not there")

// Parse reads one message from the start of ber and says how many bytes it took. The
// signer may also be one of the other certificates: a timestamp need not carry its
// maker's.
func Parse(ber []byte, others ...*x509.Certificate) (m *Message, used int, err error) {
	der, used, err := Normalize(ber)
	if err != nil {
		return nil, 0, err
	}
	m, err = parse(der, others)
	return m, used, err
}

func parse(der []byte, others []*x509.Certificate) (*Message, error) {
	in := cryptobyte.String(der)
	var info, explicit, data cryptobyte.String
	var typ asn1.ObjectIdentifier
	if !in.ReadASN1(&info, cb.SEQUENCE) || !info.ReadASN1ObjectIdentifier(&typ) ||
		!info.ReadASN1(&explicit, cb.Tag(0).ContextSpecific().Constructed()) || !info.Empty() ||
		!explicit.ReadASN1(&data, cb.SEQUENCE) || !explicit.Empty() {
		return nil, bad("not a content info")
	}
	if !typ.Equal(oidSignedData) {
		return nil, bad("not signed data")
	}
	m := &Message{}
	var version int64
	var digests, encap, signers cryptobyte.String
	if !data.ReadASN1Integer(&version) || version < 1 || version > 5 ||
		!data.ReadASN1(&digests, cb.SET) || !data.ReadASN1(&encap, cb.SEQUENCE) {
		return nil, bad("unsound signed data")
	}
	if err := m.readContent(encap); err != nil {
		return nil, err
	}
	var bag, crls cryptobyte.String
	var has bool
	if !data.ReadOptionalASN1(&bag, &has, cb.Tag(0).ContextSpecific().Constructed()) {
		return nil, bad("unsound certificates")
	}
	if err := m.readCertificates(bag); err != nil {
		return nil, err
	}
	if !data.ReadOptionalASN1(&crls, &has, cb.Tag(1).ContextSpecific().Constructed()) || !m.readRevocation(crls) ||
		!data.ReadASN1(&signers, cb.SET) || !data.Empty() {
		return nil, bad("unsound signed data")
	}
	var signer cryptobyte.String
	if !signers.ReadASN1(&signer, cb.SEQUENCE) {
		return nil, bad("no signer")
	}
	if !signers.Empty() {
		return nil, bad("more than one signer")
	}
	return m, m.readSigner(signer, others)
}

func (m *Message) readContent(in cryptobyte.String) error {
	var wrapped, octets cryptobyte.String
	var has bool
	if !in.ReadASN1ObjectIdentifier(&m.ContentType) ||
		!in.ReadOptionalASN1(&wrapped, &has, cb.Tag(0).ContextSpecific().Constructed()) || !in.Empty() {
		return bad("unsound content")
	}
	if has {
		if !wrapped.ReadASN1(&octets, cb.OCTET_STRING) || !wrapped.Empty() {
			return bad("unsound content")
		}
		m.Content = append([]byte{}, octets...)
	}
	return nil
}

// readCertificates takes what the standard library can read; the rest can't be
// the signer's and can't help a chain.
func (m *Message) readCertificates(bag cryptobyte.String) error {
	for n := 0; !bag.Empty(); n++ {
		var el cryptobyte.String
		var tag cb.Tag
		if n >= maxCertificates || !bag.ReadAnyASN1Element(&el, &tag) {
			return bad("unsound certificates")
		}
		if tag != cb.SEQUENCE {
			continue
		}
		c, err := x509.ParseCertificate(el)
		if err != nil {
			continue
		}
		same := false
		for _, o := range m.Certificates {
			same = same || o.Equal(c)
		}
		if !same {
			m.Certificates = append(m.Certificates, c)
		}
	}
	return nil
}

// readRevocation takes CRLs and OCSP responses (RFC 5652, 10.2.1, and RFC 5940).
func (m *Message) readRevocation(in cryptobyte.String) bool {
	for n := 0; !in.Empty(); n++ {
		var el, other, response cryptobyte.String
		var tag cb.Tag
		var id asn1.ObjectIdentifier
		if n >= maxRevocation || !in.ReadAnyASN1Element(&el, &tag) {
			return false
		}
		if tag == cb.SEQUENCE {
			m.CRLs = append(m.CRLs, append([]byte{}, el...))
			continue
		}
		if el.ReadASN1(&other, tag) && other.ReadASN1ObjectIdentifier(&id) && id.Equal(oidOCSPResponse) && other.ReadASN1Element(&response, cb.SEQUENCE) {
			m.OCSPs = append(m.OCSPs, append([]byte{}, response...))
		}
	}
	return true
}

// readAdobeRevocation takes what Adobe's revocation archive holds (ISO 32000-1,
// 12.8.3.3.2). What isn't sound there only doesn't help.
func (m *Message) readAdobeRevocation(value cryptobyte.String) {
	var archive cryptobyte.String
	if !value.ReadASN1(&archive, cb.SEQUENCE) {
		return
	}
	for i, list := range []*[][]byte{&m.CRLs, &m.OCSPs} {
		var tagged, seq, el cryptobyte.String
		var has bool
		if !archive.ReadOptionalASN1(&tagged, &has, cb.Tag(i).ContextSpecific().Constructed()) || has && !tagged.ReadASN1(&seq, cb.SEQUENCE) {
			return
		}
		for n := 0; n < maxRevocation && seq.ReadASN1Element(&el, cb.SEQUENCE); n++ {
			*list = append(*list, append([]byte{}, el...))
		}
	}
}

func (m *Message) readSigner(in cryptobyte.String, others []*x509.Certificate) error {
	var version int64
	if !in.ReadASN1Integer(&version) {
		return bad("unsound signer")
	}
	if err := m.findSigner(version, &in, others); err != nil {
		return err
	}
	digest, ok := readAlgorithm(&in)
	if !ok {
		return bad("unsound digest algorithm")
	}
	for _, h := range hashes {
		if h.id.Equal(digest.id) {
			m.Hash = h.hash
		}
	}
	if m.Hash == 0 || !digest.plain() {
		return bad("digest algorithm %v is not accepted", digest.id)
	}
	var attrs cryptobyte.String
	tag := cb.Tag(0).ContextSpecific().Constructed()
	if !in.PeekASN1Tag(tag) || !in.ReadASN1Element(&attrs, tag) {
		return bad("no signed attributes")
	}
	// RFC 5652, 5.4: hashed with the tag of a SET in place of [0].
	m.signedAttrs = append([]byte{}, attrs...)
	m.signedAttrs[0] = 0x31
	if m.algorithm, ok = readAlgorithm(&in); !ok {
		return bad("unsound signature algorithm")
	}
	var sig, unsigned cryptobyte.String
	var has bool
	if !in.ReadASN1(&sig, cb.OCTET_STRING) ||
		!in.ReadOptionalASN1(&unsigned, &has, cb.Tag(1).ContextSpecific().Constructed()) || !in.Empty() {
		return bad("unsound signer")
	}
	m.Signature = append([]byte{}, sig...)
	if err := m.readSigned(); err != nil {
		return err
	}
	return m.readUnsigned(unsigned)
}

func readAlgorithm(in *cryptobyte.String) (a algorithm, ok bool) {
	var seq cryptobyte.String
	ok = in.ReadASN1(&seq, cb.SEQUENCE) && seq.ReadASN1ObjectIdentifier(&a.id)
	a.params = seq
	return a, ok
}

// plain reports whether the algorithm has no parameters: none or NULL.
func (a algorithm) plain() bool {
	return len(a.params) == 0 || bytes.Equal(a.params, []byte{5, 0})
}

func (m *Message) findSigner(version int64, in *cryptobyte.String, others []*x509.Certificate) error {
	var match func(*x509.Certificate) bool
	var id, issuer cryptobyte.String
	serial := new(big.Int)
	ski := cb.Tag(0).ContextSpecific()
	switch {
	case in.PeekASN1Tag(ski):
		if version != 3 || !in.ReadASN1(&id, ski) || len(id) == 0 {
			return bad("unsound signer identifier")
		}
		match = func(c *x509.Certificate) bool { return bytes.Equal(c.SubjectKeyId, id) }
	default:
		if version != 1 || !in.ReadASN1(&id, cb.SEQUENCE) || !id.ReadASN1Element(&issuer, cb.SEQUENCE) ||
			!id.ReadASN1Integer(serial) || !id.Empty() {
			return bad("unsound signer identifier")
		}
		match = func(c *x509.Certificate) bool {
			return bytes.Equal(c.RawIssuer, issuer) && c.SerialNumber.Cmp(serial) == 0
		}
	}
	for _, c := range append(append([]*x509.Certificate{}, m.Certificates...), others...) {
		if !match(c) || m.Signer != nil && m.Signer.Equal(c) {
			continue
		}
		if m.Signer != nil {
			return bad("more than one certificate answers to the signer")
		}
		m.Signer = c
	}
	if m.Signer == nil {
		return ErrNoSigner
	}
	return nil
}

// attributes calls f for each attribute with its one value; those with any other
// number of values get nil.
func attributes(set cryptobyte.String, f func(id asn1.ObjectIdentifier, value cryptobyte.String) error) error {
	for n := 0; !set.Empty(); n++ {
		var attr, values, value cryptobyte.String
		var id asn1.ObjectIdentifier
		var tag cb.Tag
		if n >= maxAttributes || !set.ReadASN1(&attr, cb.SEQUENCE) || !attr.ReadASN1ObjectIdentifier(&id) ||
			!attr.ReadASN1(&values, cb.SET) || !attr.Empty() {
			return bad("unsound attributes")
		}
		if !values.ReadAnyASN1Element(&value, &tag) || !values.Empty() {
			value = nil
		}
		if err := f(id, value); err != nil {
			return err
		}
	}
	return nil
}

func (m *Message) readSigned() error {
	in := cryptobyte.String(m.signedAttrs)
	var set cryptobyte.String
	if !in.ReadASN1(&set, cb.SET) || !in.Empty() {
		return bad("unsound signed attributes")
	}
	seen := map[string]bool{}
	err := attributes(set, func(id asn1.ObjectIdentifier, value cryptobyte.String) error {
		if seen[id.String()] {
			return bad("a signed attribute is there twice")
		}
		seen[id.String()] = true
		switch {
		case id.Equal(oidContentType):
			var typ asn1.ObjectIdentifier
			if !value.ReadASN1ObjectIdentifier(&typ) || !typ.Equal(m.ContentType) {
				return bad("the signed content type is not the content's")
			}
		case id.Equal(oidMessageDigest):
			var d cryptobyte.String
			if !value.ReadASN1(&d, cb.OCTET_STRING) || len(d) != m.Hash.Size() {
				return bad("unsound message digest")
			}
			m.messageDigest = append([]byte{}, d...)
		case id.Equal(oidSigningTime):
			t, ok := readTime(value)
			if !ok {
				return bad("unsound signing time")
			}
			m.SigningTime = &t
		case id.Equal(oidSigningCert):
			return m.checkSigningCert(value, false)
		case id.Equal(oidSigningCertV2):
			return m.checkSigningCert(value, true)
		case id.Equal(oidAdobeRevocation):
			m.readAdobeRevocation(value)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !seen[oidContentType.String()] {
		return bad("no signed content type")
	}
	if m.messageDigest == nil {
		return bad("no signed message digest")
	}
	return nil
}

func readTime(in cryptobyte.String) (t time.Time, ok bool) {
	if in.PeekASN1Tag(cb.UTCTime) {
		ok = in.ReadASN1UTCTime(&t)
	} else {
		ok = in.ReadASN1GeneralizedTime(&t)
	}
	return t.UTC(), ok && in.Empty()
}

// checkSigningCert holds the signer's certificate against the hash that was signed
// with it (RFC 5035). CMD's own output doesn't have the attribute; where it is, it
// must fit.
func (m *Message) checkSigningCert(in cryptobyte.String, v2 bool) error {
	var outer, certs, first, hash cryptobyte.String
	if !in.ReadASN1(&outer, cb.SEQUENCE) || !outer.ReadASN1(&certs, cb.SEQUENCE) || !certs.ReadASN1(&first, cb.SEQUENCE) {
		return bad("unsound signing certificate attribute")
	}
	sum1, sum256 := sha1.Sum(m.Signer.Raw), sha256.Sum256(m.Signer.Raw)
	want := sum1[:]
	if v2 {
		want = sum256[:]
		if first.PeekASN1Tag(cb.SEQUENCE) {
			a, ok := readAlgorithm(&first)
			if !ok {
				return bad("unsound signing certificate attribute")
			}
			sum384, sum512 := sha512.Sum384(m.Signer.Raw), sha512.Sum512(m.Signer.Raw)
			switch {
			case a.id.Equal(hashes[0].id):
			case a.id.Equal(hashes[1].id):
				want = sum384[:]
			case a.id.Equal(hashes[2].id):
				want = sum512[:]
			default:
				return bad("the signing certificate attribute has a hash that is not accepted")
			}
		}
	}
	if !first.ReadASN1(&hash, cb.OCTET_STRING) || !bytes.Equal(hash, want) {
		return bad("the signature was made for another certificate")
	}
	return nil
}

func (m *Message) readUnsigned(set cryptobyte.String) error {
	return attributes(set, func(id asn1.ObjectIdentifier, value cryptobyte.String) error {
		if id.Equal(oidTimestampToken) {
			if m.TimestampToken != nil || value == nil {
				return bad("more than one timestamp")
			}
			m.TimestampToken = append([]byte{}, value...)
		}
		return nil
	})
}

// ErrDigest means that the signature was made over other content.
var ErrDigest = errors.New("cms: the content is not what was signed")

// ErrSignature means that the signature value doesn't fit the signer's key.
var ErrSignature = errors.New("cms: the signature value doesn't fit the signer's key")

// Verify holds the digest of the content, made with m.Hash, against the signed
// attributes, and those against the signer's key.
func (m *Message) Verify(digest []byte) error {
	if !bytes.Equal(digest, m.messageDigest) {
		return ErrDigest
	}
	switch key := m.Signer.PublicKey.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() < minRSABits {
			return bad("an RSA key of %d bits is too short", key.N.BitLen())
		}
		return m.verifyRSA(key)
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
		default:
			return bad("the key's curve is not accepted")
		}
		return m.verifyECDSA(key)
	}
	return bad("the signer's kind of key is not accepted")
}

func (m *Message) sum() []byte {
	h := m.Hash.New()
	h.Write(m.signedAttrs)
	return h.Sum(nil)
}

func (m *Message) verifyRSA(key *rsa.PublicKey) error {
	ok := m.algorithm.id.Equal(oidRSA) && m.algorithm.plain()
	for _, h := range hashes {
		ok = ok || h.rsa.Equal(m.algorithm.id) && h.hash == m.Hash && m.algorithm.plain()
	}
	switch {
	case ok:
		if rsa.VerifyPKCS1v15(key, m.Hash, m.sum(), m.Signature) != nil {
			return ErrSignature
		}
		return nil
	case m.algorithm.id.Equal(oidPSS):
		salt, err := m.pssSalt()
		if err != nil {
			return err
		}
		if rsa.VerifyPSS(key, m.Hash, m.sum(), m.Signature, &rsa.PSSOptions{SaltLength: salt, Hash: m.Hash}) != nil {
			return ErrSignature
		}
		return nil
	}
	return bad("signature algorithm %v is not accepted", m.algorithm.id)
}

// pssSalt reads the parameters of RSASSA-PSS (RFC 4055), whose defaults (SHA-1)
// are not accepted, and gives the length of the salt.
func (m *Message) pssSalt() (int, error) {
	var p struct {
		Hash    pkix.AlgorithmIdentifier `asn1:"explicit,tag:0"`
		MGF     pkix.AlgorithmIdentifier `asn1:"explicit,tag:1"`
		Salt    int                      `asn1:"explicit,optional,default:20,tag:2"`
		Trailer int                      `asn1:"explicit,optional,default:1,tag:3"`
	}
	rest, err := asn1.Unmarshal(m.algorithm.params, &p)
	if err != nil || len(rest) > 0 {
		return 0, bad("unsound PSS parameters")
	}
	var mgf pkix.AlgorithmIdentifier
	if rest, err := asn1.Unmarshal(p.MGF.Parameters.FullBytes, &mgf); err != nil || len(rest) > 0 {
		return 0, bad("unsound PSS parameters")
	}
	for _, h := range hashes {
		if h.hash == m.Hash && h.id.Equal(p.Hash.Algorithm) && h.id.Equal(mgf.Algorithm) &&
			p.MGF.Algorithm.Equal(oidMGF1) && p.Trailer == 1 && p.Salt >= 0 && p.Salt <= 512 {
			return p.Salt, nil
		}
	}
	return 0, bad("these PSS parameters are not accepted")
}

func (m *Message) verifyECDSA(key *ecdsa.PublicKey) error {
	ok := m.algorithm.id.Equal(oidECPublic) && m.algorithm.plain()
	for _, h := range hashes {
		ok = ok || h.ecdsa.Equal(m.algorithm.id) && h.hash == m.Hash && m.algorithm.plain()
	}
	if !ok {
		return bad("signature algorithm %v is not accepted", m.algorithm.id)
	}
	if !ecdsa.VerifyASN1(key, m.sum(), m.Signature) {
		return ErrSignature
	}
	return nil
}
