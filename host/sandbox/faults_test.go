package sandbox

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/stretchr/testify/require"
)

func phoneOf(t *testing.T, fault string) string {
	t.Helper()
	for _, row := range MagicPhones() {
		if row.Fault == fault {
			return row.Phone
		}
	}
	require.Fail(t, "no phone for this fault", fault)
	return ""
}

// authenticated is at the code page, or wherever the fault of the phone has led instead.
func authenticated(p *person, phone string) {
	p.t.Helper()
	p.walkTo(stepCredentials, phone)
	p.authenticate(phone, PIN)
}

// confirmed has typed the right code once.
func confirmed(p *person, phone string) {
	p.t.Helper()
	authenticated(p, phone)
	p.requireAt(stepCode)
	p.confirm(p.code(phone))
}

// doing says what each row of the table does to somebody; every row must be here.
var doing = map[string]func(p *person, phone string){
	"": func(p *person, phone string) {
		confirmed(p, phone)
		p.requireSigned()
		require.Equal(p.t, pdfsig.Verified, p.verify().Verdict)
	},
	"wrong-pin-once": func(p *person, phone string) {
		authenticated(p, phone)
		p.requireAt(stepCredentials)
		p.says("error.credentials")
		p.authenticate(phone, PIN)
		p.requireAt(stepCode)
		p.confirm(p.code(phone))
		p.requireSigned()
	},
	"wrong-pin-always": func(p *person, phone string) {
		authenticated(p, phone)
		p.says("error.credentials")
		p.authenticate(phone, PIN)
		p.says("error.credentials")
		p.authenticate(phone, PIN)
		p.says("error.locked")
	},
	"locked":             refusesPIN("error.locked"),
	"pin-change-901":     refusesPIN("error.901"),
	"pin-change-902":     refusesPIN("error.902"),
	"signature-inactive": refusesPIN("error.inactive"),
	"wrong-code-once": func(p *person, phone string) {
		confirmed(p, phone)
		p.requireAt(stepCode)
		p.says("error.code")
		p.confirm(p.code(phone))
		p.requireSigned()
	},
	"wrong-code-always": func(p *person, phone string) {
		confirmed(p, phone)
		p.says("error.code")
		p.confirm(p.code(phone))
		p.says("error.code")
		p.confirm(p.code(phone))
		p.says("message.tries")
	},
	"code-expired": func(p *person, phone string) {
		confirmed(p, phone)
		p.says("error.code.expired")
		p.press("lnkResend", nil)
		p.confirm(p.code(phone))
		p.requireSigned()
	},
	"code-replaced": func(p *person, phone string) {
		authenticated(p, phone)
		first := p.code(phone)
		p.confirm(first)
		p.says("error.code")
		require.Equal(p.t, 2, p.s.Counts().Messages)
		p.confirm(p.code(phone))
		p.requireSigned()
	},
	"code-late": func(p *person, phone string) {
		authenticated(p, phone)
		p.requireAt(stepCode)
		_, _, ok := p.s.Code(phone)
		require.False(p.t, ok)
		p.press("lnkResend", nil)
		p.confirm(p.code(phone))
		p.requireSigned()
	},
	"app-approval": func(p *person, phone string) {
		authenticated(p, phone)
		p.requireAt(stepCode)
		require.Zero(p.t, p.s.Counts().Messages)
		require.Contains(p.t, p.body, "tmrApproval")
		values := p.fields()
		values.Set("__EVENTTARGET", p.field("tmrApproval"))
		p.do(p.request(values, nil, ""))
		p.requireSigned()
	},
	"outage": func(p *person, _ string) {
		p.open(p.s.IntroURL())
		p.failsWith(http.StatusServiceUnavailable, "message.outage")
	},
	"error-500": func(p *person, _ string) {
		p.open(p.s.IntroURL())
		p.press("btnNext", nil)
		p.failsWith(http.StatusInternalServerError, "message.500")
	},
	"file-refused":   refusesFile("error.file.type"),
	"file-too-large": refusesFile("error.file.large"),
	"file-encrypted": refusesFile("error.file.encrypted"),
	"session-expired-upload": func(p *person, phone string) {
		p.walkTo(stepChoose, phone)
		p.upload(samplePDF, "contrato.pdf")
		p.says("message.expired")
	},
	"slow-upload": func(p *person, phone string) {
		p.walkTo(stepChoose, phone)
		began := time.Now()
		p.upload(samplePDF, "contrato.pdf")
		require.GreaterOrEqual(p.t, time.Since(began), p.s.cfg.Slow)
		p.requireAt(stepPreview)
	},
	"outage-after-pin": func(p *person, phone string) {
		authenticated(p, phone)
		p.failsWith(http.StatusServiceUnavailable, "message.outage")
		require.Zero(p.t, p.s.Counts().Messages)
	},
	"error-500-after-pin": func(p *person, phone string) {
		authenticated(p, phone)
		p.failsWith(http.StatusInternalServerError, "message.500")
	},
	"reset-after-pin": func(p *person, phone string) {
		p.walkTo(stepCredentials, phone)
		p.breaks(p.pressing("btnNext", map[string]string{"hiddenMobile": phone, "txtPin": PIN}))
	},
	"slow": func(p *person, phone string) {
		began := time.Now()
		confirmed(p, phone)
		require.GreaterOrEqual(p.t, time.Since(began), 2*p.s.cfg.Slow)
		p.requireSigned()
	},
	"hang": func(p *person, phone string) {
		p.walkTo(stepCredentials, phone)
		p.beginsAndHangs(p.pressing("btnNext", map[string]string{"hiddenMobile": phone, "txtPin": PIN}), "<!DOCTYPE html>")
	},
	"session-expired": func(p *person, phone string) {
		confirmed(p, phone)
		p.says("message.expired")
	},
	"interstitial": func(p *person, phone string) {
		authenticated(p, phone)
		p.requireAt(stepNotice)
		p.press("btnKnown", nil)
		p.requireAt(stepCode)
		p.confirm(p.code(phone))
		p.requireSigned()
	},
	"consent": func(p *person, phone string) {
		authenticated(p, phone)
		p.requireAt(stepNotice)
		p.says("consent.heading")
		p.press("btnKnown", nil)
		p.confirm(p.code(phone))
		p.requireSigned()
	},
	"captcha": func(p *person, phone string) {
		authenticated(p, phone)
		p.requireAt(stepNotice)
		p.press("btnKnown", map[string]string{"txtCaptcha": "?"})
		p.says("error.captcha")
		shown := regexp.MustCompile(`<text[^>]*>([^<]+)</text>`).FindStringSubmatch(p.body)
		require.NotNil(p.t, shown)
		p.press("btnKnown", map[string]string{"txtCaptcha": shown[1]})
		p.confirm(p.code(phone))
		p.requireSigned()
	},
	"channel": func(p *person, phone string) {
		authenticated(p, phone)
		p.requireAt(stepNotice)
		require.Zero(p.t, p.s.Counts().Messages)
		p.press("btnKnown", map[string]string{"rblChannel": "sms"})
		p.confirm(p.code(phone))
		p.requireSigned()
	},
	"typed-only": func(p *person, phone string) {
		// The script is for a browser; host/command and extension/e2e sign with it.
		p.walkTo(stepCredentials, phone)
		require.Contains(p.t, p.body, "e.isTrusted")
		p.authenticate(phone, PIN)
		require.Contains(p.t, p.body, "e.isTrusted")
		p.confirm(p.code(phone))
		p.requireSigned()
	},
	"drawn-late": func(p *person, phone string) {
		p.walkTo(stepCredentials, phone)
		require.Contains(p.t, p.body, "requestAnimationFrame")
		p.authenticate(phone, PIN)
		p.confirm(p.code(phone))
		p.requireSigned()
	},
	"cookie-banner": func(p *person, phone string) {
		p.walkTo(stepCredentials, phone)
		require.Contains(p.t, p.body, `id="cookieConsent"`)
		p.authenticate(phone, PIN)
		p.confirm(p.code(phone))
		p.requireSigned()
	},
	"visible-seal": func(p *person, phone string) {
		confirmed(p, phone)
		p.requireSigned()
		require.True(p.t, p.verify().Signatures[0].Visible)
	},
	"reload": func(p *person, phone string) {
		p.walkTo(stepCredentials, phone)
		p.reloads()
		p.authenticate(phone, PIN)
		p.reloads()
		p.confirm(p.code(phone))
		p.requireSigned()
	},
	"reload-code": func(p *person, phone string) {
		authenticated(p, phone)
		p.reloads()
		p.confirm(p.code(phone))
		p.requireSigned()
	},
	"error-500-at-code": func(p *person, phone string) {
		confirmed(p, phone)
		p.failsWith(http.StatusInternalServerError, "message.500")
	},
	"reset-at-code": func(p *person, phone string) {
		authenticated(p, phone)
		p.breaks(p.pressing("btnNext", map[string]string{"txtMobileTAN": p.code(phone)}))
	},
	"lookalike-upload":      leadsAstray(stepChoose, LookAlike{Requests: 1}),
	"lookalike-upload-307":  leadsAstray(stepChoose, LookAlike{Requests: 1, Posts: 1}),
	"lookalike-preview":     leadsAstray(stepPreview, LookAlike{Requests: 1}),
	"lookalike-preview-307": leadsAstray(stepPreview, LookAlike{Requests: 1, Posts: 1, Files: 1}),
	"lookalike-pin":         leadsAstray(stepCredentials, LookAlike{Requests: 1}),
	"lookalike-pin-307":     leadsAstray(stepCredentials, LookAlike{Requests: 1, Posts: 1}),
	"lookalike-code":        leadsAstray(stepCode, LookAlike{Requests: 1}),
	"lookalike-code-307":    leadsAstray(stepCode, LookAlike{Requests: 1, Posts: 1, Secrets: Secrets{Phones: 1, PINs: 1}}),
	"lookalike-result":      leadsAstray(stepResult, LookAlike{Requests: 1}),
	"lookalike-result-307":  leadsAstray(stepResult, LookAlike{Requests: 1, Posts: 1, Secrets: Secrets{Codes: 1}}),
	"result-link": func(p *person, phone string) {
		confirmed(p, phone)
		p.requireAt(stepResult)
		for range 2 {
			p.open(p.s.origin(cmdHost) + downloadPath)
			p.requireSigned()
		}
	},
	"result-newtab": func(p *person, phone string) {
		authenticated(p, phone)
		require.Contains(p.t, p.body, `formtarget="_blank"`)
		p.confirm(p.code(phone))
		p.requireSigned()
	},
	"result-inline": func(p *person, phone string) {
		confirmed(p, phone)
		require.Equal(p.t, "inline; filename=contrato.pdf", p.header.Get("Content-Disposition"))
		require.True(p.t, strings.HasPrefix(p.body, string(samplePDF)))
	},
	"result-html": func(p *person, phone string) {
		confirmed(p, phone)
		require.Contains(p.t, p.header.Get("Content-Type"), "text/html")
		require.Equal(p.t, "attachment; filename=contrato.pdf", p.header.Get("Content-Disposition"))
		require.NotContains(p.t, p.body, "%PDF")
	},
	"result-unsigned": func(p *person, phone string) {
		confirmed(p, phone)
		require.Equal(p.t, string(samplePDF), p.body)
	},
	"result-other": func(p *person, phone string) {
		confirmed(p, phone)
		require.True(p.t, strings.HasPrefix(p.body, string(onePage("Documento de outra pessoa"))))
		require.Equal(p.t, map[string]int{hash(onePage("Documento de outra pessoa")): 1}, p.s.Counts().SignaturesByDocument)
	},
	"result-altered": func(p *person, phone string) {
		confirmed(p, phone)
		require.Greater(p.t, len(p.body), len(samplePDF))
		different := 0
		for i := range samplePDF {
			if p.body[i] != samplePDF[i] {
				different++
			}
		}
		require.Equal(p.t, 1, different)
		p.verdicts(pdfsig.Fail, pdfsig.Fail, pdfsig.Unknown)
	},
	"result-altered-revision": func(p *person, phone string) {
		confirmed(p, phone)
		p.requireSigned()
		p.verdicts(pdfsig.Pass, pdfsig.Fail, pdfsig.Unknown)
	},
	"result-rewritten": func(p *person, phone string) {
		confirmed(p, phone)
		p.verdicts(pdfsig.Fail, pdfsig.Pass, pdfsig.Pass)
	},
	"result-extra": func(p *person, phone string) {
		confirmed(p, phone)
		p.requireSigned()
		require.Equal(p.t, pdfsig.Fail, p.verify().Find(pdfsig.CheckByteRange).Result)
	},
	"result-hang": func(p *person, phone string) {
		authenticated(p, phone)
		p.beginsAndHangs(p.pressing("btnNext", map[string]string{"txtMobileTAN": p.code(phone)}), "%PDF-")
	},
	"result-cut": func(p *person, phone string) {
		authenticated(p, phone)
		err := p.try(p.pressing("btnNext", map[string]string{"txtMobileTAN": p.code(phone)}))
		require.ErrorIs(p.t, err, io.ErrUnexpectedEOF)
		require.True(p.t, strings.HasPrefix(p.body, "%PDF-"))
	},
	"result-short": func(p *person, phone string) {
		confirmed(p, phone)
		require.True(p.t, strings.HasPrefix(p.body, "%PDF-"))
		require.False(p.t, strings.HasSuffix(strings.TrimSpace(p.body), "%%EOF"))
	},
	"result-empty": func(p *person, phone string) {
		confirmed(p, phone)
		require.Equal(p.t, http.StatusOK, p.status)
		require.Empty(p.t, p.body)
	},
	"result-error": func(p *person, phone string) {
		confirmed(p, phone)
		require.Equal(p.t, http.StatusInternalServerError, p.status)
	},
	"result-reset": func(p *person, phone string) {
		authenticated(p, phone)
		p.breaks(p.pressing("btnNext", map[string]string{"txtMobileTAN": p.code(phone)}))
	},
	"result-impostor": func(p *person, phone string) {
		confirmed(p, phone)
		p.requireSigned()
		p.verdicts(pdfsig.Pass, pdfsig.Pass, pdfsig.Fail)
	},
}

