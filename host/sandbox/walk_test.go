package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const okPhone = "+351900000001"

func TestSignsADocumentInEachLook(t *testing.T) {
	for _, name := range Looks() {
		t.Run(name, func(t *testing.T) {
			s := start(t, Config{Look: name})
			p := newPerson(t, s)
			p.look = lookNamed(name)
			p.walkTo(stepCode, okPhone)
			_, reference, ok := s.Code(okPhone)
			require.True(t, ok)
			require.Contains(t, p.body, reference, "the page shows the reference of the SMS")
			p.confirm(p.code(okPhone))
			p.requireSigned()

			c := s.Counts()
			require.Equal(t, 1, c.Processes)
			require.Equal(t, 1, c.Signatures)
			require.Equal(t, 1, c.Messages)
			require.Equal(t, map[string]int{hash(samplePDF): 1}, c.SignaturesByDocument)
			require.Equal(t, map[string]int{hash(samplePDF): 1}, c.FilesByDocument)
			require.Equal(t, map[string]Secrets{"credentials": {Phones: 1, PINs: 1}, "code": {Codes: 1}}, c.Secrets)
			require.Equal(t, 3, c.Posts[registryHost+" "+documentPath])
			require.Equal(t, LookAlike{}, c.LookAlike)
		})
	}
}

func TestEveryPageSaysThatItIsASandbox(t *testing.T) {
	const words = "SANDBOX — ambiente de testes, sem valor legal. Não oficial; sem ligação ao Estado nem à ARTE/AMA."
	for _, name := range Looks() {
		s := start(t, Config{Look: name, Fault: "interstitial"})
		p := newPerson(t, s)
		p.look = lookNamed(name)
		for _, at := range []step{stepIntro, stepChoose, stepPreview, stepDetails, stepCredentials, stepNotice} {
			p.walkTo(at, okPhone)
			require.Contains(t, p.body, words, at)
		}
		p.press("btnKnown", nil)
		p.requireAt(stepCode)
		require.Contains(t, p.body, words)
		p.press("btnCancel", nil)
		p.says("message.cancelled")
		require.Contains(t, p.body, words)
	}
	s := start(t, Config{})
	p := newPerson(t, s)
	p.open(s.PhoneURL())
	require.Contains(t, p.body, words)
	p.open(s.origin(lookAlikeHost) + credentialsPath)
	p.requireAt(stepCredentials)
	require.Contains(t, p.body, words)
}

func TestPagesMustBeWalkedInOrder(t *testing.T) {
	s := start(t, Config{})
	pages := []string{s.origin(registryHost) + documentPath, s.origin(cmdHost) + credentialsPath, s.origin(cmdHost) + codePath}

	for _, page := range pages {
		p := newPerson(t, s)
		p.open(page)
		p.requireAt(stepIntro)
		require.Equal(t, s.IntroURL(), p.url.String(), "without a session a page leads to the start")
	}
	p := newPerson(t, s)
	p.walkTo(stepChoose, okPhone)
	for _, page := range pages[1:] {
		p.open(page)
		p.says("message.expired")
	}
	p.open(pages[0])
	p.requireAt(stepChoose)

	p.walkTo(stepCode, okPhone)
	p.confirm(p.code(okPhone))
	p.requireSigned()
	p.open(pages[2])
	p.says("message.done")
	require.Equal(t, 1, s.Counts().Signatures)
}

func TestBothCookiesAreNeeded(t *testing.T) {
	s := start(t, Config{})
	for _, missing := range []string{sessionCookie, ticketCookie} {
		for _, at := range []step{stepPreview, stepCredentials} {
			p := newPerson(t, s)
			p.walkTo(at, okPhone)
			p.client.Jar.SetCookies(p.url, []*http.Cookie{{Name: missing, Value: "", Path: "/", MaxAge: -1}})
			r := p.pressing(map[step]string{stepPreview: "btnYes", stepCredentials: "btnNext"}[at],
				map[string]string{"hiddenMobile": okPhone, "txtPin": PIN})
			p.do(r)
			p.says("message.expired")
		}
	}
	require.Zero(t, s.Counts().Messages)
}

