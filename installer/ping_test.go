package installer

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func script(t *testing.T, body string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("shell scripts")
	}
	path := filepath.Join(t.TempDir(), "host")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o700))
	return path
}

// A browser may name any program as our host; none of them may hold doctor up.
func TestAHostThatMisbehavesIsLeftInTime(t *testing.T) {
	for name, tt := range map[string]struct{ body, says string }{
		"silent":                     {"exec sleep 600", "deadline"},
		"deaf, speaks":               {`printf '\021\000\000\000{"state":"start"}'; exec sleep 600`, "deadline"},
		"ends at once":               {"exit 3", "exit code 3"},
		"says why":                   {"echo no such thing >&2; exit 1", "no such thing"},
		"endless":                    {"exec yes", "message"},
		"a child keeps its pipes":    {"sleep 600 & exit 0", "deadline"},
		"another program's protocol": {`printf '\004\000\000\000true'`, "isn't the host's"},
		"prints a lot":               {"head -c 1000000 /dev/zero | tr '\\0' e >&2; exit 1", "eeee"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			if tt.says == "deadline" {
				short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
				defer cancel()
				ctx = short
			}
			begun := time.Now()
			_, err := ping(ctx, script(t, tt.body), "chrome-extension://biinmmoipeoiiaklagdgaiadmjdphlhg/")
			require.ErrorContains(t, err, tt.says)
			require.Less(t, len(err.Error()), 4096)
			require.Less(t, time.Since(begun), pingLimit)
		})
	}
}

func TestAHostIsStartedAsABrowserDoes(t *testing.T) {
	// It tells its arguments and folder where it would tell its version.
	host := script(t, `m="{\"state\":\"start\",\"version\":\"$# $1 $2 $(pwd)\"}"
printf "\\$(printf %o ${#m})\\000\\000\\000%s" "$m"
a='{"status":"OK","progress":"cmdsign doctor"}'
printf "\\$(printf %o ${#a})\\000\\000\\000%s" "$a"
cat >/dev/null`)
	version, err := ping(t.Context(), host, "/m.json", "a@b")
	require.NoError(t, err)
	folder, err := filepath.EvalSymlinks(filepath.Dir(host))
	require.NoError(t, err)
	require.Equal(t, "2 /m.json a@b "+folder, version)
}

func FuzzWordsStayWordsInAShell(f *testing.F) {
	for _, word := range []string{"", "plain/path.json", "with space", "it's", "$(rm)", "a\nb", "`x`", "ç", "-n"} {
		f.Add(word)
	}
	f.Fuzz(func(t *testing.T, word string) {
		quoted := quote(word)
		if quoted == word {
			require.NotEmpty(t, word)
			require.NotContains(t, word, " ")
			require.Regexp(t, `^[^\s'"$`+"`"+`\\|&;<>()*?\[\]#~!{}]+$`, word)
			return
		}
		// Inside single quotes a shell changes nothing.
		require.Equal(t, byte('\''), quoted[0])
		require.Equal(t, byte('\''), quoted[len(quoted)-1])
	})
}
