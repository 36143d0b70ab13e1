package pdf

import (
	"encoding/hex"
	"fmt"
	"strconv"
)

// RawObject is a value that is written as its bytes stand. The reader never gives
// one.
type RawObject []byte

// AppendObject appends the value as PDF text. A stream is written by its owner, not
// here: it gives its dictionary only.
func AppendObject(b []byte, o Object) []byte {
	switch v := o.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case Int:
		return strconv.AppendInt(b, int64(v), 10)
	case Real:
		return append(b, v.Text...)
	case Name:
		return appendName(b, v)
	case String:
		b = append(b, '<')
		b = hex.AppendEncode(b, v.Value)
		return append(b, '>')
	case Ref:
		return fmt.Appendf(b, "%d %d R", v.Num, v.Gen)
	case Array:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ' ')
			}
			b = AppendObject(b, e)
		}
		return append(b, ']')
	case *Dict:
		b = append(b, "<<"...)
		for _, k := range v.Keys() {
			b = append(appendName(b, k), ' ')
			b = AppendObject(b, v.Get(k))
		}
		return append(b, ">>"...)
	case *Stream:
		return AppendObject(b, v.Dict)
	case RawObject:
		return append(b, v...)
	}
	panic(fmt.Sprintf("pdf: a %T can't be written", o))
}

func appendName(b []byte, n Name) []byte {
	b = append(b, '/')
	for i := 0; i < len(n); i++ {
		if c := n[i]; c <= ' ' || c > '~' || c == '#' || isDelim(int(c)) {
			b = fmt.Appendf(b, "#%02X", c)
		} else {
			b = append(b, c)
		}
	}
	return b
}
