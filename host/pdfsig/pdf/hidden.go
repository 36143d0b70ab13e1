package pdf

import "bytes"

// maxBlank is how much white space may come before the word obj inside a string or a stream.
const maxBlank = 4096

// nothingHidden refuses an update in whose strings, streams or comments a reader that
// repairs files would find an object, a trailer or a table: it goes through the bytes
// for these words, wherever they stand, and takes the last. words are the offsets where
// the objects of the update have theirs.
func (d *Document) nothingHidden(inc *Increment, words map[int64]bool) error {
	const longest = len("startxref")
	s := inc.Section
	starts := 0
	buf := make([]byte, 64<<10)
	for at := inc.Start; at < inc.End; {
		n, err := d.src.readAt(buf[:min(int64(len(buf)), inc.End-at)], at)
		if err != nil {
			return err
		}
		// A word on the border of two pieces is found in the second.
		last := at+int64(n) == inc.End
		for i := 0; i < n && (last || i <= n-longest); i++ {
			b, off := buf[i:n], at+int64(i)
			switch {
			case b[0] == 'o' && bytes.HasPrefix(b, []byte("obj")) && !words[off]:
				hidden, err := d.afterNumbers(off)
				if err != nil {
					return err
				}
				if hidden {
					return syntax(off, "the update hides an object")
				}
			case b[0] == 't' && bytes.HasPrefix(b, []byte("trailer")) && (s.Stream || off != s.trailerAt):
				return syntax(off, "the update hides a trailer")
			case b[0] == 's' && bytes.HasPrefix(b, []byte("startxref")):
				if starts++; starts > 1 {
					return syntax(off, "the update hides where its table starts")
				}
			}
		}
		if last {
			break
		}
		at += int64(n - longest + 1)
	}
	return nil
}

// afterNumbers reports whether two numbers come before an offset, as before the word obj.
func (d *Document) afterNumbers(off int64) (bool, error) {
	l := newLexer(d.src, 0)
	at := off - 1
	skip := func(is func(int) bool) (n int) {
		for ; at >= 0 && n <= maxBlank && is(l.at(at)); at-- {
			n++
		}
		return n
	}
	if skip(isSpace) > maxBlank {
		return true, l.err
	}
	return skip(isDigit) > 0 && skip(isSpace) > 0 && at >= 0 && isDigit(l.at(at)), l.err
}
