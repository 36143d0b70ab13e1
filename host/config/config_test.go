package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/adrg/xdg"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// A flag counts more than the environment, which counts more than the file, which counts more than what's built in.
func TestTheLaterCountsMore(t *testing.T) {
	path := write(t, "lang: en\nlimits: {page: 10s, person: 1m}\ndownloads: /from/the/file\n")
	t.Setenv("CMDSIGN_LIMITS_PAGE", "20s")
	t.Setenv("CMDSIGN_DOWNLOADS", "/from/the/environment")
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.String("downloads", "", "")
	require.NoError(t, flags.Parse([]string{"--downloads", "/from/a/flag"}))

	cfg, err := Load(path, map[string]*pflag.Flag{"downloads": flags.Lookup("downloads")})
	require.NoError(t, err)
	require.Equal(t, "/from/a/flag", cfg.Downloads)
	require.Equal(t, 20*time.Second, cfg.Limits.Page)
	require.Equal(t, time.Minute, cfg.Limits.Person)
	require.Equal(t, "en", cfg.Lang)
	require.Equal(t, "production", cfg.Env, "production is what a user gets")
	require.EqualValues(t, 64<<20, cfg.Limits.PDF)

	require.NoError(t, flags.Set("downloads", ""))
	cfg, err = Load(path, map[string]*pflag.Flag{"downloads": flags.Lookup("downloads")})
	require.NoError(t, err)
	require.Empty(t, cfg.Downloads, "a flag takes away, too")
}

// Nobody's configuration depends on whether there's an empty file, or one that names a setting and says nothing of it.
func TestNothingSetIsWhatIsBuiltIn(t *testing.T) {
	t.Setenv("LC_ALL", "pt_PT.UTF-8")
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	xdg.Reload()
	t.Cleanup(xdg.Reload)
	none, err := Load("", nil)
	require.NoError(t, err)
	require.Equal(t, 60*time.Second, none.Limits.Page)
	require.Equal(t, "production", none.Env)

	t.Setenv("CMDSIGN_LIMITS_PAGE", "")
	for _, text := range []string{"", "# nothing\n", "---\n", "env:\nlimits:\nserve: {limits: , hosts: ~, buckets: }\nextensions: null\n"} {
		empty, err := Load(write(t, text), nil)
		require.NoError(t, err, text)
		empty.path, empty.file = "", nil
		require.Equal(t, none, empty, text)
	}
}

// What stands in the file is what counts, whatever it looks like: a text of digits is a text, a name keeps its letters.
func TestTheFileIsTakenAsItStands(t *testing.T) {
	cfg, err := Load(write(t, "serve:\n  root: 007\n  metrics: 127.0.0.1:0\n  operator: {name: 1.10, privacy: https://example.org}\n  tokens: {audience: 2026-11-22, jwks: on}\n"), nil)
	require.NoError(t, err)
	require.Equal(t, []string{"007", "1.10", "2026-11-22", "on"}, []string{cfg.Serve.Root, cfg.Serve.Operator.Name, cfg.Serve.Tokens.Audience, cfg.Serve.Tokens.JWKS})
}

func TestWrongFiles(t *testing.T) {
	for name, c := range map[string]struct{ file, says string }{
		"twice":                      {"lang: pt\nenv: sandbox\nlang: en\n", "line 3"},
		"twice, inside":              {"limits:\n  page: 1s\n  page: 2s\n", "line 3"},
		"a key that is no text":      {"lang: pt\n1: x\n", "line 2"},
		"a number without a unit":    {"limits:\n  page: 60\n", "line 2"},
		"a text for a number":        {"limits:\n  pdf: '2048'\n", "line 2"},
		"a tab":                      {"limits:\n\tpage: 1s\n", "line 2"},
		"an environment in capitals": {"environments:\n  Own:\n    intro: https://example.org/\n", "line 2: environments.Own"},
		"a bucket in capitals":       {"serve:\n  buckets:\n    A: {url: 'file:///srv', fetch: true}\n", "line 3: serve.buckets.A"},
		"too deep":                   {"extensions: " + strings.Repeat("[", 100_000), "depth"},
		"a billion laughs":           {laughs(), "aliasing"},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, c.file)
			_, err := Load(path, nil)
			require.True(t, problem.Is(err, problem.ConfigInvalid), "%v", err)
			require.ErrorContains(t, err, path)
			require.ErrorContains(t, err, c.says)
		})
	}
}

