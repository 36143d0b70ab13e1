package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox/signer"
)

// The paths of the real pages (facts/cmd.md 1.1). The one of the phone and PIN page is not known for the signing
// variant; this one is the login variant's name in the signing folder. The two .ashx are ours.
const (
	introPath       = "/Ama.Authentication.Frontend/Processes/DigitalSignature/DigitalSignatureIntro.aspx"
	documentPath    = "/Ama.Registry.Frontend/Processes/DigitalSignature/DocumentSigning.aspx"
	previewPath     = "/Ama.Registry.Frontend/Processes/DigitalSignature/DocumentPreview.ashx"
	credentialsPath = "/Ama.Authentication.Frontend/Processes/DigitalSignature/MobileAuthentication.aspx"
	noticePath      = "/Ama.Authentication.Frontend/Processes/DigitalSignature/ServiceNotice.aspx"
	codePath        = "/Ama.Authentication.Frontend/Processes/DigitalSignature/DigitalSignConfirmTan.aspx"
	downloadPath    = "/Ama.Authentication.Frontend/Processes/DigitalSignature/SignedDocument.ashx"
)

// place is where each step's page lives.
var place = map[step]struct{ host, path string }{
	stepIntro:       {cmdHost, introPath},
	stepChoose:      {registryHost, documentPath},
	stepPreview:     {registryHost, documentPath},
	stepDetails:     {registryHost, documentPath},
	stepHandoff:     {registryHost, documentPath},
	stepCredentials: {cmdHost, credentialsPath},
	stepNotice:      {cmdHost, noticePath},
	stepCode:        {cmdHost, codePath},
	stepResult:      {cmdHost, codePath},
}

// exchange is one request to one of the two hosts, and what is known about it.
type exchange struct {
	s    *Sandbox
	w    http.ResponseWriter
	r    *http.Request
	host string
	p    *process
	form *form
}

// ServeHTTP sends a request to the host that it names.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(host)
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		http.Error(w, "sandbox: too many requests at once", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch {
	case host == cmdHost, host == registryHost:
		s.serveSite(w, r, host)
	case host == phoneHost, host == "localhost", host == "127.0.0.1", host == "::1", host == "[::1]":
		s.servePhone(w, r)
	case strings.HasSuffix(host, ".localhost"):
		s.serveLookAlike(w, r, host)
	default:
		// A name from outside that resolves to loopback is somebody's DNS rebinding.
		http.Error(w, "unknown host", http.StatusMisdirectedRequest)
	}
}

func (s *Sandbox) serveSite(w http.ResponseWriter, r *http.Request, host string) {
	s.wait(r, s.cfg.PageDelay)
	x := &exchange{s: s, w: w, r: r, host: host, p: s.processOf(host, r)}
	if r.Method == http.MethodPost {
		f, err := readForm(w, r, s.cfg.MaxFile)
		x.form = f
		s.countPost(x)
		if err != nil {
			x.message(http.StatusBadRequest, "message.state")
			return
		}
	} else if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if x.p == nil {
		if host == cmdHost && r.URL.Path == introPath {
			x.intro()
			return
		}
		if host == registryHost && r.URL.Path == documentPath && r.URL.Query().Has("token") {
			x.arriveAtRegistry()
			return
		}
		x.strangers()
		return
	}
	x.p.mu.Lock()
	defer x.p.mu.Unlock()
	if lang := r.URL.Query().Get("lang"); lang == "pt" || lang == "en" {
		x.p.lang = lang
	}
	x.route()
}

