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
		{"contrato.pdf", save.MarkSigned, "contrato-signed.pdf"},
		{"contrato.pdf", save.MarkSandbox, "contrato-TESTE-sem-valor-legal.pdf"},
		{"contrato.pdf", save.MarkUnverified, "contrato-NAO-VERIFICADO.pdf"},
		{"Declaração de Março.PDF", save.MarkSigned, "Declaração de Março-signed.pdf"},
		{"no extension", save.MarkSigned, "no extension-signed.pdf"},
		{"a.b.pdf", save.MarkSigned, "a.b-signed.pdf"},
		{"contrato.pdf.exe", save.MarkSigned, "contrato.pdf.exe-signed.pdf"},
		{"", save.MarkSigned, "documento-signed.pdf"},
		{".pdf", save.MarkSigned, "documento-signed.pdf"},
		{"...", save.MarkSigned, "documento-signed.pdf"},
		{" \u200b\u202e ", save.MarkSigned, "documento-signed.pdf"},
		{"../../etc/passwd", save.MarkSigned, "passwd-signed.pdf"},
		{`C:\Users\ana\contrato.pdf`, save.MarkSigned, "contrato-signed.pdf"},
		{"/", save.MarkSigned, "documento-signed.pdf"},
		{"..", save.MarkSigned, "documento-signed.pdf"},
		{".bashrc", save.MarkSigned, "bashrc-signed.pdf"},
		{"what? *really*: <x>|\"y\".pdf", save.MarkSigned, "what_ _really__ _x___y_-signed.pdf"},
		{"line\nbreak\ttab\x00nul\x7f.pdf", save.MarkSigned, "line break tabnul-signed.pdf"},
		{"faktura\u202efdp.exe", save.MarkSigned, "fakturafdp.exe-signed.pdf"},
		{"a\u2066b\u2069c\u200bd\ufeffe.pdf", save.MarkSigned, "abcde-signed.pdf"},
		{"x.pdf" + strings.Repeat(" ", 90) + ".exe", save.MarkSigned, "x.pdf .exe-signed.pdf"},
		{"x.pdf" + strings.Repeat("\u3164", 90) + ".exe", save.MarkSigned, "x.pdf .exe-signed.pdf"},
		{"CON.pdf", save.MarkSigned, "_CON-signed.pdf"},
		{"nul.txt.pdf", save.MarkSigned, "_nul.txt-signed.pdf"},
		{"COM1", save.MarkSigned, "_COM1-signed.pdf"},
		{"contact.pdf", save.MarkSigned, "contact-signed.pdf"},
		{"bad\xffbytes.pdf", save.MarkSigned, "bad_bytes-signed.pdf"},
		{"x. .pdf", save.MarkSigned, "x-signed.pdf"},
	} {
		require.Equal(t, tt.want, save.SignedName(tt.original, tt.marker), "%q", tt.original)
	}
}

func TestALongNameIsCutBetweenCharacters(t *testing.T) {
	for _, long := range []string{strings.Repeat("a", 400), strings.Repeat("ção", 200), strings.Repeat("👩‍👩‍👧", 99), "con." + strings.Repeat("é", 300)} {
		name := save.SignedName(long+".pdf", save.MarkSandbox)
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
		name := save.SignedName(original, save.MarkSigned)
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
		if again := save.SignedName(name, save.MarkSigned); len(name) < 150 && again != strings.TrimSuffix(name, ".pdf")+"-signed.pdf" {
			t.Fatalf("cleaning %q again gives %q", name, again)
		}
	})
}
