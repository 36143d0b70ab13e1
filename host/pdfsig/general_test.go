package pdfsig_test

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/cms"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
)

// authority is a timestamp authority.
func authority(change func(*x509.Certificate)) *party {
	return issue("A timestamp authority", rsaKeys()[2], genuine().root, func(c *x509.Certificate) {
		c.KeyUsage = x509.KeyUsageDigitalSignature
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}
		change(c)
	})
}

// stamp makes an RFC 3161 token over something.
func stamp(t testing.TB, by *party, content []byte, at time.Time) []byte {
	t.Helper()
	sum := sha256.Sum256(content)
	info, err := asn1.Marshal(struct {
		Version int
		Policy  asn1.ObjectIdentifier
		Imprint struct {
			Algorithm pkix.AlgorithmIdentifier
			Hash      []byte
		}
		Serial *big.Int
		Time   time.Time `asn1:"generalized"`
	}{
		1, asn1.ObjectIdentifier{1, 2, 3}, struct {
			Algorithm pkix.AlgorithmIdentifier
			Hash      []byte
		}{pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}}, sum[:]},
		big.NewInt(7), at.UTC(),
	})
	require.NoError(t, err)
	digest := sha256.Sum256(info)
	tpl := cms.Template{
		Signer: by.cert, Certificates: []*x509.Certificate{by.cert}, Hash: crypto.SHA256,
		Content: info, ContentType: cms.OIDTSTInfo, Extra: [][]byte{essV2(by.cert)},
	}
	token, err := tpl.Sign(by.key, digest[:])
	require.NoError(t, err)
	return token
}

// stamped signs with a timestamp over the signature value.
func stamped(t testing.TB, by *party, at time.Time, over func(signature []byte) []byte) forge {
	return forge{template: func(tpl *cms.Template) {
		tpl.Timestamp = func(signature []byte) ([]byte, error) { return stamp(t, by, over(signature), at), nil }
	}}
}

func same(b []byte) []byte { return b }

func TestSignatureTimestamps(t *testing.T) {
	tsa := authority(func(*x509.Certificate) {})
	other := authority(func(c *x509.Certificate) { c.ExtKeyUsage = nil })
	unknown := issue("Somebody", rsaKeys()[2], nil, func(c *x509.Certificate) {
		c.KeyUsage, c.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}
	})
	afterExpiry := trusting(genuine())
	afterExpiry.Now = func() time.Time { return clock.AddDate(40, 0, 0) }
	for _, c := range []struct {
		name    string
		f       forge
		opts    pdfsig.Options
		result  pdfsig.Result
		verdict pdfsig.Verdict
	}{
		{"trusted", stamped(t, tsa, clock, same), trusting(genuine()), pdfsig.Pass, pdfsig.Verified},
		{"proves the time after the certificate has expired", stamped(t, tsa, clock, same), afterExpiry, pdfsig.Pass, pdfsig.Verified},
		{"over something else", stamped(t, tsa, clock, func([]byte) []byte { return []byte("x") }), trusting(genuine()), pdfsig.Fail, pdfsig.Failed},
		{"by a certificate for something else", stamped(t, other, clock, same), trusting(genuine()), pdfsig.Unknown, pdfsig.Verified},
		{"by somebody unknown", stamped(t, unknown, clock, same), trusting(genuine()), pdfsig.Unknown, pdfsig.Verified},
		{"by somebody unknown, and the certificate has expired", stamped(t, unknown, clock, same), afterExpiry, pdfsig.Unknown, pdfsig.Look},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := verifyReturned(t, c.f.sign(t, document), document, c.opts)
			require.Equal(t, c.result, r.Find(pdfsig.CheckTimestamp).Result, "%+v", r.Findings)
			require.Equal(t, c.verdict, r.Verdict, "%+v", r.Findings)
			require.True(t, r.Signatures[0].Timestamped)
		})
	}
	trustsUnknown := trusting(genuine())
	trustsUnknown.TimestampRoots = []*x509.Certificate{unknown.cert}
	r := verifyReturned(t, stamped(t, unknown, clock, same).sign(t, document), document, trustsUnknown)
	require.Equal(t, pdfsig.Pass, r.Find(pdfsig.CheckTimestamp).Result)
}

// documentTimestamp appends a timestamp over the whole document.
func documentTimestamp(t testing.TB, file []byte, by *party) []byte {
	t.Helper()
	room := 6000
	return forge{noWidget: true, room: room, dict: func(c, r string) string {
		return "<</Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161/Contents" + c + "/ByteRange" + r + ">>"
	}, message: func(covered []byte) []byte { return stamp(t, by, covered, clock) }}.sign(t, file)
}

