package pdfsig_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/cms"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
)

// signed is a file of the tests with the document it was made from.
type signed struct {
	name     string
	file     []byte
	original []byte
}

func etsiDict(contents, byteRange string) string {
	return "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange" + byteRange + "/Contents" + contents + "/M(D:20261122100000Z)>>"
}

// essV2 is the signing-certificate-v2 attribute for a certificate (RFC 5035).
func essV2(c *x509.Certificate) []byte {
	sum := sha256.Sum256(c.Raw)
	seq := func(tag byte, b []byte) []byte { return append([]byte{tag, byte(len(b))}, b...) }
	id := []byte{6, 11, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 47}
	return seq(0x30, append(id, seq(0x31, seq(0x30, seq(0x30, seq(0x30, seq(4, sum[:])))))...))
}

// seal makes a visible widget with an appearance.
func seal(f *pdf.Dict) {
	f.Set("Rect", pdf.Array{pdf.Int(50), pdf.Int(50), pdf.Int(230), pdf.Int(100)})
}

// genuineFiles are signatures in every form that is in order.
func genuineFiles(t testing.TB) []signed {
	plain := pdftest.New(pdftest.Options{})
	withForm := pdftest.New(pdftest.Options{Form: "indirect", Annots: "inline", Pages: 2, Tagged: true})
	ecKey, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	ecLeaf := issue(signerName, ecKey, genuine().issuing, citizen)
	forms := []struct {
		name string
		f    forge
	}{
		{"like CMD", forge{}},
		{"ETSI in DER", forge{dict: etsiDict, template: func(t *cms.Template) {
			t.Indefinite, t.SigningTime = false, nil
			t.Extra = [][]byte{essV2(t.Signer)}
		}}},
		{"attributes not sorted", forge{template: func(t *cms.Template) { t.Unsorted = true }}},
		{"RSA-PSS", forge{template: func(t *cms.Template) { t.PSS = true }}},
		{"SHA-512", forge{template: func(t *cms.Template) { t.Hash = crypto.SHA512 }}},
		{"ECDSA and SHA-384", forge{leaf: ecLeaf, template: func(t *cms.Template) { t.Hash = crypto.SHA384 }}},
		{"signer by key identifier", forge{template: func(t *cms.Template) { t.KeyID = true }}},
		{"visible seal", forge{field: seal, update: func(u *pdf.Update, _ *pdf.View, sig pdf.Ref) {
			look := u.Add(raw("<</Type/XObject/Subtype/Form/BBox[0 0 180 50]/Length 22>>\nstream\n0 1 0 rg 0 0 180 50 re\nendstream"))
			u.Get(pdf.Ref{Num: sig.Num + 1}).(*pdf.Dict).Set("AP", raw("<</N %v>>", look)) // the field comes next
		}}},
		{"no widget on the page", forge{noWidget: true}},
		{"certifies the document", forge{
			dict: func(c, r string) string {
				return "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/Contents" + c + "/ByteRange" + r +
					"/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/P 2/V/1.2>>>>]>>"
			},
			update: func(u *pdf.Update, view *pdf.View, sig pdf.Ref) {
				perms := pdf.NewDict()
				perms.Set("DocMDP", sig)
				certify(u, view, perms)
			},
		}},
		{"newer version and extensions", forge{catalog: func(c *pdf.Dict) {
			c.Set("Version", pdf.Name("2.0"))
			ext := pdf.NewDict()
			ext.Set("ADBE", pdf.NewDict())
			c.Set("Extensions", ext)
		}}},
	}
	var out []signed
	for _, f := range forms {
		out = append(out, signed{f.name, f.f.sign(t, plain), plain}, signed{f.name + ", with a form", f.f.sign(t, withForm), withForm})
	}
	for _, s := range pdftest.Shapes() {
		out = append(out, signed{s.Name, forge{}.sign(t, s.Data), s.Data})
	}
	for name, args := range map[string][]string{
		"linearized":                     {"--linearize"},
		"linearized with object streams": {"--linearize", "--object-streams=generate"},
	} {
		linear := qpdf(t, withForm, args...)
		out = append(out, signed{name, forge{}.sign(t, linear), linear})
	}
	hybrid := pdftest.Hybrid()
	out = append(out, signed{"hybrid", forge{}.sign(t, hybrid), hybrid})
	once := forge{}.sign(t, plain)
	return append(out, signed{"signed once before", forge{}.sign(t, once), once})
}