// countPost counts what was sent before anything judges it.
func (s *Sandbox) countPost(x *exchange) {
	at := step("other")
	known := false
	for _, p := range place {
		known = known || p.host == x.host && p.path == x.r.URL.Path
	}
	switch {
	case x.r.URL.Path == credentialsPath:
		at = stepCredentials
	case x.r.URL.Path == codePath:
		at = stepCode
	case x.p != nil && known:
		x.p.mu.Lock()
		at = x.p.step
		x.p.mu.Unlock()
	}
	s.count(func(c *Counts) {
		if known {
			increment(c.Posts, x.host+" "+x.r.URL.Path)
		} else {
			increment(c.Posts, "other")
		}
		secrets := c.Secrets[string(at)]
		secrets.add(x.form)
		if secrets != (Secrets{}) {
			c.Secrets[string(at)] = secrets
		}
		if x.form.hasFile {
			c.Files++
			if !x.form.tooLarge {
				increment(c.FilesByDocument, hash(x.form.file))
			}
		}
	})
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// strangers have no session: a page of the walk sends them to its start, as the real site is reported to do.
func (x *exchange) strangers() {
	for _, p := range place {
		if p.host == x.host && p.path == x.r.URL.Path {
			if x.r.Method == http.MethodPost {
				x.message(http.StatusOK, "message.expired")
				return
			}
			http.Redirect(x.w, x.r, x.s.IntroURL(), http.StatusFound)
			return
		}
	}
	if x.r.URL.Path == "/" {
		http.Redirect(x.w, x.r, x.s.IntroURL(), http.StatusFound)
		return
	}
	x.message(http.StatusNotFound, "message.notfound")
}

// intro shows the first page to somebody without a session, and gives them one.
func (x *exchange) intro() {
	if x.r.Method == http.MethodPost {
		x.message(http.StatusOK, "message.expired")
		return
	}
	p := x.s.newProcess()
	x.p = p
	p.mu.Lock()
	defer p.mu.Unlock()
	x.choices()
	x.s.join(x.w, cmdHost, p)
	x.get()
}

// choices takes the look, language and fault that the person's address or cookie asks for.
func (x *exchange) choices() {
	ask := func(key string) string {
		if value := x.r.URL.Query().Get(key); value != "" {
			return value
		}
		if cookie, err := x.r.Cookie(key); err == nil {
			return cookie.Value
		}
		return ""
	}
	if l := lookNamed(ask("look")); l != nil {
		x.p.look = l
		http.SetCookie(x.w, &http.Cookie{Name: "look", Value: l.name, Path: "/"})
	}
	if lang := ask("lang"); lang == "pt" || lang == "en" {
		x.p.lang = lang
		http.SetCookie(x.w, &http.Cookie{Name: "lang", Value: lang, Path: "/"})
	}
	if name := x.r.URL.Query().Get("fault"); name != "" {
		if f := faultNamed(name); f != nil {
			x.p.fault = f
		}
	}
}

// arriveAtRegistry takes the one-time token that the intro page's redirect carries to the second host.
func (x *exchange) arriveAtRegistry() {
	token := x.r.URL.Query().Get("token")
	var p *process
	x.s.mu.Lock()
	for key, other := range x.s.processes {
		if strings.HasPrefix(key, cmdHost+" ") && other.arrival != "" && same(other.arrival, token) {
			p = other
			p.arrival = ""
		}
	}
	x.s.mu.Unlock()
	if p == nil || x.r.Method != http.MethodGet {
		x.message(http.StatusOK, "message.expired")
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	x.s.join(x.w, registryHost, p)
	p.admit(x.w, registryHost)
	http.Redirect(x.w, x.r, documentPath, http.StatusFound)
}

// route handles a request that belongs to a process.
func (x *exchange) route() {
	p, path := x.p, x.r.URL.Path
	switch {
	case x.host == cmdHost && path == introPath && x.form == nil:
		x.restart()
	case x.host == registryHost && path == documentPath && x.form == nil && x.r.URL.Query().Has("token"):
		x.arriveAgain()
	case x.host == registryHost && path == previewPath:
		x.previewDocument()
	case x.host == cmdHost && path == downloadPath:
		x.download()
	case x.host == cmdHost && path == credentialsPath && x.form != nil && x.form.values.Has("token"):
		x.arriveAtCredentials()
	case place[p.step].host != x.host || place[p.step].path != path:
		x.elsewhere()
	case x.host == registryHost && !p.admitted(registryHost, x.r),
		path != introPath && x.host == cmdHost && !p.admitted(cmdHost, x.r):
		x.message(http.StatusOK, "message.expired")
	case x.form == nil:
		x.get()
	default:
		x.post()
	}
}

// elsewhere answers a page that isn't this step's: a page of the walk is refused, another address doesn't exist.
func (x *exchange) elsewhere() {
	if x.p.step == stepDone {
		x.message(http.StatusOK, "message.done")
		return
	}
	for _, p := range place {
		if p.host == x.host && p.path == x.r.URL.Path {
			x.message(http.StatusOK, "message.expired")
			return
		}
	}
	x.message(http.StatusNotFound, "message.notfound")
}

// restart opens the intro page anew; a process that has gone further is given up.
func (x *exchange) restart() {
	if x.p.step != stepIntro {
		old := x.p
		x.s.end(old)
		x.p = x.s.newProcess()
		x.p.mu.Lock()
		defer x.p.mu.Unlock()
		x.s.drop(old)
		x.s.join(x.w, cmdHost, x.p)
	}
	x.choices()
	x.get()
}

// arriveAgain lets a browser that still has an old process's cookie on the second host begin a new one.
func (x *exchange) arriveAgain() {
	x.p.mu.Unlock()
	defer x.p.mu.Lock()
	(&exchange{s: x.s, w: x.w, r: x.r, host: x.host}).arriveAtRegistry()
}

func (x *exchange) get() {
	if hook := x.p.fault.get[x.p.step]; hook != nil && hook(x) {
		return
	}
	if x.p.step == stepHandoff {
		// Going back to this page after a reload would need a second token; the real one is one-time too.
		x.message(http.StatusOK, "message.expired")
		return
	}
	x.page("")
}

// post checks what every postback must carry, then lets the page act.
func (x *exchange) post() {
	if !x.s.accept(x.p, x.form) {
		x.s.log.Debug("post refused", "step", x.p.step, "why", "view state")
		x.message(http.StatusInternalServerError, "message.state")
		return
	}
	if x.form.value(x.p.look.controls.field("humanCheck")) != humanCheckValue {
		x.message(http.StatusOK, "message.script")
		return
	}
	if x.p.step == stepCredentials && x.pressed("btnNext") {
		x.takePhone()
	}
	if hook := x.p.fault.post[x.p.step]; hook != nil && hook(x) {
		return
	}
	if x.pressed("btnCancel") {
		x.s.end(x.p)
		x.message(http.StatusOK, "message.cancelled")
		return
	}
	switch x.p.step {
	case stepIntro:
		x.postIntro()
	case stepChoose:
		x.postChoose()
	case stepPreview:
		x.postPreview()
	case stepDetails:
		x.postDetails()
	case stepCredentials:
		x.postCredentials()
	case stepNotice:
		x.postNotice()
	case stepCode:
		x.postCode()
	default:
		x.message(http.StatusOK, "message.expired")
	}
}

// pressed says whether the form was sent by a control, be it a submit button or a __doPostBack link.
func (x *exchange) pressed(control string) bool {
	name := x.p.look.controls.field(control)
	return x.form.values.Has(name) || x.form.value("__EVENTTARGET") == name
}

// show answers a postback with the page of another step, as WebForms does: no redirect, the same address.
func (x *exchange) show(next step) {
	x.p.step = next
	x.page("")
}

// move sends the browser to the page of another step at another address.
func (x *exchange) move(next step) {
	x.p.step = next
	http.Redirect(x.w, x.r, x.s.origin(place[next].host)+place[next].path, http.StatusFound)
}

func (x *exchange) postIntro() {
	if !x.pressed("btnNext") {
		x.page("")
		return
	}
	token := randomText(16)
	x.s.mu.Lock()
	x.p.arrival = token
	x.s.counts.Processes++
	x.s.mu.Unlock()
	x.p.step = stepChoose
	http.Redirect(x.w, x.r, x.s.origin(registryHost)+documentPath+"?"+url.Values{"token": {token}}.Encode(), http.StatusFound)
}

func (x *exchange) postChoose() {
	switch {
	case x.pressed("btnBackReg"):
		x.move(stepIntro)
		return
	case !x.pressed("btnUpload"):
		x.page("")
		return
	}
	if problem := refuseDocument(x.form); problem != "" {
		x.page(problem)
		return
	}
	x.p.document = document{id: randomText(8), name: x.form.fileName, data: x.form.file, sha256: hash(x.form.file)}
	x.show(stepPreview)
}

// An encryption dictionary is named in the trailer, or in the dictionary of a cross-reference stream, both in plain text.
var encryptEntry = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`/Encrypt\s*(\d+\s+\d+\s+R|<<)`) })

