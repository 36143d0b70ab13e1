package manifests_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

func places(b manifests.Browser) map[string]*manifests.Place {
	found := map[string]*manifests.Place{}
	for _, goos := range []string{"linux", "darwin", "windows"} {
		if p := b.On(goos); p != nil {
			found[goos] = p
		}
	}
	return found
}

func TestEveryRowIsComplete(t *testing.T) {
	// Where a path may begin, by system.
	begins := map[string]*regexp.Regexp{
		"linux":   regexp.MustCompile(`^(\{home\}|\{config\}|)/[^\\]+$`),
		"darwin":  regexp.MustCompile(`^(\{home\}|\{config\}|)/[^\\]+$`),
		"windows": regexp.MustCompile(`^(\{config\}|\{roaming\}|HKCU\\Software|HKLM\\Software)\\[^/]+$`),
	}
	for _, b := range manifests.Browsers() {
		t.Run(b.Name, func(t *testing.T) {
			require.Regexp(t, `^[a-z][a-z-]*$`, b.Name)
			require.NotEmpty(t, b.Title)
			require.Contains(t, []manifests.Kind{manifests.Chromium, manifests.Firefox}, b.Kind)
			require.Contains(t, map[manifests.Kind][]string{manifests.Chromium: {"chrome", "edge"}, manifests.Firefox: {"amo"}}[b.Kind], b.Store)
			require.Regexp(t, `^[a-z]+:(//extensions$|debugging#)`, b.Page)
			require.NotEmpty(t, places(b), "on no system")
			require.Equal(t, manifests.FromStore, b.Arrives[0], "the store is what a person wants")
			last := map[manifests.Kind]manifests.Way{manifests.Chromium: manifests.ByHand, manifests.Firefox: manifests.Temporarily}[b.Kind]
			require.Equal(t, last, b.Arrives[len(b.Arrives)-1], "what always goes")
			for _, way := range b.Arrives[1 : len(b.Arrives)-1] {
				require.Contains(t, []manifests.Way{manifests.FromFolder, manifests.FromPolicy}, way)
			}
			for goos, p := range places(b) {
				require.NotEmpty(t, p.Profiles, goos)
				if goos != "windows" {
					require.NotEmpty(t, p.Programs, goos)
				}
				require.NotEmpty(t, p.User, goos)
				require.NotEmpty(t, p.System, goos)
				for _, path := range slices.Concat(p.User, p.System, []string{p.Policy}, p.Profiles) {
					require.Regexp(t, begins[goos], path, goos)
				}
				hive := "/"
				if goos == "windows" {
					hive = "HKLM"
					for _, key := range p.User {
						require.True(t, strings.HasPrefix(key, "HKCU"), key)
					}
				}
				for _, folder := range p.System {
					require.NotContains(t, folder, "{", "the system's folder is nobody's own")
					require.True(t, strings.HasPrefix(folder, hive), folder)
				}
				for _, f := range p.Flatpak {
					require.Equal(t, "linux", goos)
					require.Regexp(t, `^[a-z]+(\.[A-Za-z_-]+)+$`, f.ID)
					require.Regexp(t, `^[.a-z].*/(NativeMessagingHosts|native-messaging-hosts)$`, f.User)
					require.Equal(t, f.Name == "", f.Title == "")
				}
				if p.Extensions != "" {
					require.Contains(t, b.Arrives, manifests.FromFolder, goos)
				}
			}
		})
	}
}

func TestNoRowIsThereTwice(t *testing.T) {
	names, titles := map[string]bool{}, map[string]bool{}
	// Browsers that share a folder of manifests must be of one family, or one's manifest would overwrite the other's.
	folders := map[string]manifests.Kind{}
	profiles := map[string]string{}
	for _, b := range manifests.Browsers() {
		require.False(t, names[b.Name], b.Name)
		require.False(t, titles[b.Title], b.Title)
		names[b.Name], titles[b.Title] = true, true
		for goos, p := range places(b) {
			for _, folder := range slices.Concat(p.User, p.System) {
				kind, seen := folders[goos+folder]
				require.True(t, !seen || kind == b.Kind, "%s: %s is of both families", b.Name, folder)
				folders[goos+folder] = b.Kind
			}
			for _, profile := range p.Profiles {
				require.Empty(t, profiles[goos+profile], "%s is also detected by %s", b.Name, profile)
				profiles[goos+profile] = b.Name
			}
		}
	}
	for _, name := range []string{"chrome", "chrome-beta", "chrome-unstable", "chromium", "edge", "brave", "vivaldi", "opera", "firefox", "librewolf"} {
		require.True(t, names[name], name)
	}
}

// From Chrome's documentation: lowercase letters, digits, underscores and dots, no dot at an end or twice.
func TestTheHostsNameIsOneThatBothFamiliesTake(t *testing.T) {
	require.Regexp(t, `^[a-z0-9_]+(\.[a-z0-9_]+)+$`, manifests.Host())
}

func TestTheIDsAreTheExtensions(t *testing.T) {
	own, err := os.ReadFile("../extension/ID")
	require.NoError(t, err)
	require.Contains(t, manifests.IDs(manifests.Chromium), strings.TrimSpace(string(own)))
	template, err := os.ReadFile("../extension/manifest.mjs")
	require.NoError(t, err)
	gecko := regexp.MustCompile(`gecko: \{\s*id: "([^"]+)"`).FindSubmatch(template)
	require.NotNil(t, gecko, "the add-on's id isn't where it was")
	require.Contains(t, manifests.IDs(manifests.Firefox), string(gecko[1]))
	for _, id := range manifests.IDs(manifests.Chromium) {
		require.Regexp(t, `^[a-p]{32}$`, id)
	}
}

func TestAManifestIsWhatTheBrowsersDocument(t *testing.T) {
	decode := func(m manifests.Manifest) map[string]any {
		var fields map[string]any
		require.NoError(t, json.Unmarshal(m.JSON(), &fields))
		require.Equal(t, manifests.Host(), fields["name"])
		require.Equal(t, "/opt/x/cmdsign", fields["path"])
		require.Equal(t, "stdio", fields["type"])
		require.NotEmpty(t, fields["description"])
		require.Len(t, fields, 5, "a field that no browser knows")
		return fields
	}
	more := []string{"chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/"}
	origins := decode(manifests.New(manifests.Chromium, "/opt/x/cmdsign", append(more, more...)))["allowed_origins"].([]any)
	require.Len(t, origins, len(manifests.IDs(manifests.Chromium))+1)
	for _, origin := range origins {
		require.Regexp(t, `^chrome-extension://[a-p]{32}/$`, origin)
	}
	addons := decode(manifests.New(manifests.Firefox, "/opt/x/cmdsign", nil))["allowed_extensions"].([]any)
	require.Len(t, addons, len(manifests.IDs(manifests.Firefox)))
	require.ElementsMatch(t, append(toStrings(origins[:len(origins)-1]), toStrings(addons)...), manifests.Callers())
}

func toStrings(values []any) (out []string) {
	for _, v := range values {
		out = append(out, v.(string))
	}
	return out
}
