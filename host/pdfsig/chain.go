package pdfsig

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"strings"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/cms"
)

// clockSkew is how far in the future a claimed time may lie.
const clockSkew = 24 * time.Hour

// chain checks facts/pdf.md 5.1 rule 4 for the one certificate that signed. What
// else lies in the bag only helps to build the path. A proven time is one that a
// trusted timestamp names.
func (c *checker) chain(m *cms.Message, claimed, proven *time.Time) {
	c.keyUsage(m.Signer)
	if m.Signer.IsCA {
		c.add(CheckChain, Fail, "the signer's certificate is that of an authority")
		return
	}
	now := c.opts.now()
	if proven != nil {
		now = *proven
	}
	path, err := c.verify(m, now)
	defer func() { c.revocation(m, path, claimed, proven) }()
	switch {
	case err == nil:
		c.add(CheckChain, Pass, "")
		c.validNow(m.Signer, claimed, now)
	case isTime(err):
		c.expired(m, claimed, now)
	default:
		c.untrusted(m, err)
		c.validNow(m.Signer, claimed, now)
	}
}

// untrusted tells an issuer that is merely not known from one that is known not to
// have issued the certificate.
func (c *checker) untrusted(m *cms.Message, err error) {
	switch {
	case len(c.opts.Roots) > 0 && c.claimsAnchor(m):
		c.add(CheckChain, Fail, "the certificate names a trusted authority that did not issue it: %v", err)
	case strings.Contains(m.Signer.Issuer.String(), "(TESTE)"):
		// Test certificates say so; outside their own environment they are worth nothing.
		c.add(CheckChain, Fail, "the certificate is a test one, without legal value here")
	default:
		c.add(CheckChain, Unknown, "the issuer %q is not known", display(m.Signer.Issuer))
	}
}

func (c *checker) verify(m *cms.Message, at time.Time) ([]*x509.Certificate, error) {
	return c.verifyFor(m, at, x509.ExtKeyUsageAny)
}

// verifyFor gives the path from the signer to a trust anchor.
func (c *checker) verifyFor(m *cms.Message, at time.Time, usage x509.ExtKeyUsage) ([]*x509.Certificate, error) {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	for _, r := range c.opts.Roots {
		roots.AddCert(r)
	}
	if usage == x509.ExtKeyUsageTimeStamping {
		for _, r := range c.opts.TimestampRoots {
			roots.AddCert(r)
		}
	}
	for _, i := range m.Certificates {
		if i != m.Signer {
			between.AddCert(i)
		}
	}
	for _, i := range append(append([]*x509.Certificate{}, c.opts.ExtraIntermediates...), c.certs...) {
		between.AddCert(i)
	}
	paths, err := m.Signer.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{usage},
	})
	if err != nil {
		return nil, err
	}
	return paths[0], nil
}

func isTime(err error) bool {
	var invalid x509.CertificateInvalidError
	return errors.As(err, &invalid) && invalid.Reason == x509.Expired
}

func (c *checker) validNow(signer *x509.Certificate, claimed *time.Time, now time.Time) {
	switch {
	case now.Before(signer.NotBefore) || now.After(signer.NotAfter):
		c.add(CheckValidity, Fail, "the signer's certificate is valid from %s to %s only", day(signer.NotBefore), day(signer.NotAfter))
	case claimed == nil:
		c.add(CheckValidity, Pass, "")
	case claimed.Before(signer.NotBefore) || claimed.After(signer.NotAfter):
		c.add(CheckValidity, Fail, "the claimed time %s is outside the certificate's validity", claimed.Format(time.RFC3339))
	case claimed.After(now.Add(clockSkew)):
		c.add(CheckValidity, Fail, "the claimed time %s has not come yet", claimed.Format(time.RFC3339))
	default:
		c.add(CheckValidity, Pass, "")
	}
}

// expired tells a chain that held when the signature claims to have been made from
// one that never held. Without a timestamp the claim proves nothing.
func (c *checker) expired(m *cms.Message, claimed *time.Time, now time.Time) {
	if claimed != nil && claimed.Before(now.Add(clockSkew)) {
		if _, err := c.verify(m, *claimed); err == nil {
			c.add(CheckChain, Pass, "at the claimed time")
			c.add(CheckValidity, Unknown, "a certificate has expired; it was valid at the claimed time, which nothing proves")
			return
		}
	}
	if _, err := c.verify(m, m.Signer.NotAfter.Add(-time.Second)); err != nil {
		c.untrusted(m, err)
		if claimed != nil && !claimed.Before(m.Signer.NotBefore) && !claimed.After(m.Signer.NotAfter) {
			c.add(CheckValidity, Unknown, "the certificate has expired; it was valid at the claimed time, which nothing proves")
			return
		}
	} else {
		c.add(CheckChain, Pass, "at another time")
	}
	c.add(CheckValidity, Fail, "a certificate of the chain is not valid at the time")
}

// claimsAnchor reports whether the names lead from the signer to a trust anchor
// though the keys don't: somebody uses the State's names.
func (c *checker) claimsAnchor(m *cms.Message) bool {
	names := [][]byte{m.Signer.RawIssuer}
	for i := 0; i < len(names) && i < 64; i++ {
		for _, r := range c.opts.Roots {
			if bytes.Equal(r.RawSubject, names[i]) {
				return true
			}
		}
		for _, b := range append(append([]*x509.Certificate{}, m.Certificates...), c.opts.ExtraIntermediates...) {
			if bytes.Equal(b.RawSubject, names[i]) && !bytes.Equal(b.RawIssuer, names[i]) {
				names = append(names, b.RawIssuer)
			}
		}
	}
	return false
}

// keyUsage requires a certificate made for signatures that bind. CMD's say
// contentCommitment; the authentication certificate of the same person says only
// digitalSignature.
func (c *checker) keyUsage(signer *x509.Certificate) {
	switch {
	case signer.KeyUsage&x509.KeyUsageContentCommitment != 0:
		c.add(CheckKeyUsage, Pass, "")
	case signer.KeyUsage == 0 || signer.KeyUsage&x509.KeyUsageDigitalSignature != 0:
		c.add(CheckKeyUsage, Unknown, "the certificate doesn't say that it is for signatures that bind")
	default:
		c.add(CheckKeyUsage, Fail, "the certificate is not for signing")
	}
}

// display is the name to show: the common name, else all of it.
func display(n pkix.Name) string {
	if n.CommonName != "" {
		return shown(n.CommonName)
	}
	return shown(n.String())
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }
