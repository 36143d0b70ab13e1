package pdf

import (
	"math"
	"strconv"
)

// lexer reads values at a position of a source. After an error it must not be
// used further.
type lexer struct {
	src      source
	pos      int64
	buf      []byte
	bufAt    int64
	err      error // what stopped the reading; wins over any syntax error
	nodes    int
	inStream bool // inside an object stream: offsets mean nothing in the file
}

func newLexer(src source, pos int64) *lexer { return &lexer{src: src, pos: pos} }

const window = 1024

// at gives the byte at an offset, or -1 past the end or after a read error.
func (l *lexer) at(off int64) int {
	if i := off - l.bufAt; i >= 0 && i < int64(len(l.buf)) {
		return int(l.buf[i])
	}
	if off < 0 || off >= l.src.size || l.err != nil {
		return -1
	}
	if cap(l.buf) == 0 {
		l.buf = make([]byte, window)
	} else if off == l.bufAt+int64(len(l.buf)) && cap(l.buf) < 16*window {
		l.buf = make([]byte, 16*window) // a long object: fewer, larger reads
	}
	l.buf = l.buf[:cap(l.buf)]
	n, err := l.src.readAt(l.buf, off)
	l.buf, l.bufAt = l.buf[:n], off
	if err != nil {
		l.err = err
		l.buf = l.buf[:0]
		return -1
	}
	return int(l.buf[0])
}

func (l *lexer) peek() int { return l.at(l.pos) }

func (l *lexer) fail(format string, args ...any) error {
	if l.err != nil {
		return l.err
	}
	off := l.pos
	if l.inStream {
		off = -1
	}
	return syntax(off, format, args...)
}

func isSpace(c int) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isDelim(c int) bool {
	switch c {
	case '(', ')', '<', '>', '[', ']', '{', '}', '/', '%':
		return true
	}
	return false
}

func isRegular(c int) bool { return c >= 0 && !isSpace(c) && !isDelim(c) }
func isDigit(c int) bool   { return c >= '0' && c <= '9' }

// space skips white space and comments.
func (l *lexer) space() {
	for {
		c := l.peek()
		switch {
		case isSpace(c):
			l.pos++
		case c == '%':
			for c != '\n' && c != '\r' && c >= 0 {
				l.pos++
				c = l.peek()
			}
		default:
			return
		}
	}
}

// blank skips white space alone, where some readers don't expect a comment.
func (l *lexer) blank() {
	for isSpace(l.peek()) {
		l.pos++
	}
}

// keyword takes the word if it stands here as a whole token.
func (l *lexer) keyword(w string) bool {
	if !l.literal(w) {
		return false
	}
	if isRegular(l.peek()) {
		l.pos -= int64(len(w))
		return false
	}
	return true
}

// literal takes the bytes if they stand here.
func (l *lexer) literal(w string) bool {
	for i := 0; i < len(w); i++ {
		if l.at(l.pos+int64(i)) != int(w[i]) {
			return false
		}
	}
	l.pos += int64(len(w))
	return true
}

// digits takes an unsigned decimal number of at most max digits that ends a token.
func (l *lexer) digits(max int) (int64, bool) {
	start, n := l.pos, int64(0)
	for isDigit(l.peek()) {
		if l.pos-start >= int64(max) {
			l.pos = start
			return 0, false
		}
		n = n*10 + int64(l.peek()-'0')
		l.pos++
	}
	if l.pos == start || isRegular(l.peek()) {
		l.pos = start
		return 0, false
	}
	return n, true
}

// object reads one value. Indirect objects are read by header and body.
func (l *lexer) object(depth int) (Object, error) {
	if depth > maxDepth {
		return nil, l.fail("values are nested too deep")
	}
	if l.nodes++; l.nodes > maxNodes {
		return nil, l.fail("an object has too many values")
	}
	l.space()
	c := l.peek()
	switch {
	case c < 0:
		return nil, l.fail("the file ends inside a value")
	case c == '/':
		return l.name()
	case c == '(':
		return l.literalString()
	case c == '<':
		if l.at(l.pos+1) == '<' {
			return l.dict(depth)
		}
		return l.hexString()
	case c == '[':
		return l.array(depth)
	case isDigit(c) || c == '+' || c == '-' || c == '.':
		return l.number()
	case l.keyword("true"):
		return true, nil
	case l.keyword("false"):
		return false, nil
	case l.keyword("null"):
		return nil, nil
	}
	return nil, l.fail("a value was expected")
}

func (l *lexer) array(depth int) (Object, error) {
	l.pos++
	a := Array{}
	for {
		l.space()
		if l.peek() == ']' {
			l.pos++
			return a, nil
		}
		o, err := l.object(depth + 1)
		if err != nil {
			return nil, err
		}
		a = append(a, o)
	}
}

func (l *lexer) dict(depth int) (Object, error) {
	l.pos += 2
	d := NewDict()
	for {
		l.space()
		switch l.peek() {
		case '>':
			if l.at(l.pos+1) != '>' {
				return nil, l.fail("a dictionary isn't closed")
			}
			l.pos += 2
			return d, nil
		case '/':
		default:
			return nil, l.fail("a dictionary key was expected")
		}
		k, err := l.name()
		if err != nil {
			return nil, err
		}
		v, err := l.object(depth + 1)
		if err != nil {
			return nil, err
		}
		d.add(k, v)
	}
}

