package installer_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// What doctor --json says is for programs: each word of "check" is in docs/INSTALL.md.
func TestEveryCheckIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../docs/INSTALL.md")
	require.NoError(t, err)
	sources, err := filepath.Glob("*.go")
	require.NoError(t, err)
	words := map[string]bool{}
	for _, source := range append(sources, "../host/command/install.go") {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		data, err := os.ReadFile(source)
		require.NoError(t, err)
		for _, found := range regexp.MustCompile(`(?:[cC]heck: |fault\{|add\(|failed\(|\.Check(?:, f\.\w+)* = )"([a-z-]+)"`).FindAllSubmatch(data, -1) {
			words[string(found[1])] = true
		}
	}
	require.Greater(t, len(words), 20, "the source isn't written as this test thinks")
	for word := range words {
		require.Contains(t, string(doc), "`"+word+"`")
	}
}

func TestEveryBrowserIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../docs/INSTALL.md")
	require.NoError(t, err)
	for _, b := range manifests.Browsers() {
		require.Contains(t, string(doc), "`"+b.Name+"`")
	}
}
