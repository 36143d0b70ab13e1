package pdfsig_test

import (
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
)

// picture is what poppler and MuPDF show of a file.
func picture(t *testing.T, path string) [2]string {
	t.Helper()
	poppler, err := exec.Command("pdftoppm", "-r", "20", path).Output()
	require.NoError(t, err)
	mupdf, err := exec.Command("mutool", "draw", "-q", "-r", "20", "-F", "pnm", "-o", "-", path).Output()
	require.NoError(t, err)
	return [2]string{string(poppler), string(mupdf)}
}

// meddler changes at random what a signing service writes into its update.
type meddler struct {
	*rand.Rand
	did string
}

var meddledKeys = []pdf.Name{
	"Type", "Subtype", "FT", "T", "V", "F", "P", "Rect", "AP", "MK", "Kids", "Parent", "Contents", "Resources", "Annots", "Fields", "SigFlags", "DA",
	"DR", "Q", "AS", "BS", "Border", "C", "H", "Version", "Extensions", "DSS", "Perms", "Pages", "Names", "OpenAction", "MediaBox", "CropBox",
	"Rotate", "UserUnit", "Group", "Lock", "SV", "DV", "Ff", "TU", "OC", "StructParent", "Metadata", "AcroForm", "NeedAppearances", "XFA",
}

func (m *meddler) value() pdf.Object {
	ref := fmt.Sprintf("%d %d R", m.Intn(20), m.Intn(8)/7)
	pool := []string{
		ref, "[" + ref + "]", "<</N " + ref + ">>", "<</Font<</F1 " + ref + "/Helv " + ref + ">>>>", "<</XObject<</X " + ref + ">>>>", "null", "[]", "<<>>",
		"0", "2", "90", "true", "/Page", "/Widget", "/Sig", "/2.0", "(name)", "[0 0 0 0]", "[10 10 100 60]",
	}
	return pdf.RawObject(pool[m.Intn(len(pool))])
}

// meddle changes one or two keys, mostly.
func (m *meddler) meddle(often int) func(*pdf.Dict) {
	if m.Intn(often) != 0 {
		return nil
	}
	return func(d *pdf.Dict) {
		for range 1 + m.Intn(2) {
			key, value := meddledKeys[m.Intn(len(meddledKeys))], m.value()
			m.did += fmt.Sprintf(" /%s %s", key, value)
			d.Set(key, value)
		}
	}
}

// more adds objects that want to be shown, some of them hung on the new field.
func (m *meddler) more(u *pdf.Update, _ *pdf.View, sig pdf.Ref) {
	paint := "1 0 0 rg 0 0 600 800 re f"
	bodies := []pdf.RawObject{
		stream(paint), raw("<</Type/XObject/Subtype/Form/BBox[0 0 600 800]/Length %d>>\nstream\n%s\nendstream", len(paint), paint),
		raw("<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"), raw("[]"),
	}
	for range m.Intn(3) {
		body := bodies[m.Intn(len(bodies))]
		r := u.Add(body)
		m.did += fmt.Sprintf(" and %v, %.20q", r, body)
		if field, ok := u.Get(pdf.Ref{Num: sig.Num + 1}).(*pdf.Dict); ok && m.Intn(2) == 0 {
			key := meddledKeys[m.Intn(len(meddledKeys))]
			field.Set(key, raw("<</N %v>>", r))
			m.did += " at /" + string(key)
		}
	}
}

// TestWhatIsVerifiedLooksAsBefore is a service that tries things at random, for ever. Whatever is verified and has no visible
// seal must look in poppler and in MuPDF as the original does. PDFSIG_TRIES makes it try more than some.
func TestWhatIsVerifiedLooksAsBefore(t *testing.T) {
	tries := 400
	if s := os.Getenv("PDFSIG_TRIES"); s != "" {
		var err error
		tries, err = strconv.Atoi(s)
		require.NoError(t, err)
	}
	path := filepath.Join(t.TempDir(), "file.pdf")
	originals := [][]byte{
		prepared{}.table(), prepared{}.streams(), withGap(), prepared{contents: "[5 0 R 10 0 R 11 0 R]"}.table(), pdftest.Hybrid(),
		pdftest.New(pdftest.Options{Pages: 2, Form: "fields", Annots: "indirect"}), pdftest.New(pdftest.Options{Annots: "inline", Tagged: true}),
		pdftest.New(pdftest.Options{Form: "direct", Streams: true, Inherit: true}),
	}
	looks := make([][2]string, len(originals))
	for i, o := range originals {
		require.NoError(t, os.WriteFile(path, o, 0o600))
		looks[i] = picture(t, path)
	}
	verified := map[string]bool{}
	for seed := range int64(tries) {
		m := &meddler{Rand: rand.New(rand.NewSource(seed))}
		which := m.Intn(len(originals))
		f := forge{field: m.meddle(2), page: m.meddle(8), catalog: m.meddle(8), noWidget: m.Intn(6) == 0}
		if m.Intn(2) == 0 {
			f.update = m.more
		}
		file := f.sign(t, originals[which])
		report := verifyReturned(t, file, originals[which], trusting(genuine()))
		what := fmt.Sprint(which, m.did)
		if report.Verdict != pdfsig.Verified || report.Signatures[len(report.Signatures)-1].Visible || verified[what] {
			continue
		}
		verified[what] = true
		require.NoError(t, os.WriteFile(path, file, 0o600))
		require.True(t, picture(t, path) == looks[which], "seed %d: original%s", seed, what)
	}
	require.Greater(t, len(verified), tries/20, "it tries what is verified, too")
}
