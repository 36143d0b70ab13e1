package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// signer makes a key with a certificate of its own.
func signer(t testing.TB) (*x509.Certificate, crypto.Signer) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	tpl := &x509.Certificate{SerialNumber: big.NewInt(5), Subject: pkix.Name{CommonName: "x"}, SubjectKeyId: []byte{1, 2, 3}}
	raw, err := x509.CreateCertificate(rand.Reader, tpl, tpl, key.Public(), key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(raw)
	require.NoError(t, err)
	return cert, key
}

func message(t testing.TB, indefinite bool) ([]byte, []byte) {
	cert, key := signer(t)
	sum := sha256.Sum256([]byte("content"))
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	tpl := Template{Signer: cert, Certificates: []*x509.Certificate{cert}, Hash: crypto.SHA256, SigningTime: &now, Indefinite: indefinite}
	b, err := tpl.Sign(key, sum[:])
	require.NoError(t, err)
	return b, sum[:]
}

// TestEveryByteOfAMessageCounts changes each byte of a message in turn: none may go
// unnoticed but those that say nothing about the signature.
func TestEveryByteOfAMessageCounts(t *testing.T) {
	b, sum := message(t, true)
	m, used, err := Parse(b)
	require.NoError(t, err)
	require.Equal(t, len(b), used)
	require.NoError(t, m.Verify(sum))
	cert := m.Signer
	for i := range b {
		c := bytes.Clone(b)
		c[i] ^= 0x10
		m, _, err := Parse(c)
		if err != nil || m.Verify(sum) != nil {
			continue
		}
		// What is left: the outer version and algorithm identifiers that say a thing
		// twice, and the certificate's own bytes, which its issuer's signature guards.
		at := bytes.Index(b, cert.Raw)
		inside := i >= at && i < at+len(cert.Raw)
		require.True(t, inside || i < 80 && at > i, "byte %d of %d", i, len(b))
	}
}

func TestBERIsRewrittenWithoutAnotherOrder(t *testing.T) {
	for name, c := range map[string]struct{ in, want []byte }{
		"definite stays":             {[]byte{0x30, 3, 2, 1, 5}, []byte{0x30, 3, 2, 1, 5}},
		"long length stays":          {[]byte{0x30, 0x81, 3, 2, 1, 5}, []byte{0x30, 0x81, 3, 2, 1, 5}},
		"indefinite":                 {[]byte{0x30, 0x80, 2, 1, 5, 0, 0}, []byte{0x30, 3, 2, 1, 5}},
		"set isn't sorted":           {[]byte{0x31, 0x80, 2, 1, 9, 2, 1, 5, 0, 0}, []byte{0x31, 6, 2, 1, 9, 2, 1, 5}},
		"octets in pieces":           {[]byte{0x24, 0x80, 4, 1, 1, 4, 2, 2, 3, 0, 0}, []byte{4, 3, 1, 2, 3}},
		"octets in definite pieces":  {[]byte{0x24, 7, 4, 1, 1, 4, 2, 2, 3}, []byte{4, 3, 1, 2, 3}},
		"what follows isn't touched": {[]byte{2, 1, 5, 0, 0, 0}, []byte{2, 1, 5}},
	} {
		t.Run(name, func(t *testing.T) {
			got, _, err := Normalize(c.in)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
	deep := bytes.Repeat([]byte{0x30, 0x80}, 500)
	for name, in := range map[string][]byte{
		"empty": nil, "cut off": {0x30, 5, 2}, "not closed": {0x30, 0x80, 2, 1, 5}, "indefinite plain": {4, 0x80, 0, 0},
		"huge length": {0x30, 0x84, 0xff, 0xff, 0xff, 0xff}, "too deep": deep, "child longer than parent": {0x30, 3, 2, 9, 5},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Normalize(in)
			require.ErrorIs(t, err, errBER)
		})
	}
}

// FuzzBER checks that what Normalize gives is stable and never longer than it can be.
func FuzzBER(f *testing.F) {
	for _, indefinite := range []bool{true, false} {
		b, _ := message(f, indefinite)
		f.Add(b)
	}
	f.Add([]byte{0x24, 0x80, 0x24, 0x80, 4, 1, 1, 0, 0, 0, 0})
	f.Add([]byte{0x30, 0x84, 0, 0, 0, 1, 5})
	f.Fuzz(func(t *testing.T, b []byte) {
		der, used, err := Normalize(b)
		if err != nil {
			return
		}
		if used > len(b) {
			t.Fatal("took more than there is")
		}
		again, n, err := Normalize(der)
		if err != nil || n != len(der) || !bytes.Equal(again, der) {
			t.Fatalf("not stable: %x %x %v", der, again, err)
		}
	})
}

// FuzzCMS reads any message and verifies what it says.
func FuzzCMS(f *testing.F) {
	for _, indefinite := range []bool{true, false} {
		b, _ := message(f, indefinite)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, _, err := Parse(b)
		if err != nil {
			return
		}
		if m.Signer == nil || m.Hash == 0 || len(m.messageDigest) != m.Hash.Size() {
			t.Fatal("half a message")
		}
		_ = m.Verify(m.messageDigest)
	})
}
