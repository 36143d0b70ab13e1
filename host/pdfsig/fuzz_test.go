package pdfsig

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ocsp"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/cms"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
)

func TestDates(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 30, 15, 0, time.UTC)
	for in, want := range map[string]time.Time{
		"D:20261122103015Z":       at,
		"D:20261122103015Z00'00'": at,
		"D:20261122103015+00'00'": at,
		"D:20261122113015+01'00'": at,
		"D:20261122113015+01'00":  at,
		"D:20261122073015-03'00'": at,
		"D:20261122113015+01":     at,
		"20261122103015":          at,
		"D:202611221030":          at.Add(-15 * time.Second),
		"D:20261122":              time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC),
	} {
		got := date(pdf.String{Value: []byte(in)})
		require.NotNil(t, got, in)
		require.True(t, want.Equal(*got), "%s: %s", in, got)
	}
	for _, in := range []string{"", "D:", "yesterday", "D:20261322103015Z", "D:20261122103015+99'00'x"} {
		require.Nil(t, date(pdf.String{Value: []byte(in)}), in)
	}
}

func FuzzDate(f *testing.F) {
	f.Add([]byte("D:20261122103015+01'00'"))
	f.Fuzz(func(t *testing.T, b []byte) { date(pdf.String{Value: b}) })
}

// FuzzText checks that no text from a file can steer the place where it is shown.
func FuzzText(f *testing.F) {
	f.Add([]byte("\xfe\xff\x00A\x20\x2e"))
	f.Add([]byte("\xef\xbb\xbfa\x1b[31m"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := text(pdf.String{Value: b})
		n := 0
		for _, r := range s {
			n++
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
				t.Fatalf("%q", s)
			}
		}
		if n > maxShown {
			t.Fatalf("%d runes", n)
		}
	})
}

// FuzzRevocation gives the bytes of anybody as OCSP response and as CRL: only what the authority signed says anything.
func FuzzRevocation(f *testing.F) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(f, err)
	now := time.Now()
	certificate := func(serial int64, ca bool) *x509.Certificate {
		c := &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "An authority"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
			IsCA: ca, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, SubjectKeyId: []byte{1},
		}
		raw, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
		require.NoError(f, err)
		c, err = x509.ParseCertificate(raw)
		require.NoError(f, err)
		return c
	}
	issuer, cert := certificate(1, true), certificate(2, false)
	response, err := ocsp.CreateResponse(issuer, issuer, ocsp.Response{
		SerialNumber: cert.SerialNumber, ThisUpdate: now.Add(-time.Minute), NextUpdate: now.Add(time.Hour),
	}, key)
	require.NoError(f, err)
	list, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: now.Add(-time.Minute), NextUpdate: now.Add(time.Hour),
		ExtraExtensions: []pkix.Extension{{Id: oidIssuingDistributionPoint, Critical: true, Value: []byte{0x30, 3, 0x81, 1, 0xff}}},
	}, issuer, key)
	require.NoError(f, err)
	r := &revocationCheck{now: now}
	require.True(f, r.byOCSP(response, cert, issuer, "").known)
	require.True(f, r.byCRL(list, cert, issuer, "").known)
	answered, err := ocsp.ParseResponse(response, issuer)
	require.NoError(f, err)
	listed, err := x509.ParseRevocationList(list)
	require.NoError(f, err)
	f.Add(response)
	f.Add(list)
	f.Fuzz(func(t *testing.T, b []byte) {
		if r.byOCSP(b, cert, issuer, "").known && !bytes.Contains(b, answered.TBSResponseData) {
			t.Fatalf("an answer that nobody signed: %x", b)
		}
		if r.byCRL(b, cert, issuer, "").known && !bytes.Contains(b, listed.RawTBSRevocationList) {
			t.Fatalf("a list that nobody signed: %x", b)
		}
		speaksOf(&x509.RevocationList{Extensions: []pkix.Extension{{Id: oidIssuingDistributionPoint, Critical: true, Value: b}}}, cert)
	})
}

// FuzzTimestamp reads the content of timestamps: no panic.
func FuzzTimestamp(f *testing.F) {
	f.Add([]byte{0x30, 3, 2, 1, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		m := &cms.Message{ContentType: cms.OIDTSTInfo, Content: b, Hash: crypto.SHA256}
		_, _ = parseTimestamp(m, func(crypto.Hash) ([]byte, error) { return nil, nil })
	})
}
