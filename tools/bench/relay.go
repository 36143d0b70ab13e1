package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/sign-with-cmd/sign-with-cmd/extension/drive"
	"github.com/sign-with-cmd/sign-with-cmd/host/environment"
	"github.com/sign-with-cmd/sign-with-cmd/host/save"
	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// relay is the product as a person has it: the extension in a browser that runs already, and its popup.
type relay struct {
	*driven
	id    string // the extension's
	pages string // of the site that links to the documents
	// debugger is where the browser's pages can be asked, beside the pipe by which it's driven.
	debugger string
	// Phone and PIN are given once the site has come to their page, as by a person whose typing takes that long.
	unhurried bool
}

func newRelay(s *site) (hand, error) { return s.person(manifests.IDs(manifests.Chromium)...) }

// newHidden is for whoever has left the button where the browser put it.
func newHidden(s *site) (hand, error) { return s.person() }

func newUnhurried(s *site) (hand, error) {
	r, err := s.person(manifests.IDs(manifests.Chromium)...)
	if err != nil {
		return nil, err
	}
	r.unhurried = true
	return r, nil
}

// person is a browser with the extension in it, and the buttons of pinned on its toolbar.
func (s *site) person(pinned ...string) (*relay, error) {
	program, err := s.nativeHost()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(s.work, "relay-")
	if err != nil {
		return nil, err
	}
	settings := fmt.Sprintf("env: sandbox\nlang: pt\nstate: %q\ndownloads: %q\nsandbox: {address: %q}\n", filepath.Join(dir, "state"), s.folder, s.addr)
	err = put(dir, map[string]string{
		filepath.Join("profile", "NativeMessagingHosts", manifests.Host()+".json"): string(manifests.New(manifests.Chromium, program, nil).JSON()),
		filepath.Join("config", "cmdsign", "config.yaml"):                          settings,
	})
	if err != nil {
		return nil, err
	}
	opts := drive.Options{Profile: filepath.Join(dir, "profile"), Pinned: pinned,
		Env: []string{"XDG_CONFIG_HOME=" + filepath.Join(dir, "config"), "LANGUAGE=pt_PT"},
		// So written, chromedp doesn't take it for its own way to the browser.
		More: []chromedp.ExecAllocatorOption{chromedp.Flag("remote-debugging-port=0", true)}}
	r := &relay{}
	if r.driven, err = s.driven(opts, s.linked()); err != nil {
		return nil, err
	}
	if r.debugger, err = debuggerOf(opts.Profile); err != nil {
		return nil, errors.Join(err, r.close())
	}
	_, port, _ := net.SplitHostPort(r.address)
	r.pages = "http://empresa.localhost:" + port + "/"
	if r.id, err = r.browser.Load(filepath.Join(s.root, "extension", "dist", "chromium")); err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

// linked has each document on a page that links to it.
func (s *site) linked() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /files/", http.StripPrefix("/files/", http.FileServer(http.Dir(s.folder))))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, request *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!doctype html><html lang="pt"><title>Documentos</title>`)
		for _, name := range request.URL.Query()["d"] {
			fmt.Fprintf(w, `<p><a class="doc" href="/files/%s">%[1]s</a>`, html.EscapeString(filepath.Base(name)))
		}
	})
	return mux
}

// show goes to the page that links to some documents.
func (r *relay) show(jobs ...job) error {
	names := url.Values{}
	for _, j := range jobs {
		names.Add("d", filepath.Base(j.PDF))
	}
	return r.browser.GoTo(r.pages + "?" + names.Encode())
}

