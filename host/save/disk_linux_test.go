package save_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/save"
)

// smallDisk mounts a disk of 64 KiB.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("cmdsign-test", dir, "tmpfs", 0, "size=65536"); err != nil {
		t.Skipf("mounting needs root: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, unix.Unmount(dir, 0)) })
	return dir
}

func TestADiskThatFills(t *testing.T) {
	dir := smallDisk(t)
	big := bytes.Repeat([]byte("x"), 1<<20)

	_, err := save.Write(dir, "x.pdf", bytes.NewReader(big))
	require.True(t, problem.Is(err, problem.DiskFull), err)
	_, _, err = save.Hold(dir, big)
	require.True(t, problem.Is(err, problem.DiskFull), err)
	require.NoError(t, save.AtomicWrite(filepath.Join(dir, "state"), []byte("old"), 0o600))
	require.Error(t, save.AtomicWrite(filepath.Join(dir, "state"), big, 0o600))
	require.Equal(t, "old", content(t, filepath.Join(dir, "state")))
	require.Equal(t, []string{"state"}, names(t, dir))

	_, err = save.Write(dir, "x.pdf", strings.NewReader("fits"))
	require.NoError(t, err)
}

func TestAHeldFileOnAnotherDiskIsCopied(t *testing.T) {
	held, sum, err := save.Hold(t.TempDir(), []byte("signed"))
	require.NoError(t, err)
	dir := smallDisk(t)
	file, err := save.Place(dir, "x.pdf", held, sum)
	require.NoError(t, err)
	require.Equal(t, save.File{Path: filepath.Join(dir, "x.pdf"), Name: "x.pdf", Size: 6, SHA256: sum}, file)
	require.Equal(t, "signed", content(t, file.Path))

	big, sum, err := save.Hold(t.TempDir(), bytes.Repeat([]byte("x"), 1<<20))
	require.NoError(t, err)
	_, err = save.Place(dir, "y.pdf", big, sum)
	require.True(t, problem.Is(err, problem.DiskFull), err)
	require.Equal(t, []string{"x.pdf"}, names(t, dir))
}

func TestAReadOnlyDisk(t *testing.T) {
	dir := smallDisk(t)
	require.NoError(t, unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	_, err := save.Write(dir, "x.pdf", strings.NewReader("x"))
	require.True(t, problem.Is(err, problem.DownloadsReadOnly), err)
}

func TestAFolderOfSomebodyElse(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o555))
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	done := make(chan error)
	go func() {
		if os.Getuid() == 0 {
			// Root may write anywhere: this thread becomes nobody, and ends with the goroutine.
			runtime.LockOSThread()
			_ = unix.Setfsuid(65534)
		}
		_, err := save.Write(dir, "x.pdf", strings.NewReader("x"))
		done <- err
	}()
	err := <-done
	require.True(t, problem.Is(err, problem.DownloadsReadOnly), err)
	require.Empty(t, names(t, dir))
}
