package command

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	jsonv2 "github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/browser"
	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/environment"
	"github.com/sign-with-cmd/sign-with-cmd/host/nativemsg"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

// standIn plays the extension of docs/RELAY.md over a native messaging pipe, with a real Chromium behind it. It keeps PIN and
// code, as the extension does, and records every byte that crosses the pipe.
type standIn struct {
	t      *testing.T
	tab    context.Context
	out    *nativemsg.Writer
	in     *nativemsg.Reader
	events chan map[string]any
	talk   chan map[string]any // the conversation's messages

	mu      sync.Mutex
	secrets map[string]string
	crossed strings.Builder
	refuse  func(do string, m map[string]any) *browser.RelayError
}

func newStandIn(t *testing.T, in io.Reader, out io.Writer) *standIn {
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.Flag("disable-gpu", true))
	alloc, cancelAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancelAlloc)
	tab, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(tab))
	s := &standIn{
		t: t, tab: tab, in: nativemsg.NewReader(in, 64<<20), out: nativemsg.NewWriter(out), talk: make(chan map[string]any, 64),
		events: make(chan map[string]any, 1024), secrets: map[string]string{},
	}
	// In the order of their coming, as chrome.debugger gives them.
	require.NoError(t, chromedp.Listen(tab, func(ev any) {
		if method := forwarded(ev); method != "" {
			s.events <- map[string]any{"event": method, "params": ev}
		}
	}))
	go s.forward()
	go s.read()
	return s
}

// forwarded names the events that the extension lets through.
func forwarded(ev any) string {
	switch ev.(type) {
	case *runtime.EventExecutionContextCreated:
		return "Runtime.executionContextCreated"
	case *runtime.EventExecutionContextDestroyed:
		return "Runtime.executionContextDestroyed"
	case *runtime.EventExecutionContextsCleared:
		return "Runtime.executionContextsCleared"
	case *page.EventFrameNavigated:
		return "Page.frameNavigated"
	case *fetch.EventRequestPaused:
		return "Fetch.requestPaused"
	}
	return ""
}

func (s *standIn) forward() {
	for event := range s.events {
		if paused, ok := event["params"].(*fetch.EventRequestPaused); ok {
			stripped := *paused
			request := *paused.Request
			request.PostDataEntries = nil
			stripped.Request = &request
			event["params"] = &stripped
		}
		s.send(map[string]any{"cdp": event})
	}
}

func (s *standIn) send(m map[string]any) {
	data, err := json.Marshal(m)
	if err != nil {
		return
	}
	s.note(data)
	_ = s.out.Write(data)
}

func (s *standIn) note(data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.crossed.Write(data)
	s.crossed.WriteByte('\n')
}

func (s *standIn) read() {
	defer close(s.talk)
	for {
		data, err := s.in.Read()
		if err != nil {
			return
		}
		s.note(data)
		var m map[string]any
		if json.Unmarshal(data, &m) != nil {
			return
		}
		if request, ok := m["cdp"].(map[string]any); ok {
			s.serve(request)
			continue
		}
		s.talk <- m
	}
}

func (s *standIn) serve(m map[string]any) {
	answer := map[string]any{"id": m["id"]}
	do, _ := m["do"].(string)
	target := chromedp.FromContext(s.tab).Target
	if s.refuse != nil {
		if e := s.refuse(do, m); e != nil {
			answer["error"] = e
			s.send(map[string]any{"cdp": answer})
			return
		}
	}
	switch do {
	case "open":
		answer["result"] = map[string]any{"targetId": string(target.TargetID)}
	case "command":
		// Commands answer in their own time, as chrome.debugger's do.
		go func() {
			params, _ := json.Marshal(m["params"])
			var result jsonv2.Value
			if err := target.Call(s.tab, m["method"].(string), jsonv2.Value(params), &result); err != nil {
				answer["error"] = &browser.RelayError{Code: "CDP", Message: err.Error()}
			} else {
				answer["result"] = json.RawMessage(result)
			}
			s.send(map[string]any{"cdp": answer})
		}()
		return
	case "fillSecret":
		s.mu.Lock()
		value := s.secrets[m["token"].(string)]
		s.mu.Unlock()
		err := chromedp.Do(s.tab, chromedp.SetValue(chromedp.CSS(m["selector"].(string)), value))
		require.NoError(s.t, err)
		answer["result"] = map[string]any{}
	case "putDocument", "body":
		answer["error"] = &browser.RelayError{Code: "COMMAND_REFUSED", Message: "an older extension"}
	default:
		answer["result"] = map[string]any{"shown": true}
	}
	s.send(map[string]any{"cdp": answer})
}

func (s *standIn) token(value string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := "t-" + strings.Repeat("0", 31) + string("0123456789abcdef"[len(s.secrets)])
	s.secrets[t] = value
	return t
}

func (s *standIn) next() map[string]any {
	s.t.Helper()
	select {
	case m, ok := <-s.talk:
		require.True(s.t, ok, "the host hung up")
		return m
	case <-time.After(patience):
		require.Fail(s.t, "the host said nothing")
		return nil
	}
}

