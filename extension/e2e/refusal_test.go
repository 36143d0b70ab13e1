package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// The site is walked while the person looks at the document: where it leads elsewhere then, that's told once they confirm it.
func TestALookAlikeBeforeTheUploadIsRefused(t *testing.T) {
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	person.sandbox.set("fault", "lookalike-upload")
	browser := person.browse()
	browser.goTo(web.url(siteHost, "/"))
	popup := browser.menu("same")
	popup.agree() // phone and PIN may be asked for after it, for as long as the walk still lasts
	popup.until("failed")
	popup.problem("ORIGIN_REFUSED")
	browser.alone()
	require.Zero(t, person.sandbox.counts().LookAlike["requests"])
}

// An address that looks like the CMD's gets nothing, before the PIN, with it, and with the code. Up to the page of the PIN the site is
// walked while the person types: where it leads elsewhere on that way, they may be told before they have typed anything.
func TestALookAlikeIsRefused(t *testing.T) {
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	browser := person.browse()
	var codes []string
	doubt := false
	for _, row := range []struct {
		name, fault, phone string
		typed              typed
		refused            string
		always             bool // in make test too
	}{
		{"with the document", "lookalike-preview-307", "", nothing, "ORIGIN_REFUSED", false},
		{"at the PIN", "lookalike-pin", "", nothing, "ORIGIN_REFUSED", false},
		{"at the PIN, with a form", "lookalike-pin-307", "", nothing, "ORIGIN_REFUSED", true},
		{"at the code", "", "900000031", thePINToo, "ORIGIN_REFUSED", false},
		{"at the code, with the PIN", "", "900000032", thePINToo, "ORIGIN_REFUSED", true},
		// The site had the code already: that's what counts then.
		{"at the result", "", "900000033", theCodeToo, "MAY_BE_SIGNED", false},
		{"at the result, with the code", "", "900000034", theCodeToo, "MAY_BE_SIGNED", true},
	} {
		if !row.always && !long(t) {
			continue
		}
		t.Run(row.name, func(t *testing.T) {
			person.sandbox.set("fault", row.fault)
			browser.goTo(web.url(siteHost, "/"))
			popup := browser.menu("same")
			popup.t = t
			popup.agree()
			if doubt {
				popup.problem("LOOK_FIRST")
				popup.agree()
			}
			if row.typed >= thePINToo {
				popup.credentials(row.phone, goodPIN)
			}
			if row.typed >= theCodeToo {
				codes = append(codes, popup.code(row.phone))
			}
			popup.until("failed")
			popup.problem(row.refused)
			browser.alone() // a tab left at the address would go there when it's loaded anew, with all that the form sent
			doubt = row.typed >= theCodeToo
			popup.press("button.plain")
			popup.until("choose")
			popup.close()
		})
	}
	person.wentNowhere()
	require.Empty(t, person.downloads())
	// Nor does the browser's list of closed tabs get what the form would have taken there.
	person.keepsNothing("Tabs_*", codes...)
}

// wentNowhere looks that no look-alike got anything, and nothing was signed.
func (p *person) wentNowhere() {
	p.t.Helper()
	for what, n := range p.sandbox.counts().LookAlike {
		require.Zero(p.t, n, "the look-alike got %s", what)
	}
	require.Zero(p.t, p.sandbox.signatures())
}

// typed is how far the person has come.
type typed int

const (
	nothing typed = iota
	thePINToo
	theCodeToo
)

// fields is what a test sends as a host.
type fields = map[string]any

// cmdPages is a server at the CMD's names of the sandbox, and at a name like them, for tests that play the host.
type cmdPages struct {
	url, evil string

	mu   sync.Mutex
	sent []string // what was typed into a page and told
}

