package pdfsig_test

import (
	"bytes"
	"crypto/x509"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/cms"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox/signer"
)

// TestOutcomes goes through what a person can be told besides "verified": which of
// it needs a look, which has failed, and whether a signature exists.
func TestOutcomes(t *testing.T) {
	good := forge{}.sign(t, document)
	other := newPKI(2)
	other.issuing = issue("Another CA", other.issuing.key, nil, ca)
	other.leaf = issue("SOMEBODY", other.leaf.key, other.issuing, citizen)
	unknown := forge{pki: other, template: func(tpl *cms.Template) {
		tpl.Certificates = []*x509.Certificate{other.leaf.cert, other.issuing.cert}
	}}
	inTheBag := forge{pki: other, template: func(tpl *cms.Template) {
		tpl.Certificates = []*x509.Certificate{other.leaf.cert, other.issuing.cert, genuine().issuing.cert, genuine().root.cert}
	}}
	rewritten := forge{}.sign(t, pdftest.New(pdftest.Options{Pages: 2, Form: "indirect", Annots: "direct", Streams: true}))
	authentication := forge{leaf: issue(signerName, rsaKeys()[1], genuine().issuing, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature })}
	now := trusting(genuine())
	later := now
	later.Now = func() time.Time { return clock.AddDate(40, 0, 0) }
	anybody := pdfsig.Options{Now: now.Now}

	for _, c := range []struct {
		name     string
		file     []byte
		original []byte
		opts     pdfsig.Options
		verdict  pdfsig.Verdict
		exists   pdfsig.Exists
		check    string
		result   pdfsig.Result
	}{
		{"issuer not known", unknown.sign(t, document), document, now, pdfsig.Look, pdfsig.ExistsYes, pdfsig.CheckChain, pdfsig.Unknown},
		{"issuer not known, the true authorities in the bag", inTheBag.sign(t, document), document, now, pdfsig.Look, pdfsig.ExistsYes, pdfsig.CheckChain, pdfsig.Unknown},
		{"no trust anchors at all", good, document, anybody, pdfsig.Look, pdfsig.ExistsYes, pdfsig.CheckChain, pdfsig.Unknown},
		{"file rewritten by the service", rewritten, document, now, pdfsig.Look, pdfsig.ExistsYes, pdfsig.CheckOriginalPrefix, pdfsig.Fail},
		{"file rewritten and signed twice", forge{}.sign(t, rewritten), document, now, pdfsig.Look, pdfsig.ExistsYes, pdfsig.CheckByteRange, pdfsig.Pass},
		{"file rewritten by somebody unknown", unknown.sign(t, pdftest.New(pdftest.Options{})), document, now, pdfsig.Failed, pdfsig.ExistsYes, pdfsig.CheckOriginalPrefix, pdfsig.Fail},
		{"authentication certificate", authentication.sign(t, document), document, now, pdfsig.Look, pdfsig.ExistsYes, pdfsig.CheckKeyUsage, pdfsig.Unknown},
		{"expired since, without a timestamp", good, document, later, pdfsig.Look, pdfsig.ExistsYes, pdfsig.CheckValidity, pdfsig.Unknown},
		{"the document itself came back", document, document, now, pdfsig.Failed, pdfsig.ExistsNo, pdfsig.CheckSignatureField, pdfsig.Fail},
		{"another unsigned document came back", pdftest.New(pdftest.Options{}), document, now, pdfsig.Failed, pdfsig.ExistsNo, pdfsig.CheckSignatureField, pdfsig.Fail},
		{"an error page came back", []byte("<html>Erro</html>"), document, now, pdfsig.Failed, pdfsig.ExistsMaybe, pdfsig.CheckStructure, pdfsig.Fail},
		{"nothing came back", nil, document, now, pdfsig.Failed, pdfsig.ExistsMaybe, pdfsig.CheckStructure, pdfsig.Fail},
		{"half of it came back", good[:len(good)-2000], document, now, pdfsig.Failed, pdfsig.ExistsMaybe, pdfsig.CheckStructure, pdfsig.Fail},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := verifyReturned(t, c.file, c.original, c.opts)
			require.Equal(t, c.verdict, r.Verdict, "%+v", r.Findings)
			require.Equal(t, c.exists, r.SignatureExists)
			require.Equal(t, c.result, r.Find(c.check).Result, "%+v", r.Findings)
		})
	}
}

func TestWithoutTheOriginalAPersonHasToLook(t *testing.T) {
	for _, g := range genuineFiles(t) {
		r := verifyAlone(t, g.file)
		require.Equal(t, pdfsig.Look, r.Verdict, "%s: %+v", g.name, r.Findings)
		require.Equal(t, pdfsig.Unknown, r.Find(pdfsig.CheckOriginalPrefix).Result)
		require.Equal(t, pdfsig.Pass, r.Find(pdfsig.CheckRevisionChanges).Result, "%s: %+v", g.name, r.Findings)
	}
}

