package pdfsig

import (
	"crypto"
	_ "crypto/sha256" // the hashes that cms accepts
	_ "crypto/sha512"
	"crypto/x509"
	"fmt"
	"io"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/cms"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
)

// maxGap is the longest signature value as written, in bytes.
const maxGap = 2 << 20

// violation is something that the content of a file does and must not. It is a
// finding, not a failure of ours.
type violation struct{ what string }

func (v *violation) Error() string { return v.what }

func violated(format string, args ...any) error { return &violation{fmt.Sprintf(format, args...)} }

// checker collects the findings of one signature.
type checker struct {
	opts     Options
	findings []Finding
	// crls and ocsps are revocation data from the file, unverified.
	crls, ocsps [][]byte
	// certs are certificates from the file's own store, which only help.
	certs []*x509.Certificate
}

func (c *checker) add(check string, r Result, format string, args ...any) {
	c.findings = append(c.findings, Finding{Check: check, Result: r, Detail: fmt.Sprintf(format, args...)})
}

// settle turns an error about content into a failed finding and gives back only
// what failed outside the content.
func (c *checker) settle(check string, err error) error {
	switch {
	case pdf.IsReadError(err):
		return err
	case err != nil:
		c.add(check, Fail, "%v", err)
	default:
		c.add(check, Pass, "")
	}
	return nil
}

// signature makes the checks that need only the signature and the bytes it covers,
// and says what it claims. size is what the byte range has to reach; covered is
// whether it covers exactly that.
func (c *checker) signature(f io.ReaderAt, s sigField, size, fileSize int64) (sig Signature, m *cms.Message, err error) {
	sub, _ := s.dict.Get("SubFilter").(pdf.Name)
	sig = Signature{
		Field: s.name, SubFilter: shown(string(sub)), Time: date(s.dict.Get("M")),
		Signer: text(s.dict.Get("Name")), Reason: text(s.dict.Get("Reason")), Location: text(s.dict.Get("Location")),
	}
	sig.DocumentTimestamp = sub == "ETSI.RFC3161"
	ranges, rangeErr := byteRange(s.dict, size)
	if err := c.settle(CheckByteRange, rangeErr); err != nil {
		return sig, nil, err
	}
	sig.CoversFile = rangeErr == nil && size == fileSize
	value, gapErr := gap(f, s.dict, fileSize)
	if err := c.settle(CheckContents, gapErr); err != nil {
		return sig, nil, err
	}
	if gapErr != nil {
		c.add(CheckCMS, Unknown, "the signature's value can't be read")
		return sig, nil, nil
	}
	m, cmsErr := c.message(s.dict, value, sub)
	if m != nil {
		fill(&sig, m)
	}
	if cmsErr == nil && rangeErr != nil {
		c.add(CheckCMS, Unknown, "what the signature covers can't be told")
		return sig, nil, nil
	}
	if cmsErr == nil {
		cmsErr = c.covers(f, m, ranges, &sig)
	}
	return sig, m, c.settle(CheckCMS, cmsErr)
}

// covers checks that the message was made over the covered bytes.
func (c *checker) covers(f io.ReaderAt, m *cms.Message, ranges [4]int64, sig *Signature) error {
	if sig.DocumentTimestamp {
		info, err := readTimestamp(m, func(h crypto.Hash) ([]byte, error) { return hashRanges(f, h, ranges) })
		if err == nil {
			c.trustTimestamp(m, info, sig)
			sig.Time = sig.TimestampTime
		}
		return err
	}
	digest, err := hashRanges(f, m.Hash, ranges)
	if err != nil {
		return err
	}
	return m.Verify(digest)
}

