package command

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
	"github.com/sign-with-cmd/sign-with-cmd/host/trace"
)

// traced has the configuration's trace set.
func (m *machine) traced(when string) {
	m.t.Helper()
	file, err := os.ReadFile(m.config)
	require.NoError(m.t, err)
	m.configure(string(file), "trace: "+when, "limits: {unknown: 1s}")
}

// With “always” there's a bundle of a signing that went well: every page of the way, known, and no picture.
func TestTraceOfEverySigning(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	m.traced("always")
	h := m.converse()
	h.state("start")
	h.send(fields{"trace": 1})
	h.fault("MESSAGE_OUT_OF_TURN") // nothing was seen yet
	h.send(fields{"start": "", "client": "0.3.1"})
	h.prompted()
	pdf := m.pdf("contrato.pdf")
	h.credentials(goodPhone, pdf)
	h.otp(m.sandbox, goodPhone)
	m.requireSaved(h.ended(), pdf)
	require.Zero(t, h.hangUp())

	bundles, err := trace.List(m.at("state", "cmdsign", "traces"))
	require.NoError(t, err)
	require.Len(t, bundles, 1)
	bundle, err := trace.Open(bundles[0])
	require.NoError(t, err)
	require.Equal(t, trace.WhyAlways, bundle.Index.Why)
	require.Equal(t, "0.3.1", bundle.Index.Versions.Client)
	var names []string
	for _, p := range bundle.Index.Pages {
		names = append(names, p.Recognised)
		require.True(t, p.Known())
		require.NotEmpty(t, bundle.DOM(p))
		require.Empty(t, p.Picture)
	}
	require.Equal(t, walk, names)

	out, err := m.command("pages", "test", bundles[0]).Output()
	require.Zero(t, exitCode(t, err), string(out))
	require.Contains(t, string(out), "reconhecida: code")
}

// With “off” nothing is kept, not even when it's asked for.
func TestNoTrace(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{Look: "renewed"})
	m.traced("off")
	h := m.converse()
	h.begin()
	h.credentials(goodPhone, m.pdf("a.pdf"))
	require.Empty(t, h.state("assist").Trace)
	h.send(fields{"trace": 1})
	h.fault("MESSAGE_OUT_OF_TURN")
	h.send(fields{"cancel": ""})
	h.ended()
	require.Empty(t, glob(t, m.at("state", "cmdsign", "traces")))
}

// A trace that can't be written is told as that, and stands in nobody's way.
func TestTraceThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	m.traced("always")
	// A file where the folder should be: what even root can't write to.
	require.NoError(t, os.MkdirAll(m.at("state", "cmdsign"), 0o700))
	require.NoError(t, os.WriteFile(m.at("state", "cmdsign", "traces"), nil, 0o600))
	h := m.converse()
	h.begin()
	pdf := m.pdf("contrato.pdf")
	h.credentials(goodPhone, pdf)
	require.Equal(t, "stage2_input", h.prompted().State)
	h.send(fields{"trace": 1})
	h.fault("TRACE_FAILED")
	h.send(fields{"otp": codeFor(t, m.sandbox, goodPhone)})
	m.requireSaved(h.ended(), pdf)
	require.Zero(t, h.hangUp())
}

// A setting that isn't one is told with its line.
func TestTraceSetting(t *testing.T) {
	t.Parallel()
	m := bareMachine(t)
	m.configure("lang: pt\ntrace: sometimes")
	cmd := m.command("trace", "list")
	var said strings.Builder
	cmd.Stderr = &said
	require.Equal(t, exitUsage, exitCode(t, cmd.Run()))
	require.Contains(t, said.String(), "line 2: trace")
}
