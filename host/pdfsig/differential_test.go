package pdfsig_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
)

// others says what poppler and MuPDF think of a file's newest signature. A missing
// tool fails the test.
func others(t *testing.T, file []byte) (poppler, mupdf bool) {
	t.Helper()
	path := save(t, file)
	newest := func(marker, tool string, args ...string) string {
		_, err := exec.LookPath(tool)
		require.NoError(t, err)
		out, _ := exec.Command(tool, append(args, path)...).CombinedOutput() // their exit codes say other things
		return string(out[max(0, strings.LastIndex(string(out), marker)):])
	}
	p := newest("Signature #", "pdfsig", "-no-ocsp")
	m := newest("Verifying signature", "mutool", "sign", "-v")
	return strings.Contains(p, "Signature is Valid") && strings.Contains(p, "Total document signed"),
		strings.Contains(m, "The document is unchanged since signing")
}

// TestOthersAgreeOnGenuineFiles checks that the genuine files are genuine to others
// as well. What they can't read is named here.
func TestOthersAgreeOnGenuineFiles(t *testing.T) {
	files := append(genuineFiles(t), signed{name: "object stream in the update", original: nil, file: forge{compress: func(map[uint32]string) {}}.sign(t, pdftest.New(pdftest.Options{Streams: true}))})
	for _, g := range files {
		t.Run(g.name, func(t *testing.T) {
			poppler, mupdf := others(t, g.file)
			keyID, pss := strings.HasPrefix(g.name, "signer by key identifier"), strings.HasPrefix(g.name, "RSA-PSS")
			if !keyID { // poppler 22.12 doesn't find such a signer
				require.True(t, poppler)
			}
			if !keyID && !pss { // nor does MuPDF 1.21, which can't verify PSS either
				require.True(t, mupdf)
			}
			out, err := exec.Command("qpdf", "--check", save(t, g.file)).CombinedOutput()
			require.NoError(t, err, "%s", out)
		})
	}
}

// TestOthersMissWhatOnlyTheOriginalTells is why this package exists: a page, a value
// or a font changed inside the revision that is signed is sound to everybody else.
func TestOthersMissWhatOnlyTheOriginalTells(t *testing.T) {
	for _, a := range changedInside(t) {
		if a.check != "revision_changes" {
			continue
		}
		t.Run(a.name, func(t *testing.T) {
			poppler, mupdf := others(t, a.file)
			require.True(t, poppler && mupdf, "these files have to be perfect forgeries")
		})
	}
}

func save(t *testing.T, file []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.pdf")
	require.NoError(t, os.WriteFile(path, file, 0o600))
	return path
}
