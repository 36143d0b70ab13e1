package browser

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/secret"
)

// LaunchOptions say how the program's own browser is started.
type LaunchOptions struct {
	Path     string // the browser's binary; empty: the first one found
	Headless *bool  // nil: headless where there is no display
	Lang     string // language that the pages are asked for; empty: pt-PT
	Profiles string // folder for the throw-away profile directories
	Offline  bool   // no name is resolved: nothing but this computer can be reached
	Log      *slog.Logger
}

// startTimeout bounds the start of the browser until it answers.
const startTimeout = 30 * time.Second

// closeTimeout bounds a graceful end; after it the browser is killed. The host has two seconds in all (facts/native.md 1.2).
const closeTimeout = 700 * time.Millisecond

type launched struct {
	ctx       context.Context
	cancel    context.CancelFunc
	profile   *profile
	headless  bool
	notes     []string
	downloads <-chan string
	closeOnce sync.Once
	closeErr  error
}

// Launch starts a browser with a profile directory of its own, over a pipe (no port is opened), and opens one tab. The
// browser dies with this process. Errors: BROWSER_NOT_FOUND, BROWSER_FAILED.
func Launch(ctx context.Context, opts LaunchOptions) (Tab, error) {
	path, err := Find(opts.Path)
	if err != nil {
		return nil, err
	}
	prof, err := newProfile(opts.Profiles)
	if err != nil {
		return nil, problem.Newf(problem.BrowserFailed, "making the profile directory: %w", err)
	}
	l := &launched{profile: prof, headless: Headless(opts.Headless)}
	if runtime.GOOS == "linux" && os.Getuid() == 0 {
		l.notes = append(l.notes, "O navegador corre sem a sua caixa de proteção (--no-sandbox), porque o programa corre como root. / The browser runs without its sandbox (--no-sandbox), because the program runs as root.")
	}
	alloc, cancelAlloc := chromedp.NewExecAllocator(context.WithoutCancel(ctx), l.flags(path, opts)...)
	tab, cancelTab := chromedp.NewContext(alloc)
	l.ctx, l.cancel = tab, func() { cancelTab(); cancelAlloc() }

	if err := l.start(ctx); err != nil {
		l.cancel()
		prof.remove()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, problem.Newf(problem.BrowserFailed, "starting %s: %w", filepath.Base(path), err)
	}
	return l, nil
}

func (l *launched) flags(path string, opts LaunchOptions) []chromedp.ExecAllocatorOption {
	flags := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	if !l.headless {
		flags = append(flags, chromedp.VisibleWindow, chromedp.Flag("start-maximized", false), chromedp.WindowSize(1100, 900))
	}
	lang := opts.Lang
	if lang == "" {
		lang = "pt-PT"
	}
	if opts.Offline {
		flags = append(flags, chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"))
	}
	return append(flags,
		chromedp.ExecPath(path),
		chromedp.ModifyCmdFunc(ownGroup),
		chromedp.UserDataDir(l.profile.dir),
		chromedp.Flag("lang", lang),
		chromedp.Flag("accept-lang", lang),
		chromedp.Flag("disable-extensions", true),
		chromedp.Flag("disable-gpu", l.headless),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-save-password-bubble", true),
		// Chrome's own dumps of a crash would hold the page's memory, and so the PIN.
		chromedp.Flag("disable-crash-reporter", true),
		chromedp.Env(append(locale(lang), "TMPDIR="+l.profile.temp())...),
	)
}

// locale is a UTF-8 one whatever the person's is: on Linux, in any other, Chromium can't open a file with an accent in its
// path, and would send the form without it.
func locale(lang string) []string {
	if runtime.GOOS != "linux" {
		return nil
	}
	return []string{"LC_ALL=C.UTF-8", "LANGUAGE=" + strings.ReplaceAll(lang, "-", "_")}
}

func (l *launched) start(ctx context.Context) error {
	started := make(chan error, 1)
	go func() {
		started <- chromedp.Do(l.ctx, chromedp.Func(wake))
	}()
	select {
	case err := <-started:
		if err != nil {
			return err
		}
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(startTimeout):
		return fmt.Errorf("no answer in %v", startTimeout)
	}
	var err error
	l.downloads, err = watchDownloads(l.ctx, l.profile.downloads(), "")
	return err
}

func (l *launched) Context() context.Context { return l.ctx }
func (l *launched) Mode() Mode               { return ModeLaunch }
func (l *launched) Notes() []string          { return l.notes }

// LetPass does nothing: between the program and this browser a word takes no time.
func (l *launched) LetPass(context.Context, Passing) error { return nil }

func (l *launched) Forgets() bool { return false }

func (l *launched) Downloads() <-chan string { return l.downloads }

// Expect has nothing to do.
func (l *launched) Expect(string) {}

// Upload has the browser read the file itself, and leaves pressing to the caller.
func (l *launched) Upload(ctx context.Context, doc Document, selector string, file File, _ string) (bool, error) {
	object, err := element(ctx, l, doc, selector)
	if err != nil {
		return false, err
	}
	_, err = cdp.Call(ctx, chromedp.FromContext(l.ctx).Target, dom.SetFileInputFiles, dom.SetFileInputFilesParams{
		Files:    []string{file.Path},
		ObjectID: object,
	})
	if err != nil && gone(err) {
		return false, ErrDocumentGone
	}
	return false, err
}

func (l *launched) FillSecret(ctx context.Context, doc Document, selector string, value secret.Secret) error {
	return fillSecret(ctx, l, doc, selector, value)
}

// FillToken refuses: there's no extension here that keeps anything.
func (l *launched) FillToken(context.Context, Document, string, string) error {
	return errNoTokens
}

// Gone knows nothing: the browser ended, or somebody closed its window.
func (l *launched) Gone() error { return nil }

// Keep can't: the browser dies with the program.
func (l *launched) Keep() {}

func (l *launched) Show(ctx context.Context) (bool, error) {
	if l.headless {
		return false, nil
	}
	target := chromedp.FromContext(l.ctx).Target
	if _, err := cdp.Call(ctx, target, page.BringToFront, cdp.Empty{}); err != nil {
		return false, err
	}
	return true, nil
}

func (l *launched) Close() error {
	l.closeOnce.Do(func() {
		ctx, cancel := context.WithTimeout(l.ctx, closeTimeout)
		defer cancel()
		err := chromedp.Cancel(ctx)
		l.cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
			l.closeErr = err
		}
		l.profile.remove()
	})
	return l.closeErr
}

// Headless says whether to do without a window: as asked, else where there is no display.
func Headless(asked *bool) bool {
	if asked != nil {
		return *asked
	}
	return runtime.GOOS == "linux" && os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == ""
}
