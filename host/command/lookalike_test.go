package command

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

// phoneOf gives the magic phone of a fault; empty where the fault acts before the phone is typed.
func phoneOf(t *testing.T, fault string) string {
	t.Helper()
	for _, row := range sandbox.Faults() {
		if row.Fault == fault {
			return row.Phone
		}
	}
	require.Fail(t, "the sandbox has no such fault", fault)
	return ""
}

// A redirect to a host with a name like the real one is refused before a byte leaves: it sees no file, no secret, no key,
// not even a request. A 307 would repeat the form with all that's in it.
func TestLookAlikeHostsGetNothing(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{
		"lookalike-upload", "lookalike-upload-307",
		"lookalike-preview", "lookalike-preview-307",
		"lookalike-pin", "lookalike-pin-307",
		"lookalike-code", "lookalike-code-307",
		"lookalike-result", "lookalike-result-307",
	} {
		t.Run(fault, func(t *testing.T) {
			onlyLongBut(t, fault, "lookalike-upload", "lookalike-pin-307", "lookalike-code", "lookalike-result-307")
			t.Parallel()
			phone, cfg := phoneOf(t, fault), sandbox.Config{}
			if phone == "" {
				phone, cfg.Fault = goodPhone, fault
			}
			m := newMachine(t, cfg)
			start := m.attached
			if strings.HasSuffix(fault, "-307") {
				start = m.converse
			}
			h := start()
			h.begin()
			h.credentials(phone, m.pdf("a.pdf"))
			last := h.prompted()
			answer := journal.NotSigned
			if last.prompt() {
				h.send(fields{"otp": codeFor(t, m.sandbox, phone)})
				last = h.ended()
				answer = journal.MayBeSigned
			}
			require.Equal(t, "failed", last.State)
			if answer == journal.NotSigned {
				require.Equal(t, "ORIGIN_REFUSED", last.code())
			} else {
				// The site had the code already: that's what counts then.
				require.Equal(t, "MAY_BE_SIGNED", last.code())
			}
			require.Equal(t, "nothing", last.Error.Retry)
			require.Equal(t, answer, m.journal()[0].Answer)
			require.Zero(t, h.hangUp())
			m.browsersGone()
			require.Equal(t, sandbox.LookAlike{}, m.sandbox.Counts().LookAlike)
			require.Zero(t, m.signatures())
		})
	}
}
