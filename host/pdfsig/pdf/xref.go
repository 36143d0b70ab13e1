package pdf

import (
	"io"
	"math"
	"sort"
)

// Kind says where a cross-reference entry finds its object.
type Kind uint8

const (
	Free           Kind = iota
	InFile              // at Offset
	InObjectStream      // number Index in the object stream of number Offset
)

// Entry is one cross-reference entry.
type Entry struct {
	Num    uint32
	Gen    uint16
	Kind   Kind
	Offset int64
	Index  uint32
}

// Section is one cross-reference section with its trailer dictionary. A hybrid
// file's stream is merged into its table.
type Section struct {
	Offset  int64 // where startxref or /Prev points
	Stream  bool  // a cross-reference stream and not a table
	Hybrid  bool  // a table with /XRefStm
	Trailer *Dict
	// Entries in rising order of number, each number once.
	Entries []Entry
	// Prev is the offset of the next older section, or -1.
	Prev int64
	// Self is the object number of the cross-reference stream, 0 for a table.
	Self uint32
	// Marker is the offset after the section's own %%EOF and End that after its line
	// end; both are 0 where the section isn't followed by startxref and %%EOF.
	Marker, End int64
	// Points is the number that the section's own startxref gives.
	Points int64

	trailerAt int64 // of a table, the word
	xrefEnd   int64 // after the trailer dictionary or endobj
}

// Entry gives the section's entry for an object number.
func (s *Section) Entry(num uint32) (Entry, bool) {
	i := sort.Search(len(s.Entries), func(i int) bool { return s.Entries[i].Num >= num })
	if i < len(s.Entries) && s.Entries[i].Num == num {
		return s.Entries[i], true
	}
	return Entry{}, false
}

// readSection reads the section at off and what ends it.
func (d *Document) readSection(off int64) (*Section, error) {
	l := newLexer(d.src, off)
	var s *Section
	var err error
	if l.keyword("xref") {
		s, err = d.readTable(l, off)
	} else if isDigit(l.peek()) {
		s, err = d.readXRefStream(off)
	} else {
		err = l.fail("no cross-reference section where one was announced")
	}
	if err != nil {
		return nil, err
	}
	sort.SliceStable(s.Entries, func(i, j int) bool { return s.Entries[i].Num < s.Entries[j].Num })
	size, ok := s.Trailer.Get("Size").(Int)
	if !ok || size < 1 || size > maxObjectNum+1 {
		return nil, syntax(off, "the trailer has no sound /Size")
	}
	for i, e := range s.Entries {
		if i > 0 && s.Entries[i-1].Num == e.Num {
			return nil, syntax(off, "object %d has two entries in one cross-reference section", e.Num)
		}
		if int64(e.Num) >= int64(size) {
			return nil, syntax(off, "object %d lies beyond the trailer's /Size", e.Num)
		}
	}
	s.Prev = -1
	if p, has := s.Trailer.Get("Prev"), s.Trailer.Has("Prev"); has {
		n, ok := p.(Int)
		if !ok || n < 0 || int64(n) >= d.src.size {
			return nil, syntax(off, "/Prev doesn't point into the file")
		}
		s.Prev = int64(n)
	}
	if len(s.Trailer.Duplicates()) > 0 {
		return nil, syntax(off, "the trailer has a key twice")
	}
	s.Points, s.Marker, s.End, err = readEnd(newLexer(d.src, s.xrefEnd))
	if IsReadError(err) {
		return nil, err
	}
	return s, nil
}

// readEnd reads startxref, the offset and %%EOF with its line end. Comments may
// come before startxref (some writers leave their name there).
func readEnd(l *lexer) (points, marker, end int64, err error) {
	l.space()
	if !l.keyword("startxref") {
		return 0, 0, 0, l.fail("startxref was expected")
	}
	l.blank()
	n, ok := l.digits(15)
	if !ok {
		return 0, 0, 0, l.fail("startxref has no offset")
	}
	l.blank()
	if !l.literal("%%EOF") {
		return 0, 0, 0, l.fail("the end marker is missing")
	}
	marker = l.pos
	l.eol()
	return n, marker, l.pos, l.err
}

