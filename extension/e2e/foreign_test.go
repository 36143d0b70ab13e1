package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// passwordManager is another extension, of the kind that puts a frame of its own beside boxes for passwords.
func passwordManager(t *testing.T, person *person, script, beacon string) string {
	t.Helper()
	dir := person.at("manager")
	require.NoError(t, os.MkdirAll(dir, 0o700))
	for name, text := range map[string]string{
		"manifest.json": `{"manifest_version": 3, "name": "Guarda-chaves", "version": "1", "host_permissions": ["<all_urls>"],
			"content_scripts": [{"matches": ["<all_urls>"], "js": ["add.js"], "all_frames": true, "run_at": "document_end"}],
			"web_accessible_resources": [{"matches": ["<all_urls>"], "resources": ["frame.html"]}]}`,
		"frame.html": `<!doctype html>Preencher?`,
		"add.js": `
			const add = (box) => {
				const frame = document.createElement("iframe");
				frame.src = chrome.runtime.getURL("frame.html");
				const host = document.createElement("span");
				host.attachShadow({mode: "closed"}).append(frame);
				box.after(host);
				// It tells that it did, however soon the frame is taken away again.
				fetch("` + beacon + `", {mode: "no-cors", keepalive: true});
			};
			` + script,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

// Beside a password manager, with its frame in the way of the debugger: signs all the same.
func TestSignBesideAPasswordManager(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		script string
		seen   bool // whether it gets to add its frame when nobody but us is at the page
	}{
		"that waits for the focus": {`document.addEventListener("focusin", (e) => e.target.type === "password" && add(e.target));`, false},
		"that is there at once": {`document.querySelectorAll("input[type=password]").forEach(add);
			new MutationObserver((all) => all.forEach((m) => m.addedNodes.forEach((n) => n.querySelectorAll?.("input[type=password]").forEach(add))))
				.observe(document, {childList: true, subtree: true});`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			person := newPerson(t)
			web := newSite(t)
			dir := passwordManager(t, person, row.script, web.url(otherHost, "/moldura-de-outra-extensao"))
			browser := person.browse()
			browser.loadOther(dir)
			browser.goTo(web.url(siteHost, "/entrar"))
			if !row.seen {
				// It does what it's for, where a person puts the cursor into such a box.
				browser.focus("#palavra")
			}
			require.Eventually(t, func() bool { return len(web.asked("/moldura-de-outra-extensao")) > 0 }, patience, tick, "the other extension adds no frame")
			before := len(web.asked("/moldura-de-outra-extensao"))

			browser.goTo(web.url(siteHost, "/"))
			popup := browser.click()
			popup.until("choose")
			popup.choose("Contrato (data)")
			popup.signs(web)
			require.Equal(t, 1, person.sandbox.signatures())
			if row.seen {
				require.Greater(t, len(web.asked("/moldura-de-outra-extensao")), before, "the frame did not come into the CMD's page")
				log, err := os.ReadFile(person.at("host.log"))
				require.NoError(t, err)
				require.NotZero(t, strings.Count(string(log), "executionContextsCleared"))
			}
		})
	}
}

// The debugger goes while a form's answer is under way. The answer to the code, a page with the link to the signed file, isn't lost, and the code is
// sent once.
func TestTheDebuggerGoesAsAFormIsAnswered(t *testing.T) {
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	browser := person.browse()
	browser.goTo(web.url(siteHost, "/"))
	// In place of another extension's frame, which would have to come within some ms: the browser refuses, and tells of nothing.
	const refused = `throw new Error("Cannot access a chrome-extension:// URL of different extension")`
	// A frame that looks for a program on the computer.
	const thrownOut = `await new Promise((gone) => {
		chrome.debugger.onDetach.addListener(gone);
		chrome.scripting.executeScript({target: {tabId: target.tabId}, func: () =>
			void document.body.append(Object.assign(document.createElement("iframe"), {src: "programa-que-nao-existe://porta"}))});
	})`
	const phone = "900000041"
	for i, row := range []struct{ as, when, how string }{
		{"the form goes on", `method === "Fetch.continueRequest"`, refused},
		{"its answer goes on", `method === "Fetch.getResponseBody"`, refused},
		{"its answer is asked for", `method === "Page.navigate"`, refused},
		{"its answer is asked for, and it is told", `method === "Page.navigate"`, thrownOut},
		{"its answer is given, where the GET goes to the site", `method === "Fetch.fulfillRequest" && params.body`, thrownOut},
	} {
		popup := browser.pick(map[string]any{"menuItemId": "link", "linkUrl": web.url(siteHost, fmt.Sprintf("/numero/%d", 416+i))})
		popup.confirm()
		popup.credentials(phone, goodPIN)
		popup.until("code")
		before := person.sandbox.counts()
		browser.meddle(row.when, row.how)
		popup.code(phone)
		popup.until("done")
		popup.close()
		require.True(t, inWorker[bool](browser, `globalThis.meddled`), "the debugger didn't go as %s", row.as)
		require.Equal(t, before.Secrets["code"].Codes+1, person.sandbox.counts().Secrets["code"].Codes, row.as)
		require.Equal(t, i+1, person.sandbox.signatures(), row.as)
		require.Len(t, person.downloads(), i+1, row.as)
	}
	browser.stop()
	person.nothingLeft()
}
