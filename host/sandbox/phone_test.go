package sandbox

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestThePhoneShowsTheLastMessageOfEachNumber(t *testing.T) {
	s := start(t, Config{})
	p := newPerson(t, s)
	p.open(s.PhoneURL() + "sandbox/phone.json")
	require.JSONEq(t, "[]", p.body)

	p.walkTo(stepCode, okPhone)
	code, reference, ok := s.Code(okPhone)
	require.True(t, ok)
	require.Regexp(t, `^[0-9]{6}$`, code)
	require.Regexp(t, `^[A-Z0-9]{8}$`, reference)
	require.Equal(t, shownMessage{
		Phone: okPhone, Code: code, Reference: reference, Valid: true,
		Text: "CMD (TESTE): Código de segurança: " + code + ". Assinatura do documento " + reference,
	}, lastMessage(t, s))

	p.walkToEnd(code)
	require.False(t, lastMessage(t, s).Valid, "a used code is over")
}

func (p *person) walkToEnd(code string) {
	p.t.Helper()
	p.open(p.s.origin(cmdHost) + codePath)
	p.confirm(code)
	p.requireSigned()
}

// lastMessage is the phone's only message, without its times.
func lastMessage(t *testing.T, s *Sandbox) shownMessage {
	t.Helper()
	p := newPerson(t, s)
	p.open(s.PhoneURL() + "sandbox/phone.json")
	var shown []shownMessage
	require.NoError(t, json.Unmarshal([]byte(p.body), &shown))
	require.Len(t, shown, 1)
	require.Equal(t, s.cfg.CodeValidity, shown[0].Until.Sub(shown[0].Sent))
	return shownMessage{Phone: shown[0].Phone, Text: shown[0].Text, Code: shown[0].Code, Reference: shown[0].Reference, Valid: shown[0].Valid}
}

func TestOtherProcessesCanReadTheCounts(t *testing.T) {
	s := start(t, Config{})
	p := newPerson(t, s)
	p.walkTo(stepCode, okPhone)
	p.confirm(p.code(okPhone))
	p.open(s.PhoneURL() + "sandbox/counts")
	var told Counts
	require.NoError(t, json.Unmarshal([]byte(p.body), &told))
	require.Equal(t, s.Counts(), told)
	require.Equal(t, 1, told.SignaturesByDocument[hash(samplePDF)])
}

func TestOtherProcessesCanTakeTheRoot(t *testing.T) {
	s := start(t, Config{})
	p := newPerson(t, s)
	for _, address := range []string{s.PhoneURL(), "http://" + s.Addr() + "/", "http://localhost:" + s.port + "/"} {
		p.open(address + "sandbox/root.pem")
		block, rest := pem.Decode([]byte(p.body))
		require.NotNil(t, block)
		require.Empty(t, rest)
		require.Equal(t, s.Root().Raw, block.Bytes)
		require.Contains(t, s.Root().Subject.String(), "(TESTE)")
	}
}

func TestOtherProcessesCanChooseFaultAndLook(t *testing.T) {
	s := start(t, Config{})
	p := newPerson(t, s)
	set := func(fields, origin string) int {
		r, err := http.NewRequest(http.MethodPost, s.PhoneURL()+"sandbox/settings", strings.NewReader(fields))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		p.do(r)
		return p.status
	}
	require.Equal(t, http.StatusForbidden, set("fault=outage", "https://example.org"))
	require.Equal(t, http.StatusBadRequest, set("fault=nothing-known", ""))
	require.Equal(t, http.StatusBadRequest, set("look=gothic", ""))
	p.walkTo(stepChoose, okPhone)

	require.Equal(t, http.StatusNoContent, set("fault=error-500&look=modern", s.origin(phoneHost)))
	p = newPerson(t, s)
	p.look = lookNamed("modern")
	p.open(s.IntroURL())
	p.press("btnNext", nil)
	require.Equal(t, http.StatusInternalServerError, p.status)
	require.Equal(t, http.StatusNoContent, set("fault=", ""))
	p = newPerson(t, s)
	p.look = lookNamed("modern")
	p.walkTo(stepCode, okPhone)
}
