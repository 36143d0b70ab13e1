package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"sort"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cb "golang.org/x/crypto/cryptobyte/asn1"
)

// Template says how a detached signature is to be written.
type Template struct {
	Signer *x509.Certificate
	// Certificates fill the bag, the signer's too if it is to be there.
	Certificates []*x509.Certificate
	Hash         crypto.Hash
	SigningTime  *time.Time // nil leaves the attribute out
	// Indefinite writes the outer values with indefinite lengths, as CMD does.
	Indefinite bool
	// KeyID names the signer by subject key identifier and not by issuer and serial
	// number.
	KeyID bool
	// PSS signs with RSASSA-PSS and not with PKCS #1 v1.5.
	PSS bool
	// Extra are further signed attributes, as DER.
	Extra [][]byte
	// Content goes into the message with its type; nil makes a detached signature over
	// data.
	Content     []byte
	ContentType asn1.ObjectIdentifier
	// Timestamp is put beside the signature value, unsigned: a token for that value.
	Timestamp func(signature []byte) ([]byte, error)
	// Unsorted leaves the signed attributes in the order contentType, messageDigest,
	// signing-time, extra, which is not DER.
	Unsorted bool
}

func attribute(id asn1.ObjectIdentifier, value func(*cryptobyte.Builder)) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cb.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(id)
		b.AddASN1(cb.SET, value)
	})
	return b.BytesOrPanic()
}

// SignedAttributes gives the signed attributes for the digest of the content, as a
// SET: what has to be hashed and signed.
func (t *Template) SignedAttributes(digest []byte) []byte {
	attrs := [][]byte{
		attribute(oidContentType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(t.contentType()) }),
		attribute(oidMessageDigest, func(b *cryptobyte.Builder) { b.AddASN1OctetString(digest) }),
	}
	if t.SigningTime != nil {
		attrs = append(attrs, attribute(oidSigningTime, func(b *cryptobyte.Builder) { b.AddASN1UTCTime(t.SigningTime.UTC()) }))
	}
	attrs = append(attrs, t.Extra...)
	if !t.Unsorted {
		sort.Slice(attrs, func(i, j int) bool { return bytes.Compare(attrs[i], attrs[j]) < 0 })
	}
	return wrap(0x31, false, bytes.Join(attrs, nil))
}

func (t *Template) contentType() asn1.ObjectIdentifier {
	if t.Content == nil {
		return OIDData
	}
	return t.ContentType
}

// wrap gives content a header, or an indefinite length and its end.
func wrap(tag byte, indefinite bool, content ...[]byte) []byte {
	body := bytes.Join(content, nil)
	if indefinite {
		return append(append([]byte{tag, 0x80}, body...), 0, 0)
	}
	return append(appendHeader(nil, tag, len(body)), body...)
}

func der(f func(*cryptobyte.Builder)) []byte {
	var b cryptobyte.Builder
	f(&b)
	return b.BytesOrPanic()
}

func identifier(id asn1.ObjectIdentifier, params []byte) []byte {
	if params == nil {
		params = []byte{5, 0}
	}
	return wrap(0x30, false, der(func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(id) }), params)
}

// Sign makes a signature over content with the given digest.
func (t *Template) Sign(key crypto.Signer, digest []byte) ([]byte, error) {
	attrs := t.SignedAttributes(digest)
	h := t.Hash.New()
	h.Write(attrs)
	var opts crypto.SignerOpts = t.Hash
	if t.PSS {
		opts = &rsa.PSSOptions{SaltLength: t.Hash.Size(), Hash: t.Hash}
	}
	value, err := key.Sign(rand.Reader, h.Sum(nil), opts)
	if err != nil {
		return nil, err
	}
	return t.Assemble(attrs, value, key.Public())
}

// Assemble puts a message together from signed attributes and the signature value
// over them.
func (t *Template) Assemble(attrs, value []byte, key crypto.PublicKey) ([]byte, error) {
	digestAlg, sigAlg, err := t.algorithms(key)
	if err != nil {
		return nil, err
	}
	version, sid := int64(1), wrap(0x30, false, t.Signer.RawIssuer, der(func(b *cryptobyte.Builder) { b.AddASN1BigInt(t.Signer.SerialNumber) }))
	if t.KeyID {
		version, sid = 3, wrap(0x80, false, t.Signer.SubjectKeyId)
	}
	implicit := append([]byte{0xa0}, attrs[1:]...)
	var unsigned []byte
	if t.Timestamp != nil {
		token, err := t.Timestamp(value)
		if err != nil {
			return nil, err
		}
		unsigned = wrap(0xa1, false, attribute(oidTimestampToken, func(b *cryptobyte.Builder) { b.AddBytes(token) }))
	}
	info := wrap(0x30, false, integer(version), sid, digestAlg, implicit, sigAlg, wrap(4, false, value), unsigned)
	var bag [][]byte
	for _, c := range t.Certificates {
		bag = append(bag, c.Raw)
	}
	in := t.Indefinite
	var content []byte
	if t.Content != nil {
		content = wrap(0xa0, in, wrap(4, false, t.Content))
	}
	data := wrap(0x30, in,
		integer(version), wrap(0x31, false, digestAlg),
		wrap(0x30, in, der(func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(t.contentType()) }), content),
		wrap(0xa0, in, bag...), wrap(0x31, false, info))
	return wrap(0x30, in, der(func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidSignedData) }), wrap(0xa0, in, data)), nil
}

func integer(n int64) []byte { return der(func(b *cryptobyte.Builder) { b.AddASN1Int64(n) }) }

func (t *Template) algorithms(key crypto.PublicKey) (digest, signature []byte, err error) {
	for _, h := range hashes {
		if h.hash != t.Hash {
			continue
		}
		digest = identifier(h.id, nil)
		switch _, ec := key.(*ecdsa.PublicKey); {
		case ec:
			return digest, wrap(0x30, false, der(func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(h.ecdsa) })), nil
		case t.PSS:
			params := wrap(0x30, false, wrap(0xa0, false, identifier(h.id, nil)),
				wrap(0xa1, false, identifier(oidMGF1, identifier(h.id, nil))), wrap(0xa2, false, integer(int64(h.hash.Size()))))
			return digest, identifier(oidPSS, params), nil
		}
		return digest, identifier(oidRSA, nil), nil
	}
	return nil, nil, bad("this hash can't be signed with")
}