func (c *checker) message(d *pdf.Dict, value []byte, sub pdf.Name) (*cms.Message, error) {
	var others []*x509.Certificate
	if sub == "ETSI.RFC3161" {
		others = c.certs
	}
	m, used, err := cms.Parse(value, others...)
	if err != nil {
		return nil, err
	}
	for _, b := range value[used:] {
		if b != 0 {
			return m, violated("other bytes follow the signature's value in the gap")
		}
	}
	switch sub {
	case "ETSI.RFC3161":
	case "adbe.pkcs7.detached", "ETSI.CAdES.detached":
		if !m.ContentType.Equal(cms.OIDData) || m.Content != nil {
			return m, violated("the signature isn't a detached one over data")
		}
	default:
		return m, violated("the signature's format %q is not accepted", shown(string(sub)))
	}
	return m, nil
}

func fill(sig *Signature, m *cms.Message) {
	sig.Signer, sig.Issuer = display(m.Signer.Subject), display(m.Signer.Issuer)
	sig.SerialNumber = fmt.Sprintf("%X", m.Signer.SerialNumber)
	if m.SigningTime != nil {
		sig.Time = m.SigningTime
	}
}

// byteRange checks facts/pdf.md 5.1 rule 2: four plain integers that start at 0,
// leave out exactly the value of /Contents, and end at size.
func byteRange(d *pdf.Dict, size int64) ([4]int64, error) {
	var r [4]int64
	if k := d.Duplicates(); len(k) > 0 {
		return r, violated("the signature dictionary has the key %q twice", shown(string(k[0])))
	}
	a, ok := d.Get("ByteRange").(pdf.Array)
	if !ok || len(a) != 4 {
		return r, violated("the signature has no /ByteRange of four numbers")
	}
	for i, o := range a {
		n, ok := o.(pdf.Int)
		if !ok || n < 0 {
			return r, violated("/ByteRange has a value that is no plain number")
		}
		r[i] = int64(n)
	}
	s, ok := d.Get("Contents").(pdf.String)
	switch {
	case !ok:
		return r, violated("the signature has no /Contents")
	case r[0] != 0:
		return r, violated("/ByteRange starts at %d and not at 0", r[0])
	case r[1] != s.Start || r[2] != s.End:
		return r, violated("/ByteRange leaves out %d to %d, and /Contents is %d to %d", r[1], r[2], s.Start, s.End)
	case r[3] > size || r[2]+r[3] != size:
		return r, violated("/ByteRange ends at %d and not at %d", r[2]+r[3], size)
	}
	return r, nil
}

// gap reads the signature's value as it stands in the file and requires that it is
// one hexadecimal string without anything else: no white space, no odd digit, no
// literal string (facts/pdf.md 3, last paragraph).
func gap(f io.ReaderAt, d *pdf.Dict, fileSize int64) ([]byte, error) {
	s, ok := d.Get("Contents").(pdf.String)
	if !ok {
		return nil, violated("the signature has no /Contents")
	}
	n := s.End - s.Start
	if s.Start < 0 || !s.Hex || n < 4 || n > maxGap || s.End > fileSize {
		return nil, violated("/Contents is not one hexadecimal string in the file itself")
	}
	raw := make([]byte, n)
	if _, err := f.ReadAt(raw, s.Start); err != nil && err != io.EOF {
		return nil, &pdf.ReadError{Err: err}
	}
	if raw[0] != '<' || raw[n-1] != '>' || int64(len(s.Value))*2+2 != n {
		return nil, violated("/Contents holds more than hexadecimal digits")
	}
	return s.Value, nil
}

// hashRanges hashes the covered bytes without holding them.
func hashRanges(f io.ReaderAt, hash crypto.Hash, r [4]int64) ([]byte, error) {
	h := hash.New()
	buf := make([]byte, 256<<10)
	for i := 0; i < 4; i += 2 {
		n, err := io.CopyBuffer(h, io.NewSectionReader(f, r[i], r[i+1]), buf)
		if err == nil && n != r[i+1] {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, &pdf.ReadError{Err: err}
		}
	}
	return h.Sum(nil), nil
}
