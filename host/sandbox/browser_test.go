package sandbox

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// tab is a page in a real browser: what the pages' own scripts do shows only there.
type tab struct {
	t   *testing.T
	ctx context.Context
}

func newTab(t *testing.T) *tab {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	// The first action starts the browser, which then lives as long as that action's context.
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(1000, 900)))
	return &tab{t, ctx}
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for _, action := range actions {
		ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
		err := chromedp.Do(ctx, action)
		cancel()
		if err != nil {
			page, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
			require.NoError(b.t, err, "at %s", page)
		}
	}
}

func (b *tab) value(selector string) string {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Value(selector))
	require.NoError(b.t, err)
	return value
}

func (b *tab) text(selector string) string {
	b.t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Text(selector))
	require.NoError(b.t, err)
	return text
}

// toCredentials walks a fresh process to the phone and PIN page.
func (b *tab) toCredentials(s *Sandbox, file string) {
	b.t.Helper()
	b.do(chromedp.Navigate(s.IntroURL()))
	b.press("#MainContent_btnNext")
	b.do(chromedp.SetUploadFiles("input[type=file]", []string{file}))
	b.press("#MainContent_btnUpload")
	b.press("#MainContent_btnYes")
	b.press("#MainContent_btnSignDetails")
	b.do(chromedp.WaitVisible("#MainContent_txtPin"))
}

// press clicks once the page has loaded: humanCheck is filled only then, and the preview page loads late.
func (b *tab) press(selector string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(selector))
	require.Eventually(b.t, func() bool {
		loaded, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`document.readyState === 'complete'`))
		return err == nil && loaded
	}, 20*time.Second, 20*time.Millisecond)
	b.do(chromedp.Click(selector))
}

func sampleFile(t *testing.T) string {
	t.Helper()
	file := t.TempDir() + "/contrato.pdf"
	require.NoError(t, os.WriteFile(file, samplePDF, 0o600))
	return file
}

func TestThePhoneReachesTheServerOnlyWhenItsBoxIsLeft(t *testing.T) {
	s := start(t, Config{})
	b := newTab(t)
	b.toCredentials(s, sampleFile(t))
	b.do(chromedp.SendKeys("#inputMobile", "900000001"))
	require.Empty(t, b.value("#MainContent_hiddenMobile"), "typed, but not left")

	// A form sent by script never leaves the box.
	b.do(chromedp.Evaluate[chromedp.Void](`document.getElementById('MainContent_txtPin').value = '1234'; __doPostBack('ctl00$MainContent$btnNext', '')`),
		chromedp.WaitVisible("#MainContent_lblMsgError"))
	require.Equal(t, label("error.credentials", "pt"), b.text("#MainContent_lblMsgError"))
	require.Equal(t, map[string]Secrets{"credentials": {PINs: 1}}, s.Counts().Secrets)

	b.do(chromedp.SendKeys("#inputMobile", "+33 639980001"))
	require.Contains(t, b.text("#countryButton"), "FR +33", "a full number chooses the country")
	b.do(chromedp.SendKeys("#MainContent_txtPin", "1234"))
	require.Equal(t, "+33 639980001", b.value("#MainContent_hiddenMobile"))
	b.press("#MainContent_btnNext")
	b.do(chromedp.WaitVisible("#MainContent_txtMobileTAN"))
	_, reference, ok := s.Code("+33639980001")
	require.True(t, ok)
	require.Equal(t, reference, b.text("#MainContent_lblReference"))
	require.Contains(t, b.text("#MainContent_lblCountdown"), label("code.left", "pt"))
}

func TestTheCookieBannerSwallowsClicks(t *testing.T) {
	s := start(t, Config{Look: "banner"})
	b := newTab(t)
	b.do(chromedp.Navigate(s.IntroURL()),
		chromedp.Click("#MainContent_btnNext"),
		chromedp.Evaluate[chromedp.Void](`document.getElementById('MainContent_btnNext').click()`))
	require.Zero(t, s.Counts().Processes)
	b.do(chromedp.Click("#cookieReject"))
	b.press("#MainContent_btnNext")
	b.do(chromedp.WaitVisible("#cookieConsent")) // once on each host
	require.Equal(t, 1, s.Counts().Processes)
}

func TestALookAlikeSeesEveryKey(t *testing.T) {
	s := start(t, Config{})
	b := newTab(t)
	b.do(chromedp.Navigate(s.origin(lookAlikeHost)+credentialsPath), chromedp.WaitVisible("#MainContent_txtPin"))
	require.Zero(t, s.Counts().LookAlike.Keys)
	b.do(chromedp.SendKeys("#MainContent_txtPin", "1"))
	require.Eventually(t, func() bool { return s.Counts().LookAlike.Keys > 0 }, 5*time.Second, 10*time.Millisecond)
	require.Zero(t, s.Counts().LookAlike.PINs, "nothing was sent yet")
}
