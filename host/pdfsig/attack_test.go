package pdfsig_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
)

// prepared is a document that its author has prepared for somebody who will alter it while it is signed. Object 1 is the
// catalog, 2 the page tree, 3 the document information, 4 the page, 5 its content, 6 the list of fields, 7 the text field.
type prepared struct {
	catalog, page string // more in the dictionaries
	contents      string // of the page
	kids, fields  string
}

func (p prepared) builder() *pdftest.Builder {
	or := func(s, other string) string {
		if s == "" {
			return other
		}
		return s
	}
	b := &pdftest.Builder{}
	b.Add("<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields 6 0 R>>%s>>", p.catalog)
	b.Add("<</Type/Pages/Count 1/Kids %s>>", or(p.kids, "[4 0 R]"))
	b.Add("<</Title(A document)>>")
	b.Add("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>/Contents %s/Annots[7 0 R]%s>>",
		or(p.contents, "5 0 R"), p.page)
	b.AddStream("", "BT /F1 24 Tf 72 720 Td (Page 1: pay 100 euros) Tj ET")
	b.Add("%s", or(p.fields, "[7 0 R]"))
	b.Add("<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(Maria)/DA(/F1 12 Tf 0 g)/Rect[72 600 272 620]/F 4/P 4 0 R>>")
	return b
}

func (p prepared) table() []byte   { return p.builder().Table(1, 3) }
func (p prepared) streams() []byte { return p.builder().Streams(1, 3) }

// withGap has the page's content as object 30 and the numbers before it free.
func withGap() []byte {
	file := pdftest.Update(prepared{contents: "30 0 R"}.table(), 30, "<</Length 52>>\nstream\nBT /F1 24 Tf 72 720 Td (Page 1: pay 100 euros) Tj ET\nendstream")
	at := bytes.LastIndex(file, []byte("/Size 8"))
	return append(append(bytes.Clone(file[:at]), "/Size 31"...), file[at+len("/Size 8"):]...)
}

// trick is an altered file with the twin that passes: the same document, honestly signed, where there is one.
type trick struct {
	altered
	twin bool
}

