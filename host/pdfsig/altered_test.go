package pdfsig_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/cms"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
)

// altered is a file that must not pass, the check that has to say so, and a word of
// the reason. The classes are those of facts/pdf.md 3.
type altered struct {
	class    string
	name     string
	file     []byte
	original []byte
	check    string
	reason   string
}

// document is the document of the altered files: two pages, a form with a value, an
// annotation, a font. The numbers of its objects are found, not counted.
var document = pdftest.New(pdftest.Options{Pages: 2, Form: "indirect", Annots: "direct"})

// objectWith gives the number of the document's only object with the text, as written
// by its maker.
func objectWith(text string) int {
	return objectIn(document, text)
}

func objectIn(file []byte, text string) int {
	doc, err := pdf.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		panic(err)
	}
	squeeze := func(s string) string { return strings.ReplaceAll(s, " ", "") }
	found := 0
	err = doc.At(0).Each(func(num uint32, o pdf.Object) bool {
		body := pdf.AppendObject(nil, o)
		if st, ok := o.(*pdf.Stream); ok {
			body = append(body, file[st.Offset:st.Offset+st.Length]...)
		}
		if strings.Contains(squeeze(string(body)), squeeze(text)) {
			if found != 0 {
				panic("two objects have " + text)
			}
			found = int(num)
		}
		return true
	})
	if err != nil || found == 0 {
		panic(fmt.Sprint("no object has ", text, err))
	}
	return found
}

func replace(t testing.TB, b []byte, old, new string) []byte {
	t.Helper()
	require.Equal(t, 1, bytes.Count(b, []byte(old)), "%q", old)
	return bytes.Replace(b, []byte(old), []byte(new), 1)
}