// refuseDocument is the label of what is wrong with an upload, or "".
func refuseDocument(f *form) string {
	const window = 1024 // where readers look for a PDF's first and last words
	switch {
	case !f.hasFile:
		return "error.file.none"
	case f.tooLarge:
		return "error.file.large"
	case !bytes.Contains(f.file[:min(window, len(f.file))], []byte("%PDF-")),
		!bytes.Contains(f.file[max(0, len(f.file)-window):], []byte("%%EOF")):
		return "error.file.type"
	case encryptEntry().Match(f.file):
		return "error.file.encrypted"
	}
	return ""
}

// previewDocument shows the uploaded document inside the preview page.
func (x *exchange) previewDocument() {
	d := x.p.document
	if d.data == nil || x.r.URL.Query().Get("id") != d.id || !x.p.admitted(registryHost, x.r) {
		x.message(http.StatusNotFound, "message.notfound")
		return
	}
	x.w.Header().Set("Content-Type", "application/pdf")
	x.w.Header().Set("Content-Disposition", disposition("inline", d.name))
	_, _ = x.w.Write(d.data)
}

func (x *exchange) postPreview() {
	switch {
	case x.pressed("btnYes"):
		x.show(stepDetails)
	case x.pressed("btnNo"), x.pressed("btnBackReg"):
		x.p.document = document{}
		x.show(stepChoose)
	default:
		x.page("")
	}
}