// pick picks the entry of the first link's menu, and tells when.
func (r *relay) pick(j job) (p *page, at time.Time, err error) {
	if err := errors.Join(r.show(j), r.browser.Touch()); err != nil {
		return nil, at, err
	}
	link, err := chromedp.Run(r.browser.Context(), chromedp.Evaluate[string](`document.querySelector(".doc").href`))
	if err != nil {
		return nil, at, err
	}
	p, err = r.opening(func() error {
		clicked, err := drive.InWorker[float64](r.browser, fmt.Sprintf(`(async () => {
			const [tab] = await chrome.tabs.query({active: true, lastFocusedWindow: true});
			const now = performance.timeOrigin + performance.now();
			chrome.contextMenus.onClicked.dispatch({pageUrl: tab.url, frameId: 0, menuItemId: "link", linkUrl: %q}, tab);
			return now;
		})()`, link))
		at = browserTime(clicked)
		return err
	})
	return p, at, err
}

// browserTime is a time of a page's own clock, in ms since 1970.
func browserTime(ms float64) time.Time { return time.UnixMicro(int64(ms * 1e3)) }

// sign goes from the menu to the signed file. What is before the menu isn't counted, and of what the person does only the program's
// own time: the popup is driven as fast as it lets itself be.
func (r *relay) sign(j job) (signed, error) {
	p, begin, err := r.pick(j)
	if err != nil {
		return signed{}, err
	}
	got := signed{begin: begin, path: r.signedPath(j)}
	if err := r.agree(p, 0); err != nil {
		return signed{}, err
	}
	if got.given, err = r.credentials(p, 0, j.Phone); err != nil {
		return signed{}, err
	}
	if err := r.enter(p, 0, j.Phone); err != nil {
		return signed{}, err
	}
	// It's in Downloads, whole, once it's verified.
	for until := time.Now().Add(patience); !exists(got.path); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(until) {
			return signed{}, fmt.Errorf("no signed file; the popup shows %.500q", p.text())
		}
	}
	got.end = time.Now()
	return got, r.rest(p, "done")
}

// several signs documents in one queue: each is looked at, phone and PIN are typed once, and a code for each.
func (r *relay) several(jobs []job) (got signed, paths []string, err error) {
	if err := r.show(jobs...); err != nil {
		return signed{}, nil, err
	}
	p, err := r.look(r.browser.Click())
	if err != nil {
		return signed{}, nil, err
	}
	if err := on(p, "choose", 0); err != nil {
		return signed{}, nil, err
	}
	if err := p.press("label.check", "todos"); err != nil {
		return signed{}, nil, err
	}
	got.begin = time.Now()
	if err := p.press("button.primary", fmt.Sprintf("(%d)", len(jobs))); err != nil {
		return signed{}, nil, err
	}
	for i := range jobs {
		if err := r.agree(p, i+1); err != nil {
			return signed{}, nil, err
		}
	}
	if got.given, err = r.credentials(p, 1, jobs[0].Phone); err != nil {
		return signed{}, nil, err
	}
	for i := range jobs {
		if err := r.enter(p, i+1, jobs[0].Phone); err != nil {
			return signed{}, nil, err
		}
	}
	if err := on(p, "finished", 0); err != nil {
		return signed{}, nil, err
	}
	got.end = time.Now()
	for _, j := range jobs {
		paths = append(paths, r.signedPath(j))
	}
	return got, paths, r.rest(p, "finished")
}

func (r *relay) signedPath(j job) string {
	return filepath.Join(r.folder, save.SignedName(filepath.Base(j.PDF), environment.SandboxMarker))
}

// agree confirms the document once its first page stands in the popup.
func (r *relay) agree(p *page, place int) error {
	_, err := goOn(p, "document", place, `document.querySelector(".preview")?.dataset.state === "shown"`, nil)
	return err
}