// eol takes one line end, if any.
func (l *lexer) eol() {
	if l.peek() == '\r' {
		l.pos++
	}
	if l.peek() == '\n' {
		l.pos++
	}
}

func (d *Document) countEntries(n int64) error {
	if n < 0 || n > maxEntries || d.entries+int(n) > maxEntries {
		return syntax(-1, "the file has too many cross-reference entries")
	}
	d.entries += int(n)
	return nil
}

// readTable reads a classic table (ISO 32000-1, 7.5.4). Each entry has exactly 20
// bytes: some readers count on it, and any other width shows them other objects.
func (d *Document) readTable(l *lexer, off int64) (*Section, error) {
	s := &Section{Offset: off}
	for {
		l.blank()
		s.trailerAt = l.pos
		if l.keyword("trailer") {
			break
		}
		first, ok1 := l.digits(10)
		l.blank()
		count, ok2 := l.digits(10)
		if !ok1 || !ok2 || first+count > maxObjectNum+1 {
			return nil, l.fail("a cross-reference subsection has no sound header")
		}
		if err := d.countEntries(count); err != nil {
			return nil, err
		}
		for l.peek() == ' ' {
			l.pos++
		}
		at := l.pos
		if l.eol(); l.pos == at {
			return nil, l.fail("a cross-reference subsection has no sound header")
		}
		for i := int64(0); i < count; i++ {
			e, err := l.tableEntry(uint32(first + i))
			if err != nil {
				return nil, err
			}
			s.Entries = append(s.Entries, e)
		}
	}
	l.blank()
	if l.peek() != '<' || l.at(l.pos+1) != '<' {
		return nil, l.fail("the trailer has no dictionary")
	}
	o, err := l.object(0)
	if err != nil {
		return nil, err
	}
	s.Trailer, s.xrefEnd = o.(*Dict), l.pos
	if o, has := s.Trailer.Get("XRefStm"), s.Trailer.Has("XRefStm"); has {
		at, ok := o.(Int)
		if !ok || at < 0 {
			return nil, l.fail("/XRefStm is not an offset")
		}
		h, err := d.readXRefStream(int64(at))
		if err != nil {
			return nil, err
		}
		s.Hybrid = true
		if err := s.mergeHybrid(h); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (l *lexer) tableEntry(num uint32) (Entry, error) {
	var b [20]byte
	for i := range b {
		c := l.at(l.pos + int64(i))
		if c < 0 {
			return Entry{}, l.fail("the file ends inside the cross-reference table")
		}
		b[i] = byte(c)
	}
	off, gen := int64(0), int64(0)
	ok := b[10] == ' ' && b[16] == ' '
	for _, c := range b[:10] {
		ok = ok && isDigit(int(c))
		off = off*10 + int64(c-'0')
	}
	for _, c := range b[11:16] {
		ok = ok && isDigit(int(c))
		gen = gen*10 + int64(c-'0')
	}
	switch string(b[18:]) {
	case " \n", " \r", "\r\n":
	default:
		ok = false
	}
	if !ok || gen > math.MaxUint16 || (b[17] != 'n' && b[17] != 'f') {
		return Entry{}, l.fail("a cross-reference entry is not 20 sound bytes")
	}
	l.pos += 20
	e := Entry{Num: num, Gen: uint16(gen), Offset: off}
	if b[17] == 'n' {
		e.Kind = InFile
	}
	return e, nil
}

// mergeHybrid adds what the stream of a hybrid file has and its table hides. A
// difference between the two would show old and new readers two documents.
func (s *Section) mergeHybrid(h *Section) error {
	sort.SliceStable(s.Entries, func(i, j int) bool { return s.Entries[i].Num < s.Entries[j].Num })
	var added []Entry
	for _, e := range h.Entries {
		i := sort.Search(len(s.Entries), func(i int) bool { return s.Entries[i].Num >= e.Num })
		if i == len(s.Entries) || s.Entries[i].Num != e.Num {
			added = append(added, e)
			continue
		}
		switch t := &s.Entries[i]; {
		case t.Kind == Free:
			*t = e
		case e.Kind != Free && *t != e:
			return syntax(h.Offset, "table and stream of the hybrid file disagree on object %d", e.Num)
		}
	}
	s.Entries = append(s.Entries, added...)
	return nil
}

// readXRefStream reads a cross-reference stream (ISO 32000-1, 7.5.8).
func (d *Document) readXRefStream(off int64) (*Section, error) {
	// Nothing may be looked up while the table of objects is being read: the
	// length has to be in the dictionary.
	ind, err := d.readIndirect(off, nil, 0)
	if err != nil {
		return nil, err
	}
	st, ok := ind.Object.(*Stream)
	if !ok || st.Dict.Get("Type") != Name("XRef") || len(st.Dict.Duplicates()) > 0 {
		return nil, syntax(off, "no cross-reference section where one was announced")
	}
	s := &Section{Offset: off, Stream: true, Trailer: st.Dict, Self: ind.Num, xrefEnd: ind.End}
	var w [3]int
	ws, _ := st.Dict.Get("W").(Array)
	if len(ws) != 3 {
		return nil, syntax(off, "the cross-reference stream has no sound /W")
	}
	for i, o := range ws {
		n, ok := o.(Int)
		if !ok || n < 0 || n > 8 {
			return nil, syntax(off, "the cross-reference stream has no sound /W")
		}
		w[i] = int(n)
	}
	index := Array{Int(0), st.Dict.Get("Size")}
	if st.Dict.Has("Index") {
		index, _ = st.Dict.Get("Index").(Array)
	}
	if len(index) == 0 || len(index)%2 != 0 || w[0]+w[1]+w[2] == 0 {
		return nil, syntax(off, "the cross-reference stream has no sound /Index")
	}
	body, err := d.Decode(st)
	if err != nil {
		return nil, err
	}
	row := make([]byte, w[0]+w[1]+w[2])
	for i := 0; i < len(index); i += 2 {
		first, ok1 := index[i].(Int)
		count, ok2 := index[i+1].(Int)
		if !ok1 || !ok2 || first < 0 || count < 0 || count > maxObjectNum || first+count > maxObjectNum+1 {
			return nil, syntax(off, "the cross-reference stream has no sound /Index")
		}
		if err := d.countEntries(int64(count)); err != nil {
			return nil, err
		}
		for j := Int(0); j < count; j++ {
			if _, err := io.ReadFull(body, row); err != nil {
				return nil, streamErr(off, err)
			}
			e, ok := streamEntry(row, w, uint32(first+j))
			if !ok {
				return nil, syntax(off, "the cross-reference stream has an unsound entry for object %d", first+j)
			}
			s.Entries = append(s.Entries, e)
		}
	}
	if _, err := io.ReadFull(body, row[:1]); err == nil {
		return nil, syntax(off, "the cross-reference stream has more entries than it announces")
	} else if err != io.EOF {
		return nil, streamErr(off, err)
	}
	return s, nil
}

func streamEntry(row []byte, w [3]int, num uint32) (Entry, bool) {
	var f [3]uint64
	f[0] = 1
	for i, at := 0, 0; i < 3; i++ {
		if w[i] > 0 {
			f[i] = 0
			for _, b := range row[at : at+w[i]] {
				f[i] = f[i]<<8 | uint64(b)
			}
		}
		at += w[i]
	}
	if f[1] > math.MaxInt64 {
		return Entry{}, false
	}
	e := Entry{Num: num, Offset: int64(f[1])}
	switch f[0] {
	case 0:
		// Some writers give free entries a generation that doesn't fit; nothing reads it.
		e.Gen = uint16(min(f[2], math.MaxUint16))
	case 1:
		if f[2] > math.MaxUint16 {
			return Entry{}, false
		}
		e.Kind, e.Gen = InFile, uint16(f[2])
	case 2:
		if f[1] > maxObjectNum || f[2] > math.MaxUint32 {
			return Entry{}, false
		}
		e.Kind, e.Index = InObjectStream, uint32(f[2])
	default:
		return Entry{}, false
	}
	return e, true
}
