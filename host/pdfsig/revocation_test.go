package pdfsig_test

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ocsp"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/cms"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
)

const (
	leafOCSP   = "http://ocsp.invalid/leaf"
	leafCRL    = "http://crl.invalid/leaf.crl"
	issuingCRL = "http://crl.invalid/issuing.crl"
)

// withAddresses is a hierarchy whose certificates say where to ask.
func withAddresses() *pki {
	k := rsaKeys()
	p := &pki{root: genuine().root}
	p.issuing = issue(issuingName, k[2], p.root, func(c *x509.Certificate) { ca(c); c.CRLDistributionPoints = []string{issuingCRL} })
	p.leaf = issue(signerName, k[3], p.issuing, func(c *x509.Certificate) {
		citizen(c)
		c.OCSPServer, c.CRLDistributionPoints = []string{leafOCSP}, []string{leafCRL}
	})
	return p
}

// crl makes a CRL; change may make it worse.
func crl(t testing.TB, by *party, change func(*x509.RevocationList), revoked ...*x509.Certificate) []byte {
	t.Helper()
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: clock.Add(-time.Hour), NextUpdate: clock.Add(24 * time.Hour)}
	for _, c := range revoked {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: c.SerialNumber, RevocationTime: clock.Add(-30 * time.Minute)})
	}
	change(list)
	raw, err := x509.CreateRevocationList(rand.Reader, list, by.cert, by.key)
	require.NoError(t, err)
	return raw
}

func asIs(*x509.RevocationList) {}

func answer(t testing.TB, p *pki, by *party, status int, age time.Duration) []byte {
	t.Helper()
	tpl := ocsp.Response{
		Status: status, SerialNumber: p.leaf.cert.SerialNumber, ThisUpdate: clock.Add(-age), NextUpdate: clock.Add(time.Hour - age),
		RevokedAt: clock.Add(-age), Certificate: by.cert,
	}
	if by == p.issuing {
		tpl.Certificate = nil
	}
	raw, err := ocsp.CreateResponse(p.issuing.cert, by.cert, tpl, by.key)
	require.NoError(t, err)
	return raw
}

func TestRevocation(t *testing.T) {
	p := withAddresses()
	good := crl(t, p.root, asIs)
	responder := func(usage ...x509.ExtKeyUsage) *party {
		return issue("A responder", rsaKeys()[1], p.issuing, func(c *x509.Certificate) { c.ExtKeyUsage = usage; c.KeyUsage = x509.KeyUsageDigitalSignature })
	}
	delegated, anybody := responder(x509.ExtKeyUsageOCSPSigning), responder(x509.ExtKeyUsageEmailProtection)
	forSomeReasons := func(l *x509.RevocationList) {
		l.ExtraExtensions = []pkix.Extension{{Id: []int{2, 5, 29, 28}, Critical: true, Value: []byte{0x30, 4, 0x83, 2, 1, 0x40}}}
	}
	stale := func(l *x509.RevocationList) {
		l.ThisUpdate, l.NextUpdate = clock.AddDate(0, -2, 0), clock.AddDate(0, -1, 0)
	}
	type net map[string][]byte
	for _, c := range []struct {
		name   string
		net    net
		result pdfsig.Result
		detail string
	}{
		{"nobody answers", net{}, pdfsig.Unknown, "nobody could say"},
		{"good", net{leafOCSP: answer(t, p, p.issuing, ocsp.Good, 0), issuingCRL: good}, pdfsig.Pass, "OCSP"},
		{"good, by a delegated responder", net{leafOCSP: answer(t, p, delegated, ocsp.Good, 0), issuingCRL: good}, pdfsig.Pass, "OCSP"},
		{"good, says a certificate that isn't for answers", net{leafOCSP: answer(t, p, anybody, ocsp.Good, 0), issuingCRL: good}, pdfsig.Unknown, signerName},
		{"good, but long ago", net{leafOCSP: answer(t, p, p.issuing, ocsp.Good, 48*time.Hour), issuingCRL: good}, pdfsig.Unknown, signerName},
		{"revoked", net{leafOCSP: answer(t, p, p.issuing, ocsp.Revoked, 0), issuingCRL: good}, pdfsig.Fail, "revoked on"},
		{"no OCSP, good by CRL", net{leafCRL: crl(t, p.issuing, asIs), issuingCRL: good}, pdfsig.Pass, "CRL"},
		{"no OCSP, revoked by CRL", net{leafCRL: crl(t, p.issuing, asIs, p.leaf.cert), issuingCRL: good}, pdfsig.Fail, "revoked on"},
		{"the authority was revoked", net{leafCRL: crl(t, p.issuing, asIs), issuingCRL: crl(t, p.root, asIs, p.issuing.cert)}, pdfsig.Fail, issuingName},
		{"old CRL", net{leafCRL: crl(t, p.issuing, stale), issuingCRL: good}, pdfsig.Unknown, signerName},
		{"CRL of another authority", net{leafCRL: crl(t, genuine().issuing, asIs), issuingCRL: good}, pdfsig.Unknown, signerName},
		{"CRL for some reasons only", net{leafCRL: crl(t, p.issuing, forSomeReasons), issuingCRL: good}, pdfsig.Unknown, signerName},
		{"garbage", net{leafOCSP: []byte("<html>"), leafCRL: []byte("<html>"), issuingCRL: good}, pdfsig.Unknown, signerName},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := trusting(genuine())
			o.Fetch = func(url, _ string, _ []byte) ([]byte, error) {
				if b, ok := c.net[url]; ok {
					return b, nil
				}
				return nil, errors.New("unreachable")
			}
			r := verifyReturned(t, forge{pki: p}.sign(t, document), document, o)
			f := r.Find(pdfsig.CheckRevocation)
			require.Equal(t, c.result, f.Result, "%+v", r.Findings)
			require.Contains(t, f.Detail, c.detail)
			require.Equal(t, map[pdfsig.Result]pdfsig.Verdict{
				pdfsig.Pass: pdfsig.Verified, pdfsig.Unknown: pdfsig.Look, pdfsig.Fail: pdfsig.Failed,
			}[c.result], r.Verdict)
			require.Equal(t, pdfsig.ExistsYes, r.SignatureExists)
		})
	}
}