func newCMDPages(t *testing.T) *cmdPages {
	t.Helper()
	pages := &cmdPages{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/pin":
			// A page that tells at once what comes into its box, as a false one would.
			fmt.Fprint(w, `<!doctype html><title>CMD</title><input id="pin" type="password">
<script>document.getElementById("pin").addEventListener("input", (e) => fetch("/typed?" + e.target.value, {method: "POST"}))</script>`)
		case "/typed":
			pages.mu.Lock()
			pages.sent = append(pages.sent, r.Host+" "+r.URL.RawQuery)
			pages.mu.Unlock()
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
	pages.url, pages.evil = "http://cmd.localhost:"+port, "http://cmd-gov.localhost:"+port
	return pages
}

func (c *cmdPages) typed() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string{}, c.sent...)
}

// atCredentials brings a signing with a puppet to where the person has typed the PIN. It gives the PIN's token.
func atCredentials(t *testing.T, browser *chrome, web *site, connect func() *puppet, pin string) (*puppet, *popup, string) {
	t.Helper()
	browser.goTo(web.url(siteHost, "/"))
	popup := browser.click()
	host := connect()
	host.hello(nil)
	host.document(popup)
	popup.confirm()
	popup.credentials(goodPhone, pin)
	said := host.hear(func(m map[string]any) bool { _, ok := m["phone"]; return ok })
	require.NotContains(t, said, "pin")
	token, _ := said["pin_token"].(string)
	require.NotEmpty(t, token)
	return host, popup, token
}