// credentials gives phone and PIN, and tells when the button under them is pressed.
func (r *relay) credentials(p *page, place int, phone string) (at time.Time, err error) {
	// It puts the cursor where it belongs once it knows a remembered number; what was typed before would be lost.
	ready := `["phone", "pin"].includes(document.activeElement?.id)`
	if r.unhurried {
		ready += ` && there`
		if _, err := p.eval(`globalThis.there = false; void (async () => {
			const look = async () => {
				globalThis.there ||= (await chrome.storage.session.get("view")).view?.steps?.includes("credentials_page");
				document.dispatchEvent(new Event("there"));
			};
			chrome.storage.session.onChanged.addListener(look);
			await look();
		})(); ""`); err != nil {
			return at, err
		}
	}
	return goOn(p, "credentials", place, ready, map[string]string{"#phone": strings.TrimPrefix(phone, "+351"), "#pin": pin})
}

// enter gives the code that comes.
func (r *relay) enter(p *page, place int, phone string) error {
	if err := on(p, "code", place); err != nil {
		return err
	}
	code, err := r.phone.code(phone)
	if err != nil {
		return err
	}
	_, err = goOn(p, "code", place, "true", map[string]string{"#code": code})
	return err
}

// rest makes it ready for the next one.
func (r *relay) rest(p *page, screen string) error {
	if err := on(p, screen, 0); err != nil {
		return err
	}
	if err := p.press("button.primary", ""); err != nil {
		return err
	}
	if err := on(p, "choose", 0); err != nil {
		return err
	}
	return p.close()
}

// await waits until an expression gives a text in the popup's page, which itself tells so at once.
func await(p *page, expression string) (string, error) {
	found, err := p.eval(fmt.Sprintf(`new Promise((done) => {
		const look = () => {
			const found = %s;
			if (!found) return;
			for (const watcher of watchers) watcher.disconnect();
			for (const event of ["focusin", "there"]) document.removeEventListener(event, look);
			done(found);
		};
		// By events alone: looking again and again would take the processor from what is measured.
		const watchers = [new MutationObserver(look), new PerformanceObserver(look)];
		watchers[0].observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
		watchers[1].observe({type: "paint", buffered: true});
		for (const event of ["focusin", "there"]) document.addEventListener(event, look);
		look();
	})`, expression))
	if err != nil {
		err = fmt.Errorf("the popup never came to %s: %w", expression, err)
	}
	return found, err
}

// on waits until the popup shows a screen, of several documents the n-th one's (from 1; 0: whichever). Where it ends otherwise, what it
// says is the error.
func on(p *page, screen string, n int) error {
	now, err := await(p, fmt.Sprintf(`(() => {
		const now = document.querySelector("[data-screen]")?.dataset.screen ?? "";
		const at = Number(document.querySelector(".queue h2")?.textContent.match(/\d+/)?.[0] ?? 0);
		if (["failed", "unverified", "interrupted", "nohost"].includes(now)) return now;
		return now === %q && (%d === 0 || at === %[2]d) && now;
	})()`, screen, n))
	if err == nil && now == screen {
		return nil
	}
	return errors.Join(err, fmt.Errorf("the popup shows %s instead of %s: %.500q", now, screen, p.text()))
}

// goOn presses the button that leads on from a screen, once it's there, ready holds and the fields have what belongs in them, and tells when.
// All of that in one step in the popup's page: keys and clicks by the debugger would cost more time than what is measured.
func goOn(p *page, screen string, n int, ready string, fields map[string]string) (at time.Time, err error) {
	if err := on(p, screen, n); err != nil {
		return at, err
	}
	given, err := json.Marshal(fields)
	if err != nil {
		return at, err
	}
	clock, err := await(p, fmt.Sprintf(`(() => {
		const button = document.querySelector("[data-screen=%s] button.primary");
		if (!button || button.disabled || button.ariaDisabled === "true" || !(%s)) return;
		for (const [selector, value] of Object.entries(%s ?? {})) document.querySelector(selector).value = value;
		const at = performance.timeOrigin + performance.now();
		button.click();
		return String(at);
	})()`, screen, ready, given))
	if err != nil {
		return at, err
	}
	ms, err := strconv.ParseFloat(clock, 64)
	return browserTime(ms), err
}
