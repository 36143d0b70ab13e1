package pdf

import (
	"bytes"
	"errors"
	"io"
	"math"
)

// Document is an open file. It is not safe for concurrent use.
type Document struct {
	src          source
	version      string
	sections     []*Section // newest first
	linearized   bool
	linearLength int64 // /L of the linearization dictionary
	end          int64 // after the last %%EOF
	entries      int
	readBudget   int64
	decodeBudget int64
	getBudget    int64
	cache        []*objectStream
	cachedBytes  int
}

// Open reads the header and all cross-reference sections of a file of the given
// size. It returns ErrEmpty, ErrNotPDF, ErrTruncated, a *SyntaxError that says
// what is damaged, or a *ReadError.
func Open(r io.ReaderAt, size int64) (*Document, error) {
	d := &Document{readBudget: maxRead, decodeBudget: maxDecoded, getBudget: maxGets}
	d.src = source{r, size, &d.readBudget}
	if size == 0 {
		return nil, ErrEmpty
	}
	if err := d.readHeader(); err != nil {
		return nil, err
	}
	start, err := d.readTail()
	if err != nil {
		return nil, err
	}
	seen := map[int64]bool{}
	for at := start; at >= 0; {
		if seen[at] {
			return nil, syntax(at, "the cross-reference sections form a circle")
		}
		if len(d.sections) >= maxSections {
			return nil, syntax(at, "the file has too many revisions")
		}
		seen[at] = true
		s, err := d.readSection(at)
		if err != nil {
			return nil, err
		}
		d.sections = append(d.sections, s)
		at = s.Prev
	}
	if err := d.checkOrder(); err != nil {
		return nil, err
	}
	if _, ok := d.Trailer().Get("Root").(Ref); !ok {
		return nil, syntax(start, "the trailer has no /Root")
	}
	return d, nil
}

func (d *Document) readHeader() error {
	head := make([]byte, 1024)
	n, err := d.src.readAt(head, 0)
	if err != nil {
		return err
	}
	head = head[:n]
	switch i := bytes.Index(head, []byte("%PDF-")); {
	case i < 0:
		return ErrNotPDF
	case i > 0:
		return syntax(0, "other bytes come before the PDF header")
	}
	v := head[5:min(len(head), 8)]
	if len(v) != 3 || !isDigit(int(v[0])) || v[1] != '.' || !isDigit(int(v[2])) {
		return syntax(5, "the PDF header has no sound version")
	}
	d.version = string(v)
	l := newLexer(d.src, 0)
	l.space()
	if ind, err := d.readIndirect(l.pos, nil, 0); err == nil {
		if dict, ok := ind.Object.(*Dict); ok && dict.Has("Linearized") {
			length, _ := dict.Get("L").(Int)
			d.linearized, d.linearLength = true, int64(length)
		}
	} else if IsReadError(err) {
		return err
	}
	return nil
}

// readTail finds the last startxref and gives the offset it names.
func (d *Document) readTail() (int64, error) {
	n := min(d.src.size, tailWindow)
	tail := make([]byte, n)
	if _, err := d.src.readAt(tail, d.src.size-n); err != nil {
		return 0, err
	}
	i := bytes.LastIndex(tail, []byte("startxref"))
	if i < 0 || d.linearized && d.linearLength > d.src.size {
		return 0, ErrTruncated
	}
	points, _, end, err := readEnd(newLexer(d.src, d.src.size-n+int64(i)))
	if err != nil {
		var s *SyntaxError
		if errors.As(err, &s) && !bytes.Contains(tail[i:], []byte("%%EOF")) {
			return 0, ErrTruncated
		}
		return 0, err
	}
	if points >= d.src.size {
		return 0, ErrTruncated
	}
	d.end = end
	return points, nil
}

// checkOrder refuses a chain whose older sections come later in the file. The one
// exception is a linearized file's first pair (ISO 32000-1, annex F).
func (d *Document) checkOrder() error {
	for i := 1; i < len(d.sections); i++ {
		if d.sections[i].Offset < d.sections[i-1].Offset {
			continue
		}
		if !d.linearized || i != len(d.sections)-1 {
			return syntax(d.sections[i-1].Offset, "an older revision comes after a newer one")
		}
	}
	return nil
}