// unsigned are the faults after which there is no signature; all others make exactly one.
var unsigned = map[string]bool{
	"wrong-pin-always": true, "locked": true, "pin-change-901": true, "pin-change-902": true, "signature-inactive": true,
	"wrong-code-always": true, "outage": true, "error-500": true, "file-refused": true, "file-too-large": true, "file-encrypted": true, "session-expired-upload": true,
	"slow-upload": true, "outage-after-pin": true, "error-500-after-pin": true, "reset-after-pin": true, "hang": true,
	"session-expired": true, "error-500-at-code": true, "reset-at-code": true, "result-unsigned": true,
	"lookalike-upload": true, "lookalike-upload-307": true, "lookalike-preview": true, "lookalike-preview-307": true,
	"lookalike-pin": true, "lookalike-pin-307": true, "lookalike-code": true, "lookalike-code-307": true,
	"lookalike-result": true, "lookalike-result-307": true,
}

func TestEachFaultDoesWhatItsRowSays(t *testing.T) {
	rows := map[string]bool{}
	for _, row := range Faults() {
		rows[row.Fault] = true
		t.Run(row.Fault+row.Phone, func(t *testing.T) {
			t.Parallel()
			do := doing[row.Fault]
			require.NotNil(t, do, "a row without a test")
			cfg := Config{Slow: 40 * time.Millisecond}
			phone := row.Phone
			if phone == "" {
				cfg.Fault, phone = row.Fault, okPhone
			}
			s := start(t, cfg)
			do(newPerson(t, s), phone)
			want := 1
			if unsigned[row.Fault] {
				want = 0
			}
			require.Equal(t, want, s.Counts().Signatures)
			if !strings.HasPrefix(row.Fault, "lookalike") {
				require.Equal(t, LookAlike{}, s.Counts().LookAlike)
			}
		})
	}
	for name := range doing {
		require.True(t, rows[name], "a test without a row: %s", name)
	}
}

