package pdfsig

import (
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
)

func TestDates(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 30, 15, 0, time.UTC)
	for in, want := range map[string]time.Time{
		"D:20261122103015Z":       at,
		"D:20261122103015Z00'00'": at,
		"D:20261122103015+00'00'": at,
		"D:20261122113015+01'00'": at,
		"D:20261122113015+01'00":  at,
		"D:20261122073015-03'00'": at,
		"D:20261122113015+01":     at,
		"20261122103015":          at,
		"D:202611221030":          at.Add(-15 * time.Second),
		"D:20261122":              time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC),
	} {
		got := date(pdf.String{Value: []byte(in)})
		require.NotNil(t, got, in)
		require.True(t, want.Equal(*got), "%s: %s", in, got)
	}
	for _, in := range []string{"", "D:", "yesterday", "D:20261322103015Z", "D:20261122103015+99'00'x"} {
		require.Nil(t, date(pdf.String{Value: []byte(in)}), in)
	}
}

func FuzzDate(f *testing.F) {
	f.Add([]byte("D:20261122103015+01'00'"))
	f.Fuzz(func(t *testing.T, b []byte) { date(pdf.String{Value: b}) })
}

// FuzzText checks that no text from a file can steer the place where it is shown.
func FuzzText(f *testing.F) {
	f.Add([]byte("\xfe\xff\x00A\x20\x2e"))
	f.Add([]byte("\xef\xbb\xbfa\x1b[31m"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := text(pdf.String{Value: b})
		n := 0
		for _, r := range s {
			n++
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
				t.Fatalf("%q", s)
			}
		}
		if n > maxShown {
			t.Fatalf("%d runes", n)
		}
	})
}
