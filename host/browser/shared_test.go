package browser

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for anything: nothing but a hang shall reach it.
const patience = 20 * time.Second

func soon[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		require.Fail(t, what)
		panic("unreachable")
	}
}

// A browser that never comes up holds up nobody: who goes away while it starts is let go at once, and so is the server that stops.
func TestABrowserThatHangsWhileItStartsHoldsUpNobody(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell script that passes for a browser")
	}
	dir := t.TempDir()
	begun := filepath.Join(dir, "begun")
	hung := filepath.Join(dir, "chromium")
	require.NoError(t, os.WriteFile(hung, []byte("#!/bin/sh\n: > '"+begun+"'\nexec sleep 1000\n"), 0o700))
	s := NewShared(LaunchOptions{Path: hung, Profiles: filepath.Join(dir, "profiles")}, 0)

	first := make(chan error, 1)
	go func() {
		_, err := s.Open(t.Context())
		first <- err
	}()
	require.Eventually(t, func() bool { _, err := os.Stat(begun); return err == nil }, patience, 5*time.Millisecond)

	ctx, hangUp := context.WithCancel(t.Context())
	second := make(chan error, 1)
	go func() {
		_, err := s.Open(ctx)
		second <- err
	}()
	hangUp()
	require.ErrorIs(t, soon(t, second, "a conversation that ended waits for another's browser"), context.Canceled)

	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	require.NoError(t, soon(t, closed, "the end waits for the browser's start"))
	require.Error(t, soon(t, first, "whoever waited for the browser isn't told"))
	_, err := s.Open(t.Context())
	require.Error(t, err, "a browser is started after the end")
}

// Who hangs up while the tab opens leaves nothing in a browser that goes on for others; and one that doesn't answer isn't taken from those
// who are in it.
func TestWhatIsLeftInASharedBrowser(t *testing.T) {
	t.Parallel()
	if _, err := Find(""); err != nil {
		t.Skip("needs a browser")
	}
	s := NewShared(LaunchOptions{Profiles: t.TempDir(), Headless: new(true)}, 0)
	t.Cleanup(func() { s.Close() })
	stays, err := s.Open(t.Context())
	require.NoError(t, err)
	contexts := func() int {
		res, err := chromedp.CallBrowser(stays.Context(), target.GetBrowserContexts, cdp.Empty{})
		require.NoError(t, err)
		return len(res.BrowserContextIDs)
	}
	require.Equal(t, 1, contexts())
	for after := range 10 {
		ctx, hangUp := context.WithCancel(t.Context())
		timer := time.AfterFunc(time.Duration(after)*2*time.Millisecond, hangUp)
		if tab, err := s.Open(ctx); err == nil {
			tab.Close()
		}
		timer.Stop()
		hangUp()
	}
	require.Eventually(t, func() bool { return contexts() == 1 }, patience, 20*time.Millisecond, "browser contexts stay")

	s.mu.Lock()
	old := s.home
	s.home = nil // as where it doesn't answer
	s.mu.Unlock()
	other, err := s.Open(t.Context())
	require.NoError(t, err)
	_, err = chromedp.CallBrowser(stays.Context(), cdpbrowser.GetVersion, cdp.Empty{})
	require.NoError(t, err, "a tab lost its browser")
	require.NoError(t, stays.Close())
	soon(t, old.ctx.Done(), "a browser that nobody is in any more goes on")
	require.NoError(t, other.Close())
}
