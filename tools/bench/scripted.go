package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// scripted is a peer's script (peers/contest.mjs).
type scripted struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Scanner
	stderr bytes.Buffer
}

// chromedriver is the one that was fetched, else the system's.
func (p place) chromedriver() string {
	return tool(filepath.Join(p.peers, "chromedriver", "usr", "bin", "chromedriver"), "chromedriver")
}

func (s *site) script(command ...string) (hand, error) {
	browser, err := s.browser()
	if err != nil {
		return nil, err
	}
	knows, err := json.Marshal(map[string]string{"chromium": browser, "chromedriver": s.chromedriver(), "addr": s.addr,
		"intro": s.remote.IntroURL, "messages": messages(s.addr), "pin": pin})
	if err != nil {
		return nil, err
	}
	h := &scripted{cmd: exec.Command(command[0], append(command[1:], string(knows))...)}
	h.cmd.Stderr = &h.stderr
	// What it starts ends with it.
	h.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if h.in, err = h.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	h.out = bufio.NewScanner(out)
	if err := h.cmd.Start(); err != nil {
		return nil, err
	}
	if err := h.wait("ready"); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

func (h *scripted) wait(word string) error {
	defer h.bounded().Stop()
	if h.out.Scan() && h.out.Text() == word {
		return nil
	}
	return fmt.Errorf("%q instead of %q: %.1000s", h.out.Text(), word, h.stderr.String())
}

func (h *scripted) bounded() *time.Timer {
	return time.AfterFunc(patience, func() { syscall.Kill(-h.cmd.Process.Pid, syscall.SIGTERM) })
}

func (h *scripted) sign(j job) (signed, error) {
	if err := json.NewEncoder(h.in).Encode(j); err != nil {
		return signed{}, err
	}
	if err := h.wait("given"); err != nil {
		return signed{}, err
	}
	got := signed{path: j.Save, given: time.Now()}
	return got, h.wait("done")
}

func (h *scripted) close() error {
	defer h.bounded().Stop()
	h.in.Close()
	return h.cmd.Wait()
}
