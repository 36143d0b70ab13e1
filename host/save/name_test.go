package save_test

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/save"
)

func TestSignedName(t *testing.T) {
	for _, tt := range []struct{ original, marker, want string }{
		{"contrato.pdf", "-signed", "contrato-signed.pdf"},
		{"contrato.pdf", "-TESTE-sem-valor-legal", "contrato-TESTE-sem-valor-legal.pdf"},
		{"contrato.pdf", "-NAO-VERIFICADO", "contrato-NAO-VERIFICADO.pdf"},
		{"Declaração de Março.PDF", "-signed", "Declaração de Março-signed.pdf"},
		{"no extension", "-signed", "no extension-signed.pdf"},
		{"a.b.pdf", "-signed", "a.b-signed.pdf"},
		{"contrato.pdf.exe", "-signed", "contrato.pdf.exe-signed.pdf"},
		{"", "-signed", "documento-signed.pdf"},
		{".pdf", "-signed", "documento-signed.pdf"},
		{"...", "-signed", "documento-signed.pdf"},
		{" \u200b\u202e ", "-signed", "documento-signed.pdf"},
		{"../../etc/passwd", "-signed", "passwd-signed.pdf"},
		{`C:\Users\ana\contrato.pdf`, "-signed", "contrato-signed.pdf"},
		{"/", "-signed", "documento-signed.pdf"},
		{"..", "-signed", "documento-signed.pdf"},
		{".bashrc", "-signed", "bashrc-signed.pdf"},
		{"what? *really*: <x>|\"y\".pdf", "-signed", "what_ _really__ _x___y_-signed.pdf"},
		{"line\nbreak\ttab\x00nul\x7f.pdf", "-signed", "line break tabnul-signed.pdf"},
		{"faktura\u202efdp.exe", "-signed", "fakturafdp.exe-signed.pdf"},
		{"a\u2066b\u2069c\u200bd\ufeffe.pdf", "-signed", "abcde-signed.pdf"},
		{"x.pdf" + strings.Repeat(" ", 90) + ".exe", "-signed", "x.pdf .exe-signed.pdf"},
		{"x.pdf" + strings.Repeat("\u3164", 90) + ".exe", "-signed", "x.pdf .exe-signed.pdf"},
		{"CON.pdf", "-signed", "_CON-signed.pdf"},
		{"nul.txt.pdf", "-signed", "_nul.txt-signed.pdf"},
		{"COM1", "-signed", "_COM1-signed.pdf"},
		{"contact.pdf", "-signed", "contact-signed.pdf"},
		{"bad\xffbytes.pdf", "-signed", "bad_bytes-signed.pdf"},
		{"x. .pdf", "-signed", "x-signed.pdf"},
	} {
		require.Equal(t, tt.want, save.SignedName(tt.original, tt.marker), "%q", tt.original)
	}
}

func TestALongNameIsCutBetweenCharacters(t *testing.T) {
	for _, long := range []string{strings.Repeat("a", 400), strings.Repeat("ção", 200), strings.Repeat("👩‍👩‍👧", 99), "con." + strings.Repeat("é", 300)} {
		name := save.SignedName(long+".pdf", "-TESTE-sem-valor-legal")
		require.LessOrEqual(t, len(name), 200)
		require.Greater(t, len(name), 190)
		require.True(t, utf8.ValidString(name))
		require.True(t, strings.HasSuffix(name, "-TESTE-sem-valor-legal.pdf"), "the marker is never cut")
	}
}

func FuzzSignedName(f *testing.F) {
	for _, seed := range []string{"contrato.pdf", "../x", "CON", "a\u202eb", "\xff", "...", "x (2).pdf", "aux .pdf"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, original string) {
		name := save.SignedName(original, "-signed")
		if !strings.HasSuffix(name, "-signed.pdf") || len(name) > 200 || len(name) == len("-signed.pdf") || !utf8.ValidString(name) {
			t.Fatalf("%q", name)
		}
		if name[0] == '.' || name[0] == ' ' || strings.ContainsAny(name, `/\<>:"|?*`) || filepath.Base(name) != name {
			t.Fatalf("%q", name)
		}
		for _, r := range name {
			if !unicode.IsPrint(r) {
				t.Fatalf("%q has %U", name, r)
			}
		}
		if again := save.SignedName(name, "-signed"); len(name) < 150 && again != strings.TrimSuffix(name, ".pdf")+"-signed.pdf" {
			t.Fatalf("cleaning %q again gives %q", name, again)
		}
	})
}