// certify lets the catalog of the update name a certifying signature.
func certify(u *pdf.Update, view *pdf.View, perms *pdf.Dict) {
	root, _ := view.Root()
	catalog := u.Get(root).(*pdf.Dict).Clone()
	catalog.Set("Perms", perms)
	u.Replace(root, catalog)
}

func TestGenuineFilesAreVerified(t *testing.T) {
	for _, g := range genuineFiles(t) {
		t.Run(g.name, func(t *testing.T) {
			r := verifyReturned(t, g.file, g.original, trusting(genuine()))
			require.Equal(t, pdfsig.Verified, r.Verdict, "%+v", r.Findings)
			require.Equal(t, pdfsig.ExistsYes, r.SignatureExists)
			last := r.Signatures[len(r.Signatures)-1]
			require.Equal(t, signerName, last.Signer)
			require.Equal(t, issuingName, last.Issuer)
			require.True(t, clock.Equal(*last.Time))
		})
	}
}

func TestAnIssuingAuthorityMayBeTheAnchor(t *testing.T) {
	plain := pdftest.New(pdftest.Options{})
	o := trusting(genuine())
	o.Roots = []*x509.Certificate{genuine().issuing.cert}
	require.Equal(t, pdfsig.Verified, verifyReturned(t, forge{}.sign(t, plain), plain, o).Verdict)
}

func TestAVisibleSealIsShown(t *testing.T) {
	plain := pdftest.New(pdftest.Options{Pages: 2})
	r := verifyReturned(t, forge{field: seal}.sign(t, plain), plain, trusting(genuine()))
	s := r.Signatures[0]
	require.True(t, s.Visible)
	require.Equal(t, 1, s.Page)
	require.Equal(t, []float64{50, 50, 230, 100}, s.Rect)
}

// TestASignerMayUseObjectStreams signs in the way of writers that put what they
// change into an object stream, and checks that nothing hides there.
func TestASignerMayUseObjectStreams(t *testing.T) {
	original := pdftest.New(pdftest.Options{Streams: true, Form: "fields", Annots: "indirect", Pages: 2})
	doc, err := pdf.Open(bytes.NewReader(original), int64(len(original)))
	require.NoError(t, err)
	free := doc.At(0).MaxNum() + 20
	for name, c := range map[string]struct {
		change  func(held map[uint32]string)
		verdict pdfsig.Verdict
		check   string
		reason  string
	}{
		"in order":                        {func(map[uint32]string) {}, pdfsig.Verified, pdfsig.CheckOneRevision, ""},
		"an object that no entry names":   {func(held map[uint32]string) { held[free] = "(hidden)" }, pdfsig.Failed, pdfsig.CheckOneRevision, "no entry names"},
		"the page's size changed":         {func(held map[uint32]string) { swapIn(held, "595.276", "300") }, pdfsig.Failed, pdfsig.CheckRevisionChanges, "/MediaBox"},
		"an object followed by something": {func(held map[uint32]string) { swapIn(held, "/MediaBox", "/MediaBox[0 0 9 9]>>(more)<</X") }, pdfsig.Failed, pdfsig.CheckOneRevision, "followed by other bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			r := verifyReturned(t, forge{compress: c.change}.sign(t, original), original, trusting(genuine()))
			require.Equal(t, c.verdict, r.Verdict, "%+v", r.Findings)
			require.Contains(t, r.Find(c.check).Detail, c.reason, "%+v", r.Findings)
		})
	}
}

func swapIn(held map[uint32]string, old, new string) {
	for num, body := range held {
		held[num] = strings.Replace(body, old, new, 1)
	}
}
