package pdfsig

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
)

// VerifyReturned checks what came back from a signing service against what was
// sent: the file must be the original's exact bytes plus one revision that adds
// one signature and nothing else (facts/pdf.md 5.1, rules 1 to 5). An error is a
// failure to read; everything about the content is a finding.
func VerifyReturned(signed io.ReaderAt, size int64, original io.ReaderAt, originalSize int64, opts Options) (*Report, error) {
	v := &verification{f: signed, size: size, report: &Report{SignatureExists: ExistsMaybe}}
	v.opts = opts
	prefix, err := isPrefix(original, originalSize, signed, size)
	if err != nil {
		return nil, err
	}
	if prefix {
		v.add(CheckOriginalPrefix, Pass, "")
	} else {
		v.add(CheckOriginalPrefix, Fail, "the file doesn't start with the bytes that were sent")
		v.add(CheckOneRevision, Unknown, "there is nothing to compare with")
		v.add(CheckRevisionChanges, Unknown, "there is nothing to compare with")
	}
	before, beforeErr := pdf.Open(original, originalSize)
	if pdf.IsReadError(beforeErr) {
		return nil, beforeErr
	}
	v.sentEncrypted = beforeErr == nil && before.Encrypted()
	if ok, err := v.open(); err != nil {
		return nil, err
	} else if !ok {
		return v.conclude(), nil
	}
	if !prefix {
		return v.newest(nil)
	}
	if beforeErr != nil {
		v.fail(CheckStructure, "the original: %v", beforeErr)
		return v.conclude(), nil
	}
	return v.newest(&base{section: v.sectionOf(before.StartXRef()), end: originalSize})
}

// base is the revision that the signature was added to: its newest section's index
// in the signed file (-1 if the file doesn't have it) and where it ends.
type base struct {
	section int
	end     int64
}

type verification struct {
	checker
	f      io.ReaderAt
	size   int64
	doc    *pdf.Document
	report *Report

	sentEncrypted bool // the original is
}

func (v *verification) fail(check, format string, args ...any) { v.add(check, Fail, format, args...) }

func (v *verification) conclude() *Report {
	v.report.Findings = v.findings
	return v.report.conclude()
}

// isPrefix compares the two files without holding either.
func isPrefix(a io.ReaderAt, sizeA int64, b io.ReaderAt, sizeB int64) (bool, error) {
	if sizeA > sizeB || sizeA == 0 {
		return false, nil
	}
	bufA, bufB := make([]byte, 256<<10), make([]byte, 256<<10)
	for off := int64(0); off < sizeA; {
		n := int(min(int64(len(bufA)), sizeA-off))
		if _, err := io.ReadFull(io.NewSectionReader(a, off, int64(n)), bufA[:n]); err != nil {
			return false, fmt.Errorf("reading the original: %w", err)
		}
		if _, err := io.ReadFull(io.NewSectionReader(b, off, int64(n)), bufB[:n]); err != nil {
			return false, &pdf.ReadError{Err: err}
		}
		if !bytes.Equal(bufA[:n], bufB[:n]) {
			return false, nil
		}
		off += int64(n)
	}
	return true, nil
}

// open reads the file's structure; ok is false where there is nothing more to check.
func (v *verification) open() (ok bool, err error) {
	v.doc, err = pdf.Open(v.f, v.size)
	if pdf.IsReadError(err) {
		return false, err
	}
	if err != nil {
		v.fail(CheckStructure, "%v", err)
		return false, nil
	}
	if v.doc.Encrypted() {
		// What is encrypted all at once was altered; what was encrypted when it was sent, or
		// has no original, can only not be read here.
		result := Fail
		if v.found(CheckOriginalPrefix) == Unknown || v.found(CheckOriginalPrefix) == Pass && v.sentEncrypted {
			result = Unknown
		}
		v.add(CheckEncrypted, result, "")
		return false, nil
	}
	n, err := v.doc.TrailingBytes()
	if err != nil {
		return false, err
	}
	if n > 0 {
		v.fail(CheckStructure, "%d unexplained bytes come after the end of the file", n)
	}
	return true, nil
}

func (v *verification) sectionOf(offset int64) int {
	for i, s := range v.doc.Sections() {
		if s.Offset == offset {
			return i
		}
	}
	return -1
}

// newest checks the newest signature, and the revision it came with against b.
func (v *verification) newest(b *base) (*Report, error) {
	now := v.doc.At(0)
	all, err := signedFields(now)
	if err == nil && v.found(CheckStructure) != Fail {
		v.add(CheckStructure, Pass, "")
	}
	if err != nil {
		return v.stop(CheckStructure, err)
	}
	// A field that got another value counts as new: what was there is gone.
	type pair struct{ field, value pdf.Ref }
	older := map[pair]bool{}
	if b != nil && b.section > 0 {
		before, err := signedFields(v.doc.At(b.section))
		if err != nil {
			return v.stop(CheckStructure, err)
		}
		for _, s := range before {
			older[pair{s.field, s.value}] = true
		}
	}
	var added []sigField
	for _, s := range all {
		if !older[pair{s.field, s.value}] {
			added = append(added, s)
		}
	}
	if len(added) == 0 {
		newer := len(v.doc.Sections())
		if b != nil && b.section >= 0 {
			newer = b.section
		}
		if err := v.noSignature(newer, "there is no new signature in the form"); err != nil {
			return nil, err
		}
	} else if b != nil && len(added) > 1 {
		v.fail(CheckSignatureField, "there is more than one new signature")
	}
	// Where several may be new (a rewritten file), the one that covers most is meant.
	slices.SortStableFunc(added, func(a, b sigField) int { return cmp.Compare(coveredEnd(a.dict), coveredEnd(b.dict)) })
	for _, s := range all {
		if len(added) > 0 && s.field == added[len(added)-1].field {
			continue
		}
		if err := v.olderSignature(s); err != nil {
			return nil, err
		}
	}
	if len(added) == 0 {
		return v.conclude(), nil
	}
	s := added[len(added)-1]
	if s.value.Num == 0 {
		v.fail(CheckSignatureField, "the signature is no object of its own")
	} else {
		v.add(CheckSignatureField, Pass, "")
	}
	if err := v.readStore(); err != nil {
		return nil, err
	}
	sig, m, err := v.signature(v.f, s, v.size, v.size)
	if err != nil {
		return nil, err
	}
	if sig.DocumentTimestamp {
		v.fail(CheckSignatureField, "what was added is a timestamp and nobody's signature")
	}
	if b != nil {
		if err := v.revision(b, now, s, &sig); err != nil {
			return nil, err
		}
	}
	// Last, as it may ask over the network.
	if !sig.DocumentTimestamp && v.found(CheckCMS) == Pass {
		v.report.SignatureExists = ExistsYes
		v.chain(m, sig.Time, v.signatureTimestamp(m, &sig))
	}
	v.report.Signatures = append(v.report.Signatures, sig)
	return v.conclude(), nil
}

