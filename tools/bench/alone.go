package main

import (
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"github.com/sign-with-cmd/sign-with-cmd/extension/drive"
)

// alone is the floor of whoever signs in a browser: a Chromium that runs, whose pages fill and send themselves by a script of their own
// once they've loaded, with nobody outside to ask, to be told or to be shown anything, and the file saved by the browser. What it takes
// more than the bare HTTP client is the browser's own.
type alone struct {
	*driven
	saved chan string // ids of files that the browser has saved

	mu  sync.Mutex
	job job
	at  time.Time // phone and PIN went off
}

//go:embed alone.js
var aloneScript string

func newAlone(s *site) (hand, error) {
	dir, err := os.MkdirTemp(s.work, "alone-")
	if err != nil {
		return nil, err
	}
	a := &alone{saved: make(chan string, 1)}
	if a.driven, err = s.driven(drive.Options{Profile: filepath.Join(dir, "profile")}, a.answers()); err != nil {
		return nil, err
	}
	if err := a.prepare(dir); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

// prepare puts the script into the browser, and has files saved where they are looked for.
func (a *alone) prepare(dir string) error {
	err := put(dir, map[string]string{
		"manifest.json": `{"manifest_version": 3, "name": "Alone", "version": "1", "host_permissions": ["http://*/*"],
			"content_scripts": [{"matches": ["http://*.localhost/*"], "js": ["alone.js"], "run_at": "document_end"}]}`,
		"alone.js": strings.NewReplacer("HERE", "http://"+a.address, "PIN", pin).Replace(aloneScript),
	})
	if err != nil {
		return err
	}
	if _, err := a.browser.Install(dir); err != nil {
		return err
	}
	err = chromedp.ListenBrowser(a.browser.Context(), func(ev any) {
		if e, is := ev.(*browser.EventDownloadProgress); is && e.State == browser.DownloadProgressStateCompleted {
			select {
			case a.saved <- e.GUID:
			default: // of an earlier turn, that nobody waits for any more
			}
		}
	})
	if err != nil {
		return err
	}
	_, err = chromedp.CallBrowser(a.browser.Context(), browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: a.folder, EventsEnabled: new(true)})
	return err
}

// answers are the document, the phone, and the code that has come to it, for the script.
func (a *alone) answers() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /document", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, a.now().PDF) })
	mux.HandleFunc("GET /phone", func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.at = time.Now()
		fmt.Fprint(w, a.job.Phone)
	})
	mux.HandleFunc("GET /code", func(w http.ResponseWriter, r *http.Request) {
		code, err := a.phone.code(a.now().Phone)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, code)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Cache-Control", "no-store") // two documents of one second have one Last-Modified
		mux.ServeHTTP(w, r)
	})
}

func (a *alone) now() job {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.job
}

func (a *alone) sign(j job) (signed, error) {
	a.mu.Lock()
	a.job = j
	a.mu.Unlock()
	select {
	case <-a.saved:
	default:
	}
	got := signed{path: j.Save, begin: time.Now()}
	ctx := a.browser.Context()
	tab, err := chromedp.CallBrowser(ctx, target.CreateTarget, target.CreateTargetParams{URL: a.remote.IntroURL, Background: new(true)})
	if err != nil {
		return signed{}, err
	}
	select {
	case id := <-a.saved:
		err = os.Rename(filepath.Join(a.folder, id), j.Save)
	case <-time.After(patience):
		err = errors.New("no file came")
	}
	got.end = time.Now()
	a.mu.Lock()
	got.given = a.at
	a.mu.Unlock()
	_, closed := chromedp.CallBrowser(ctx, target.CloseTarget, target.CloseTargetParams{TargetID: tab.TargetID})
	return got, errors.Join(err, closed)
}
