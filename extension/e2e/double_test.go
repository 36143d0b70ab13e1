package e2e

import (
	"bytes"
	byteorder "encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/nativemsg"
)

// playHost is this test program as a browser starts it in the host's place:
//   - "record:DIR" starts the real host and keeps what crosses the pipe, both ways, and what the host says on stderr;
//   - "puppet:SOCKET" has the test itself speak.
func playHost(role string) int {
	kind, where, _ := strings.Cut(role, ":")
	var err error
	if kind == "record" {
		err = record(where)
	} else {
		err = handOver(where)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func record(dir string) error {
	host := exec.Command(os.Getenv("E2E_HOST"), os.Args[1:]...)
	keep := func(name string) *os.File {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			panic(err)
		}
		return f
	}
	// A pipe, not our own stdin: the process must not wait for what the browser never ends.
	in, err := host.StdinPipe()
	if err != nil {
		return err
	}
	host.Stdout = io.MultiWriter(keep("from-host"), os.Stdout)
	host.Stderr = keep("stderr")
	if err := host.Start(); err != nil {
		return err
	}
	go func() {
		io.Copy(io.MultiWriter(keep("to-host"), in), os.Stdin)
		in.Close()
	}()
	return host.Wait()
}

func handOver(socket string) error {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return err
	}
	go func() {
		io.Copy(conn, os.Stdin)
		os.Exit(0)
	}()
	_, err = io.Copy(os.Stdout, conn)
	return err
}

func listen(t *testing.T, socket string) *net.UnixListener {
	t.Helper()
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	return listener
}

func (h *puppet) read(r *nativemsg.Reader) {
	for {
		data, err := r.Read()
		if err != nil {
			close(h.messages)
			return
		}
		var m map[string]any
		if json.Unmarshal(data, &m) == nil {
			h.messages <- m
		}
	}
}

// say sends a message to the extension.
func (h *puppet) say(m map[string]any) {
	h.t.Helper()
	data, err := json.Marshal(m)
	require.NoError(h.t, err)
	require.NoError(h.t, h.out.Write(data))
}

// hear waits for a message of the extension that fits.
func (h *puppet) hear(fits func(map[string]any) bool) map[string]any {
	h.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case m, open := <-h.messages:
			require.True(h.t, open, "the extension closed the port")
			if fits(m) {
				return m
			}
		case <-timer.C:
			require.Fail(h.t, "the extension did not say what was waited for")
		}
	}
}

// gone waits until the extension has closed the port.
func (h *puppet) gone() {
	h.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case _, open := <-h.messages:
			if !open {
				return
			}
		case <-timer.C:
			require.Fail(h.t, "the port is still open")
		}
	}
}

// ask makes a request of the relay, and gives its answer and the code with which it was refused.
func (h *puppet) ask(request map[string]any) (result map[string]any, refused string) {
	h.t.Helper()
	h.next++
	request["id"] = h.next
	h.say(map[string]any{"cdp": request})
	answer := h.hear(func(m map[string]any) bool {
		cdp, ok := m["cdp"].(map[string]any)
		return ok && cdp["id"] == float64(h.next)
	})["cdp"].(map[string]any)
	if failure, ok := answer["error"].(map[string]any); ok {
		return nil, failure["code"].(string)
	}
	result, _ = answer["result"].(map[string]any)
	return result, ""
}

// hello greets as a host of today does.
func (h *puppet) hello(more map[string]any) {
	h.t.Helper()
	m := map[string]any{"state": "start", "protocol": 1, "min_protocol": 1, "version": "0", "environment": "test", "modes": []string{"relay", "launch"}}
	for k, v := range more {
		m[k] = v
	}
	h.say(m)
}

// tooLong sends a message that is one byte over what a browser takes.
func (h *puppet) tooLong() {
	h.t.Helper()
	frame := append([]byte(`{"state":"`), bytes.Repeat([]byte("x"), 1<<20+1-12)...)
	frame = append(frame, `"}`...)
	// The browser may end the pipe once it has seen the length.
	_, _ = h.raw.Write(append(byteorder.NativeEndian.AppendUint32(nil, uint32(len(frame))), frame...))
}

// document has the person choose the page's PDF, and takes it.
func (h *puppet) document(popup *popup) {
	h.t.Helper()
	popup.until("choose")
	popup.choose("Contrato (data)")
	h.hear(func(m map[string]any) bool { _, ok := m["start"]; return ok })
	h.say(fields{"state": "stage1_input"})
	chunk := h.hear(func(m map[string]any) bool { _, ok := m["upload_local"]; return ok })["upload_local"].(map[string]any)
	h.say(fields{"state": "stage1_input", "status": "OK", "progress": "upload_local", "received": chunk["size"],
		"document": fields{"name": chunk["name"], "size": chunk["size"], "sha256": chunk["sha256"], "pages": 1}})
}

// loaded waits until the tab has loaded a page: first the extension tells that it's there, then the browser that it's whole.
func (h *puppet) loaded(browser *chrome, url string) {
	h.t.Helper()
	h.hear(func(m map[string]any) bool {
		cdp, _ := m["cdp"].(map[string]any)
		params, _ := cdp["params"].(map[string]any)
		frame, _ := params["frame"].(map[string]any)
		return cdp["event"] == "Page.frameNavigated" && frame["url"] == url
	})
	require.Eventually(h.t, func() bool {
		return inWorker[bool](browser, fmt.Sprintf(`chrome.tabs.query({}).then((tabs) => tabs.some((t) => t.url === %q && t.status === "complete"))`, url))
	}, patience, tick, "the tab doesn't load %s", url)
}
