package pdfsig_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
)

// drawnSeal is a signature that shows: a widget with a look, changed by more.
func drawnSeal(more func(*pdf.Dict)) forge {
	return forge{field: seal, update: func(u *pdf.Update, _ *pdf.View, sig pdf.Ref) {
		look := u.Add(raw("<</Type/XObject/Subtype/Form/BBox[0 0 180 50]/Length 22>>\nstream\n0 1 0 rg 0 0 180 50 re\nendstream"))
		field := u.Get(pdf.Ref{Num: sig.Num + 1}).(*pdf.Dict)
		field.Set("AP", raw("<</N %v>>", look))
		if more != nil {
			more(field)
		}
	}}
}

// What a seal comes to depends on whether it was asked for, and where.
func TestASealThatWasAskedFor(t *testing.T) {
	plain := pdftest.New(pdftest.Options{Pages: 2})
	set := func(k pdf.Name, v pdf.Object) func(*pdf.Dict) { return func(d *pdf.Dict) { d.Set(k, v) } }
	rect := func(a, b, c, d int) func(*pdf.Dict) {
		return set("Rect", pdf.Array{pdf.Int(a), pdf.Int(b), pdf.Int(c), pdf.Int(d)})
	}
	for name, c := range map[string]struct {
		asked   int
		f       forge
		verdict pdfsig.Verdict
		seal    pdfsig.Result // of the finding; empty: there is none
		says    string        // the finding's sentence; without one, why the update isn't explained
	}{
		"on the page asked for":          {1, drawnSeal(nil), pdfsig.Verified, pdfsig.Pass, "The signature is visible, with a seal on page 1."},
		"on another page":                {2, drawnSeal(nil), pdfsig.Look, pdfsig.Unknown, "The signature's seal is on page 1, and not on the one asked for."},
		"not asked for, and one comes":   {0, drawnSeal(nil), pdfsig.Verified, pdfsig.Pass, "The signature is visible, with a seal on page 1."},
		"not asked for, and none comes":  {0, forge{}, pdfsig.Verified, "", ""},
		"asked for, and none comes":      {1, forge{}, pdfsig.Look, pdfsig.Unknown, "A visible signature was asked for, and the one that came doesn't show."},
		"no widget on any page":          {1, forge{noWidget: true}, pdfsig.Look, pdfsig.Unknown, "A visible signature was asked for, and the one that came doesn't show."},
		"room for a seal, and no look":   {1, forge{field: seal}, pdfsig.Look, pdfsig.Unknown, "A visible signature was asked for, and the one that came doesn't show."},
		"hidden":                         {1, drawnSeal(set("F", pdf.Int(2|4))), pdfsig.Look, pdfsig.Unknown, "A visible signature was asked for, and the one that came doesn't show."},
		"not to be viewed":               {1, drawnSeal(set("F", pdf.Int(32|4))), pdfsig.Look, pdfsig.Unknown, "A visible signature was asked for, and the one that came doesn't show."},
		"beside the page":                {1, drawnSeal(rect(-300, 10, -120, 60)), pdfsig.Look, pdfsig.Unknown, "A visible signature was asked for, and the one that came doesn't show."},
		"over the page's text":           {1, drawnSeal(rect(0, 0, 595, 842)), pdfsig.Failed, "", "covers too much"},
		"over a fifth of the page":       {1, drawnSeal(rect(40, 40, 440, 300)), pdfsig.Failed, "", "covers too much"},
		"with a note on the page beside": {1, withNote(), pdfsig.Failed, "", "no new object"},
		"with a second widget":           {1, twoWidgets(), pdfsig.Failed, "", "more than one widget"},
	} {
		t.Run(name, func(t *testing.T) {
			o := trusting(genuine())
			o.SealPage = c.asked
			r := verifyReturned(t, c.f.sign(t, plain), plain, o)
			require.Equal(t, c.verdict, r.Verdict, "%+v", r.Findings)
			found := r.Find(pdfsig.CheckSeal)
			if c.seal == "" {
				require.Equal(t, pdfsig.NotReached, found.Detail, "%+v", found)
				require.Contains(t, r.Find(pdfsig.CheckRevisionChanges).Detail, c.says)
				return
			}
			require.Equal(t, c.seal, found.Result)
			require.Equal(t, c.says, found.Sentence("en"))
			require.NotContains(t, found.Sentence("pt"), "%!", "a sentence with a hole")
			require.Equal(t, pdfsig.ExistsYes, r.SignatureExists)
		})
	}
}

// withNote is a seal in order, and a note that isn't the signature's.
func withNote() forge {
	f := drawnSeal(nil)
	f.page = func(page *pdf.Dict) {
		list, _ := page.Get("Annots").(pdf.Array)
		page.Set("Annots", append(append(pdf.Array{}, list...), raw("<</Type/Annot/Subtype/FreeText/Rect[10 10 90 90]/Contents(paid)>>")))
	}
	return f
}

// twoWidgets is a signature whose field shows twice.
func twoWidgets() forge {
	return forge{field: seal, update: func(u *pdf.Update, _ *pdf.View, sig pdf.Ref) {
		second := u.Add(raw("<</Type/Annot/Subtype/Widget/Parent %d 0 R/F 4/Rect[300 50 400 100]>>", sig.Num+1))
		u.Get(pdf.Ref{Num: sig.Num + 1}).(*pdf.Dict).Set("Kids", pdf.Array{second})
	}}
}
