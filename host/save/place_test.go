package save

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The ways to name a file where the file system has no links are tried by hand: no
// such disk can be made without root.
func TestNoWayOfNamingReplaces(t *testing.T) {
	for name, place := range map[string]func(from, to string) error{"link or the rest": placeNew, "rename": renameNew, "copy": copyNew} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			from, to, link := filepath.Join(dir, "from"), filepath.Join(dir, "to"), filepath.Join(dir, "link")
			require.NoError(t, os.WriteFile(from, []byte("signed"), 0o600))
			require.NoError(t, os.WriteFile(to, []byte("mine"), 0o600))
			require.NoError(t, os.Symlink(filepath.Join(dir, "nowhere"), link))

			err := place(from, to)
			if errors.Is(err, errors.ErrUnsupported) {
				t.Skip("not on this system")
			}
			require.ErrorIs(t, err, fs.ErrExist)
			require.ErrorIs(t, place(from, link), fs.ErrExist)
			require.NoFileExists(t, filepath.Join(dir, "nowhere"))

			require.NoError(t, os.Remove(to))
			require.NoError(t, place(from, to))
			data, err := os.ReadFile(to)
			require.NoError(t, err)
			require.Equal(t, "signed", string(data))
		})
	}
}
