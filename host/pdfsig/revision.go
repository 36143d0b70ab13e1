package pdfsig

import (
	"fmt"
	"math"
	"slices"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
)

// maxSealArea is the largest part of its page that a visible seal may cover. A
// larger one could cover the text with another (facts/pdf.md 5.1 rule 5).
const maxSealArea = 0.15

// addition is what a signing revision added, as far as it shows.
type addition struct {
	page  int // from 1; 0 for a signature without a widget on a page
	rect  []float64
	drawn bool // it has a look of its own, on the page and not hidden
}

// revisionDiff holds an update against the revision before it.
type revisionDiff struct {
	old, now *pdf.View
	inc      *pdf.Increment
	sig      *sigField // the signature that the update adds, nil for none
	rules    rules

	replaced map[uint32]bool // numbers of old objects that the update replaces
	fresh    map[uint32]bool // numbers that only the update has
	allowed  map[uint32]bool // replaced objects whose change was found in order
	lists    map[uint32]bool // those of them that are lists of fields or annotations
	added    []pdf.Ref       // fields appended to the form
	widgets  map[uint32]*pdf.Dict
	shown    addition
	places   int      // pages that got a widget
	filled   []string // names of fields that got another value
	dss      bool     // validation data were added
}

// rules are what an update may do besides what every signature needs.
type rules struct {
	blank bool // sign a blank signature field that is there
	fill  bool // give form fields other values
	dss   bool // add to validation data that are there
	// orphans lets an update that is explained leave objects that nothing refers to, as
	// some signers do.
	orphans bool
}

// explainSigning checks facts/pdf.md 5.1 rule 5: the update may replace only the
// catalog, the form, pages and their lists of annotations and fields, each only by
// what one new signature needs; and everything new belongs to that signature. The
// error names the object that isn't explained.
func explainSigning(old, now *pdf.View, inc *pdf.Increment, sig sigField) (addition, error) {
	d, err := explain(old, now, inc, &sig, rules{})
	if err != nil {
		return addition{}, err
	}
	return d.shown, nil
}

