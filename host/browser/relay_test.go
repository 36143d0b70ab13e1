package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
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
	inbox chan []byte
	once  sync.Once
	gone  chan struct{}
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
	result := map[string]any{}
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
	tab, err := Relay(t.Context(), link, []string{"http://cmd.localhost"}, nil, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	return tab, rest
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
		`{"cdp":{"id":1,"result":null}}`, `{"cdp":{"id":2,"error":{"code":"DETACHED"}}}`, `{"cdp":null}`, `{"cdp":[]}`, `{"start":""}`,
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
		_, err := Relay(ctx, NewLink(pipe), []string{"http://cmd.localhost"}, nil, slog.New(slog.DiscardHandler))
		opened <- err
	}()
	require.Equal(t, "open", <-pipe.asked)
	cancel()
	require.Error(t, <-opened)
	require.Equal(t, "close", <-pipe.asked)
}
