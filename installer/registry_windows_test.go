package installer

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows/registry"

	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// Runs on Windows, and with "make test-wine" on Wine, whose registry is the machine's only one: keys of browsers that are there are left
// alone, because an existing key of ours is noted first and must be the same afterwards.
func TestTheRegistry(t *testing.T) {
	for _, level := range []Level{LevelUser, LevelSystem} {
		t.Run(string(level), func(t *testing.T) { theRegistry(t, level) })
	}
}

func theRegistry(t *testing.T, level Level) {
	local, everybodys := emptyAtTheEnd(t), emptyAtTheEnd(t)
	t.Setenv("LOCALAPPDATA", local)
	t.Setenv("APPDATA", local)
	t.Setenv("ProgramData", everybodys)
	folder := map[Level]string{LevelUser: local, LevelSystem: everybodys}[level]
	hive := map[Level]string{LevelUser: `HKCU\`, LevelSystem: `HKLM\`}[level]
	root := map[Level]registry.Key{LevelUser: registry.CURRENT_USER, LevelSystem: registry.LOCAL_MACHINE}[level]
	program, err := os.Executable()
	require.NoError(t, err)
	installer := func(browsers ...string) *Installer {
		return New(Options{Program: program, Browsers: browsers, System: level == LevelSystem})
	}
	// The keys of facts/native.md 1.4.
	keys := map[string]string{
		"chrome":  `Software\Google\Chrome\NativeMessagingHosts\` + manifests.Host(),
		"edge":    `Software\Microsoft\Edge\NativeMessagingHosts\` + manifests.Host(),
		"brave":   `Software\BraveSoftware\Brave-Browser\NativeMessagingHosts\` + manifests.Host(),
		"firefox": `Software\Mozilla\NativeMessagingHosts\` + manifests.Host(),
	}
	// What browsers read: the 32-bit view.
	value := func(key string) string {
		k, err := registry.OpenKey(root, key, registry.QUERY_VALUE|registry.WOW64_32KEY)
		if err != nil {
			return ""
		}
		defer k.Close()
		v, _, err := k.GetStringValue("")
		require.NoError(t, err)
		return v
	}
	there := func(key string) bool {
		k, err := registry.OpenKey(root, key, registry.QUERY_VALUE|registry.WOW64_32KEY)
		k.Close()
		return err == nil
	}
	for _, key := range keys {
		require.Empty(t, value(key), "this computer has the program installed")
	}
	before := map[string]bool{}
	for _, key := range keys {
		for _, above := range append(registryMissing(hive+key), hive+key) {
			_, path := openHive(above)
			before[path] = there(path)
		}
	}

	for range 2 {
		findings, err := installer("chrome", "edge", "brave", "firefox").Install()
		require.NoError(t, err)
		require.False(t, Failed(findings), "%+v", findings)
	}
	for browser, key := range keys {
		file := value(key)
		require.True(t, within(folder, file), "%s: %q", browser, file)
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		var m manifests.Manifest
		require.NoError(t, json.Unmarshal(data, &m))
		require.Equal(t, program, m.Path)
		require.Equal(t, browser == "firefox", len(m.AllowedOrigins) == 0, browser)
	}

	// The file is several browsers': it stays until the last of them goes.
	findings, err := installer("edge").Uninstall()
	require.NoError(t, err)
	require.False(t, Failed(findings), "%+v", findings)
	require.Empty(t, value(keys["edge"]))
	require.FileExists(t, value(keys["chrome"]))

	findings, err = installer().Uninstall()
	require.NoError(t, err)
	require.False(t, Failed(findings), "%+v", findings)
	for path, was := range before {
		require.Equal(t, was, there(path), path)
	}
}

// emptyAtTheEnd is a folder in which nothing may be left. t.TempDir isn't for Wine 8, which can't do what os.RemoveAll asks for.
func emptyAtTheEnd(t *testing.T) string {
	folder, err := os.MkdirTemp("", "cmdsign")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.Remove(folder)) })
	return folder
}
