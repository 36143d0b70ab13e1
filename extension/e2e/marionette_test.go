package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// firefox is the person's Firefox, driven by Marionette, its own remote control: it's a plain connection, and unlike WebDriver BiDi
// it reaches an extension's pages and the browser's own menus.
type firefox struct {
	p    *person
	conn net.Conn
	in   *bufio.Reader
	next int
}

const addonID = "sign-with-cmd@sign-with-cmd.example"

// browseFirefox starts Firefox with a profile of the person's, and puts the extension in for as long as it runs.
func (p *person) browseFirefox() *firefox {
	p.t.Helper()
	p.registerForFirefox()
	f := p.startFirefox(p.at("firefox"))
	f.do("Addon:Install", fields{"path": firefoxBuild, "temporary": true})
	return f
}

// startFirefox starts Firefox with a new profile in a folder.
func (p *person) startFirefox(profile string) *firefox {
	p.t.Helper()
	program, err := exec.LookPath("firefox-esr")
	if err != nil {
		program, err = exec.LookPath("firefox")
	}
	require.NoError(p.t, err, "Firefox (scripts/deps.sh test installs it)")
	browsers <- struct{}{}
	p.t.Cleanup(func() { <-browsers })
	require.NoError(p.t, os.Mkdir(profile, 0o700))
	prefs := map[string]any{
		"marionette.port": 0, "browser.download.folderList": 2, "browser.download.dir": p.at("Downloads"),
		"browser.shell.checkDefaultBrowser": false, "datareporting.policy.dataSubmissionEnabled": false,
		"app.normandy.enabled": false, "toolkit.telemetry.enabled": false, "browser.aboutwelcome.enabled": false,
		"network.captive-portal-service.enabled": false, "network.connectivity-service.enabled": false,
		"services.settings.server": "data:,", "extensions.update.enabled": false, "app.update.disabledForTesting": true,
		"intl.locale.requested": "en-US",
	}
	var user strings.Builder
	for name, value := range prefs {
		data, err := json.Marshal(value)
		require.NoError(p.t, err)
		fmt.Fprintf(&user, "user_pref(%q, %s);\n", name, data)
	}
	require.NoError(p.t, os.WriteFile(filepath.Join(profile, "user.js"), []byte(user.String()), 0o600))

	cmd := exec.Command(program, "--headless", "--no-remote", "--profile", profile, "--marionette", "--remote-allow-system-access")
	cmd.Env = append(p.env, "MOZ_CRASHREPORTER_DISABLE=1")
	require.NoError(p.t, cmd.Start())
	p.t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	var port string
	require.Eventually(p.t, func() bool {
		data, err := os.ReadFile(filepath.Join(profile, "MarionetteActivePort"))
		port = strings.TrimSpace(string(data))
		return err == nil && port != ""
	}, patience, tick, "Firefox did not start")
	f := &firefox{p: p}
	f.conn, err = net.Dial("tcp", "127.0.0.1:"+port)
	require.NoError(p.t, err)
	p.t.Cleanup(func() { f.conn.Close() })
	f.in = bufio.NewReader(f.conn)
	f.read() // it greets
	f.do("WebDriver:NewSession", fields{})
	return f
}

// registerForFirefox writes the host manifest where Firefox looks for it.
func (p *person) registerForFirefox() {
	p.t.Helper()
	dir := p.at("home", ".mozilla", "native-messaging-hosts")
	require.NoError(p.t, os.MkdirAll(dir, 0o700))
	manifest, err := json.Marshal(map[string]any{
		"name": hostName, "description": "Sign with CMD", "path": binary, "type": "stdio", "allowed_extensions": []string{addonID},
	})
	require.NoError(p.t, err)
	require.NoError(p.t, os.WriteFile(filepath.Join(dir, hostName+".json"), manifest, 0o644))
}

// A message is its length, a colon, and JSON.
func (f *firefox) read() []byte {
	f.p.t.Helper()
	require.NoError(f.p.t, f.conn.SetReadDeadline(time.Now().Add(patience)))
	length, err := f.in.ReadString(':')
	require.NoError(f.p.t, err)
	n, err := strconv.Atoi(strings.TrimSuffix(length, ":"))
	require.NoError(f.p.t, err)
	data := make([]byte, n)
	_, err = io.ReadFull(f.in, data)
	require.NoError(f.p.t, err)
	return data
}

// try sends a command, and gives its result or what Firefox says against it.
func (f *firefox) try(command string, params fields) (json.RawMessage, error) {
	f.p.t.Helper()
	f.next++
	data, err := json.Marshal([]any{0, f.next, command, params})
	require.NoError(f.p.t, err)
	_, err = fmt.Fprintf(f.conn, "%d:%s", len(data), data)
	require.NoError(f.p.t, err)
	var answer [4]json.RawMessage
	require.NoError(f.p.t, json.Unmarshal(f.read(), &answer))
	if string(answer[2]) != "null" {
		return nil, fmt.Errorf("%s: %s", command, answer[2])
	}
	var result struct{ Value json.RawMessage }
	if json.Unmarshal(answer[3], &result) == nil && result.Value != nil {
		return result.Value, nil
	}
	return answer[3], nil
}