func TestOneTimeTokensWorkOnce(t *testing.T) {
	s := start(t, Config{})
	p := newPerson(t, s)
	p.open(s.IntroURL())
	var first string
	p.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Query().Has("token") {
			first = r.URL.String()
		}
		return nil
	}
	p.press("btnNext", nil)
	p.requireAt(stepChoose)
	require.NotEmpty(t, first)
	thief := newPerson(t, s)
	thief.open(first)
	thief.says("message.expired")

	p.upload(samplePDF, "contrato.pdf")
	p.press("btnYes", nil)
	p.do(p.pressing("btnSignDetails", nil))
	handoff := p.fields()
	r := p.request(handoff, nil, "")
	again := p.request(handoff, nil, "")
	p.do(r)
	p.requireAt(stepCredentials)
	p.do(again)
	p.says("message.expired")
}

func TestAPostCountsOnce(t *testing.T) {
	s := start(t, Config{})
	p := newPerson(t, s)
	p.walkTo(stepCode, okPhone)
	filled := map[string]string{"txtMobileTAN": p.code(okPhone)}
	first, again := p.pressing("btnNext", filled), p.pressing("btnNext", filled)
	p.do(first)
	p.requireSigned()
	p.do(again)
	p.says("message.done")
	require.Equal(t, 1, s.Counts().Signatures)
	require.Equal(t, 2, s.Counts().Posts[cmdHost+" "+codePath])

	p = newPerson(t, s)
	p.walkTo(stepPreview, okPhone)
	first, again = p.pressing("btnNo", nil), p.pressing("btnNo", nil)
	p.do(first)
	p.requireAt(stepChoose)
	p.do(again)
	require.Equal(t, http.StatusInternalServerError, p.status)
	p.says("message.state")
}

func TestAForgedOrMissingViewStateIsRefused(t *testing.T) {
	s := start(t, Config{})
	for _, name := range []string{"__VIEWSTATE", "__EVENTVALIDATION"} {
		for _, value := range []string{"", "/wEPDwUKLTk2"} {
			p := newPerson(t, s)
			p.walkTo(stepPreview, okPhone)
			values := p.fields()
			values.Set(name, value)
			values.Set(p.field("btnYes"), "x")
			p.do(p.request(values, nil, ""))
			p.says("message.state")
			p.open(s.origin(registryHost) + documentPath)
			p.requireAt(stepPreview)
		}
	}
}

func TestWithoutAScriptThereIsNoWay(t *testing.T) {
	s := start(t, Config{})
	p := newPerson(t, s)
	p.noScript = true
	p.open(s.IntroURL())
	p.press("btnNext", nil)
	p.says("message.script")
}

func TestTheChoosePageRefusesInItsOwnWords(t *testing.T) {
	encrypted := bytes.Replace(samplePDF, []byte("/Root 1 0 R"), []byte("/Root 1 0 R /Encrypt 9 0 R"), 1)
	for _, c := range []struct {
		name, label string
		file        []byte
	}{
		{"over the limit", "error.file.large", append(bytes.Clone(samplePDF), make([]byte, 64<<10)...)},
		{"far over the limit", "error.file.large", append(bytes.Clone(samplePDF), make([]byte, 8<<20)...)},
		{"a web page", "error.file.type", []byte("<html><body>login</body></html>")},
		{"empty", "error.file.type", nil},
		{"cut short", "error.file.type", samplePDF[:len(samplePDF)/2]},
		{"encrypted", "error.file.encrypted", encrypted},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t, Config{MaxFile: 64 << 10})
			p := newPerson(t, s)
			p.walkTo(stepChoose, okPhone)
			p.upload(c.file, "contrato.pdf")
			p.requireAt(stepChoose)
			p.says(c.label)
			require.Equal(t, 1, s.Counts().Files)
			p.upload(samplePDF, "contrato.pdf")
			p.requireAt(stepPreview)
		})
	}
	s := start(t, Config{})
	p := newPerson(t, s)
	p.walkTo(stepChoose, okPhone)
	p.do(p.pressing("btnUpload", nil))
	p.says("error.file.none")
	require.Zero(t, s.Counts().Files)
}

