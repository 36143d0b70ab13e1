package command

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox/faulttable"
	"github.com/sign-with-cmd/sign-with-cmd/host/secret/secrettest"
)

// strangePages are the faults that put a page in between which the program doesn't know: the person goes on by hand, at the
// window.
var strangePages = []string{"interstitial", "consent", "captcha", "channel"}

// Every fault of the sandbox in launch mode; extension/e2e has relay mode.
func TestEveryFaultInLaunch(t *testing.T) { faulttable.Sign(t, "launch", launchRow) }

// patient is a person who does what each message asks, up to three times, and then gives up.
type patient struct {
	*client
	sb      *sandbox.Sandbox
	phone   string
	pdf     string
	strange func() // goes on by hand
	asked   map[string]int
	typed   []string
}

func (p *patient) goThrough() message {
	p.t.Helper()
	p.begin()
	p.credentials(p.phone, p.pdf)
	for {
		m, ok := p.receive()
		require.True(p.t, ok, "the host hung up; %s", p.transcript())
		switch {
		case m.over():
			return m
		case m.State == "stage1_input" && m.prompt():
			p.answer(m, fields{"phone": p.phone, "pin": goodPIN})
		case m.State == "stage2_input" && m.prompt():
			p.code(m)
		case m.State == "assist" && m.Progress != "":
			// still the same page
		case m.State == "assist":
			if p.asked["assist"]++; p.strange == nil || p.asked["assist"] > 3 {
				p.send(fields{"cancel": ""})
			} else {
				p.strange()
			}
		}
	}
}

func (p *patient) answer(m message, with fields) {
	p.t.Helper()
	if p.asked[m.State]++; p.asked[m.State] > 3 {
		with = fields{"cancel": ""}
	}
	p.send(with)
}

// code types the last code; where none comes, or two were refused, it asks for another. Approved in the app, it goes on without.
func (p *patient) code(m message) {
	p.t.Helper()
	const arrives = 4 * time.Second
	code := ""
	for end := time.Now().Add(arrives); code == "" && time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		code, _, _ = p.sb.Code(p.phone)
		if code == "" && len(p.inbox) > 0 {
			return
		}
	}
	if m.Resend && p.asked["resend"] == 0 && (code == "" || p.asked["stage2_input"] == 2) {
		p.asked["resend"]++
		p.send(fields{"resend": ""})
		return
	}
	p.typed = append(p.typed, code)
	p.answer(m, fields{"otp": code})
}

// launchRow signs with a fault and says what came of it.
func launchRow(t *testing.T, fault sandbox.MagicPhone) faulttable.Row {
	t.Helper()
	cfg, phone := sandbox.Config{}, fault.Phone
	if phone == "" {
		cfg.Fault, phone = fault.Fault, "+351 900123456" // one without a fault of its own
	}
	limits := "limits: {page: 8s, unknown: 2s, result: 8s}"
	if slices.Contains(strangePages, fault.Fault) {
		limits = "" // atTheWindow has its own
	}
	m := newMachine(t, cfg, limits)
	p := &patient{sb: m.sandbox, phone: phone, pdf: m.pdf("contrato.pdf"), asked: map[string]int{}}
	memory := ""
	var stderr string
	var last message
	if slices.Contains(strangePages, fault.Fault) {
		window := m.atTheWindow("version: 1\n", true)
		p.client = window.client
		p.strange = func() { window.onByHand() }
		last = p.goThrough()
		memory = "the test's own process" // the host runs in it
	} else {
		h := m.converse()
		p.client = h.client
		last = p.goThrough()
		memory = "clean"
		if len(secrettest.InMemory(t, h.cmd.Process.Pid, secrettest.New("PIN", goodPIN))) > 0 {
			memory = "PIN"
		}
		require.Zero(t, h.hangUp())
		stderr = h.stderr.String()
	}

	all := []secrettest.Secret{secrettest.New("PIN", goodPIN)}
	for _, code := range p.typed {
		all = append(all, secrettest.New("code", code))
	}
	found, _ := m.search(all)
	found = append(found, secrettest.Find([]byte(stderr), all...)...)
	found = append(found, secrettest.Find(p.client.received, all...)...)
	require.Empty(t, found)
	counts := m.sandbox.Counts()
	require.Zero(t, counts.LookAlike.Requests, "the look-alike was asked")
	var files []string
	for _, path := range glob(t, m.at("Downloads", "*")) {
		files = append(files, filepath.Base(path))
	}
	if last.State == "done" {
		require.Equal(t, []string{"contrato-signed.pdf"}, files)
	}
	row := faulttable.Row{Ends: last.State, Signatures: counts.Signatures, Files: files, Secrets: "files none, memory " + memory}
	if last.Error != nil {
		row.Code, row.Told = last.Error.Code, strings.TrimSpace(last.Error.Message+" "+last.Error.Next)
	}
	return row
}

// onByHand does what a page asks that isn't known: its picture's characters, its choice of SMS, its button.
func (p *person) onByHand() {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](`(() => {
		const picture = [...document.querySelectorAll("svg text")].map((e) => e.textContent).join("");
		const box = document.querySelector("input[type=text]");
		if (picture && box) box.value = picture;
		document.querySelectorAll("input[type=radio][value=sms]").forEach((e) => e.click());
	})()`))
	p.press("input.main")
}
