package pdf

// Increment is what one update added to a file, read from its first byte to its
// last.
type Increment struct {
	Start, End int64
	Section    *Section
	// Objects of the update by number, those of its object streams too.
	Objects map[uint32]Object
	// Containers are the numbers of object streams and of the cross-reference
	// stream, which nothing refers to.
	Containers map[uint32]bool
}

// Increment reads the bytes from start to the end of the given section as one
// update and refuses every byte that isn't white space, a comment, an object of
// the section, or the section and its end. So nothing hides between objects where
// a repairing reader would find it.
func (d *Document) Increment(start int64, section int) (*Increment, error) {
	s, view := d.sections[section], d.At(section)
	inc := &Increment{Start: start, Section: s, Objects: map[uint32]Object{}, Containers: map[uint32]bool{}}
	if s.Hybrid {
		return nil, syntax(s.Offset, "the update is hybrid")
	}
	if s.End == 0 || s.Points != s.Offset {
		return nil, syntax(s.Offset, "the update doesn't end with its own startxref and end marker")
	}
	inc.End = s.End
	listed, words := map[int64]Entry{}, map[int64]bool{}
	for _, e := range s.Entries {
		if e.Kind == InFile {
			if _, twice := listed[e.Offset]; twice {
				return nil, syntax(e.Offset, "two entries of the update name the same place")
			}
			listed[e.Offset] = e
		}
	}
	l := newLexer(d.src, start)
	for {
		l.space()
		if l.err != nil {
			return nil, l.err
		}
		if l.pos == s.Offset && !s.Stream {
			break
		}
		if l.pos > s.Offset || !isDigit(l.peek()) {
			return nil, l.fail("the update has bytes that belong to no object")
		}
		ind, err := d.readIndirect(l.pos, view, 0)
		if err != nil {
			return nil, err
		}
		own := s.Stream && ind.Start == s.Offset
		e, ok := listed[ind.Start]
		if ok && (e.Num != ind.Num || e.Gen != ind.Gen) || !ok && !own {
			return nil, syntax(ind.Start, "object %d of the update isn't in its cross-reference section", ind.Num)
		}
		delete(listed, ind.Start)
		words[ind.word] = true
		if _, twice := inc.Objects[ind.Num]; twice {
			return nil, syntax(ind.Start, "object %d is twice in the update", ind.Num)
		}
		inc.Objects[ind.Num] = ind.Object
		if l.pos = ind.End; own {
			inc.Containers[ind.Num] = true
			break
		}
		if st, ok := ind.Object.(*Stream); ok && st.Dict.Get("Type") == Name("ObjStm") {
			inc.Containers[ind.Num] = true
		}
	}
	if len(listed) > 0 {
		return nil, syntax(s.Offset, "the update's cross-reference section names an object outside the update")
	}
	if err := d.nothingHidden(inc, words); err != nil {
		return nil, err
	}
	return inc, inc.openContainers(view)
}

// openContainers adds the objects of the update's object streams.
func (inc *Increment) openContainers(view *View) error {
	held := map[uint32]int{}
	for _, e := range inc.Section.Entries {
		if e.Kind != InObjectStream {
			continue
		}
		box := uint32(e.Offset)
		if !inc.Containers[box] {
			return syntax(-1, "object %d of the update lies in an older object stream", e.Num)
		}
		if _, twice := inc.Objects[e.Num]; twice {
			return syntax(-1, "object %d is twice in the update", e.Num)
		}
		o, err := view.Get(Ref{Num: e.Num})
		if err != nil {
			return err
		}
		inc.Objects[e.Num] = o
		held[box]++
	}
	for num := range inc.Containers {
		if num == inc.Section.Self {
			continue
		}
		st := inc.Objects[num].(*Stream)
		if n, ok := st.Dict.Get("N").(Int); !ok || int(n) != held[num] {
			return syntax(st.Offset, "object stream %d of the update holds objects that no entry names", num)
		}
	}
	return nil
}
