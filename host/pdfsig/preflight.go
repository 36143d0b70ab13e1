package pdfsig

import (
	"errors"
	"io"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// Info is what can be told of a document before it is sent.
type Info struct {
	Pages         int    `json:"pages"`
	Encrypted     bool   `json:"encrypted"`
	XFA           bool   `json:"xfa"`
	Signatures    int    `json:"signatures"`
	DocMDP        int    `json:"doc_mdp"`           // permission level of a certified document, 1 to 3; 0 if it isn't one
	Damaged       string `json:"damaged,omitempty"` // what a reader would have to repair; empty when sound
	Version       string `json:"version"`
	ObjectStreams bool   `json:"object_streams"`
	Linearized    bool   `json:"linearized"`
	Hybrid        bool   `json:"hybrid"`
}

// Preflight looks at a document before it is sent. What is no PDF at all gives a
// *problem.Error (PDF_EMPTY, PDF_NOT_PDF, PDF_TRUNCATED); a file that other readers
// open by repairing it gives the reason in Info.Damaged, because a signature
// appended to such a file can make it unreadable (facts/pdf.md 2.2). Of an
// encrypted file only the outside is told.
func Preflight(f io.ReaderAt, size int64) (*Info, error) {
	info := &Info{}
	doc, err := pdf.Open(f, size)
	switch {
	case errors.Is(err, pdf.ErrEmpty):
		return nil, problem.Wrap(problem.PDFEmpty, err)
	case errors.Is(err, pdf.ErrNotPDF):
		return nil, problem.Wrap(problem.PDFNotPDF, err)
	case errors.Is(err, pdf.ErrTruncated):
		return nil, problem.Wrap(problem.PDFTruncated, err)
	case pdf.IsReadError(err):
		return nil, problem.Wrap(problem.PDFUnreadable, err)
	case err != nil:
		info.Damaged = err.Error()
		return info, nil
	}
	view := doc.At(0)
	info.Linearized, info.Encrypted = doc.Linearized(), doc.Encrypted()
	for _, s := range doc.Sections() {
		info.Hybrid = info.Hybrid || s.Hybrid
		for _, e := range s.Entries {
			info.ObjectStreams = info.ObjectStreams || e.Kind == pdf.InObjectStream
		}
	}
	if info.Encrypted {
		info.Version = doc.Version()
		return info, nil
	}
	info.Version = view.Version()
	if err := info.inside(view); err != nil {
		if pdf.IsReadError(err) {
			return nil, problem.Wrap(problem.PDFUnreadable, err)
		}
		info.Damaged = err.Error()
	}
	return info, nil
}

func (info *Info) inside(view *pdf.View) error {
	n, err := view.Doc().TrailingBytes()
	if err != nil {
		return err
	}
	if n > 0 {
		return violated("%d other bytes come after the end of the file", n)
	}
	catalog, err := view.Catalog()
	if err != nil {
		return err
	}
	if err := view.Pages(func(pdf.Page) bool { info.Pages++; return true }); err != nil {
		return err
	}
	if info.Pages == 0 {
		return violated("the file has no page")
	}
	form, err := view.Dict(catalog.Get("AcroForm"))
	if err != nil {
		return err
	}
	info.XFA = form.Get("XFA") != nil
	signed, err := signedFields(view)
	if err != nil {
		return err
	}
	info.Signatures = len(signed)
	if info.DocMDP, err = docMDP(view, catalog); err != nil {
		return err
	}
	return view.Each(func(uint32, pdf.Object) bool { return true })
}

// docMDP gives the permission level of a certified document (ISO 32000-1,
// 12.8.2.2), 0 for any other.
func docMDP(view *pdf.View, catalog *pdf.Dict) (int, error) {
	perms, err := view.Dict(catalog.Get("Perms"))
	if err != nil || perms == nil {
		return 0, err
	}
	sig, err := view.Dict(perms.Get("DocMDP"))
	if err != nil || sig == nil {
		return 0, err
	}
	refs, err := view.Array(sig.Get("Reference"))
	if err != nil {
		return 0, err
	}
	for _, o := range refs {
		ref, err := view.Dict(o)
		if err != nil {
			return 0, err
		}
		if ref.Get("TransformMethod") != pdf.Object(pdf.Name("DocMDP")) {
			continue
		}
		params, err := view.Dict(ref.Get("TransformParams"))
		if err != nil {
			return 0, err
		}
		if p, ok := params.Get("P").(pdf.Int); ok && p >= 1 && p <= 3 {
			return int(p), nil
		}
	}
	return 2, nil // the default level
}
