package sandbox

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
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// person walks the pages as somebody with a browser does, by plain HTTP: no script runs, so what the pages' scripts
// fill in is filled in here.
type person struct {
	t        *testing.T
	s        *Sandbox
	client   *http.Client
	look     *look
	noScript bool

	url    *url.URL
	status int
	header http.Header
	body   string
}

// keys is where the tests' CA lives: making keys for each test would take half a minute.
var keys string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "sandbox-test-*")
	if err != nil {
		panic(err)
	}
	keys = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func start(t *testing.T, cfg Config) *Sandbox {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = keys
	}
	s, err := Start(context.Background(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// newPerson has no cookies; every name is dialled at the sandbox's address, so nothing depends on a resolver.
func newPerson(t *testing.T, s *Sandbox) *person {
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, s.Addr())
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &person{t: t, s: s, client: &http.Client{Jar: jar, Transport: transport, Timeout: 20 * time.Second}, look: lookNamed("classic")}
}

func (p *person) do(r *http.Request) {
	p.t.Helper()
	require.NoError(p.t, p.try(r))
}

func (p *person) try(r *http.Request) error {
	answer, err := p.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 32<<20))
	p.url, p.status, p.header, p.body = answer.Request.URL, answer.StatusCode, answer.Header, string(body)
	return err
}

func (p *person) open(address string) {
	p.t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	require.NoError(p.t, err)
	p.do(r)
	p.follow()
}

var (
	inputTag  = regexp.MustCompile(`<(?:input|button)\b[^>]*>`)
	attribute = regexp.MustCompile(`\b([a-z]+)="([^"]*)"`)
	formTag   = regexp.MustCompile(`<form\b[^>]*>`)
)

func attributes(tag string) map[string]string {
	found := map[string]string{}
	for _, m := range attribute.FindAllStringSubmatch(tag, -1) {
		found[m[1]] = html.UnescapeString(m[2])
	}
	return found
}

// follow does what the hand-off page's script does: it submits the form at once.
func (p *person) follow() {
	p.t.Helper()
	if !strings.Contains(p.body, `id="handoff"`) {
		return
	}
	r := p.request(p.fields(), nil, "")
	p.do(r)
}

// fields are the values that the page's form would send with no button pressed.
func (p *person) fields() url.Values {
	values := url.Values{}
	for _, tag := range inputTag.FindAllString(p.body, -1) {
		a := attributes(tag)
		if a["name"] == "" || a["type"] == "submit" || a["type"] == "file" || a["type"] == "checkbox" {
			continue
		}
		values.Set(a["name"], a["value"])
	}
	if !p.noScript && values.Has(p.field("humanCheck")) {
		values.Set(p.field("humanCheck"), humanCheckValue)
	}
	return values
}

func (p *person) field(control string) string { return p.look.controls.field(control) }

// request is the page's form, sent as multipart when there is a file to send.
func (p *person) request(values url.Values, file []byte, fileName string) *http.Request {
	p.t.Helper()
	tag := formTag.FindString(p.body)
	require.NotEmpty(p.t, tag, "no form on the page: %s", p.body)
	target, err := p.url.Parse(attributes(tag)["action"])
	require.NoError(p.t, err)
	var body bytes.Buffer
	kind := "application/x-www-form-urlencoded"
	if fileName != "" {
		form := multipart.NewWriter(&body)
		for name := range values {
			require.NoError(p.t, form.WriteField(name, values.Get(name)))
		}
		part, err := form.CreateFormFile(p.field("fileUpload"), fileName)
		require.NoError(p.t, err)
		_, err = part.Write(file)
		require.NoError(p.t, err)
		require.NoError(p.t, form.Close())
		kind = form.FormDataContentType()
	} else {
		body.WriteString(values.Encode())
	}
	r, err := http.NewRequest(http.MethodPost, target.String(), &body)
	require.NoError(p.t, err)
	r.Header.Set("Content-Type", kind)
	return r
}

// press sends the page's form by one of its buttons, after filling the given controls.
func (p *person) press(button string, filled map[string]string) {
	p.t.Helper()
	p.do(p.pressing(button, filled))
	p.follow()
}

