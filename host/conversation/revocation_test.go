package conversation

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ocsp"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/sigtest"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/save"
)

// asking is a conversation whose signer's authority answers as the test says.
func asking(t *testing.T, limits Limits, answer func(*sigtest.Authority, http.ResponseWriter, *http.Request)) *talk {
	t.Helper()
	made := make(chan *sigtest.Authority, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		answer(<-made, w, r)
	}))
	t.Cleanup(server.Close)
	authority, err := sigtest.NewAuthority(server.URL)
	require.NoError(t, err)
	made <- authority
	return converse(t, limits, func(_ context.Context, d Document, p Person) (Signed, error) {
		if err := p.Committing(); err != nil {
			return Signed{}, err
		}
		file, err := os.ReadFile(d.Path)
		if err == nil {
			file, err = authority.Sign(file)
		}
		if err != nil {
			return Signed{}, err
		}
		return p.Hold(file)
	}, func(o *Options) {
		o.Revocation, o.Trust = true, anchors(authority.Root)
	})
}

func resultOf(t *testing.T, r reply, check string) pdfsig.Result {
	t.Helper()
	for _, f := range r.Result.Findings {
		if f.Check == check {
			return f.Result
		}
	}
	require.Fail(t, "no finding", check)
	return ""
}

// What the authority says of the signer's certificate decides, once everything else is in order.
func TestTheAuthorityIsAsked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		state  State
		code   problem.Code
		result pdfsig.Result
	}{
		"good":    {ocsp.Good, StateDone, "", pdfsig.Pass},
		"revoked": {ocsp.Revoked, StateUnverified, problem.NotVerified, pdfsig.Fail},
		"unknown": {ocsp.Unknown, StateUnverified, problem.NeedsLook, pdfsig.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := limits
			l.Ask = patience
			k := asking(t, l, func(a *sigtest.Authority, w http.ResponseWriter, _ *http.Request) {
				b, err := a.OCSP(c.status)
				if err == nil {
					_, err = w.Write(b)
				}
				if err != nil {
					t.Error(err)
				}
			})
			k.begin()
			last := k.over()
			require.Equal(t, c.state, last.State, "%+v", last)
			require.Equal(t, c.result, resultOf(t, last, pdfsig.CheckRevocation))
			if c.code != "" {
				require.Equal(t, c.code, last.Error.Code)
			}
			require.FileExists(t, last.File.Path)
		})
	}
}

// An authority that doesn't answer delays only the place in Downloads, and not for long: the bytes are held before it's asked.
func TestAnAuthorityThatHangs(t *testing.T) {
	t.Parallel()
	hang := func(held chan<- struct{}) func(*sigtest.Authority, http.ResponseWriter, *http.Request) {
		return func(_ *sigtest.Authority, _ http.ResponseWriter, r *http.Request) {
			held <- struct{}{}
			<-r.Context().Done()
		}
	}
	t.Run("until the time is over", func(t *testing.T) {
		t.Parallel()
		asked := make(chan struct{}, 10)
		l := limits
		l.Ask = 300 * time.Millisecond
		k := asking(t, l, hang(asked))
		k.begin()
		last := k.over()
		require.Equal(t, StateUnverified, last.State)
		require.Equal(t, problem.NeedsLook, last.Error.Code)
		require.Equal(t, pdfsig.Pass, resultOf(t, last, pdfsig.CheckRevisionChanges))
		require.FileExists(t, last.File.Path)
	})
	t.Run("until the other side is gone", func(t *testing.T) {
		t.Parallel()
		asked := make(chan struct{}, 10)
		l := limits
		l.Ask = patience
		k := asking(t, l, hang(asked))
		k.begin()
		k.until(func(r reply) bool { return r.Progress == "received" })
		<-asked
		all, err := k.journal.Status()
		require.NoError(t, err)
		require.Equal(t, journal.SignedHeld, all[0].Answer, "held before anybody was asked")
		require.FileExists(t, all[0].Held)
		start := time.Now()
		k.out.Close()
		k.over()
		require.NoError(t, <-k.ended)
		require.Less(t, time.Since(start), patience/2, "nobody waits for an authority once the other side is gone")
		saved, err := filepath.Glob(filepath.Join(k.dir, "downloads", "*"+UnverifiedMarker+".pdf"))
		require.NoError(t, err)
		require.Len(t, saved, 1)
		require.Equal(t, journal.SignedSaved, k.answer())
	})
}

// A file that an earlier run held is asked about for a short while only: the other side waits for its first message.
func TestARescuedFileDelaysNobody(t *testing.T) {
	t.Parallel()
	k := asking(t, limits, func(*sigtest.Authority, http.ResponseWriter, *http.Request) {})
	k.state(StateStart)
	k.out.Close()
	require.NoError(t, <-k.ended)

	gone := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		close(gone)
	}))
	t.Cleanup(server.Close)
	authority, err := sigtest.NewAuthority(server.URL)
	require.NoError(t, err)
	data := pdftest.New(pdftest.Options{})
	record, err := k.journal.Begin(journal.Document{Name: "a.pdf", SHA256: hashOf(data), Size: int64(len(data)), Environment: "test"})
	require.NoError(t, err)
	work := filepath.Join(k.dir, "work", record.ID())
	_, _, err = privateCopy(work, &original{name: "a.pdf", data: data})
	require.NoError(t, err)
	require.NoError(t, record.Submitting())
	signed, err := authority.Sign(data)
	require.NoError(t, err)
	path, hash, err := save.Hold(work, signed)
	require.NoError(t, err)
	require.NoError(t, record.Received(path, hash))
	record.Close()

	toHost, out := io.Pipe()
	in, fromHost := io.Pipe()
	ended := make(chan error, 1)
	start := time.Now()
	go func() {
		l := limits
		l.Ask = patience
		ended <- Serve(t.Context(), Lines(toHost, fromHost), Options{
			Environment: "test", Marker: "-signed", Journal: k.journal, Work: filepath.Join(k.dir, "work"), Limits: l, Modes: []string{"launch"},
			Downloads:  func() (string, error) { return filepath.Join(k.dir, "downloads"), nil },
			Revocation: true, Trust: anchors(authority.Root),
		})
		fromHost.Close()
	}()
	var first hello
	require.NoError(t, json.NewDecoder(in).Decode(&first))
	require.Less(t, time.Since(start), patience/2)
	<-gone // it was asked, and given up
	require.Len(t, first.Unfinished, 1)
	require.Equal(t, string(journal.SignedSaved), first.Unfinished[0].Answer)
	require.FileExists(t, first.Unfinished[0].Path)
	require.Contains(t, first.Unfinished[0].Path, UnverifiedMarker)
	out.Close()
	require.NoError(t, <-ended)
}