// Size is the length of the file in bytes.
func (d *Document) Size() int64 { return d.src.size }

// Linearized reports whether the file starts with a linearization dictionary.
func (d *Document) Linearized() bool { return d.linearized }

// Sections gives all cross-reference sections, newest first.
func (d *Document) Sections() []*Section { return d.sections }

// Trailer is that of the newest section.
func (d *Document) Trailer() *Dict { return d.sections[0].Trailer }

// StartXRef is the offset of the newest section, what an update's /Prev must be.
func (d *Document) StartXRef() int64 { return d.sections[0].Offset }

// Encrypted reports whether any revision says that the file is encrypted.
func (d *Document) Encrypted() bool {
	for _, s := range d.sections {
		if s.Trailer.Has("Encrypt") {
			return true
		}
	}
	return false
}

// TrailingBytes says how many bytes come after the last end marker, other than
// white space and zeros.
func (d *Document) TrailingBytes() (int64, error) {
	l, n := newLexer(d.src, d.end), int64(0)
	for ; l.pos < d.src.size; l.pos++ {
		c := l.peek()
		if c < 0 {
			return n, l.err
		}
		if !isSpace(c) {
			n++
		}
	}
	return n, nil
}

// Revision is one state of the file: what was added by one writer at one time.
type Revision struct {
	// First and Last are indexes into Sections; they differ only for the first
	// revision of a linearized file, which has two sections.
	First, Last int
	// Marker is the offset after the revision's %%EOF, End that after its line end; 0
	// if that can't be told.
	Marker, End int64
}

// Revisions gives the revisions, newest first.
func (d *Document) Revisions() []Revision {
	var out []Revision
	for i := 0; i < len(d.sections); i++ {
		last := i
		if d.linearized && i == len(d.sections)-2 && d.sections[i+1].Offset > d.sections[i].Offset {
			last = i + 1
		}
		out = append(out, Revision{First: i, Last: last, Marker: d.sections[last].Marker, End: d.sections[last].End})
		i = last
	}
	return out
}

// View is the document as one revision shows it.
type View struct {
	doc   *Document
	first int
}

// At gives the view whose newest section has the index; 0 is the file as it is now.
func (d *Document) At(section int) *View { return &View{d, section} }

// Trailer is that of the view's newest section.
func (v *View) Trailer() *Dict { return v.doc.sections[v.first].Trailer }

// Doc is the document of the view.
func (v *View) Doc() *Document { return v.doc }

// Version is the file's PDF version: the header's or a later one of the catalog.
func (v *View) Version() string {
	if c, err := v.Catalog(); err == nil {
		if n, ok := c.Get("Version").(Name); ok && len(n) == 3 && string(n) > v.doc.version {
			return string(n)
		}
	}
	return v.doc.version
}

// Entry gives the entry that holds for an object number; ok is false where no
// section has one.
func (v *View) Entry(num uint32) (e Entry, ok bool) {
	for _, s := range v.doc.sections[v.first:] {
		if e, ok := s.Entry(num); ok {
			return e, true
		}
	}
	return Entry{}, false
}

// Get reads the object that a reference names. A reference to nothing is null
// (ISO 32000-1, 7.3.10).
func (v *View) Get(r Ref) (Object, error) { return v.get(r, 0) }

func (v *View) get(r Ref, nest int) (Object, error) {
	if v.doc.getBudget--; v.doc.getBudget < 0 {
		return nil, syntax(-1, "the file asks for too many objects")
	}
	e, ok := v.Entry(r.Num)
	if !ok || e.Kind == Free || e.Gen != r.Gen {
		return nil, nil
	}
	if e.Kind == InObjectStream {
		return v.fromObjectStream(e, nest)
	}
	ind, err := v.doc.readIndirect(e.Offset, v, nest)
	if err != nil {
		return nil, err
	}
	if ind.Num != r.Num || ind.Gen != r.Gen {
		return nil, syntax(e.Offset, "object %d was expected and object %d found", r.Num, ind.Num)
	}
	return ind.Object, nil
}

