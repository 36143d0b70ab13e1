package browser

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A browser that can't make its socket doesn't start at all: a long home must not lead there.
func TestTemporaryFolderFitsASocketPath(t *testing.T) {
	parent := filepath.Join(t.TempDir(), strings.Repeat("a-long-name/", 8))
	p, err := newProfile(parent)
	require.NoError(t, err)
	socket := filepath.Join(p.temp(), "org.chromium.Chromium.XXXXXX", "SingletonSocket")
	require.LessOrEqual(t, len(socket), 107)
	require.DirExists(t, p.temp())
	info, err := os.Stat(p.temp())
	require.NoError(t, err)
	require.EqualValues(t, 0o700, info.Mode().Perm())
	p.remove()
	require.NoDirExists(t, p.temp())
	require.NoDirExists(t, p.dir)
}

func TestOnlyProfilesOfDeadProcessesAreRemoved(t *testing.T) {
	parent := filepath.Join(t.TempDir(), strings.Repeat("a-long-name/", 8))
	alive, err := newProfile(parent)
	require.NoError(t, err)
	dead, err := newProfile(parent)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dead.dir, "Cookies"), []byte("x"), 0o600))
	require.NoError(t, dead.lock.Close()) // as the end of the process does

	third, err := newProfile(parent)
	require.NoError(t, err)
	require.DirExists(t, alive.dir)
	require.DirExists(t, alive.temp())
	require.NoDirExists(t, dead.dir)
	require.NoDirExists(t, dead.temp())
	alive.remove()
	third.remove()
	left, err := os.ReadDir(parent)
	require.NoError(t, err)
	require.Empty(t, left)
}

// Programs started at once must not take each other's new profile for a stale one.
func TestManyProfilesAtOnce(t *testing.T) {
	parent := t.TempDir()
	made := make(chan *profile, 32)
	for range cap(made) {
		go func() {
			p, err := newProfile(parent)
			if err != nil {
				t.Error(err)
			}
			made <- p
		}()
	}
	for range cap(made) {
		p := <-made
		require.NotNil(t, p)
		require.DirExists(t, p.dir)
		require.DirExists(t, p.downloads())
		defer p.remove()
	}
}
