package pdfsig_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// qpdf makes another file of a file. A missing qpdf fails the test.
func qpdf(t testing.TB, data []byte, args ...string) []byte {
	t.Helper()
	in := filepath.Join(t.TempDir(), "in.pdf")
	require.NoError(t, os.WriteFile(in, data, 0o600))
	out, err := exec.Command("qpdf", append(args, in, in+".out")...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	data, err = os.ReadFile(in + ".out")
	require.NoError(t, err)
	return data
}

func encrypt(t testing.TB, data []byte) []byte {
	return qpdf(t, data, "--encrypt", "", "owner", "256", "--")
}

func TestPreflightDescribesADocument(t *testing.T) {
	xfa := pdftest.New(pdftest.Options{Form: "indirect"})
	xfa = appended(t, xfa, func(u *pdf.Update, v *pdf.View) {
		catalog, err := v.Catalog()
		require.NoError(t, err)
		r := catalog.Get("AcroForm").(pdf.Ref)
		u.Replace(r, changed(t, v, int(r.Num), "XFA", pdf.String{Value: []byte("<xdp/>")}))
	})
	certified := forge{
		dict: func(c, r string) string {
			return strings.TrimSuffix(cmdDict(c, r), ">>") + "/Reference[<</TransformMethod/DocMDP/TransformParams<</P 1>>>>]>>"
		},
		update: func(u *pdf.Update, view *pdf.View, sig pdf.Ref) {
			perms := pdf.NewDict()
			perms.Set("DocMDP", sig)
			certify(u, view, perms)
		},
	}.sign(t, document)
	for name, c := range map[string]struct {
		data []byte
		want pdfsig.Info
	}{
		"plain":          {pdftest.New(pdftest.Options{Pages: 3}), pdfsig.Info{Pages: 3, Version: "1.7"}},
		"object streams": {pdftest.New(pdftest.Options{Streams: true}), pdfsig.Info{Pages: 1, Version: "1.7", ObjectStreams: true}},
		"linearized":     {qpdf(t, document, "--linearize"), pdfsig.Info{Pages: 2, Version: "1.7", Linearized: true}},
		"hybrid":         {pdftest.Hybrid(), pdfsig.Info{Pages: 1, Version: "1.7", ObjectStreams: true, Hybrid: true}},
		"encrypted":      {encrypt(t, document), pdfsig.Info{Version: "1.7", Encrypted: true}},
		"XFA":            {xfa, pdfsig.Info{Pages: 1, Version: "1.7", XFA: true}},
		"signed twice":   {forge{}.sign(t, forge{}.sign(t, document)), pdfsig.Info{Pages: 2, Version: "1.7", Signatures: 2}},
		"certified":      {certified, pdfsig.Info{Pages: 2, Version: "1.7", Signatures: 1, DocMDP: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			info, err := pdfsig.Preflight(bytes.NewReader(c.data), int64(len(c.data)))
			require.NoError(t, err)
			require.Equal(t, c.want, *info)
		})
	}
}

func TestPreflightRefusesWhatIsNoPDF(t *testing.T) {
	linearized := qpdf(t, document, "--linearize")
	for name, c := range map[string]struct {
		data []byte
		code problem.Code
	}{
		"empty":                 {nil, problem.PDFEmpty},
		"a login page":          {[]byte("<!DOCTYPE html><title>Login</title>"), problem.PDFNotPDF},
		"a picture":             {[]byte("\x89PNG\r\n\x1a\n"), problem.PDFNotPDF},
		"half a PDF":            {document[:len(document)/2], problem.PDFTruncated},
		"all but the end":       {document[:len(document)-8], problem.PDFTruncated},
		"header only":           {[]byte("%PDF-1.7\n"), problem.PDFTruncated},
		"half a linearized PDF": {linearized[:len(linearized)/2], problem.PDFTruncated},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := pdfsig.Preflight(bytes.NewReader(c.data), int64(len(c.data)))
			require.Equal(t, c.code, problem.Of(err), "%v", err)
		})
	}
}

// TestPreflightNamesDamage checks files that other readers open by repairing them.
func TestPreflightNamesDamage(t *testing.T) {
	content := "/Length 52"
	require.Contains(t, string(document), content)
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"an offset that is off by one":         {bytes.Replace(document, []byte("0000000015 "), []byte("0000000016 "), 1), "no object where one was announced"},
		"a stream that is longer than it says": {bytes.Replace(document, []byte(content), []byte("/Length 49"), 1), "doesn't end where its length says"},
		"startxref that points elsewhere":      {bytes.Replace(document, []byte("startxref\n"), []byte("startxref\n1"), 1)[:len(document)], ""},
		"bytes before the header":              {append([]byte("\n\n"), document...), "before the PDF header"},
		"bytes after the end":                  {append(bytes.Clone(document), "<!-- served in 3 ms -->"...), "after the end"},
		"an object that isn't closed":          {bytes.Replace(document, []byte("\nendobj\n3 0 obj"), []byte("\nendobX\n3 0 obj"), 1), "isn't closed"},
		"short table entries":                  {bytes.ReplaceAll(document, []byte(" n \n"), []byte(" n\n")), "20 sound bytes"},
		"a page tree that is a circle":         {bytes.Replace(document, []byte("/Kids[6 0 R"), []byte("/Kids[2 0 R"), 1), "twice"},
	} {
		t.Run(name, func(t *testing.T) {
			require.NotEqual(t, document, c.data)
			info, err := pdfsig.Preflight(bytes.NewReader(c.data), int64(len(c.data)))
			if err != nil { // cut off counts as well
				require.Equal(t, problem.PDFTruncated, problem.Of(err))
				return
			}
			require.Contains(t, info.Damaged, c.want)
			require.NotEmpty(t, info.Damaged)
		})
	}
}
