// Package sigtest is an authority, the one person it knows, and what its responder says of her. It is for tests of
// packages that verify signatures; those of pdfsig itself have more to alter.
package sigtest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/cms"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
)

// Authority issues one certificate, whose signatures are like CMD's, and says whether it was revoked.
type Authority struct {
	Root   *x509.Certificate
	Signer *x509.Certificate

	root, signer *ecdsa.PrivateKey
}

// NewAuthority makes an authority whose OCSP responder has an address; empty: it has none.
func NewAuthority(responder string) (*Authority, error) {
	a := &Authority{}
	var err error
	for _, key := range []**ecdsa.PrivateKey{&a.root, &a.signer} {
		if *key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return nil, err
		}
	}
	from, to := time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "An authority for tests"}, NotBefore: from, NotAfter: to,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	if a.Root, err = certify(root, root, &a.root.PublicKey, a.root); err != nil {
		return nil, err
	}
	signer := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "MARIA DOS TESTES"}, NotBefore: from, NotAfter: to,
		KeyUsage: x509.KeyUsageContentCommitment,
	}
	if responder != "" {
		signer.OCSPServer = []string{responder}
	}
	a.Signer, err = certify(signer, a.Root, &a.signer.PublicKey, a.root)
	return a, err
}

func certify(template, parent *x509.Certificate, key crypto.PublicKey, by crypto.Signer) (*x509.Certificate, error) {
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, key, by)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(raw)
}

// OCSP gives a response about the certificate: ocsp.Good, ocsp.Revoked (an hour ago) or ocsp.Unknown.
func (a *Authority) OCSP(status int) ([]byte, error) {
	now := time.Now()
	return ocsp.CreateResponse(a.Root, a.Root, ocsp.Response{
		Status: status, SerialNumber: a.Signer.SerialNumber, ThisUpdate: now.Add(-time.Minute), NextUpdate: now.Add(time.Hour),
		RevokedAt: now.Add(-time.Hour),
	}, a.root)
}

const (
	valueRoom  = 3000 // bytes of the signature's value
	rangesRoom = "                                        "
)

// Sign appends a signature to a one-page document of New without a form.
func (a *Authority) Sign(file []byte) ([]byte, error) {
	doc, err := pdf.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	u, err := pdf.NewUpdate(doc)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	value := "<" + strings.Repeat("0", 2*valueRoom) + ">"
	body := fmt.Sprintf("<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/M(D:%s)/Contents%s/ByteRange%s>>",
		now.UTC().Format("20060102150405Z"), value, rangesRoom)
	sig := u.Add(pdf.RawObject(body))
	field := u.Add(pdf.RawObject(fmt.Sprintf("<</FT/Sig/T(Signature)/V %v>>", sig)))
	root, _ := doc.At(0).Root()
	catalog, err := doc.At(0).Catalog()
	if err != nil {
		return nil, err
	}
	catalog = catalog.Clone()
	catalog.Set("AcroForm", pdf.RawObject(fmt.Sprintf("<</SigFlags 3/Fields[%v]>>", field)))
	u.Replace(root, catalog)
	more, bodies, err := u.Bytes()
	if err != nil {
		return nil, err
	}
	out := append(bytes.Clone(file), more...)
	from := int(bodies[sig]) + strings.Index(body, value)
	end := from + len(value)
	copy(out[int(bodies[sig])+strings.Index(body, rangesRoom):], fmt.Sprintf("[0 %d %d %d]", from, end, len(out)-end))
	sum := sha256.New()
	sum.Write(out[:from])
	sum.Write(out[end:])
	template := cms.Template{
		Signer: a.Signer, Certificates: []*x509.Certificate{a.Signer, a.Root}, Hash: crypto.SHA256, SigningTime: &now, Indefinite: true,
	}
	message, err := template.Sign(a.signer, sum.Sum(nil))
	if err == nil && len(message) > valueRoom {
		err = fmt.Errorf("the signature's value has %d bytes", len(message))
	}
	if err != nil {
		return nil, err
	}
	hex.Encode(out[from+1:], message)
	return out, nil
}