// noSignature says that the form has no signature. Only where nothing in the newer
// sections looks like one either does none exist: a hidden one may have been made.
func (v *verification) noSignature(newer int, what string) error {
	v.fail(CheckSignatureField, "%s", what)
	for i := range newer {
		view := v.doc.At(i)
		for _, e := range v.doc.Sections()[i].Entries {
			if e.Kind == pdf.Free {
				continue
			}
			o, err := view.Get(pdf.Ref{Num: e.Num, Gen: e.Gen})
			if pdf.IsReadError(err) {
				return err
			}
			if err != nil || isSignature(o) {
				return nil
			}
		}
	}
	v.report.SignatureExists = ExistsNo
	return nil
}

// olderSignature only says what an older signature claims.
func (v *verification) olderSignature(s sigField) error {
	c := &checker{opts: v.opts}
	sig, _, err := c.signature(v.f, s, coveredEnd(s.dict), v.size)
	sig.Findings = c.findings
	v.report.Signatures = append(v.report.Signatures, sig)
	return err
}

// coveredEnd is where a signature's byte range ends, whatever it is worth.
func coveredEnd(d *pdf.Dict) int64 {
	if a, ok := d.Get("ByteRange").(pdf.Array); ok && len(a) == 4 {
		from, ok1 := a[2].(pdf.Int)
		n, ok2 := a[3].(pdf.Int)
		if ok1 && ok2 && from >= 0 && n >= 0 && from < 1<<60 && n < 1<<60 {
			return int64(from + n)
		}
	}
	return -1
}

// revision checks that exactly one update was added to the base and what it does.
func (v *verification) revision(b *base, now *pdf.View, s sigField, sig *Signature) error {
	inc, err := v.oneUpdate(b)
	if err := v.settle(CheckOneRevision, err); err != nil {
		return err
	}
	if err != nil {
		v.add(CheckRevisionChanges, Unknown, "the update can't be told from the rest")
		return nil
	}
	if ranges, ok := s.dict.Get("Contents").(pdf.String); ok && ranges.Start < b.end {
		v.fail(CheckByteRange, "the signature lies in the original's bytes")
	}
	seal, err := explainSigning(v.doc.At(b.section), now, inc, s)
	sig.Page, sig.Rect, sig.Visible = seal.page, seal.rect, seal.rect != nil
	if err := v.settle(CheckRevisionChanges, err); err != nil {
		return err
	}
	if err == nil {
		v.seal(seal)
	}
	return nil
}

// seal says where the signature shows, as it may lie over a word of the text, and whether that's what was asked for.
func (v *verification) seal(s addition) {
	f := Finding{Check: CheckSeal, Result: Pass, Page: s.page, Detail: fmt.Sprintf("a visible seal on page %d, at %v", s.page, s.rect)}
	switch asked := v.opts.SealPage; {
	case asked == 0 && s.rect == nil:
		return
	case asked == 0:
	case s.rect == nil || !s.drawn:
		f.Result, f.Page, f.Detail = Unknown, 0, "a visible seal was asked for, and none shows"
	case s.page != asked:
		f.Result, f.Detail = Unknown, fmt.Sprintf("%s, and it was asked for on page %d", f.Detail, asked)
	}
	v.findings = append(v.findings, f)
}

func (v *verification) oneUpdate(b *base) (*pdf.Increment, error) {
	switch {
	case b.section < 0:
		return nil, violated("the file doesn't go on from the original's last revision")
	case b.section == 0:
		return nil, violated("the file has no new revision")
	case b.section > 1:
		return nil, violated("the file has %d new revisions and not one", b.section)
	}
	if v.doc.Sections()[0].Offset < b.end {
		return nil, violated("the new revision lies in the original's bytes")
	}
	return v.doc.Increment(b.end, 0)
}

// stop ends a verification at content that can't be read further.
func (v *verification) stop(check string, err error) (*Report, error) {
	if err := v.settle(check, err); err != nil {
		return nil, err
	}
	return v.conclude(), nil
}

// failed reports whether a check has failed already.
func (c *checker) failed() bool {
	return slices.ContainsFunc(c.findings, func(f Finding) bool { return f.Result == Fail })
}

// found is the result of a check so far.
func (c *checker) found(check string) Result {
	r := Report{Findings: c.findings}
	return r.Find(check).Result
}