// appended adds an update to a signed file, as an attacker would who can't sign.
func appended(t testing.TB, file []byte, change func(u *pdf.Update, view *pdf.View)) []byte {
	t.Helper()
	doc, err := pdf.Open(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	u, err := pdf.NewUpdate(doc)
	require.NoError(t, err)
	change(u, doc.At(0))
	more, _, err := u.Bytes()
	require.NoError(t, err)
	return append(bytes.Clone(file), more...)
}

func raw(format string, args ...any) pdf.RawObject {
	return pdf.RawObject(fmt.Sprintf(format, args...))
}

func stream(text string) pdf.RawObject {
	return raw("<</Length %d>>\nstream\n%s\nendstream", len(text), text)
}

const lie = "BT /F1 24 Tf 72 720 Td (Page 1: pay 999 euros) Tj ET"

func ref(num int) pdf.Ref { return pdf.Ref{Num: uint32(num)} }

// changed gives a copy of a dictionary of the document with other values.
func changed(t testing.TB, view *pdf.View, num int, kv ...any) *pdf.Dict {
	t.Helper()
	o, err := view.Get(ref(num))
	require.NoError(t, err)
	d := pdf.AsDict(o).Clone()
	for i := 0; i < len(kv); i += 2 {
		d.Set(pdf.Name(kv[i].(string)), kv[i+1])
	}
	return d
}

func alteredFiles(t testing.TB) []altered {
	var out []altered
	for _, f := range []func(testing.TB) []altered{
		bytesChanged, somethingAppended, valueUnusable, gapAndWrap, foreignAuthority, falseFields, changedInside, messageChanged, otherCertificates,
	} {
		out = append(out, f(t)...)
	}
	return out
}

// bytesChanged is class A.
func bytesChanged(t testing.TB) []altered {
	good := forge{}.sign(t, document)
	flip := func(at int) []byte {
		b := bytes.Clone(good)
		b[at] ^= 1
		return b
	}
	page := bytes.Index(good, []byte("pay 100"))
	// The last digits of the value are zeros of the room; before them lies the
	// signature itself.
	digit := len(bytes.TrimRight(good[:bytes.LastIndex(good, []byte(">/ByteRange"))], "0")) - 100
	value := bytes.Clone(good)
	value[digit] = "10"[value[digit]&1]
	return []altered{
		{"A", "a byte of a page", flip(page + 4), document, pdfsig.CheckCMS, "not what was signed"},
		{"A", "a byte of a page, prefix", flip(page + 4), document, pdfsig.CheckOriginalPrefix, "doesn't start"},
		{"A", "the claimed time", replace(t, good, "D:20261122100000Z", "D:20251122100000Z"), document, pdfsig.CheckCMS, "not what was signed"},
		{"A", "the field's name", regexp.MustCompile(`/T <53`).ReplaceAll(good, []byte(`/T <54`)), document, pdfsig.CheckCMS, "not what was signed"},
		{"A", "the signature value", value, document, pdfsig.CheckCMS, "doesn't fit"},
		{"A", "cut off", good[:len(good)-40], document, pdfsig.CheckStructure, ""},
	}
}

// somethingAppended is class B.
func somethingAppended(t testing.TB) []altered {
	good := forge{}.sign(t, document)
	content, page, font := objectWith("Page 1: pay"), objectWith("/Annots"), objectWith("/BaseFont")
	with := func(change func(u *pdf.Update, view *pdf.View)) []byte { return appended(t, good, change) }
	otherText := with(func(u *pdf.Update, _ *pdf.View) { u.Replace(ref(content), stream(lie)) })
	overlay := with(func(u *pdf.Update, v *pdf.View) {
		look := u.Add(raw("<</Type/XObject/Subtype/Form/BBox[0 0 595 842]/Length 40>>\nstream\n1 1 1 rg 0 0 595 842 re f               \nendstream"))
		note := u.Add(raw("<</Type/Annot/Subtype/Stamp/F 4/Rect[0 0 595 842]/AP<</N %v>>>>", look))
		annots, err := v.Array(changed(t, v, page).Get("Annots"))
		require.NoError(t, err)
		u.Replace(ref(page), changed(t, v, page, "Annots", append(annots, note)))
	})
	newRoot := func(more string) []byte {
		b := with(func(u *pdf.Update, v *pdf.View) { u.Add(raw("<</Type/Catalog/Pages 2 0 R%s>>", more)) })
		at := bytes.LastIndex(b, []byte("/Root "))
		all := regexp.MustCompile(`(\d+) 0 obj\n<</Type/Catalog/Pages 2`).FindAllSubmatch(b, -1)
		num := all[len(all)-1][1]
		return append(b[:at:at], append([]byte("/Root "+string(num)+" 0 R"), b[at+len("/Root 1 0 R"):]...)...)
	}
	copied := with(func(u *pdf.Update, v *pdf.View) {
		at := bytes.LastIndex(good, []byte("<</Type/Sig/"))
		end := at + bytes.Index(good[at:], []byte("\nendobj"))
		sig := u.Add(pdf.RawObject(good[at:end]))
		field := u.Add(raw("<</Type/Annot/Subtype/Widget/FT/Sig/T(copy)/V %v/F 132/Rect[0 0 0 0]>>", sig))
		form := objectWith("/Fields")
		fields, err := v.Array(changed(t, v, form).Get("Fields"))
		require.NoError(t, err)
		u.Replace(ref(form), changed(t, v, form, "Fields", append(fields, field)))
	})
	add := func(s string) []byte { return append(bytes.Clone(good), s...) }
	end := bytes.LastIndex(otherText, []byte("%%EOF"))
	startxref := bytes.LastIndex(otherText, []byte("startxref"))
	xref := bytes.LastIndex(otherText, []byte("xref\n"+strconv.Itoa(content)+" 1"))
	return []altered{
		{"B", "update with another text", otherText, document, pdfsig.CheckByteRange, "ends at"},
		{"B", "update with another text, revisions", otherText, document, pdfsig.CheckOneRevision, "2 new revisions"},
		{"B", "update without its end marker", otherText[:end], document, pdfsig.CheckStructure, "before its end marker"},
		{"B", "update without startxref", otherText[:startxref], document, pdfsig.CheckStructure, "unexplained bytes"},
		{"B", "update without a table", otherText[:xref], document, pdfsig.CheckStructure, "unexplained bytes"},
		{"B", "another catalog", newRoot(fmt.Sprintf("/AcroForm %d 0 R", objectWith("/Fields"))), document, pdfsig.CheckByteRange, "ends at"},
		{"B", "another catalog without a form", newRoot(""), document, pdfsig.CheckSignatureField, "no new signature"},
		{"B", "annotation over the page", overlay, document, pdfsig.CheckByteRange, "ends at"},
		{"B", "copied signature", copied, document, pdfsig.CheckByteRange, ""},
		{"B", "unused object", with(func(u *pdf.Update, _ *pdf.View) { u.Add(raw("(nobody asks)")) }), document, pdfsig.CheckByteRange, "ends at"},
		{"B", "another font", with(func(u *pdf.Update, v *pdf.View) {
			u.Replace(ref(font), changed(t, v, font, "BaseFont", pdf.Name("Symbol")))
		}), document, pdfsig.CheckByteRange, "ends at"},
		{"B", "a newline", add("\n"), document, pdfsig.CheckByteRange, "ends at"},
		{"B", "junk", add("junk"), document, pdfsig.CheckStructure, "unexplained bytes"},
		{"B", "a comment", add("% nothing\n"), document, pdfsig.CheckStructure, "unexplained bytes"},
		{"B", "a second signature", forge{}.sign(t, good), document, pdfsig.CheckOneRevision, "2 new revisions"},
	}
}

// valueUnusable is class C: what other tools took for "nothing to check".
func valueUnusable(t testing.TB) []altered {
	contents := func(value string) []byte {
		return forge{dict: func(c, r string) string {
			return "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached" + value + "/ByteRange[0 10 20 30]/Reason(" + rangeRoom[:8] + ")>>"
		}}.sign(t, document)
	}
	byteRange := func(value string) []byte {
		return forge{
			dict: func(c, r string) string {
				return "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/Contents" + c + value + ">>"
			},
		}.sign(t, document)
	}
	c := func(name, value, reason string) altered {
		return altered{"C", "contents " + name, contents(value), document, pdfsig.CheckContents, reason}
	}
	r := func(name, value, reason string) altered {
		return altered{"C", "byte range " + name, byteRange(value), document, pdfsig.CheckByteRange, reason}
	}
	return []altered{
		c("missing", "", "no /Contents"),
		c("null", "/Contents null", "no /Contents"),
		c("empty", "/Contents<>", "not one hexadecimal"),
		c("zero", "/Contents<00>", "").withCheck(pdfsig.CheckCMS, "BER"),
		c("literal", "/Contents(abc)", "not one hexadecimal"),
		c("elsewhere", "/Contents 1 0 R", "no /Contents"),
		c("of half a byte", "/Contents<0>", "not one hexadecimal"),
		r("missing", "", "no /ByteRange"),
		r("null", "/ByteRange null", "no /ByteRange"),
		r("elsewhere", "/ByteRange 1 0 R", "no /ByteRange"),
		r("empty", "/ByteRange[]", "no /ByteRange"),
		r("zeros", "/ByteRange[0 0 0 0]", "leaves out"),
		r("negative", "/ByteRange[0 -1 5 10]", "no plain number"),
		r("negative end", "/ByteRange[0 100 200 -5]", "no plain number"),
		r("not numbers", "/ByteRange[(0)(1)(2)(3)]", "no plain number"),
		r("with decimals", "/ByteRange[0.0 1.0 2.0 3.0]", "no plain number"),
		r("overflowing", "/ByteRange[0 10 9223372036854775807 9223372036854775807]", ""),
	}
}

// gapAndWrap is class D.
func gapAndWrap(t testing.TB) []altered {
	good := forge{}.sign(t, document)
	at := bytes.LastIndex(good, []byte("/Contents<")) + len("/Contents")
	end := at + bytes.IndexByte(good[at:], '>') + 1
	used := len(bytes.TrimRight(good[at:end-1], "0"))
	// gap puts something else into the room that the signature's value leaves.
	gap := func(f func(value []byte, room int) []byte) []byte {
		value := f(bytes.Clone(good[at:at+used+used%2]), end-at)
		require.Len(t, value, end-at)
		return append(append(bytes.Clone(good[:at]), value...), good[end:]...)
	}
	pad := func(value []byte, room int, with byte) []byte {
		return append(value, bytes.Repeat([]byte{with}, room-len(value))...)
	}
	ranges := func(f func(contents, end, size int64) (string, []int64)) []byte {
		return forge{ranges: f}.sign(t, document)
	}
	numbers := func(f func(contents, end, size int64) []int64) []byte {
		return ranges(func(c, e, s int64) (string, []int64) {
			n := f(c, e, s)
			return strings.ReplaceAll(fmt.Sprint(n), "  ", " "), n
		})
	}
	junk := "%!PS junk before the header\n"
	noAttributes := func(value []byte) []byte { return withoutSignedAttributes(t, value) }
	return []altered{
		{"D", "objects in the gap", gap(func(v []byte, room int) []byte {
			return pad(append(append(v, '>'), "/Evil(\n5 0 obj\n(evil)\nendobj\n)"...), room, ' ')
		}), document, pdfsig.CheckByteRange, "leaves out"},
		{"D", "white space in the gap", gap(func(v []byte, room int) []byte {
			return append(pad(v, room-1, ' '), '>')
		}), document, pdfsig.CheckContents, "more than hexadecimal"},
		{"D", "text after the value in the gap", gap(func(v []byte, room int) []byte {
			return append(append(pad(v, room-9, '0'), "deadbeef"...), '>')
		}), document, pdfsig.CheckCMS, "other bytes follow"},
		{"D", "literal string in the gap", gap(func(v []byte, room int) []byte {
			return pad([]byte("(short)"), room, ' ')
		}), document, pdfsig.CheckContents, "not one hexadecimal"},
		{"D", "longer gap with objects and a table", wrapped(t), document, pdfsig.CheckByteRange, "leaves out"},
		{"D", "junk before the header", append([]byte(junk), good...), append([]byte(junk), document...), pdfsig.CheckStructure, "before the PDF header"},
		{"D", "starts after 0", numbers(func(c, e, s int64) []int64 { return []int64{9, c - 9, e, s - e} }), document, pdfsig.CheckByteRange, "starts at 9"},
		{"D", "ends early", numbers(func(c, e, s int64) []int64 { return []int64{0, c, e, s - e - 7} }), document, pdfsig.CheckByteRange, "ends at"},
		{"D", "gap starts early", numbers(func(c, e, s int64) []int64 { return []int64{0, c - 30, e, s - e} }), document, pdfsig.CheckByteRange, "leaves out"},
		{"D", "gap ends late", numbers(func(c, e, s int64) []int64 { return []int64{0, c, e + 3, s - e - 3} }), document, pdfsig.CheckByteRange, "leaves out"},
		{"D", "one pair", numbers(func(c, e, s int64) []int64 { return []int64{0, c} }), document, pdfsig.CheckByteRange, "four numbers"},
		{"D", "three pairs", numbers(func(c, e, s int64) []int64 { return []int64{0, 5, 5, c - 5, e, s - e} }), document, pdfsig.CheckByteRange, "four numbers"},
		{"D", "byte range twice", forge{dict: func(c, r string) string {
			return strings.TrimSuffix(cmdDict(c, r), ">>") + "/ByteRange[0 1 2 3]>>"
		}}.sign(t, document), document, pdfsig.CheckByteRange, "twice"},
		{"D", "contents twice", forge{dict: func(c, r string) string {
			return strings.TrimSuffix(cmdDict(c, r), ">>") + "/Contents<00>>>"
		}}.sign(t, document), document, pdfsig.CheckByteRange, "twice"},
		{"D", "no signed attributes", forge{value: noAttributes}.sign(t, document), document, pdfsig.CheckCMS, "no signed attributes"},
	}
}

// wrapped is the signature wrapping attack: the signed bytes stay, and the gap grows
// until the signed startxref points at a table of the attacker's inside the gap.
func wrapped(t testing.TB) []byte {
	t.Helper()
	good := forge{dict: func(c, r string) string {
		return strings.TrimSuffix(cmdDict(c, r), ">>") + "/Reason(" + strings.Repeat("long ", 400) + ")>>"
	}}.sign(t, document)
	at := bytes.LastIndex(good, []byte("/Contents<")) + len("/Contents")
	end := at + bytes.IndexByte(good[at:], '>') + 1
	doc, err := pdf.Open(bytes.NewReader(good), int64(len(good)))
	require.NoError(t, err)
	section := doc.Sections()[0]
	table := int(doc.StartXRef())
	tail := good[end:]
	b := bytes.Clone(good[:end])
	rangeAt := len(b) + len("/ByteRange")
	b = append(b, "/ByteRange"+rangeRoom+">>\nendobj\n"...)
	offsets := map[uint32]int{}
	put := func(num uint32, body string) {
		offsets[num] = len(b)
		b = fmt.Appendf(b, "%d 0 obj\n%s\nendobj\n", num, body)
	}
	put(uint32(objectWith("Page 1: pay")), string(stream(lie)))
	for _, e := range section.Entries {
		offsets[e.Num] = int(e.Offset)
		if e.Offset > int64(end) {
			o, err := doc.At(0).Get(pdf.Ref{Num: e.Num})
			require.NoError(t, err)
			put(e.Num, string(pdf.AppendObject(nil, o)))
		}
	}
	require.Less(t, len(b), table)
	b = append(b, bytes.Repeat([]byte(" "), table-len(b))...)
	b = append(b, "xref\n"...)
	for num, off := range offsets {
		b = fmt.Appendf(b, "%d 1\n%010d 00000 n \n", num, off)
	}
	trailer := section.Trailer.Clone()
	b = append(pdf.AppendObject(append(b, "trailer\n"...), trailer), fmt.Sprintf("\nstartxref\n%d\n%%%%EOF\n", table)...)
	copy(b[rangeAt:], fmt.Sprintf("[0 %d %d %d]", at, len(b), len(tail)))
	return append(b, tail...)
}

// withoutSignedAttributes strips the signed attributes from a message.
func withoutSignedAttributes(t testing.TB, value []byte) []byte {
	t.Helper()
	der, _, err := cms.Normalize(value)
	require.NoError(t, err)
	at := bytes.LastIndex(der, append([]byte{0xa0, 0x69}, 0x30, 0x18))
	require.Positive(t, at, "the signed attributes of %x", der)
	n := 2 + 0x69
	out := append(bytes.Clone(der[:at]), der[at+n:]...)
	return shorten(t, out, at, n)
}

// shorten corrects the lengths of all values around a place that lost n bytes.
func shorten(t testing.TB, b []byte, at, n int) []byte {
	t.Helper()
	for pos := 0; pos < at; {
		header, length := 2, int(b[pos+1])
		if length >= 0x80 {
			k := length & 0x7f
			length = 0
			for _, c := range b[pos+2 : pos+2+k] {
				length = length<<8 | int(c)
			}
			header += k
		}
		if pos+header+length <= at {
			pos += header + length
			continue
		}
		for i, l := header-1, length-n; i > 1; i, l = i-1, l>>8 {
			b[pos+i] = byte(l)
		}
		if header == 2 {
			b[pos+1] = byte(length - n)
		}
		pos += header
	}
	return b
}

// foreignAuthority is class E.
func foreignAuthority(t testing.TB) []altered {
	withRoot := func(tpl *cms.Template) {
		tpl.Certificates = append(tpl.Certificates, genuine().root.cert, genuine().issuing.cert)
	}
	plain := func(p *pki, f func(*cms.Template)) []byte { return forge{pki: p, template: f}.sign(t, document) }
	byCitizen := issue("Someone", rsaKeys()[3], genuine().leaf, citizen)
	authority := issue(signerName, rsaKeys()[3], genuine().issuing, func(c *x509.Certificate) { ca(c); citizen(c) })
	return []altered{
		{"E", "same names", plain(foreign(), nil), document, pdfsig.CheckChain, "did not issue it"},
		{"E", "same names and the true ones in the bag", plain(foreign(), withRoot), document, pdfsig.CheckChain, "did not issue it"},
		{"E", "issued by a citizen", forge{leaf: byCitizen, template: func(tpl *cms.Template) {
			tpl.Certificates = append(tpl.Certificates, genuine().leaf.cert)
		}}.sign(t, document), document, pdfsig.CheckChain, ""},
		{"E", "signed by an authority", forge{leaf: authority}.sign(t, document), document, pdfsig.CheckChain, "an authority"},
	}
}

// falseFields is class F.
func falseFields(t testing.TB) []altered {
	good := forge{}.sign(t, document)
	tx := objectWith("/FT/Tx")
	return []altered{
		{"F", "signature that no field holds", forge{update: func(u *pdf.Update, _ *pdf.View, _ pdf.Ref) {
			u.Add(raw("<</Type/Sig/Name(The Minister)/Contents<00>/ByteRange[0 1 2 3]>>"))
		}}.sign(t, document), document, pdfsig.CheckRevisionChanges, "belongs to nothing"},
		{"F", "second signature hung on the field", forge{field: func(d *pdf.Dict) {
			d.Set("Minister", raw("<</Type/Sig/Contents<00>/ByteRange[0 1 2 3]>>"))
		}}.sign(t, document), document, pdfsig.CheckRevisionChanges, "second signature"},
		{"F", "field that isn't in the form", forge{noForm: true}.sign(t, document), document, pdfsig.CheckSignatureField, "no new signature"},
		{"F", "another value put into a signed field", forge{noForm: true, noWidget: true, update: func(u *pdf.Update, v *pdf.View, sig pdf.Ref) {
			num := bytes.LastIndex(good, []byte("/FT /Sig"))
			m := regexp.MustCompile(`(\d+) 0 obj\n`).FindAllSubmatch(good[:num], -1)
			field, _ := strconv.Atoi(string(m[len(m)-1][1]))
			u.Replace(ref(field), changed(t, v, field, "V", sig))
		}}.sign(t, good), good, pdfsig.CheckRevisionChanges, ""},
		{"F", "text field turned into a signature", forge{noForm: true, update: func(u *pdf.Update, v *pdf.View, sig pdf.Ref) {
			u.Replace(ref(tx), changed(t, v, tx, "FT", pdf.Name("Sig"), "V", sig))
		}}.sign(t, document), document, pdfsig.CheckRevisionChanges, ""},
	}
}

// changedInside is class G: the signing service, or somebody before it, changes the
// document in the very revision that it signs. No tool in use notices.
func changedInside(t testing.TB) []altered {
	content, page, font := objectWith("Page 1: pay"), objectWith("/Annots"), objectWith("/BaseFont")
	tx, link, tree, form, info := objectWith("/FT/Tx"), objectWith("/Subtype/Link"), objectWith("/Type/Pages"), objectWith("/Fields"), objectWith("/Title")
	g := func(name, reason string, f forge) altered {
		return altered{"G", name, f.sign(t, document), document, pdfsig.CheckRevisionChanges, reason}
	}
	object := func(num int, kv ...any) forge {
		return forge{update: func(u *pdf.Update, v *pdf.View, _ pdf.Ref) { u.Replace(ref(num), changed(t, v, num, kv...)) }}
	}
	onPage := func(k string, v pdf.Object) forge {
		return forge{page: func(d *pdf.Dict) { d.Set(pdf.Name(k), v) }}
	}
	onCatalog := func(k, v string) forge {
		return forge{catalog: func(d *pdf.Dict) { d.Set(pdf.Name(k), raw("%s", v)) }}
	}
	onField := func(k, v string) forge {
		return forge{field: func(d *pdf.Dict) { d.Set(pdf.Name(k), raw("%s", v)) }}
	}
	// A document whose page refers to an object that isn't there: a page that waits
	// for its text.
	var waiting uint32
	hole := appended(t, document, func(u *pdf.Update, v *pdf.View) {
		waiting = v.MaxNum() + 3 // after signature and field
		if bytes.Contains(document, []byte("/XRef")) {
			waiting++ // and the update's own stream
		}
		u.Replace(ref(page), changed(t, v, page, "Contents", pdf.Array{ref(int(waiting))}))
	})
	out := []altered{
		g("text of a page", fmt.Sprintf("object %d (a stream)", content), forge{update: func(u *pdf.Update, _ *pdf.View, _ pdf.Ref) { u.Replace(ref(content), stream(lie)) }}),
		g("another content for the page", "/Contents was changed", forge{page: func(d *pdf.Dict) { d.Set("Contents", raw("[%d 0 R %d 0 R]", content, content)) }}),
		g("value of a form field", fmt.Sprintf("object %d ", tx), object(tx, "V", pdf.String{Value: []byte("Manuel")})),
		g("another annotation's address", fmt.Sprintf("object %d ", link), object(link, "Contents", pdf.String{Value: []byte("click")})),
		g("font", fmt.Sprintf("object %d ", font), object(font, "BaseFont", pdf.Name("Symbol"))),
		g("resources of the page", "/Resources was changed", onPage("Resources", raw("<<>>"))),
		g("size of the page", "/MediaBox was changed", onPage("MediaBox", raw("[0 0 100 100]"))),
		g("rotation of the page", "/Rotate was changed", onPage("Rotate", pdf.Int(180))),
		g("page removed", fmt.Sprintf("object %d ", tree), object(tree, "Count", pdf.Int(1), "Kids", pdf.Array{ref(page)})),
		g("page tree written anew", fmt.Sprintf("object %d ", tree), object(tree)),
		g("page added", "a part of a document", forge{update: func(u *pdf.Update, v *pdf.View, _ pdf.Ref) {
			p := u.Add(raw("<</Type/Page/Parent %d 0 R/MediaBox[0 0 9 9]>>", tree))
			kids, err := v.Array(changed(t, v, tree).Get("Kids"))
			require.NoError(t, err)
			u.Replace(ref(tree), changed(t, v, tree, "Count", pdf.Int(3), "Kids", append(kids, p)))
		}}),
		g("annotation added", "is not the signature's widget", forge{update: func(u *pdf.Update, v *pdf.View, _ pdf.Ref) {
			note := u.Add(raw("<</Type/Annot/Subtype/FreeText/Rect[0 0 200 200]/Contents(More)>>"))
			d := u.Get(ref(page)).(*pdf.Dict)
			d.Set("Annots", append(d.Get("Annots").(pdf.Array), note))
		}}),
		g("annotation removed", "not only appended", forge{page: func(d *pdf.Dict) {
			a := d.Get("Annots").(pdf.Array)
			d.Set("Annots", a[1:])
		}}),
		g("annotation put inline", "", forge{page: func(d *pdf.Dict) {
			d.Set("Annots", append(d.Get("Annots").(pdf.Array), raw("<</Subtype/Square/Rect[0 0 9 9]>>")))
		}}),
		g("fields dropped from the form", "not only appended", forge{update: func(u *pdf.Update, v *pdf.View, _ pdf.Ref) {
			d := u.Get(ref(form)).(*pdf.Dict)
			d.Set("Fields", d.Get("Fields").(pdf.Array)[1:])
		}}),
		g("appearances made anew", "/NeedAppearances", forge{update: func(u *pdf.Update, v *pdf.View, _ pdf.Ref) {
			u.Get(ref(form)).(*pdf.Dict).Set("NeedAppearances", true)
		}}),
		g("default appearance of the form", "/DA was changed", forge{update: func(u *pdf.Update, v *pdf.View, _ pdf.Ref) {
			u.Get(ref(form)).(*pdf.Dict).Set("DA", pdf.String{Value: []byte("/Helv 0 Tf 1 g")})
		}}),
		g("XFA form", "/XFA was changed", forge{update: func(u *pdf.Update, v *pdf.View, _ pdf.Ref) {
			u.Get(ref(form)).(*pdf.Dict).Set("XFA", pdf.String{Value: []byte("<xdp/>")})
		}}),
		g("script on opening", "/OpenAction was changed", onCatalog("OpenAction", "<</S/JavaScript/JS(app.alert(1))>>")),
		g("names", "/Names was changed", onCatalog("Names", "<<>>")),
		g("metadata", "/Metadata was changed", onCatalog("Metadata", fmt.Sprintf("%d 0 R", content))),
		g("layers", "/OCProperties was changed", onCatalog("OCProperties", "<<>>")),
		g("version set back", "/Version", onCatalog("Version", "/1.0")),
		g("usage rights", "/Perms was changed", onCatalog("Perms", "<</UR3 <<>>>>")),
		g("document information", fmt.Sprintf("object %d ", info), object(info, "Title", pdf.String{Value: []byte("Another")})),
		g("new object without use", "belongs to nothing", forge{update: func(u *pdf.Update, _ *pdf.View, _ pdf.Ref) { u.Add(raw("(hidden)")) }}),
		g("action on the widget", "has /A", onField("A", "<</S/JavaScript/JS(1)>>")),
		g("actions on the widget", "has /AA", onField("AA", "<<>>")),
		g("widget that is a stamp", "another kind of annotation", onField("Subtype", "/Stamp")),
		g("seal from another file", "from another file", forge{field: seal, update: func(u *pdf.Update, _ *pdf.View, sig pdf.Ref) {
			look := u.Add(raw("<</Type/XObject/Subtype/Form/BBox[0 0 180 50]/F(http://example.org/seal)/Length 0>>\nstream\n\nendstream"))
			u.Get(pdf.Ref{Num: sig.Num + 1}).(*pdf.Dict).Set("AP", raw("<</N %v>>", look))
		}}),
		g("key twice in the widget", "twice", onField("Note", "<</A 1/A 2>>")),
		g("widget over the page", "covers too much", onField("Rect", "[0 0 595 842]")),
		g("widget without a rectangle", "no sound rectangle", onField("Rect", "[0 0]")),
		g("field hung under another", "a parent", onField("Parent", fmt.Sprintf("%d 0 R", tx))),
		g("field that is none", "is not a signature field", forge{field: func(d *pdf.Dict) { d.Set("FT", pdf.Name("Tx")) }}).withCheck(pdfsig.CheckSignatureField, "no new signature"),
		{"G", "widget on two pages", forge{update: func(u *pdf.Update, v *pdf.View, _ pdf.Ref) {
			w := u.Get(ref(page)).(*pdf.Dict).Get("Annots").(pdf.Array)
			second := secondPage(t, v)
			u.Replace(ref(second), changed(t, v, second, "Annots", pdf.Array{w[len(w)-1]}))
		}}.sign(t, document), document, pdfsig.CheckRevisionChanges, "more than one page"},
		{"G", "page that waited for a content", forge{update: func(u *pdf.Update, v *pdf.View, _ pdf.Ref) {
			require.Equal(t, waiting, u.Add(stream(lie)).Num)
		}, field: func(d *pdf.Dict) { d.Set("Note", pdf.Ref{Num: waiting}) }}.sign(t, hole), hole, pdfsig.CheckRevisionChanges, "refers to it"},
	}
	if bytes.Contains(document, []byte("/XRef")) {
		return out
	}
	return append(out, // by hand in the text of a table
		altered{"G", "object removed", removed(t, link), document, pdfsig.CheckRevisionChanges, fmt.Sprintf("object %d was removed", link)},
		altered{"G", "object between the objects", between(t, "99 0 obj\n(hidden)\nendobj\n"), document, pdfsig.CheckOneRevision, "isn't in its cross-reference"},
		altered{"G", "junk between the objects", between(t, "<</hidden true>>\n"), document, pdfsig.CheckOneRevision, "belong to no object"},
	)
}

func (a altered) withCheck(check, reason string) altered {
	a.check, a.reason = check, reason
	return a
}

func secondPage(t testing.TB, v *pdf.View) int {
	t.Helper()
	n, num := 0, 0
	require.NoError(t, v.Pages(func(p pdf.Page) bool {
		if n++; n == 2 {
			num = int(p.Ref.Num)
		}
		return true
	}))
	return num
}

// removed signs a revision whose table frees an object.
func removed(t testing.TB, num int) []byte {
	t.Helper()
	f := forge{update: func(u *pdf.Update, v *pdf.View, _ pdf.Ref) { u.Replace(ref(num), raw("null")) }}
	f.bytes = func(b []byte) []byte {
		line := regexp.MustCompile(fmt.Sprintf(`(?s)\nxref\n.*\n%d 1\n(\d{10} 00000 n) \n`, num))
		m := line.FindSubmatchIndex(b)
		require.NotNil(t, m, "the table %s", b)
		b = bytes.Clone(b)
		copy(b[m[2]:m[3]], "0000000000 00001 f")
		return regexp.MustCompile(fmt.Sprintf(`\n%d 0 obj\nnull\nendobj`, num)).ReplaceAllFunc(b, func(o []byte) []byte {
			return append([]byte("\n"), bytes.Repeat([]byte(" "), len(o)-1)...)
		})
	}
	return f.sign(t, document)
}

// between signs a revision that has something more between its objects: the place
// of a needless object, taken out of the table again.
func between(t testing.TB, more string) []byte {
	t.Helper()
	f := forge{}
	f.bytes = func(b []byte) []byte {
		at := bytes.Index(b, []byte("\nxref\n")) + 1
		start := bytes.LastIndex(b, []byte("startxref\n")) + len("startxref\n")
		old, err := strconv.Atoi(string(b[start : start+bytes.IndexByte(b[start:], '\n')]))
		require.NoError(t, err)
		out := append(append(bytes.Clone(b[:at]), more...), b[at:]...)
		return bytes.Replace(out, []byte(fmt.Sprintf("startxref\n%d\n", old)), []byte(fmt.Sprintf("startxref\n%d\n", old+len(more))), 1)
	}
	return f.sign(t, document)
}

// messageChanged are messages that a careless reader takes.
func messageChanged(t testing.TB) []altered {
	m := func(name, reason string, f forge) altered {
		return altered{"H", name, f.sign(t, document), document, pdfsig.CheckCMS, reason}
	}
	extra := func(attr ...[]byte) forge {
		return forge{template: func(tpl *cms.Template) { tpl.Extra = attr }}
	}
	oid := func(b ...byte) []byte { return append([]byte{6, byte(len(b))}, b...) }
	attr := func(id, value []byte) []byte {
		set := append([]byte{0x31, byte(len(value))}, value...)
		return append([]byte{0x30, byte(len(id) + len(set))}, append(id, set...)...)
	}
	digestAttr := attr(oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4), append([]byte{4, 32}, make([]byte, 32)...))
	typeAttr := attr(oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3), oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1))
	swap := func(old, new string) forge {
		return forge{value: func(b []byte) []byte {
			o, _ := hex.DecodeString(old)
			n, _ := hex.DecodeString(new)
			require.True(t, bytes.Contains(b, o))
			return bytes.ReplaceAll(b, o, n)
		}}
	}
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	return []altered{
		m("digest twice", "twice", extra(digestAttr)),
		m("content type twice", "twice", extra(typeAttr)),
		m("made for another certificate", "another certificate", extra(essV2(genuine().issuing.cert))),
		m("SHA-1", "not accepted", swap("300d06096086480165030402010500", "300d06096086480165030402040500")),
		m("another signature algorithm", "not accepted", swap("300d06092a864886f70d0101010500048201", "300d06092a864886f70d0101050500048201")),
		m("no certificate of the signer", "is not there", forge{template: func(tpl *cms.Template) { tpl.Certificates = tpl.Certificates[1:] }}),
		m("short key", "too short", forge{leaf: issue(signerName, short, genuine().issuing, citizen)}),
		m("another key's signature", "doesn't fit", forge{leaf: &party{genuine().leaf.cert, foreign().leaf.key}}),
		m("other sub filter", "format", forge{dict: func(c, r string) string {
			return strings.Replace(cmdDict(c, r), "adbe.pkcs7.detached", "adbe.pkcs7.sha1", 1)
		}}),
		m("cut off", "BER", forge{value: func(b []byte) []byte { return b[:len(b)-300] }}),
		m("garbage", "BER", forge{value: func(b []byte) []byte { return bytes.Repeat([]byte{0xff}, 200) }}),
	}
}