func TestTheTableIsSound(t *testing.T) {
	names, phones := map[string]bool{}, map[string]bool{}
	for _, row := range Faults() {
		require.NotEmpty(t, row.PT)
		require.NotEmpty(t, row.EN)
		if row.Fault != "" {
			require.False(t, names[row.Fault], "twice: %s", row.Fault)
			names[row.Fault] = true
		}
		if row.Phone != "" {
			require.False(t, phones[row.Phone], "twice: %s", row.Phone)
			phones[row.Phone] = true
			require.Equal(t, row.Phone, canonicalPhone(row.Phone))
			require.Equal(t, row.Fault, faultOfPhone(row.Phone).name)
		}
	}
	require.NotNil(t, faultOfPhone("+351900100000"))
	require.NotNil(t, faultOfPhone("+351900999999"))
	require.Nil(t, faultOfPhone("+351900099999"))
	require.Nil(t, faultOfPhone("+351912345678"))
}

// A fault can be chosen for the whole sandbox, for what starts from now on, or by one person.
func TestWaysToChooseAFault(t *testing.T) {
	s := start(t, Config{Fault: "wrong-code-once"})
	p := newPerson(t, s)
	confirmed(p, okPhone)
	p.says("error.code")

	require.NoError(t, s.SetFault(""))
	require.Error(t, s.SetFault("no-such-fault"))
	p = newPerson(t, s)
	confirmed(p, okPhone)
	p.requireSigned()

	p = newPerson(t, s)
	p.open(s.IntroURL() + "?fault=error-500")
	p.press("btnNext", nil)
	p.failsWith(http.StatusInternalServerError, "message.500")

	require.NoError(t, s.SetLook("modern"))
	require.Error(t, s.SetLook("gothic"))
	p = newPerson(t, s)
	p.look = lookNamed("modern")
	p.walkTo(stepCode, okPhone)
}

