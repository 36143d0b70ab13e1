package terminal

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/secret"
)

// played is a host that is played here, for what no sandbox does on request. end says how each document ends, by its path.
type played struct {
	t    *testing.T
	host *Host
	end  map[string][]string
	got  []map[string]any
}

func (p *played) serve() {
	defer p.host.Ended()
	p.say(`{"state":"start","modes":["launch"],"environment":"production"}`)
	for {
		data, err := p.host.Read()
		if err != nil {
			return
		}
		var m map[string]any
		require.NoError(p.t, json.Unmarshal(data, &m))
		p.got = append(p.got, m)
		switch {
		case m["start"] != nil:
			p.say(`{"state":"stage1_input"}`)
		case m["document"] != nil:
			p.say(`{"state":"stage1_input","status":"OK","progress":"document","document":{"name":"x.pdf","size":1,"sha256":"00"}}`)
		case m["pin"] != nil:
			for _, line := range p.end[m["pdf_file_path"].(string)] {
				if line == gone {
					return
				}
				p.say(line)
			}
		case m["otp"] != nil:
			p.say(`{"state":"done","status":"OK","file":{"path":"/d/signed.pdf"}}`)
		case m["cancel"] != nil:
			p.say(`{"state":"cancelled","status":"OK"}`)
		}
	}
}

func (p *played) say(line string) { _ = p.host.Write([]byte(line)) }

func (p *played) count(key string) (n int) {
	for _, m := range p.got {
		if m[key] != nil {
			n++
		}
	}
	return n
}

// signAll runs a script's run over documents that end as they are said to.
func signAll(t *testing.T, stdin string, end map[string][]string, files ...string) (exit int, stdout string, p *played) {
	client, host := Pipe()
	p = &played{t: t, host: host, end: end}
	served := make(chan struct{})
	go func() { p.serve(); close(served) }()
	var out bytes.Buffer
	sums := make([]string, len(files))
	for i := range sums {
		sums[i] = strings.Repeat("0", 64)
	}
	exit = Run(client, Options{
		Files: files, SHA256: sums, Phone: secret.New("+351 912345678"), PINStdin: true, Lang: "en",
		Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: io.Discard, Signals: make(chan os.Signal),
	})
	select {
	case <-served:
	case <-time.After(10 * time.Second):
		require.Fail(t, "the host isn't ended")
	}
	return exit, out.String(), p
}

func failed(code, more string) string {
	return `{"state":"failed","status":"ERROR","error":{"code":"` + code + `","message":"M","next":"N"}` + more + `}`
}

const (
	gone       = "" // the host ends
	done       = `{"state":"done","status":"OK","file":{"path":"/d/signed.pdf"}}`
	prompt     = `{"state":"stage2_input","status":"OK","progress":"otp"}`
	unverified = `{"state":"unverified","status":"ERROR","error":{"code":"NEEDS_LOOK"},"result":{"verdict":"look","findings":[]},"file":{"path":"/d/x"}}`
)

// How each document's end becomes an exit code, whether it ends the others, and which of several counts.
func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		name   string
		first  []string
		exit   int
		marks  string // of the two rows
		signed int    // documents that were begun
	}{
		{"both signed", []string{done}, ExitOK, "✓✓", 2},
		{"the site says no", []string{failed("FILE_REFUSED", "")}, ExitFailed, "✗✓", 2},
		{"to look at", []string{unverified}, ExitLook, "?✓", 2},
		{"signed, and held elsewhere", []string{failed("DISK_FULL", `,"file":{"path":"/held"}`)}, ExitLook, "?✓", 2},
		{"may be signed", []string{failed("MAY_BE_SIGNED", "")}, ExitMaybe, "?✓", 2},
		{"may have been signed before", []string{`{"state":"stage1_input","status":"ERROR","error":{"code":"LOOK_FIRST"}}`}, ExitMaybe, "?✓", 2},
		{"changed since", []string{`{"state":"stage1_input","status":"ERROR","error":{"code":"PDF_CHANGED"}}`}, ExitFailed, "✗✓", 2},
		{"a wrong PIN isn't tried twice", []string{`{"state":"stage1_input","status":"ERROR","error":{"code":"PIN_WRONG"}}`}, ExitFailed, "✗–", 1},
		{"locked", []string{failed("ACCOUNT_LOCKED", "")}, ExitFailed, "✗–", 1},
		{"cancelled elsewhere", []string{`{"state":"cancelled","status":"OK"}`}, ExitCancelled, "–✓", 2},
		{"no code to read", []string{prompt}, ExitFailed, "✗✓", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			exit, stdout, p := signAll(t, "1234\n", map[string][]string{"/a.pdf": c.first, "/b.pdf": {done}}, "/a.pdf", "/b.pdf")
			require.Equal(t, c.exit, exit)
			marks := ""
			for line := range strings.Lines(stdout) {
				marks += string([]rune(line)[:1])
			}
			require.Equal(t, c.marks, marks, stdout)
			require.Equal(t, c.signed, p.count("pin"))
			require.NotContains(t, stdout, "1234")
		})
	}
}

// The host goes away in the middle: before the code nothing was signed, after it a signature may exist.
func TestTheHostGoes(t *testing.T) {
	for last, want := range map[string]int{
		`{"state":"stage1","status":"OK","progress":"upload_page"}`: ExitFailed,
		`{"state":"stage2","status":"OK","progress":"code_sent"}`:   ExitMaybe,
	} {
		exit, _, _ := signAll(t, "1234\n", map[string][]string{"/a.pdf": {last, gone}}, "/a.pdf", "/b.pdf")
		require.Equal(t, want, exit, last)
	}
}

// Without a code to read, approval in the app is waited for where the page offers it.
func TestApprovalIsWaitedFor(t *testing.T) {
	offered := strings.Replace(prompt, "}", `,"approval":true}`, 1)
	exit, _, p := signAll(t, "1234\n", map[string][]string{"/a.pdf": {offered, `{"state":"stage2","status":"OK","progress":"received"}`, done}}, "/a.pdf")
	require.Equal(t, ExitOK, exit)
	require.Zero(t, p.count("cancel"))
}

// A code comes from the next line of stdin; what has the form of none is left to the host.
func TestTheCodeFromStdin(t *testing.T) {
	exit, _, p := signAll(t, "1234\n123-456\n", map[string][]string{"/a.pdf": {prompt}}, "/a.pdf")
	require.Equal(t, ExitOK, exit)
	require.Equal(t, "123456", p.got[len(p.got)-1]["otp"])
	require.Zero(t, p.count("cancel"))
}

func TestJSONHasNoCodeAndNoPicture(t *testing.T) {
	line, err := public([]byte(`{"state":"x","sandbox_otp":"123456","screenshot":"AAAA","n":1}`), "/ção.pdf")
	require.NoError(t, err)
	require.JSONEq(t, `{"state":"x","n":1,"path":"/ção.pdf"}`, string(line))
}

// What a page or a file's name says can't write over what stands on the terminal.
func TestPlain(t *testing.T) {
	require.Equal(t, "a[2Jb.pdf", plain("a\x1b[2J\r\nb\u202e.pdf"))
}

func FuzzLines(f *testing.F) {
	for _, seed := range []string{"", "1234\n", "1234\r\n\r\n", "\n\n", strings.Repeat("9", maxTyped+1) + "\n1234\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		each(strings.NewReader(in), func(line []byte) {
			require.LessOrEqual(t, len(line), maxTyped)
			require.NotContains(t, string(line), "\n")
		})
	})
}
