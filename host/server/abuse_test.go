package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// stillUp says that the server holds conversations as before.
func (p *place) stillUp() {
	p.t.Helper()
	k := p.connect(nil)
	k.state("start")
	k.send(`{"ping":"still there"}`)
	require.Equal(p.t, "still there", k.until(func(s said) bool { return s.Status == "OK" }).Progress)
	k.ws.CloseNow()
}

// A message that is too long is refused and the conversation goes on; one without an end ends it.
func TestOversize(t *testing.T) {
	t.Parallel()
	p := serve(t, nil, engine{})
	k := p.connect(nil)
	k.state("start")
	k.send(`{"ping":"` + strings.Repeat("x", maxMessage) + `"}`)
	k.fault(problem.MessageTooLarge)
	k.send(`{"start":""}`)
	k.state("stage1_input")

	w, err := k.ws.Writer(t.Context(), websocket.MessageText)
	require.NoError(t, err)
	part := []byte(strings.Repeat("x", 1<<20))
	for range 2 * maxSkipped >> 20 {
		if _, err = w.Write(part); err != nil {
			break
		}
	}
	k.closed()
	p.counts(0, "conversations_running")
	require.Equal(t, 1, p.count("refused_total", "MESSAGE_TOO_LARGE"))
	require.Equal(t, 1, p.count("refused_total", "oversize"))
	p.stillUp()
}

// What isn't of the protocol changes nothing, up to where it's plain that nothing else will come.
func TestNonsense(t *testing.T) {
	t.Parallel()
	p := serve(t, nil, engine{})
	k := p.connect(nil)
	k.state("start")
	require.NoError(t, k.ws.Write(t.Context(), websocket.MessageBinary, []byte(`{"start":""}`)))
	k.fault(problem.MessageMalformed)
	for i, nonsense := range []string{"", "x", "[]", `{"start"`, `{"nothing":1}`, "{\"start\":\"\xff\"}", strings.Repeat("[", 100_000)} {
		k.send(nonsense)
		s := k.until(func(s said) bool { return s.Error != nil })
		require.Equal(t, "start", s.State, i)
	}
	k.send(`{"start":""}`)
	k.state("stage1_input")
	for range maxRefused {
		k.send("x")
	}
	k.fault(problem.MessageMalformed)
	require.Equal(t, websocket.StatusPolicyViolation, k.closed())
	p.counts(1, "conversations_ended_total", "TOO_MANY_REFUSED")
	p.stillUp()
}

// Whoever sends a byte now and then, or takes none, loses the place: before the handshake, in it, in a message, as a reader.
func TestSlowLoris(t *testing.T) {
	t.Parallel()
	p := serve(t, map[string]any{"limits": map[string]any{"per_client": 100}}, engine{}, func(q *patience) {
		q.header, q.message, q.write, q.ping = 500*time.Millisecond, 500*time.Millisecond, time.Second, 500*time.Millisecond
	})
	dial := func() net.Conn {
		c, err := net.Dial("tcp", p.listener.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		require.NoError(t, c.SetReadDeadline(time.Now().Add(wait)))
		return c
	}
	gone := func(c io.Reader) {
		t.Helper()
		_, err := io.Copy(io.Discard, c)
		timeout, ok := err.(net.Error)
		require.False(t, ok && timeout.Timeout(), "the connection is still there")
	}
	silent, head := dial(), dial()
	_, err := io.WriteString(head, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
	require.NoError(t, err)
	gone(silent)
	gone(head)

	upgraded := func() (net.Conn, *bufio.Reader) {
		c := dial()
		_, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
		require.NoError(t, err)
		r := bufio.NewReader(c)
		response, err := http.ReadResponse(r, nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusSwitchingProtocols, response.StatusCode)
		return c, r
	}
	message, rest := upgraded()
	_, err = message.Write([]byte{0x81, 0x80 | 126, 1, 0, 0, 0, 0, 0, '{'}) // a text of 256 bytes, of which one comes
	require.NoError(t, err)
	gone(rest)
	p.counts(1, "refused_total", "slow_message")

	_, rest = upgraded() // answers no ping
	gone(rest)
	p.counts(1, "refused_total", "no_pong")

	deaf, _ := upgraded()
	ping := []byte(`{"ping":"` + strings.Repeat("x", 60_000) + `"}`)
	frame := append([]byte{0x81, 0x80 | 126, byte(len(ping) >> 8), byte(len(ping)), 0, 0, 0, 0}, ping...)
	require.NoError(t, deaf.SetWriteDeadline(time.Now().Add(wait)))
	for {
		if _, err = deaf.Write(frame); err != nil { // it reads none of the answers
			break
		}
	}
	timeout, ok := err.(net.Error)
	require.False(t, ok && timeout.Timeout(), "who reads nothing is still there")
	p.counts(0, "conversations_running")
	p.stillUp()
}

// A flood of connections, and one of messages.
func TestFlood(t *testing.T) {
	t.Parallel()
	p := serve(t, map[string]any{"limits": map[string]any{"per_client": 3}}, engine{})
	inside := p.connect(nil)
	inside.state("start")
	address := p.listener.Addr().String()
	var all []net.Conn
	for range 300 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			continue
		}
		all = append(all, c)
	}
	require.Eventually(t, func() bool { return p.count("refused_total", "connections") > 200 }, wait, 5*time.Millisecond)
	inside.send(`{"ping":"in the flood"}`)
	require.Equal(t, "in the flood", inside.until(func(s said) bool { return s.Status == "OK" }).Progress)
	for _, c := range all {
		c.Close()
	}
	require.Eventually(t, func() bool {
		k, _, err := p.dial(nil)
		if err == nil {
			k.ws.CloseNow()
		}
		return err == nil
	}, wait, 10*time.Millisecond)

	go func() {
		for i := range burst + 20 {
			if inside.ws.Write(t.Context(), websocket.MessageText, fmt.Appendf(nil, `{"ping":"%d"}`, i)) != nil {
				return
			}
		}
	}()
	for i := range burst + 20 {
		require.Equal(t, fmt.Sprint(i), inside.until(func(s said) bool { return s.Status == "OK" }).Progress, "held back, but not lost")
	}
	require.Positive(t, p.count("refused_total", "pace"))
	p.stillUp()
}
