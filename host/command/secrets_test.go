package command

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

// traces are the ways in which a secret could stand in a file: plain, in UTF-16, in hex, and in base64 at each of the three
// places where it can begin. A code of six digits may stand in a longer number by chance.
func traces(t *testing.T, name, value string) map[string]*regexp.Regexp {
	t.Helper()
	q := regexp.QuoteMeta
	wide := func(s string) string {
		var b strings.Builder
		for _, u := range utf16.Encode([]rune(s)) {
			b.WriteByte(byte(u))
			b.WriteByte(byte(u >> 8))
		}
		return b.String()
	}
	all := map[string]*regexp.Regexp{
		name + " plain":       regexp.MustCompile(`(^|[^0-9])` + q(value) + `($|[^0-9])`),
		name + " URL-encoded": regexp.MustCompile(q(url.QueryEscape("+"+value)) + `|%2B` + q(value)),
		name + " UTF-16":      regexp.MustCompile(`(?s)[^0-9]\x00` + q(wide(value)) + `[^0-9]`),
		name + " hex":         regexp.MustCompile(`(?i)` + hex.EncodeToString([]byte(value))),
	}
	for shift := range 3 {
		// The characters at either end hold bits of what stands beside it.
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + value))
		from, to := (shift*8+5)/6, (shift+len(value))*8/6
		all[fmt.Sprintf("%s base64+%d", name, shift)] = regexp.MustCompile(q(text[from:to]))
	}
	return all
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
		require.NotEmpty(t, find(traces(t, "pin", value), []byte(planted)), "%q", planted)
	}
	require.Empty(t, find(traces(t, "pin", value), []byte("9"+value+" 1357246 8")))
}

func find(all map[string]*regexp.Regexp, data []byte) (found []string) {
	for what, pattern := range all {
		if pattern.Match(data) {
			found = append(found, what)
		}
	}
	return found
}

// around gives the surroundings of the first find, for the report of a failure: what was found is of the sandbox's.
func around(all map[string]*regexp.Regexp, data []byte) string {
	for _, pattern := range all {
		if at := pattern.FindIndex(data); at != nil {
			return string(data[max(0, at[0]-60):min(len(data), at[1]+60)])
		}
	}
	return ""
}

// search looks into every file of the machine: configuration, state, journal, temporary files, the browser's profile.
func (m *machine) search(all map[string]*regexp.Regexp) (found []string, files int) {
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

	all := traces(t, "PIN", goodPIN)
	for what, p := range traces(t, "phone", number) {
		all[what] = p
	}
	for what, p := range traces(t, "phone with its country", "351"+number) {
		all[what] = p
	}
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
	for what, p := range traces(t, "code", code) {
		all[what] = p
	}
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
	require.Empty(t, find(all, h.received), "on stdout, near %q", around(all, h.received))
	log, err := os.ReadFile(logFile)
	require.NoError(t, err)
	require.NotContains(t, string(log), goodPIN)
}
