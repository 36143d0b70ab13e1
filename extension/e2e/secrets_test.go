package e2e

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
)

// forms are the ways in which a secret of digits may be written down.
func forms(secret string) map[string][]byte {
	found := map[string][]byte{"plain": []byte(secret)}
	var percent strings.Builder
	for _, c := range []byte(secret) {
		fmt.Fprintf(&percent, "%%%02X", c)
	}
	found["URL-encoded"] = []byte(percent.String())
	little := make([]byte, 0, 2*len(secret))
	for _, u := range utf16.Encode([]rune(secret)) {
		little = append(little, byte(u), byte(u>>8))
	}
	found["UTF-16"] = little
	// In base64 the text's place among the three bytes of a group decides what it looks like; the characters that it shares with
	// its neighbours can't be known.
	for at := range 3 {
		text := base64.StdEncoding.EncodeToString(append(make([]byte, at), secret...))
		text = text[(at*8+5)/6 : (at+len(secret))*8/6]
		found[fmt.Sprintf("base64 at %d", at)] = []byte(text)
	}
	return found
}

// leaks says where a secret is in data, in any form. Six digits come by chance too, in a clock's fractions or in a hash: a
// hit that is a part of such a number isn't one.
func leaks(data []byte, secret string) []string {
	var found []string
	for form, bytesOf := range forms(secret) {
		for at := 0; ; {
			i := bytes.Index(data[at:], bytesOf)
			if i < 0 {
				break
			}
			at += i
			end := at + len(bytesOf)
			if form != "plain" || !partOfNumber(data, at, end) {
				found = append(found, fmt.Sprintf("%s: %q", form, data[max(0, at-40):min(len(data), end+40)]))
			}
			at = end
		}
	}
	return found
}

func partOfNumber(data []byte, from, to int) bool {
	within := func(i int) bool {
		return i >= 0 && i < len(data) && strings.IndexByte("0123456789abcdef.", data[i]) >= 0
	}
	return within(from-1) || within(to)
}

// The search itself finds what it's for.
func TestLeaksAreFound(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{goodPIN, "482913"} {
		var wide bytes.Buffer
		for _, c := range secret {
			wide.Write([]byte{byte(c), 0})
		}
		for name, data := range map[string]string{
			"json":     `{"pin":"` + secret + `"}`,
			"form":     "phone=900000001&pin=" + secret + "&x=1",
			"percent":  strings.ReplaceAll("%"+strings.Join(strings.Split(fmt.Sprintf("% x", secret), " "), "%"), "%%", "%"),
			"utf-16":   wide.String(),
			"base64 0": base64.StdEncoding.EncodeToString([]byte("abc" + secret + "x")),
			"base64 1": base64.StdEncoding.EncodeToString([]byte("abcd" + secret + "xy")),
			"base64 2": base64.StdEncoding.EncodeToString([]byte("abcde" + secret + "z")),
		} {
			require.NotEmpty(t, leaks([]byte(data), secret), name)
		}
		require.Empty(t, leaks([]byte("12:00:00."+secret+" 0a"+secret+"ff"), secret))
	}
}

// Neither PIN nor code leaves the browser but to the CMD's page: not over the pipe, not into a file of the host's, not into
// its memory.
func TestTheHostNeverHasTheSecrets(t *testing.T) {
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	person.asHost(extensionID, "record", person.at("tmp"))
	browser := person.browse()
	browser.goTo(web.url(siteHost, "/"))
	popup := browser.menu("same")
	popup.confirm()
	popup.credentials(goodPhone, goodPIN)
	popup.until("code")
	hosts := person.hosts()
	require.Len(t, hosts, 1)
	require.Empty(t, inMemory(t, hosts[0], goodPIN), "the PIN, once it was filled")
	// What the host does know is found: the search works.
	require.NotEmpty(t, inMemory(t, hosts[0], goodPhone))

	code := popup.code(goodPhone)
	popup.until("sending", "done")
	require.Empty(t, inMemory(t, hosts[0], goodPIN, code), "once the code was sent")
	popup.until("done")
	require.Empty(t, inMemory(t, hosts[0], goodPIN, code), "once all was done")
	require.Equal(t, hosts, person.hosts())
	popup.press("button.primary")
	popup.close()
	browser.stop()

	crossed := map[string]bool{}
	for _, dir := range []string{"tmp", "state", "config", "run", "Downloads", "home"} {
		require.NoError(t, filepath.WalkDir(person.at(dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			crossed[filepath.Base(path)] = true
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Empty(t, leaks(data, goodPIN), path)
			require.Empty(t, leaks(data, code), path)
			return nil
		}))
	}
	log, err := os.ReadFile(person.at("host.log"))
	require.NoError(t, err)
	require.Contains(t, string(log), "relay command", "the log says nothing")
	require.Empty(t, leaks(log, goodPIN))
	require.Empty(t, leaks(log, code))

	require.True(t, crossed["to-host"] && crossed["from-host"])
	to, err := os.ReadFile(person.at("tmp", "to-host"))
	require.NoError(t, err)
	require.Contains(t, string(to), `"pin_token"`)
	require.Contains(t, string(to), `"otp_token"`)
	require.Contains(t, string(to), "Fetch.requestPaused")
	require.NotContains(t, string(to), "postData", "a request's body crossed")
	require.NotContains(t, string(to), "RequestExtraInfo")
}

// A page that answers a form carries what the form sent, in the tab's history, and the browser writes that into the profile's
// session file: a refused PIN and a refused code must not stay there.
func TestWhatAFormSentDoesNotStayInTheProfile(t *testing.T) {
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	browser := person.browse()
	browser.goTo(web.url(siteHost, "/"))
	popup := browser.menu("same")
	popup.confirm()
	const phone = "900000003" // the first code is refused
	popup.credentials(phone, goodPIN)
	code := popup.code(phone)
	popup.problem("CODE_WRONG")
	// It writes a few seconds late.
	require.Eventually(t, func() bool {
		files, err := filepath.Glob(person.at("profile", "Default", "Sessions", "Session_*"))
		require.NoError(t, err)
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err == nil && bytes.Contains(data, []byte("cmd.localhost")) {
				return true
			}
		}
		return false
	}, patience, tick, "the browser writes no session file")
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); <-time.After(500 * time.Millisecond) {
		require.Empty(t, person.secretsInFiles([]string{code}))
	}
}

// inMemory says where any of the secrets is in what a process can write to.
func inMemory(t *testing.T, pid int, secrets ...string) []string {
	t.Helper()
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	maps, err := os.Open(filepath.Join(dir, "maps"))
	require.NoError(t, err)
	defer maps.Close()
	memory, err := os.Open(filepath.Join(dir, "mem"))
	require.NoError(t, err)
	defer memory.Close()
	var found []string
	read := 0
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		if !strings.Contains(lines.Text(), " rw") {
			continue
		}
		var from, to int64
		_, err := fmt.Sscanf(lines.Text(), "%x-%x", &from, &to)
		require.NoError(t, err)
		// What the kernel or the process gave back meanwhile can't be read.
		data, err := io.ReadAll(io.NewSectionReader(memory, from, to-from))
		if err != nil && len(data) == 0 {
			continue
		}
		read += len(data)
		for _, secret := range secrets {
			found = append(found, leaks(data, secret)...)
		}
	}
	require.Greater(t, read, 4<<20, "hardly anything could be read")
	return found
}
