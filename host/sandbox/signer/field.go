package signer

import (
	"errors"
	"fmt"
	"slices"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
)

// addField makes the field of a signature, which is its own widget, on the first page or where its seal is to be. Lists that are there are added to, where they are: an old field or
// annotation must never be lost.
func addField(view *pdf.View, u *pdf.Update, sig pdf.Ref, seal *Seal) error {
	number := 1
	if seal != nil {
		number = seal.Page
	}
	page, err := pageOf(view, number)
	if err != nil {
		return err
	}
	root, _ := view.Root()
	catalog, err := view.Catalog()
	if err != nil {
		return err
	}
	form, err := view.Dict(catalog.Get("AcroForm"))
	if err != nil {
		return err
	}
	if len(catalog.Duplicates())+len(form.Duplicates())+len(page.Dict.Duplicates()) > 0 {
		return errors.New("the file has a key twice")
	}
	name, err := freeName(view, form)
	if err != nil {
		return err
	}
	field := pdf.NewDict()
	field.Set("Type", pdf.Name("Annot"))
	field.Set("Subtype", pdf.Name("Widget"))
	field.Set("FT", pdf.Name("Sig"))
	field.Set("T", pdf.String{Value: []byte(name)})
	field.Set("V", sig)
	field.Set("F", pdf.Int(132)) // printed and locked; without area it doesn't show
	field.Set("Rect", pdf.Array{pdf.Int(0), pdf.Int(0), pdf.Int(0), pdf.Int(0)})
	field.Set("P", page.Ref)
	if seal != nil {
		x, y, width, height, err := seal.on(view, page)
		if err != nil {
			return err
		}
		field.Set("Rect", pdf.Array{pdf.Int(x), pdf.Int(y), pdf.Int(x + width), pdf.Int(y + height)})
		look := pdf.NewDict()
		look.Set("N", u.Add(pdf.RawObject(sealLook(width, height))))
		field.Set("AP", look)
	}
	r := u.Add(field)
	if err := appendTo(view, u, page.Dict, page.Ref, "Annots", r); err != nil {
		return err
	}
	return addToForm(view, u, root, catalog, form, r)
}

const sealWidth, sealHeight, sealMargin = 160, 40, 40 // points

// on gives the seal's rectangle on a page, in points: smaller than usual on a small page, as it must never cover much of it.
func (s *Seal) on(view *pdf.View, page pdf.Page) (x, y, width, height int, err error) {
	of := page.CropBox
	if of == nil {
		of = page.MediaBox
	}
	box, err := view.Array(of)
	if err != nil {
		return 0, 0, 0, 0, err
	}
	var side [4]int
	for i := range side {
		n, ok := float64(0), len(box) == len(side)
		if ok {
			n, ok = pdf.Number(box[i])
		}
		if !ok {
			return 0, 0, 0, 0, errors.New("the page has no size")
		}
		side[i] = int(n)
	}
	at := slices.Index(Places, s.Place)
	if at < 0 {
		return 0, 0, 0, 0, errors.New("no such place on a page")
	}
	width, height = sealWidth, sealHeight
	if s.Landscape {
		width, height = height, width
	}
	pageWidth, pageHeight := side[2]-side[0], side[3]-side[1]
	width, height = min(width, pageWidth*3/10), min(height, pageHeight*3/10)
	marginX, marginY := min(sealMargin, pageWidth/10), min(sealMargin, pageHeight/10)
	x = side[0] + marginX + (pageWidth-2*marginX-width)*(at%3)/2
	y = side[1] + marginY + (pageHeight-2*marginY-height)*(2-at/3)/2
	return x, y, width, height, nil
}

// sealLook is a frame: the sandbox's seal names nobody.
func sealLook(width, height int) []byte {
	draw := fmt.Sprintf("0.7 0.3 0 RG 1 1 %d %d re S", width-2, height-2)
	return fmt.Appendf(nil, "<</Type/XObject/Subtype/Form/BBox[0 0 %d %d]/Length %d>>\nstream\n%s\nendstream", width, height, len(draw), draw)
}

func addToForm(view *pdf.View, u *pdf.Update, root pdf.Ref, catalog, form *pdf.Dict, field pdf.Ref) error {
	isNew := form == nil
	if isNew {
		form = pdf.NewDict()
	}
	form = form.Clone()
	form.Set("SigFlags", pdf.Int(3))
	list, err := view.Array(form.Get("Fields"))
	if err != nil {
		return err
	}
	longer := append(append(pdf.Array{}, list...), field)
	if at, ok := form.Get("Fields").(pdf.Ref); ok && list != nil {
		u.Replace(at, longer)
	} else {
		form.Set("Fields", longer)
	}
	if owner, ok := catalog.Get("AcroForm").(pdf.Ref); ok && !isNew {
		u.Replace(owner, form)
		return nil
	}
	catalog = catalog.Clone()
	catalog.Set("AcroForm", form)
	u.Replace(root, catalog)
	return nil
}

// appendTo adds a reference to the list under a key of an object: in the list's own
// object if it is one, else in the object itself.
func appendTo(view *pdf.View, u *pdf.Update, d *pdf.Dict, owner pdf.Ref, key pdf.Name, r pdf.Ref) error {
	list, err := view.Array(d.Get(key))
	if err != nil {
		return err
	}
	longer := append(append(pdf.Array{}, list...), r)
	if at, ok := d.Get(key).(pdf.Ref); ok && list != nil {
		u.Replace(at, longer)
		return nil
	}
	d = d.Clone()
	d.Set(key, longer)
	u.Replace(owner, d)
	return nil
}

// pageOf gives a page by its number, from 1.
func pageOf(view *pdf.View, number int) (page pdf.Page, err error) {
	left := number
	err = view.Pages(func(p pdf.Page) bool { page = p; left--; return left > 0 })
	if err == nil && left > 0 {
		err = fmt.Errorf("the file has no page %d", number)
	}
	return page, err
}

// freeName gives a name that no other field of the form's first level has.
func freeName(view *pdf.View, form *pdf.Dict) (string, error) {
	fields, err := view.Array(form.Get("Fields"))
	if err != nil {
		return "", err
	}
	used := map[string]bool{}
	for _, o := range fields {
		d, err := view.Dict(o)
		if err != nil {
			return "", err
		}
		if t, ok := d.Get("T").(pdf.String); ok {
			used[string(t.Value)] = true
		}
	}
	for n := 1; ; n++ {
		if name := fmt.Sprintf("Signature%d", n); !used[name] {
			return name, nil
		}
	}
}
