package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const someHash = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

func marshal(t testing.TB, lines ...line) (data []byte) {
	for _, l := range lines {
		raw, err := json.Marshal(l)
		require.NoError(t, err)
		data = append(append(data, raw...), '\n')
	}
	return data
}

// put writes a record as it would be after some days.
func put(t *testing.T, j *Journal, at time.Time, events ...event) string {
	id := newID(at.UTC())
	lines := []line{{Time: at, Event: begin, Document: &Document{SHA256: someHash}}}
	for _, e := range events {
		l := line{Time: at, Event: e}
		if e == saved {
			l.Verdict = VerdictVerified
		}
		lines = append(lines, l)
	}
	require.NoError(t, os.WriteFile(j.path(id), marshal(t, lines...), 0o600))
	return id
}

func left(t *testing.T, j *Journal) (ids []string) {
	all, err := j.Status()
	require.NoError(t, err)
	for _, s := range all {
		ids = append(ids, s.ID)
	}
	return ids
}

func TestPruneTakesOnlyWhatIsResolvedAndOld(t *testing.T) {
	j := &Journal{t.TempDir()}
	now := time.Now()
	old, young := now.Add(-91*24*time.Hour), now.Add(-89*24*time.Hour)
	live := put(t, j, old, notSigned)
	r, err := j.Reopen(live)
	require.NoError(t, err)
	defer r.Close()
	keep := []string{
		live,
		put(t, j, old, submitting),
		put(t, j, old, byHand, notSigned),
		put(t, j, old, submitting, received),
		put(t, j, old, submitting, received, acknowledged),
		put(t, j, young, notSigned),
		put(t, j, young, submitting, saved),
	}
	put(t, j, old)
	put(t, j, old, notSigned)
	put(t, j, old, submitting, saved)
	put(t, j, old, submitting, acknowledged)
	unbegun := j.path(newID(old))
	require.NoError(t, os.WriteFile(unbegun, []byte(`{"time":`), 0o600))
	require.NoError(t, os.Chtimes(unbegun, old, old))

	j.prune(now)
	require.ElementsMatch(t, keep, left(t, j))
	require.NoFileExists(t, unbegun)
}

func TestPruneKeepsAThousand(t *testing.T) {
	j := &Journal{t.TempDir()}
	now := time.Now()
	first := put(t, j, now.Add(-3*time.Hour), submitting)
	for i := range 1010 {
		put(t, j, now.Add(-2*time.Hour+time.Duration(i)*time.Second), notSigned)
	}
	newest := put(t, j, now, notSigned)
	j.prune(now)
	ids := left(t, j)
	require.Len(t, ids, keepMax)
	require.Equal(t, newest, ids[0])
	require.Equal(t, first, ids[len(ids)-1], "the oldest, for it may be signed")
}

func TestAStepThatCouldNotBeWrittenDoesNotSpeakLater(t *testing.T) {
	j := &Journal{t.TempDir()}
	r, err := j.Begin(Document{SHA256: someHash})
	require.NoError(t, err)
	whole := r.file
	// As on a full disk: half of the line is in the file, and then an error.
	_, err = whole.WriteString(`{"event":"submitting"`)
	require.NoError(t, err)
	r.file, err = os.Open(whole.Name())
	require.NoError(t, err)
	require.Error(t, r.Submitting())
	require.NoError(t, r.file.Close())
	r.file = whole
	require.NoError(t, r.NotSigned("JOURNAL_FAILED"))
	require.NoError(t, r.Close())
	s, ok, err := j.read(r.id)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, NotSigned, s.Answer)
}

func TestNothingFollowsAStepThatMayHaveBeenHalfWritten(t *testing.T) {
	j := &Journal{t.TempDir()}
	r, err := j.Begin(Document{SHA256: someHash})
	require.NoError(t, err)
	whole := r.file
	defer whole.Close()
	_, r.file, err = os.Pipe() // takes the line, but can't be synced nor shortened
	require.NoError(t, err)
	require.Error(t, r.Submitting())
	require.NoError(t, r.file.Close())
	r.file = whole
	require.Error(t, r.Submitting(), "its code must not be sent")
}

func TestDefaultDir(t *testing.T) {
	state := t.TempDir()
	t.Setenv("XDG_STATE_HOME", state)
	require.Equal(t, filepath.Join(state, "cmdsign", "journal"), DefaultDir())
}

func FuzzTell(f *testing.F) {
	now := time.Now()
	document := &Document{Name: "contrato.pdf", SHA256: someHash}
	f.Add(marshal(f, line{Time: now, Event: begin, Document: document}, line{Time: now, Event: submitting}, line{Time: now, Event: refused}))
	f.Add(marshal(f, line{Time: now, Event: begin, Document: document}, line{Time: now, Event: received}, line{Time: now, Event: saved, Verdict: VerdictVerified}))
	f.Add([]byte(`{"event":"begin"}` + "\n" + `null` + "\n\n" + `{"event":1}`))
	sent := marshal(f, line{Time: now, Event: submitting})
	f.Fuzz(func(t *testing.T, data []byte) {
		s, ok := tell(data)
		if ok != (s.Answer != "") {
			t.Fatal(s)
		}
		whole := data[:wholeLines(data)]
		if again, _ := tell(whole); again != s {
			t.Fatalf("%v with the torn line, %v without", s, again)
		}
		if len(whole) > 0 && !bytes.HasSuffix(whole, []byte("\n")) {
			whole = append(bytes.Clone(whole), '\n')
		}
		if s, _ := tell(append(bytes.Clone(whole), sent...)); len(data) < maxFile/2 && s.Answer == NotSigned {
			t.Fatalf("not signed after a code was sent: %s", fmt.Sprintf("%q", whole))
		}
	})
}
