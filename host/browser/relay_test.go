package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto"
	jsonv2 "github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// hostile is a pipe to something that answers each request, and says what it wants besides.
type hostile struct {
	inbox  chan []byte
	once   sync.Once
	gone   chan struct{}
	body   []string       // the value of cdp in each answer to a request for a body
	result map[string]any // of commands; nil: an empty one
}

func newHostile() *hostile {
	return &hostile{inbox: make(chan []byte, 1024), gone: make(chan struct{})}
}

func (h *hostile) Read() ([]byte, error) {
	select {
	case data := <-h.inbox:
		return data, nil
	case <-h.gone:
		return nil, io.EOF
	}
}

func (h *hostile) Write(data []byte) error {
	var m struct {
		CDP struct {
			ID int64  `json:"id"`
			Do string `json:"do"`
		} `json:"cdp"`
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	if m.CDP.Do == "body" {
		for _, answer := range h.body {
			h.say([]byte(strings.ReplaceAll(`{"cdp":`+answer+`}`, "ID", strconv.FormatInt(m.CDP.ID, 10))))
		}
		return nil
	}
	result := map[string]any{}
	if m.CDP.Do == "command" && h.result != nil {
		result = h.result
	}
	if m.CDP.Do == "open" {
		result["targetId"] = "T"
	}
	answer, err := json.Marshal(map[string]any{"cdp": map[string]any{"id": m.CDP.ID, "result": result}})
	if err == nil {
		h.say(answer)
	}
	return err
}

func (h *hostile) say(data []byte) {
	select {
	case h.inbox <- data:
	case <-h.gone:
	}
}

func (h *hostile) hangUp() { h.once.Do(func() { close(h.gone) }) }

// open opens a relay tab over the pipe, and reads it as the conversation does.
func (h *hostile) open(t testing.TB) (Tab, <-chan int) {
	link := NewLink(h)
	rest := make(chan int, 1)
	go func() {
		n := 0
		for {
			if _, err := link.Read(); err != nil {
				rest <- n
				return
			}
			n++
		}
	}()
	tab, err := Relay(t.Context(), link, []string{"http://cmd.localhost"}, nil, "http://cmd.localhost/", slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	return tab, rest
}

// The signed file comes in pieces ahead of the answer, and is whole or an error: then the response goes on, and the browser saves it.
func TestABodyComesWholeOrNotAtAll(t *testing.T) {
	for name, c := range map[string]struct {
		answers []string
		body    string
		err     string
	}{
		"in pieces": {[]string{`{"id":ID,"bytes":"JVBE"}`, `{"id":ID,"bytes":"Rg=="}`, `{"id":ID,"result":{"size":4}}`}, "%PDF", ""},
		"empty":     {[]string{`{"id":ID,"result":{"size":0}}`}, "", ""},
		"beside what was asked for otherwise": {[]string{`{"id":ID,"bytes":"JVBE"}`, `{"id":9999,"bytes":"AAAA"}`, `{"id":ID,"bytes":"Rg=="}`,
			`{"id":ID,"result":{"size":4}}`}, "%PDF", ""},
		"a piece short":        {[]string{`{"id":ID,"bytes":"JVBE"}`, `{"id":ID,"result":{"size":4}}`}, "", "3 bytes of 4"},
		"a piece that's none":  {[]string{`{"id":ID,"bytes":"JVBE"}`, `{"id":ID,"bytes":"R!=="}`, `{"id":ID,"result":{"size":4}}`}, "", "3 bytes of 4"},
		"broken off":           {[]string{`{"id":ID,"bytes":"JVBE"}`, `{"id":ID,"error":{"code":"DETACHED","message":"gone"}}`}, "", "gone"},
		"an answer of no size": {[]string{`{"id":ID,"bytes":"JVBE"}`, `{"id":ID,"result":{}}`}, "", "3 bytes of 0"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHostile()
			h.body = c.answers
			tab, rest := h.open(t)
			data, err := tab.Body(t.Context(), "interception-job-1.0")
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
			} else {
				require.NoError(t, err)
				require.Equal(t, c.body, string(data))
			}
			h.hangUp()
			<-rest
			require.NoError(t, tab.Close())
		})
	}
}

// An extension from before has it within the protocol's own message.
func TestABodyOfAnOlderExtension(t *testing.T) {
	h := newHostile()
	h.body = []string{`{"id":ID,"error":{"code":"COMMAND_REFUSED","message":"not a request of the relay"}}`}
	h.result = map[string]any{"body": "JVBERg==", "base64Encoded": true}
	tab, rest := h.open(t)
	data, err := tab.Body(t.Context(), "interception-job-1.0")
	require.NoError(t, err)
	require.Equal(t, "%PDF", string(data))
	h.hangUp()
	<-rest
	require.NoError(t, tab.Close())
}