func (x *exchange) postDetails() {
	switch {
	case x.pressed("btnBackReg"):
		x.show(stepPreview)
	case x.pressed("btnSignDetails"):
		seal, ok := x.wantedSeal()
		if !ok {
			x.page("error.seal")
			return
		}
		x.p.seal = seal
		x.p.token = randomText(16)
		x.show(stepHandoff)
	default:
		x.page("")
	}
}

// wantedSeal reads what was chosen of a visible signature: nil for none, false for a page that the document hasn't.
func (x *exchange) wantedSeal() (*signer.Seal, bool) {
	value := func(control string) string { return x.form.value(x.p.look.controls.field(control)) }
	if value("chkVisible") != "on" {
		return nil, true
	}
	place, err := strconv.Atoi(value("ddlPosition"))
	if err != nil || place < 1 || place > len(signer.Places) {
		return nil, false
	}
	number, err := strconv.Atoi(value("txtPage"))
	if err != nil {
		return nil, false
	}
	pages := 0
	doc, err := pdf.Open(bytes.NewReader(x.p.document.data), int64(len(x.p.document.data)))
	if err == nil {
		err = doc.At(0).Pages(func(pdf.Page) bool { pages++; return true })
	}
	if err != nil || number < 1 || number > pages {
		return nil, false
	}
	return &signer.Seal{Page: number, Place: signer.Places[place-1], Landscape: value("ddlOrientation") == "L"}, true
}

// arriveAtCredentials takes the one-time token that the hand-off page posts to the first host.
func (x *exchange) arriveAtCredentials() {
	p := x.p
	if p.step != stepHandoff || !same(p.token, x.form.value("token")) {
		x.message(http.StatusOK, "message.expired")
		return
	}
	p.token = ""
	p.admit(x.w, cmdHost)
	x.move(stepCredentials)
}

// takePhone reads the phone, because a magic one chooses the fault of the rest of the walk.
func (x *exchange) takePhone() {
	x.p.typed = x.form.value(x.p.look.controls.field("hiddenMobile"))
	x.p.phone = canonicalPhone(x.p.typed)
	if f := faultOfPhone(x.p.phone); f != nil && f.name != "" {
		x.p.fault = f
	}
}

