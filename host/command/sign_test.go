package command

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

// The same pages.yaml signs on every look of the pages, in both languages.
func TestEveryLookSigns(t *testing.T) {
	t.Parallel()
	for _, look := range sandbox.Looks() {
		for _, lang := range []string{"pt", "en"} {
			if look == "modern" && lang == "pt" {
				continue // this look has English only
			}
			t.Run(look+" "+lang, func(t *testing.T) {
				t.Parallel()
				m := newMachine(t, sandbox.Config{Look: look, Lang: lang})
				h := m.converse()
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

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	require.NoError(t, err)
	return found
}