func (l *lexer) name() (Name, error) {
	l.pos++
	var b []byte
	for c := l.peek(); isRegular(c); c = l.peek() {
		if len(b) >= maxName {
			return "", l.fail("a name is too long")
		}
		if c == '#' {
			hi, lo := unhex(l.at(l.pos+1)), unhex(l.at(l.pos+2))
			if hi >= 0 && lo >= 0 {
				if c = hi<<4 | lo; c == 0 {
					return "", l.fail("a name holds a zero byte")
				}
				l.pos += 2
			}
		}
		b = append(b, byte(c))
		l.pos++
	}
	return Name(b), l.err
}

func unhex(c int) int {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return -1
}

func (l *lexer) span(start int64, value []byte, hex bool) String {
	if l.inStream {
		return String{Value: value, Hex: hex, Start: -1, End: -1}
	}
	return String{Value: value, Hex: hex, Start: start, End: l.pos}
}

func (l *lexer) hexString() (Object, error) {
	start := l.pos
	l.pos++
	b, half := []byte{}, -1
	for {
		c := l.peek()
		switch {
		case c < 0:
			return nil, l.fail("the file ends inside a string")
		case l.pos-start > maxString:
			return nil, l.fail("a string is too long")
		case c == '>':
			l.pos++
			if half >= 0 {
				b = append(b, byte(half<<4))
			}
			return l.span(start, b, true), nil
		case isSpace(c):
		case unhex(c) < 0:
			return nil, l.fail("a hexadecimal string holds another character")
		case half < 0:
			half = unhex(c)
		default:
			b, half = append(b, byte(half<<4|unhex(c))), -1
		}
		l.pos++
	}
}

func (l *lexer) literalString() (Object, error) {
	start := l.pos
	l.pos++
	b, open := []byte{}, 1
	for {
		c := l.peek()
		if c < 0 {
			return nil, l.fail("the file ends inside a string")
		}
		if l.pos-start > maxString {
			return nil, l.fail("a string is too long")
		}
		l.pos++
		switch c {
		case '(':
			open++
		case ')':
			if open--; open == 0 {
				return l.span(start, b, false), nil
			}
		case '\r':
			if l.peek() == '\n' {
				l.pos++
			}
			c = '\n'
		case '\\':
			var skip bool
			if c, skip = l.escape(); skip {
				continue
			}
		}
		b = append(b, byte(c))
	}
}

// escape reads what follows a backslash in a literal string.
func (l *lexer) escape() (c int, skip bool) {
	c = l.peek()
	if c < 0 {
		return 0, true
	}
	l.pos++
	switch c {
	case 'n':
		return '\n', false
	case 'r':
		return '\r', false
	case 't':
		return '\t', false
	case 'b':
		return '\b', false
	case 'f':
		return '\f', false
	case '\r':
		if l.peek() == '\n' {
			l.pos++
		}
		return 0, true
	case '\n':
		return 0, true
	}
	if c < '0' || c > '7' {
		return c, false
	}
	n := c - '0'
	for i := 0; i < 2; i++ {
		d := l.peek()
		if d < '0' || d > '7' {
			break
		}
		n = n<<3 | (d - '0')
		l.pos++
	}
	return n & 0xff, false
}

// number reads an integer, a real, or the whole of an indirect reference.
func (l *lexer) number() (Object, error) {
	start := l.pos
	var text []byte
	digits, dots := 0, 0
	for c := l.peek(); isRegular(c); c = l.peek() {
		switch {
		case isDigit(c):
			digits++
		case c == '.':
			dots++
		case (c == '+' || c == '-') && l.pos == start:
		default:
			return nil, l.fail("a number holds another character")
		}
		if len(text) >= 64 {
			return nil, l.fail("a number is too long")
		}
		text = append(text, byte(c))
		l.pos++
	}
	if l.err != nil {
		return nil, l.err
	}
	if digits == 0 || dots > 1 {
		return nil, l.fail("a number was expected")
	}
	if dots == 1 {
		f, err := strconv.ParseFloat(string(text), 64)
		if err != nil || math.IsInf(f, 0) {
			return nil, l.fail("a number is out of range")
		}
		return Real{f, string(text)}, nil
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return nil, l.fail("a number is out of range")
	}
	if isDigit(int(text[0])) && n <= maxObjectNum {
		if gen, ok := l.refTail(); ok {
			return Ref{uint32(n), gen}, nil
		}
	}
	return Int(n), l.err
}

// refTail takes the second half of a reference, or nothing.
func (l *lexer) refTail() (uint16, bool) {
	back := l.pos
	l.space()
	if l.pos > back {
		if gen, ok := l.digits(5); ok && gen <= math.MaxUint16 {
			l.space()
			if l.keyword("R") {
				return uint16(gen), true
			}
		}
	}
	l.pos = back
	return 0, false
}
