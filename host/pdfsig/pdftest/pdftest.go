// Package pdftest makes small PDF files of every shape that a signer and a verifier
// have to cope with. It is for tests only.
package pdftest

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
)

// Builder collects the objects of one file, numbered from 1.
type Builder struct {
	bodies []string
	stream map[int]bool // bodies that are streams, which no object stream can hold
}

// Add adds an object and gives its number.
func (b *Builder) Add(format string, args ...any) int {
	b.bodies = append(b.bodies, fmt.Sprintf(format, args...))
	return len(b.bodies)
}

// Reserve gives a number whose body comes later with Set.
func (b *Builder) Reserve() int { return b.Add("null") }

// Set gives a reserved number its body.
func (b *Builder) Set(num int, format string, args ...any) {
	b.bodies[num-1] = fmt.Sprintf(format, args...)
}

// AddStream adds a stream; dict is what stands in its dictionary besides /Length.
func (b *Builder) AddStream(dict, data string) int {
	n := b.Add("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
	if b.stream == nil {
		b.stream = map[int]bool{}
	}
	b.stream[n] = true
	return n
}

const header = "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
const id = "/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]"

// Table writes the file with a cross-reference table.
func (b *Builder) Table(root, info int) []byte {
	var out bytes.Buffer
	out.WriteString(header)
	at := make([]int, len(b.bodies))
	for i, body := range b.bodies {
		at[i] = out.Len()
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	start := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&out, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&out, "trailer\n<</Size %d/Root %d 0 R/Info %d 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, root, info, id, start)
	return out.Bytes()
}

// Streams writes the file with a cross-reference stream and everything that may lie
// in an object stream in one.
func (b *Builder) Streams(root, info int) []byte {
	var out bytes.Buffer
	out.WriteString(header)
	rows := map[int][3]int{0: {0, 0, 65535}}
	var index, held strings.Builder
	n := 0
	box := len(b.bodies) + 1
	for i, body := range b.bodies {
		if b.stream[i+1] {
			rows[i+1] = [3]int{1, out.Len(), 0}
			fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, body)
			continue
		}
		rows[i+1] = [3]int{2, box, n}
		n++
		fmt.Fprintf(&index, "%d %d ", i+1, held.Len())
		held.WriteString(body + "\n")
	}
	rows[box] = [3]int{1, out.Len(), 0}
	data := deflate([]byte(index.String() + held.String()))
	fmt.Fprintf(&out, "%d 0 obj\n<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream\nendobj\n",
		box, n, index.Len(), len(data), data)
	start := out.Len()
	rows[box+1] = [3]int{1, start, 0}
	var table bytes.Buffer
	for i := 0; i <= box+1; i++ {
		r := rows[i]
		table.Write([]byte{byte(r[0]), byte(r[1] >> 16), byte(r[1] >> 8), byte(r[1]), byte(r[2] >> 8), byte(r[2])})
	}
	data = deflate(pngUp(table.Bytes(), 6))
	fmt.Fprintf(&out, "%d 0 obj\n<</Type/XRef/Size %d/W[1 3 2]/Root %d 0 R/Info %d 0 R%s/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 6>>/Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n",
		box+1, box+2, root, info, id, len(data), data, start)
	return out.Bytes()
}

func deflate(b []byte) []byte {
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	z.Write(b)
	z.Close()
	return out.Bytes()
}

// pngUp applies the PNG predictor "up", as most writers of cross-reference streams do.
func pngUp(b []byte, columns int) []byte {
	var out []byte
	prev := make([]byte, columns)
	for ; len(b) > 0; b = b[columns:] {
		out = append(out, 2)
		for i := range columns {
			out = append(out, b[i]-prev[i])
		}
		prev = b[:columns]
	}
	return out
}

// Options say what a document has.
type Options struct {
	Pages   int    // 1 unless set
	Form    string // "", "direct" in the catalog, "indirect", "fields" (indirect list of fields too)
	Annots  string // of the first page: "", "direct" (list of references), "indirect", "inline" (annotations themselves in the list)
	Inherit bool   // page attributes come from the page tree
	Tagged  bool   // a structure tree, and names and strings with special characters
	Streams bool   // cross-reference and object streams
}

// New makes a document. Page n shows the text "Page n: pay 100 euros".
func New(o Options) []byte {
	b := &Builder{}
	catalog, tree := b.Reserve(), b.Reserve()
	info := b.Add("<</Title(A document)/Producer(pdftest)>>")
	font := b.Add("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
	attributes := fmt.Sprintf("/MediaBox[0 0 595.276 841.89]/Resources<</Font<</F1 %d 0 R>>>>", font)
	onPage, onTree := attributes, ""
	if o.Inherit {
		onPage, onTree = "", attributes
	}
	var kids []string
	var field int
	for n := 1; n <= max(1, o.Pages); n++ {
		content := b.AddStream("", fmt.Sprintf("BT /F1 24 Tf 72 720 Td (Page %d: pay 100 euros) Tj ET", n))
		page := b.Reserve()
		extra := ""
		if n == 1 && o.Form != "" {
			field = b.Add("<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(Maria)/DA(/Helv 12 Tf 0 g)/Rect[72 600 272 620]/F 4/P %d 0 R>>", page)
		}
		if n == 1 {
			extra = annots(b, o.Annots, field)
		}
		b.Set(page, "<</Type/Page/Parent %d 0 R%s/Contents %d 0 R%s>>", tree, onPage, content, extra)
		kids = append(kids, fmt.Sprintf("%d 0 R", page))
	}
	b.Set(tree, "<</Type/Pages/Count %d%s/Kids[%s]>>", len(kids), onTree, strings.Join(kids, " "))
	more := form(b, o.Form, field, font)
	if o.Tagged {
		elem := b.Reserve()
		root := b.Add("<</Type/StructTreeRoot/K %d 0 R/RoleMap<</A#20B/P/C#28D/Span>>>>", elem)
		b.Set(elem, "<</Type/StructElem/S/A#20B/P %d 0 R/K[]/Alt(\\(pt\\\\PT\\) \\251)>>", root)
		more += fmt.Sprintf("/MarkInfo<</Marked true>>/StructTreeRoot %d 0 R/Lang(pt\\(PT\\))/A#20B<C3A3>", root)
	}
	b.Set(catalog, "<</Type/Catalog/Pages %d 0 R%s>>", tree, more)
	if o.Streams {
		return b.Streams(catalog, info)
	}
	return b.Table(catalog, info)
}

func annots(b *Builder, how string, field int) string {
	link := "<</Type/Annot/Subtype/Link/Rect[10 10 50 20]/Border[0 0 0]/A<</S/URI/URI(https://example.org/)>>>>"
	var list []string
	switch how {
	case "inline":
		list = append(list, link)
	case "direct", "indirect":
		list = append(list, fmt.Sprintf("%d 0 R", b.Add("%s", link)))
	}
	if field != 0 {
		list = append(list, fmt.Sprintf("%d 0 R", field))
	}
	if len(list) == 0 {
		return ""
	}
	array := "[" + strings.Join(list, " ") + "]"
	if how == "indirect" {
		return fmt.Sprintf("/Annots %d 0 R", b.Add("%s", array))
	}
	return "/Annots" + array
}

func form(b *Builder, how string, field, font int) string {
	fields := fmt.Sprintf("[%d 0 R]", field)
	resources := fmt.Sprintf("/DA(/Helv 0 Tf 0 g)/DR<</Font<</Helv %d 0 R>>>>", font)
	switch how {
	case "direct":
		return fmt.Sprintf("/AcroForm<</Fields%s%s>>", fields, resources)
	case "fields":
		fields = fmt.Sprintf(" %d 0 R", b.Add("%s", fields))
	case "":
		return ""
	}
	return fmt.Sprintf("/AcroForm %d 0 R", b.Add("<</Fields%s%s>>", fields, resources))
}

// Shape is a document with a name for a test.
type Shape struct {
	Name string
	Data []byte
}

// Shapes gives one sound document of every shape that can be made here.
func Shapes() []Shape {
	options := []struct {
		name string
		o    Options
	}{
		{"plain", Options{}},
		{"several pages", Options{Pages: 3}},
		{"inherited page attributes", Options{Pages: 2, Inherit: true}},
		{"tagged, special names", Options{Tagged: true}},
		{"annotations in a direct list", Options{Annots: "direct"}},
		{"annotations in an indirect list", Options{Annots: "indirect"}},
		{"annotations inside the list", Options{Annots: "inline"}},
		{"form in the catalog", Options{Form: "direct"}},
		{"form as an object", Options{Form: "indirect", Annots: "direct"}},
		{"form with an indirect list of fields", Options{Form: "fields", Annots: "indirect", Pages: 2}},
	}
	var out []Shape
	for _, o := range options {
		out = append(out, Shape{o.name, New(o.o)})
		o.o.Streams = true
		out = append(out, Shape{o.name + ", streams", New(o.o)})
	}
	plain := New(Options{})
	return append(out,
		Shape{"no line end after the last line", bytes.TrimSuffix(plain, []byte("\n"))},
		Shape{"CRLF after the last line", append(bytes.TrimSuffix(plain, []byte("\n")), "\r\n"...)},
		Shape{"updated once before", Update(plain, 3, "<</Title(A newer title)>>")},
	)
}

// Update appends one update with a cross-reference table that gives an object
// another body. The file has to be one of ours with a table.
func Update(file []byte, num int, body string) []byte {
	prev := file[bytes.LastIndex(file, []byte("startxref\n"))+len("startxref\n"):]
	prev = prev[:bytes.IndexByte(prev, '\n')]
	trailer := file[bytes.LastIndex(file, []byte("trailer\n<<"))+len("trailer\n<<"):]
	trailer = trailer[:bytes.Index(trailer, []byte(">>\nstartxref"))]
	if at := bytes.Index(trailer, []byte("/Prev ")); at >= 0 {
		trailer = trailer[:at]
	}
	out := append([]byte{}, file...)
	at := len(out)
	out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", num, body)
	start := len(out)
	return fmt.Appendf(out, "xref\n%d 1\n%010d 00000 n \ntrailer\n<<%s/Prev %s>>\nstartxref\n%d\n%%%%EOF\n", num, at, trailer, prev, start)
}

// WithContent makes a one-page document whose content stream is given.
func WithContent(content string) []byte {
	b := &Builder{}
	catalog, tree, info, page := b.Reserve(), b.Reserve(), b.Add("<<>>"), b.Reserve()
	stream := b.AddStream("", content)
	b.Set(catalog, "<</Type/Catalog/Pages %d 0 R>>", tree)
	b.Set(tree, "<</Type/Pages/Count 1/Kids[%d 0 R]>>", page)
	b.Set(page, "<</Type/Page/Parent %d 0 R/MediaBox[0 0 595 842]/Contents %d 0 R>>", tree, stream)
	return b.Table(catalog, info)
}

// Hybrid makes a document with a table and, for newer readers, a stream
// (ISO 32000-1, 7.5.8.4): the document information is seen by those only.
func Hybrid() []byte {
	b := &Builder{}
	catalog, tree, info, page := b.Reserve(), b.Reserve(), b.Reserve(), b.Reserve()
	b.Set(catalog, "<</Type/Catalog/Pages %d 0 R>>", tree)
	b.Set(tree, "<</Type/Pages/Count 1/Kids[%d 0 R]>>", page)
	b.Set(page, "<</Type/Page/Parent %d 0 R/MediaBox[0 0 595 842]>>", tree)
	var out bytes.Buffer
	out.WriteString(header)
	at := make([]int, 8)
	for i, body := range b.bodies {
		if i+1 != info {
			at[i+1] = out.Len()
			fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, body)
		}
	}
	at[5] = out.Len()
	held := fmt.Sprintf("%d 0 <</Title(Hidden)>>", info)
	fmt.Fprintf(&out, "5 0 obj\n<</Type/ObjStm/N 1/First 4/Length %d>>\nstream\n%s\nendstream\nendobj\n", len(held), held)
	at[6] = out.Len()
	rows := []byte{2, 0, 5, 0, 1, byte(at[5] >> 8), byte(at[5]), 0}
	fmt.Fprintf(&out, "6 0 obj\n<</Type/XRef/Size 7/W[1 2 1]/Index[%d 1 5 1]/Root 1 0 R/Length %d>>\nstream\n%s\nendstream\nendobj\n", info, len(rows), rows)
	start := out.Len()
	fmt.Fprintf(&out, "xref\n0 7\n0000000003 65535 f \n")
	for n := 1; n < 7; n++ {
		switch n {
		case info:
			out.WriteString("0000000005 00000 f \n")
		case 5:
			out.WriteString("0000000000 00000 f \n")
		default:
			fmt.Fprintf(&out, "%010d 00000 n \n", at[n])
		}
	}
	fmt.Fprintf(&out, "trailer\n<</Size 7/Root 1 0 R/Info %d 0 R/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n", info, at[6], start)
	return out.Bytes()
}