// A host that asks for more than it may have gets it neither by a command outside the list, nor in a page of another origin,
// nor in a page that changes between the check and the fill.
func TestAHostThatAsksForMore(t *testing.T) {
	t.Parallel()
	person := newPerson(t)
	web, cmd := newSite(t), newCMDPages(t)
	connect := person.puppet()
	browser := person.browse()
	host, popup, token := atCredentials(t, browser, web, connect, goodPIN)

	refused := func(code string, request fields) {
		t.Helper()
		_, got := host.ask(request)
		require.Equal(t, code, got, "%v", request)
	}
	refused("ORIGIN_REFUSED", fields{"do": "open", "origins": []string{cmd.evil}})
	refused("ORIGIN_REFUSED", fields{"do": "open", "origins": []string{cmd.url, "https://example.com"}})
	refused("NOT_OPEN", fields{"do": "fillSecret", "token": token, "selector": "#pin"})
	opened, code := host.ask(fields{"do": "open", "origins": []string{cmd.url}})
	require.Empty(t, code)
	require.NotEmpty(t, opened["targetId"])
	refused("BUSY", fields{"do": "open", "origins": []string{cmd.url}})

	command := func(method string, params fields) fields {
		return fields{"do": "command", "method": method, "params": params}
	}
	for method, params := range map[string]fields{
		"Network.enable":                        {},
		"Network.getCookies":                    {},
		"Storage.getCookies":                    {},
		"Fetch.getRequestPostData":              {"requestId": "1"},
		"Runtime.evaluate":                      {"expression": "document.cookie"},
		"Page.addScriptToEvaluateOnNewDocument": {"source": "1"},
		"Page.printToPDF":                       {},
		"DOM.setFileInputFiles":                 {"files": []string{"/etc/passwd"}},
		"Target.createTarget":                   {"url": cmd.url},
		"Fetch.fulfillRequest":                  {"requestId": "1", "responseCode": 302},
		"Fetch.continueRequest":                 {"requestId": "1", "url": cmd.evil},
		"constructor":                           {},
	} {
		refused("COMMAND_REFUSED", command(method, params))
	}
	refused("ORIGIN_REFUSED", command("Page.navigate", fields{"url": cmd.evil + "/pin"}))
	refused("COMMAND_REFUSED", fields{"do": "read", "path": "/etc/passwd"})
	refused("ORIGIN_REFUSED", fields{"do": "fillSecret", "token": token, "selector": "#pin"}) // at about:blank

	to := func(url string) {
		t.Helper()
		_, code := host.ask(command("Page.navigate", fields{"url": url}))
		require.Empty(t, code)
		host.loaded(browser, url)
	}
	to(cmd.url + "/pin")
	refused("NO_TOKEN", fields{"do": "fillSecret", "token": "t-00000000000000000000000000000000", "selector": "#pin"})
	refused("NO_ELEMENT", fields{"do": "fillSecret", "token": token, "selector": "#other"})

	// Between the check of the page and the fill it becomes another: the browser itself is made to take it there in that moment.
	between := func(url string) {
		t.Helper()
		browser.worker(fmt.Sprintf(`(() => {
			const real = chrome.scripting.executeScript;
			chrome.scripting.executeScript = async (given) => {
				const checked = await real.call(chrome.scripting, given);
				chrome.scripting.executeScript = real;
				let began = false;
				const there = new Promise((done) => chrome.tabs.onUpdated.addListener(function on(id, change) {
					if (id !== given.target.tabId) return;
					began ||= change.status === "loading";
					if (began && change.status === "complete") { chrome.tabs.onUpdated.removeListener(on); done(); }
				}));
				await chrome.tabs.update(given.target.tabId, {url: %q});
				await there;
				return checked;
			};
		})()`, url))
	}
	between(cmd.evil + "/pin")
	refused("DOCUMENT_GONE", fields{"do": "fillSecret", "token": token, "selector": "#pin"})
	refused("ORIGIN_REFUSED", fields{"do": "fillSecret", "token": token, "selector": "#pin"}) // now that it's at the other
	refused("ORIGIN_REFUSED", command("Page.captureScreenshot", fields{}))
	refused("ORIGIN_REFUSED", command("Page.navigate", fields{"url": cmd.url + "/pin"}))

	// The page comes back by itself, and changes for another of its own origin.
	browser.worker(fmt.Sprintf(`chrome.tabs.query({active: false}).then(([tab]) => chrome.tabs.update(tab.id, {url: %q}))`,
		cmd.url+"/pin"))
	host.loaded(browser, cmd.url+"/pin")
	between(cmd.url + "/pin?outra")
	refused("DOCUMENT_GONE", fields{"do": "fillSecret", "token": token, "selector": "#pin"})
	require.Empty(t, cmd.typed(), "a page got the PIN")

	// Where all is as it must be, it's filled, once.
	filled, code := host.ask(fields{"do": "fillSecret", "token": token, "selector": "#pin"})
	require.Empty(t, code)
	require.Equal(t, true, filled["filled"])
	refused("NO_TOKEN", fields{"do": "fillSecret", "token": token, "selector": "#pin"})
	require.Eventually(t, func() bool { return len(cmd.typed()) == 1 }, patience, tick)
	require.Equal(t, []string{strings.TrimPrefix(cmd.url, "http://") + " " + goodPIN}, cmd.typed())
	popup.until("working")
}

// A host of another version, one that isn't for this extension, and one that says what can't be understood: each has its own
// message.
func TestHostsThatDontFit(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	connect := person.puppet()
	browser := person.browse()
	browser.goTo(web.url(siteHost, "/"))
	for _, row := range []struct {
		name, code string
		say        func(*puppet)
	}{
		{"too old", "VERSION_HOST_OLD", func(h *puppet) { h.say(fields{"state": "start"}) }},
		{"too new", "VERSION_CLIENT_OLD", func(h *puppet) { h.hello(fields{"protocol": 9, "min_protocol": 9}) }},
		{"no mode for this browser", "MODE_MISSING", func(h *puppet) { h.hello(fields{"modes": []string{"telepathy"}}) }},
		// Over 1 MiB the browser ends the connection (facts/native.md 1.1).
		{"a frame over the cap", "HOST_BROKEN", func(h *puppet) { h.tooLong() }},
	} {
		t.Run(row.name, func(t *testing.T) {
			popup := browser.click()
			popup.t = t
			host := connect()
			row.say(host)
			popup.until("nohost")
			popup.problem(row.code)
			host.gone()
			popup.close()
		})
	}

	for _, row := range []struct {
		name, code string
		change     func()
	}{
		{"registered for another extension", "HOST_FORBIDDEN", func() { person.register(binary, strings.Repeat("a", 32)) }},
		{"registered, and not there", "HOST_NOT_FOUND", func() { person.register(person.at("nowhere"), extensionID) }},
		{"not registered", "HOST_NOT_FOUND", func() {
			require.NoError(t, os.Remove(person.at("profile", "NativeMessagingHosts", hostName+".json")))
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.change()
			popup := browser.click()
			popup.t = t
			popup.problem(row.code)
			popup.until("nohost")
			popup.close()
		})
	}
}