func TestThePreviewShowsTheDocumentThatWasSent(t *testing.T) {
	s := start(t, Config{})
	p := newPerson(t, s)
	p.walkTo(stepChoose, okPhone)
	p.upload(samplePDF, `C:\Os meus documentos\declaração nº 1 "final".pdf`)
	p.requireAt(stepPreview)
	require.Contains(t, html.UnescapeString(p.body), `declaração nº 1 "final".pdf`)
	require.NotContains(t, p.body, "Os meus")
	address := attributes(p.body[strings.Index(p.body, "<iframe"):][:200])["src"]
	shown, err := p.url.Parse(address)
	require.NoError(t, err)
	page := *p
	p.open(shown.String())
	require.Equal(t, string(samplePDF), p.body)
	require.Equal(t, "application/pdf", p.header.Get("Content-Type"))
	require.True(t, strings.HasPrefix(p.header.Get("Content-Disposition"), "inline"))

	page.press("btnNo", nil)
	page.requireAt(stepChoose)
	p.open(shown.String())
	require.Equal(t, http.StatusNotFound, p.status)
}

func TestPhoneAndPINThatAreRefused(t *testing.T) {
	for _, c := range []struct{ name, phone, pin, label string }{
		{"phone box never left", "", "1234", "error.credentials"},
		{"letters", "+351 9OOOOOOOI", "1234", "error.credentials"},
		{"somebody's real number", "+351 912345678", "1234", "error.magic"},
		{"PIN too short", okPhone, "123", "error.credentials"},
		{"PIN with letters", okPhone, "12a4", "error.credentials"},
		{"no PIN", okPhone, "", "error.credentials"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t, Config{})
			p := newPerson(t, s)
			p.walkTo(stepCredentials, okPhone)
			p.authenticate(c.phone, c.pin)
			p.requireAt(stepCredentials)
			p.says(c.label)
			require.Zero(t, s.Counts().Messages)
			p.authenticate(okPhone, "12345678")
			p.requireAt(stepCode)
		})
	}
}

func TestAPhoneIsKnownHoweverItIsWritten(t *testing.T) {
	for _, typed := range []string{"+351 900000001", "+351900 000 001", "00351900000001", "900000001", "+351-900-000-001"} {
		require.Equal(t, okPhone, canonicalPhone(typed), typed)
	}
	for _, typed := range []string{"", "+", "abc", "12345", "+3519000000011111", "9000+00001", "+351 900000001;"} {
		require.Empty(t, canonicalPhone(typed), typed)
	}
}

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func TestThreeWrongPINsLockTheAccountForAWhile(t *testing.T) {
	clock := newClock()
	s := start(t, Config{Now: clock.Now})
	p := newPerson(t, s)
	p.walkTo(stepCredentials, okPhone)
	p.authenticate(okPhone, "1")
	p.says("error.credentials")
	p.authenticate(okPhone, "1")
	p.says("error.credentials")
	p.authenticate(okPhone, "1")
	p.says("error.locked")
	require.Contains(t, p.body, "A sua conta encontra-se temporariamente bloqueada")

	p = newPerson(t, s)
	p.walkTo(stepCredentials, okPhone)
	p.authenticate(okPhone, PIN)
	p.says("error.locked")
	clock.pass(lockTime)
	p.authenticate(okPhone, PIN)
	p.requireAt(stepCode)
}

func TestACodeCountsTwoMinutes(t *testing.T) {
	clock := newClock()
	s := start(t, Config{Now: clock.Now})
	p := newPerson(t, s)
	p.walkTo(stepCode, okPhone)
	first := p.code(okPhone)
	clock.pass(2*time.Minute + time.Second)
	_, _, ok := s.Code(okPhone)
	require.False(t, ok)
	p.confirm(first)
	p.requireAt(stepCode)
	p.says("error.code.expired")
	p.press("lnkResend", nil)
	p.says("code.resent")
	clock.pass(2 * time.Minute)
	p.confirm(p.code(okPhone))
	p.requireSigned()
}

