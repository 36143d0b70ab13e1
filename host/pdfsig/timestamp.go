package pdfsig

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/cms"
)

// tstInfo is the content of a timestamp (RFC 3161, 2.4.2) as far as it is read.
type tstInfo struct {
	Version int
	Policy  asn1.ObjectIdentifier
	Imprint struct {
		Algorithm pkix.AlgorithmIdentifier
		Hash      []byte
	}
	Serial   *big.Int
	Time     time.Time     `asn1:"generalized"`
	Accuracy asn1.RawValue `asn1:"optional"`
	Ordering bool          `asn1:"optional"`
	Nonce    *big.Int      `asn1:"optional"`
	TSA      asn1.RawValue `asn1:"optional,explicit,tag:0"`
	Ext      asn1.RawValue `asn1:"optional,tag:1"`
}

var imprintHashes = map[string]crypto.Hash{
	"2.16.840.1.101.3.4.2.1": crypto.SHA256,
	"2.16.840.1.101.3.4.2.2": crypto.SHA384,
	"2.16.840.1.101.3.4.2.3": crypto.SHA512,
}

// readTimestamp verifies a timestamp over something that sum hashes: that it is
// sound and whole, not yet that its maker is trusted.
func readTimestamp(m *cms.Message, sum func(crypto.Hash) ([]byte, error)) (*tstInfo, error) {
	if !m.ContentType.Equal(cms.OIDTSTInfo) || m.Content == nil {
		return nil, violated("it holds no time")
	}
	h := m.Hash.New()
	h.Write(m.Content)
	if err := m.Verify(h.Sum(nil)); err != nil {
		return nil, err
	}
	return parseTimestamp(m, sum)
}

// parseTimestamp reads the content alone, and holds it against what sum hashes.
func parseTimestamp(m *cms.Message, sum func(crypto.Hash) ([]byte, error)) (*tstInfo, error) {
	var info tstInfo
	if rest, err := asn1.Unmarshal(m.Content, &info); err != nil || len(rest) > 0 || info.Version != 1 {
		return nil, violated("it holds no sound time")
	}
	hash, ok := imprintHashes[info.Imprint.Algorithm.Algorithm.String()]
	if !ok {
		return nil, violated("its hash is not accepted")
	}
	digest, err := sum(hash)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(digest, info.Imprint.Hash) {
		return nil, violated("it was made for something else")
	}
	return &info, nil
}

// timestampChain reports whether the maker of a timestamp leads to a trust anchor.
func (c *checker) timestampChain(m *cms.Message, at time.Time) error {
	usage := m.Signer.ExtKeyUsage
	if len(usage) != 1 || usage[0] != x509.ExtKeyUsageTimeStamping {
		return violated("its certificate is not for timestamps")
	}
	_, err := c.verifyFor(m, at, x509.ExtKeyUsageTimeStamping)
	return err
}

// signatureTimestamp checks the timestamp over a signature value and gives its time
// if it can be relied on.
func (c *checker) signatureTimestamp(m *cms.Message, sig *Signature) *time.Time {
	if m.TimestampToken == nil {
		return nil
	}
	sig.Timestamped = true
	token, used, err := cms.Parse(m.TimestampToken, append(append([]*x509.Certificate{}, m.Certificates...), c.certs...)...)
	if errors.Is(err, cms.ErrNoSigner) {
		c.add(CheckTimestamp, Unknown, "the timestamp: %v", err)
		return nil
	}
	if err == nil && used != len(m.TimestampToken) {
		err = errors.New("other bytes follow it")
	}
	var info *tstInfo
	if err == nil {
		info, err = readTimestamp(token, func(hash crypto.Hash) ([]byte, error) {
			h := hash.New()
			h.Write(m.Signature)
			return h.Sum(nil), nil
		})
	}
	if err != nil {
		c.add(CheckTimestamp, Fail, "the timestamp: %v", err)
		return nil
	}
	return c.trustTimestamp(token, info, sig)
}

func (c *checker) trustTimestamp(token *cms.Message, info *tstInfo, sig *Signature) *time.Time {
	at := info.Time.UTC()
	sig.TimestampTime = &at
	if err := c.timestampChain(token, at); err != nil {
		c.add(CheckTimestamp, Unknown, "by %s, who is not known: %v", display(token.Signer.Subject), err)
		return nil
	}
	if at.After(c.opts.now().Add(clockSkew)) {
		c.add(CheckTimestamp, Fail, "its time has not come yet")
		return nil
	}
	c.add(CheckTimestamp, Pass, "%s by %s", at.Format(time.RFC3339), display(token.Signer.Subject))
	return &at
}

// timestampAuthority takes over for a document timestamp what its own finding says
// of its maker.
func (c *checker) timestampAuthority(m *cms.Message) {
	c.add(CheckChain, c.found(CheckTimestamp), "the maker of the timestamp is %s", display(m.Signer.Subject))
	c.add(CheckKeyUsage, c.found(CheckTimestamp), "")
	c.add(CheckValidity, c.found(CheckTimestamp), "")
}
