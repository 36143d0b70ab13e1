package pdf

import (
	"bytes"
	"io"
	"testing"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
)

// FuzzLexer holds any bytes against the lexer: whatever it reads must survive being
// written and read again.
func FuzzLexer(f *testing.F) {
	for _, s := range []string{
		"null", "true", "-12.5", "+7", "12 0 R", "/Name#20x", "(a\\(b\\)\\101\\\r\n)", "<48656c6C6f7>", "[1 2 R 3 0 R(x)<</A[/B]>>]",
		"<</A 1/A 2/B<</C null>>>>", "[[[[[[", "((((", "%comment\n5", "1..2", "<zz>", "9999999999999999999",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l := newLexer(source{r: bytes.NewReader(b), size: int64(len(b))}, 0)
		o, err := l.object(0)
		if err != nil {
			return
		}
		if l.pos > int64(len(b)) {
			t.Fatalf("read %d of %d bytes", l.pos, len(b))
		}
		again := AppendObject(nil, o)
		l = newLexer(source{r: bytes.NewReader(again), size: int64(len(again))}, 0)
		back, err := l.object(0)
		if err != nil {
			t.Fatalf("%q was written as %q, which can't be read: %v", b, again, err)
		}
		if !duplicates(o) && !Equal(o, back) {
			t.Fatalf("%q became %q", b, again)
		}
	})
}

func duplicates(o Object) bool {
	switch v := o.(type) {
	case Array:
		for _, e := range v {
			if duplicates(e) {
				return true
			}
		}
	case *Dict:
		for _, k := range v.Keys() {
			if duplicates(v.Get(k)) {
				return true
			}
		}
		return len(v.Duplicates()) > 0
	}
	return false
}

// FuzzOpen reads whole files, tables and streams and all objects: no panic, no hang.
func FuzzOpen(f *testing.F) {
	for _, s := range pdftest.Shapes() {
		f.Add(s.Data)
	}
	f.Add(pdftest.Hybrid())
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Open(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		d.decodeBudget, d.readBudget = 16<<20, 64<<20
		for i := range d.sections {
			v := d.At(i)
			_ = v.Pages(func(Page) bool { return true })
			_ = v.Each(func(uint32, Object) bool { return true })
			_, _ = d.Increment(0, i)
		}
		_, _ = d.TrailingBytes()
		d.Revisions()
		if u, err := NewUpdate(d); err == nil {
			u.Add(Name("x"))
			_, _, _ = u.Bytes()
		}
	})
}

// FuzzXRefTable reads tables and trailers of any text.
func FuzzXRefTable(f *testing.F) {
	f.Add([]byte("0 2\n0000000000 65535 f \n0000000009 00000 n \ntrailer\n<</Size 2/Root 1 0 R>>\nstartxref\n0\n%%EOF\n"))
	f.Add([]byte("3 1\n0000000009 00001 n\r\n0 0\ntrailer<</Size 4/Prev 0/XRefStm 5>>"))
	f.Fuzz(func(t *testing.T, text []byte) {
		b := append([]byte("xref\n"), text...)
		d := &Document{readBudget: 1 << 20, decodeBudget: 1 << 20, getBudget: 1000}
		d.src = source{bytes.NewReader(b), int64(len(b)), &d.readBudget}
		s, err := d.readSection(0)
		if err != nil {
			return
		}
		size := int64(s.Trailer.Get("Size").(Int))
		for i, e := range s.Entries {
			if int64(e.Num) >= size || i > 0 && e.Num <= s.Entries[i-1].Num || e.Offset < 0 {
				t.Fatalf("entry %d: %+v", i, e)
			}
		}
		if s.Prev >= int64(len(b)) || s.End > int64(len(b)) {
			t.Fatalf("%+v", s)
		}
	})
}

// FuzzXRefStream reads cross-reference streams with any rows, widths and index.
func FuzzXRefStream(f *testing.F) {
	f.Add([]byte("/W[1 2 1]/Index[0 2]/Size 2/Root 1 0 R"), []byte{0, 0, 0, 255, 1, 0, 9, 0})
	f.Add([]byte("/W[0 8 0]/Size 9/Prev 0/DecodeParms<</Predictor 12/Columns 4>>"), []byte{2, 1, 2, 3, 4})
	f.Fuzz(func(t *testing.T, dict, rows []byte) {
		head := []byte("1 0 obj\n<</Type/XRef")
		b := append(append(head, dict...), AppendObject([]byte("/Length "), Int(len(rows)))...)
		b = append(append(append(b, ">>\nstream\n"...), rows...), "\nendstream\nendobj\n"...)
		d := &Document{readBudget: 1 << 20, decodeBudget: 1 << 20, getBudget: 1000}
		d.src = source{bytes.NewReader(b), int64(len(b)), &d.readBudget}
		s, err := d.readSection(0)
		if err == nil && len(s.Entries) > 0 && int64(s.Entries[len(s.Entries)-1].Num) >= int64(s.Trailer.Get("Size").(Int)) {
			t.Fatal("an entry beyond /Size")
		}
	})
}

// FuzzObjectStream reads object streams with any index.
func FuzzObjectStream(f *testing.F) {
	f.Add([]byte("1 0 2 5 (ab) [1 2]"), 2, 8)
	f.Add([]byte("1 0 null"), 1, 4)
	f.Fuzz(func(t *testing.T, b []byte, n, first int) {
		d := &Document{readBudget: 1 << 20, decodeBudget: 1 << 20, getBudget: 1000}
		d.src = source{bytes.NewReader(b), int64(len(b)), &d.readBudget}
		dict := NewDict()
		dict.Set("N", Int(n))
		dict.Set("First", Int(first))
		s, err := d.readObjectStream(&Stream{Dict: dict, Length: int64(len(b))})
		if err != nil {
			return
		}
		for i := range s.nums {
			_, _ = s.object(i)
		}
	})
}

// FuzzDecode decodes any bytes with any predictor.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("x\x9c\x03\x00\x00\x00\x00\x01"), 12, 4)
	f.Fuzz(func(t *testing.T, b []byte, predictor, columns int) {
		d := &Document{readBudget: 1 << 20, decodeBudget: 1 << 20, getBudget: 1000}
		d.src = source{bytes.NewReader(b), int64(len(b)), &d.readBudget}
		dict, parms := NewDict(), NewDict()
		parms.Set("Predictor", Int(predictor))
		parms.Set("Columns", Int(columns))
		dict.Set("Filter", Name("FlateDecode"))
		dict.Set("DecodeParms", parms)
		r, err := d.Decode(&Stream{Dict: dict, Length: int64(len(b))})
		if err == nil {
			_, _ = io.Copy(io.Discard, r)
		}
	})
}
