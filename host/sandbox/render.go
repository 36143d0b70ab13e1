package sandbox

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox/signer"
)

// humanCheckValue is what the page's script puts in the hidden box on load; a client that runs no script leaves it empty.
const humanCheckValue = "human"

// view is what a page template may use.
type view struct {
	look   *look
	Lang   string
	Step   step
	Number int // of the step, for the progress line; 0 on pages outside the walk
	Action string

	State, Event string // __VIEWSTATE and __EVENTVALIDATION
	Error, Info  string // texts, already in the language
	Heading      string // of a message page
	Text         string
	Start        string // the intro page

	Places            []int  // where a seal may be, row by row
	Citizen           string // whose signature it is
	Ending            string // the phone's last digits
	Name, Size, Limit string // the document
	Preview           string
	Token, Target     string // of the hand-off
	Phone             string // left in its box
	Reference         string
	Seconds           int // the code is valid for
	NewTab            bool
	Approves          bool // the page moves on by itself
	Download          string
	Notice, Captcha   string

	Countries []country
	Consent   bool
	Reload    bool // the page reloads itself
	Typed     bool // PIN and code keep only what real keys put in
	Drawn     bool // the buttons wait for the page to be drawn
	Spy       bool // a look-alike: every key is reported
}

// T is a text in the page's language.
func (v view) T(key string) string { return v.look.label(key, v.Lang) }

// ID and Field are the id and the form name of a control in the page's look.
func (v view) ID(control string) string    { return v.look.controls.id(control) }
func (v view) Field(control string) string { return v.look.controls.field(control) }

// Human is the value of humanCheck.
func (v view) Human() string { return humanCheckValue }

// Progress has an entry for each of the six steps, true up to the one shown.
func (v view) Progress() []bool {
	steps := make([]bool, 6)
	for i := range v.Number {
		steps[i] = true
	}
	return steps
}

// Channels are the ways to send a code that a page may ask about.
func (v view) Channels() []string { return []string{"sms", "email", "app"} }

// Languages are those that the look can switch to.
func (v view) Languages() []string { return v.look.languages }

// country is a row of the phone box's list.
type country struct{ Code, Name, Dial string }

var countries = []country{
	{"PT", "Portugal", "+351"}, {"ES", "España", "+34"}, {"FR", "France", "+33"}, {"GB", "United Kingdom", "+44"},
	{"DE", "Deutschland", "+49"}, {"CH", "Schweiz", "+41"}, {"LU", "Luxembourg", "+352"}, {"BE", "België", "+32"},
	{"NL", "Nederland", "+31"}, {"IT", "Italia", "+39"}, {"IE", "Ireland", "+353"}, {"BR", "Brasil", "+55"},
	{"AO", "Angola", "+244"}, {"MZ", "Moçambique", "+258"}, {"CV", "Cabo Verde", "+238"}, {"GW", "Guiné-Bissau", "+245"},
	{"ST", "São Tomé e Príncipe", "+239"}, {"TL", "Timor-Leste", "+670"}, {"US", "United States", "+1"}, {"UA", "Україна", "+380"},
}

var stepNumber = map[step]int{
	stepIntro: 1, stepChoose: 2, stepPreview: 3, stepDetails: 4, stepCredentials: 5, stepCode: 6,
}

var stepTemplate = map[step]string{
	stepIntro: "intro", stepChoose: "choose", stepPreview: "preview", stepDetails: "details", stepHandoff: "handoff",
	stepCredentials: "credentials", stepNotice: "notice", stepCode: "code", stepResult: "result",
}

// page answers with the process's page, and a label of what went wrong, or "".
func (x *exchange) page(problem string) { x.pageWith(problem, "") }

func (x *exchange) pageWith(problem, info string) {
	p := x.p
	p.page = randomText(8)
	v := view{
		look: p.look, Lang: p.look.language(p.lang), Step: p.step, Number: stepNumber[p.step], Action: place[p.step].path,
		State: x.s.viewState(p.page, p.step), Event: x.s.eventValidation(p.page, p.step),
		Start: x.s.IntroURL(), Countries: countries, Consent: x.consent(p.look),
		Limit: sizeText(x.s.cfg.MaxFile), Reload: p.reload,
	}
	p.reload = false
	v.Drawn = p.fault.drawn
	v.Typed = p.fault.typed && (p.step == stepCredentials || p.step == stepCode)
	if problem != "" {
		v.Error = v.T(problem)
		if p.look.keepPhone {
			v.Phone = p.typed
		}
	}
	if info != "" {
		v.Info = v.T(info)
	}
	if p.document.data != nil {
		v.Name, v.Size = p.document.name, sizeText(int64(len(p.document.data)))
		v.Preview = previewPath + "?id=" + p.document.id
	}
	if p.step == stepHandoff {
		v.Token, v.Target = p.token, x.s.origin(cmdHost)+credentialsPath
	}
	if p.step == stepDetails {
		for i := range signer.Places {
			v.Places = append(v.Places, i+1)
		}
	}
	if p.step != stepIntro && p.step != stepChoose {
		v.Citizen = citizenName
	}
	if p.step == stepCode {
		v.Ending = p.phone[max(0, len(p.phone)-3):]
		v.Reference = p.message.reference
		v.Seconds = max(0, int(p.message.until.Sub(x.s.cfg.Now())/time.Second))
		v.NewTab, v.Approves = p.fault.newTab, p.fault.approves
	}
	if p.step == stepNotice {
		v.Notice, v.Captcha = p.notice, p.captcha
	}
	if p.step == stepResult {
		v.Download = downloadPath
	}
	x.s.render(x.w, http.StatusOK, p.look.templates(), stepTemplate[p.step], v)
}

// message answers with a page outside the walk: a heading, a text and the way back to the start.
func (x *exchange) message(status int, key string) {
	l, lang := x.s.newLook(), x.s.cfg.Lang
	if x.p != nil {
		l, lang = x.p.look, x.p.lang
	} else {
		if cookie, err := x.r.Cookie("look"); err == nil && lookNamed(cookie.Value) != nil {
			l = lookNamed(cookie.Value)
		}
		if cookie, err := x.r.Cookie("lang"); err == nil {
			lang = cookie.Value
		}
	}
	v := view{look: l, Lang: l.language(lang), Start: x.s.IntroURL(), Consent: x.consent(l)}
	v.Heading, v.Text = v.T(key), v.T(key+".text")
	x.s.render(x.w, status, l.templates(), "message", v)
}

func (s *Sandbox) newLook() *look {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.look
}

func (x *exchange) consent(l *look) bool {
	_, err := x.r.Cookie("cookieConsent")
	banner := l.consent || x.p != nil && x.p.fault.banner
	return banner && err != nil
}

func (s *Sandbox) render(w http.ResponseWriter, status int, templates *template.Template, name string, v any) {
	var page bytes.Buffer
	if err := templates.ExecuteTemplate(&page, name+".html", v); err != nil {
		s.log.Error("page not made", "page", name, "error", err)
		http.Error(w, "sandbox: page not made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes())
}

func sizeText(bytes int64) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%.0f KB", float64(bytes+1023)/1024)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(bytes)/(1<<20)), ".0") + " MB"
}
