package signer_test

import (
	"bytes"
	"crypto/x509"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox/signer"
)

func TestTheAuthorityIsKeptAndMadeOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	// Several at once, as when two processes start: one wins and all use its keys.
	var all [4]*signer.Authority
	var errs [4]error
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() { all[i], errs[i] = signer.Open(dir) })
	}
	wg.Wait()
	for i := range all {
		require.NoError(t, errs[i])
		require.True(t, all[i].Root().Equal(all[0].Root()))
	}
	first, err := all[0].Citizen(citizen)
	require.NoError(t, err)
	again, err := all[1].Citizen(citizen)
	require.NoError(t, err)
	require.True(t, first.Certificate().Equal(again.Certificate()))

	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o700), info.Mode().Perm())
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 2, "the authority and one citizen, and nothing half-made")
	for _, f := range files {
		info, err := f.Info()
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	}
}

func TestTheNamesSayTest(t *testing.T) {
	a, id := identity(t)
	require.Contains(t, a.Root().Subject.CommonName, "(TESTE)")
	for _, c := range id.Chain() {
		require.Contains(t, c.Subject.String(), "(TESTE)")
		require.Contains(t, c.Issuer.CommonName, "(TESTE)")
	}
	require.Equal(t, x509.KeyUsageContentCommitment, id.Certificate().KeyUsage)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(a.RootPEM()))
}

func TestADamagedKeyFileIsNamedAndNotReplaced(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "authority.pem")
	require.NoError(t, os.WriteFile(path, []byte("half a file"), 0o600))
	_, err := signer.Open(dir)
	require.ErrorContains(t, err, path)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "half a file", string(data))
}

func TestADirectoryThatOthersWriteToIsRefused(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o777))
	_, err := signer.Open(dir)
	require.ErrorContains(t, err, "others may write")
}

// TestRefused checks that a document which can't be signed soundly isn't signed.
func TestRefused(t *testing.T) {
	_, id := identity(t)
	plain := pdftest.New(pdftest.Options{})
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":             {nil, "empty"},
		"not a PDF":         {[]byte("<html>login</html>"), "no PDF header"},
		"cut off":           {plain[:len(plain)/2], "ends before its end marker"},
		"encrypted":         {qpdf(t, plain, "--encrypt", "", "owner", "256", "--"), "encrypted"},
		"junk at the end":   {append(bytes.Clone(plain), "<p>more</p>"...), "after the end"},
		"junk at the start": {append([]byte("junk\n"), plain...), "before the PDF header"},
		"wrong table":       {bytes.Replace(plain, []byte("0000000015 "), []byte("0000000016 "), 1), "no object where one was announced"},
		"hybrid":            {pdftest.Hybrid(), "hybrid"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := id.Sign(c.data, now)
			require.ErrorContains(t, err, c.want)
		})
	}
}

// TestPlaceholderLookalikes signs documents whose content looks like what a signer
// leaves room for (facts/pdf.md 1.2: others write into the original's bytes).
func TestPlaceholderLookalikes(t *testing.T) {
	a, id := identity(t)
	for name, content := range map[string]string{
		"a long run of zeros": "% " + strings.Repeat("0", 200_000),
		"a placeholder":       "% /ByteRange[0 ********** ********** **********] /Contents<" + strings.Repeat("0", 18944) + ">",
		"end markers":         "% startxref\n0\n%%EOF\n",
	} {
		t.Run(name, func(t *testing.T) {
			original := pdftest.WithContent(content)
			signed, err := id.Sign(original, now)
			require.NoError(t, err)
			require.True(t, bytes.HasPrefix(signed, original))
			require.Equal(t, "verified", string(returned(t, a, signed, original).Verdict))
		})
	}
}