func TestALookAlikeCountsWhatItIsGiven(t *testing.T) {
	s := start(t, Config{Fault: "lookalike-pin"})
	p := newPerson(t, s)
	p.walkTo(stepDetails, okPhone)
	p.press("btnSignDetails", nil)
	require.Equal(t, lookAlikeHost, p.url.Hostname())
	p.requireAt(stepCredentials)
	require.Contains(t, p.body, spyPath, "the page reports keys")
	r, err := http.NewRequest(http.MethodPost, s.origin(lookAlikeHost)+spyPath+"?kind=keydown", nil)
	require.NoError(t, err)
	page := *p
	p.do(r)
	page.authenticate(okPhone, PIN)
	page.requireAt(stepCode)
	page.confirm("123456")

	c := s.Counts().LookAlike
	require.Positive(t, c.Bytes)
	c.Bytes = 0
	require.Equal(t, LookAlike{Requests: 3, Posts: 2, Keys: 1, Secrets: Secrets{Phones: 1, PINs: 1, Codes: 1}}, c)
	require.Empty(t, s.Counts().Secrets, "nothing of it reached the real pages")
}

func refusesFile(label string) func(*person, string) {
	return func(p *person, phone string) {
		p.walkTo(stepChoose, phone)
		p.upload(samplePDF, "contrato.pdf")
		p.requireAt(stepChoose)
		p.says(label)
	}
}

