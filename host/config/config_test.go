package config

import (
	"os"
	"path/filepath"
	"testing"
	"time"

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
