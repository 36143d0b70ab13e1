package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// traffic is what went between a browser and who drives it.
type traffic struct {
	toBrowser, fromBrowser direction
}

type direction struct{ messages, bytes atomic.Int64 }

// counted counts a contestant's CDP. Two programs stand between: one in the browser's place, which passes on what a client and the browser
// say over pipe or WebSocket, and one in the native host's. They count into one file that all of them have in memory.
type counted struct {
	file string
	*traffic
}

func newCounted(path string) (*counted, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size := int(unsafe.Sizeof(traffic{}))
	if err := f.Truncate(int64(size)); err != nil {
		return nil, err
	}
	data, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	return &counted{path, (*traffic)(unsafe.Pointer(&data[0]))}, nil
}

// numbers are messages and bytes to the browser, then those back.
func (t *traffic) numbers() [4]float64 {
	return [4]float64{float64(t.toBrowser.messages.Load()), float64(t.toBrowser.bytes.Load()),
		float64(t.fromBrowser.messages.Load()), float64(t.fromBrowser.bytes.Load())}
}

// browser is what a contestant starts as its browser.
func (s *site) browser() (string, error) { return s.stand("browser", s.chromium) }

// nativeHost is what a browser starts as the extension's host.
func (s *site) nativeHost() (string, error) { return s.stand("host", s.cmdsign) }

// stand gives a program, or where it's counted another in its place.
func (s *site) stand(role, program string) (string, error) {
	if s.count == nil {
		return program, nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	path := s.count.file + "-" + role
	script := fmt.Sprintf("#!/bin/sh\nexec '%s' -pass %s '%s' '%s' \"$@\"\n", self, role, s.count.file, program)
	return path, os.WriteFile(path, []byte(script), 0o700)
}

// pass is the program in the place of another: role, file of the counts, the other, its arguments.
func pass(args []string) error {
	if len(args) < 3 {
		return errors.New("-pass ROLE COUNTS PROGRAM …")
	}
	// The other ends with the thread that started it (prctl(2)).
	runtime.LockOSThread()
	role, program, args := args[0], args[2], append([]string{args[1]}, args[3:]...)
	c, err := newCounted(args[0])
	if err != nil {
		return err
	}
	cmd := exec.Command(program, args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	switch {
	case role == "host":
		err = c.passHost(cmd)
	case slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "--remote-debugging-pipe") }):
		err = c.passPipe(cmd)
	case slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "--remote-debugging-port") }):
		err = c.passPort(cmd)
	default: // it's asked for its version, say
		err = cmd.Start()
	}
	if err != nil {
		return err
	}
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM, os.Interrupt, syscall.SIGHUP)
	go func() {
		for s := range told {
			cmd.Process.Signal(s)
		}
	}()
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		os.Exit(max(exit.ExitCode(), 1))
	}
	return err
}

// passPipe has client and browser speak over the pipe of file descriptors 3 and 4, each message ended by a zero byte.
func (c *counted) passPipe(cmd *exec.Cmd) error {
	in, toBrowser, err := os.Pipe()
	if err != nil {
		return err
	}
	fromBrowser, out, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.ExtraFiles = []*os.File{in, out}
	if err := cmd.Start(); err != nil {
		return err
	}
	in.Close()
	out.Close()
	go func() {
		io.Copy(io.MultiWriter(zeroEnded{&c.toBrowser}, toBrowser), os.NewFile(3, "pipe"))
		toBrowser.Close()
	}()
	go func() {
		client := os.NewFile(4, "pipe")
		io.Copy(io.MultiWriter(zeroEnded{&c.fromBrowser}, client), fromBrowser)
		client.Close()
	}()
	return nil
}

type zeroEnded struct{ *direction }

func (z zeroEnded) Write(p []byte) (int, error) {
	n := bytes.Count(p, []byte{0})
	z.messages.Add(int64(n))
	z.bytes.Add(int64(len(p) - n))
	return len(p), nil
}

// passPort has them speak over WebSocket. Clients learn the port from the browser's stderr, or from a file in its profile: both name ours.
func (c *counted) passPort(cmd *exec.Cmd) error {
	profile, at := "", -1
	for i, a := range cmd.Args {
		if strings.HasPrefix(a, "--remote-debugging-port") {
			cmd.Args[i] = "--remote-debugging-port=0"
		}
		if dir, ok := strings.CutPrefix(a, "--user-data-dir="); ok {
			profile, at = dir, i
		}
	}
	if at >= 0 {
		// What the client has put in is the browser's, and the file in its place is ours.
		behind := filepath.Clean(profile) + ".behind"
		if err := errors.Join(os.MkdirAll(profile, 0o700), os.Rename(profile, behind), os.Mkdir(profile, 0o700)); err != nil {
			return err
		}
		cmd.Args[at] = "--user-data-dir=" + behind
	}
	cmd.Stderr = nil
	says, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		lines := bufio.NewReader(says)
		for {
			line, err := lines.ReadString('\n')
			if rest, ok := strings.CutPrefix(line, "DevTools listening on ws://"); ok {
				if there, path, ok := strings.Cut(strings.TrimSpace(rest), "/"); ok {
					here, failed := c.between(there)
					if failed != nil {
						fmt.Fprintln(os.Stderr, failed)
						return
					}
					line = "DevTools listening on ws://" + here + "/" + path + "\n"
					if profile != "" {
						_, port, _ := net.SplitHostPort(here)
						whole := filepath.Join(profile, "DevToolsActivePort.new")
						os.WriteFile(whole, []byte(port+"\n/"+path), 0o600)
						os.Rename(whole, filepath.Join(profile, "DevToolsActivePort"))
					}
				}
			}
			io.WriteString(os.Stderr, line)
			if err != nil {
				return
			}
		}
	}()
	return nil
}

