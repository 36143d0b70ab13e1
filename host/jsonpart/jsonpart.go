// Package jsonpart finds a value in a JSON object without reading the texts on the way by letters. encoding/json goes through a message
// five times, at some 100 MB/s each: of half a megabyte of a document that is most of what the program does with it.
package jsonpart

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// Find gives where the value of a key stands in an object: object[start:end]. It looks at the object's own keys only, and at no more
// than where texts, objects and lists begin and end, so the rest may be no JSON at all: whoever uses the value has that checked, too.
//
// ok is false where encoding/json might see something else: no such key, the key twice or once more in other letters, a key with an
// escape in it, or what can't be JSON.
func Find(object []byte, key string) (start, end int, ok bool) {
	i := blank(object, 0)
	if i >= len(object) || object[i] != '{' {
		return 0, 0, false
	}
	i = blank(object, i+1)
	for first := true; ; first = false {
		if i < len(object) && object[i] == '}' && first {
			return 0, 0, false
		}
		name := i
		i = afterText(object, i)
		if i < 0 || bytes.IndexByte(object[name:i], '\\') >= 0 {
			return 0, 0, false
		}
		same := object[name+1 : i-1]
		if i = blank(object, i); i >= len(object) || object[i] != ':' {
			return 0, 0, false
		}
		value := blank(object, i+1)
		if i = afterValue(object, value); i < 0 {
			return 0, 0, false
		}
		if bytes.EqualFold(same, []byte(key)) {
			if ok || string(same) != key {
				return 0, 0, false
			}
			start, end, ok = value, i, true
		}
		if i = blank(object, i); i >= len(object) {
			return 0, 0, false
		}
		switch object[i] {
		case ',':
			i = blank(object, i+1)
		case '}':
			return start, end, ok
		default:
			return 0, 0, false
		}
	}
}

// Plain gives what stands between the quotes of a JSON text that means just that: nothing in it is escaped, or would have to be. That
// it's UTF-8 isn't looked at.
func Plain(value []byte) (text []byte, ok bool) {
	if len(value) < 2 || value[0] != '"' || afterText(value, 0) != len(value) {
		return nil, false
	}
	text = value[1 : len(value)-1]
	if bytes.IndexByte(text, '\\') >= 0 {
		return nil, false
	}
	if control(text) {
		return nil, false
	}
	return text, true
}

// control says whether any byte is under 0x20. It looks at eight at a time: x - 0x20 in each byte borrows into its highest bit if the byte was
// less, and is of no meaning where the byte had that bit itself.
func control(text []byte) bool {
	const each = 0x0101010101010101
	for ; len(text) >= 8; text = text[8:] {
		x := binary.LittleEndian.Uint64(text)
		if (x-0x20*each)&^x&(0x80*each) != 0 {
			return true
		}
	}
	return slices.ContainsFunc(text, func(b byte) bool { return b < 0x20 })
}

// Without gives a copy of data with short in the place of data[start:end].
func Without(data []byte, start, end int, short string) []byte {
	rest := make([]byte, 0, len(data)-(end-start)+len(short))
	rest = append(rest, data[:start]...)
	rest = append(rest, short...)
	return append(rest, data[end:]...)
}

// Deep says whether objects and lists are nested deeper than so many levels.
func Deep(data []byte, levels int) bool {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			if i = afterText(data, i); i < 0 {
				return false // ends in a text
			}
			i--
		case '{', '[':
			if depth++; depth > levels {
				return true
			}
		case '}', ']':
			depth--
		}
	}
	return false
}

// afterValue gives the index after the value that begins at i, negative where it has no end. What stands between the brackets of an object or
// a list isn't looked at, but for its texts.
func afterValue(data []byte, i int) int {
	if i >= len(data) {
		return -1
	}
	switch data[i] {
	case '"':
		return afterText(data, i)
	case '{', '[':
		depth := 0
		for i < len(data) {
			switch data[i] {
			case '"':
				if i = afterText(data, i); i < 0 {
					return -1
				}
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
			i++
		}
		return -1
	}
	begin := i
	for i < len(data) && bytes.IndexByte([]byte(",}] \t\r\n:\"{["), data[i]) < 0 {
		i++
	}
	if i == begin {
		return -1
	}
	return i
}

// afterText gives the index after the text that begins at i, negative where none does or it has no end.
func afterText(data []byte, i int) int {
	if i >= len(data) || data[i] != '"' {
		return -1
	}
	for i++; ; i++ {
		next := bytes.IndexByte(data[i:], '"')
		if next < 0 {
			return -1
		}
		// A quote that is escaped has an odd number of \ before it.
		from := i
		i += next
		escapes := 0
		for i-escapes > from && data[i-escapes-1] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i + 1
		}
	}
}

func blank(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\t' || data[i] == '\r' || data[i] == '\n') {
		i++
	}
	return i
}
