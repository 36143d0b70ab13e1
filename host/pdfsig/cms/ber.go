package cms

import (
	"errors"
	"fmt"
)

const (
	maxMessage  = 4 << 20 // bytes of one message
	maxBERDepth = 48
	maxBERNodes = 200_000
)

var errBER = errors.New("the CMS data is not sound BER")

// Normalize rewrites the first BER value of b (ITU-T X.690) with definite, shortest
// lengths and unbroken octet strings, and says how many bytes of b it took. What
// was written with definite lengths throughout is copied as received, and nothing
// is ever put in another order: signed attributes are hashed as they came
// (facts/pdf.md 1.4: re-sorting rejects genuine signatures).
func Normalize(b []byte) (der []byte, used int, err error) {
	if len(b) > maxMessage {
		return nil, 0, fmt.Errorf("%w: larger than %d bytes", errBER, maxMessage)
	}
	p := &berParser{in: b}
	n, err := p.value(0, 0, len(b))
	if err != nil {
		return nil, 0, err
	}
	return n.append(nil, b), n.end, nil
}

// berNode is one value: its header, and either its children or its raw bytes.
type berNode struct {
	tag        byte
	start, end int
	asIs       bool // definite lengths throughout
	body, stop int  // of a primitive's content
	kids       []*berNode
}

type berParser struct {
	in    []byte
	nodes int
}

func (p *berParser) value(depth, at, limit int) (*berNode, error) {
	bad := func(what string) (*berNode, error) {
		return nil, fmt.Errorf("%w: %s at byte %d", errBER, what, at)
	}
	if p.nodes++; depth > maxBERDepth || p.nodes > maxBERNodes {
		return bad("too deep or too many values")
	}
	if limit-at < 2 {
		return bad("cut off")
	}
	n := &berNode{tag: p.in[at], start: at, asIs: true}
	if n.tag&0x1f == 0x1f {
		return bad("a tag number that CMS doesn't use")
	}
	constructed := n.tag&0x20 != 0
	length, first := 0, p.in[at+1]
	n.body = at + 2
	switch {
	case first < 0x80:
		length = int(first)
	case first == 0x80:
		if !constructed {
			return bad("an indefinite length on a plain value")
		}
		return n, p.indefinite(n, depth, limit)
	default:
		count := int(first & 0x7f)
		if count > 4 || limit-n.body < count {
			return bad("an unsound length")
		}
		for _, c := range p.in[n.body : n.body+count] {
			length = length<<8 | int(c)
		}
		n.body += count
	}
	if length < 0 || length > limit-n.body {
		return bad("cut off")
	}
	n.stop = n.body + length
	n.end = n.stop
	if !constructed {
		return n, nil
	}
	for at := n.body; at < n.stop; {
		kid, err := p.value(depth+1, at, n.stop)
		if err != nil {
			return nil, err
		}
		n.add(kid)
		at = kid.end
	}
	if n.tag == 0x24 {
		n.asIs = false
	}
	return n, nil
}

func (p *berParser) indefinite(n *berNode, depth, limit int) error {
	n.asIs = false
	for at := n.body; ; {
		if limit-at < 2 {
			return fmt.Errorf("%w: an indefinite value isn't closed", errBER)
		}
		if p.in[at] == 0 && p.in[at+1] == 0 {
			n.stop, n.end = at, at+2
			return nil
		}
		kid, err := p.value(depth+1, at, limit)
		if err != nil {
			return err
		}
		n.add(kid)
		at = kid.end
	}
}

func (n *berNode) add(kid *berNode) {
	n.kids = append(n.kids, kid)
	n.asIs = n.asIs && kid.asIs
}

func (n *berNode) append(out, in []byte) []byte {
	if n.asIs {
		return append(out, in[n.start:n.end]...)
	}
	var body []byte
	tag := n.tag
	if tag == 0x24 { // an octet string in pieces
		tag, body = 0x04, n.pieces(nil, in)
	} else {
		for _, k := range n.kids {
			body = k.append(body, in)
		}
	}
	return append(appendHeader(out, tag, len(body)), body...)
}

// pieces joins the content of an octet string's parts.
func (n *berNode) pieces(out, in []byte) []byte {
	if n.tag&0x20 == 0 {
		return append(out, in[n.body:n.stop]...)
	}
	for _, k := range n.kids {
		out = k.pieces(out, in)
	}
	return out
}

func appendHeader(out []byte, tag byte, n int) []byte {
	switch {
	case n < 0x80:
		return append(out, tag, byte(n))
	case n < 0x100:
		return append(out, tag, 0x81, byte(n))
	case n < 0x10000:
		return append(out, tag, 0x82, byte(n>>8), byte(n))
	}
	return append(out, tag, 0x83, byte(n>>16), byte(n>>8), byte(n))
}