func TestRevocationDataInTheFile(t *testing.T) {
	p := withAddresses()
	signed := forge{pki: p}
	signed.update = func(u *pdf.Update, v *pdf.View, _ pdf.Ref) {
		a := u.Add(stream(string(crl(t, p.issuing, asIs))))
		b := u.Add(stream(string(crl(t, p.root, asIs))))
		root, _ := v.Root()
		u.Get(root).(*pdf.Dict).Set("DSS", raw("<</CRLs[%v %v]>>", a, b))
	}
	r := verifyReturned(t, signed.sign(t, document), document, trusting(genuine()))
	require.Equal(t, pdfsig.Pass, r.Find(pdfsig.CheckRevocation).Result, "%+v", r.Findings)
	require.Equal(t, pdfsig.Verified, r.Verdict)
}

// TestRevokedAfterAProvenTime checks that a signature outlives its certificate only
// where somebody trusted proves that it was there before.
func TestRevokedAfterAProvenTime(t *testing.T) {
	p := withAddresses()
	tsa := authority(func(*x509.Certificate) {})
	o := trusting(genuine())
	o.Fetch = func(url, _ string, _ []byte) ([]byte, error) {
		return map[string][]byte{leafCRL: crl(t, p.issuing, asIs, p.leaf.cert), issuingCRL: crl(t, p.root, asIs)}[url], nil
	}
	for before, want := range map[time.Duration]pdfsig.Result{time.Hour: pdfsig.Pass, 10 * time.Minute: pdfsig.Fail} {
		f := stamped(t, tsa, clock.Add(-before), same)
		stampIt := f.template
		f.pki = p
		f.template = func(tpl *cms.Template) {
			stampIt(tpl)
			at := clock.Add(-before)
			tpl.SigningTime = &at
		}
		r := verifyReturned(t, f.sign(t, document), document, o)
		require.Equal(t, want, r.Find(pdfsig.CheckRevocation).Result, "%+v", r.Findings)
	}
}

// TestNobodyIsAskedInVain keeps a file from sending us anywhere: nobody is asked about a certificate of an unknown issuer,
// nor for a file that has failed already.
func TestNobodyIsAskedInVain(t *testing.T) {
	p := withAddresses()
	content := objectWith("Page 1: pay")
	lies := forge{pki: p, update: func(u *pdf.Update, _ *pdf.View, _ pdf.Ref) { u.Replace(ref(content), stream(lie)) }}
	for name, c := range map[string]struct {
		file  []byte
		roots *pki
	}{
		"unknown issuer": {forge{pki: p}.sign(t, document), foreign()},
		"altered":        {lies.sign(t, document), genuine()},
	} {
		o := trusting(c.roots)
		o.Fetch = func(url, _ string, _ []byte) ([]byte, error) {
			t.Error(name, ": asked ", url)
			return nil, errors.New("no")
		}
		require.NotEqual(t, pdfsig.Verified, verifyReturned(t, c.file, document, o).Verdict)
	}
}

// TestTheNetworkCountsMoreThanTheFile has a file that brings a CRL from before the certificate was revoked.
func TestTheNetworkCountsMoreThanTheFile(t *testing.T) {
	p := withAddresses()
	rootCRL := crl(t, p.root, asIs)
	signed := forge{pki: p}
	signed.template = func(tpl *cms.Template) { tpl.Extra = [][]byte{archive(crl(t, p.issuing, asIs), rootCRL)} }
	file := signed.sign(t, document)
	o := trusting(genuine())
	require.Equal(t, pdfsig.Pass, verifyReturned(t, file, document, o).Find(pdfsig.CheckRevocation).Result)
	o.Fetch = func(url, _ string, _ []byte) ([]byte, error) {
		if url == leafCRL {
			return crl(t, p.issuing, asIs, p.leaf.cert), nil
		}
		return nil, errors.New("unreachable")
	}
	require.Equal(t, pdfsig.Failed, verifyReturned(t, file, document, o).Verdict)
	// Where nobody answers, what the file brings is enough.
	o.Fetch = func(string, string, []byte) ([]byte, error) { return nil, errors.New("unreachable") }
	require.Equal(t, pdfsig.Verified, verifyReturned(t, file, document, o).Verdict)
}

// archive is Adobe's revocation attribute with some CRLs (ISO 32000-1, 12.8.3.3.2).
func archive(crls ...[]byte) []byte {
	wrap := func(tag byte, parts ...[]byte) []byte {
		body := bytes.Join(parts, nil)
		return append([]byte{tag, 0x82, byte(len(body) >> 8), byte(len(body))}, body...)
	}
	id := []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x2f, 1, 1, 8}
	return wrap(0x30, id, wrap(0x31, wrap(0x30, wrap(0xa0, wrap(0x30, crls...)))))
}
