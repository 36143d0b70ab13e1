package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox/signer"
)

const hostName = "org.sign_with_cmd.host"

// What the tests work with, made once: the program as it's shipped, the folder of a test CA that all sandboxes share, the
// extension's builds and its id.
var binary, authority, chromiumBuild, firefoxBuild, extensionID string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if role := os.Getenv("E2E_ROLE"); role != "" {
		return playHost(role)
	}
	id, err := os.ReadFile("../ID")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	extensionID = strings.TrimSpace(string(id))
	if os.Getenv("E2E_INSTALLED") != "" {
		return m.Run() // with what is installed
	}
	dir, err := os.MkdirTemp("", "e2e-main-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary, authority = filepath.Join(dir, "cmdsign"), filepath.Join(dir, "ca")
	if out, err := exec.Command("go", "build", "-o", binary, "../../host/cmdsign").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the program: %v\n%s", err, out)
		return 1
	}
	if _, err := signer.Open(authority); err != nil {
		fmt.Fprintln(os.Stderr, "making the test CA:", err)
		return 1
	}
	// Copies: a browser reads an unpacked extension all the time, and somebody may build it anew meanwhile.
	chromiumBuild, firefoxBuild = filepath.Join(dir, "chromium"), filepath.Join(dir, "firefox")
	for _, build := range []string{chromiumBuild, firefoxBuild} {
		err := os.CopyFS(build, os.DirFS(filepath.Join("..", "dist", filepath.Base(build))))
		if _, missing := os.Stat(filepath.Join(build, "manifest.json")); err != nil || missing != nil {
			fmt.Fprintln(os.Stderr, "the extension isn't built (make extension):", err, missing)
			return 1
		}
	}
	return m.Run()
}

// long says whether this run takes the waits that are minutes in life: E2E_LONG=1 go test.
func long(t *testing.T) bool {
	t.Helper()
	return os.Getenv("E2E_LONG") != ""
}

// onlyLong leaves a test to make test-long: it's a variation of what others show, or waits as long as people do.
func onlyLong(t *testing.T) {
	t.Helper()
	if !long(t) {
		t.Skip("takes its time: make test-long")
	}
}