// otherCertificates are certificates of the right authority that must not do.
func otherCertificates(t testing.TB) []altered {
	with := func(change func(*x509.Certificate)) []byte {
		leaf := issue(signerName, rsaKeys()[1], genuine().issuing, func(c *x509.Certificate) { citizen(c); change(c) })
		return forge{leaf: leaf}.sign(t, document)
	}
	return []altered{
		{"I", "for encryption", with(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }), document, pdfsig.CheckKeyUsage, "not for signing"},
		{"I", "expired before the signature", with(func(c *x509.Certificate) { c.NotAfter = clock.AddDate(0, -1, 0) }), document, pdfsig.CheckValidity, ""},
		{"I", "not valid yet", with(func(c *x509.Certificate) { c.NotBefore = clock.AddDate(0, 1, 0) }), document, pdfsig.CheckValidity, ""},
		{"I", "claimed before it was issued", forge{leaf: issue(signerName, rsaKeys()[1], genuine().issuing, func(c *x509.Certificate) {
			citizen(c)
			c.NotBefore = clock.AddDate(0, 0, -1)
		}), template: func(tpl *cms.Template) {
			long := clock.AddDate(0, -2, 0)
			tpl.SigningTime = &long
		}}.sign(t, document), document, pdfsig.CheckValidity, "outside"},
	}
}

