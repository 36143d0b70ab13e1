package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// strangersBuild is the extension without its key: somebody's own build, with another id.
func strangersBuild(t *testing.T, person *person) string {
	t.Helper()
	return buildWith(t, person, func(manifest map[string]any) { delete(manifest, "key") })
}

// buildWith is the extension with something changed in its manifest.
func buildWith(t *testing.T, person *person, change func(manifest map[string]any)) string {
	t.Helper()
	dir := person.at("changed")
	require.NoError(t, os.CopyFS(dir, os.DirFS(chromiumBuild)))
	path := filepath.Join(dir, "manifest.json")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	var manifest map[string]any
	require.NoError(t, json.Unmarshal(data, &manifest))
	change(manifest)
	data, err = json.Marshal(manifest)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return dir
}
