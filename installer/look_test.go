package installer

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// Whatever lies in the manifest's place: it's read within limits, it's well only if a browser could use it, and only our own
// program makes it ours.
func FuzzManifestOnTheDisk(f *testing.F) {
	self, err := os.Executable()
	require.NoError(f, err)
	good := manifests.New(manifests.Chromium, self, nil)
	f.Add(good.JSON())
	for _, s := range []string{"", "{", "null", "[]", `{"name":1}`, `{"path":"\u0000"}`, `{"allowed_origins":[null]}`, `{"name":"org.sign_with_cmd.host","path":"x/cmdsign"}`} {
		f.Add([]byte(s))
	}
	dir := f.TempDir()
	in := &Installer{opts: Options{Program: self}, sys: system{goos: "linux", home: dir}}
	t0 := target{kind: manifests.Chromium, level: LevelUser, file: filepath.Join(dir, "m.json")}
	f.Fuzz(func(t *testing.T, data []byte) {
		require.NoError(t, os.WriteFile(t0.file, data, 0o600))
		m, read, bad := t0.look()
		require.LessOrEqual(t, len(read), maxManifest)
		if bad != nil {
			require.NotEmpty(t, bad.text.PT)
			require.False(t, in.ours(m, t0, &record{}))
			return
		}
		if len(in.wrong(*m, t0)) == 0 {
			require.Equal(t, manifests.Host(), m.Name)
			require.Subset(t, m.AllowedOrigins, good.AllowedOrigins)
			require.FileExists(t, m.Path)
		}
		if in.ours(m, t0, &record{}) {
			require.Equal(t, manifests.Host(), m.Name)
			require.True(t, !exists(m.Path) || m.Path == self, m.Path)
		}
	})
}

// A browser is found by what it left behind, and a row of a system that isn't this one is read the same.
func TestPathsOfOtherSystems(t *testing.T) {
	s := system{goos: "windows", home: "/h", config: "/h/local", roaming: ""}
	require.Empty(t, s.expand(`{roaming}\Mozilla`), "no such folder for this person")
	require.Equal(t, `HKCU\Software\Chromium`, s.expand(`HKCU\Software\Chromium`))
	in := &Installer{sys: s}
	for _, b := range manifests.Browsers() {
		place := b.On("windows")
		if place == nil {
			continue
		}
		targets := in.target(LevelUser, found{Browser: b, place: place})
		require.Len(t, targets, len(place.User))
		for i, user := range targets {
			require.Equal(t, place.User[i]+`\`+manifests.Host(), user.key)
			require.Equal(t, `/h/local\cmdsign\hosts\`+string(b.Kind)+".json", user.file)
		}
	}
}
