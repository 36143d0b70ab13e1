package pdfsig

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
)

const (
	maxFields     = 100_000
	maxFieldDepth = 32
	maxShown      = 300 // runes of a text from the file that reach a report
)

// sigField is one signed signature field.
type sigField struct {
	field pdf.Ref
	name  string
	value pdf.Ref // zero for a direct dictionary
	dict  *pdf.Dict
}

// signedFields gives the signature fields with a value, as reached from the form.
// Anything else that looks like a signature is none.
func signedFields(v *pdf.View) ([]sigField, error) {
	catalog, err := v.Catalog()
	if err != nil {
		return nil, err
	}
	form, err := v.Dict(catalog.Get("AcroForm"))
	if err != nil || form == nil {
		return nil, err
	}
	fields, err := v.Array(form.Get("Fields"))
	if err != nil {
		return nil, err
	}
	w := &fieldWalk{view: v, seen: map[uint32]bool{}}
	return w.found, w.visit(fields, nil, "", 0)
}

type fieldWalk struct {
	view  *pdf.View
	seen  map[uint32]bool
	found []sigField
	count int
	// types and names of all nodes by object number, collected if not nil.
	types map[uint32]pdf.Object
	names map[uint32]string
}

func (w *fieldWalk) visit(nodes pdf.Array, typ pdf.Object, parent string, depth int) error {
	if depth > maxFieldDepth {
		return &violation{"the form's fields are nested too deep"}
	}
	for _, o := range nodes {
		ref, _ := o.(pdf.Ref)
		if w.count++; w.count > maxFields || ref.Num != 0 && w.seen[ref.Num] {
			return &violation{"the form has too many fields or one of them twice"}
		}
		w.seen[ref.Num] = true
		d, err := w.view.Dict(o)
		if err != nil {
			return err
		}
		if err := w.node(ref, d, typ, parent, depth); err != nil {
			return err
		}
	}
	return nil
}

func (w *fieldWalk) node(ref pdf.Ref, d *pdf.Dict, typ pdf.Object, parent string, depth int) error {
	name := parent
	if t, ok := d.Get("T").(pdf.String); ok {
		name = strings.TrimPrefix(parent+"."+text(t), ".")
	}
	if d.Has("FT") {
		typ = d.Get("FT")
	}
	if w.types != nil && ref.Num != 0 {
		w.types[ref.Num], w.names[ref.Num] = typ, name
	}
	if typ == pdf.Name("Sig") && d.Get("V") != nil {
		value, err := w.view.Dict(d.Get("V"))
		if err != nil {
			return err
		}
		if value != nil {
			vr, _ := d.Get("V").(pdf.Ref)
			w.found = append(w.found, sigField{ref, name, vr, value})
		}
	}
	kids, err := w.view.Array(d.Get("Kids"))
	if err != nil {
		return err
	}
	return w.visit(kids, typ, name, depth+1)
}

// text gives a text string (ISO 32000-1, 7.9.2.2) fit to be shown: no control
// characters, not endless.
func text(o pdf.Object) string {
	s, ok := o.(pdf.String)
	if !ok {
		return ""
	}
	b := s.Value
	var out string
	switch {
	case len(b) >= 2 && b[0] == 0xfe && b[1] == 0xff:
		var u []uint16
		for i := 2; i+1 < len(b) && len(u) < 2*maxShown; i += 2 {
			u = append(u, uint16(b[i])<<8|uint16(b[i+1]))
		}
		out = string(utf16.Decode(u))
	case len(b) >= 3 && b[0] == 0xef && b[1] == 0xbb && b[2] == 0xbf:
		out = string(b[3:])
	case utf8.Valid(b):
		out = string(b)
	default:
		// PDFDocEncoding is Latin-1 for every letter of the languages at hand.
		r := make([]rune, len(b))
		for i, c := range b {
			r[i] = rune(c)
		}
		out = string(r)
	}
	return shown(out)
}

// shown makes a text from outside harmless to show: characters that move the
// cursor or turn the writing round are dropped.
func shown(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError {
			continue
		}
		if n++; n > maxShown {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// date reads a PDF date (ISO 32000-1, 7.9.4), nil if it is none.
func date(o pdf.Object) *time.Time {
	s, ok := o.(pdf.String)
	if !ok {
		return nil
	}
	v := strings.TrimPrefix(string(s.Value), "D:")
	v = strings.ReplaceAll(v, "'", "")
	// Some writers put "Z00'00'" for the zone.
	if len(v) == 19 && v[14] == 'Z' {
		v = v[:15]
	}
	for _, layout := range []string{"20060102150405Z0700", "20060102150405-07", "20060102150405", "200601021504", "20060102"} {
		if t, err := time.Parse(layout, v); err == nil {
			t = t.UTC()
			return &t
		}
	}
	return nil
}
