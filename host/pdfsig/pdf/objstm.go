package pdf

import (
	"bytes"
	"io"
)

// objectStream is a decoded object stream: the numbers it holds and its bytes.
type objectStream struct {
	offset int64 // of the stream's bytes in the file: one identity for every view
	nums   []uint32
	starts []int64
	data   []byte
}

// fromObjectStream reads an object out of its object stream (ISO 32000-1, 7.5.7).
func (v *View) fromObjectStream(e Entry, nest int) (Object, error) {
	if nest > maxStreamNest {
		return nil, syntax(-1, "objects need each other too deep")
	}
	box, ok := v.Entry(uint32(e.Offset))
	if !ok || box.Kind != InFile || box.Gen != 0 {
		return nil, syntax(-1, "object %d lies in an object stream that isn't there", e.Num)
	}
	s, err := v.objectStream(box, nest)
	if err != nil {
		return nil, err
	}
	if int64(e.Index) >= int64(len(s.nums)) || s.nums[e.Index] != e.Num {
		return nil, syntax(box.Offset, "the object stream doesn't hold object %d where announced", e.Num)
	}
	return s.object(int(e.Index))
}

func (s *objectStream) object(i int) (Object, error) {
	end := int64(len(s.data))
	if i+1 < len(s.starts) {
		end = s.starts[i+1]
	}
	src := source{r: bytes.NewReader(s.data[:end]), size: end}
	l := newLexer(src, s.starts[i])
	l.inStream = true
	o, err := l.object(0)
	if err != nil {
		return nil, err
	}
	// What no reader is told to look at must not be there.
	if l.space(); l.pos != end {
		return nil, syntax(-1, "object %d of an object stream is followed by other bytes", s.nums[i])
	}
	return o, nil
}

func (v *View) objectStream(box Entry, nest int) (*objectStream, error) {
	d := v.doc
	for _, s := range d.cache {
		if s.offset == box.Offset {
			return s, nil
		}
	}
	ind, err := d.readIndirect(box.Offset, v, nest)
	if err != nil {
		return nil, err
	}
	st, ok := ind.Object.(*Stream)
	if !ok || ind.Num != box.Num || st.Dict.Get("Type") != Name("ObjStm") {
		return nil, syntax(box.Offset, "object %d is not the object stream it should be", box.Num)
	}
	s, err := d.readObjectStream(st)
	if err != nil {
		return nil, err
	}
	s.offset = box.Offset
	for len(d.cache) > 0 && d.cachedBytes+len(s.data) > maxCachedBytes {
		d.cachedBytes -= len(d.cache[0].data)
		d.cache = d.cache[1:]
	}
	d.cache, d.cachedBytes = append(d.cache, s), d.cachedBytes+len(s.data)
	return s, nil
}

func (d *Document) readObjectStream(st *Stream) (*objectStream, error) {
	n, ok1 := st.Dict.Get("N").(Int)
	first, ok2 := st.Dict.Get("First").(Int)
	if !ok1 || !ok2 || n < 0 || n > maxEntries || first < 0 || len(st.Dict.Duplicates()) > 0 {
		return nil, syntax(st.Offset, "an object stream has no sound /N and /First")
	}
	r, err := d.Decode(st)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(r, maxObjStm+1))
	if err != nil {
		return nil, streamErr(st.Offset, err)
	}
	if len(data) > maxObjStm {
		return nil, syntax(st.Offset, "an object stream is too large")
	}
	if int64(first) > int64(len(data)) {
		return nil, syntax(st.Offset, "an object stream has no sound /N and /First")
	}
	s := &objectStream{data: data}
	l := newLexer(source{r: bytes.NewReader(data[:first]), size: int64(first)}, 0)
	l.inStream = true
	for i := Int(0); i < n; i++ {
		l.space()
		num, ok1 := l.digits(10)
		l.space()
		at, ok2 := l.digits(10)
		at += int64(first)
		if !ok1 || !ok2 || num == 0 || num > maxObjectNum || at > int64(len(data)) ||
			len(s.starts) > 0 && at < s.starts[len(s.starts)-1] {
			return nil, syntax(st.Offset, "an object stream has an unsound list of objects")
		}
		s.nums, s.starts = append(s.nums, uint32(num)), append(s.starts, at)
	}
	objects := int64(len(data))
	if len(s.starts) > 0 {
		objects = s.starts[0]
	}
	// What no reader is told to look at must not be there: a page could show it.
	for _, c := range append(data[l.pos:first:first], data[first:objects]...) {
		if !isSpace(int(c)) {
			return nil, syntax(st.Offset, "an object stream has other bytes between its list and its objects")
		}
	}
	return s, nil
}