// Resolve follows a reference; a value that is none is given back. A reference to
// a reference is refused.
func (v *View) Resolve(o Object) (Object, error) {
	r, ok := o.(Ref)
	if !ok {
		return o, nil
	}
	o, err := v.Get(r)
	if err != nil {
		return nil, err
	}
	if _, again := o.(Ref); again {
		return nil, syntax(-1, "object %d is nothing but a reference", r.Num)
	}
	return o, nil
}

// Dict resolves a value that has to be a dictionary or absent (nil).
func (v *View) Dict(o Object) (*Dict, error) {
	o, err := v.Resolve(o)
	if err != nil || o == nil {
		return nil, err
	}
	if d, ok := o.(*Dict); ok {
		return d, nil
	}
	return nil, syntax(-1, "a dictionary was expected")
}

// Array resolves a value that has to be an array or absent (nil).
func (v *View) Array(o Object) (Array, error) {
	o, err := v.Resolve(o)
	if err != nil || o == nil {
		return nil, err
	}
	if a, ok := o.(Array); ok {
		return a, nil
	}
	return nil, syntax(-1, "an array was expected")
}

// Root is the reference to the catalog.
func (v *View) Root() (Ref, bool) {
	r, ok := v.Trailer().Get("Root").(Ref)
	return r, ok
}

// Catalog is the document catalog.
func (v *View) Catalog() (*Dict, error) {
	c, err := v.Dict(v.Trailer().Get("Root"))
	if err == nil && c == nil {
		err = syntax(-1, "the file has no catalog")
	}
	return c, err
}

// Indirect is one indirect object and where it stands.
type Indirect struct {
	Num        uint32
	Gen        uint16
	Object     Object
	Start, End int64 // of "N G obj ... endobj"

	word int64 // offset of the word obj
}

// readIndirect reads the object at off. The view resolves an indirect stream
// length; with no view such a stream is refused.
func (d *Document) readIndirect(off int64, v *View, nest int) (*Indirect, error) {
	if nest > maxStreamNest {
		return nil, syntax(off, "objects need each other too deep")
	}
	l := newLexer(d.src, off)
	num, ok1 := l.digits(10)
	l.blank()
	gen, ok2 := l.digits(5)
	l.blank()
	word := l.pos
	if !ok1 || !ok2 || !l.keyword("obj") || num > maxObjectNum || gen > math.MaxUint16 {
		return nil, l.fail("no object where one was announced")
	}
	o, err := l.object(0)
	if err != nil {
		return nil, err
	}
	ind := &Indirect{Num: uint32(num), Gen: uint16(gen), Object: o, Start: off, word: word}
	l.space()
	if dict, ok := o.(*Dict); ok && l.literal("stream") {
		st, err := d.readStream(l, dict, v, nest)
		if err != nil {
			return nil, err
		}
		ind.Object = st
		l.space()
	}
	if !l.keyword("endobj") {
		return nil, l.fail("object %d isn't closed", num)
	}
	ind.End = l.pos
	return ind, l.err
}

// readStream reads past a stream's bytes; the lexer stands behind "stream".
func (d *Document) readStream(l *lexer, dict *Dict, v *View, nest int) (*Stream, error) {
	if l.peek() == '\r' && l.at(l.pos+1) == '\n' {
		l.pos += 2
	} else if l.peek() == '\n' {
		l.pos++
	} else {
		return nil, l.fail("the word stream has no sound line end")
	}
	length := dict.Get("Length")
	if r, ok := length.(Ref); ok {
		if v == nil {
			return nil, l.fail("a stream's length can't be found")
		}
		var err error
		if length, err = v.get(r, nest+1); err != nil {
			return nil, err
		}
	}
	n, ok := length.(Int)
	if !ok || n < 0 || int64(n) > d.src.size-l.pos {
		return nil, l.fail("a stream has no sound length")
	}
	st := &Stream{Dict: dict, Offset: l.pos, Length: int64(n)}
	l.pos += int64(n)
	l.eol()
	if !l.keyword("endstream") {
		return nil, l.fail("a stream doesn't end where its length says")
	}
	return st, nil
}

// Version is the version that the header names.
func (d *Document) Version() string { return d.version }
