package command

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/sign-with-cmd/sign-with-cmd/host/browser"
	"github.com/sign-with-cmd/sign-with-cmd/host/cmdpages"
	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

// builtInPages are those of the built-in page file, as data.
func builtInPages(t *testing.T) (file map[string]any) {
	t.Helper()
	data, err := os.ReadFile("../cmdpages/pages.yaml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(data, &file))
	return file
}

// wrongPages is the built-in page file with every selector and every text made wrong, for all pages or for those named.
func wrongPages(t *testing.T, names ...string) string {
	t.Helper()
	file := builtInPages(t)
	changed := 0
	var mangle func(v any) any
	mangle = func(v any) any {
		switch v := v.(type) {
		case string:
			changed++
			return fmt.Sprintf("#wrong-%d", changed)
		case []any:
			for i := range v {
				v[i] = mangle(v[i])
			}
		case map[string]any:
			for k := range v {
				v[k] = mangle(v[k])
			}
		}
		return v
	}
	pages := file["pages"].([]any)
	if len(names) > 0 {
		pages = slices.DeleteFunc(pages, func(p any) bool {
			return !slices.Contains(names, p.(map[string]any)["name"].(string))
		})
		require.Len(t, pages, len(names))
		file = map[string]any{"version": 1, "pages": pages}
	} else {
		mangle(file["overlays"])
		mangle(file["errors"])
		for _, m := range file["messages"].([]any) {
			mangle(m.(map[string]any)["contains"])
		}
	}
	for _, p := range pages {
		for _, part := range []string{"evidence", "elements", "reference", "approval"} {
			mangle(p.(map[string]any)[part])
		}
	}
	require.Greater(t, changed, 5)
	out, err := yaml.Marshal(file)
	require.NoError(t, err)
	return string(out)
}

// person is a host inside the test, whose tab the test can reach as a person at the window does.
type person struct {
	*client
	m    *machine
	tab  browser.Tab
	tabs chan browser.Tab
	// around is put around each tab that the program drives, once it's set; nil: nothing.
	around func(browser.Tab) browser.Tab
}

// atTheWindow starts a host inside the test, with a page file over the built-in one.
func (m *machine) atTheWindow(pages string, headless bool) *person {
	t := m.t
	t.Helper()
	path := m.at("pages.yaml")
	require.NoError(t, os.WriteFile(path, []byte(pages), 0o600))
	file, err := os.ReadFile(m.config)
	require.NoError(t, err)
	own := strings.Replace(string(file), "    revocation: off", "    revocation: off\n    pages: "+path, 1)
	m.configure(own, "state: "+m.at("state", "cmdsign"), "downloads: "+m.at("Downloads"), "env: test", "lang: pt", "limits: {unknown: 1s}")
	cfg, err := config.Load(m.config, nil)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	log := slog.New(slog.DiscardHandler)
	w, err := wire(ctx, cfg, nil, log)
	require.NoError(t, err)
	loaded, err := cmdpages.LoadPages(path)
	require.NoError(t, err)
	p := &person{m: m, tabs: make(chan browser.Tab, 4)}
	w.options.NewMethod = func(mode string) conversation.Method {
		opts := w.method(mode, cfg, loaded, log)
		opts.Limits = cmdpages.Limits{Page: patience, Unknown: cfg.Limits.Unknown, Result: patience, Person: patience}
		opts.Open = func(ctx context.Context) (browser.Tab, error) {
			tab, err := browser.Launch(ctx, browser.LaunchOptions{Headless: &headless, Profiles: m.at("profiles"), Log: log})
			if err == nil {
				p.tabs <- tab
				if p.around != nil {
					tab = p.around(tab)
				}
			}
			return tab, err
		}
		return cmdpages.New(opts)
	}
	hostIn, clientOut := io.Pipe()
	clientIn, hostOut := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- conversation.Serve(ctx, conversation.Lines(hostIn, hostOut), w.options)
		hostOut.Close()
	}()
	p.client = talk(t, clientOut, clientIn)
	t.Cleanup(func() {
		clientOut.Close()
		select {
		case err := <-ended:
			require.NoError(t, err)
		case <-time.After(patience):
			require.Fail(t, "the conversation doesn't end")
		}
		cancel()
	})
	return p
}

