package command

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/config"
)

// A configuration that is wrong is refused before anything starts, with the line and exit code 2.
func TestWrongConfiguration(t *testing.T) {
	t.Parallel()
	m := bareMachine(t)
	require.NoError(t, os.WriteFile(m.at("empty.pem"), []byte("no certificate"), 0o600))
	require.NoError(t, os.WriteFile(m.at("pages.yaml"), []byte("version: 1\npages:\n  - name: intro\n    nonsense: 1\n"), 0o600))
	const own = "env: own\nenvironments:\n  own:\n"
	for _, c := range []struct{ name, file, says string }{
		{"unknown field", "lang: pt\nnonsense: 1\n", "line 2"},
		{"unknown field inside", "lang: pt\nlimits:\n  pages: 3s\n", "line 3"},
		{"not YAML", "lang: pt\n  env: x\n", "line 2"},
		{"a list", "- lang\n", "line 1"},
		{"bad duration", "lang: pt\nlimits:\n  page: soon\n", "line 3"},
		{"no duration", "limits:\n  page: 0s\n", "line 2"},
		{"too long a duration", "limits:\n  page: 1s\n  person: 48h\n", "line 3"},
		{"a number for a text", "browser: 5\n", "line 1"},
		{"bad size", "limits:\n  pdf: 5\n", "line 2"},
		{"bad language", "\nlang: fr\n", "line 2"},
		{"bad browser", "browser:\n  mode: telepathy\n", "line 2"},
		{"nothing to attach to", "browser:\n  mode: attach\n", "line 2"},
		{"an endpoint elsewhere in the clear", "browser:\n  endpoint: ws://192.0.2.1:9222\n", "line 2"},
		{"an endpoint that only looks local", "browser:\n  endpoint: http://localhost.example.org:9222\n", "line 2"},
		{"an endpoint with a password", "browser:\n  endpoint: wss://a:b@example.org\n", "line 2"},
		{"no endpoint", "browser:\n  endpoint: 127.0.0.1:9222\n", "line 2"},
		{"bad window", "browser:\n  headless: perhaps\n", "line 2"},
		{"no such environment", "env: nowhere\n", "ENVIRONMENT_UNKNOWN"},
		{"a built-in environment", "environments:\n  production:\n    intro: https://example.org/\n", "line 2"},
		{"a built-in environment in capitals", "environments:\n  Sandbox:\n    intro: https://example.org/\n", "line 2"},
		{"a bad name", "environments:\n  'a b':\n    intro: https://example.org/\n", "line 2"},
		{"http that isn't on this computer", own + "    intro: http://example.org/\n", "line 4"},
		{"an origin like that", own + "    intro: https://example.org/\n    origins: [http://example.org]\n", "line 5"},
		{"a name that only looks local", own + "    intro: http://localhost.example.org/\n", "line 4"},
		{"a file as a page", own + "    intro: file:///etc/passwd\n", "line 4"},
		{"with a password", own + "    intro: https://a:b@example.org/\n", "line 4"},
		{"no page", own + "    origins: [https://example.org]\n", "line 3"},
		{"revocation", own + "    intro: https://example.org/\n    revocation: maybe\n", "line 5"},
		{"no trust file", own + "    intro: https://example.org/\n    trust:\n      - " + m.at("none.pem") + "\n", "line 5"},
		{"a trust file without a certificate", own + "    intro: https://example.org/\n    trust: [" + m.at("empty.pem") + "]\n", "line 5"},
		{"a trust file that is a folder", own + "    intro: https://example.org/\n    trust: [" + m.dir + "]\n", "line 5"},
		{"no page file", own + "    intro: https://example.org/\n    pages: " + m.at("none.yaml") + "\n", "none.yaml"},
		{"a wrong page file", own + "    intro: https://example.org/\n    pages: " + m.at("pages.yaml") + "\n", "line 4"},
		{"too large", strings.Repeat("# a very long comment\n", 20_000), "over"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m.configure(c.file)
			var stdout, stderr bytes.Buffer
			cmd := m.command("converse")
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			require.Error(t, cmd.Run())
			require.Equal(t, 2, cmd.ProcessState.ExitCode(), "%s", &stderr)
			require.Contains(t, stderr.String(), c.says)
			require.Empty(t, stdout.String())
		})
	}
	m.configure("lang: en\n")
	for _, args := range [][]string{{"converse", "--env", "nowhere"}, {"converse", "--nonsense"}, {"converse", "x"}, {"nonsense"}} {
		cmd := m.command(args...)
		require.Error(t, cmd.Run())
		require.Equal(t, 2, cmd.ProcessState.ExitCode(), "%v", args)
	}
	cmd := m.command("converse", "--config", m.at("none.yaml"))
	require.Error(t, cmd.Run())
	require.Equal(t, 2, cmd.ProcessState.ExitCode(), "a file that is named and isn't there")
	cmd = m.command("converse")
	cmd.Env = append(m.env, "CMDSIGN_LIMITS_PAGE=soon")
	require.Error(t, cmd.Run())
	require.Equal(t, 2, cmd.ProcessState.ExitCode(), "a setting from the environment")
}

// A flag that is taken and changes nothing would be a promise that isn't kept.
func TestEveryFlagIsASetting(t *testing.T) {
	none, err := config.Load(os.DevNull, nil)
	require.NoError(t, err)
	for name, setting := range flagKeys {
		flags := pflag.NewFlagSet("", pflag.ContinueOnError)
		flags.String(name, "nonsense", "")
		set, err := config.Load(os.DevNull, map[string]*pflag.Flag{setting: flags.Lookup(name)})
		if err != nil {
			require.ErrorContains(t, err, "nonsense")
			require.NotContains(t, err.Error(), "no setting")
		}
		require.NotEqual(t, none, set)
	}
}