func (f *firefox) do(command string, params fields) json.RawMessage {
	f.p.t.Helper()
	result, err := f.try(command, params)
	require.NoError(f.p.t, err)
	return result
}

// script runs in the page that's shown, or, inside, in the browser itself.
func (f *firefox) script(inside bool, body string, args ...any) string {
	f.p.t.Helper()
	text, err := f.tryScript(inside, body, args...)
	require.NoError(f.p.t, err)
	return text
}

func (f *firefox) tryScript(inside bool, body string, args ...any) (string, error) {
	f.p.t.Helper()
	if inside {
		f.do("Marionette:SetContext", fields{"value": "chrome"})
		defer f.do("Marionette:SetContext", fields{"value": "content"})
	}
	if args == nil {
		args = []any{}
	}
	raw, err := f.try("WebDriver:ExecuteScript", fields{"script": body, "args": args})
	if err != nil {
		return "", err
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	return text, nil
}

// until waits for a screen of the popup, which is shown in the front tab.
func (f *firefox) until(screen string) {
	f.p.t.Helper()
	var now, text string
	require.Eventually(f.p.t, func() bool {
		now, _ = f.tryScript(false, `return document.querySelector("[data-screen]")?.dataset.screen ?? ""`)
		text, _ = f.tryScript(false, `return document.body?.innerText ?? ""`)
		return now == screen
	}, patience, 100*time.Millisecond, "wanted %s, it shows %s\nthe host's log:\n%s", screen, lazy(func() string { return now + "\n" + text }), lazy(f.p.log))
}

func (f *firefox) text() string {
	f.p.t.Helper()
	return f.script(false, `return document.body.innerText`)
}

func (f *firefox) element(selector string) string {
	f.p.t.Helper()
	var found map[string]string
	require.NoError(f.p.t, json.Unmarshal(f.do("WebDriver:FindElement", fields{"using": "css selector", "value": selector}), &found))
	for _, id := range found {
		return id
	}
	return ""
}

// press clicks an element. A page that draws itself anew between the look for it and the click has another one there, and nothing was clicked.
func (f *firefox) press(selector string) {
	f.p.t.Helper()
	require.Eventually(f.p.t, func() bool {
		_, err := f.try("WebDriver:ElementClick", fields{"id": f.element(selector)})
		stale := err != nil && strings.Contains(err.Error(), "stale element reference")
		if !stale {
			require.NoError(f.p.t, err)
		}
		return !stale
	}, patience, tick)
}

func (f *firefox) write(selector, text string) {
	f.p.t.Helper()
	// The screen may be drawn anew between finding the field and typing: what was typed stays, but the field is another.
	require.Eventually(f.p.t, func() bool {
		_, err := f.try("WebDriver:ElementSendKeys", fields{"id": f.element(selector), "text": text})
		return err == nil
	}, patience, tick, selector)
	require.Equal(f.p.t, text, f.script(false, `return document.querySelector(arguments[0]).value`, selector))
}

// menu picks our item of a link's context menu, with the mouse's right button.
func (f *firefox) menu(link string) {
	f.p.t.Helper()
	f.do("WebDriver:PerformActions", fields{"actions": []fields{{
		"type": "pointer", "id": "mouse", "parameters": fields{"pointerType": "mouse"},
		"actions": []fields{
			{"type": "pointerMove", "x": 0, "y": 0, "origin": fields{"element-6066-11e4-a52e-4f735466cecf": f.element(link)}},
			{"type": "pointerDown", "button": 2}, {"type": "pointerUp", "button": 2},
		},
	}}})
	require.Eventually(f.p.t, func() bool {
		return f.script(true, `
			const menu = document.getElementById("contentAreaContextMenu");
			const item = [...menu.querySelectorAll("menuitem")].find((i) => i.id.startsWith("sign-with-cmd") && !i.hidden);
			if (menu.state !== "open" || !item) return "not yet";
			menu.activateItem(item);
			return "picked";`) == "picked"
	}, patience, tick, "the menu has no item of ours")
}

// popup shows the popup's page in a tab of its own, which is put in front. The one that the browser opened shows the same.
func (f *firefox) popup() {
	f.p.t.Helper()
	address := f.script(true, `return WebExtensionPolicy.getByID(arguments[0]).getURL("popup.html?window")`, addonID)
	var opened struct{ Handle string }
	require.NoError(f.p.t, json.Unmarshal(f.do("WebDriver:NewWindow", fields{"type": "tab", "focus": true}), &opened))
	f.do("WebDriver:SwitchToWindow", fields{"handle": opened.Handle})
	f.do("WebDriver:Navigate", fields{"url": address})
}

// picture keeps a screenshot where E2E_PICTURES says.
func (f *firefox) picture(t *testing.T, name string) {
	dir := os.Getenv("E2E_PICTURES")
	if dir == "" {
		return
	}
	var png []byte
	require.NoError(t, json.Unmarshal(f.do("WebDriver:TakeScreenshot", fields{"full": true}), &png))
	require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644))
}
