package pdfsig_test

import (
	"bufio"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
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
	for _, a := range tricks(t) {
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

// reason is a row of the table in docs/VERIFY.md: for these files that tool says otherwise than we do, and why.
type reason struct {
	line  int
	tool  string
	class string
	names []string // of the class; with all, those that are left out
	all   bool
	says  string // what has to stand in the tool's words
}

func (r reason) covers(class, name string) bool {
	return r.class == class && slices.Contains(r.names, name) != r.all
}

// reasons reads the table.
func reasons(t *testing.T) []reason {
	t.Helper()
	text, err := os.ReadFile("../../docs/VERIFY.md")
	require.NoError(t, err)
	row := regexp.MustCompile("^\\| (poppler|MuPDF|pdfcpu) \\| (\\w+)(, all but: |, all|: )([^|]*) \\| `([^`]+)` \\| [^|]{10,} \\|$")
	var out []reason
	for i, line := range strings.Split(string(text), "\n") {
		m := row.FindStringSubmatch(line)
		if m == nil {
			require.NotRegexp(t, "^\\| (poppler|MuPDF|pdfcpu)", line, "line %d", i+1)
			continue
		}
		r := reason{line: i + 1, tool: m[1], class: m[2], all: m[3] != ": ", says: m[5]}
		if m[4] != "" {
			r.names = strings.Split(m[4], "; ")
		}
		out = append(out, r)
	}
	require.NotEmpty(t, out)
	return out
}

// TestOthersDisagreeAsExplained shows all files to the other verifiers. Where one says otherwise than we do, docs/VERIFY.md has
// to say why, and it may name nothing that no longer is so.
func TestOthersDisagreeAsExplained(t *testing.T) {
	files := filesToCompare(t)
	known := map[string]bool{}
	dir := t.TempDir()
	var paths []string
	for i, f := range files {
		require.False(t, known[f.class+f.name], "two files of class %s are named %q", f.class, f.name)
		known[f.class+f.name] = true
		path := filepath.Join(dir, fmt.Sprintf("%03d.pdf", i))
		require.NoError(t, os.WriteFile(path, f.file, 0o600))
		paths = append(paths, path)
	}
	table := reasons(t)
	for _, r := range table {
		for _, name := range r.names {
			require.True(t, known[r.class+name], "docs/VERIFY.md:%d: no file of class %s is named %q", r.line, r.class, name)
		}
	}
	said := opinions(t, paths)
	for i, f := range files {
		report := verifyReturned(t, f.file, f.original, trusting(genuine()))
		ours := report.Verdict == pdfsig.Verified
		require.Equal(t, f.class == "genuine", ours, "%s: %+v", f.name, report.Findings)
		for tool, opinions := range said {
			o := opinions[paths[i]]
			var why []reason
			for _, r := range table {
				if r.tool == tool && r.covers(f.class, f.name) {
					why = append(why, r)
				}
			}
			switch {
			case o.accepts == ours && len(why) > 0:
				t.Errorf("docs/VERIFY.md:%d: %s now says of %s %q what we say: %s", why[0].line, tool, f.class, f.name, o.text)
			case o.accepts != ours && len(why) != 1:
				t.Errorf("%s accepts %s %q: %v; we: %v; docs/VERIFY.md has %d reasons. It says: %s", tool, f.class, f.name, o.accepts, ours, len(why), o.text)
			case o.accepts != ours && !strings.Contains(o.text, why[0].says):
				t.Errorf("docs/VERIFY.md:%d: of %s %q %s says: %s", why[0].line, f.class, f.name, tool, o.text)
			}
		}
		if ours {
			out, err := exec.Command("qpdf", "--check", paths[i]).CombinedOutput()
			require.NoError(t, err, "%s: %s", f.name, out)
		}
	}
}
