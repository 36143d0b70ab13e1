package pdfsig

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
)

// Verify checks every signature of a file without the original: what each covers,
// and whether what came later is explained by further signatures, timestamps,
// validation data or form filling. The report's findings are those of the newest
// signature; each signature has its own. Without the original the verdict is at best
// Look.
func Verify(signed io.ReaderAt, size int64, opts Options) (*Report, error) {
	v := &verification{f: signed, size: size, report: &Report{SignatureExists: ExistsMaybe}}
	v.opts = opts
	v.add(CheckOriginalPrefix, Unknown, "the original isn't there to compare with")
	if ok, err := v.open(); err != nil {
		return nil, err
	} else if !ok {
		return v.conclude(), nil
	}
	return v.general()
}

// judged is one signature with its own findings.
type judged struct {
	sigField
	revision int // index into the file's revisions, -1 if its bytes end at none
	sig      Signature
	c        *checker
	docMDP   int    // what it permits after it, if it certifies the document
	locks    []lock // of form fields
}

// lock is what one signature says of form fields: that they may not change after it
// (ISO 32000-1, 12.8.2.4).
type lock struct {
	action pdf.Object // Include, Exclude; else all fields
	fields []string
}

func (l lock) holds(name string) bool {
	named := slices.ContainsFunc(l.fields, func(f string) bool { return name == f || strings.HasPrefix(name, f+".") })
	switch l.action {
	case pdf.Name("Include"):
		return named
	case pdf.Name("Exclude"):
		return !named
	}
	return true
}

func (v *verification) general() (*Report, error) {
	all, err := signedFields(v.doc.At(0))
	if err != nil {
		return v.stop(CheckStructure, err)
	}
	if v.found(CheckStructure) != Fail {
		v.add(CheckStructure, Pass, "")
	}
	if len(all) == 0 {
		if err := v.noSignature(len(v.doc.Sections()), "there is no signature in the form"); err != nil {
			return nil, err
		}
		return v.conclude(), nil
	}
	if len(all) > maxSignatures {
		v.fail(CheckSignatureField, "there are more than %d signatures", maxSignatures)
		return v.conclude(), nil
	}
	if err := v.readStore(); err != nil {
		return nil, err
	}
	h := &history{v: v, revisions: v.doc.Revisions(), explained: map[int]*later{}}
	for _, s := range all {
		j, err := h.judge(s)
		if err != nil {
			return nil, err
		}
		h.signatures = append(h.signatures, j)
	}
	for _, j := range h.signatures {
		if err := h.laterChanges(j); err != nil {
			return nil, err
		}
		j.sig.Findings = j.c.findings
		v.report.Signatures = append(v.report.Signatures, j.sig)
	}
	h.sum()
	return v.conclude(), nil
}

const (
	maxSignatures = 200 // of one file
	maxLater      = 200 // revisions after a signature
)

// history is the file's revisions and what each signature says of them.
type history struct {
	v          *verification
	revisions  []pdf.Revision
	signatures []*judged
	explained  map[int]*later
}

// judge checks one signature and the revision that it came with.
func (h *history) judge(s sigField) (*judged, error) {
	v := h.v
	j := &judged{sigField: s, c: &checker{opts: v.opts, crls: v.crls, ocsps: v.ocsps, certs: v.certs}}
	end := coveredEnd(s.dict)
	var err error
	if j.revision, err = h.revisionAt(end); err != nil {
		return nil, err
	}
	if j.revision < 0 {
		end = v.size
	}
	sig, m, err := j.c.signature(v.f, s, end, v.size)
	if err != nil {
		return nil, err
	}
	j.sig = sig
	if j.revision == 0 && end != v.size {
		j.c.add(CheckByteRange, Fail, "/ByteRange ends at %d and not at %d", end, v.size)
	}
	if s.value.Num == 0 {
		j.c.add(CheckSignatureField, Fail, "the signature is no object of its own")
	} else {
		j.c.add(CheckSignatureField, Pass, "")
	}
	switch {
	case j.c.found(CheckCMS) != Pass:
	case j.sig.DocumentTimestamp:
		j.c.timestampAuthority(m)
	default:
		v.report.SignatureExists = ExistsYes
		j.c.chain(m, j.sig.Time, j.c.signatureTimestamp(m, &j.sig))
	}
	if err := h.permissions(j); err != nil {
		return nil, err
	}
	if j.revision >= 0 {
		err = h.signingRevision(j)
	}
	return j, err
}