func TestOnlyTheLastCodeCounts(t *testing.T) {
	s := start(t, Config{})
	p := newPerson(t, s)
	p.walkTo(stepCode, okPhone)
	first := p.code(okPhone)
	second := first
	for second == first { // one in a million
		p.press("lnkResend", nil)
		second = p.code(okPhone)
	}
	p.confirm(first)
	p.says("error.code")
	p.confirm(second)
	p.requireSigned()
}

func TestThreeWrongCodesMeanStartingOver(t *testing.T) {
	s := start(t, Config{})
	p := newPerson(t, s)
	p.walkTo(stepCode, okPhone)
	right := p.code(okPhone)
	wrong := "000000"
	if right == wrong {
		wrong = "000001"
	}
	for range 2 {
		p.confirm(wrong)
		p.requireAt(stepCode)
		p.says("error.code")
		require.Contains(t, p.body, "Código de segurança inválido")
	}
	last := p.pressing("btnNext", map[string]string{"txtMobileTAN": right})
	p.confirm(wrong)
	p.says("message.tries")
	p.do(last)
	p.says("message.done")
	_, _, ok := s.Code(okPhone)
	require.False(t, ok)
	require.Zero(t, s.Counts().Signatures)

	p.walkTo(stepCode, okPhone)
	p.confirm(p.code(okPhone))
	p.requireSigned()
}

func TestWaitCodeWaitsForTheSMS(t *testing.T) {
	s := start(t, Config{})
	got := make(chan string, 1)
	go func() {
		code, _, err := s.WaitCode(context.Background(), "900 000 001")
		if err != nil {
			code = err.Error()
		}
		got <- code
	}()
	p := newPerson(t, s)
	p.walkTo(stepCode, okPhone)
	require.Equal(t, p.code(okPhone), <-got)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, _, err := s.WaitCode(ctx, "+351900100000")
	require.ErrorIs(t, err, context.Canceled)

	closing := make(chan error, 1)
	go func() {
		_, _, err := s.WaitCode(context.Background(), "+351900100000")
		closing <- err
	}()
	require.NoError(t, s.Close())
	require.Error(t, <-closing)
}

func TestGoingBackAndCancelling(t *testing.T) {
	s := start(t, Config{})
	p := newPerson(t, s)
	p.walkTo(stepCode, okPhone)
	p.press("btnBackReg", nil)
	p.requireAt(stepCredentials)
	_, _, ok := s.Code(okPhone)
	require.False(t, ok, "a code that was left behind no longer counts")
	for _, at := range []step{stepDetails, stepPreview, stepChoose, stepIntro} {
		p.press("btnBackReg", nil)
		p.requireAt(at)
	}
	p.walkTo(stepCode, okPhone)
	p.confirm(p.code(okPhone))
	p.requireSigned()

	for _, at := range []step{stepChoose, stepPreview, stepDetails, stepCredentials, stepCode} {
		p.walkTo(at, okPhone)
		p.press("btnCancel", nil)
		p.says("message.cancelled")
	}
	require.Equal(t, 1, s.Counts().Signatures)
}

func TestTheLanguageCanBeSwitchedOnEveryPage(t *testing.T) {
	s := start(t, Config{})
	p := newPerson(t, s)
	for at, words := range map[step][2]string{
		stepIntro:       {`value="Avançar"`, `value="Next"`},
		stepPreview:     {"Tem a certeza que é este o documento a assinar?", "Are you sure that this is the document to sign?"},
		stepDetails:     {"Detalhes da assinatura do documento", "Document signature details"},
		stepCredentials: {`value="Autenticar"`, `value="Authenticate"`},
		stepCode:        {`value="Confirmar"`, `value="Confirm"`},
	} {
		p.walkTo(at, okPhone)
		address := *p.url
		address.RawQuery = ""
		p.open(address.String() + "?lang=en")
		p.requireAt(at)
		require.Contains(t, p.body, words[1])
		p.open(address.String() + "?lang=pt")
		require.Contains(t, p.body, words[0])
	}
	p.open(s.IntroURL() + "?look=modern&lang=pt")
	require.Contains(t, p.body, "Sign documents with Digital Mobile Key", "this look has English only")
}