// An extension that a browser lets through, and that the program itself doesn't know: it's told nothing.
func TestAnExtensionThatIsNotAllowed(t *testing.T) {
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	build := strangersBuild(t, person)
	browser := person.start()
	browser.load(build)
	require.NotEqual(t, extensionID, browser.id)
	person.asHost(browser.id, "record", person.at("tmp"))
	browser.goTo(web.url(siteHost, "/"))
	popup := browser.click()
	popup.until("nohost")
	popup.problem("HOST_EXITED")
	said, err := os.ReadFile(person.at("tmp", "stderr"))
	require.NoError(t, err)
	require.Contains(t, string(said), "CALLER_NOT_ALLOWED")
	told, err := os.ReadFile(person.at("tmp", "from-host"))
	require.NoError(t, err)
	require.Empty(t, told)
	popup.close()

	// The person allows it by name.
	person.configure(browser.id, "")
	popup = browser.click()
	popup.until("choose")
}

// A message over what the host takes is refused with its own code, and the next is heard.
func TestAMessageOverTheCap(t *testing.T) {
	t.Parallel()
	person := newPerson(t)
	browser := person.browse()
	answers := inWorker[[]string](browser, `new Promise((done) => {
		const port = chrome.runtime.connectNative("`+hostName+`");
		const heard = [];
		port.onMessage.addListener((m) => {
			heard.push(m.error?.code ?? m.progress ?? m.state);
			if (heard.length === 1) {
				port.postMessage({ping: "x".repeat(17 << 20)});
				port.postMessage({ping: "ainda"});
			}
			if (heard.length === 3) { port.disconnect(); done(heard); }
		});
		port.onDisconnect.addListener(() => done([...heard, chrome.runtime.lastError?.message ?? "gone"]));
	})`)
	require.Equal(t, []string{"start", "MESSAGE_TOO_LARGE", "ainda"}, answers)
}

// What the host has to say while the person types draws the form anew: what's typed, and where, stays.
func TestTypingGoesOnWhenTheHostSpeaks(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	connect := person.puppet()
	browser := person.browse()
	browser.goTo(web.url(siteHost, "/"))
	popup := browser.click()
	host := connect()
	host.hello(nil)
	host.document(popup)
	popup.confirm()
	popup.write("#phone", "9000")
	host.say(fields{"state": "stage1_input", "status": "OK", "progress": "browser_ready", "notes": []string{"O navegador corre sem a sua caixa de areia."}})
	require.Eventually(t, func() bool { return strings.Contains(popup.text(), "caixa de areia") }, patience, tick)
	// The settings that the form asks for come before these.
	_, err := chromedp.Run(popup.ctx, chromedp.Evaluate[chromedp.Void](`chrome.storage.local.get().then(() => {})`, chromedp.EvalAwaitPromise))
	require.NoError(t, err)
	require.NoError(t, chromedp.Do(popup.ctx, chromedp.KeyEvent("00001")))
	require.Equal(t, "900000001/", popup.eval(`document.querySelector("#phone").value + "/" + document.querySelector("#pin").value`))
}