// revisionAt gives the revision whose bytes end where a signature's do: at its end
// marker, or at the white space that follows it.
func (h *history) revisionAt(end int64) (int, error) {
	for i, r := range h.revisions {
		if r.Marker == 0 || end < r.Marker || end > r.End+2 {
			continue
		}
		rest := make([]byte, end-r.Marker)
		if _, err := h.v.f.ReadAt(rest, r.Marker); err != nil && err != io.EOF {
			return 0, &pdf.ReadError{Err: err}
		}
		if strings.Trim(string(rest), " \r\n") == "" {
			return i, nil
		}
	}
	return -1, nil
}

// permissions reads what a certifying signature permits after it and whether a
// signature locks fields (ISO 32000-1, 12.8.2).
func (h *history) permissions(j *judged) error {
	view := h.v.doc.At(0)
	refs, err := view.Array(j.dict.Get("Reference"))
	if err != nil {
		return j.c.settle(CheckSignatureField, err)
	}
	for _, o := range refs {
		r, err := view.Dict(o)
		if err != nil {
			return j.c.settle(CheckSignatureField, err)
		}
		params, err := view.Dict(r.Get("TransformParams"))
		if err != nil {
			return j.c.settle(CheckSignatureField, err)
		}
		switch r.Get("TransformMethod") {
		case pdf.Name("DocMDP"):
			j.docMDP = 2
			if p, ok := params.Get("P").(pdf.Int); ok && p >= 1 && p <= 3 {
				j.docMDP = int(p)
			}
		case pdf.Name("FieldMDP"):
			l := lock{action: params.Get("Action")}
			names, err := view.Array(params.Get("Fields"))
			if err != nil {
				return j.c.settle(CheckSignatureField, err)
			}
			for _, n := range names {
				l.fields = append(l.fields, text(n))
			}
			j.locks = append(j.locks, l)
		}
	}
	return nil
}

// signingRevision checks what else the revision of a signature did. That is part of
// what was signed, so it is told and not condemned.
func (h *history) signingRevision(j *judged) error {
	at := h.revisions[j.revision]
	if j.revision+1 == len(h.revisions) || h.revisions[j.revision+1].End == 0 {
		j.c.add(CheckOneRevision, Unknown, "the file doesn't hold the revision before the signature")
		j.c.add(CheckRevisionChanges, Unknown, "the file doesn't hold the revision before the signature")
		return nil
	}
	before := h.revisions[j.revision+1]
	if s, ok := j.dict.Get("Contents").(pdf.String); ok && s.Start < before.End {
		j.c.add(CheckByteRange, Fail, "the signature lies in the bytes of an older revision")
	}
	if at.First != at.Last {
		j.c.add(CheckOneRevision, Unknown, "the revision has two parts")
		return nil
	}
	inc, err := h.v.doc.Increment(before.End, at.First)
	if err := j.c.settle(CheckOneRevision, err); err != nil || inc == nil {
		return err
	}
	d, err := explain(h.v.doc.At(before.First), h.v.doc.At(at.First), inc, &j.sigField, rules{blank: true, dss: true, orphans: true})
	if pdf.IsReadError(err) {
		return err
	}
	if err != nil {
		j.c.add(CheckRevisionChanges, Unknown, "with the signature: %v", err)
		return nil
	}
	j.sig.Page, j.sig.Rect, j.sig.Visible = d.shown.page, d.shown.rect, d.shown.rect != nil
	j.c.add(CheckRevisionChanges, Pass, "")
	return nil
}

// later is what one revision did to the signatures before it.
type later struct {
	err    error
	filled []string
	signed bool
}

