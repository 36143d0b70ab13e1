package pdfsig_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
)

// TestCorpus reads every PDF below the folder that PDFSIG_CORPUS names, such as
// pdfcpu's own test data in its module: each is read or refused with a reason, in
// bounded time.
func TestCorpus(t *testing.T) {
	root := os.Getenv("PDFSIG_CORPUS")
	if root == "" {
		t.Skip("PDFSIG_CORPUS names no folder of PDF files")
	}
	counts := map[string]int{}
	require.NoError(t, filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.EqualFold(filepath.Ext(path), ".pdf") {
			return err
		}
		f, err := os.Open(path)
		require.NoError(t, err)
		defer f.Close()
		size, err := f.Seek(0, 2)
		require.NoError(t, err)
		start := time.Now()
		info, err := pdfsig.Preflight(f, size)
		switch {
		case err != nil:
			counts["refused"]++
			t.Logf("%s: %v", filepath.Base(path), err)
		case info.Damaged != "":
			counts["damaged"]++
			t.Logf("%s: %s", filepath.Base(path), info.Damaged)
		case info.Encrypted:
			counts["encrypted"]++
		default:
			counts["sound"]++
		}
		r, err := pdfsig.Verify(f, size, trusting(genuine()))
		require.NoError(t, err, path)
		require.NotEqual(t, pdfsig.Verified, r.Verdict, path)
		if info != nil && info.Signatures > 0 {
			counts["signed"]++
			t.Logf("%s: %s", filepath.Base(path), r.Verdict)
			for _, f := range r.Findings {
				if f.Result != pdfsig.Pass {
					t.Logf("    %s %s %s", f.Check, f.Result, f.Detail)
				}
			}
		}
		require.Less(t, time.Since(start), 30*time.Second, path)
		return nil
	}))
	t.Log(counts)
}