// Whatever comes over the pipe, the host stays, and can end.
func FuzzRelay(f *testing.F) {
	for _, seed := range []string{
		`{"cdp":{"event":"Page.frameNavigated","params":{"frame":{"id":"T","loaderId":"1","url":"http://cmd.localhost/"}}}}`,
		`{"cdp":{"event":"Page.frameNavigated","params":{}}}`,
		`{"cdp":{"event":"Page.frameNavigated"}}`,
		`{"cdp":{"event":"Runtime.executionContextCreated","params":{"context":{"id":1,"uniqueId":"u","auxData":{"frameId":"T","isDefault":true}}}}}`,
		`{"cdp":{"event":"Runtime.executionContextCreated","params":{"context":null}}}`,
		`{"cdp":{"event":"Runtime.executionContextDestroyed","params":{"executionContextId":-1}}}`,
		`{"cdp":{"event":"DOM.documentUpdated"}}`,
		`{"cdp":{"event":"DOM.setChildNodes","params":{"parentId":1,"nodes":[null]}}}`,
		`{"cdp":{"event":"Target.attachedToTarget","params":{"sessionId":"x"}}}`,
		`{"cdp":{"event":"Target.detachedFromTarget","params":{"sessionId":"relay"}}}`,
		`{"cdp":{"event":"Target.targetInfoChanged","params":{}}}`,
		`{"cdp":{"event":"Fetch.requestPaused","params":{"requestId":"1"}}}`,
		`{"cdp":{"event":"Page.lifecycleEvent","params":{}}}`,
		`{"cdp":{"event":"Page.frameAttached","params":{"frameId":"T","parentFrameId":"T"}}}`,
		`{"cdp":{"event":"Inspector.detached","params":{"reason":"x"}}}`,
		`{"cdp":{"event":"Browser.downloadProgress"}}`,
		`{"cdp":{"detached":{"reason":"canceled_by_user"}}}` + "\n" + `{"cdp":{"reattached":{}}}`,
		`{"cdp":{"reattached":{}}}`,
		`{"cdp":{"downloaded":{"path":"/x.pdf"}}}`,
		`{"cdp":{"part":"{\"event\":\"Page.load","more":true}}` + "\n" + `{"cdp":{"part":"EventFired\"}","more":false}}`,
		`{"cdp":{"id":1,"bytes":"JVBERg=="}}`, `{"cdp":{"id":1,"bytes":"J"}}`, `{"cdp":{"bytes":[]}}`, `{"cdp":{"id":1,"result":null}}`, `{"cdp":{"id":2,"error":{"code":"DETACHED"}}}`, `{"cdp":null}`, `{"cdp":[]}`, `{"start":""}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h := newHostile()
		tab, rest := h.open(t)
		for line := range bytes.Lines(data) {
			h.say(line)
		}
		h.hangUp()
		select {
		case <-rest:
		case <-time.After(20 * time.Second):
			t.Fatal("the pipe isn't read any more")
		}
		require.NoError(t, tab.Close())
	})
}

// An extension that tells more than anybody reads is hung up on before it fills the memory.
func TestAFloodOfEventsEndsTheTab(t *testing.T) {
	t.Parallel()
	transport := newRelayTransport(NewLink(newHostile()), "T", false, slog.New(slog.DiscardHandler))
	for range 2 * maxQueue {
		transport.event("Page.loadEventFired", nil)
	}
	require.Len(t, transport.queue, maxQueue)
	require.True(t, transport.closed)
}

// What the extension did as it opened the tab is asked for of it only once the debugger was gone; what differs from that at once.
func TestWhatWasDoneAsTheTabOpenedIsNotAskedForAgain(t *testing.T) {
	pipe := slow{make(chan string, 8)}
	setup := []Command{{Method: "Fetch.enable", Params: fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*"}}}}}
	did, err := ahead(setup)
	require.NoError(t, err)
	transport := newRelayTransport(NewLink(pipe), "T", true, slog.New(slog.DiscardHandler))
	transport.done = did
	ask := func(id int64, method string, params any) {
		t.Helper()
		raw, err := jsonv2.Marshal(params, chromedp.DefaultMarshalOptions)
		require.NoError(t, err)
		require.NoError(t, transport.Write(t.Context(), &cdproto.Message{ID: id, Method: cdproto.MethodType(method), Params: raw}))
	}
	ask(1, "Runtime.enable", struct{}{})
	ask(2, "Fetch.enable", setup[0].Params)
	for id := range int64(2) {
		var answer cdproto.Message
		require.NoError(t, transport.Read(t.Context(), &answer))
		require.Equal(t, id+1, answer.ID)
		require.Nil(t, answer.Error)
	}
	require.Empty(t, pipe.asked, "it was done")

	ask(3, "Fetch.enable", fetch.EnableParams{})
	require.Equal(t, "command", <-pipe.asked)
	ask(4, "Fetch.enable", setup[0].Params)
	require.Equal(t, "command", <-pipe.asked, "a second time is meant")
	transport.reattached()
	require.Len(t, pipe.asked, 4, "all of it is set up anew, in its order")
}

// slow is an extension that takes its time with a tab.
type slow struct{ asked chan string }

func (s slow) Read() ([]byte, error) { select {} }

func (s slow) Write(data []byte) error {
	var m struct {
		CDP struct{ Do string }
	}
	err := json.Unmarshal(data, &m)
	s.asked <- m.CDP.Do
	return err
}

// A person who cancels while the tab is being opened is left with no tab.
func TestATabThatNobodyWaitsForIsClosed(t *testing.T) {
	pipe := slow{make(chan string, 8)}
	ctx, cancel := context.WithCancel(t.Context())
	opened := make(chan error, 1)
	go func() {
		_, err := Relay(ctx, NewLink(pipe), []string{"http://cmd.localhost"}, nil, "http://cmd.localhost/", slog.New(slog.DiscardHandler))
		opened <- err
	}()
	require.Equal(t, "open", <-pipe.asked)
	cancel()
	require.Error(t, <-opened)
	require.Equal(t, "close", <-pipe.asked)
}