func refusesPIN(key string) func(*person, string) {
	return func(p *person, phone string) {
		authenticated(p, phone)
		p.requireAt(stepCredentials)
		p.says(key)
	}
}

// leadsAstray walks until the look-alike answers, in place of the page of a step.
func leadsAstray(before step, want LookAlike) func(*person, string) {
	return func(p *person, phone string) {
		switch before {
		case stepChoose:
			p.open(p.s.IntroURL())
			p.press("btnNext", nil)
		case stepPreview:
			p.walkTo(stepChoose, phone)
			p.upload(samplePDF, "contrato.pdf")
		case stepCredentials:
			p.walkTo(stepDetails, phone)
			p.press("btnSignDetails", nil)
		case stepCode:
			authenticated(p, phone)
			require.Zero(p.t, p.s.Counts().Messages)
		case stepResult:
			confirmed(p, phone)
		}
		require.Equal(p.t, lookAlikeHost, p.url.Hostname())
		if before != stepResult {
			p.requireAt(before)
		}
		got := p.s.Counts().LookAlike
		require.Equal(p.t, want.Posts > 0, got.Bytes > 0)
		got.Bytes = 0
		require.Equal(p.t, want, got)
	}
}

// verify checks the answer as the product does, against the document that was sent and the sandbox's root.
func (p *person) verify() *pdfsig.Report {
	p.t.Helper()
	report, err := pdfsig.VerifyReturned(strings.NewReader(p.body), int64(len(p.body)),
		bytes.NewReader(samplePDF), int64(len(samplePDF)), pdfsig.Options{Roots: []*x509.Certificate{p.s.Root()}})
	require.NoError(p.t, err)
	return report
}

