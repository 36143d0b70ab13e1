package pdf

// Page is one page: its object and what it inherits.
type Page struct {
	Ref      Ref
	Dict     *Dict
	MediaBox Object // own or inherited, unresolved; nil if missing
	CropBox  Object // likewise
}

// Pages walks the page tree in order and calls f for each page until f returns
// false. Every page is an indirect object that is visited once.
func (v *View) Pages(f func(Page) bool) error {
	c, err := v.Catalog()
	if err != nil {
		return err
	}
	root, ok := c.Get("Pages").(Ref)
	if !ok {
		return syntax(-1, "the catalog has no page tree")
	}
	w := &pageWalk{view: v, f: f, seen: map[uint32]bool{}}
	return w.visit(root, Page{}, 0)
}

type pageWalk struct {
	view *View
	f    func(Page) bool
	seen map[uint32]bool
	done bool
}

func (w *pageWalk) visit(r Ref, inherited Page, depth int) error {
	if w.seen[r.Num] {
		return syntax(-1, "the page tree holds object %d twice", r.Num)
	}
	if w.seen[r.Num] = true; len(w.seen) > maxPages || depth > maxPageDepth {
		return syntax(-1, "the page tree is too large")
	}
	d, err := w.view.Dict(r)
	if err != nil {
		return err
	}
	if d == nil {
		return syntax(-1, "the page tree lacks object %d", r.Num)
	}
	if len(d.Duplicates()) > 0 {
		return syntax(-1, "object %d of the page tree has a key twice", r.Num)
	}
	for _, box := range []struct {
		key  Name
		into *Object
	}{{"MediaBox", &inherited.MediaBox}, {"CropBox", &inherited.CropBox}} {
		if o := d.Get(box.key); o != nil {
			*box.into = o
		}
	}
	typ, err := w.view.Resolve(d.Get("Type"))
	if err != nil {
		return err
	}
	kids, err := w.view.Array(d.Get("Kids"))
	if err != nil {
		return err
	}
	switch {
	case typ == Name("Page") && kids == nil:
		w.done = !w.f(Page{r, d, inherited.MediaBox, inherited.CropBox})
		return nil
	case typ == Name("Pages"):
	default:
		return syntax(-1, "object %d is neither a page nor a page tree", r.Num)
	}
	for _, k := range kids {
		kr, ok := k.(Ref)
		if !ok {
			return syntax(-1, "the page tree has a page that is no object of its own")
		}
		if err := w.visit(kr, inherited, depth+1); err != nil || w.done {
			return err
		}
	}
	return nil
}

// Each reads every object in use, in the order of their numbers, until f returns
// false. Damage that other readers would repair is found before anything rests on
// it.
func (v *View) Each(f func(num uint32, o Object) bool) error {
	var last uint32
	for {
		e, ok := v.nextEntry(last)
		if !ok {
			return nil
		}
		if last = e.Num; e.Kind == Free {
			continue
		}
		o, err := v.Get(Ref{e.Num, e.Gen})
		if err != nil {
			return err
		}
		if !f(e.Num, o) {
			return nil
		}
	}
}

// References calls f for each reference inside a value, without following it.
func References(o Object, f func(Ref)) {
	switch v := o.(type) {
	case Ref:
		f(v)
	case Array:
		for _, e := range v {
			References(e, f)
		}
	case *Dict:
		for _, k := range v.Keys() {
			References(v.Get(k), f)
		}
	case *Stream:
		References(v.Dict, f)
	}
}

// Reach follows all references from some values and tells which objects it met.
func (v *View) Reach(from ...Object) (met func(num uint32) bool, err error) {
	seen := make([]bool, v.MaxNum()+1)
	var queue []Ref
	note := func(r Ref) {
		if int(r.Num) < len(seen) && !seen[r.Num] {
			seen[r.Num] = true
			queue = append(queue, r)
		}
	}
	for _, o := range from {
		References(o, note)
	}
	for len(queue) > 0 {
		r := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		o, err := v.Get(r)
		if err != nil {
			return nil, err
		}
		References(o, note)
	}
	return func(num uint32) bool { return int(num) < len(seen) && seen[num] }, nil
}

// nextEntry gives the entry with the lowest number above num.
func (v *View) nextEntry(num uint32) (Entry, bool) {
	best := uint32(0)
	for _, s := range v.doc.sections[v.first:] {
		lo, hi := 0, len(s.Entries)
		for lo < hi {
			if mid := (lo + hi) / 2; s.Entries[mid].Num > num {
				hi = mid
			} else {
				lo = mid + 1
			}
		}
		if lo < len(s.Entries) && (best == 0 || s.Entries[lo].Num < best) {
			best = s.Entries[lo].Num
		}
	}
	if best == 0 {
		return Entry{}, false
	}
	return v.Entry(best)
}

// MaxNum is the highest object number that the view's sections and its /Size allow
// for; a new object takes the next one.
func (v *View) MaxNum() uint32 {
	high := uint32(0)
	for _, s := range v.doc.sections[v.first:] {
		if n := len(s.Entries); n > 0 {
			high = max(high, s.Entries[n-1].Num)
		}
		if size, ok := s.Trailer.Get("Size").(Int); ok {
			high = max(high, uint32(size-1))
		}
	}
	return high
}
