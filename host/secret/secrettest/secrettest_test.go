package secrettest

import (
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	pin  = "13572468"
	code = "482913"
)

func wide(s string) string {
	var b []byte
	for _, c := range []byte(s) {
		b = append(b, c, 0)
	}
	return string(b)
}

// A search that finds nothing anywhere would let every test that uses it pass for ever.
func TestWhatIsWrittenDownIsFound(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{pin, code} {
		percent := ""
		for _, c := range []byte(secret) {
			percent += "%" + hex.EncodeToString([]byte{c})
		}
		for _, planted := range []string{
			secret, `{"pin":"` + secret + `"}`, "phone=x&pin=" + secret + "&x=1", "%2B" + secret, "code" + secret, "a" + secret + "b",
			"The code is " + secret + ".", secret + ".pdf", "v." + secret, "2026-11-22 " + secret, "0-" + secret + "-0", percent,
			wide("x" + secret + "y"), wide(secret + "."), hex.EncodeToString([]byte("a" + secret)), "%3D" + hex.EncodeToString([]byte(secret)),
			base64.StdEncoding.EncodeToString([]byte("abc" + secret + "x")), base64.StdEncoding.EncodeToString([]byte("abcd" + secret + "xy")),
			base64.StdEncoding.EncodeToString([]byte("abcde" + secret + "z")), base64.RawStdEncoding.EncodeToString([]byte("abcd" + secret)),
			`{"chunk":"` + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x ", 40)+secret+strings.Repeat(" x", 40))) + `"}`,
			// The first that stands in a number doesn't hide the next.
			"9" + secret + " " + secret,
		} {
			require.NotEmpty(t, Find([]byte(planted), New("secret", secret)), "%q", planted)
		}
	}
	require.Contains(t, Find([]byte("pin="+pin), New("PIN", pin))[0], "PIN, plain")
}

func TestPartsOfNumbersAreNoFind(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{pin, code} {
		for _, by := range []string{"9" + secret, secret + "0", wide("1" + secret), wide(secret + "1"), "x", secret[1:], secret[:3] + " " + secret[3:]} {
			require.Empty(t, Find([]byte(by), New("secret", secret)), "%q", by)
		}
	}
	// By chance a code stands in a clock's fraction or in a hash, but a PIN does not.
	for _, by := range []string{
		"12:00:00." + code + " ", code + ".25", wide("0." + code), "ab0c" + code + "ffee01", "trace-20261122-" + code + "-f68fa9.zip", "AB0C" + code + "FFEE01",
	} {
		require.Empty(t, Find([]byte(by), New("code", code)), "%q", by)
	}
	// What passes in base64 is judged by what it stands for, wherever in it the secret begins.
	for _, secret := range []string{pin, code} {
		for _, before := range []string{"", "x", "xy"} {
			by := base64.StdEncoding.EncodeToString([]byte(before + "2026" + secret + "9 and so on"))
			require.Empty(t, Find([]byte("<"+by+">"), New("secret", secret)), "%q", by)
		}
	}
	for _, before := range []string{"", "f", "f0"} {
		by := base64.StdEncoding.EncodeToString([]byte(before + "c311c301a060355040bab" + code + "ffee01"))
		require.Empty(t, Find([]byte(by), New("code", code)), "%q", by)
	}
	// Its first and last characters share theirs with what stands beside it: another number may look the same.
	for _, before := range []string{"", "f", "f0"} {
		last := string(code[len(code)-1] ^ 1)
		by := base64.StdEncoding.EncodeToString([]byte(before + "x " + code[:len(code)-1] + last + " and so on"))
		require.Empty(t, Find([]byte(by), New("code", code)), "%q", by)
	}
	for _, by := range []string{"12:00:00." + pin + " ", "ab0c" + pin + "ffee01", base64.StdEncoding.EncodeToString([]byte("ab0c" + pin + "ffee01"))} {
		require.NotEmpty(t, Find([]byte(by), New("PIN", pin)), "%q", by)
	}
}

func TestFilesAndMemoryAreLookedAt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "a", "b"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a", "b", "c"), []byte("pin="+pin), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "d"), []byte("nothing"), 0o600))
	found, files := InFiles(dir, New("PIN", pin))
	require.Len(t, found, 1)
	require.Contains(t, found[0], filepath.Join(dir, "a", "b", "c"))
	require.Equal(t, 2, files)

	kept := []byte("pin=" + pin)
	require.NotEmpty(t, InMemory(t, os.Getpid(), New("PIN", pin)))
	require.NotEmpty(t, kept)
}

func FuzzFind(f *testing.F) {
	f.Add([]byte("12:00:00."+code), 3)
	f.Add([]byte(wide(code)), 0)
	f.Fuzz(func(t *testing.T, data []byte, at int) {
		// Set apart by what is in no number, hash or fraction, it's found wherever it stands.
		if at < 0 || at > len(data) {
			at = len(data)
		}
		planted := append(append(append([]byte{}, data[:at]...), "<"+code+">"...), data[at:]...)
		require.NotEmpty(t, Find(planted, New("code", code)))
	})
}