// between listens in the place of a DevTools address, host:port, and gives its own.
func (c *counted) between(there string) (here string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go c.connect(client, there)
		}
	}()
	return listener.Addr().String(), nil
}

func (c *counted) connect(client net.Conn, there string) {
	defer client.Close()
	browser, err := net.Dial("tcp", there)
	if err != nil {
		return
	}
	defer browser.Close()
	requests, answers := bufio.NewReader(client), bufio.NewReader(browser)
	for {
		request, err := http.ReadRequest(requests)
		if err != nil {
			return
		}
		// Compressed messages couldn't be compared.
		request.Header.Del("Sec-WebSocket-Extensions")
		if err := request.Write(browser); err != nil {
			return
		}
		answer, err := http.ReadResponse(answers, request)
		if err != nil {
			return
		}
		if err := answer.Write(client); err != nil {
			return
		}
		if answer.StatusCode == http.StatusSwitchingProtocols {
			break
		}
	}
	go func() {
		io.Copy(io.MultiWriter(&frames{direction: &c.toBrowser}, browser), requests)
		browser.Close()
	}()
	io.Copy(io.MultiWriter(&frames{direction: &c.fromBrowser}, client), answers)
}

// frames counts what goes over a WebSocket (RFC 6455, 5.2): messages of text, not pings and the like.
type frames struct {
	*direction
	head []byte // of a frame, as far as it came
	left uint64 // bytes of a frame that are still to come
}

func (f *frames) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		if f.left > 0 {
			n := min(f.left, uint64(len(rest)))
			f.left -= n
			rest = rest[n:]
			continue
		}
		f.head, rest = append(f.head, rest[0]), rest[1:]
		if len(f.head) < 2 {
			continue
		}
		size, more := uint64(f.head[1]&0x7f), 0
		switch size {
		case 126:
			more = 2
		case 127:
			more = 8
		}
		head := 2 + more
		if f.head[1]&0x80 != 0 {
			head += 4
		}
		if len(f.head) < head {
			continue
		}
		switch more {
		case 2:
			size = uint64(binary.BigEndian.Uint16(f.head[2:]))
		case 8:
			size = binary.BigEndian.Uint64(f.head[2:])
		}
		if kind := f.head[0] & 0x0f; kind <= 2 {
			f.bytes.Add(int64(size))
			if f.head[0]&0x80 != 0 {
				f.messages.Add(1)
			}
		}
		f.left, f.head = size, f.head[:0]
	}
	return len(p), nil
}

// passHost passes on native messages. Those of the relay have the one key cdp (docs/RELAY.md).
func (c *counted) passHost(cmd *exec.Cmd) error {
	cmd.Stdin, cmd.Stdout = nil, nil
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	// No pipe of exec's: Wait would close it before all is read.
	said, out, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.Stdout = out
	if err := cmd.Start(); err != nil {
		return err
	}
	out.Close()
	go func() {
		io.Copy(io.MultiWriter(&native{direction: &c.fromBrowser}, in), os.Stdin)
		in.Close()
	}()
	go io.Copy(io.MultiWriter(&native{direction: &c.toBrowser}, os.Stdout), said)
	return nil
}

var relayed = []byte(`{"cdp":`)

// native counts native messages of the relay: a length of four bytes, then JSON.
type native struct {
	*direction
	head []byte // the length and the JSON's beginning, as far as they came
	left int    // bytes that are still to come of the message
}

func (n *native) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		if len(n.head) < 4 {
			n.head, rest = append(n.head, rest[0]), rest[1:]
			if len(n.head) == 4 {
				n.left = int(binary.NativeEndian.Uint32(n.head))
			}
			continue
		}
		take := min(n.left, len(rest))
		n.head = append(n.head, rest[:min(take, 4+len(relayed)-len(n.head))]...)
		n.left, rest = n.left-take, rest[take:]
		if n.left == 0 {
			if bytes.Equal(n.head[4:], relayed) {
				n.messages.Add(1)
				n.bytes.Add(int64(binary.NativeEndian.Uint32(n.head)))
			}
			n.head = n.head[:0]
		}
	}
	return len(p), nil
}
