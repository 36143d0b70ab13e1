package command

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox/signer"
)

// program is the binary as it's shipped, built once; authority is the folder of a test CA that all sandboxes of these tests
// share, because making keys is slow.
var program, authority string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "cmdsign-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program, authority = filepath.Join(dir, "cmdsign"), filepath.Join(dir, "ca")
	args := []string{"build", "-o", program}
	if raceDetector {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, "../cmdsign")...).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the program: %v\n%s", err, out)
		return 1
	}
	if _, err := signer.Open(authority); err != nil {
		fmt.Fprintln(os.Stderr, "making the test CA:", err)
		return 1
	}
	defer endShared()
	return m.Run()
}

// long says whether this is make test-long (E2E_LONG=1).
func long() bool { return os.Getenv("E2E_LONG") != "" }

// onlyLong leaves a test to make test-long: it's a variation of what others show, and make test has its time.
func onlyLong(t *testing.T) {
	t.Helper()
	if !long() {
		t.Skip("takes its time: make test-long")
	}
}

// onlyLongBut leaves a row of a table to make test-long, except for these.
func onlyLongBut(t *testing.T, row string, always ...string) {
	t.Helper()
	if !slices.Contains(always, row) {
		onlyLong(t)
	}
}
