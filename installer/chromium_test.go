//go:build !windows

package installer_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/extensions"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// connect asks the browser for the host, as the extension does, and gives the host's first message or why there is none.
const connect = `new Promise((done) => {
	const port = chrome.runtime.connectNative("org.sign_with_cmd.host");
	port.onMessage.addListener((m) => { done(m.state + " " + m.version); port.disconnect(); });
	port.onDisconnect.addListener(() => done(chrome.runtime.lastError.message));
})`

// What install says is true: a real Chromium, with the profile where Chromium has it and an extension of our id, starts the host
// after install, not before it, and not after uninstall. What doctor says is what the browser does.
func TestARealChromiumFindsTheHost(t *testing.T) {
	program, home := build(t), t.TempDir()
	profile := filepath.Join(home, ".config", "chromium")
	env := []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "LANG=en_US.UTF-8", "TMPDIR=" + t.TempDir(),
		"XDG_CONFIG_HOME=", "XDG_DATA_HOME=", "XDG_STATE_HOME=", "XDG_RUNTIME_DIR=" + t.TempDir()}
	require.NoError(t, os.MkdirAll(filepath.Join(home, "Downloads"), 0o700))
	run := func(args ...string) (string, error) {
		cmd := exec.Command(program, append(args, "--browser", "chromium", "--root", home)...)
		cmd.Env = env
		out, err := cmd.CombinedOutput()
		return string(out), err
	}

	opts := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	opts = append(opts, chromedp.UserDataDir(profile), chromedp.Env(env...), chromedp.Flag("disable-extensions", false),
		chromedp.Flag("enable-unsafe-extension-debugging", true), chromedp.Flag("disable-gpu", true))
	if path, err := exec.LookPath("chromium"); err == nil {
		opts = append(opts, chromedp.ExecPath(path))
	}
	alloc, stopBrowser := chromedp.NewExecAllocator(context.Background(), opts...)
	defer stopBrowser()
	ctx, cancel := chromedp.NewContext(alloc)
	defer cancel()
	ctx, cancelTime := context.WithTimeout(ctx, 90*time.Second)
	defer cancelTime()
	require.NoError(t, chromedp.Do(ctx))
	loaded, err := chromedp.CallBrowser(ctx, extensions.LoadUnpacked, extensions.LoadUnpackedParams{Path: anExtension(t)})
	require.NoError(t, err)
	require.Contains(t, manifests.IDs(manifests.Chromium), loaded.ID)
	require.NoError(t, chromedp.Do(ctx, chromedp.Navigate("chrome-extension://"+loaded.ID+"/page.html")))
	host := func() string {
		said, err := chromedp.Run(ctx, chromedp.Evaluate[string](connect, chromedp.EvalAwaitPromise))
		require.NoError(t, err)
		return said
	}

	const notFound = "Specified native messaging host not found."
	require.Equal(t, notFound, host())
	out, err := run("doctor")
	require.Error(t, err)
	require.Contains(t, out, "the host manifest is missing")

	out, err = run("install")
	require.NoError(t, err, out)
	require.Equal(t, "start "+builtVersion, host())
	out, err = run("doctor")
	require.Contains(t, out, "✓ Chromium: the program answers", err)

	// Chromium writes its preferences some seconds after they change.
	require.Eventually(t, func() bool {
		out, err = run("doctor")
		return strings.Contains(out, "✓ Chromium: has the extension (version 1.2.3)")
	}, time.Minute, time.Second, "%s", &out)

	manifest := filepath.Join(profile, "NativeMessagingHosts", manifests.Host()+".json")
	wrong := manifests.New(manifests.Chromium, program, nil)
	wrong.AllowedOrigins = []string{"chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/"}
	require.NoError(t, os.WriteFile(manifest, wrong.JSON(), 0o644))
	require.Equal(t, "Access to the specified native messaging host is forbidden.", host())
	out, err = run("doctor")
	require.Error(t, err)
	require.Contains(t, out, "doesn't let the extension chrome-extension://"+loaded.ID+"/ in")

	out, err = run("install")
	require.NoError(t, err, out)
	require.Equal(t, "start "+builtVersion, host())
	out, err = run("uninstall")
	require.NoError(t, err, out)
	require.Equal(t, notFound, host())
	require.NoFileExists(t, manifest)
}

// anExtension is a folder with an extension that has the id of ours and does nothing.
func anExtension(t *testing.T) string {
	t.Helper()
	template, err := os.ReadFile("../extension/manifest.mjs")
	require.NoError(t, err)
	key := regexp.MustCompile(`const key =\s*"([A-Za-z0-9+/=]+)"`).FindSubmatch(template)
	require.NotNil(t, key, "the extension's key isn't where it was")
	manifest, err := json.Marshal(map[string]any{
		"manifest_version": 3, "name": "id", "version": "1.2.3", "key": string(key[1]), "permissions": []string{"nativeMessaging"},
	})
	require.NoError(t, err)
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "manifest.json"), manifest, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "page.html"), []byte("<!doctype html>"), 0o600))
	return folder
}