// laughs is a file of some hundred bytes that says a billion things: each line names the one before it ten times.
func laughs() string {
	var b strings.Builder
	b.WriteString("environments:\n  k0: &a0 {pages: x}\n")
	for i := range 9 {
		fmt.Fprintf(&b, "  k%d: &a%d {<<: [%s]}\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d,", i), 10))
	}
	return b.String()
}

// A value that can't be read is told by what it came in.
func TestWrongVariables(t *testing.T) {
	for variable, value := range map[string]string{
		"CMDSIGN_LIMITS_PAGE": "soon", "CMDSIGN_LIMITS_PDF": "1.5", "CMDSIGN_SERVE_LIMITS_PER_CLIENT": "99999999999999999999", "CMDSIGN_SERVE_SEAL_REQUIRED": "maybe",
	} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv(variable, value)
			_, err := Load("", nil)
			require.True(t, problem.Is(err, problem.ConfigInvalid), "%v", err)
			require.ErrorContains(t, err, variable+": \""+value+"\"")
		})
	}
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.String("patience", "", "")
	require.NoError(t, flags.Parse([]string{"--patience", "soon"}))
	_, err := Load("", map[string]*pflag.Flag{"limits.page": flags.Lookup("patience")})
	require.ErrorContains(t, err, `--patience: "soon"`)
}

// Who may start the host, what an environment is and what a bucket holds stand in the file, or nowhere.
func TestOnlyTheFileSaysSo(t *testing.T) {
	path := write(t, "extensions: [a]\nenvironments: {own: {intro: 'https://example.org/'}}\n")
	want, err := Load(path, nil)
	require.NoError(t, err)
	for _, variable := range []string{"CMDSIGN_EXTENSIONS", "CMDSIGN_ENVIRONMENTS", "CMDSIGN_ENVIRONMENTS_OWN_INTRO", "CMDSIGN_SERVE_BUCKETS", "CMDSIGN_SERVE", "CMDSIGN_"} {
		t.Setenv(variable, "x")
	}
	got, err := Load(path, nil)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// Every single setting that has a value of its own can be set by its variable.
func TestEverySettingHasItsVariable(t *testing.T) {
	for name, c := range map[string]struct {
		value string
		get   func(*Config) any
		want  any
	}{
		"CMDSIGN_ENV":                        {"sandbox", func(c *Config) any { return c.Env }, "sandbox"},
		"CMDSIGN_REVOCATION":                 {"off", func(c *Config) any { return c.Revocation }, "off"},
		"CMDSIGN_BROWSER_HEADLESS":           {"off", func(c *Config) any { return c.Browser.Headless }, "off"},
		"CMDSIGN_LIMITS_PDF":                 {"2048", func(c *Config) any { return c.Limits.PDF }, int64(2048)},
		"CMDSIGN_SERVE_ORIGINS":              {"https://a.example,https://b.example", func(c *Config) any { return c.Serve.Origins }, []string{"https://a.example", "https://b.example"}},
		"CMDSIGN_SERVE_LIMITS_IDLE":          {"3m", func(c *Config) any { return c.Serve.Limits.Idle }, 3 * time.Minute},
		"CMDSIGN_SERVE_TOKENS_AUDIENCE":      {"a", func(c *Config) any { return c.Serve.Tokens.Audience }, "a"},
		"CMDSIGN_SERVE_SEAL_REQUIRED":        {"true", func(c *Config) any { return c.Serve.Seal.Required }, true},
		"CMDSIGN_SERVE_HOSTS":                {"a.example", func(c *Config) any { return c.Serve.Hosts }, []string{"a.example"}},
		"CMDSIGN_SERVE_LIMITS_PER_CLIENT":    {"3", func(c *Config) any { return c.Serve.Limits.PerClient }, 3},
		"CMDSIGN_SERVE_LIMITS_CONVERSATIONS": {"7", func(c *Config) any { return c.Serve.Limits.Conversations }, 7},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, c.value)
			t.Setenv("CMDSIGN_SERVE_TOKENS_SECRET", "file")
			if name != "CMDSIGN_SERVE_TOKENS_AUDIENCE" {
				t.Setenv("CMDSIGN_SERVE_TOKENS_AUDIENCE", "b")
			}
			cfg, err := Load("", nil)
			require.NoError(t, err)
			require.Equal(t, c.want, c.get(cfg))
		})
	}
}

