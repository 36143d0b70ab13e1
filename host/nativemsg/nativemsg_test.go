package nativemsg_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/nativemsg"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

func frame(body string) string { return header(uint32(len(body))) + body }

func header(n uint32) string { return string(binary.NativeEndian.AppendUint32(nil, n)) }

func TestReadsMessagesInAnyPieces(t *testing.T) {
	stream := frame(`{"ping":"olá"}`) + frame(`{}`)
	for name, r := range map[string]io.Reader{
		"whole":       strings.NewReader(stream),
		"byte a read": iotest.OneByteReader(strings.NewReader(stream)),
		"halves":      iotest.HalfReader(strings.NewReader(stream)),
		"data+EOF":    iotest.DataErrReader(strings.NewReader(stream)),
	} {
		t.Run(name, func(t *testing.T) {
			in := nativemsg.NewReader(r, 0)
			first, err := in.Read()
			require.NoError(t, err)
			require.JSONEq(t, `{"ping":"olá"}`, string(first))
			second, err := in.Read()
			require.NoError(t, err)
			require.JSONEq(t, `{}`, string(second))
			_, err = in.Read()
			require.Equal(t, io.EOF, err)
		})
	}
}

func TestATornMessageIsNotACleanEnd(t *testing.T) {
	whole := frame(`{"ping":""}`)
	for cut := 1; cut < len(whole); cut++ {
		_, err := nativemsg.NewReader(strings.NewReader(whole[:cut]), 0).Read()
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, "cut after %d bytes", cut)
	}
	_, err := nativemsg.NewReader(strings.NewReader(header(1000)+"short"), 100).Read()
	require.ErrorIs(t, err, io.ErrUnexpectedEOF, "an oversized message that ends early")
}

func TestAfterABadMessageTheNextIsRead(t *testing.T) {
	for name, tt := range map[string]struct {
		bad  string
		code problem.Code
	}{
		"one byte over": {frame(strings.Repeat("x", 101)), problem.MessageTooLarge},
		"far over":      {frame(strings.Repeat("x", 3<<20)), problem.MessageTooLarge},
		"empty":         {frame(""), problem.MessageMalformed},
		"one byte":      {frame("1"), problem.MessageMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			at := frame(strings.Repeat("x", 100))
			in := nativemsg.NewReader(strings.NewReader(tt.bad+at), 100)
			_, err := in.Read()
			require.True(t, problem.Is(err, tt.code), err)
			require.NotErrorIs(t, err, nativemsg.ErrBroken)
			body, err := in.Read()
			require.NoError(t, err)
			require.Len(t, body, 100)
		})
	}
}

// counted never ends: only a limit can.
type counted struct{ n int64 }

func (c *counted) Read(p []byte) (int, error) { c.n += int64(len(p)); return len(p), nil }

func TestAnAbsurdLengthEndsTheStream(t *testing.T) {
	endless := &counted{}
	in := nativemsg.NewReader(io.MultiReader(strings.NewReader(header(64<<20+1)), endless), 0)
	for range 3 {
		_, err := in.Read()
		require.ErrorIs(t, err, nativemsg.ErrBroken)
		require.True(t, problem.Is(err, problem.MessageTooLarge))
	}
	require.Zero(t, endless.n, "nothing may be read after the two sides lost step")
}

func TestAnOversizedMessageTakesNoMemory(t *testing.T) {
	in := nativemsg.NewReader(io.MultiReader(strings.NewReader(header(60<<20)), io.LimitReader(&counted{}, 60<<20)), 1<<20)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := in.Read()
	runtime.ReadMemStats(&after)
	require.True(t, problem.Is(err, problem.MessageTooLarge), err)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
}

func TestTheBrowsersLimitIsKeptToTheByte(t *testing.T) {
	var out bytes.Buffer
	w := nativemsg.NewWriter(&out)
	require.True(t, problem.Is(w.Write(make([]byte, 1_048_577)), problem.MessageTooLarge))
	require.Zero(t, out.Len())
	require.NoError(t, w.Write(make([]byte, 1_048_576)))
	require.Equal(t, 4+1_048_576, out.Len())
	require.Equal(t, header(1_048_576), string(out.Bytes()[:4]))
}

type calls struct {
	mu    sync.Mutex
	calls [][]byte
}

func (c *calls) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, bytes.Clone(p))
	return len(p), nil
}

