//go:build linux

package signer_test

import (
	"bufio"
	"crypto/x509"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox/signer"
)

const (
	largeSize = 200 << 20
	ceiling   = 64 << 20 // bytes resident, facts/pdf.md 5.4
	largeEnv  = "TEST_LARGE_PDF"
)

// TestALargeFileNeedsLittleMemory signs and verifies 200 MB in a process of its own
// and asks the kernel for the most memory that it ever held.
func TestALargeFileNeedsLittleMemory(t *testing.T) {
	if path := os.Getenv(largeEnv); path != "" {
		signAndVerify(t, path)
		return
	}
	if raceDetector {
		t.Skip("the race detector needs the memory for itself")
	}
	path := filepath.Join(t.TempDir(), "large.pdf")
	writeLarge(t, path)
	cmd := exec.Command(os.Args[0], "-test.run", "^TestALargeFileNeedsLittleMemory$", "-test.v")
	cmd.Env = append(os.Environ(), largeEnv+"="+path)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(out)
	require.NotNil(t, m, "%s", out)
	kb, err := strconv.Atoi(string(m[1]))
	require.NoError(t, err)
	require.Less(t, kb*1024, ceiling)
	t.Logf("most memory held: %d MB", kb>>10)
}

func signAndVerify(t *testing.T, path string) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer f.Close()
	info, err := f.Stat()
	require.NoError(t, err)
	a, err := signer.Open("")
	require.NoError(t, err)
	id, err := a.Citizen(citizen)
	require.NoError(t, err)
	original := info.Size()
	more, err := id.Update(f, original, now)
	require.NoError(t, err)
	_, err = f.WriteAt(more, original)
	require.NoError(t, err)
	r, err := pdfsig.VerifyReturned(f, original+int64(len(more)), f, original,
		pdfsig.Options{Roots: []*x509.Certificate{a.Root()}, Now: func() time.Time { return now }})
	require.NoError(t, err)
	require.Equal(t, pdfsig.Verified, r.Verdict, "%+v", r.Findings)
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	os.Stdout.Write(status)
}

// writeLarge writes a document of 50 pictures.
func writeLarge(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	require.NoError(t, err)
	w := bufio.NewWriterSize(f, 1<<20)
	at, offsets := 0, []int{}
	put := func(format string, args ...any) {
		n, err := fmt.Fprintf(w, format, args...)
		require.NoError(t, err)
		at += n
	}
	object := func(format string, args ...any) {
		offsets = append(offsets, at)
		put("%d 0 obj\n", len(offsets))
		put(format, args...)
		put("\nendobj\n")
	}
	put("%%PDF-1.7\n%%\xe2\xe3\xcf\xd3\n")
	object("<</Type/Catalog/Pages 2 0 R>>")
	object("<</Type/Pages/Count 1/Kids[3 0 R]>>")
	object("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</I 4 0 R>>>>>>")
	picture := make([]byte, largeSize/50)
	for i := range picture {
		picture[i] = byte(i * 7)
	}
	for range 50 {
		offsets = append(offsets, at)
		put("%d 0 obj\n<</Type/XObject/Subtype/Image/Width 2048/Height 2048/ColorSpace/DeviceGray/BitsPerComponent 8/Length %d>>\nstream\n", len(offsets), len(picture))
		_, err := w.Write(picture)
		require.NoError(t, err)
		at += len(picture)
		put("\nendstream\nendobj\n")
	}
	start := at
	put("xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		put("%010d 00000 n \n", o)
	}
	put("trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	require.NoError(t, w.Flush())
	require.NoError(t, f.Close())
}