// do acts in the page with real mouse and keys.
func (p *person) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	require.NoError(p.t, p.try(actions...), p.transcript())
}

func (p *person) try(actions ...chromedp.Action[chromedp.Void]) error {
	if p.tab == nil {
		p.tab = <-p.tabs
	}
	ctx, cancel := context.WithTimeout(p.tab.Context(), patience)
	defer cancel()
	return chromedp.Do(ctx, actions...)
}

// press clicks a button that leads to another document. A click that a page swallows while it still builds itself up is made
// again, as a person would.
func (p *person) press(css string) {
	p.t.Helper()
	for range 10 {
		err := p.try(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
			_, err := chromedp.Evaluate[bool]("window.seenByTheTest = true")(ctx, t)
			return chromedp.Void{}, err
		}, chromedp.Click(chromedp.CSS(css)))
		if p.tab.Context().Err() != nil {
			return // on the last page of all the tab may end before the browser has told of the click
		}
		require.NoError(p.t, err, p.transcript())
		if p.left(3 * time.Second) {
			return
		}
	}
	require.Fail(p.t, "pressing it leads nowhere", css)
}

// left says whether the document that press marked, or its tab, is gone, within a time.
func (p *person) left(limit time.Duration) bool {
	ctx, cancel := context.WithTimeout(p.tab.Context(), limit)
	defer cancel()
	for ctx.Err() == nil {
		here, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("window.seenByTheTest === true"))
		if ctx.Err() == nil && (err != nil || !here) {
			return true
		}
		<-time.After(20 * time.Millisecond)
	}
	return p.tab.Context().Err() != nil // the last page of all ends with its tab
}

func typed(css, text string) chromedp.Action[chromedp.Void] {
	return chromedp.SendKeys(chromedp.CSS(css), text)
}

// byHand are the acts of a person on each page of the classic look.
func (p *person) byHand(page, phone, pdf string) {
	p.t.Helper()
	switch page {
	case "intro":
		p.press("#MainContent_btnNext")
	case "choose":
		p.do(chromedp.SetUploadFiles(chromedp.CSS("#MainContent_fileUpload"), []string{pdf}))
		p.press("#MainContent_btnUpload")
	case "preview":
		p.press("#MainContent_btnYes")
	case "details":
		p.press("#MainContent_btnSignDetails")
	case "credentials":
		p.do(typed("#inputMobile", strings.TrimPrefix(phone, "+351 ")), typed("#MainContent_txtPin", goodPIN))
		p.press("#MainContent_btnNext")
	case "code":
		p.do(typed("#MainContent_txtMobileTAN", codeFor(p.t, p.m.sandbox, phone)))
		p.press("#MainContent_btnNext")
	}
}

var walk = []string{"intro", "choose", "preview", "details", "credentials", "code"}

// With every selector and every text wrong, the person does all of it by hand, and the file is caught, checked and saved.
func TestAllByHand(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	pdf := m.pdf("contrato.pdf")
	p := m.atTheWindow(wrongPages(t), true)
	p.begin()
	p.credentials(goodPhone, pdf)
	asked := p.state("assist")
	require.Equal(t, "PAGE_UNKNOWN", asked.code())
	require.Equal(t, "root_page", asked.Step)
	requirePicture(t, asked.Screenshot)
	require.False(t, *asked.Shown, "there's no window to show")
	for _, page := range walk {
		p.byHand(page, goodPhone, pdf)
		if page == "preview" {
			require.Equal(t, journal.MayBeSigned, m.journal()[0].Answer, "what the person sends by hand may sign")
		}
	}
	last := p.ended()
	m.requireSaved(last, pdf)
	require.Equal(t, 1, m.signatures())
	require.Equal(t, journal.SignedSaved, m.journal()[0].Answer)
}

