package sandbox

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox/signer"
)

// step is where a process stands; its text names the page in Counts.
type step string

const (
	stepIntro       step = "intro"
	stepChoose      step = "choose"
	stepPreview     step = "preview"
	stepDetails     step = "details"
	stepHandoff     step = "handoff" // between the hosts
	stepCredentials step = "credentials"
	stepNotice      step = "notice" // an interstitial page that a fault puts in
	stepCode        step = "code"
	stepResult      step = "result"
	stepDone        step = "done"
)

const (
	maxProcesses = 256
	processIdle  = 20 * time.Minute
	maxTries     = 3 // of codes in a process, and of PINs of an account
	lockTime     = 5 * time.Minute
)

// process is one walk through the pages: the server's side of the session cookies of both hosts.
type process struct {
	mu      sync.Mutex // held through a request, as ASP.NET does: the requests of one session queue
	cookies map[string]string
	tickets map[string]string
	used    time.Time // guarded by Sandbox.mu

	step    step
	page    string // the nonce of the view state that the next POST must carry
	token   string // one-time, carries the process from the details to the PIN page
	arrival string // one-time, carries the process to the second host; guarded by Sandbox.mu
	look    *look
	lang    string
	fault   *fault
	over    bool // a hook has let the fault do its work once

	document document
	seal     *signer.Seal // what was chosen on the details page
	phone    string
	typed    string // the phone as it was typed
	message  *message
	tries    int    // wrong codes
	sends    int    // SMS sent
	reload   bool   // the page about to be shown reloads itself
	reloaded step   // the page that last did
	notice   string // the kind of notice page, and what its picture says
	captcha  string
	signed   *delivery // kept for a result page's link
}

type document struct {
	id, name string
	data     []byte
	sha256   string
}

// account is what the sandbox knows of a phone: its wrong PINs in a row, and until when it is locked.
type account struct {
	wrong  int
	locked time.Time
}

func randomText(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

const (
	sessionCookie = "ASP.NET_SessionId"
	ticketCookie  = ".ASPXAUTH"
)

// processOf finds the process that the request's session cookie belongs to, or nil.
func (s *Sandbox) processOf(host string, r *http.Request) *process {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.processes[host+" "+cookie.Value]
	if p == nil || time.Since(p.used) > processIdle {
		return nil
	}
	p.used = time.Now()
	return p
}

// newProcess makes a process at the intro page and throws away the longest idle ones when there are too many.
func (s *Sandbox) newProcess() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &process{
		cookies: map[string]string{}, tickets: map[string]string{}, used: time.Now(),
		step: stepIntro, look: s.look, lang: s.cfg.Lang, fault: s.fault,
	}
	live := map[*process]bool{}
	for _, other := range s.processes {
		live[other] = true
	}
	var oldest *process
	for other := range live {
		if time.Since(other.used) > processIdle {
			s.forget(other)
			delete(live, other)
		} else if oldest == nil || other.used.Before(oldest.used) {
			oldest = other
		}
	}
	if len(live) >= maxProcesses {
		s.forget(oldest)
	}
	return p
}

// forget needs s.mu.
func (s *Sandbox) forget(p *process) {
	for host, id := range p.cookies {
		delete(s.processes, host+" "+id)
	}
}

// drop takes a process's cookies away, because another has come in its place.
func (s *Sandbox) drop(p *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(p)
}

// join gives the process a session cookie of a host.
func (s *Sandbox) join(w http.ResponseWriter, host string, p *process) {
	id := randomText(12)
	s.mu.Lock()
	if old, ok := p.cookies[host]; ok {
		delete(s.processes, host+" "+old)
	}
	p.cookies[host] = id
	s.processes[host+" "+id] = p
	s.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: id, Path: "/", HttpOnly: true})
}

// admit gives the process a host's second cookie, which the pages behind the one-time token ask for.
func (p *process) admit(w http.ResponseWriter, host string) {
	p.tickets[host] = strings.ToUpper(randomText(40))
	http.SetCookie(w, &http.Cookie{Name: ticketCookie, Value: p.tickets[host], Path: "/", HttpOnly: true})
}

func (p *process) admitted(host string, r *http.Request) bool {
	cookie, err := r.Cookie(ticketCookie)
	return err == nil && p.tickets[host] != "" && same(cookie.Value, p.tickets[host])
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// end closes a process: its code no longer counts, and its document is let go.
func (s *Sandbox) end(p *process) {
	p.step, p.page, p.token = stepDone, "", ""
	p.document.data = nil
	s.voidCode(p)
}

// viewState seals the page's nonce, so that a page can only be answered by whoever was shown it.
func (s *Sandbox) viewState(nonce string, at step) string {
	return "/wEP" + s.seal("state", nonce, string(at))
}

func (s *Sandbox) eventValidation(nonce string, at step) string {
	return "/wEd" + s.seal("event", nonce, string(at))
}

func (s *Sandbox) seal(kind, nonce, at string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(kind + "\x00" + nonce + "\x00" + at))
	// The text is opaque and long, as the real one; the nonce inside is what makes two pages differ.
	return base64.StdEncoding.EncodeToString(append([]byte(nonce), mac.Sum(nil)...))
}

// accept says whether a POST carries the state of the page shown last, and uses that state up.
func (s *Sandbox) accept(p *process, f *form) bool {
	if p.page == "" ||
		!same(f.value("__VIEWSTATE"), s.viewState(p.page, p.step)) ||
		!same(f.value("__EVENTVALIDATION"), s.eventValidation(p.page, p.step)) {
		return false
	}
	p.page = ""
	return true
}
