package conversation

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// Only a file that the journal calls saved and verified is opened, and only as it was saved; whatever a client sends.
func TestOnlyAVerifiedFileIsOpenedAsItWasSaved(t *testing.T) {
	var shown []string
	k := converse(t, Limits{}, nil, func(o *Options) {
		o.Show = func(path string, folder bool) error {
			what := "file "
			if folder {
				what = "folder of "
			}
			shown = append(shown, what+filepath.Base(path))
			return nil
		}
	})
	k.state(StateStart)
	saved := func(name string, verdict journal.Verdict, content string) string {
		sum := sha256.Sum256([]byte(content))
		hash := hex.EncodeToString(sum[:])
		record, err := k.journal.Begin(journal.Document{Name: name, SHA256: hash})
		require.NoError(t, err)
		path := filepath.Join(k.dir, "downloads", name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		require.NoError(t, record.Submitting())
		require.NoError(t, record.Received(path, hash))
		require.NoError(t, record.Saved(path, hash, verdict))
		require.NoError(t, record.Close())
		return record.ID()
	}
	good := saved("good.pdf", journal.VerdictVerified, "%PDF good")
	bad := saved("bad.pdf", journal.VerdictFailed, "%PDF bad")
	changed := saved("changed.pdf", journal.VerdictVerified, "%PDF before")
	require.NoError(t, os.WriteFile(filepath.Join(k.dir, "downloads", "changed.pdf"), []byte("%PDF after"), 0o600))
	gone := saved("gone.pdf", journal.VerdictVerified, "%PDF gone")
	require.NoError(t, os.Remove(filepath.Join(k.dir, "downloads", "gone.pdf")))

	for _, c := range []struct {
		open, id string
		code     problem.Code
	}{
		{"file", good, ""},
		{"folder", good, ""},
		{"file", bad, problem.OpenFailed},
		{"folder", bad, ""},
		{"file", changed, problem.FileMoved},
		{"file", gone, problem.FileMoved},
		{"folder", gone, problem.FileMoved},
		{"file", "../../etc/passwd", problem.FileMoved},
		{"file", "", problem.MessageMalformed},
		{"/etc/passwd", good, problem.MessageMalformed},
	} {
		ask, err := json.Marshal(map[string]string{"open": c.open, "id": c.id})
		require.NoError(t, err)
		k.send(string(ask))
		answer := k.until(func(r reply) bool { return r.Open != "" || r.Error != nil })
		if c.code == "" {
			require.Nil(t, answer.Error, c)
			require.Equal(t, c.open, answer.Open)
		} else {
			require.NotNil(t, answer.Error, c)
			require.Equal(t, c.code, answer.Error.Code, c)
		}
	}
	require.Equal(t, []string{"file good.pdf", "folder of good.pdf", "folder of bad.pdf"}, shown)
}
