package command

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

// spoor is a way in which a secret could stand in a file.
type spoor struct {
	what string
	text []byte
	// alone: it's a find only where no digit stands beside it, because a code of six digits may stand in a longer number by
	// chance. wide: those digits take two bytes each.
	alone, wide bool
}

// traces are the ways in which a secret could stand in a file: plain, URL-encoded, in UTF-16, in hex, and in base64 at each
// of the three places where it can begin.
func traces(name, value string) []spoor {
	var wide []byte
	for _, u := range utf16.Encode([]rune(value)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	digits := hex.EncodeToString([]byte(value))
	all := []spoor{
		{what: name + " plain", text: []byte(value), alone: true},
		{what: name + " URL-encoded", text: []byte(url.QueryEscape("+" + value))},
		{what: name + " UTF-16", text: wide, alone: true, wide: true},
		{what: name + " hex", text: []byte(digits)},
		{what: name + " HEX", text: []byte(strings.ToUpper(digits))},
	}
	for shift := range 3 {
		// The characters at either end hold bits of what stands beside it.
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + value))
		from, to := (shift*8+5)/6, (shift+len(value))*8/6
		all = append(all, spoor{what: fmt.Sprintf("%s base64+%d", name, shift), text: []byte(text[from:to])})
	}
	return all
}

// in gives where the spoor stands in the data, or -1.
func (tr spoor) in(data []byte) int {
	digit := func(i int) bool { return i >= 0 && i < len(data) && data[i] >= '0' && data[i] <= '9' }
	width := 1
	if tr.wide {
		width = 2
	}
	for from := 0; ; {
		at := bytes.Index(data[from:], tr.text)
		if at < 0 {
			return -1
		}
		at += from
		if !tr.alone || !digit(at-width) && !digit(at+len(tr.text)) {
			return at
		}
		from = at + 1
	}
}

// A filter that finds nothing anywhere would make the test below pass for ever.
func TestTracesAreFound(t *testing.T) {
	t.Parallel()
	const value = "13572468"
	for _, planted := range []string{
		"pin=" + value + "&x", `{"pin":"` + value + `"}`, "%2B" + value,
		base64.StdEncoding.EncodeToString([]byte("pin=" + value + "&x")),
		base64.StdEncoding.EncodeToString([]byte("1pin=" + value + "&x")),
		base64.StdEncoding.EncodeToString([]byte("12pin=" + value + "&x")),
		"x\x001\x003\x005\x007\x002\x004\x006\x008\x00y\x00", hex.EncodeToString([]byte(value)),
	} {
		require.NotEmpty(t, find(traces("pin", value), []byte(planted)), "%q", planted)
	}
	require.Empty(t, find(traces("pin", value), []byte("9"+value+" 1357246 8")))
}

// find says which traces stand in the data, each with what stands around it: all of it is of the sandbox's.
func find(all []spoor, data []byte) (found []string) {
	for _, tr := range all {
		if at := tr.in(data); at >= 0 {
			found = append(found, fmt.Sprintf("%s: %q", tr.what, data[max(0, at-60):min(len(data), at+len(tr.text)+60)]))
		}
	}
	return found
}

// search looks into every file of the machine: configuration, state, journal, temporary files, the browser's profile.
func (m *machine) search(all []spoor) (found []string, files int) {
	filepath.WalkDir(m.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // it may have gone meanwhile
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		files++
		for _, what := range find(all, data) {
			found = append(found, what+" in "+strings.TrimPrefix(path, m.dir))
		}
		return nil
	})
	return found, files
}

// PIN, phone and code go to the CMD page and nowhere else: not to stdout, stderr, log, journal, state, temporary files or
// the browser's profile, while it runs or after.
func TestSecretsStayNowhere(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	const number = "900000003" // the first code is refused, so the browser lives on after a code was sent
	phone := "+351 " + number
	logFile := m.at("log.txt")
	file, err := os.ReadFile(m.config)
	require.NoError(t, err)
	m.configure(string(file), "log: {level: debug, file: "+logFile+"}")
	h := m.converse()
	h.begin(fields{"auto_screenshot": 1})
	h.credentials(phone, m.pdf("a.pdf"))
	require.Equal(t, "stage2_input", h.prompted().State)

	all := traces("PIN", goodPIN)
	all = append(all, traces("phone", number)...)
	all = append(all, traces("phone with its country", "351"+number)...)
	// A browser writes some of its files a few seconds late.
	clean := func() {
		t.Helper()
		for end := time.Now().Add(6 * time.Second); time.Now().Before(end); <-time.After(500 * time.Millisecond) {
			found, files := m.search(all)
			require.Empty(t, found)
			require.Greater(t, files, 20, "the profile isn't where it's looked for")
		}
	}
	clean()

	code := codeFor(t, m.sandbox, phone)
	all = append(all, traces("code", code)...)
	h.send(fields{"otp": code})
	require.Equal(t, "CODE_WRONG", h.fault("CODE_WRONG").code())
	require.Equal(t, 1, m.sandbox.Counts().Secrets["code"].Codes)
	clean()
	h.send(fields{"otp": code})
	require.Equal(t, "done", h.ended().State)
	require.Zero(t, h.hangUp())

	found, _ := m.search(all)
	require.Empty(t, found)
	require.Empty(t, find(all, []byte(h.stderr.String())), "on stderr")
	require.NotEmpty(t, h.received)
	require.Empty(t, find(all, h.received), "on stdout")
	log, err := os.ReadFile(logFile)
	require.NoError(t, err)
	require.NotContains(t, string(log), goodPIN)
}
