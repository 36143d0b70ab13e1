package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// installed is somebody on a computer where the package was installed and nothing else done, but that the sandbox was chosen.
// scripts/test-package.sh makes that computer, and the person's home is theirs.
func installed(t *testing.T) *person {
	t.Helper()
	if os.Getenv("E2E_INSTALLED") == "" {
		t.Skip("make test-package")
	}
	home, err := os.UserHomeDir()
	require.NoError(t, err)
	p := &person{t: t, dir: home, profile: filepath.Join(home, ".config", "chromium"), lang: "en-US", env: append(os.Environ(), "LANGUAGE=en_US")}
	for _, folder := range []string{p.at("Downloads"), p.at(".config", "cmdsign")} {
		require.NoError(t, os.MkdirAll(folder, 0o700))
	}
	require.NoError(t, os.WriteFile(p.at(".config", "cmdsign", "config.yaml"), []byte("env: sandbox\n"), 0o600))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(p.at("Downloads"))) })
	return p
}

var shownCode = regexp.MustCompile(`the code is (\d+)`)

// codeIn is the code that the popup shows in the sandbox's environment.
func codeIn(t *testing.T, text string) string {
	t.Helper()
	found := shownCode.FindStringSubmatch(text)
	require.NotNil(t, found, text)
	return found[1]
}

// signed looks that there is one file, and that the program that was installed verifies it against the site's document.
func (p *person) signed(web *site) {
	p.t.Helper()
	files := p.downloads()
	require.Len(p.t, files, 1)
	require.Regexp(p.t, `-TESTE-sem-valor-legal\.pdf$`, files[0])
	original := p.at("original.pdf")
	require.NoError(p.t, os.WriteFile(original, web.pdf, 0o600))
	out, err := exec.Command("cmdsign", "verify", "--env", "sandbox", "--original", original, p.at("Downloads", files[0])).CombinedOutput()
	require.NoError(p.t, err, string(out))
}

// The browser's own wrapper loads the extension from Debian's folder.
func TestInstalledInChromium(t *testing.T) {
	person := installed(t)
	web := newSite(t)
	browser := person.start()
	browser.id = extensionID
	browser.drive.Drive(extensionID)
	browser.goTo(web.url(siteHost, "/"))
	popup := browser.menu("same")
	popup.until("document")
	require.Contains(t, popup.text(), web.sum())
	popup.confirm()
	require.Contains(t, popup.text(), said(t, "holderRelay"), "it isn't the person's own browser that signs")
	popup.credentials(goodPhone, goodPIN)
	popup.until("code")
	popup.write("#code", codeIn(t, popup.text()))
	popup.press("button.primary")
	popup.until("done")
	person.signed(web)
}

// Firefox takes the add-on from the system's folder, and the program finds Chromium beside it.
func TestInstalledInFirefox(t *testing.T) {
	person := installed(t)
	web := newSite(t)
	browser := person.startFirefox(person.at(".firefox"))
	browser.do("WebDriver:Navigate", fields{"url": web.url(siteHost, "/")})
	browser.menu("#cross")
	browser.popup()
	browser.until("document")
	require.Contains(t, browser.text(), web.sum())
	browser.press("button.primary")
	browser.until("credentials")
	require.Contains(t, browser.text(), said(t, "holderLaunch"))
	browser.write("#phone", goodPhone)
	browser.write("#pin", goodPIN)
	browser.press("button.primary")
	browser.until("code")
	browser.write("#code", codeIn(t, browser.text()))
	browser.press("button.primary")
	browser.until("done")
	person.signed(web)
}
