package conversation

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// original is a document as it was given: all of it in memory, so that what is hashed, shown, sent and compared is the same.
type original struct {
	name string
	data []byte
	hash string
	info *pdfsig.Info
}

// load reads the PDF that the client named. Errors: PDF_NOT_FOUND, PDF_UNREADABLE, PDF_EMPTY, PDF_NOT_PDF, PDF_TRUNCATED, PDF_TOO_LARGE,
// and those of Visitor.File.
func (s *session) load(path string) (*original, error) {
	f, err := s.file(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	limit := s.opts.Limits.PDF
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, problem.Newf(problem.PDFUnreadable, "%w", err)
	}
	return examine(filepath.Base(path), data, limit)
}

// openDocument opens the file of this computer at path.
func openDocument(path string) (fs.File, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, problem.Newf(problem.PDFNotFound, "%w", err)
	case err != nil:
		return nil, problem.Newf(problem.PDFUnreadable, "%w", err)
	case !info.Mode().IsRegular():
		// A pipe or a device would be read for ever.
		return nil, problem.New(problem.PDFUnreadable, "not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, problem.Newf(problem.PDFUnreadable, "%w", err)
	}
	return f, nil
}

func examine(name string, data []byte, limit int64) (*original, error) {
	if int64(len(data)) > limit {
		return nil, problem.Newf(problem.PDFTooLarge, "over %d bytes", limit)
	}
	return examineHashed(name, data, hashOf(data))
}