func FuzzLoad(f *testing.F) {
	for _, seed := range []string{"", "lang: pt", "limits: {page: 3s}", "environments: {a: {intro: 'https://x/', trust: [a]}}", "a: &a [*a]", "lang: !!binary x", "? {}\n: 1"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "config.yaml")
		require.NoError(t, os.WriteFile(path, data, 0o600))
		cfg, err := Load(path, nil)
		if err != nil {
			require.True(t, problem.Is(err, problem.ConfigInvalid), "%v", err)
			return
		}
		require.NoError(t, cfg.check())
	})
}

// A bucket is opened for something, over TLS, and without a secret where it would be read in passing.
func TestBucketsThatAreNotOpened(t *testing.T) {
	const good = "s3://b?region=eu-west-1&endpoint=http://127.0.0.1:7070"
	for _, c := range []struct{ name, bucket, says string }{
		{"a", "{url: '" + good + "', fetch: true}", ""},
		{"a", "{url: 'file:///srv/a b', prefix: 'a/b/', write: true}", ""},
		{"a", "{url: '" + good + "'}", "line 3: serve.buckets.a: neither"},
		{"a/b", "{url: '" + good + "', fetch: true}", "line 3: serve.buckets.a/b"},
		{"a", "{url: 'ftp://example.org', fetch: true}", "serve.buckets.a.url"},
		{"a", "{url: 's3://key:hunter2@b', fetch: true}", "serve.buckets.a.url"},
		{"a", "{url: 's3://b/folder', fetch: true}", "serve.buckets.a.url"},
		{"a", "{url: 's3://', fetch: true}", "serve.buckets.a.url"},
		{"a", "{url: 's3://b?endpoint=http://192.0.2.1:80', fetch: true}", "serve.buckets.a.url"},
		{"a", "{url: 's3://b?endpoint=http://localhost.example.org', fetch: true}", "serve.buckets.a.url"},
		{"a", "{url: 's3://b?endpoint=https://key:hunter2@example.org', fetch: true}", "serve.buckets.a.url"},
		{"a", "{url: 's3://b?disable_https=true', fetch: true}", "serve.buckets.a.url"},
		{"a", "{url: 'file://srv/a', fetch: true}", "serve.buckets.a.url"},
		{"a", "{url: 'file:///srv/a?create_dir=1', fetch: true}", "serve.buckets.a.url"},
		{"a", "{url: 'file:///srv/a', prefix: '../', fetch: true}", "serve.buckets.a.prefix"},
		{"a", "{url: 'file:///srv/a', prefix: 'a', fetch: true}", "serve.buckets.a.prefix"},
		{"a", "{url: 'file:///srv/a', prefix: '/', fetch: true}", "serve.buckets.a.prefix"},
		{"a", "{url: 'file:///srv/a', read: true}", "line 3"},
	} {
		cfg, err := Load(write(t, "serve:\n  buckets:\n    '"+c.name+"': "+c.bucket+"\n"), nil)
		if c.says == "" {
			require.NoError(t, err, c.bucket)
			require.Len(t, cfg.Serve.Buckets, 1)
			continue
		}
		require.True(t, problem.Is(err, problem.ConfigInvalid), "%s: %v", c.bucket, err)
		require.ErrorContains(t, err, c.says)
		require.NotContains(t, err.Error(), "hunter2")
	}
}
