package signer_test

import (
	"bytes"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox/signer"
)

const citizen = "MARIA DA CONCEIÇÃO TESTE"

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// run runs one of the tools that check PDF files from outside. A tool that is
// missing fails the test: without it nobody else has agreed.
func run(t *testing.T, tool string, args ...string) string {
	t.Helper()
	out, err := exec.Command(tool, args...).CombinedOutput()
	require.NoError(t, err, "%s %v\n%s", tool, args, out)
	return string(out)
}

func write(t *testing.T, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "document.pdf")
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}

func qpdf(t *testing.T, data []byte, args ...string) []byte {
	t.Helper()
	in := write(t, data)
	out := in + ".out.pdf"
	run(t, "qpdf", append(args, in, out)...)
	data, err := os.ReadFile(out)
	require.NoError(t, err)
	return data
}

func identity(t *testing.T) (*signer.Authority, *signer.Identity) {
	t.Helper()
	a, err := signer.Open("")
	require.NoError(t, err)
	id, err := a.Citizen(citizen)
	require.NoError(t, err)
	return a, id
}

func returned(t *testing.T, a *signer.Authority, signed, original []byte) *pdfsig.Report {
	t.Helper()
	r, err := pdfsig.VerifyReturned(bytes.NewReader(signed), int64(len(signed)), bytes.NewReader(original), int64(len(original)),
		pdfsig.Options{Roots: []*x509.Certificate{a.Root()}, Now: func() time.Time { return now }})
	require.NoError(t, err)
	return r
}

func TestEveryShapeIsSignedSoundly(t *testing.T) {
	a, id := identity(t)
	shapes := pdftest.Shapes()
	several := pdftest.New(pdftest.Options{Pages: 3, Form: "indirect", Annots: "direct", Tagged: true})
	once, err := id.Sign(pdftest.New(pdftest.Options{Form: "direct"}), now)
	require.NoError(t, err)
	onceStreams, err := id.Sign(pdftest.New(pdftest.Options{Streams: true}), now)
	require.NoError(t, err)
	shapes = append(shapes,
		pdftest.Shape{Name: "linearized", Data: qpdf(t, several, "--linearize")},
		pdftest.Shape{Name: "linearized with object streams", Data: qpdf(t, several, "--linearize", "--object-streams=generate")},
		pdftest.Shape{Name: "object streams by qpdf", Data: qpdf(t, several, "--object-streams=generate")},
		pdftest.Shape{Name: "signed once before", Data: once},
		pdftest.Shape{Name: "signed once before, streams", Data: onceStreams},
	)
	trust := write(t, a.RootPEM())
	for _, s := range shapes {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			signed, err := id.Sign(s.Data, now)
			require.NoError(t, err)

			r := returned(t, a, signed, s.Data)
			require.Equal(t, pdfsig.Verified, r.Verdict, "%+v", r.Findings)
			require.Equal(t, pdfsig.ExistsYes, r.SignatureExists)
			last := r.Signatures[len(r.Signatures)-1]
			require.Equal(t, citizen, last.Signer)
			require.Contains(t, last.Issuer, "(TESTE)")
			require.True(t, last.Time.Equal(now))
			require.Equal(t, 1, last.Page)
			require.False(t, last.Visible)

			before, after := write(t, s.Data), write(t, signed)
			sigs := run(t, "pdfsig", "-no-ocsp", after)
			newest := sigs[strings.LastIndex(sigs, "Signature #"):]
			require.Contains(t, newest, "Signature is Valid")
			require.Contains(t, newest, "Total document signed")
			require.Contains(t, newest, citizen)
			_ = trust
			mu := run(t, "mutool", "sign", "-v", after)
			require.Contains(t, mu, "The document is unchanged since signing")
			require.NotContains(t, mu, "Digest failure")
			run(t, "qpdf", "--check", after)
			require.Equal(t, run(t, "pdftotext", before, "-"), run(t, "pdftotext", after, "-"))
		})
	}
}
