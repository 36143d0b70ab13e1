package conversation

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/sigtest"
	"github.com/sign-with-cmd/sign-with-cmd/host/save"
)

// What an earlier run left is told by a new one as it is: a file that was held and fails the check isn't called signed, and what
// ended without anybody there to be told can be asked for.
func TestWhatAnEarlierRunLeft(t *testing.T) {
	t.Parallel()
	data := pdftest.New(pdftest.Options{})
	authority, err := sigtest.NewAuthority("")
	require.NoError(t, err)
	signed, err := authority.Sign(data)
	require.NoError(t, err)
	altered := bytes.Clone(signed)
	altered[len(data)/2] ^= 1
	for name, c := range map[string]struct {
		leave             func(*testing.T, *journal.Record, string)
		unfinished, ended journal.Answer
		file              string
	}{
		"a signed file, held":   {held(signed), journal.SignedSaved, "", "a-signed.pdf"},
		"an altered file, held": {held(altered), journal.MayBeSigned, "", "a" + UnverifiedMarker + ".pdf"},
		"a signed file that the journal doesn't tell of, and a person who signs again": {func(t *testing.T, r *journal.Record, work string) {
			require.NoError(t, r.Submitting())
			_, _, err := save.Hold(work, signed)
			require.NoError(t, err)
			require.NoError(t, r.Close())
			records, err := journal.Open(filepath.Join(work, "../../journal"))
			require.NoError(t, err)
			require.NoError(t, records.Acknowledge(r.ID()))
		}, journal.SignedSaved, "", "a-signed.pdf"},
		"a signed file that came after its signing was told as cancelled": {func(t *testing.T, r *journal.Record, work string) {
			require.NoError(t, r.NotSigned("CANCELLED"))
			_, _, err := save.Hold(work, signed)
			require.NoError(t, err)
		}, journal.SignedSaved, "", "a-signed.pdf"},
		"the code, sent":     {func(t *testing.T, r *journal.Record, _ string) { require.NoError(t, r.Submitting()) }, journal.MayBeSigned, "", ""},
		"nothing that signs": {func(*testing.T, *journal.Record, string) {}, "", journal.NotSigned, ""},
		"a refused code": {func(t *testing.T, r *journal.Record, _ string) {
			require.NoError(t, r.Submitting())
			require.NoError(t, r.Refused("CODE_WRONG"))
		}, "", journal.NotSigned, ""},
		"a file that was saved": {func(t *testing.T, r *journal.Record, work string) {
			held(signed)(t, r, work)
			require.NoError(t, r.Saved("/elsewhere/a-signed.pdf", hashOf(signed), journal.VerdictVerified))
		}, "", journal.SignedSaved, "a-signed.pdf"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			require.NoError(t, os.Mkdir(filepath.Join(dir, "downloads"), 0o700))
			records, err := journal.Open(filepath.Join(dir, "journal"))
			require.NoError(t, err)
			record, err := records.Begin(journal.Document{Name: "a.pdf", SHA256: hashOf(data), Size: int64(len(data)), Environment: "test"})
			require.NoError(t, err)
			work := filepath.Join(dir, "work", record.ID())
			_, _, err = privateCopy(work, &original{name: "a.pdf", data: data})
			require.NoError(t, err)
			c.leave(t, record, work)
			require.NoError(t, record.Close())

			first := greeting(t, Options{
				Environment: "test", Marker: "-signed", Journal: records, Work: filepath.Join(dir, "work"), Limits: limits, Modes: []string{"launch"},
				Downloads: func() (string, error) { return filepath.Join(dir, "downloads"), nil }, Trust: anchors(authority.Root),
			})
			told, answer := first.Unfinished, c.unfinished
			if c.ended != "" {
				require.Empty(t, first.Unfinished)
				told, answer = first.Ended, c.ended
			} else {
				require.Empty(t, first.Ended)
			}
			require.Len(t, told, 1)
			require.Equal(t, record.ID(), told[0].ID)
			require.EqualValues(t, answer, told[0].Answer)
			if c.file == "" {
				require.Empty(t, told[0].Path)
			} else {
				require.Equal(t, c.file, filepath.Base(told[0].Path))
			}
		})
	}
}

// held leaves a file that came back, and wasn't saved yet.
func held(file []byte) func(*testing.T, *journal.Record, string) {
	return func(t *testing.T, r *journal.Record, work string) {
		require.NoError(t, r.Submitting())
		path, hash, err := save.Hold(work, file)
		require.NoError(t, err)
		require.NoError(t, r.Received(path, hash))
	}
}

// greeting is the first message of a conversation.
func greeting(t *testing.T, o Options) (first hello) {
	toHost, out := io.Pipe()
	in, fromHost := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(t.Context(), Lines(toHost, fromHost), o)
		fromHost.Close()
	}()
	require.NoError(t, json.NewDecoder(in).Decode(&first))
	out.Close()
	require.NoError(t, <-ended)
	return first
}

// anchors are trust anchors as Options takes them.
func anchors(certs ...*x509.Certificate) func() []*x509.Certificate {
	return func() []*x509.Certificate { return certs }
}
