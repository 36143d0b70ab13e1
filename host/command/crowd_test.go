package command

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

// guest is one of many clients of a server: a document and a phone of its own.
type guest struct {
	t     *testing.T
	m     *machine
	ws    *websocket.Conn
	said  chan []byte // what the server says, read as it comes: who doesn't read answers no ping
	ended error       // why it says nothing more
	phone string
	name  string
	pdf   []byte
	code  string
	last  message
}

const crowdSettings = "serve: {limits: {conversations: 40, per_client: 40}}"

// guests connects as many clients, the n-th with a document of n pages.
func (m *machine) guests(url string, phones ...string) []*guest {
	m.t.Helper()
	all := make([]*guest, len(phones))
	for i, phone := range phones {
		ws, _, err := websocket.Dial(m.t.Context(), url, nil)
		require.NoError(m.t, err)
		m.t.Cleanup(func() { ws.CloseNow() })
		ws.SetReadLimit(16 << 20)
		g := &guest{t: m.t, m: m, ws: ws, phone: phone, name: "documento-" + strings.TrimPrefix(phone, "+351 ") + ".pdf", pdf: pdftest.New(pdftest.Options{Pages: i + 1}), said: make(chan []byte, 1000)}
		require.NoError(m.t, os.WriteFile(m.at("root", g.name), g.pdf, 0o600))
		all[i] = g
		go g.listen()
	}
	return all
}

func (g *guest) listen() {
	defer close(g.said)
	for {
		_, data, err := g.ws.Read(g.t.Context())
		if err != nil {
			g.ended = err
			return
		}
		g.said <- data
	}
}

func (g *guest) send(f fields) error {
	data, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return g.ws.Write(g.t.Context(), websocket.MessageText, data)
}

// until goes on with the conversation up to a state that asks for something, or its end.
func (g *guest) until(state string) error {
	late := time.After(4 * patience)
	for {
		var data []byte
		var there bool
		select {
		case data, there = <-g.said:
		case <-late:
			return fmt.Errorf("%s says nothing after %s", g.name, g.last.State)
		}
		if !there {
			return fmt.Errorf("%s, after %s: %w", g.name, g.last.State, g.ended)
		}
		var m message
		if err := json.Unmarshal(data, &m); err != nil {
			return err
		}
		if m.Status == "OK" && m.Progress != "" && m.Progress != "otp" {
			continue
		}
		g.last = m
		var err error
		switch {
		case m.State == state && (m.Progress == "" || m.Progress == "otp"), m.over():
			return nil
		case m.State == "start":
			err = g.send(fields{"start": ""})
		case m.State == "stage1_input" && m.prompt():
			err = g.send(fields{"phone": g.phone, "pin": goodPIN, "pdf_file_path": g.name})
		}
		if err != nil {
			return err
		}
	}
}

// confirm sends the code that came to its phone.
func (g *guest) confirm() error {
	ctx, cancel := context.WithTimeout(g.t.Context(), patience)
	defer cancel()
	var err error
	if g.code, _, err = g.m.sandbox.WaitCode(ctx, g.phone); err != nil {
		return err
	}
	return g.send(fields{"otp": g.code})
}

// together does something for each at once.
func together(t *testing.T, all []*guest, do func(*guest) error) {
	t.Helper()
	var wait sync.WaitGroup
	errs := make([]error, len(all))
	for i, g := range all {
		wait.Go(func() { errs[i] = do(g) })
	}
	wait.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
}