var pinFormat = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{4,8}$`) })

func (x *exchange) postCredentials() {
	switch {
	case x.pressed("btnBackReg"):
		x.move(stepDetails)
		return
	case !x.pressed("btnNext"):
		x.page("")
		return
	}
	if refusal := x.judgePIN(); refusal != "" {
		x.s.log.Info("credentials refused", "label", refusal)
		x.page(refusal)
		return
	}
	x.p.tries, x.p.sends = 0, 0
	x.s.sendCode(x.p, x.silent())
	x.s.log.Info("code sent", "reference", x.p.message.reference)
	x.move(stepCode)
}

// judgePIN is the label to refuse phone and PIN with, or "".
func (x *exchange) judgePIN() string {
	if x.p.phone == "" {
		return "error.credentials"
	}
	if faultOfPhone(x.p.phone) == nil {
		return "error.magic"
	}
	refusal := ""
	if !pinFormat().MatchString(x.form.value(x.p.look.controls.field("txtPin"))) {
		refusal = "error.credentials"
	} else if x.p.fault.pin != nil {
		refusal = x.p.fault.pin(x)
	}
	now := x.s.cfg.Now()
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	a := x.s.accounts[x.p.phone]
	if a == nil {
		if len(x.s.accounts) >= maxPhones {
			clear(x.s.accounts)
		}
		a = &account{}
		x.s.accounts[x.p.phone] = a
	}
	if now.Before(a.locked) {
		return "error.locked"
	}
	if refusal == "" {
		a.wrong = 0
		return ""
	}
	if refusal == "error.credentials" {
		if a.wrong++; a.wrong >= maxTries {
			a.wrong, a.locked = 0, now.Add(lockTime)
			return "error.locked"
		}
	}
	return refusal
}

// postNotice leaves a page that a fault has put before the code page.
func (x *exchange) postNotice() {
	typed := strings.TrimSpace(x.form.value(x.p.look.controls.field("txtCaptcha")))
	switch {
	case !x.pressed("btnKnown"):
		x.page("")
	case x.p.notice == "captcha" && !strings.EqualFold(typed, x.p.captcha):
		x.page("error.captcha")
	default:
		if x.p.notice == "channel" {
			x.s.sendCode(x.p, x.silent())
		}
		x.move(stepCode)
	}
}

func (x *exchange) silent() bool {
	return x.p.fault.silent != nil && x.p.fault.silent(x.p.sends+1)
}

func (x *exchange) postCode() {
	switch {
	case x.pressed("btnBackReg"):
		x.s.voidCode(x.p)
		x.move(stepCredentials)
		return
	case x.pressed("lnkResend"):
		x.s.sendCode(x.p, x.silent())
		x.pageWith("", "code.resent")
		return
	case x.p.fault.approves && x.pressed("tmrApproval"):
		x.s.voidCode(x.p)
		x.deliver()
		return
	case !x.pressed("btnNext"):
		x.page("")
		return
	}
	refusal := x.judgeCode()
	if refusal == "" {
		x.deliver()
		return
	}
	x.s.log.Info("code refused", "label", refusal)
	if refusal == "error.code" {
		if x.p.tries++; x.p.tries >= maxTries {
			x.s.end(x.p)
			x.message(http.StatusOK, "message.tries")
			return
		}
	}
	x.page(refusal)
}

// judgeCode is the label to refuse a code with, or "". A right code is used up.
func (x *exchange) judgeCode() string {
	given := strings.TrimSpace(x.form.value(x.p.look.controls.field("txtMobileTAN")))
	now := x.s.cfg.Now()
	m := x.p.message
	x.s.mu.Lock()
	right, inTime := same(given, m.code), !now.After(m.until)
	x.s.mu.Unlock()
	switch {
	case !right:
		return "error.code"
	case !inTime:
		return "error.code.expired"
	}
	if x.p.fault.code != nil {
		if refusal := x.p.fault.code(x); refusal != "" {
			return refusal
		}
	}
	x.s.voidCode(x.p)
	return ""
}

// wait keeps an answer back; it gives up when the browser or the sandbox has gone.
func (s *Sandbox) wait(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}
