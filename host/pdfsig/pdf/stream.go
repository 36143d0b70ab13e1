package pdf

import (
	"bufio"
	"compress/zlib"
	"errors"
	"io"
)

// Raw gives a stream's bytes as they stand in the file.
func (d *Document) Raw(st *Stream) io.Reader {
	return io.NewSectionReader(readerAt{d.src}, st.Offset, st.Length)
}

type readerAt struct{ src source }

func (r readerAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.src.readAt(p, off)
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

// Decode gives the decoded bytes of a stream that has no filter or FlateDecode
// with or without a PNG predictor, which is all that cross-reference and object
// streams use. The caller limits how much it takes; all decoding of one document
// together has a limit too.
func (d *Document) Decode(st *Stream) (io.Reader, error) {
	filter, parms := st.Dict.Get("Filter"), st.Dict.Get("DecodeParms")
	if a, ok := filter.(Array); ok {
		switch len(a) {
		case 0:
			filter = nil
		case 1:
			filter = a[0]
		default:
			return nil, syntax(st.Offset, "a cross-reference or object stream has more than one filter")
		}
	}
	if a, ok := parms.(Array); ok {
		if len(a) > 1 {
			return nil, syntax(st.Offset, "a stream has more parameters than filters")
		}
		parms = nil
		if len(a) == 1 {
			parms = a[0]
		}
	}
	var r io.Reader = bufio.NewReader(d.Raw(st))
	switch filter {
	case nil:
		return r, nil
	case Name("FlateDecode"), Name("Fl"):
	default:
		return nil, syntax(st.Offset, "a cross-reference or object stream has a filter other than FlateDecode")
	}
	z, err := zlib.NewReader(r)
	if err != nil {
		return nil, streamErr(st.Offset, err)
	}
	r = &budgetReader{z, &d.decodeBudget}
	switch p := parms.(type) {
	case nil:
		return r, nil
	case *Dict:
		return predict(r, p, st.Offset)
	}
	return nil, syntax(st.Offset, "a stream's parameters are not a dictionary")
}

// streamErr tells damage inside a stream from a failure of the medium.
func streamErr(off int64, err error) error {
	var s *SyntaxError
	if IsReadError(err) || errors.As(err, &s) {
		return err
	}
	return syntax(off, "a stream's content is damaged: %v", err)
}

type budgetReader struct {
	r    io.Reader
	left *int64
}

func (b *budgetReader) Read(p []byte) (int, error) {
	if *b.left <= 0 {
		return 0, syntax(-1, "the file asks for too much decompression")
	}
	n, err := b.r.Read(p)
	*b.left -= int64(n)
	return n, err
}

// predict undoes a PNG predictor (ISO 32000-1, 7.4.4.4).
func predict(r io.Reader, p *Dict, off int64) (io.Reader, error) {
	get := func(k Name, def, max Int) (int, bool) {
		if !p.Has(k) {
			return int(def), true
		}
		n, ok := p.Get(k).(Int)
		return int(n), ok && n >= 1 && n <= max
	}
	predictor, ok1 := get("Predictor", 1, 15)
	colors, ok2 := get("Colors", 1, 32)
	bits, ok3 := get("BitsPerComponent", 8, 16)
	columns, ok4 := get("Columns", 1, 1<<16)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return nil, syntax(off, "a stream has unsound predictor parameters")
	}
	if predictor == 1 {
		return r, nil
	}
	if predictor < 10 {
		return nil, syntax(off, "a stream has a predictor that such streams don't use")
	}
	row := (colors*bits*columns + 7) / 8
	return &pngReader{
		r: r, off: off, bpp: max(1, colors*bits/8),
		prev: make([]byte, row), cur: make([]byte, row),
	}, nil
}

type pngReader struct {
	r         io.Reader
	off       int64
	bpp       int
	prev, cur []byte
	rest      []byte
}

func (p *pngReader) Read(out []byte) (int, error) {
	if len(p.rest) == 0 {
		if err := p.nextRow(); err != nil {
			return 0, err
		}
	}
	n := copy(out, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

func (p *pngReader) nextRow() error {
	var tag [1]byte
	if _, err := io.ReadFull(p.r, tag[:]); err != nil {
		return err // io.EOF between rows is the end
	}
	p.prev, p.cur = p.cur, p.prev
	if _, err := io.ReadFull(p.r, p.cur); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	if tag[0] > 4 {
		return syntax(p.off, "a stream has an unknown PNG filter")
	}
	for i := range p.cur {
		var left, up, corner byte
		up = p.prev[i]
		if i >= p.bpp {
			left, corner = p.cur[i-p.bpp], p.prev[i-p.bpp]
		}
		switch tag[0] {
		case 1:
			p.cur[i] += left
		case 2:
			p.cur[i] += up
		case 3:
			p.cur[i] += byte((int(left) + int(up)) / 2)
		case 4:
			p.cur[i] += paeth(left, up, corner)
		}
	}
	p.rest = p.cur
	return nil
}

func paeth(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	pa, pb, pc := abs(p-int(a)), abs(p-int(b)), abs(p-int(c))
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
