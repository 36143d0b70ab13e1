package pdf

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"fmt"
	"sort"
)

// Update builds one incremental update of a document (ISO 32000-1, 7.5.6): what is
// appended to the file, whose own bytes stay as they are.
type Update struct {
	doc     *Document
	next    uint32
	objects map[uint32]updated
}

type updated struct {
	gen  uint16
	body Object
}

// NewUpdate starts an update. Encrypted files are refused, as nothing here encrypts
// what is added, and files with anything after their end. A hybrid file gets a table
// without a stream, which old and new readers see alike.
func NewUpdate(doc *Document) (*Update, error) {
	if doc.Encrypted() {
		return nil, syntax(-1, "the file is encrypted")
	}
	n, err := doc.TrailingBytes()
	if err != nil {
		return nil, err
	}
	if n > 0 {
		return nil, syntax(-1, "other bytes come after the end of the file")
	}
	return &Update{doc, doc.At(0).MaxNum() + 1, map[uint32]updated{}}, nil
}

// Add adds a new object.
func (u *Update) Add(o Object) Ref {
	r := Ref{Num: u.next}
	u.next++
	u.objects[r.Num] = updated{0, o}
	return r
}

// Replace gives an object, old or added, another content.
func (u *Update) Replace(r Ref, o Object) { u.objects[r.Num] = updated{r.Gen, o} }

// Bytes gives what has to be appended, and where in the updated file the body of
// each object starts.
func (u *Update) Bytes() (out []byte, bodies map[Ref]int64, err error) {
	base := u.doc.Size()
	if l := newLexer(u.doc.src, base-1); !isSpace(l.peek()) {
		if l.err != nil {
			return nil, nil, l.err
		}
		out = append(out, '\n')
	}
	bodies = map[Ref]int64{}
	var nums []uint32
	for n := range u.objects {
		nums = append(nums, n)
	}
	sort.Slice(nums, func(i, j int) bool { return nums[i] < nums[j] })
	var entries []Entry
	for _, n := range nums {
		o := u.objects[n]
		entries = append(entries, Entry{Num: n, Gen: o.gen, Kind: InFile, Offset: base + int64(len(out))})
		out = fmt.Appendf(out, "%d %d obj\n", n, o.gen)
		bodies[Ref{n, o.gen}] = base + int64(len(out))
		out = append(AppendObject(out, o.body), "\nendobj\n"...)
	}
	start := base + int64(len(out))
	if u.doc.sections[0].Stream {
		out = u.appendStream(out, entries, start)
	} else {
		out = u.appendTable(out, entries)
	}
	return fmt.Appendf(out, "startxref\n%d\n%%%%EOF\n", start), bodies, nil
}

// trailer carries over what a trailer must keep, and names a new version of the
// file in /ID.
func (u *Update) trailer(size uint32, out []byte) *Dict {
	was, t := u.doc.Trailer(), NewDict()
	t.Set("Size", Int(size))
	for _, k := range []Name{"Root", "Info"} {
		if was.Has(k) {
			t.Set(k, was.Get(k))
		}
	}
	if id, ok := was.Get("ID").(Array); ok && len(id) == 2 {
		sum := sha256.Sum256(out)
		t.Set("ID", Array{id[0], String{Value: sum[:16]}})
	}
	t.Set("Prev", Int(u.doc.StartXRef()))
	return t
}

// runs calls f for each run of entries with consecutive numbers.
func runs(entries []Entry, f func([]Entry)) {
	for i := 0; i < len(entries); {
		j := i + 1
		for j < len(entries) && entries[j].Num == entries[j-1].Num+1 {
			j++
		}
		f(entries[i:j])
		i = j
	}
}

func (u *Update) appendTable(out []byte, entries []Entry) []byte {
	trailer := u.trailer(u.next, out)
	out = append(out, "xref\n"...)
	runs(entries, func(run []Entry) {
		out = fmt.Appendf(out, "%d %d\n", run[0].Num, len(run))
		for _, e := range run {
			out = fmt.Appendf(out, "%010d %05d n \n", e.Offset, e.Gen)
		}
	})
	out = append(AppendObject(append(out, "trailer\n"...), trailer), '\n')
	return out
}

func (u *Update) appendStream(out []byte, entries []Entry, start int64) []byte {
	self := u.next
	entries = append(entries, Entry{Num: self, Kind: InFile, Offset: start})
	t := u.trailer(self+1, out)
	t.Set("Type", Name("XRef"))
	t.Set("W", Array{Int(1), Int(8), Int(2)})
	index := Array{}
	runs(entries, func(run []Entry) { index = append(index, Int(run[0].Num), Int(len(run))) })
	t.Set("Index", index)
	var rows bytes.Buffer
	z := zlib.NewWriter(&rows)
	for _, e := range entries {
		row := []byte{1}
		for shift := 56; shift >= 0; shift -= 8 {
			row = append(row, byte(e.Offset>>shift))
		}
		z.Write(append(row, byte(e.Gen>>8), byte(e.Gen)))
	}
	z.Close()
	t.Set("Filter", Name("FlateDecode"))
	t.Set("Length", Int(rows.Len()))
	out = fmt.Appendf(out, "%d 0 obj\n", self)
	out = append(AppendObject(out, t), "\nstream\n"...)
	return append(append(out, rows.Bytes()...), "\nendstream\nendobj\n"...)
}

// Get gives what the update holds for an object, nil if it doesn't touch it.
func (u *Update) Get(r Ref) Object { return u.objects[r.Num].body }