func (p *person) pressing(button string, filled map[string]string) *http.Request {
	p.t.Helper()
	values := p.fields()
	for control, value := range filled {
		values.Set(p.field(control), value)
	}
	if strings.Contains(p.body, fmt.Sprintf(`<a id="%s"`, p.look.controls.id(button))) {
		values.Set("__EVENTTARGET", p.field(button))
	} else {
		require.Contains(p.t, p.body, fmt.Sprintf(`name="%s"`, p.field(button)), "the page has no such button")
		values.Set(p.field(button), "x")
	}
	return p.request(values, nil, "")
}

func (p *person) upload(file []byte, name string) {
	p.t.Helper()
	p.do(p.uploading(file, name))
}

func (p *person) uploading(file []byte, name string) *http.Request {
	p.t.Helper()
	values := p.fields()
	values.Set(p.field("btnUpload"), "x")
	return p.request(values, file, name)
}

// at is the step whose page is open, told by a control that only that page has.
func (p *person) at() step {
	for _, s := range []struct {
		step    step
		control string
	}{
		{stepChoose, "lblTitleChooseDoc"}, {stepPreview, "lblTitlePreviewDoc"}, {stepDetails, "lblSignatureDetailsTitle"},
		{stepCredentials, "txtPin"}, {stepCode, "txtMobileTAN"}, {stepNotice, "btnKnown"}, {stepResult, "lnkDownload"}, {stepIntro, "btnNext"},
	} {
		if strings.Contains(p.body, `id="`+p.look.controls.id(s.control)+`"`) {
			return s.step
		}
	}
	return ""
}

func (p *person) requireAt(want step) {
	p.t.Helper()
	require.Equal(p.t, want, p.at(), "%s answered %d: %s", p.url, p.status, p.body)
}

// says requires that the page shows a label, in the look's language.
func (p *person) says(key string) {
	p.t.Helper()
	require.Contains(p.t, html.UnescapeString(p.body), label(key, p.look.language(p.s.cfg.Lang)))
}

// walkTo goes from the start to a step without a hitch.
func (p *person) walkTo(to step, phone string) {
	p.t.Helper()
	p.open(p.s.IntroURL())
	for {
		at := p.at()
		if at == to {
			return
		}
		require.NotEmpty(p.t, at, "%s answered %d: %s", p.url, p.status, p.body)
		switch at {
		case stepIntro:
			p.press("btnNext", nil)
		case stepChoose:
			p.upload(samplePDF, "contrato.pdf")
		case stepPreview:
			p.press("btnYes", nil)
		case stepDetails:
			p.press("btnSignDetails", nil)
		case stepCredentials:
			p.authenticate(phone, PIN)
		default:
			require.Fail(p.t, "walked past", "%s is not on the way to %s", at, to)
		}
		require.NotEqual(p.t, at, p.at(), "stuck: %s", p.body)
	}
}

func (p *person) authenticate(phone, pin string) {
	p.t.Helper()
	p.press("btnNext", map[string]string{"hiddenMobile": phone, "txtPin": pin})
}

func (p *person) confirm(code string) {
	p.t.Helper()
	p.press("btnNext", map[string]string{"txtMobileTAN": code})
}

func (p *person) code(phone string) string {
	p.t.Helper()
	code, _, ok := p.s.Code(phone)
	require.True(p.t, ok, "no code was sent")
	return code
}

// requireSigned requires that the answer is the signed sample as a download.
func (p *person) requireSigned() {
	p.t.Helper()
	require.Equal(p.t, http.StatusOK, p.status)
	require.Equal(p.t, "application/pdf", p.header.Get("Content-Type"), p.body)
	require.Equal(p.t, `attachment; filename=contrato.pdf`, p.header.Get("Content-Disposition"))
	require.True(p.t, strings.HasPrefix(p.body, string(samplePDF)), "the original must be a prefix")
	require.Greater(p.t, len(p.body), len(samplePDF))
	require.Contains(p.t, p.body[len(samplePDF):], "/ByteRange")
}

// samplePDF is a page with a line of text.
var samplePDF = onePage("Contrato de teste")