// laterChanges requires that every revision after a signature is explained.
func (h *history) laterChanges(j *judged) error {
	if j.revision < 0 {
		return nil // the byte range has failed
	}
	permitted := 0
	var locks []lock
	for _, o := range h.signatures {
		// What certified the document before or with this signature binds, too.
		if o.docMDP > 0 && o.revision >= j.revision && (permitted == 0 || o.docMDP < permitted) {
			permitted = o.docMDP
		}
		if o.revision >= j.revision {
			locks = append(locks, o.locks...)
		}
	}
	locked := func(name string) bool {
		return slices.ContainsFunc(locks, func(l lock) bool { return l.holds(name) })
	}
	if j.revision > maxLater {
		j.c.add(CheckLaterChanges, Fail, "there are %d later revisions, too many to explain", j.revision)
		return nil
	}
	var filled []string
	for i := j.revision - 1; i >= 0; i-- {
		l, err := h.explainLater(i)
		switch {
		case err != nil:
			return err
		case l.err != nil:
			j.c.add(CheckLaterChanges, Fail, "revision %d: %v", len(h.revisions)-i, l.err)
			return nil
		case permitted == 1 && (l.signed || len(l.filled) > 0):
			j.c.add(CheckLaterChanges, Fail, "revision %d: the document is certified against any change", len(h.revisions)-i)
			return nil
		}
		if at := slices.IndexFunc(l.filled, locked); at >= 0 {
			j.c.add(CheckLaterChanges, Fail, "revision %d: a signature locks the form field %q, which was filled in", len(h.revisions)-i, l.filled[at])
			return nil
		}
		filled = append(filled, l.filled...)
	}
	if len(filled) > 0 && permitted == 0 {
		slices.Sort(filled)
		j.c.add(CheckLaterChanges, Unknown, "filled in after the signature: %q", slices.Compact(filled))
		return nil
	}
	j.c.add(CheckLaterChanges, Pass, "%s", countLater(j.revision))
	return nil
}

func countLater(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d later revisions are explained", n)
}

// explainLater says what a revision did: at most one signature or timestamp, form
// filling, validation data; anything else is an error.
func (h *history) explainLater(i int) (*later, error) {
	if l := h.explained[i]; l != nil {
		return l, nil
	}
	l := &later{}
	h.explained[i] = l
	at, before := h.revisions[i], h.revisions[i+1]
	if before.End == 0 {
		l.err = violated("where it starts can't be told")
		return l, nil
	}
	inc, err := h.v.doc.Increment(before.End, at.First)
	if err == nil {
		var d *revisionDiff
		sig := h.signatureOf(i, inc)
		if d, err = explain(h.v.doc.At(before.First), h.v.doc.At(at.First), inc, sig, rules{blank: true, fill: true, dss: true, orphans: true}); err == nil {
			l.filled, l.signed = d.filled, sig != nil && sig.dict.Get("SubFilter") != pdf.Object(pdf.Name("ETSI.RFC3161"))
		}
	}
	if pdf.IsReadError(err) {
		return nil, err
	}
	l.err = err
	return l, nil
}

// signatureOf gives the signature whose value the update brought, nil for none.
func (h *history) signatureOf(i int, inc *pdf.Increment) *sigField {
	for _, j := range h.signatures {
		if _, ok := inc.Objects[j.value.Num]; ok && j.revision == i {
			return &j.sigField
		}
	}
	return nil
}

// sum gives the report the findings of the newest signature, and says whether the
// others are in order.
func (h *history) sum() {
	main := h.signatures[0]
	rank := func(j *judged) int {
		n := -j.revision
		if j.revision < 0 {
			n = -len(h.revisions)
		}
		if j.sig.DocumentTimestamp {
			n -= 2 * len(h.revisions)
		}
		return n
	}
	for _, j := range h.signatures {
		if rank(j) >= rank(main) {
			main = j
		}
	}
	h.v.findings = append(h.v.findings, main.c.findings...)
	if len(h.signatures) == 1 {
		return
	}
	worst, detail := Pass, ""
	for _, j := range h.signatures {
		if j == main {
			continue
		}
		for _, f := range j.c.findings {
			if f.Result == Fail || f.Result == Unknown && worst == Pass && f.Check != CheckRevocation && f.Check != CheckTimestamp &&
				f.Check != CheckOneRevision && f.Check != CheckRevisionChanges {
				worst, detail = f.Result, fmt.Sprintf("%s: %s %s", shown(j.name), f.Check, f.Detail)
			}
		}
	}
	h.v.add(CheckOtherSignatures, worst, "%s", detail)
}