// explain holds an update against the revision before it, under rules.
func explain(old, now *pdf.View, inc *pdf.Increment, sig *sigField, r rules) (*revisionDiff, error) {
	d := &revisionDiff{
		old: old, now: now, inc: inc, sig: sig, rules: r,
		replaced: map[uint32]bool{}, fresh: map[uint32]bool{}, allowed: map[uint32]bool{}, lists: map[uint32]bool{}, widgets: map[uint32]*pdf.Dict{},
	}
	for _, step := range []func() error{
		d.trailer, d.sortEntries, d.catalog, d.field, d.pages, d.formFields, d.validationData, d.unexplained, d.reach, d.oneSignature, d.oldReferences,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (d *revisionDiff) trailer() error {
	was, is := d.old.Trailer(), d.now.Trailer()
	if !pdf.Equal(was.Get("Root"), is.Get("Root")) {
		return violated("the update has another catalog object")
	}
	if is.Has("Encrypt") {
		return violated("the update encrypts the file")
	}
	// What lies beyond the newest /Size doesn't exist (ISO 32000-1, 7.5.5), whatever older
	// sections say; some readers keep to that.
	before, _ := was.Get("Size").(pdf.Int)
	if after, ok := is.Get("Size").(pdf.Int); !ok || after < before || int64(after) <= int64(d.old.MaxNum()) {
		return violated("the update's /Size cuts old objects off")
	}
	// The document information may be left out of the new trailer; another one may
	// not take its place.
	if is.Has("Info") && !pdf.Equal(was.Get("Info"), is.Get("Info")) {
		return violated("the update has another document information")
	}
	return nil
}

// sortEntries tells replaced objects from new ones and refuses removed ones.
func (d *revisionDiff) sortEntries() error {
	for _, e := range d.inc.Section.Entries {
		before, had := d.old.Entry(e.Num)
		had = had && before.Kind != pdf.Free
		switch {
		case e.Num == 0 && e.Kind == pdf.Free:
		case e.Num == 0:
			return violated("the update gives object 0 a content")
		case e.Kind == pdf.Free && had:
			return violated("object %d was removed", e.Num)
		case e.Kind == pdf.Free:
		case had && (before.Gen != e.Gen || d.inc.Containers[e.Num]):
			return violated("object %d was replaced by something else", e.Num)
		case had:
			d.replaced[e.Num] = true
		case !d.inc.Containers[e.Num]:
			d.fresh[e.Num] = true
		}
	}
	for num, o := range d.inc.Objects {
		// A reader that looks for the document by itself must find the old one.
		switch typ := pdf.AsDict(o).Get("Type"); typ {
		case pdf.Name("Catalog"), pdf.Name("Pages"), pdf.Name("Page"):
			if d.fresh[num] {
				return violated("object %d of the update is a part of a document by itself (%v)", num, typ)
			}
		}
		if st, ok := o.(*pdf.Stream); ok {
			if err := foreignContent(num, st.Dict); err != nil {
				return err
			}
		}
		if k := duplicate(o); k != "" {
			return violated("object %d of the update has the key %q twice", num, shown(string(k)))
		}
	}
	return nil
}

// foreignContent refuses a stream that shows something else than its own bytes in some
// readers: another file's content, a page of another file, another picture for
// printing, a program.
func foreignContent(num uint32, st *pdf.Dict) error {
	for _, k := range []pdf.Name{"F", "FFilter", "Ref", "OPI"} {
		if st.Has(k) {
			return violated("object %d of the update takes its content from another file", num)
		}
	}
	ps := pdf.Object(pdf.Name("PS"))
	if st.Has("PS") || st.Get("Subtype") == ps || st.Get("Subtype2") == ps {
		return violated("object %d of the update is PostScript", num)
	}
	return nil
}

// duplicate gives a key that a value's dictionaries have twice, "" for none.
func duplicate(o pdf.Object) pdf.Name {
	if s, ok := o.(*pdf.Stream); ok {
		o = s.Dict
	}
	switch v := o.(type) {
	case pdf.Array:
		for _, e := range v {
			if k := duplicate(e); k != "" {
				return k
			}
		}
	case *pdf.Dict:
		if k := v.Duplicates(); len(k) > 0 {
			return k[0]
		}
		for _, key := range v.Keys() {
			if k := duplicate(v.Get(key)); k != "" {
				return k
			}
		}
	}
	return ""
}

// allow marks a replaced object as in order; a value that is no reference to one
// changes nothing.
func (d *revisionDiff) allow(was, is pdf.Object) {
	if r, ok := is.(pdf.Ref); ok && was == is && d.replaced[r.Num] {
		d.allowed[r.Num] = true
	}
}

// allowList does so for a list, which must then be nothing else in the document.
func (d *revisionDiff) allowList(was, is pdf.Object) {
	d.allow(was, is)
	if r, ok := is.(pdf.Ref); ok && d.allowed[r.Num] {
		d.lists[r.Num] = true
	}
}

func (d *revisionDiff) catalog() error {
	was, err := d.old.Catalog()
	if err != nil {
		return err
	}
	is, err := d.now.Catalog()
	if err != nil {
		return err
	}
	for _, k := range pdf.DiffKeys(was, is) {
		switch k {
		case "AcroForm", "Extensions", "DSS":
		case "Version":
			v, ok := is.Get(k).(pdf.Name)
			if !ok || len(v) != 3 || string(v) < d.old.Version() {
				return violated("the catalog's /Version was changed to something older")
			}
		case "Perms":
			if err := d.perms(was, is); err != nil {
				return err
			}
		default:
			return violated("the catalog's /%s was changed", shown(string(k)))
		}
	}
	d.allow(d.old.Trailer().Get("Root"), d.now.Trailer().Get("Root"))
	return d.form(was.Get("AcroForm"), is.Get("AcroForm"))
}

// perms lets a first signature certify the document; older permissions stay.
func (d *revisionDiff) perms(was, is *pdf.Dict) error {
	before, err := d.old.Dict(was.Get("Perms"))
	if err != nil {
		return err
	}
	after, err := d.now.Dict(is.Get("Perms"))
	if err != nil {
		return err
	}
	for _, k := range pdf.DiffKeys(before, after) {
		if k != "DocMDP" || before.Has(k) || d.sig == nil || after.Get(k) != pdf.Object(d.sig.value) {
			return violated("the catalog's /Perms was changed")
		}
	}
	return nil
}

func (d *revisionDiff) form(wasRef, isRef pdf.Object) error {
	was, err := d.old.Dict(wasRef)
	if err != nil {
		return err
	}
	is, err := d.now.Dict(isRef)
	if err != nil {
		return err
	}
	for _, k := range pdf.DiffKeys(was, is) {
		switch k {
		case "Fields":
		case "SigFlags":
			if n, ok := is.Get(k).(pdf.Int); !ok || n < 1 || n > 3 {
				return violated("the form's /SigFlags was changed to something unsound")
			}
		case "DA", "DR", "Q":
			if was != nil {
				return violated("the form's /%s was changed", shown(string(k)))
			}
		case "NeedAppearances":
			if was != nil || is.Get(k) != false {
				return violated("the form's /NeedAppearances was changed")
			}
		default:
			return violated("the form's /%s was changed", shown(string(k)))
		}
	}
	d.allow(wasRef, isRef)
	before, err := d.old.Array(was.Get("Fields"))
	if err != nil {
		return err
	}
	after, err := d.now.Array(is.Get("Fields"))
	if err != nil {
		return err
	}
	d.added, err = d.appended(before, after)
	if err != nil {
		return violated("the form's list of fields %v", err)
	}
	d.allowList(was.Get("Fields"), is.Get("Fields"))
	if len(d.added) > 1 || len(d.added) == 1 && d.sig == nil {
		return violated("the update adds %d fields to the form", len(d.added))
	}
	return nil
}

// appended gives what a list has more at its end; all of it must be new objects.
func (d *revisionDiff) appended(before, after pdf.Array) ([]pdf.Ref, error) {
	if len(after) < len(before) || !pdf.Equal(before, after[:len(before)]) {
		return nil, violated("was changed and not only appended to")
	}
	var out []pdf.Ref
	for _, o := range after[len(before):] {
		r, ok := o.(pdf.Ref)
		if !ok || !d.fresh[r.Num] {
			return nil, violated("got something that is no new object")
		}
		out = append(out, r)
	}
	return out, nil
}

// field checks the new field and finds its widgets.
func (d *revisionDiff) field() error {
	found := false
	seen := map[uint32]bool{}
	var visit func(r pdf.Ref, top bool) error
	visit = func(r pdf.Ref, top bool) error {
		if !d.fresh[r.Num] || seen[r.Num] || len(seen) > 100 {
			return violated("the new field rests on object %d", r.Num)
		}
		seen[r.Num] = true
		f, ok := d.inc.Objects[r.Num].(*pdf.Dict)
		if !ok {
			return violated("the new field, object %d, is no dictionary", r.Num)
		}
		found = found || r == d.sig.field
		for _, k := range []pdf.Name{"A", "AA", "PMD", "OC", "AF"} {
			if f.Has(k) {
				return violated("the new field, object %d, has /%s", r.Num, k)
			}
		}
		// The same object could be something else, too, where the document was prepared for it.
		if typ := f.Get("Type"); typ != nil && typ != pdf.Name("Annot") {
			return violated("the new field, object %d, has another /Type", r.Num)
		}
		if typ := f.Get("FT"); typ != nil && typ != pdf.Name("Sig") || top && typ == nil {
			return violated("the new field, object %d, is not a signature field", r.Num)
		}
		if p, ok := f.Get("Parent").(pdf.Ref); top && f.Get("Parent") != nil || ok && !seen[p.Num] {
			return violated("the new field, object %d, has a parent it doesn't belong to", r.Num)
		}
		if f.Has("Rect") || f.Has("Subtype") {
			// Other annotations draw more than their appearance inside the rectangle.
			if f.Get("Subtype") != pdf.Object(pdf.Name("Widget")) {
				return violated("the new field, object %d, is another kind of annotation", r.Num)
			}
			if n, ok := f.Get("F").(pdf.Int); f.Has("F") && (!ok || n&noZoom != 0) {
				return violated("the new field, object %d, doesn't shrink with its page", r.Num)
			}
			d.widgets[r.Num] = f
		}
		kids, err := d.now.Array(f.Get("Kids"))
		if err != nil {
			return err
		}
		for _, k := range kids {
			kr, ok := k.(pdf.Ref)
			if !ok {
				return violated("the new field, object %d, has a part that is no object", r.Num)
			}
			if err := visit(kr, false); err != nil {
				return err
			}
		}
		return nil
	}
	if d.sig == nil {
		return nil
	}
	if len(d.added) == 0 {
		return d.blankField()
	}
	if err := visit(d.added[0], true); err != nil {
		return err
	}
	if !found {
		return violated("the new field doesn't hold the new signature")
	}
	if len(d.widgets) > 1 {
		return violated("the new field has more than one widget")
	}
	return d.ownName()
}

// noZoom is the annotation flag that keeps the size on the screen (ISO 32000-1, 12.5.3):
// at a low magnification it would cover the page.
const noZoom = 1 << 3

// ownName requires that the new field shares no name with an old one: fields of one name
// are one field with one value (ISO 32000-1, 12.7.3.2).
func (d *revisionDiff) ownName() error {
	names := func(v *pdf.View, fields pdf.Array) (map[uint32]string, error) {
		w := &fieldWalk{view: v, seen: map[uint32]bool{}, types: map[uint32]pdf.Object{}, names: map[uint32]string{}}
		return w.names, w.visit(fields, nil, "", 0)
	}
	catalog, err := d.old.Catalog()
	if err != nil {
		return err
	}
	form, err := d.old.Dict(catalog.Get("AcroForm"))
	if err != nil {
		return err
	}
	fields, err := d.old.Array(form.Get("Fields"))
	if err != nil {
		return err
	}
	old, err := names(d.old, fields)
	if err != nil {
		return err
	}
	taken := map[string]bool{}
	for _, name := range old {
		taken[name] = name != ""
	}
	fresh, err := names(d.now, pdf.Array{d.added[0]})
	for num, name := range fresh {
		if taken[name] {
			return violated("the new field, object %d, has the name of an old one", num)
		}
	}
	return err
}

// blankField checks that an old signature field without a value got the signature
// and what shows it, and nothing else.
func (d *revisionDiff) blankField() error {
	num := d.sig.field.Num
	was, err := d.old.Dict(d.sig.field)
	if err != nil {
		return err
	}
	is, ok := d.inc.Objects[num].(*pdf.Dict)
	if !d.rules.blank || !d.replaced[num] || !ok || was.Get("V") != nil {
		return violated("the update adds no field to the form")
	}
	if err := d.onlyKeys(num, was, is, "V", "AP", "M", "MK", "F"); err != nil {
		return err
	}
	d.allowed[num] = true
	return nil
}

// onlyKeys requires that a dictionary was changed under some keys only, and that
// these bring no reference to an old object which wasn't there.
func (d *revisionDiff) onlyKeys(num uint32, was, is *pdf.Dict, keys ...pdf.Name) error {
	for _, k := range pdf.DiffKeys(was, is) {
		if !slices.Contains(keys, k) {
			return violated("object %d: /%s was changed", num, shown(string(k)))
		}
		known := map[pdf.Ref]bool{}
		pdf.References(was.Get(k), func(r pdf.Ref) { known[r] = true })
		var other *pdf.Ref
		pdf.References(is.Get(k), func(r pdf.Ref) {
			if !d.fresh[r.Num] && !known[r] {
				other = &r
			}
		})
		if other != nil {
			return violated("object %d: /%s was made to show object %d", num, shown(string(k)), other.Num)
		}
	}
	return nil
}

// formFields lets form fields get other values and their looks, where the rules do.
func (d *revisionDiff) formFields() error {
	if !d.rules.fill {
		return nil
	}
	catalog, err := d.old.Catalog()
	if err != nil {
		return err
	}
	form, err := d.old.Dict(catalog.Get("AcroForm"))
	if err != nil || form == nil {
		return err
	}
	fields, err := d.old.Array(form.Get("Fields"))
	if err != nil {
		return err
	}
	w := &fieldWalk{view: d.old, seen: map[uint32]bool{}, types: map[uint32]pdf.Object{}, names: map[uint32]string{}}
	if err := w.visit(fields, nil, "", 0); err != nil {
		return err
	}
	for num, typ := range w.types {
		if !d.replaced[num] || d.allowed[num] || typ != pdf.Name("Tx") && typ != pdf.Name("Btn") && typ != pdf.Name("Ch") {
			continue
		}
		was, err := d.old.Dict(pdf.Ref{Num: num})
		if err != nil {
			return err
		}
		is, ok := d.inc.Objects[num].(*pdf.Dict)
		if !ok {
			return violated("the form field %q, object %d, is no dictionary any more", w.names[num], num)
		}
		if err := d.onlyKeys(num, was, is, "V", "AS", "AP", "M", "I"); err != nil {
			return err
		}
		d.allowed[num] = true
		d.filled = append(d.filled, w.names[num])
	}
	return nil
}

// validationData lets the document's store of certificates and revocation data
// (ETSI EN 319 142-1, 5.4) grow, where the rules do: its objects may be replaced if
// nothing else in the document refers to them.
func (d *revisionDiff) validationData() error {
	was, err := d.old.Catalog()
	if err != nil {
		return err
	}
	is, err := d.now.Catalog()
	if err != nil {
		return err
	}
	d.dss = !pdf.Equal(was.Get("DSS"), is.Get("DSS"))
	if !d.rules.dss || !was.Has("DSS") {
		return nil
	}
	own, err := d.old.Reach(was.Get("DSS"))
	if err != nil {
		return err
	}
	rest := was.Clone()
	rest.Set("DSS", nil)
	document, err := d.old.Reach(rest, d.old.Trailer().Get("Info"))
	if err != nil {
		return err
	}
	root, _ := d.old.Root()
	for _, e := range d.inc.Section.Entries {
		if !d.replaced[e.Num] || d.allowed[e.Num] || !own(e.Num) {
			continue
		}
		if document(e.Num) || e.Num == root.Num {
			return violated("object %d was changed as validation data and is part of the document", e.Num)
		}
		d.allowed[e.Num], d.dss = true, true
	}
	return nil
}

func (d *revisionDiff) pages() error {
	number := 0
	var failed error
	err := d.old.Pages(func(p pdf.Page) bool {
		number++
		annots, _ := p.Dict.Get("Annots").(pdf.Ref)
		if d.replaced[p.Ref.Num] || d.replaced[annots.Num] {
			failed = d.page(p, number)
		}
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	return err
}

func (d *revisionDiff) page(p pdf.Page, number int) error {
	is, err := d.now.Dict(p.Ref)
	if err != nil {
		return err
	}
	for _, k := range pdf.DiffKeys(p.Dict, is) {
		if k != "Annots" {
			return violated("page %d (object %d): /%s was changed", number, p.Ref.Num, shown(string(k)))
		}
	}
	d.allow(p.Ref, p.Ref)
	before, err := d.old.Array(p.Dict.Get("Annots"))
	if err != nil {
		return err
	}
	after, err := d.now.Array(is.Get("Annots"))
	if err != nil {
		return err
	}
	added, err := d.appended(before, after)
	if err != nil {
		return violated("page %d (object %d): the list of annotations %v", number, p.Ref.Num, err)
	}
	d.allowList(p.Dict.Get("Annots"), is.Get("Annots"))
	for _, r := range added {
		w := d.widgets[r.Num]
		if w == nil {
			return violated("page %d (object %d): object %d was added and is not the signature's widget", number, p.Ref.Num, r.Num)
		}
		if d.places++; d.places > 1 {
			return violated("the signature's widget is on more than one page")
		}
		d.shown.page = number
		if d.shown.rect, err = d.seal(w, p); err != nil {
			return err
		}
		d.shown.drawn, err = d.drawn(w, p)
		if err != nil {
			return err
		}
	}
	return nil
}

// seal gives the rectangle of a widget that shows, nil for one without area.
func (d *revisionDiff) seal(w *pdf.Dict, p pdf.Page) ([]float64, error) {
	rect, ok := d.rect(w.Get("Rect"))
	if !ok {
		return nil, violated("the signature's widget has no sound rectangle")
	}
	area := (rect[2] - rect[0]) * (rect[3] - rect[1])
	if area == 0 {
		return nil, nil
	}
	box, ok := d.box(p)
	if !ok {
		return nil, violated("the page of the signature's widget has no sound size")
	}
	if area > maxSealArea*(box[2]-box[0])*(box[3]-box[1]) {
		return nil, violated("the signature's widget covers too much of its page")
	}
	return rect, nil
}

// box is what is shown of a page: what its media box and its crop box both have.
func (d *revisionDiff) box(p pdf.Page) ([]float64, bool) {
	box, ok := d.rect(p.MediaBox)
	if crop, sound := d.rect(p.CropBox); ok && p.CropBox != nil {
		ok = sound
		if sound {
			box = []float64{max(box[0], crop[0]), max(box[1], crop[1]), min(box[2], crop[2]), min(box[3], crop[3])}
		}
	}
	return box, ok && box[0] < box[2] && box[1] < box[3]
}

// The annotation flags that keep a widget from being seen (ISO 32000-1, 12.5.3).
const unseen = 1<<1 | 1<<5

// drawn says whether a widget shows something: it isn't hidden, lies on what is shown of its page, and has a look.
func (d *revisionDiff) drawn(w *pdf.Dict, p pdf.Page) (bool, error) {
	rect, ok := d.rect(w.Get("Rect"))
	box, sound := d.box(p)
	flags, _ := w.Get("F").(pdf.Int)
	if !ok || !sound || flags&unseen != 0 || min(rect[2], box[2]) <= max(rect[0], box[0]) || min(rect[3], box[3]) <= max(rect[1], box[1]) {
		return false, nil
	}
	looks, err := d.now.Dict(w.Get("AP"))
	if err != nil || looks == nil {
		return false, err
	}
	look, err := d.now.Resolve(looks.Get("N"))
	_, drawn := look.(*pdf.Stream)
	return drawn, err
}

func (d *revisionDiff) rect(o pdf.Object) ([]float64, bool) {
	a, err := d.now.Array(o)
	if err != nil || len(a) != 4 {
		return nil, false
	}
	var r [4]float64
	for i, o := range a {
		n, ok := pdf.Number(o)
		if !ok || math.Abs(n) > 1e6 {
			return nil, false
		}
		r[i] = n
	}
	return []float64{min(r[0], r[2]), min(r[1], r[3]), max(r[0], r[2]), max(r[1], r[3])}, true
}

// unexplained refuses every replaced object that none of the rules has allowed.
func (d *revisionDiff) unexplained() error {
	for _, e := range d.inc.Section.Entries {
		if d.replaced[e.Num] && !d.allowed[e.Num] {
			return violated("object %d (%s) was changed", e.Num, kind(d.inc.Objects[e.Num]))
		}
	}
	return nil
}

// kind names an object for a person who looks for it.
func kind(o pdf.Object) string {
	what := "a value"
	switch o.(type) {
	case *pdf.Stream:
		what = "a stream"
	case *pdf.Dict:
		what = "a dictionary"
	case pdf.Array:
		what = "an array"
	}
	dict := pdf.AsDict(o)
	for _, k := range []pdf.Name{"Type", "Subtype"} {
		if n, ok := dict.Get(k).(pdf.Name); ok {
			what += " /" + shown(string(n))
		}
	}
	return what
}

// reach requires that everything new is reached from what was allowed to change.
func (d *revisionDiff) reach() error {
	if d.rules.orphans && (d.sig != nil || d.dss || len(d.filled) > 0) {
		return nil
	}
	reached := map[uint32]bool{}
	var queue []pdf.Ref
	note := func(r pdf.Ref) {
		if d.fresh[r.Num] && !reached[r.Num] {
			reached[r.Num] = true
			queue = append(queue, r)
		}
	}
	for num := range d.allowed {
		pdf.References(d.inc.Objects[num], note)
	}
	for len(queue) > 0 {
		r := queue[0]
		queue = queue[1:]
		pdf.References(d.inc.Objects[r.Num], note)
	}
	for _, e := range d.inc.Section.Entries {
		if d.fresh[e.Num] && !reached[e.Num] {
			return violated("object %d (%s) is new and belongs to nothing", e.Num, kind(d.inc.Objects[e.Num]))
		}
	}
	return nil
}

// oneSignature requires one signature dictionary in the update, that of the field.
func (d *revisionDiff) oneSignature() error {
	for _, e := range d.inc.Section.Entries {
		if o := d.inc.Objects[e.Num]; (d.fresh[e.Num] || d.replaced[e.Num]) && (d.sig == nil || e.Num != d.sig.value.Num) && isSignature(o) {
			return violated("object %d is a second signature", e.Num)
		}
	}
	return nil
}

func isSignature(o pdf.Object) bool {
	switch v := o.(type) {
	case pdf.Array:
		for _, e := range v {
			if isSignature(e) {
				return true
			}
		}
	case *pdf.Stream:
		return isSignature(v.Dict)
	case *pdf.Dict:
		if v.Has("ByteRange") {
			return true
		}
		for _, k := range v.Keys() {
			if isSignature(v.Get(k)) {
				return true
			}
		}
	}
	return false
}

// oldReferences refuses an update that fills a hole: something old that refers to a
// number which only the update gives a content would show that content. This goes for
// replaced objects too, as they keep most of their references, and for the containers
// of the update, whose bytes a page could show. It refuses, too, a list that grew and is
// something else besides: the pages of the document, say.
func (d *revisionDiff) oldReferences() error {
	var failed error
	look := func(what string, o pdf.Object) {
		pdf.References(o, func(r pdf.Ref) {
			if (d.fresh[r.Num] || d.inc.Containers[r.Num]) && failed == nil {
				failed = violated("object %d is new, and the old %s refers to it", r.Num, what)
			}
		})
		if num := d.otherUse(o, ""); num != 0 && failed == nil {
			failed = violated("the list in object %d grew, and is used elsewhere in %s", num, what)
		}
	}
	look("trailer", d.old.Trailer())
	err := d.old.Each(func(num uint32, o pdf.Object) bool {
		look(fmt.Sprintf("object %d", num), o)
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	return err
}

// otherUse gives the number of a list that a value uses as something else than a list
// of fields or annotations, 0 for none.
func (d *revisionDiff) otherUse(o pdf.Object, key pdf.Name) uint32 {
	switch v := o.(type) {
	case pdf.Ref:
		if d.lists[v.Num] && key != "Fields" && key != "Annots" {
			return v.Num
		}
	case pdf.Array:
		for _, e := range v {
			if num := d.otherUse(e, ""); num != 0 {
				return num
			}
		}
	case *pdf.Dict:
		for _, k := range v.Keys() {
			if num := d.otherUse(v.Get(k), k); num != 0 {
				return num
			}
		}
	case *pdf.Stream:
		return d.otherUse(v.Dict, "")
	}
	return 0
}