// verdicts requires what the verifier finds of the original, of the signature and of its issuer.
func (p *person) verdicts(original, signature, issuer pdfsig.Result) {
	p.t.Helper()
	report := p.verify()
	require.Equal(p.t, original, report.Find(pdfsig.CheckOriginalPrefix).Result, report.Findings)
	require.Equal(p.t, signature, report.Find(pdfsig.CheckCMS).Result, report.Findings)
	require.Equal(p.t, issuer, report.Find(pdfsig.CheckChain).Result, report.Findings)
}

// reloads does what the page's script does: it opens the page again, once.
func (p *person) reloads() {
	p.t.Helper()
	require.Contains(p.t, p.body, "location.reload()")
	at := p.at()
	p.open(p.url.String())
	p.requireAt(at)
	require.NotContains(p.t, p.body, "location.reload()")
}

func (p *person) failsWith(status int, key string) {
	p.t.Helper()
	require.Equal(p.t, status, p.status)
	p.says(key)
}

// beginsAndHangs requires that an answer begins so, and then goes on until we go away.
func (p *person) beginsAndHangs(r *http.Request, begins string) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	answer, err := p.client.Do(r.WithContext(ctx))
	require.NoError(p.t, err)
	defer answer.Body.Close()
	first := make([]byte, len(begins))
	_, err = io.ReadFull(answer.Body, first)
	require.NoError(p.t, err)
	require.Equal(p.t, begins, string(first))
	time.AfterFunc(100*time.Millisecond, cancel)
	_, err = io.Copy(io.Discard, answer.Body)
	require.ErrorIs(p.t, err, context.Canceled, "an answer that ends, or breaks, doesn't hang")
}

// breaks requires that the connection goes down without an answer.
func (p *person) breaks(r *http.Request) {
	p.t.Helper()
	// Only a request on a connection of its own tells a reset from the retry of an idle one.
	p.client.CloseIdleConnections()
	err := p.try(r)
	require.Error(p.t, err)
	require.True(p.t, errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF), "%v", err)
}
