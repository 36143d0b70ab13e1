// Package secrettest is for tests that look whether a PIN, a code or anything else of a person's was written down somewhere:
// in bytes, in the files of a folder, in the memory of a process. There is one rule of what counts as a find, for all tests.
//
// A secret is found in these forms: plain, in UTF-16, with each byte percent-encoded, in hex of either case, and in base64 at
// each of the three places where it can begin.
//
// Digits stand in files by chance too, so a plain or UTF-16 hit that is but a part of a longer number isn't a find. For
// secrets of up to 7 digits (codes have 6; by chance one stands in every few million digits, and a browser's profile has more)
// a hit isn't a find either where it is
//   - one side of a decimal point with digits on its other side, as in a clock's 12:00:00.482913;
//   - a part of a hash or id: of 12 or more hex digits and hyphens in a row, at least one of them a letter.
//
// The same holds for what base64 stands for: a signed file's hex passes in it.
//
// For a PIN or a phone number of 8 digits or more that chance is left aside: there every hit that isn't a part of a longer
// number is a find.
package secrettest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
)

// Secret is what is looked for, with what to call it in the report of a find.
type Secret struct {
	name  string
	forms []form
}

type form struct {
	what  string
	text  []byte
	width int  // bytes a digit takes, where hits within numbers don't count; 0: every hit counts
	short bool // chance has to be reckoned with
	group int  // of base64: the place among the bytes of a group
	value []byte
}

// New gives a secret to look for. The name stands in what is found in its place, with what stands around it.
func New(name, value string) Secret {
	var wide []byte
	for _, u := range utf16.Encode([]rune(value)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	var percent strings.Builder
	for _, c := range []byte(value) {
		fmt.Fprintf(&percent, "%%%02X", c)
	}
	digits := hex.EncodeToString([]byte(value))
	short := len(value) < 8
	s := Secret{name, []form{
		{what: "plain", text: []byte(value), width: 1, short: short},
		{what: "UTF-16", text: wide, width: 2, short: short},
		{what: "URL-encoded", text: []byte(percent.String())},
		{what: "hex", text: []byte(digits)},
		{what: "HEX", text: []byte(strings.ToUpper(digits))},
	}}
	for at := range 3 {
		// What the text looks like depends on its place among the three bytes of a group; the characters that it shares with its
		// neighbours can't be known.
		text := base64.StdEncoding.EncodeToString(append(make([]byte, at), value...))
		s.forms = append(s.forms, form{
			what: fmt.Sprintf("base64 at %d", at), text: []byte(text[(at*8+5)/6 : (at+len(value))*8/6]),
			short: short, group: at, value: []byte(value),
		})
	}
	return s
}

// Find says which of the secrets stand in data and in what form, each with up to 60 bytes of what is on either side; nil where
// none does.
func Find(data []byte, secrets ...Secret) (found []string) {
	for _, s := range secrets {
		for _, f := range s.forms {
			if at := f.in(data); at >= 0 {
				found = append(found, fmt.Sprintf("%s, %s: %q", s.name, f.what, data[max(0, at-60):min(len(data), at+len(f.text)+60)]))
			}
		}
	}
	return found
}

// in gives the first place where the form is found, or -1.
func (f form) in(data []byte) int {
	for from := 0; ; {
		at := bytes.Index(data[from:], f.text)
		if at < 0 {
			return -1
		}
		at += from
		if !f.byChance(data, at) {
			return at
		}
		from = at + 1
	}
}

// byChance says whether the hit at a place is a part of something longer, by the package's rule.
func (f form) byChance(data []byte, at int) bool {
	if f.value != nil {
		plain, at := f.decoded(data, at)
		if at < 0 {
			return false
		}
		// What it shares its first and last characters with may make another number look the same.
		return !bytes.HasPrefix(plain[at:], f.value) || form{text: f.value, width: 1, short: f.short}.partOfMore(plain, at)
	}
	return f.width > 0 && f.partOfMore(data, at)
}

// decoded gives what the base64 around a hit stands for, as far as it takes to tell, and where in it the secret would be; -1 where that can't be known.
func (f form) decoded(data []byte, at int) ([]byte, int) {
	const groups = 8
	from := at - (f.group*8+5)/6
	to, before := from, 0
	inBase64 := func(at int) bool {
		if at < 0 || at+4 > len(data) {
			return false
		}
		_, err := base64.StdEncoding.DecodeString(string(data[at : at+4]))
		return err == nil
	}
	for ; before < groups && inBase64(from-4); before++ {
		from -= 4
	}
	for to < at+len(f.text)+4*groups && inBase64(to) {
		to += 4
	}
	plain, err := base64.StdEncoding.DecodeString(string(data[max(0, from):max(0, from, to)]))
	secret := 3*before + f.group
	if err != nil || len(plain) < secret+len(f.value) {
		return nil, -1
	}
	return plain, secret
}

func (f form) partOfMore(data []byte, at int) bool {
	before := func(n int) byte { return character(data, at-n*f.width, f.width) }
	after := func(n int) byte { return character(data, at+len(f.text)+(n-1)*f.width, f.width) }
	if digit(before(1)) || digit(after(1)) {
		return true
	}
	if !f.short {
		return false
	}
	if before(1) == '.' && digit(before(2)) || after(1) == '.' && digit(after(2)) {
		return true
	}
	const id = 12
	run, letters := len(f.text)/f.width, 0
	for _, side := range []func(int) byte{before, after} {
		// No further than it takes to tell.
		for n := 1; n <= 2*id && (hexDigit(side(n)) || side(n) == '-'); n++ {
			run++
			if !digit(side(n)) && side(n) != '-' {
				letters++
			}
		}
	}
	return run >= id && letters > 0
}

// character is the ASCII character of width bytes at a place; 0 where there's none.
func character(data []byte, at, width int) byte {
	if at < 0 || at+width > len(data) || width == 2 && data[at+1] != 0 {
		return 0
	}
	return data[at]
}

func digit(c byte) bool    { return c >= '0' && c <= '9' }
func hexDigit(c byte) bool { return digit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }

// InFiles looks into every file below a folder, or into the one file that root is, and says how many it could read. What goes
// away meanwhile is passed over.
func InFiles(root string, secrets ...Secret) (found []string, files int) {
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		files++
		for _, what := range Find(data, secrets...) {
			found = append(found, what+" in "+path)
		}
		return nil
	})
	return found, files
}

// InMemory looks into all that a process can write to. Linux only.
func InMemory(t *testing.T, pid int, secrets ...Secret) (found []string) {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/", pid)
	maps, err := os.ReadFile(dir + "maps")
	require.NoError(t, err)
	memory, err := os.Open(dir + "mem")
	require.NoError(t, err)
	defer memory.Close()
	read := 0
	for line := range strings.Lines(string(maps)) {
		if !strings.Contains(line, " rw") {
			continue
		}
		var from, to int64
		_, err := fmt.Sscanf(line, "%x-%x", &from, &to)
		require.NoError(t, err)
		// What the kernel or the process gave back meanwhile can't be read.
		data, _ := io.ReadAll(io.NewSectionReader(memory, from, to-from))
		read += len(data)
		found = append(found, Find(data, secrets...)...)
	}
	require.Greater(t, read, 4<<20, "hardly anything could be read")
	return found
}