// tricks are further files of class G: each uses something that readers take differently, or that the document was prepared
// for.
func tricks(t testing.TB) []trick {
	plain := prepared{}.table()
	on := func(original []byte, twin bool, name, reason string, f forge) trick {
		return trick{altered{"G", name, f.sign(t, original), original, pdfsig.CheckRevisionChanges, reason}, twin}
	}
	field := func(k, v string) forge {
		return forge{field: func(d *pdf.Dict) { d.Set(pdf.Name(k), raw("%s", v)) }}
	}
	look := func(dict, content string) forge {
		return forge{field: seal, update: func(u *pdf.Update, _ *pdf.View, sig pdf.Ref) {
			form := u.Add(raw("<</Type/XObject/Subtype/Form/BBox[0 0 180 50]%s/Length %d>>\nstream\n%s\nendstream", dict, len(content), content))
			u.Get(pdf.Ref{Num: sig.Num + 1}).(*pdf.Dict).Set("AP", raw("<</N %v>>", form))
		}}
	}
	// The update has 31 and 32 as new objects: they get numbers from the gap, so that its /Size can be less than before.
	shrunk := forge{bytes: func(b []byte) []byte {
		for old, new := range map[string]string{`\b31 0 (obj|R)`: "08 0 $1", `\b32 0 (obj|R)`: "09 0 $1", `\n31 2\n`: "\n08 2\n", `/Size 33`: "/Size 10"} {
			require.Regexp(t, old, string(b))
			b = regexp.MustCompile(old).ReplaceAll(b, []byte(new))
		}
		return b
	}}
	hidden := forge{compress: func(map[uint32]string) {}, index: func(index string) string {
		return index + "BT /F1 24 Tf 72 720 Td (Page 1: pay 999 euros) Tj ET "
	}}
	waits := bytes.Replace(plain, []byte("/Info 3 0 R"), []byte("/Info 9 0 R"), 1)
	shared := prepared{kids: "6 0 R", fields: "[4 0 R]"}.table()
	// grow appends the new field to the shared list and not to a copy of it.
	grow := func(u *pdf.Update, _ *pdf.View, sig pdf.Ref) {
		form := u.Get(ref(1)).(*pdf.Dict).Get("AcroForm").(*pdf.Dict)
		u.Replace(ref(6), form.Get("Fields"))
		form.Set("Fields", ref(6))
	}
	out := []trick{
		// What a person sees of a page is its crop box.
		on(prepared{page: "/CropBox[0 0 200 200]"}.table(), true, "widget over all that is shown of the page", "covers too much", field("Rect", "[0 0 190 190]")),
		// At a low magnification such a widget covers the page.
		on(plain, true, "widget that doesn't shrink with the page", "doesn't shrink", forge{field: func(d *pdf.Dict) { seal(d); d.Set("F", pdf.Int(4|8)) }}),
		on(prepared{page: "/Group<</S/Transparency/Scale 0.00005>>"}.table(), true, "small number made nothing", "/Group was changed",
			forge{page: func(d *pdf.Dict) { d.Set("Group", raw("<</S/Transparency/Scale 0>>")) }}),
		// Readers may take what lies beyond the newest /Size as not there.
		on(withGap(), true, "size that cuts old objects off", "/Size", shrunk),
		on(waits, false, "document information that waited for its content", "refers to it", forge{}),
		// One array is the list of fields and the list of pages.
		on(shared, true, "field that becomes a page", "a part of a document", forge{noWidget: true, update: grow, field: func(d *pdf.Dict) {
			d.Set("Type", pdf.Name("Page"))
		}}),
		on(shared, true, "list of fields that is a list of pages too", "is used elsewhere", forge{noWidget: true, update: grow}),
		on(plain, true, "field of another type", "/Type", field("Type", "/Sig")),
		on(plain, true, "field with the name of another", "the name", field("T", "(name)")),
		on(plain, true, "associated file", "has /AF", field("AF", "[<</Type/Filespec/F(x)>>]")),
		on(plain, true, "seal that is a page of another file", "from another file", look("/Ref<</F(other.pdf)/Page 0>>", "")),
		on(plain, true, "seal with another for printing", "from another file", look("/OPI<</2.0<<>>>>", "")),
		on(plain, true, "seal in PostScript", "PostScript", look("/Subtype2/PS/PS 5 0 R", "showpage")),
		// The update's own object stream, number 13, is the page's second content.
		on(prepared{contents: "[5 0 R 13 0 R]"}.streams(), false, "page that waited for an object stream", "refers to it", forge{compress: func(map[uint32]string) {}}),
	}
	// What a reader takes for an object, a trailer or a catalog that repairs the file instead of reading it.
	reason := func(text string) forge {
		return forge{dict: func(c, r string) string {
			return strings.TrimSuffix(cmdDict(c, r), ">>") + "/Reason(" + text + ")>>"
		}}
	}
	more := func(body string) forge {
		return forge{update: func(u *pdf.Update, _ *pdf.View, sig pdf.Ref) {
			other := u.Add(raw("%s", body))
			u.Get(pdf.Ref{Num: sig.Num + 1}).(*pdf.Dict).Set("MK", raw("<</X %v>>", other))
		}}
	}
	hide := func(name, reason string, f forge) trick {
		t := on(plain, true, name, reason, f)
		t.check = pdfsig.CheckOneRevision
		return t
	}
	out = append(out,
		hide("object in a string", "hides an object", reason("\n5 0 obj\n<</Length 52>>stream\n"+lie+"\nendstream endobj\n")),
		hide("object in a string, spread", "hides an object", reason("5 "+strings.Repeat(" ", 300)+"0obj <<>>")),
		hide("trailer in a string", "hides a trailer", reason("trailer <</Root 9 0 R>>")),
		hide("object in a seal", "hides an object", look("", "5 0 obj <<>> endobj")),
		on(plain, true, "another catalog", "a part of a document", more("<</Type/Catalog/Pages 2 0 R>>")),
		on(plain, true, "another page", "a part of a document", more("<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>")),
		on(plain, true, "another page tree", "a part of a document", more("<</Type/Pages/Count 0/Kids[]>>")),
	)
	unread := on(prepared{}.streams(), true, "text between the list and the objects of an object stream", "other bytes", hidden)
	unread.check = pdfsig.CheckStructure
	inTable := hide("comment in the table", "", forge{bytes: func(b []byte) []byte {
		return bytes.Replace(b, []byte("\nxref\n"), []byte("\nxref\n% no reader expects this\n"), 1)
	}})
	inTable.check = pdfsig.CheckStructure
	// The update's trailer leads past the last revision of the original, or to a second table for some readers.
	updated := pdftest.Update(plain, 3, "<</Title(Another)>>")
	first := regexp.MustCompile(`startxref\n(\d+)`).FindSubmatch(plain)[1]
	inTrailer := func(name string, original []byte, check, reason, old, new string) trick {
		t := on(original, true, name, reason, forge{bytes: func(b []byte) []byte {
			at := bytes.LastIndex(b, []byte("trailer\n"))
			require.Regexp(t, old, string(b[at:]))
			return append(bytes.Clone(b[:at]), regexp.MustCompile(old).ReplaceAll(b[at:], []byte(new))...)
		}})
		t.check = check
		return t
	}
	out = append(out,
		inTrailer("update of an older revision", updated, pdfsig.CheckOneRevision, "doesn't go on from", `/Prev \d+`, "/Prev "+string(first)),
		inTrailer("update without what was before", plain, pdfsig.CheckOneRevision, "doesn't go on from", `/Prev \d+`, ""),
		inTrailer("second table for newer readers", plain, pdfsig.CheckStructure, "", `/Prev`, "/XRefStm 20/Prev"),
		inTrailer("catalog of another generation", plain, pdfsig.CheckStructure, "", `/Root 1 0 R`, "/Root 1 1 R"),
		inTrailer("catalog given twice", plain, pdfsig.CheckStructure, "twice", `/Root 1 0 R`, "/Root 1 0 R/R#6fot 2 0 R"),
		inTrailer("document information from elsewhere", plain, pdfsig.CheckRevisionChanges, "document information", `/Info 3 0 R`, "/Info 4 0 R"),
	)
	comment := trick{altered{"G", "object in a comment", between(t, "% 5 0 obj (hidden) endobj\n"), document, pdfsig.CheckOneRevision, "hides an object"}, true}
	return append(out, unread, inTable, comment)
}