func TestManyPeopleAtOnceGetTheirOwnDocuments(t *testing.T) {
	s := start(t, Config{})
	people := 12
	errs := make(chan error, people)
	for i := range people {
		p := newPerson(t, s)
		go func() { errs <- p.signsOwnDocument(i) }()
	}
	for range people {
		require.NoError(t, <-errs)
	}
	require.Equal(t, people, s.Counts().Signatures)
	require.Len(t, s.Counts().SignaturesByDocument, people)
}

// signsOwnDocument walks without require, which must not be called from another goroutine.
func (p *person) signsOwnDocument(i int) error {
	document := onePage(fmt.Sprintf("Documento %d", i))
	phone := fmt.Sprintf("+351900%06d", 100000+i)
	r, err := http.NewRequest(http.MethodGet, p.s.IntroURL(), nil)
	for err == nil {
		if err = p.try(r); err != nil {
			break
		}
		values := p.fields()
		switch at := p.at(); at {
		case stepIntro:
			values.Set(p.field("btnNext"), "x")
			r = p.request(values, nil, "")
		case stepChoose:
			r = p.uploading(document, "d.pdf")
		case stepPreview:
			values.Set(p.field("btnYes"), "x")
			r = p.request(values, nil, "")
		case stepDetails:
			values.Set(p.field("btnSignDetails"), "x")
			r = p.request(values, nil, "")
		case stepCredentials:
			values.Set(p.field("hiddenMobile"), phone)
			values.Set(p.field("txtPin"), PIN)
			values.Set(p.field("btnNext"), "x")
			r = p.request(values, nil, "")
		case stepCode:
			code, _, _ := p.s.Code(phone)
			values.Set(p.field("txtMobileTAN"), code)
			values.Set(p.field("btnNext"), "x")
			r = p.request(values, nil, "")
		default:
			if strings.HasPrefix(p.body, string(document)) && len(p.body) > len(document) {
				return nil
			}
			if !strings.Contains(p.body, `id="handoff"`) {
				return fmt.Errorf("person %d got %d: %.300s", i, p.status, p.body)
			}
			r = p.request(values, nil, "")
		}
	}
	return err
}

func TestIdleSessionsMakeRoom(t *testing.T) {
	s := start(t, Config{})
	first := newPerson(t, s)
	first.walkTo(stepChoose, okPhone)
	for range maxProcesses {
		newPerson(t, s).open(s.IntroURL())
	}
	s.mu.Lock()
	kept := len(s.processes)
	s.mu.Unlock()
	require.LessOrEqual(t, kept, maxProcesses+1)
	first.open(s.origin(registryHost) + documentPath)
	first.requireAt(stepIntro)
}

func TestASessionEndsWhenNobodyUsesIt(t *testing.T) {
	s := start(t, Config{})
	p := newPerson(t, s)
	p.walkTo(stepCode, okPhone)
	s.mu.Lock()
	for _, process := range s.processes {
		process.used = process.used.Add(-processIdle - time.Second)
	}
	s.mu.Unlock()
	p.confirm(p.code(okPhone))
	p.says("message.expired")
	require.Zero(t, s.Counts().Signatures)
}

func TestTooManyRequestsAtOnceAreRefused(t *testing.T) {
	s := start(t, Config{})
	for range maxRequests {
		s.slots <- struct{}{}
	}
	p := newPerson(t, s)
	p.open(s.IntroURL())
	require.Equal(t, http.StatusServiceUnavailable, p.status)
	<-s.slots
	p.open(s.IntroURL())
	p.requireAt(stepIntro)
}

func TestPageDelayKeepsPagesBack(t *testing.T) {
	s := start(t, Config{PageDelay: 60 * time.Millisecond})
	began := time.Now()
	newPerson(t, s).open(s.IntroURL())
	require.GreaterOrEqual(t, time.Since(began), 60*time.Millisecond)
}

func TestWrongConfigurationIsRefused(t *testing.T) {
	for name, cfg := range map[string]Config{
		"every interface": {Addr: ":0"}, "another machine's address": {Addr: "192.0.2.1:0"}, "no port": {Addr: "127.0.0.1"},
		"look": {Look: "gothic"}, "language": {Lang: "fr"}, "fault": {Fault: "no-such-fault"},
	} {
		_, err := Start(context.Background(), cfg)
		require.Error(t, err, name)
	}
}

