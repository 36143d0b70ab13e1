package conversation

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/sigtest"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// A mistake of ours in the check doesn't lose the file that came, nor end the program.
func TestACheckThatBreaksOff(t *testing.T) {
	t.Parallel()
	authority, err := sigtest.NewAuthority("")
	require.NoError(t, err)
	k := converse(t, limits, func(_ context.Context, d Document, p Person) (Signed, error) {
		data, err := os.ReadFile(d.Path)
		require.NoError(t, err)
		signed, err := authority.Sign(data)
		require.NoError(t, err)
		require.NoError(t, p.Committing())
		return p.Hold(signed)
	}, func(o *Options) { o.Trust = anchors(nil) }) // crypto/x509 panics at it
	k.begin()
	last := k.over()
	require.Equal(t, StateUnverified, last.State)
	require.Equal(t, pdfsig.Failed, last.Result.Verdict)
	require.Equal(t, "a"+UnverifiedMarker+".pdf", last.File.Name)
	require.FileExists(t, last.File.Path)
	require.Equal(t, journal.MayBeSigned, k.answer())
}

// Of a file that can't be read, not even its folder is told.
func TestAFileThatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := converse(t, limits, func(_ context.Context, _ Document, p Person) (Signed, error) {
		require.NoError(t, p.Committing())
		return Signed{Path: filepath.Join(dir, "gone.pdf")}, nil
	})
	k.begin()
	last := k.over()
	require.Equal(t, problem.SaveFailed, last.Error.Code)
	require.Len(t, last.Result.Findings, 1)
	require.NotContains(t, last.Result.Findings[0].Detail, dir)
}

// A mistake in a method is the failure of its document, with what may be signed by then told as that.
func TestAMethodThatBreaksOff(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before func(Person) error
		code   problem.Code
	}{
		"before the code": {func(Person) error { return nil }, problem.Internal},
		"after it":        {Person.Committing, problem.MayBeSigned},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := converse(t, limits, func(_ context.Context, _ Document, p Person) (Signed, error) {
				require.NoError(t, c.before(p))
				panic("a mistake")
			})
			k.begin()
			require.Equal(t, c.code, k.over().Error.Code)
			k.send(`{"ping":"still here"}`)
			k.until(func(r reply) bool { return r.Progress == "still here" })
		})
	}
}

// What is held counts, whatever the method says afterwards: a cancel, a limit or a mistake may come in the very moment in which the file does.
// And what could not be held may be signed all the same.
func TestAMethodThatEndsAsTheFileComes(t *testing.T) {
	t.Parallel()
	authority, err := sigtest.NewAuthority("")
	require.NoError(t, err)
	original := pdftest.New(pdftest.Options{})
	signed, err := authority.Sign(original)
	require.NoError(t, err)
	// Nothing of ours was sent: it was approved in the app, on a page that doesn't say that it offers so.
	hold := func(_ Document, p Person) error {
		_, err := p.Hold(signed)
		return err
	}
	full := func(d Document, p Person) error {
		work := filepath.Dir(filepath.Dir(d.Path))
		if err := errors.Join(os.RemoveAll(work), os.WriteFile(work, nil, 0o600)); err != nil {
			return err
		}
		if hold(d, p) == nil {
			return errors.New("there was room")
		}
		return nil
	}
	ended := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	for name, c := range map[string]struct {
		file   func(Document, Person) error
		fails  func(context.Context) error
		state  State
		answer journal.Answer
	}{
		"a cancel":              {hold, ended, StateDone, journal.SignedSaved},
		"a limit":               {hold, func(context.Context) error { return problem.New(problem.SiteSlow, "") }, StateDone, journal.SignedSaved},
		"a mistake":             {hold, func(context.Context) error { panic("a mistake") }, StateDone, journal.SignedSaved},
		"a cancel, a full disk": {full, ended, StateFailed, journal.MayBeSigned},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := converse(t, limits, func(ctx context.Context, d Document, p Person) (Signed, error) {
				if err := c.file(d, p); err != nil {
					return Signed{}, err
				}
				p.Progress("came")
				return Signed{}, c.fails(ctx)
			}, func(o *Options) { o.Trust = anchors(authority.Root) })
			k.begin()
			k.until(func(r reply) bool { return r.Progress == "came" })
			k.send(`{"cancel":""}`)
			require.Equal(t, c.state, k.over().State)
			require.Equal(t, c.answer, k.answer())
		})
	}
}
