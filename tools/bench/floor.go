package main

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// bare is the floor of a signing: it sends the requests that a browser sends on the sandbox's pages of the look "classic", one after the
// other as the pages make it, and runs nothing of what they hold.
type bare struct {
	site   *site
	client *http.Client
	url    *url.URL
	header http.Header
	body   []byte
	given  func() // is told when phone and PIN go off
}

const largest = 32 << 20 // bytes of an answer

func newBare(s *site) *bare {
	// Go's resolver need not know *.localhost.
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, s.addr)
	}}
	return &bare{site: s, client: &http.Client{Transport: transport, Timeout: patience}, given: func() {}}
}

func (b *bare) sign(j job) (signed, error) {
	pdf, err := os.ReadFile(j.PDF)
	if err != nil {
		return signed{}, err
	}
	// As a browser's context of its own: no session of an earlier document.
	if b.client.Jar, err = cookiejar.New(nil); err != nil {
		return signed{}, err
	}
	first, err := http.NewRequest(http.MethodGet, b.site.remote.IntroURL, nil)
	if err != nil {
		return signed{}, err
	}
	if err := b.do(first); err != nil {
		return signed{}, err
	}
	var given time.Time
	for _, step := range []struct {
		button string
		filled map[string]string
		file   []byte
	}{
		{button: "btnNext"},
		{button: "btnUpload", file: pdf},
		{button: "btnYes"},
		{button: "btnSignDetails"},
		{button: "btnNext", filled: map[string]string{"hiddenMobile": j.Phone, "txtPin": pin}},
	} {
		if step.filled != nil {
			given = time.Now()
			b.given()
		}
		if err := b.press(step.button, step.filled, step.file, filepath.Base(j.PDF)); err != nil {
			return signed{}, err
		}
	}
	code, err := b.site.phone.code(j.Phone)
	if err != nil {
		return signed{}, err
	}
	if err := b.press("btnNext", map[string]string{"txtMobileTAN": code}, nil, ""); err != nil {
		return signed{}, err
	}
	if b.header.Get("Content-Type") != "application/pdf" {
		return signed{}, fmt.Errorf("no file came: %.200s", b.body)
	}
	if err := b.site.verified(bytes.NewReader(b.body), int64(len(b.body)), j); err != nil {
		return signed{}, err
	}
	return signed{path: j.Save, given: given}, os.WriteFile(j.Save, b.body, 0o600)
}

func (b *bare) close() error { b.client.CloseIdleConnections(); return nil }

var (
	inputs    = regexp.MustCompile(`<input\b[^>]*>`)
	attribute = regexp.MustCompile(`\b([a-z]+)="([^"]*)"`)
	frame     = regexp.MustCompile(`<iframe\b[^>]*>`)
	form      = regexp.MustCompile(`<form\b[^>]*>`)
)

func attributes(tag []byte) map[string]string {
	found := map[string]string{}
	for _, m := range attribute.FindAllSubmatch(tag, -1) {
		found[string(m[1])] = html.UnescapeString(string(m[2]))
	}
	return found
}

// control is what the pages call one.
func control(name string) string { return "ctl00$MainContent$" + name }

// press sends the page's form by a button, and the form that a page sends by itself after it.
func (b *bare) press(button string, filled map[string]string, file []byte, name string) error {
	values := b.fields()
	for field, value := range filled {
		values.Set(control(field), value)
	}
	values.Set(control(button), "x")
	if err := b.post(values, file, name); err != nil {
		return err
	}
	if bytes.Contains(b.body, []byte(`id="handoff"`)) {
		if err := b.post(b.fields(), nil, ""); err != nil {
			return err
		}
	}
	return b.frame()
}

// frame gets the document that a page shows in a frame: its scripts fill what the site asks for once all has loaded.
func (b *bare) frame() error {
	address := attributes(frame.Find(b.body))["src"]
	if address == "" {
		return nil
	}
	at, err := b.url.Parse(address)
	if err != nil {
		return err
	}
	answer, err := b.client.Get(at.String())
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, largest))
	return err
}

// fields are what the form sends without a button, with what the page's script fills in.
func (b *bare) fields() url.Values {
	values := url.Values{}
	for _, tag := range inputs.FindAll(b.body, -1) {
		a := attributes(tag)
		if a["name"] != "" && a["type"] != "submit" && a["type"] != "file" && a["type"] != "checkbox" {
			values.Set(a["name"], a["value"])
		}
	}
	if values.Has("humanCheck") {
		values.Set("humanCheck", "human")
	}
	return values
}

func (b *bare) post(values url.Values, file []byte, name string) error {
	target, err := b.url.Parse(attributes(form.Find(b.body))["action"])
	if err != nil {
		return err
	}
	body, kind := io.Reader(strings.NewReader(values.Encode())), "application/x-www-form-urlencoded"
	if file != nil {
		var parts bytes.Buffer
		w := multipart.NewWriter(&parts)
		for field := range values {
			w.WriteField(field, values.Get(field)) // a buffer takes everything
		}
		part, _ := w.CreateFormFile(control("fileUpload"), name)
		part.Write(file)
		w.Close()
		body, kind = &parts, w.FormDataContentType()
	}
	request, err := http.NewRequest(http.MethodPost, target.String(), body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", kind)
	return b.do(request)
}

func (b *bare) do(request *http.Request) error {
	answer, err := b.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	b.body, err = io.ReadAll(io.LimitReader(answer.Body, largest))
	b.url, b.header = answer.Request.URL, answer.Header
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s", b.url, answer.Status)
	}
	return err
}
