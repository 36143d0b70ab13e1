package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"

	"github.com/chromedp/cdproto"
	jsonv2 "github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// relaySession is the session that chromedp knows the one tab by.
const relaySession = target.SessionID("relay")

// relayTransport is CDP as chromedp speaks it, over the link. What chromedp always sends and the extension must not see is
// answered here (docs/RELAY.md, facts/native.md 2.6 and 2.7).
type relayTransport struct {
	link     *Link
	targetID string
	ready    bool // the extension enables Page by itself
	log      *slog.Logger

	mu     sync.Mutex
	queue  []*cdproto.Message
	queued int // bytes in queue
	wake   chan struct{}
	closed bool
	sticky []stickyCommand
	done   []stickyCommand // by the extension as it opened the tab: each is answered here, once
}

// What chromedp hasn't read yet: messages, and bytes of them. One of them may be a whole file.
const (
	maxQueue  = 10_000
	maxQueued = 2 * maxParts
)

// stickyCommand sets up something that ends with the debugger's session, and is sent again once it's back.
type stickyCommand struct {
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

// ahead are the commands that the extension does as it opens the tab, with what chromedp enables in each.
func ahead(setup []Command) ([]stickyCommand, error) {
	all := []stickyCommand{{"Runtime.enable", json.RawMessage("{}")}}
	for _, c := range setup {
		params, err := jsonv2.Marshal(c.Params, chromedp.DefaultMarshalOptions)
		if err != nil {
			return nil, err
		}
		all = append(all, stickyCommand{c.Method, params})
	}
	return all, nil
}

// local are the commands answered here. Network events would carry request bodies, and so the PIN; the others are of no use
// with one tab.
var local = map[string]string{
	"Network.enable": "{}", "DOM.enable": "{}", "CSS.enable": "{}", "Log.enable": "{}", "Inspector.enable": "{}",
	"Page.setLifecycleEventsEnabled": "{}", "Target.setDiscoverTargets": "{}", "Target.setAutoAttach": "{}",
	"Runtime.evaluate":   `{"result":{"type":"object","className":"Window","description":"Window"}}`,
	"Target.getTargets":  `{"targetInfos":[]}`,
	"Target.closeTarget": `{"success":true}`, "Target.detachFromTarget": "{}",
}

// setup are the commands that have to be repeated after the debugger was gone for a moment.
var setup = map[string]bool{
	"Runtime.enable": true, "Page.enable": true, "Emulation.setFocusEmulationEnabled": true,
	"Page.addScriptToEvaluateOnNewDocument": true, "Fetch.enable": true,
}

func newRelayTransport(link *Link, targetID string, ready bool, log *slog.Logger) *relayTransport {
	return &relayTransport{link: link, targetID: targetID, ready: ready, log: log, wake: make(chan struct{}, 1)}
}

// Read gives the next answer or event.
func (t *relayTransport) Read(ctx context.Context, msg *cdproto.Message) error {
	for {
		t.mu.Lock()
		if len(t.queue) > 0 {
			*msg = *t.queue[0]
			t.queue = t.queue[1:]
			t.queued -= sizeOf(msg)
			t.mu.Unlock()
			return nil
		}
		closed := t.closed
		t.mu.Unlock()
		if closed {
			return io.EOF
		}
		select {
		case <-t.wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (t *relayTransport) push(msg *cdproto.Message) {
	t.mu.Lock()
	switch {
	case t.closed:
	case len(t.queue) >= maxQueue || t.queued+sizeOf(msg) > maxQueued:
		t.log.Error("the extension tells more than is read", "messages", len(t.queue), "bytes", t.queued)
		t.closed = true
	default:
		t.queue = append(t.queue, msg)
		t.queued += sizeOf(msg)
	}
	t.mu.Unlock()
	t.ring()
}

func sizeOf(msg *cdproto.Message) int { return len(msg.Params) + len(msg.Result) }

func (t *relayTransport) ring() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// Write takes a command of chromedp's: answers it here, or hands it to the extension.
func (t *relayTransport) Write(_ context.Context, msg *cdproto.Message) error {
	method := string(msg.Method)
	switch method {
	case "Target.createTarget":
		t.answer(msg, json.RawMessage(`{"targetId":`+quote(t.targetID)+`}`))
		return nil
	case "Target.attachToTarget":
		t.answer(msg, json.RawMessage(`{"sessionId":`+quote(string(relaySession))+`}`))
		return nil
	}
	if t.ready && method == "Page.enable" {
		t.answer(msg, json.RawMessage("{}"))
		return nil
	}
	if result, ok := local[method]; ok {
		t.answer(msg, json.RawMessage(result))
		return nil
	}
	params := json.RawMessage(msg.Params)
	if len(params) == 0 {
		params = json.RawMessage("{}")
	}
	if setup[method] {
		t.mu.Lock()
		t.sticky = append(t.sticky, stickyCommand{method, params})
		i := slices.IndexFunc(t.done, func(c stickyCommand) bool { return c.Method == method && bytes.Equal(c.Params, params) })
		if i >= 0 {
			t.done = slices.Delete(t.done, i, i+1)
		}
		t.mu.Unlock()
		if i >= 0 {
			t.answer(msg, nil)
			return nil
		}
	}
	t.log.Debug("relay command", "id", msg.ID, "method", method)
	t.link.send(map[string]any{"do": "command", "method": method, "params": params}, func(a relayAnswer) {
		t.log.Debug("relay answer", "id", msg.ID, "method", method, "err", a.err)
		if a.err != nil {
			t.refuse(msg, a.err)
			return
		}
		t.answer(msg, a.result)
	})
	return nil
}

func (t *relayTransport) answer(msg *cdproto.Message, result json.RawMessage) {
	if len(result) == 0 {
		result = json.RawMessage("{}")
	}
	t.push(&cdproto.Message{ID: msg.ID, SessionID: msg.SessionID, Result: jsonv2.Value(result)})
}

// refuse answers with an error. What the extension says of a debugger that was just detached is what CDP itself says of a
// document that is gone: the engine looks again either way.
func (t *relayTransport) refuse(msg *cdproto.Message, err error) {
	failure := &cdproto.Error{Code: -32000, Message: err.Error()}
	var refused *RelayError
	if errors.As(err, &refused) {
		failure.Message = refused.Message
		if refused.CDPCode != 0 {
			failure.Code = refused.CDPCode
		}
		if refused.Code == "DETACHED" {
			failure.Message = "Inspected target navigated or closed"
		}
	}
	t.push(&cdproto.Message{ID: msg.ID, SessionID: msg.SessionID, Error: failure})
}

// events are those that the extension lets through (docs/RELAY.md), each with the part that it's about: chromedp and the
// engine take that for granted.
var events = map[string]string{
	"Runtime.executionContextCreated": "context", "Runtime.executionContextDestroyed": "", "Runtime.executionContextsCleared": "",
	"Page.frameNavigated": "frame", "Page.frameStartedLoading": "", "Page.frameStoppedLoading": "",
	"Page.loadEventFired": "", "Page.domContentEventFired": "", "Page.javascriptDialogOpening": "",
	"Inspector.targetCrashed": "", "Fetch.requestPaused": "request",
}

// event passes on what happened in the tab. What isn't on the list, or lacks its part, is left out.
func (t *relayTransport) event(method string, params json.RawMessage) {
	if len(params) == 0 {
		params = json.RawMessage("{}")
	}
	part, known := events[method]
	var fields map[string]json.RawMessage
	if !known || json.Unmarshal(params, &fields) != nil || part != "" && !bytes.HasPrefix(bytes.TrimSpace(fields[part]), []byte("{")) {
		t.log.Warn("an event that isn't expected", "method", method)
		return
	}
	t.log.Debug("relay event", "method", method)
	t.push(&cdproto.Message{SessionID: relaySession, Method: cdproto.MethodType(method), Params: jsonv2.Value(params)})
}

// detached ends the tab for chromedp.
func (t *relayTransport) detached() {
	params, _ := json.Marshal(map[string]string{"sessionId": string(relaySession), "targetId": t.targetID})
	t.push(&cdproto.Message{Method: "Target.detachedFromTarget", Params: jsonv2.Value(params)})
}

// reattached sets up again what ended with the debugger's session. The contexts known are void, and Runtime.enable tells of
// those that there are.
func (t *relayTransport) reattached() {
	t.event("Runtime.executionContextsCleared", nil)
	t.mu.Lock()
	sticky := append([]stickyCommand{}, t.sticky...)
	t.mu.Unlock()
	for _, c := range sticky {
		t.link.send(map[string]any{"do": "command", "method": c.Method, "params": c.Params}, func(a relayAnswer) {
			if a.err != nil {
				t.log.Warn("setting up the tab again", "method", c.Method, "err", a.err)
			}
		})
	}
}

// Close ends Read.
func (t *relayTransport) Close() error {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.ring()
	return nil
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
