package pdfsig_test

import (
	"bufio"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
)

// compared is a file that other verifiers are shown too.
type compared struct {
	class, name    string
	file, original []byte
}

// filesToCompare are all that the tests make: the genuine ones, and the altered ones with what only the original tells.
func filesToCompare(t *testing.T) []compared {
	var out []compared
	for _, g := range genuineFiles(t) {
		out = append(out, compared{"genuine", g.name, g.file, g.original})
	}
	streams := pdftest.New(pdftest.Options{Streams: true})
	out = append(out, compared{"genuine", "object stream in the update", forge{compress: func(map[uint32]string) {}}.sign(t, streams), streams})
	for _, a := range alteredFiles(t) {
		out = append(out, compared{a.class, a.name, a.file, a.original})
	}
	return out
}

// opinion is what another verifier says of a file's newest signature.
type opinion struct {
	accepts bool
	text    string
}

// opinions asks poppler, MuPDF and pdfcpu about files. A missing tool fails the test. Poppler and MuPDF have no trust anchors
// here; pdfcpu has ours.
func opinions(t *testing.T, paths []string) map[string]map[string]opinion {
	t.Helper()
	out := map[string]map[string]opinion{"poppler": {}, "MuPDF": {}, "pdfcpu": pdfcpu(t, paths)}
	var mu sync.Mutex
	var wg sync.WaitGroup
	work := make(chan string)
	for range runtime.NumCPU() {
		wg.Go(func() {
			for path := range work {
				p := newest("Signature #", "pdfsig", "-no-ocsp", path)
				m := newest("Verifying signature", "mutool", "sign", "-v", path)
				mu.Lock()
				out["poppler"][path] = opinion{strings.Contains(p, "Signature is Valid") && strings.Contains(p, "Total document signed"), p}
				out["MuPDF"][path] = opinion{strings.Contains(m, "The document is unchanged since signing"), m}
				mu.Unlock()
			}
		})
	}
	for _, tool := range []string{"pdfsig", "mutool"} {
		_, err := exec.LookPath(tool)
		require.NoError(t, err)
	}
	for _, path := range paths {
		work <- path
	}
	close(work)
	wg.Wait()
	return out
}

// newest gives what a tool says of the last signature. The tools' exit codes say other things.
func newest(marker, tool string, args ...string) string {
	out, _ := exec.Command(tool, args...).CombinedOutput()
	return string(out[max(0, strings.LastIndex(string(out), marker)):])
}

// pdfcpu runs it in a process of its own, as its module is one of its own.
func pdfcpu(t *testing.T, paths []string) map[string]opinion {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "pdfcpu")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = "others/pdfcpu"
	msg, err := build.CombinedOutput()
	require.NoError(t, err, "%s", msg)
	anchors := filepath.Join(dir, "anchors")
	require.NoError(t, os.Mkdir(anchors, 0o700))
	root := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: genuine().root.cert.Raw})
	require.NoError(t, os.WriteFile(filepath.Join(anchors, "root.pem"), root, 0o600))
	cmd := exec.Command(program, anchors)
	cmd.Stdin = strings.NewReader(strings.Join(paths, "\n"))
	raw, err := cmd.Output()
	require.NoError(t, err)
	out := map[string]opinion{}
	for in := bufio.NewScanner(strings.NewReader(string(raw))); in.Scan(); {
		var said struct {
			Path, Error, Status, Reason, Modified string
			Problems                              []string
		}
		require.NoError(t, json.Unmarshal(in.Bytes(), &said))
		text := fmt.Sprintf("%s; %s; modified: %s; %s%s", said.Status, said.Reason, said.Modified, strings.Join(said.Problems, "; "), said.Error)
		// Offline it can't learn of a revocation: where it lacks nothing else, it accepts.
		out[said.Path] = opinion{said.Status == "signature is valid" || strings.HasSuffix(said.Reason, "revocation status is unknown"), text}
	}
	require.Len(t, out, len(paths))
	return out
}

func TestExplore(t *testing.T) {
	files := filesToCompare(t)
	dir := t.TempDir()
	var paths []string
	for i, f := range files {
		p := filepath.Join(dir, fmt.Sprintf("%03d.pdf", i))
		require.NoError(t, os.WriteFile(p, f.file, 0o600))
		paths = append(paths, p)
	}
	all := opinions(t, paths)
	for i, f := range files {
		ours := verifyReturned(t, f.file, f.original, trusting(genuine())).Verdict == pdfsig.Verified
		for _, tool := range []string{"poppler", "MuPDF", "pdfcpu"} {
			o := all[tool][paths[i]]
			if o.accepts != ours {
				fmt.Printf("%s | %s | %s | ours %v | %q\n", tool, f.class, f.name, ours, o.text)
			}
		}
	}
}
