package command

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

const ownExtension = "chrome-extension://abcdefghijklmnopabcdefghijklmnop/"

// native starts the program as a browser starts its native messaging host, and talks to it in frames.
func (m *machine) native(caller string) *host {
	m.t.Helper()
	in, out, h := m.run(m.command(caller))
	c := &client{t: m.t, in: in, inbox: make(chan []byte, 1000)}
	c.write = func(data []byte) error {
		_, err := in.Write(frame(data))
		return err
	}
	go func() {
		defer close(c.inbox)
		for {
			var length uint32
			err := binary.Read(out, binary.NativeEndian, &length)
			if err == io.EOF {
				return
			}
			if err == nil && length > 1<<20 {
				err = io.ErrShortBuffer
			}
			body := make([]byte, min(length, 1<<20))
			if err == nil {
				_, err = io.ReadFull(out, body)
			}
			if err != nil || !json.Valid(body) {
				m.t.Errorf("a byte on stdout that belongs to no frame: %v %.100q", err, body)
				return
			}
			c.inbox <- body
		}
	}()
	h.client = c
	return h
}

func frame(data []byte) []byte {
	return append(binary.NativeEndian.AppendUint32(nil, uint32(len(data))), data...)
}

// nativeMachine allows a caller in its configuration, as a developer's machine does.
func nativeMachine(t *testing.T, cfg sandbox.Config) *machine {
	return newMachine(t, cfg, "env: test", "extensions: ["+ownExtension+"]", "log: {level: debug}")
}

func TestNativeMessaging(t *testing.T) {
	t.Parallel()
	m := nativeMachine(t, sandbox.Config{})
	pdf := m.pdf("contrato.pdf")
	h := m.native(ownExtension)
	first := h.state("start")
	require.Contains(t, first.Modes, "relay", "an extension can hold the browser itself")
	h.again(fields{"mode": "launch"})
	h.credentials(goodPhone, pdf)
	h.otp(m.sandbox, goodPhone)
	m.requireSaved(h.ended(), pdf)
	require.Zero(t, h.hangUp())
	_, more := h.receive()
	require.False(t, more)
}

func TestNativeMessagesAtTheLimits(t *testing.T) {
	t.Parallel()
	m := nativeMachine(t, sandbox.Config{})
	h := m.native(ownExtension)
	h.state("start")
	works := func() {
		t.Helper()
		h.send(fields{"ping": "still there?"})
		require.Equal(t, "OK", h.until(func(m message) bool { return m.Progress == "still there?" }).Status)
	}
	// Larger than what a browser takes from a host: the answer says so, instead of ending the connection.
	h.send(fields{"ping": strings.Repeat("x", 1<<20)})
	h.fault("MESSAGE_TOO_LARGE")
	works()
	h.raw(bytes.Repeat([]byte(" "), 16<<20+1))
	h.fault("MESSAGE_TOO_LARGE")
	works()
	h.raw([]byte("{"))
	h.fault("MESSAGE_MALFORMED")
	h.raw([]byte("not json"))
	h.fault("MESSAGE_MALFORMED")
	works()

	// A length that no browser sends: the two have lost step, and it's over at once.
	_, err := h.in.Write([]byte{0xff, 0xff, 0xff, 0xff})
	require.NoError(t, err)
	h.wait()
	m.browsersGone()
	for _, more := h.receive(); more; _, more = h.receive() {
	}
}

func TestTornFrame(t *testing.T) {
	t.Parallel()
	m := nativeMachine(t, sandbox.Config{})
	h := m.native(ownExtension)
	h.begin(fields{"mode": "launch"})
	h.credentials(goodPhone, m.pdf("a.pdf"))
	require.Equal(t, "stage2_input", h.prompted().State)
	whole := frame([]byte(`{"otp":"123456"}`))
	_, err := h.in.Write(whole[:len(whole)-3])
	require.NoError(t, err)
	h.hangUp()
	require.Empty(t, m.browserProcesses())
	require.Equal(t, journal.NotSigned, m.journal()[0].Answer)
	require.Zero(t, m.sandbox.Counts().Secrets["code"].Codes, "half a message isn't a code")
}

func TestNativeHangUpAfterTheCode(t *testing.T) {
	t.Parallel()
	m := nativeMachine(t, sandbox.Config{PageDelay: 300 * time.Millisecond})
	h := m.native(ownExtension)
	h.begin(fields{"mode": "launch"})
	h.credentials(goodPhone, m.pdf("contrato.pdf"))
	h.otp(m.sandbox, goodPhone)
	h.until(func(said message) bool { return said.Progress == "code_sent" })
	require.Zero(t, h.hangUp())
	told := m.journal()[0]
	require.Equal(t, journal.SignedSaved, told.Answer)
	require.FileExists(t, told.Saved)
}

// Whoever isn't allowed gets nothing: no byte on stdout, no byte read, an exit code that isn't 0.
func TestOtherCallersGetNothing(t *testing.T) {
	t.Parallel()
	m := nativeMachine(t, sandbox.Config{})
	for _, args := range [][]string{
		{"chrome-extension://ponmlkjihgfedcbaponmlkjihgfedcba/"},
		{"chrome-extension://abcdefghijklmnopabcdefghijklmnop"},
		{"chrome-extension://abcdefghijklmnopabcdefghijklmnop/x"},
		{"chrome-extension://abcdefghijklmnopabcdefghijklmnop/ "},
		{"moz-extension://abcdefghijklmnopabcdefghijklmnop/"},
		{"https://abcdefghijklmnopabcdefghijklmnop.example/chrome-extension://"},
		{m.at("manifest.json"), "someone@example.org"},
	} {
		var stdout, stderr bytes.Buffer
		cmd := m.command(args...)
		cmd.Stdin = strings.NewReader(string(frame([]byte(`{"ping":"x"}`))))
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := cmd.Run()
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit, "%v", args)
		require.Empty(t, stdout.Bytes(), "%v", args)
		require.NotEmpty(t, stderr.String(), "%v", args)
	}
}

// A mistake in the configuration must not put a word on stdout, where the browser reads frames.
func TestNativeWithAWrongConfiguration(t *testing.T) {
	t.Parallel()
	m := nativeMachine(t, sandbox.Config{})
	m.configure("extensions: ["+ownExtension+"]", "nonsense: 1")
	var stdout bytes.Buffer
	cmd := m.command(ownExtension)
	cmd.Stdout = &stdout
	require.Error(t, cmd.Run())
	require.Empty(t, stdout.Bytes())
	require.Equal(t, 2, cmd.ProcessState.ExitCode())
}