// examineHashed is for whoever has hashed the document already.
func examineHashed(name string, data []byte, hash string) (*original, error) {
	info, err := pdfsig.Preflight(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	return &original{name: name, data: data, hash: hash, info: info}, nil
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func (o *original) describe() *docInfo {
	return &docInfo{
		Name: o.name, Size: int64(len(o.data)), SHA256: o.hash, Pages: o.info.Pages, Signatures: o.info.Signatures,
		Encrypted: o.info.Encrypted, XFA: o.info.XFA, DocMDP: o.info.DocMDP, Damaged: o.info.Damaged,
	}
}

// look reads the document at path, to be looked at before it's confirmed.
func (s *session) look(path string) {
	if !s.choosing() {
		s.outOfTurn(kindDocument)
		return
	}
	doc, err := s.load(path)
	if err != nil {
		s.upload = nil
		s.fault(problem.Wrap(problem.PDFUnreadable, err))
		return
	}
	s.upload = &upload{name: doc.name, size: int64(len(doc.data)), hash: doc.hash, doc: doc, allowed: func() error {
		f, err := s.file(path)
		if err != nil {
			return err
		}
		return f.Close()
	}}
	s.send(reply{State: s.state, Status: statusOK, Progress: string(kindDocument), Document: doc.describe()})
	s.approach()
}

// partSize bounds a piece of a document on its way to a browser: in base64, well under its limit of 1 MiB for a message.
const partSize = 512 << 10

// give sends the piece of the unconfirmed document that starts at offset. A client that named a file shows its bytes from here: what it
// would read itself might be another file by then.
func (s *session) give(offset int64) {
	if !s.choosing() || s.upload == nil || s.upload.doc == nil {
		s.refuse(kindData, problem.New(problem.MessageOutOfTurn, string(kindData)))
		return
	}
	doc := s.upload.doc
	size := int64(len(doc.data))
	if offset < 0 || offset >= size {
		s.refuse(kindData, problem.New(problem.MessageMalformed, "no such offset"))
		return
	}
	part := doc.data[offset:min(offset+partSize, size)]
	s.send(reply{State: s.state, Status: statusOK, Progress: string(kindData), Part: &partInfo{Offset: offset, Size: size, SHA256: doc.hash, Data: part}})
}

// upload is a document that arrives in chunks.
type upload struct {
	name string
	size int64
	hash string
	data []byte
	sum  hash.Hash // of data
	doc  *original // once it's whole
	to   Object    // where its signed file is to be written; nil: only into downloads
	// allowed says whether a visitor may have it signed, by the token that it has brought by then.
	allowed func() error
}

// append takes what came of the document. The room for it is doubled, up to the size that was announced, so that little is copied and
// nobody has room made for what never comes.
func (u *upload) append(data []byte) {
	u.sum.Write(data)
	if need := len(u.data) + len(data); need > cap(u.data) {
		larger := make([]byte, len(u.data), max(need, min(2*cap(u.data), int(u.size))))
		copy(larger, u.data)
		u.data = larger
	}
	u.data = append(u.data, data...)
}

// chunk is the object of an upload_local message.
type chunk struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Offset int64  `json:"offset"`
	Data   []byte `json:"data"`   // base64
	Stream bool   `json:"stream"` // more follow without waiting for an answer

	whole bool // the whole document, which came without a hash
}

// take adds a chunk. A text instead of an object is the whole document in base64, as in background/000.
func (s *session) take(m message) {
	c, err := parseChunk(m)
	if c.Stream && c.Offset > 0 && (s.upload == nil || !s.choosing()) {
		return // the rest of a document that was refused: why has been said
	}
	if !s.choosing() {
		s.outOfTurn(kindUpload)
		return
	}
	if err == nil {
		err = s.add(c)
	}
	if err != nil {
		s.upload = nil
		s.fault(problem.Wrap(problem.UploadInvalid, err))
		return
	}
	u := s.upload
	r := reply{State: s.state, Status: statusOK, Progress: string(kindUpload), Received: int64(len(u.data))}
	if u.doc != nil {
		r.Document = u.doc.describe()
	}
	// By its first bytes it's a PDF, which a person asked to have signed: the rest comes while the site's first pages do.
	if u.doc != nil || c.Offset == 0 && beginsPDF(u.data) {
		s.approach()
	}
	s.send(r)
}

func parseChunk(m message) (chunk, error) {
	var c chunk
	if bytes.HasPrefix(bytes.TrimSpace(m.UploadLocal), []byte(`"`)) {
		var err error
		if m.long.document != nil {
			c.Data, err = decoded(m.long.document)
		} else {
			err = json.Unmarshal(m.UploadLocal, &c.Data)
		}
		if err != nil {
			return c, errors.New("the document isn't base64")
		}
		c.Name, c.Size, c.whole = m.Name, int64(len(c.Data)), true
		return c, nil
	}
	err := json.Unmarshal(m.UploadLocal, &c)
	if err == nil && m.long.chunk != nil {
		c.Data, err = decoded(m.long.chunk)
	}
	if err != nil {
		return c, errors.New("not a chunk")
	}
	return c, nil
}

// decoded is what encoding/json makes of a base64 text for a []byte.
func decoded(text []byte) ([]byte, error) {
	data := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(data, text)
	return data[:n], err
}

func (s *session) add(c chunk) error {
	if c.Offset == 0 {
		if c.Size > s.opts.Limits.PDF {
			return problem.Newf(problem.PDFTooLarge, "over %d bytes", s.opts.Limits.PDF)
		}
		if c.Size <= 0 {
			return problem.New(problem.PDFEmpty, "size 0")
		}
		name := filepath.Base(c.Name)
		if c.Name == "" {
			name = "documento.pdf"
		}
		s.upload = &upload{name: name, size: c.Size, hash: c.SHA256, sum: sha256.New()}
		if s.own.Visitor != nil {
			s.upload.allowed = s.own.Visitor.Upload
		}
	}
	u := s.upload
	switch {
	case u == nil || u.doc != nil || c.Offset != int64(len(u.data)):
		return problem.New(problem.UploadInvalid, "a chunk out of order")
	case c.Offset+int64(len(c.Data)) > u.size:
		return problem.New(problem.UploadInvalid, "more than was announced")
	case len(c.Data) == 0:
		return problem.New(problem.UploadInvalid, "an empty chunk")
	}
	u.append(c.Data)
	if int64(len(u.data)) < u.size {
		return nil
	}
	hash := hex.EncodeToString(u.sum.Sum(nil))
	if !c.whole && !strings.EqualFold(hash, u.hash) {
		return problem.New(problem.UploadInvalid, "the SHA-256 doesn't fit")
	}
	doc, err := examineHashed(u.name, u.data, hash)
	if err != nil {
		return err
	}
	u.doc = doc
	return nil
}