func TestAlteredFilesFail(t *testing.T) {
	files := alteredFiles(t)
	require.GreaterOrEqual(t, len(files), 40)
	count := map[string]int{}
	twins := map[string]bool{}
	for _, a := range files {
		count[a.class]++
		twins[string(a.original)] = twins[string(a.original)] || a.name == "junk before the header"
	}
	for class, least := range map[string]int{"A": 2, "B": 10, "C": 10, "D": 7, "E": 2, "F": 2, "G": 10} {
		require.GreaterOrEqual(t, count[class], least, class)
	}
	for original, unsound := range twins {
		if !unsound { // every altered file has a genuine twin
			r := verifyReturned(t, forge{}.sign(t, []byte(original)), []byte(original), trusting(genuine()))
			require.Equal(t, pdfsig.Verified, r.Verdict, "%+v", r.Findings)
		}
	}
	for _, a := range files {
		t.Run(a.class+" "+a.name, func(t *testing.T) {
			r := verifyReturned(t, a.file, a.original, trusting(genuine()))
			require.Equal(t, pdfsig.Failed, r.Verdict, "%+v", r.Findings)
			f := r.Find(a.check)
			require.Equal(t, pdfsig.Fail, f.Result, "%+v", r.Findings)
			require.Contains(t, f.Detail, a.reason)
			// A signature was made for every one of these files: none may say otherwise.
			require.NotEqual(t, pdfsig.ExistsNo, r.SignatureExists)
			require.NotEqual(t, pdfsig.ExistsNo, verifyAlone(t, a.file).SignatureExists)
		})
	}
}

// TestAlteredStreamsFail is class G for a document with object streams.
func TestAlteredStreamsFail(t *testing.T) {
	defer func(d []byte) { document = d }(document)
	document = pdftest.New(pdftest.Options{Pages: 2, Form: "indirect", Annots: "direct", Streams: true})
	for _, a := range changedInside(t) {
		t.Run(a.name, func(t *testing.T) {
			r := verifyReturned(t, a.file, a.original, trusting(genuine()))
			require.Equal(t, pdfsig.Failed, r.Verdict, "%+v", r.Findings)
			require.Equal(t, pdfsig.Fail, r.Find(a.check).Result, "%+v", r.Findings)
			require.Contains(t, r.Find(a.check).Detail, a.reason)
		})
	}
}

func verifyAlone(t testing.TB, file []byte) *pdfsig.Report {
	t.Helper()
	r, err := pdfsig.Verify(bytes.NewReader(file), int64(len(file)), trusting(genuine()))
	require.NoError(t, err)
	return r
}
