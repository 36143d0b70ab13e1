package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
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
	*site
	browser *drive.Chrome
	pages   string // of the site that links to the documents
	stop    func()
}

func newRelay(s *site, chromium string) (hand, error) {
	dir, err := os.MkdirTemp(s.work, "relay-")
	if err != nil {
		return nil, err
	}
	settings := fmt.Sprintf("env: sandbox\nlang: pt\nstate: %q\ndownloads: %q\nsandbox: {address: %q}\n", filepath.Join(dir, "state"), s.folder, s.addr)
	for path, data := range map[string][]byte{
		filepath.Join(dir, "profile", "NativeMessagingHosts", manifests.Host()+".json"): manifests.New(manifests.Chromium, s.cmdsign, nil).JSON(),
		filepath.Join(dir, "config", "cmdsign", "config.yaml"):                          []byte(settings),
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return nil, err
		}
	}
	r := &relay{site: s}
	if err := r.serve(); err != nil {
		return nil, err
	}
	opts := drive.Options{Path: chromium, Profile: filepath.Join(dir, "profile"), Headless: true, Lang: "pt-PT",
		Env: []string{"XDG_CONFIG_HOME=" + filepath.Join(dir, "config"), "LANGUAGE=pt_PT"}}
	if r.browser, err = drive.Start(context.Background(), opts); err != nil {
		return nil, errors.Join(err, r.close())
	}
	leave := r.stop
	r.stop = func() { r.browser.Close(); leave() }
	if _, err := r.browser.Load(filepath.Join(s.root, "extension", "dist", "chromium")); err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

// serve has each document on a page that links to it.
func (r *relay) serve() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /files/", http.StripPrefix("/files/", http.FileServer(http.Dir(r.folder))))
	mux.HandleFunc("GET /{name}", func(w http.ResponseWriter, request *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="pt"><title>Documentos</title><a id="doc" href="/files/%s">Documento</a>`, filepath.Base(request.PathValue("name")))
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: patience}
	go server.Serve(listener)
	r.stop = func() { server.Close() }
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	r.pages = "http://empresa.localhost:" + port + "/"
	return nil
}

func (r *relay) close() error { r.stop(); return nil }

// sign goes from the menu to the signed file. What is before the menu isn't counted, and of what the person does only the program's
// own time: the popup is driven as fast as it lets itself be.
func (r *relay) sign(j job) (signed, error) {
	name := filepath.Base(j.PDF)
	if err := r.browser.GoTo(r.pages + name); err != nil {
		return signed{}, err
	}
	// The click gives the extension the page, as one on the browser's own menu does, which can't be clicked from here.
	first, err := r.browser.Click()
	if err != nil {
		return signed{}, err
	}
	if err := first.Close(); err != nil {
		return signed{}, err
	}
	link, err := chromedp.Run(r.browser.Context(), chromedp.Evaluate[string](`document.getElementById("doc").href`))
	if err != nil {
		return signed{}, err
	}
	got := signed{begin: time.Now(), path: filepath.Join(r.folder, save.SignedName(name, environment.SandboxMarker))}
	p, err := r.browser.Pick(map[string]any{"menuItemId": "link", "linkUrl": link})
	if err != nil {
		return signed{}, err
	}
	for _, step := range []func() error{
		func() error { return on(p, "document") },
		p.Seen,
		func() error { return p.Press("button.primary") },
		func() error { return on(p, "credentials") },
		func() error { return ready(p) },
		func() error { return p.Write("#phone", strings.TrimPrefix(j.Phone, "+351")) },
		func() error { return p.Write("#pin", pin) },
	} {
		if err := step(); err != nil {
			return signed{}, err
		}
	}
	got.given = time.Now()
	if err := p.Press("button.primary"); err != nil {
		return signed{}, err
	}
	if err := on(p, "code"); err != nil {
		return signed{}, err
	}
	code, err := r.code(j.Phone)
	if err == nil {
		err = errors.Join(p.Write("#code", code), p.Press("button.primary"))
	}
	if err != nil {
		return signed{}, err
	}
	// It's in Downloads, whole, once it's verified.
	for until := time.Now().Add(patience); !exists(got.path); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(until) {
			text, _ := p.Text()
			return signed{}, fmt.Errorf("no signed file; the popup shows %.500q", text)
		}
	}
	got.end = time.Now()
	if err := on(p, "done"); err != nil {
		return signed{}, err
	}
	// Ready for the next one.
	if err := p.Press("button.primary"); err != nil {
		return signed{}, err
	}
	if err := on(p, "choose"); err != nil {
		return signed{}, err
	}
	return got, p.Close()
}

// ready waits until the form has put the cursor where it belongs, which it does once it knows a remembered number.
func ready(p *drive.Popup) error {
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		at, err := p.Eval(`document.activeElement?.id ?? ""`)
		if err != nil || at == "phone" || at == "pin" {
			return err
		}
	}
	return errors.New("the form for phone and PIN takes nothing")
}

// on waits until the popup shows a screen. Where it ends otherwise, what it says is the error.
func on(p *drive.Popup, screen string) error {
	now, err := p.Until(screen, "failed", "unverified", "interrupted", "nohost")
	if err == nil && now != screen {
		text, _ := p.Text()
		err = fmt.Errorf("the popup shows %s instead of %s: %.500q", now, screen, text)
	}
	return err
}