// withDSS appends certificates as a document's validation data.
func withDSS(t testing.TB, file []byte) []byte {
	return appended(t, file, func(u *pdf.Update, v *pdf.View) {
		root, _ := v.Root()
		certificate := u.Add(stream("not read here"))
		store := u.Add(raw("<</Certs[%v]>>", certificate))
		u.Replace(root, changed(t, v, int(root.Num), "DSS", store))
	})
}

func filled(t testing.TB, file []byte) []byte {
	tx := objectWith("/FT/Tx")
	return appended(t, file, func(u *pdf.Update, v *pdf.View) {
		look := u.Add(raw("<</Type/XObject/Subtype/Form/BBox[0 0 200 20]/Length 0>>\nstream\n\nendstream"))
		u.Replace(ref(tx), changed(t, v, tx, "V", pdf.String{Value: []byte("Manuel")}, "AP", raw("<</N %v>>", look)))
	})
}

func certifying(level int) forge {
	return forge{
		dict: func(c, r string) string {
			return strings.TrimSuffix(cmdDict(c, r), ">>") + "/Reference[<</TransformMethod/DocMDP/TransformParams<</P " + string(rune('0'+level)) + ">>>>]>>"
		},
		update: func(u *pdf.Update, view *pdf.View, sig pdf.Ref) {
			perms := pdf.NewDict()
			perms.Set("DocMDP", sig)
			certify(u, view, perms)
		},
	}
}

func locking(params string) forge {
	return forge{dict: func(c, r string) string {
		return strings.TrimSuffix(cmdDict(c, r), ">>") + "/Reference[<</TransformMethod/FieldMDP/TransformParams<<" + params + ">>>>]>>"
	}}
}

// TestLaterRevisions goes through what may follow a signature.
func TestLaterRevisions(t *testing.T) {
	tsa := authority(func(*x509.Certificate) {})
	good := forge{}.sign(t, document)
	content, page := objectWith("Page 1: pay"), objectWith("/Annots")
	change := func(u *pdf.Update, _ *pdf.View, _ pdf.Ref) { u.Replace(ref(content), stream(lie)) }
	for _, c := range []struct {
		name   string
		file   []byte
		first  pdfsig.Result // what is said of changes after the first signature
		reason string
	}{
		{"nothing", good, pdfsig.Pass, ""},
		{"another signature", forge{}.sign(t, good), pdfsig.Pass, "1 later"},
		{"validation data", withDSS(t, good), pdfsig.Pass, "1 later"},
		{"validation data twice", withDSS(t, withDSS(t, good)), pdfsig.Pass, "2 later"},
		{"validation data and a document timestamp", documentTimestamp(t, withDSS(t, good), tsa), pdfsig.Pass, "2 later"},
		{"a form field filled in", filled(t, good), pdfsig.Unknown, "name"},
		{"a form field filled in, then signed", forge{}.sign(t, filled(t, good)), pdfsig.Unknown, "name"},
		{"a form field filled in, as certified", filled(t, certifying(2).sign(t, document)), pdfsig.Pass, "1 later"},
		{"a form field filled in against the certification", filled(t, certifying(1).sign(t, document)), pdfsig.Fail, "certified"},
		{"another signature against the certification", forge{}.sign(t, certifying(1).sign(t, document)), pdfsig.Fail, "certified"},
		{"a document timestamp after a certification", documentTimestamp(t, certifying(1).sign(t, document), tsa), pdfsig.Pass, "1 later"},
		{"a form field filled in, all locked", filled(t, locking("/Action/All").sign(t, document)), pdfsig.Fail, "locks"},
		{"a form field filled in, itself locked", filled(t, locking("/Action/Include/Fields[(name)]").sign(t, document)), pdfsig.Fail, "locks"},
		{"a form field filled in, another locked", filled(t, locking("/Action/Include/Fields[(nam)(name.x)]").sign(t, document)), pdfsig.Unknown, "name"},
		{"a form field filled in, all others locked", filled(t, locking("/Action/Exclude/Fields[(name)]").sign(t, document)), pdfsig.Unknown, "name"},
		{"a form field filled in, all but another locked", filled(t, locking("/Action/Exclude/Fields[(other)]").sign(t, document)), pdfsig.Fail, "locks"},
		{"a form field filled in, locked by what we don't know", filled(t, locking("/Action/Odd").sign(t, document)), pdfsig.Fail, "locks"},
		{"another text", appended(t, good, func(u *pdf.Update, v *pdf.View) { change(u, v, pdf.Ref{}) }), pdfsig.Fail, "a stream"},
		{"another text, signed by somebody", forge{update: change}.sign(t, good), pdfsig.Fail, "a stream"},
		{"a field moved over the text", appended(t, good, func(u *pdf.Update, v *pdf.View) {
			tx := objectWith("/FT/Tx")
			u.Replace(ref(tx), changed(t, v, tx, "Rect", raw("[0 0 595 842]")))
		}), pdfsig.Fail, "/Rect"},
		{"a field that shows an old object", appended(t, good, func(u *pdf.Update, v *pdf.View) {
			tx := objectWith("/FT/Tx")
			u.Replace(ref(tx), changed(t, v, tx, "AP", raw("<</N %d 0 R>>", content)))
		}), pdfsig.Fail, "made to show"},
		{"validation data that are the page", appended(t, withPageInDSS(t), func(u *pdf.Update, v *pdf.View) {
			u.Replace(ref(content), stream(lie))
		}), pdfsig.Fail, "part of the document"},
		{"an annotation", appended(t, good, func(u *pdf.Update, v *pdf.View) {
			note := u.Add(raw("<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents(More)>>"))
			a, err := v.Array(changed(t, v, page).Get("Annots"))
			require.NoError(t, err)
			u.Replace(ref(page), changed(t, v, page, "Annots", append(a, note)))
		}), pdfsig.Fail, "not the signature's widget"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := verifyAlone(t, c.file)
			var first *pdfsig.Finding
			for _, f := range r.Signatures[0].Findings {
				if f.Check == pdfsig.CheckLaterChanges {
					first = &f
				}
			}
			require.NotNil(t, first, "%+v", r)
			require.Equal(t, c.first, first.Result, "%+v", r.Signatures[0].Findings)
			require.Contains(t, first.Detail, c.reason)
			want := pdfsig.Look
			if c.first == pdfsig.Fail {
				want = pdfsig.Failed
			}
			require.Equal(t, want, r.Verdict, "%+v", r.Findings)
		})
	}
}

