package config

import (
	"os"
	"path/filepath"
	"runtime"
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
}

// Nobody's configuration depends on whether there's an empty file, or a variable that says what is so anyway.
func TestNothingSetIsWhatIsBuiltIn(t *testing.T) {
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "CMDSIGN_") {
			t.Setenv(name, "")
			require.NoError(t, os.Unsetenv(name))
		}
	}
	t.Setenv("LC_ALL", "pt_PT.UTF-8")
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	xdg.Reload()
	t.Cleanup(xdg.Reload)
	none, err := Load("", nil)
	require.NoError(t, err)
	require.Equal(t, 60*time.Second, none.Limits.Page)
	require.Equal(t, "production", none.Env)

	path := write(t, "# nothing\n")
	empty, err := Load(path, nil)
	require.NoError(t, err)
	empty.path, empty.tree = "", nil
	require.Equal(t, none, empty)

	t.Setenv("cmdsign_serve_address", "127.0.0.1:1") // Windows' names have no case
	t.Setenv("CMDSIGN_LIMITS_PAGE", "60s")
	t.Setenv("CMDSIGN_SERVE_ORIGINS", "")
	again, err := Load("", nil)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		require.Equal(t, none, again)
	}
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