func TestItStopsWithItsContextEvenWhileAPageHangs(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s, err := Start(ctx, Config{Dir: keys})
	require.NoError(t, err)
	p := newPerson(t, s)
	p.walkTo(stepCredentials, okPhone)
	hanging := p.pressing("btnNext", map[string]string{"hiddenMobile": phoneOf(t, "hang"), "txtPin": PIN})
	answered := make(chan error, 1)
	go func() { answered <- p.try(hanging) }()
	_, _, err = s.WaitCode(context.Background(), phoneOf(t, "hang"))
	require.NoError(t, err)
	cancel()
	require.NoError(t, s.Close())
	require.Error(t, <-answered)
	_, err = http.Get("http://" + s.Addr())
	require.Error(t, err)
}

func TestUnknownHostsAndPaths(t *testing.T) {
	s := start(t, Config{})
	p := newPerson(t, s)
	p.open("http://attacker.example:" + s.port + introPath)
	require.Equal(t, http.StatusMisdirectedRequest, p.status)
	p.open(s.origin(cmdHost) + "/etc/passwd")
	require.Equal(t, http.StatusNotFound, p.status)
	p.open(s.origin(cmdHost) + "/sandbox/counts")
	require.Equal(t, http.StatusNotFound, p.status, "the sandbox's own data is on the phone's host only")
	p.walkTo(stepChoose, okPhone)
	p.open(s.origin(registryHost) + "/nothing")
	require.Equal(t, http.StatusNotFound, p.status)
	require.Equal(t, []string{"http://cmd.localhost:" + s.port, "http://frtend.reg.cmd.localhost:" + s.port}, s.Origins())
	require.Equal(t, "http://cmd.localhost:"+s.port+"/Ama.Authentication.Frontend/Processes/DigitalSignature/DigitalSignatureIntro.aspx", s.IntroURL())
}

func TestABodyThatIsNoFormIsRefused(t *testing.T) {
	s := start(t, Config{})
	for kind, body := range map[string]string{
		"application/json":                    "{}",
		"":                                    "x",
		"application/x-www-form-urlencoded":   strings.Repeat("a", maxFormBytes+1),
		"multipart/form-data; boundary=b":     "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nunended",
		"multipart/form-data; boundary=parts": strings.Repeat("--parts\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n", maxParts+1) + "--parts--\r\n",
	} {
		p := newPerson(t, s)
		p.walkTo(stepChoose, okPhone)
		r, err := http.NewRequest(http.MethodPost, s.origin(registryHost)+documentPath, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Content-Type", kind)
		p.do(r)
		require.Equal(t, http.StatusBadRequest, p.status, kind)
	}
}

func FuzzReadForm(f *testing.F) {
	f.Add("application/x-www-form-urlencoded", []byte("a=1&b=%zz"))
	f.Add("multipart/form-data; boundary=b", []byte("--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a/../b.pdf\"\r\n\r\n%PDF\r\n--b--\r\n"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		r, err := http.NewRequest(http.MethodPost, "http://cmd.localhost/", bytes.NewReader(body))
		if err != nil {
			return
		}
		r.Header.Set("Content-Type", kind)
		form, err := readForm(nil, r, 16)
		require.LessOrEqual(t, form.size, int64(len(body)))
		require.LessOrEqual(t, len(form.file), 17)
		if err == nil && form.hasFile {
			require.NotEmpty(t, form.fileName)
			require.NotContains(t, form.fileName, "/")
			require.NotEmpty(t, disposition("attachment", form.fileName))
		}
	})
}

func FuzzCanonicalPhone(f *testing.F) {
	f.Add("+351 900 000 001")
	f.Add("00351900000001")
	f.Fuzz(func(t *testing.T, typed string) {
		if phone := canonicalPhone(typed); phone != "" {
			require.Regexp(t, `^\+[0-9]{7,15}$`, phone)
			require.Equal(t, phone, canonicalPhone(phone))
		}
	})
}