func TestManyWritersOneWholeFrameACall(t *testing.T) {
	var out calls
	w := nativemsg.NewWriter(&out)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			for j := range 20 {
				message, _ := json.Marshal(map[string]string{"id": fmt.Sprint(i, " ", j), "pad": strings.Repeat("p", i*j)})
				if err := w.Write(message); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	require.Len(t, out.calls, 400)
	seen := map[string]bool{}
	for _, call := range out.calls {
		in := nativemsg.NewReader(bytes.NewReader(call), 0)
		body, err := in.Read()
		require.NoError(t, err)
		var m struct{ ID string }
		require.NoError(t, json.Unmarshal(body, &m))
		seen[m.ID] = true
		_, err = in.Read()
		require.Equal(t, io.EOF, err)
	}
	require.Len(t, seen, 400)
}

type half struct{ broken bool }

func (h *half) Write(p []byte) (int, error) {
	if h.broken {
		panic("written to after a half message")
	}
	h.broken = true
	return len(p) / 2, errors.New("pipe gone")
}

func TestNothingIsWrittenAfterAHalfMessage(t *testing.T) {
	w := nativemsg.NewWriter(&half{})
	require.ErrorIs(t, w.Write([]byte(`{}`)), nativemsg.ErrBroken)
	require.ErrorIs(t, w.Write([]byte(`{}`)), nativemsg.ErrBroken)
}

func TestCaller(t *testing.T) {
	const (
		ours    = "chrome-extension://abcdefghijklmnopabcdefghijklmnop/"
		other   = "chrome-extension://ponmlkjihgfedcbaponmlkjihgfedcba/"
		firefox = "cmdsign@sign-with-cmd.example"
		path    = "/home/ana/.mozilla/native-messaging-hosts/cmdsign.json"
	)
	allowed := []string{ours, firefox}
	for name, tt := range map[string]struct {
		args    []string
		origin  string
		native  bool
		refused bool
	}{
		"a person, nothing":      {nil, "", false, false},
		"a person, a command":    {[]string{"sign", "contrato.pdf"}, "", false, false},
		"a person, a json":       {[]string{"converse", "config.json"}, "", false, false},
		"chrome":                 {[]string{ours}, ours, true, false},
		"chrome on windows":      {[]string{ours, "--parent-window=0"}, ours, true, false},
		"firefox":                {[]string{path, firefox}, firefox, true, false},
		"other extension":        {[]string{other}, "", true, true},
		"other add-on":           {[]string{path, "evil@example.org"}, "", true, true},
		"no add-on":              {[]string{path, ""}, "", true, true},
		"no slash":               {[]string{strings.TrimSuffix(ours, "/")}, "", true, true},
		"short id":               {[]string{"chrome-extension://abc/"}, "", true, true},
		"letters beyond p":       {[]string{"chrome-extension://zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz/"}, "", true, true},
		"path after it":          {[]string{ours + "x"}, "", true, true},
		"other scheme":           {[]string{"moz-extension://abcdefghijklmnopabcdefghijklmnop/"}, "", true, true},
		"origin as firefox's id": {[]string{path, other}, "", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			origin, native, err := nativemsg.Caller(tt.args, allowed)
			require.Equal(t, tt.native, native)
			require.Equal(t, tt.origin, origin)
			if tt.refused {
				require.True(t, problem.Is(err, problem.CallerNotAllowed), err)
			} else {
				require.NoError(t, err)
			}
		})
	}
	_, _, err := nativemsg.Caller([]string{ours}, nil)
	require.True(t, problem.Is(err, problem.CallerNotAllowed), "an empty list allows nobody")
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(frame(`{"ping":""}`) + frame("") + frame(strings.Repeat("x", 300)) + frame(`{}`)))
	f.Add([]byte(header(0xffffffff) + "x"))
	f.Add([]byte(header(200)))
	f.Fuzz(func(t *testing.T, stream []byte) {
		in := nativemsg.NewReader(bytes.NewReader(stream), 256)
		for left := len(stream); ; {
			body, err := in.Read()
			switch {
			case err == nil:
				left -= 4 + len(body)
				if len(body) < 2 || len(body) > 256 || left < 0 {
					t.Fatalf("a body of %d bytes, %d left", len(body), left)
				}
			case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, nativemsg.ErrBroken):
				return
			case !problem.Is(err, problem.MessageTooLarge) && !problem.Is(err, problem.MessageMalformed):
				t.Fatal(err)
			}
		}
	})
}