func TestTricksFail(t *testing.T) {
	for _, a := range tricks(t) {
		t.Run(a.name, func(t *testing.T) {
			r := verifyReturned(t, a.file, a.original, trusting(genuine()))
			require.Equal(t, pdfsig.Failed, r.Verdict, "%+v", r.Findings)
			f := r.Find(a.check)
			require.Equal(t, pdfsig.Fail, f.Result, "%+v", r.Findings)
			require.Contains(t, f.Detail, a.reason)
			if a.twin {
				r := verifyReturned(t, forge{}.sign(t, a.original), a.original, trusting(genuine()))
				require.Equal(t, pdfsig.Verified, r.Verdict, "%+v", r.Findings)
			}
		})
	}
}

// TestAFileThatComesBackEncryptedHasFailed: the original's bytes are there, and an update says that they are encrypted, so
// that no reader shows them as they were.
func TestAFileThatComesBackEncryptedHasFailed(t *testing.T) {
	plain := prepared{}.table()
	f := forge{bytes: func(b []byte) []byte {
		out := bytes.Replace(b, []byte("/Root 1 0 R"), []byte("/Root 1 0 R/Encrypt<</Filter/Standard/V 1/R 2/P -4/O(00000000000000000000000000000000)/U(00000000000000000000000000000000)>>"), 1)
		require.NotEqual(t, b, out)
		return out
	}}
	r := verifyReturned(t, f.sign(t, plain), plain, trusting(genuine()))
	require.Equal(t, pdfsig.Failed, r.Verdict, "%+v", r.Findings)
	require.Equal(t, pdfsig.Fail, r.Find(pdfsig.CheckEncrypted).Result)
}