// Many conversations at once in one browser: each gets its own document back with a signature of its own, though all of them wait for
// their codes at the same time.
func TestManyConversationsInOneBrowser(t *testing.T) {
	t.Parallel()
	n := 3
	if os.Getenv("E2E_LONG") != "" {
		n = 20
	}
	m := newMachine(t, sandbox.Config{}, crowdSettings)
	require.NoError(t, os.Mkdir(m.at("root"), 0o700))
	h, url := m.served("--endpoint", "")
	var phones []string
	for i := range n {
		phones = append(phones, fmt.Sprintf("+351 9002000%02d", i))
	}
	all := m.guests(url, phones...)

	toCode := func(g *guest) error { return g.until("stage2_input") }
	together(t, all[:1], toCode)
	one := m.memory(h)
	together(t, all[1:], toCode)
	for _, g := range all {
		require.Equal(t, "stage2_input", g.last.State, "%s: %+v", g.name, g.last.Error)
	}
	require.Zero(t, m.signatures())
	many := m.memory(h)
	t.Logf("%d conversations: the browser holds %d MiB, %d for each beyond the first; the server %d MiB, %d KiB for each",
		n, many.browser>>20, (many.browser-one.browser)/int64(n-1)>>20, many.server>>20, (many.server-one.server)/int64(n-1)>>10)

	together(t, all, (*guest).confirm)
	together(t, all, func(g *guest) error { return g.until("done") })
	require.Equal(t, n, m.signatures())
	saved := map[string]bool{}
	for _, g := range all {
		require.Equal(t, "done", g.last.State, "%s: %+v", g.name, g.last.Error)
		require.False(t, saved[g.last.File.Name], "two in one file")
		saved[g.last.File.Name] = true
		g.last.File.Path = m.at("Downloads", g.last.File.Name)
		m.requireSaved(g.last, m.at("root", g.name))
		signed, err := os.ReadFile(g.last.File.Path)
		require.NoError(t, err)
		require.Equal(t, 1, bytes.Count(signed[len(g.pdf):], []byte("/ByteRange")), "more than its own signature")
	}

	require.NoError(t, h.cmd.Process.Signal(syscall.SIGTERM))
	require.Zero(t, h.wait())
	m.browsersGone()
}

type held struct{ server, browser int64 }

// memory is what a server and its browser hold, in bytes; what processes share is counted once.
func (m *machine) memory(h *host) (held held) {
	m.t.Helper()
	for _, pid := range m.browserProcesses() {
		rollup, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "smaps_rollup"))
		if err != nil {
			continue // it ended
		}
		for line := range strings.Lines(string(rollup)) {
			if kb, ok := strings.CutPrefix(line, "Pss:"); ok {
				n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kb), "kB")), 10, 64)
				require.NoError(m.t, err)
				if pid == h.cmd.Process.Pid {
					held.server += n << 10
				} else {
					held.browser += n << 10
				}
			}
		}
	}
	require.NotZero(m.t, held.server)
	require.NotZero(m.t, held.browser)
	return held
}

// The browser that a server works with is killed under load: who sent no code is told that nothing was signed, who did that a signature may
// exist, and who comes while it's away is waited with until it's back.
func TestBrowserOfAServerKilledUnderLoad(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{}, crowdSettings)
	require.NoError(t, os.Mkdir(m.at("root"), 0o700))
	other := m.otherBrowser()
	_, at := m.listening(2, "--endpoint", "http://"+other.host, "--metrics", "127.0.0.1:0")
	url := at[0]
	ready := func() int {
		r, err := http.Get(strings.Replace(at[1], "metrics", "readyz", 1))
		require.NoError(t, err)
		r.Body.Close()
		return r.StatusCode
	}
	require.Equal(t, http.StatusOK, ready())

	all := m.guests(url, "+351 900200001", "+351 900200002", "+351 900200003", "+351 900000057") // the last one's result never comes
	together(t, all, func(g *guest) error { return g.until("stage2_input") })
	waiting, sent := all[:3], all[3:]
	together(t, sent, (*guest).confirm)
	require.Eventually(t, func() bool { return m.signatures() == 1 }, patience, 20*time.Millisecond)

	other.kill()
	together(t, all, func(g *guest) error { return g.until("failed") })
	for _, g := range waiting {
		require.Equal(t, "BROWSER_LOST", g.last.Error.Code, "%+v", g.last.Error)
	}
	require.Equal(t, "MAY_BE_SIGNED", sent[0].last.Error.Code)
	require.Equal(t, 1, m.signatures())
	require.Equal(t, http.StatusServiceUnavailable, ready())

	late := m.guests(url, "+351 900200004")
	began := make(chan error, 1)
	go func() { began <- late[0].until("stage2_input") }()
	_, port, _ := strings.Cut(other.host, ":")
	again, _, err := runningBrowser(m.at("again"), m.env, "--remote-debugging-port="+port)
	require.NoError(t, err)
	t.Cleanup(func() { again.Process.Kill(); again.Wait() })
	require.NoError(t, <-began)
	require.Equal(t, http.StatusOK, ready())
	together(t, late, (*guest).confirm)
	together(t, late, func(g *guest) error { return g.until("done") })
	late[0].last.File.Path = m.at("Downloads", late[0].last.File.Name)
	m.requireSaved(late[0].last, m.at("root", late[0].name))
}
