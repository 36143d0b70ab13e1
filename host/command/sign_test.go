package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

// The same pages.yaml signs on every look of the pages, in both languages.
func TestEveryLookSigns(t *testing.T) {
	t.Parallel()
	for _, look := range sandbox.KnownLooks() {
		for _, lang := range []string{"pt", "en"} {
			if look == "modern" && lang == "pt" {
				continue // this look has English only
			}
			t.Run(look+" "+lang, func(t *testing.T) {
				t.Parallel()
				m := newMachine(t, sandbox.Config{Look: look, Lang: lang})
				start := m.attached
				if look == "classic" && lang == "pt" {
					start = m.converse
				}
				h := start()
				pdf := m.pdf("contrato.pdf")
				last := h.sign(m.sandbox, goodPhone, pdf)
				m.requireSaved(last, pdf)
				require.Equal(t, "contrato-signed.pdf", last.File.Name)
				require.Equal(t, m.at("Downloads", "contrato-signed.pdf"), last.File.Path)
				require.Equal(t, 1, m.signatures())
				require.Zero(t, h.hangUp())
				m.browsersGone()
				require.Empty(t, glob(t, m.at("cache", "cmdsign", "profiles", "*")), "a profile is left")
				require.Empty(t, glob(t, m.at("state", "cmdsign", "work", "*")), "a copy of the document is left")
				require.Empty(t, glob(t, m.at("tmp", "*")), "something is left in the temporary folder")
			})
		}
	}
}

// A page may undo what a script puts into its fields: then PIN and code are typed by keys.
func TestAPageThatTakesOnlyKeys(t *testing.T) {
	t.Parallel()
	for _, look := range sandbox.KnownLooks() {
		t.Run(look, func(t *testing.T) {
			onlyLongBut(t, look, "classic")
			t.Parallel()
			m := newMachine(t, sandbox.Config{Look: look, Fault: "typed-only"})
			pdf := m.pdf("contrato.pdf")
			m.requireSaved(m.attached().sign(m.sandbox, goodPhone, pdf), pdf)
		})
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	require.NoError(t, err)
	return found
}

// Names with accents and spaces, of the document and of the person's folders, on a machine whose locale knows no accents.
func TestAccents(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	m.env = append(m.env, "LANG=C", "LC_ALL=C", "XDG_STATE_HOME="+m.at("estado da João"), "XDG_DOWNLOAD_DIR="+m.at("Transferências"))
	require.NoError(t, os.Mkdir(m.at("Transferências"), 0o700))
	pdf := m.pdf("Declaração nº 1 – família & Cª.pdf")
	last := m.attached().sign(m.sandbox, goodPhone, pdf)
	m.requireSaved(last, pdf)
	require.Equal(t, m.at("Transferências", "Declaração nº 1 – família & Cª-signed.pdf"), last.File.Path)
}

// A home with a long path: a browser makes a socket in its folders, whose path can't be long.
func TestLongPaths(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	m.env = append(m.env, "XDG_CACHE_HOME="+m.at(strings.Repeat("a-long-name/", 8)))
	pdf := m.pdf("a.pdf")
	h := m.converse()
	m.requireSaved(h.sign(m.sandbox, " +351 900-000-001 ", pdf), pdf)
	require.Zero(t, h.hangUp())
	require.Empty(t, glob(t, m.at("tmp", "*")))
}