// TestTheSandboxIsWorthNothingInProduction is DESIGN.md 9.
func TestTheSandboxIsWorthNothingInProduction(t *testing.T) {
	a, err := signer.Open("")
	require.NoError(t, err)
	id, err := a.Citizen("MARIA TESTE")
	require.NoError(t, err)
	file, err := id.Sign(document, clock)
	require.NoError(t, err)
	sandbox := pdfsig.Options{Roots: []*x509.Certificate{a.Root()}, Now: func() time.Time { return clock }}
	require.Equal(t, pdfsig.Verified, verifyReturned(t, file, document, sandbox).Verdict)
	r := verifyReturned(t, file, document, trusting(genuine()))
	require.Equal(t, pdfsig.Failed, r.Verdict)
	require.Equal(t, pdfsig.Fail, r.Find(pdfsig.CheckChain).Result)
}

func TestAnEncryptedFileIsNamedAsSuch(t *testing.T) {
	encrypted := encrypt(t, document)
	r := verifyAlone(t, encrypted)
	require.Equal(t, pdfsig.Unknown, r.Find(pdfsig.CheckEncrypted).Result)
	require.Equal(t, pdfsig.Look, r.Verdict)
	require.Equal(t, pdfsig.ExistsMaybe, r.SignatureExists)
	require.Equal(t, pdfsig.Look, verifyReturned(t, encrypted, encrypted, trusting(genuine())).Verdict)
	require.Equal(t, pdfsig.Failed, verifyReturned(t, encrypted, document, trusting(genuine())).Verdict)
}

// failing fails to read past an offset.
type failing struct {
	io.ReaderAt
	from int64
}

var errDisk = errors.New("disk error")

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.from {
		return 0, errDisk
	}
	return f.ReaderAt.ReadAt(p, off)
}

// TestAFailureToReadIsNoFinding checks that a bad disk never turns into a verdict.
func TestAFailureToReadIsNoFinding(t *testing.T) {
	good := forge{}.sign(t, document)
	for from := int64(0); from < int64(len(good)); from += 61 {
		r, err := pdfsig.VerifyReturned(failing{bytes.NewReader(good), from}, int64(len(good)), bytes.NewReader(document), int64(len(document)), trusting(genuine()))
		require.ErrorIs(t, err, errDisk)
		require.Nil(t, r)
		_, err = pdfsig.Verify(failing{bytes.NewReader(good), from}, int64(len(good)), trusting(genuine()))
		require.ErrorIs(t, err, errDisk)
	}
	_, err := pdf.Open(failing{bytes.NewReader(good), 0}, int64(len(good)))
	require.ErrorIs(t, err, errDisk)
}

func TestEveryFindingHasASentenceInBothLanguages(t *testing.T) {
	unknown := pdfsig.Finding{Check: "nothing"}
	seen := map[string]string{}
	for _, check := range []string{
		pdfsig.CheckStructure, pdfsig.CheckOriginalPrefix, pdfsig.CheckOneRevision, pdfsig.CheckSignatureField, pdfsig.CheckByteRange,
		pdfsig.CheckContents, pdfsig.CheckCMS, pdfsig.CheckChain, pdfsig.CheckKeyUsage, pdfsig.CheckValidity, pdfsig.CheckRevisionChanges,
		pdfsig.CheckRevocation, pdfsig.CheckTimestamp,
	} {
		for _, result := range []pdfsig.Result{pdfsig.Pass, pdfsig.Fail, pdfsig.Unknown} {
			f := pdfsig.Finding{Check: check, Result: result}
			for _, lang := range []string{"pt", "en"} {
				s := f.Sentence(lang)
				require.NotEmpty(t, s)
				require.NotEqual(t, unknown.Sentence(lang), s, "%s %s", check, result)
				require.Empty(t, seen[s], "%s %s has the sentence of %s", check, result, seen[s])
				seen[s] = check + " " + string(result)
			}
		}
	}
	// A check that was never made says so, and nothing of the certificate.
	r := verifyReturned(t, document[:40], document, trusting(genuine()))
	for _, f := range r.Findings {
		if f.Detail == "not reached" && (f.Check == pdfsig.CheckChain || f.Check == pdfsig.CheckKeyUsage || f.Check == pdfsig.CheckValidity) {
			require.Contains(t, f.Sentence("pt"), "chegou a ser verificado")
			seen["not reached "+f.Check] = f.Sentence("en")
		}
	}
	require.Len(t, seen, 6*13+3)
	require.NotEqual(t, unknown.Sentence("en"), pdfsig.Finding{Check: pdfsig.CheckEncrypted, Result: pdfsig.Unknown}.Sentence("en"))
}
