package signer

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf16"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/cms"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
)

// placeholder is the room for the signature's value in bytes: that of the real
// service (facts/pdf.md 4.2).
const placeholder = 9472

const (
	location = "Portugal"
	reason   = "(TESTE) Assinatura sem valor legal"
)

// Identity is a test citizen who can sign. It is safe for concurrent use.
type Identity struct {
	name  string
	own   *pair
	chain []*x509.Certificate
	seal  *Seal
}

// Seal is where a signature shows.
type Seal struct {
	Page      int    // from 1
	Place     string // of Places
	Landscape bool   // turned by a quarter
}

// Places are the corners, edges and the middle of a page, row by row.
var Places = []string{
	"top-left", "top-center", "top-right", "middle-left", "middle-center", "middle-right", "bottom-left", "bottom-center", "bottom-right",
}

// Visible is the same citizen, whose signatures show a seal.
func (id *Identity) Visible(seal Seal) *Identity {
	other := *id
	other.seal = &seal
	return &other
}

// Certificate is the citizen's certificate.
func (id *Identity) Certificate() *x509.Certificate { return id.own.cert }

// Chain is the citizen's certificate, the issuing CA's and the root's.
func (id *Identity) Chain() []*x509.Certificate { return id.chain }

// Sign gives the file with one revision more, which holds a signature in
// the shape of the real service's, invisible unless asked for. The given bytes are an exact prefix of the
// result. What the strict reader has to refuse gives an error: encrypted, damaged
// and hybrid files.
func (id *Identity) Sign(file []byte, now time.Time) ([]byte, error) {
	more, err := id.Update(bytes.NewReader(file), int64(len(file)), now)
	if err != nil {
		return nil, err
	}
	return append(append(make([]byte, 0, len(file)+len(more)), file...), more...), nil
}

// Update is Sign for a file that isn't in memory: it gives only what has to be
// appended to it.
func (id *Identity) Update(file io.ReaderAt, size int64, now time.Time) ([]byte, error) {
	more, err := id.update(file, size, now)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	return more, nil
}

func (id *Identity) update(file io.ReaderAt, size int64, now time.Time) ([]byte, error) {
	doc, err := pdf.Open(file, size)
	if err != nil {
		return nil, err
	}
	// Some readers refuse to validate hybrid files (facts/pdf.md 2.1).
	for _, s := range doc.Sections() {
		if s.Hybrid {
			return nil, errors.New("the file is hybrid")
		}
	}
	view := doc.At(0)
	u, err := pdf.NewUpdate(doc)
	if err != nil {
		return nil, err
	}
	// A signature on a damaged file can make it unreadable (facts/pdf.md 2.2).
	if err := view.Each(func(uint32, pdf.Object) bool { return true }); err != nil {
		return nil, err
	}
	dict, mark := id.dictionary(now)
	sig := u.Add(pdf.RawObject(dict))
	if err := addField(view, u, sig, id.seal); err != nil {
		return nil, err
	}
	more, bodies, err := u.Bytes()
	if err != nil {
		return nil, err
	}
	return more, id.fill(file, size, more, bodies[sig]+int64(mark), now)
}

// byteRangeRoom is enough for four numbers of ten digits.
const byteRangeRoom = 46

// dictionary writes the signature dictionary with room for what isn't known yet,
// and says where the value of /Contents starts in it.
func (id *Identity) dictionary(now time.Time) (b []byte, contents int) {
	b = append(b, "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/Name"...)
	b = pdf.AppendObject(b, textString(id.name))
	b = fmt.Appendf(b, "/M(D:%s+00'00')/Location", now.UTC().Format("20060102150405"))
	b = pdf.AppendObject(b, textString(location))
	b = pdf.AppendObject(append(b, "/Reason"...), textString(reason))
	b = append(b, "/Contents"...)
	contents = len(b)
	b = append(b, '<')
	b = append(b, bytes.Repeat([]byte{'0'}, 2*placeholder)...)
	b = append(b, ">/ByteRange"...)
	b = append(b, bytes.Repeat([]byte{' '}, byteRangeRoom)...)
	return append(b, ">>"...), contents
}

// textString is a text string in UTF-16, as the real service writes names.
func textString(s string) pdf.String {
	b := []byte{0xfe, 0xff}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return pdf.String{Value: b}
}

// fill puts byte range and signature where room was left. contents is the offset of
// the value of /Contents in the signed file, known from the writing and never
// searched for: a document may hold anything (facts/pdf.md 1.2).
func (id *Identity) fill(file io.ReaderAt, size int64, more []byte, contents int64, now time.Time) error {
	end := contents + 2*placeholder + 2
	from, to := contents-size, end-size // in the update
	r := fmt.Sprintf("[0 %d %d %d]", contents, end, size+int64(len(more))-end)
	if len(r) > byteRangeRoom {
		return errors.New("the file is too large")
	}
	copy(more[to+int64(len("/ByteRange")):], r)
	h := sha256.New()
	if n, err := io.Copy(h, io.NewSectionReader(file, 0, size)); err != nil || n != size {
		return errors.Join(err, errors.New("the file can't be read to its end"))
	}
	h.Write(more[:from])
	h.Write(more[to:])
	t := cms.Template{Signer: id.own.cert, Certificates: id.chain, Hash: crypto.SHA256, SigningTime: &now, Indefinite: true}
	value, err := t.Sign(id.own.key, h.Sum(nil))
	if err != nil {
		return err
	}
	if len(value) > placeholder {
		return errors.New("the signature is larger than its room")
	}
	hex.Encode(more[from+1:], value)
	return nil
}