// relayHost is the host at the other end of the stand-in, in this process.
func relayHost(t *testing.T, sb *sandbox.Sandbox) (*standIn, string) {
	t.Helper()
	fromExtension, toHost := io.Pipe()
	fromHost, toExtension := io.Pipe()
	heard := make(chan struct{})
	close(heard)
	link := browser.NewLink(nativeConn{nativemsg.NewReader(fromExtension, 64<<20), nativemsg.NewWriter(toExtension), heard})
	m := bareMachine(t)
	m.configure(`env: test`, `state: `+m.at("state"), `downloads: `+m.at("Downloads"), `environments:
  test:
    intro: `+sb.IntroURL()+`
    origins: [`+strings.Join(sb.Origins(), ", ")+`]
    revocation: off
`)
	cfg, err := config.Load(m.config, nil)
	require.NoError(t, err)
	w, err := wire(t.Context(), cfg, link, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	w.options.Trust = environment.Anchors(append(w.options.Trust(), sb.Root())...)
	s := newStandIn(t, fromHost, toHost)
	ended := make(chan error, 1)
	go func() {
		ended <- conversation.Serve(context.Background(), link, w.options)
		toExtension.Close()
	}()
	t.Cleanup(func() {
		toHost.Close()
		select {
		case <-ended:
		case <-time.After(patience):
			t.Error("the host did not end with its pipe")
		}
	})
	return s, m.pdf("contrato.pdf")
}

func TestRelaySignsWithoutTheHostHoldingPINOrCode(t *testing.T) {
	t.Parallel()
	sb, err := sandbox.Start(t.Context(), sandbox.Config{Dir: authority})
	require.NoError(t, err)
	defer sb.Close()
	s, pdf := relayHost(t, sb)

	require.Contains(t, s.next()["modes"], "relay")
	s.send(map[string]any{"start": "", "mode": "relay"})
	var code string
	var done map[string]any
	for done == nil {
		m := s.next()
		switch m["state"] {
		case "stage1_input":
			s.send(map[string]any{"phone": goodPhone, "pin_token": s.token(goodPIN), "pdf_file_path": pdf})
		case "stage2_input":
			code, _, err = sb.WaitCode(t.Context(), goodPhone)
			require.NoError(t, err)
			s.send(map[string]any{"otp_token": s.token(code)})
		case "done", "failed", "unverified", "cancelled":
			done = m
		}
	}
	require.Equal(t, "done", done["state"], done)
	file := done["file"].(map[string]any)
	require.FileExists(t, file["path"].(string))
	require.Equal(t, "contrato-signed.pdf", filepath.Base(file["path"].(string)))
	require.Equal(t, 1, sb.Counts().Signatures)

	s.mu.Lock()
	crossed := s.crossed.String()
	s.mu.Unlock()
	for name, secret := range map[string]string{"PIN": goodPIN, "code": code} {
		require.NotContains(t, crossed, secret, "the %s crossed the pipe", name)
		require.NotContains(t, crossed, base64.StdEncoding.EncodeToString([]byte(secret)), "the %s crossed the pipe in base64", name)
	}
	require.NotContains(t, crossed, "postData", "a request body crossed the pipe")
	require.Contains(t, crossed, "history.replaceState", "an older extension keeps the document's form in the tab's history")
}

func TestRelayRefusesAPlainPIN(t *testing.T) {
	t.Parallel()
	sb, err := sandbox.Start(t.Context(), sandbox.Config{Dir: authority})
	require.NoError(t, err)
	defer sb.Close()
	s, pdf := relayHost(t, sb)
	s.next()
	s.send(map[string]any{"start": "", "mode": "relay"})
	require.Equal(t, "stage1_input", s.next()["state"])
	s.send(map[string]any{"phone": goodPhone, "pin": goodPIN, "pdf_file_path": pdf})
	m := s.next()
	require.Equal(t, string(problem.MessageMalformed), m["error"].(map[string]any)["code"])
}

func TestRelayTellsWhyTheTabWentAway(t *testing.T) {
	t.Parallel()
	for reason, code := range map[string]problem.Code{
		"foreign_frame": problem.ExtensionConflict,
		"target_closed": problem.BrowserLost,
	} {
		t.Run(reason, func(t *testing.T) {
			sb, err := sandbox.Start(t.Context(), sandbox.Config{Dir: authority})
			require.NoError(t, err)
			defer sb.Close()
			s, pdf := relayHost(t, sb)
			s.next()
			s.send(map[string]any{"start": "", "mode": "relay"})
			for {
				m := s.next()
				if m["state"] == "stage1_input" {
					s.send(map[string]any{"phone": goodPhone, "pin_token": s.token(goodPIN), "pdf_file_path": pdf})
				}
				if m["state"] == "stage2_input" {
					s.send(map[string]any{"cdp": map[string]any{"detached": map[string]any{"reason": reason, "who": "x"}}})
				}
				if m["state"] == "failed" {
					require.Equal(t, string(code), m["error"].(map[string]any)["code"])
					return
				}
			}
		})
	}
}
