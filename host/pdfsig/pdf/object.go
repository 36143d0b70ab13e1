package pdf

import (
	"math"
	"strconv"
)

// Object is one PDF value: nil (null), bool, Int, Real, Name, String, Array,
// *Dict, Ref or *Stream (ISO 32000-1, 7.3).
type Object any

// Int is an integer number.
type Int int64

// Real is a number with a decimal point. Text is how the file writes it, so that
// a writer can repeat it without a change.
type Real struct {
	Value float64
	Text  string
}

// Name is a name without its slash, escapes resolved.
type Name string

// String is a literal or hexadecimal string, decoded. Start and End are the file
// offsets of its first delimiter and of the byte after its last one; both are -1
// for a string inside an object stream.
type String struct {
	Value      []byte
	Hex        bool
	Start, End int64
}

// Array is an array of values.
type Array []Object

// Ref is an indirect reference.
type Ref struct {
	Num uint32
	Gen uint16
}

func (r Ref) String() string {
	return strconv.FormatUint(uint64(r.Num), 10) + " " + strconv.FormatUint(uint64(r.Gen), 10) + " R"
}

// Dict is a dictionary in the order of the file. A nil Dict is empty.
type Dict struct {
	keys   []Name
	values map[Name]Object
	dup    []Name
}

// NewDict makes an empty dictionary.
func NewDict() *Dict { return &Dict{values: map[Name]Object{}} }

// Get gives the value of a key, or nil.
func (d *Dict) Get(key Name) Object {
	if d == nil {
		return nil
	}
	return d.values[key]
}

// Has reports whether the key is there, even with the value null.
func (d *Dict) Has(key Name) bool {
	if d == nil {
		return false
	}
	_, ok := d.values[key]
	return ok
}

// Keys gives the keys in the order of the file, each once.
func (d *Dict) Keys() []Name {
	if d == nil {
		return nil
	}
	return d.keys
}

// Duplicates gives the keys that the file writes more than once. Readers differ
// in which value they take, so nothing that matters may rest on such a key; Get
// gives the first.
func (d *Dict) Duplicates() []Name {
	if d == nil {
		return nil
	}
	return d.dup
}

// Set puts a value, at the end if the key is new.
func (d *Dict) Set(key Name, value Object) {
	if _, ok := d.values[key]; !ok {
		d.keys = append(d.keys, key)
	}
	d.values[key] = value
}

// Clone gives a copy that may be changed; the values are shared.
func (d *Dict) Clone() *Dict {
	c := NewDict()
	for _, k := range d.Keys() {
		c.Set(k, d.values[k])
	}
	return c
}

func (d *Dict) add(key Name, value Object) {
	if d.Has(key) {
		d.dup = append(d.dup, key)
		return
	}
	d.Set(key, value)
}

// Stream is a stream object: its dictionary and where its raw bytes lie in the
// file. The bytes are not read until asked for.
type Stream struct {
	Dict   *Dict
	Offset int64
	Length int64
}

// AsDict gives the dictionary of a Dict or Stream, else nil.
func AsDict(o Object) *Dict {
	switch v := o.(type) {
	case *Dict:
		return v
	case *Stream:
		return v.Dict
	}
	return nil
}

// Number gives the value of an Int or Real.
func Number(o Object) (float64, bool) {
	switch v := o.(type) {
	case Int:
		return float64(v), true
	case Real:
		return v.Value, true
	}
	return 0, false
}

// Equal compares two values without following references. How a value is written
// doesn't matter (hex or literal, 1 or 1.0); null equals an absent key. Streams
// are equal only if they are the same bytes of the same file.
func Equal(a, b Object) bool {
	switch x := a.(type) {
	case nil:
		return b == nil
	case bool:
		y, ok := b.(bool)
		return ok && x == y
	case Int, Real:
		if i, ok := a.(Int); ok {
			if j, ok := b.(Int); ok {
				return i == j
			}
		}
		fa, _ := Number(a)
		fb, ok := Number(b)
		// Writers round decimals when they repeat a dictionary; to round a small one to
		// nothing would change a scale.
		diff := math.Abs(fa - fb)
		return ok && diff < 1e-4 && diff <= 1e-4*max(math.Abs(fa), math.Abs(fb))
	case Name:
		y, ok := b.(Name)
		return ok && x == y
	case Ref:
		y, ok := b.(Ref)
		return ok && x == y
	case String:
		y, ok := b.(String)
		return ok && string(x.Value) == string(y.Value)
	case Array:
		y, ok := b.(Array)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !Equal(x[i], y[i]) {
				return false
			}
		}
		return true
	case *Dict:
		y, ok := b.(*Dict)
		return ok && len(DiffKeys(x, y)) == 0
	case *Stream:
		y, ok := b.(*Stream)
		return ok && x.Offset == y.Offset && x.Length == y.Length && Equal(x.Dict, y.Dict)
	}
	return false
}

// DiffKeys gives the keys whose values differ, null taken as absent. A key that
// either side writes twice always differs.
func DiffKeys(a, b *Dict) []Name {
	var diff []Name
	seen := map[Name]bool{}
	for _, d := range []*Dict{a, b} {
		for _, k := range d.Duplicates() {
			if !seen[k] {
				seen[k] = true
				diff = append(diff, k)
			}
		}
	}
	for _, d := range []*Dict{a, b} {
		for _, k := range d.Keys() {
			if !seen[k] {
				seen[k] = true
				if !Equal(a.Get(k), b.Get(k)) {
					diff = append(diff, k)
				}
			}
		}
	}
	return diff
}