// With one page wrong, the person does that one, and the program goes on by itself.
func TestOnePageByHand(t *testing.T) {
	t.Parallel()
	for _, page := range walk {
		t.Run(page, func(t *testing.T) {
			onlyLongBut(t, page, "choose", "code")
			t.Parallel()
			m := newMachine(t, sandbox.Config{})
			pdf := m.pdf("contrato.pdf")
			p := m.atTheWindow(wrongPages(t, page), true)
			p.begin()
			p.credentials(goodPhone, pdf)
			require.Equal(t, "PAGE_UNKNOWN", p.state("assist").code())
			p.byHand(page, goodPhone, pdf)
			if page != "code" {
				require.Equal(t, "resumed", p.until(func(said message) bool { return said.State != "assist" }).Progress, p.transcript())
				p.otp(m.sandbox, goodPhone)
			}
			m.requireSaved(p.ended(), pdf)
			require.Equal(t, 1, m.signatures())
		})
	}
}

// Two pages that aren't known, with a cookie banner over each host's first: the person gets through all the same, and the
// program takes over where it knows the page.
func TestBannerOverAnUnknownPage(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	m := newMachine(t, sandbox.Config{Look: "banner"})
	pdf := m.pdf("contrato.pdf")
	p := m.atTheWindow(wrongPages(t, "intro", "choose"), true)
	p.begin()
	p.credentials(goodPhone, pdf)
	p.state("assist")
	p.byHand("intro", goodPhone, pdf)
	p.do(chromedp.WaitReady(chromedp.CSS("#MainContent_fileUpload")), chromedp.WaitNotPresent(chromedp.CSS("#cookieConsent")))
	p.byHand("choose", goodPhone, pdf)
	p.otp(m.sandbox, goodPhone)
	m.requireSaved(p.ended(), pdf)
}

// A page that nobody has seen before comes in between: by hand, and on.
func TestUnknownPageInBetween(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	pdf, phone := m.pdf("contrato.pdf"), phoneOf(t, "interstitial")
	p := m.atTheWindow("version: 1\n", true)
	p.begin()
	p.credentials(phone, pdf)
	asked := p.state("assist")
	require.Equal(t, "otp", asked.Step)
	require.NotEmpty(t, asked.Title)
	p.press("input.main")
	p.otp(m.sandbox, phone)
	m.requireSaved(p.ended(), pdf)
}

// Nobody comes to help: cancelled, and nothing was signed.
func TestCancelInsteadOfHelp(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	p := m.atTheWindow(wrongPages(t), true)
	p.begin()
	p.credentials(goodPhone, m.pdf("a.pdf"))
	p.state("assist")
	p.send(fields{"otp": "123456"})
	require.Equal(t, "assist", p.fault("MESSAGE_OUT_OF_TURN").State)
	p.send(fields{"cancel": ""})
	require.Equal(t, "cancelled", p.ended().State)
	require.Equal(t, journal.NotSigned, m.journal()[0].Answer)
}

// Where there's a display the page stands in front of the person. Not parallel: the display is in the environment.
func TestByHandInAWindow(t *testing.T) {
	onlyLong(t)
	t.Setenv("DISPLAY", display(t))
	m := newMachine(t, sandbox.Config{})
	pdf := m.pdf("contrato.pdf")
	p := m.atTheWindow(wrongPages(t), false)
	p.begin()
	p.credentials(goodPhone, pdf)
	asked := p.state("assist")
	require.True(t, *asked.Shown)
	requirePicture(t, asked.Screenshot)
	for _, page := range walk {
		p.byHand(page, goodPhone, pdf)
	}
	m.requireSaved(p.ended(), pdf)
}

// display starts an X server and names it.
func display(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("Xvfb")
	require.NoError(t, err, "make deps installs it")
	read, write, err := os.Pipe()
	require.NoError(t, err)
	defer read.Close()
	cmd := exec.Command(path, "-displayfd", "3", "-screen", "0", "1280x1000x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{write}
	require.NoError(t, cmd.Start())
	write.Close()
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	var number string
	_, err = fmt.Fscan(read, &number)
	require.NoError(t, err)
	return ":" + number
}