// withPageInDSS is a signed document whose validation data claim a page's content.
func withPageInDSS(t testing.TB) []byte {
	content := objectWith("Page 1: pay")
	return forge{catalog: func(d *pdf.Dict) { d.Set("DSS", raw("<</Certs[%d 0 R]>>", content)) }}.sign(t, document)
}

func TestABlankFieldMayBeSigned(t *testing.T) {
	form := objectWith("/Fields")
	template := appended(t, document, func(u *pdf.Update, v *pdf.View) {
		page := objectWith("/Annots")
		blank := u.Add(raw("<</Type/Annot/Subtype/Widget/FT/Sig/T(Assinatura)/F 4/Rect[50 50 200 90]/P %d 0 R>>", page))
		fields, err := v.Array(changed(t, v, form).Get("Fields"))
		require.NoError(t, err)
		u.Replace(ref(form), changed(t, v, form, "Fields", append(fields, blank)))
		annots, err := v.Array(changed(t, v, page).Get("Annots"))
		require.NoError(t, err)
		u.Replace(ref(page), changed(t, v, page, "Annots", append(annots, blank)))
	})
	once := forge{}.sign(t, template)
	doc, err := pdf.Open(bytes.NewReader(template), int64(len(template)))
	require.NoError(t, err)
	blank := doc.At(0).MaxNum()
	signed := forge{blank: blank}.sign(t, once)
	r := verifyAlone(t, signed)
	require.Equal(t, pdfsig.Look, r.Verdict, "%+v", r)
	require.Len(t, r.Signatures, 2)
	require.Equal(t, "Assinatura", r.Signatures[0].Field)
	require.Equal(t, pdfsig.Pass, r.Find(pdfsig.CheckOtherSignatures).Result, "%+v", r.Findings)
}

// TestAlteredFilesFailWithoutTheOriginalToo leaves out what only the original can
// tell: changes inside the revision that was signed.
func TestAlteredFilesFailWithoutTheOriginalToo(t *testing.T) {
	for _, a := range alteredFiles(t) {
		switch {
		case a.check == pdfsig.CheckRevisionChanges, a.check == pdfsig.CheckSignatureField && a.class == "G":
			continue
		}
		t.Run(a.class+" "+a.name, func(t *testing.T) {
			r := verifyAlone(t, a.file)
			if a.name == "a second signature" { // in order where no original says that there may be one only
				require.Equal(t, pdfsig.Look, r.Verdict)
				return
			}
			require.Equal(t, pdfsig.Failed, r.Verdict, "%+v", r.Findings)
		})
	}
}
