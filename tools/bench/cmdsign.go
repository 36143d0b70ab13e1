package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/coder/websocket"
)

// conversation is one with cmdsign (docs/PROTOCOL.md), over any connection.
type conversation struct {
	*site
	say  func(message map[string]any) error
	next func() ([]byte, error)
}

// sign holds it for one document. again: another was signed in it, so the host doesn't speak first.
func (c conversation) sign(j job, mode string, again bool) (signed, error) {
	start := map[string]any{"start": "", "mode": mode}
	if again {
		if err := c.say(start); err != nil {
			return signed{}, err
		}
	}
	for {
		data, err := c.next()
		if err != nil {
			return signed{}, err
		}
		var m struct {
			State, Progress string
			Error           json.RawMessage
			File            struct{ Path, Name string }
		}
		if err := json.Unmarshal(data, &m); err != nil {
			return signed{}, err
		}
		switch {
		case m.Error != nil:
			return signed{}, fmt.Errorf("%s", m.Error)
		case m.State == "start":
			err = c.say(start)
		case m.State == "stage1_input" && m.Progress == "":
			err = c.say(map[string]any{"phone": j.Phone, "pin": pin, "pdf_file_path": j.PDF})
		case m.State == "stage2_input" && m.Progress == "otp":
			var code string
			if code, err = c.phone.code(j.Phone); err == nil {
				err = c.say(map[string]any{"otp": code})
			}
		case m.State == "done" && m.File.Path != "":
			return signed{path: m.File.Path, end: time.Now()}, nil
		case m.State == "done":
			return signed{path: filepath.Join(c.folder, m.File.Name), end: time.Now()}, nil // a server tells no path
		}
		if err != nil {
			return signed{}, err
		}
	}
}

// command is cmdsign with what all that sign need.
func (s *site) command(verb, mode string, more ...string) (*exec.Cmd, error) {
	browser, err := s.browser()
	if err != nil {
		return nil, err
	}
	args := []string{verb, "--env", "sandbox", "--browser", mode, "--browser-path", browser, "--headless", "on", "--downloads", s.folder}
	cmd := exec.Command(s.cmdsign, append(args, more...)...)
	cmd.Env = append(os.Environ(), "CMDSIGN_SANDBOX_ADDRESS="+s.addr)
	return cmd, nil
}

// converse is cmdsign as a script has it, in lines: a process for each document, or one for all of them.
type converse struct {
	*site
	one  bool   // process for all
	at   string // host:port of a browser that runs already; "": it starts one
	runs *lines
	stop func() // that browser
}

func newLaunch(one bool) func(*site) (hand, error) {
	return func(s *site) (hand, error) { return &converse{site: s, one: one}, nil }
}

func newAttach(s *site) (hand, error) {
	stop, at, err := s.runningBrowser()
	return &converse{site: s, at: at, stop: stop}, err
}

func (c *converse) mode() string {
	if c.at == "" {
		return "launch"
	}
	return "attach"
}

// lines is a process that speaks in them.
type lines struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Scanner
	stderr bytes.Buffer
}

func (c *converse) sign(j job) (signed, error) {
	again := c.runs != nil
	if !again {
		if err := c.start(); err != nil {
			return signed{}, err
		}
	}
	l := c.runs
	late := time.AfterFunc(2*patience, func() { l.cmd.Process.Signal(syscall.SIGTERM) })
	defer late.Stop()
	got, err := conversation{c.site,
		func(message map[string]any) error { return json.NewEncoder(l.in).Encode(message) },
		func() ([]byte, error) {
			if l.out.Scan() {
				return l.out.Bytes(), nil
			}
			return nil, errors.Join(errors.New("it ended"), l.out.Err())
		}}.sign(j, c.mode(), again)
	if !c.one || err != nil {
		err = errors.Join(err, c.end())
	}
	return got, err
}

func (c *converse) start() error {
	var more []string
	if c.at != "" {
		more = []string{"--endpoint", "http://" + c.at}
	}
	cmd, err := c.command("converse", c.mode(), more...)
	if err != nil {
		return err
	}
	l := &lines{cmd: cmd}
	cmd.Stderr = &l.stderr
	if l.in, err = cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	l.out = bufio.NewScanner(out)
	l.out.Buffer(nil, maximum)
	c.runs = l
	return cmd.Start()
}

func (c *converse) close() error {
	err := c.end()
	if c.stop != nil {
		c.stop()
	}
	return err
}

// end ends the process.
func (c *converse) end() error {
	if c.runs == nil {
		return nil
	}
	l := c.runs
	c.runs = nil
	l.in.Close()
	if err := l.cmd.Wait(); err != nil {
		return fmt.Errorf("%w: %.500s", err, l.stderr.String())
	}
	return nil
}

// service is cmdsign serve: one process with one browser for all, and a WebSocket for each document.
type service struct {
	*site
	cmd    *exec.Cmd
	url    string
	stderr bytes.Buffer
}

func newService(s *site) (hand, error) {
	dir, err := os.MkdirTemp(s.work, "serve-")
	if err != nil {
		return nil, err
	}
	settings := filepath.Join(dir, "config", "cmdsign", "config.yaml")
	if err := os.MkdirAll(filepath.Dir(settings), 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(settings, []byte("serve: {limits: {conversations: 40, per_client: 40}}\n"), 0o600); err != nil {
		return nil, err
	}
	h := &service{site: s}
	if h.cmd, err = s.command("serve", "launch", "--address", "127.0.0.1:0", "--documents", s.folder); err != nil {
		return nil, err
	}
	h.cmd.Env = append(h.cmd.Env, "XDG_CONFIG_HOME="+filepath.Join(dir, "config"), "XDG_STATE_HOME="+filepath.Join(dir, "state"))
	h.cmd.Stderr = &h.stderr
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := h.cmd.Start(); err != nil {
		return nil, err
	}
	late := time.AfterFunc(patience, func() { h.cmd.Process.Kill() })
	defer late.Stop()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cmdsign serve said no address: %w: %.500s", err, h.stderr.String()), h.close())
	}
	h.url = strings.TrimSpace(line)
	return h, nil
}

func (h *service) sign(j job) (signed, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*patience) // twenty at once are slow
	defer cancel()
	ws, _, err := websocket.Dial(ctx, h.url, nil)
	if err != nil {
		return signed{}, err
	}
	defer ws.CloseNow()
	ws.SetReadLimit(maximum)
	j.PDF = filepath.Base(j.PDF) // it's looked for in the folder of the documents
	return conversation{h.site,
		func(message map[string]any) error {
			data, err := json.Marshal(message)
			if err != nil {
				return err
			}
			return ws.Write(ctx, websocket.MessageText, data)
		},
		func() ([]byte, error) { _, data, err := ws.Read(ctx); return data, err }}.sign(j, "launch", false)
}

func (h *service) close() error {
	h.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(patience, func() { h.cmd.Process.Kill() })
	defer late.Stop()
	if err := h.cmd.Wait(); err != nil {
		return fmt.Errorf("%w: %.500s", err, h.stderr.String())
	}
	return nil
}
