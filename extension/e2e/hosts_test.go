package e2e

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/nativemsg"
)

// hosts are the processes of the program that this person's browser has started.
func (p *person) hosts() []int {
	return slices.DeleteFunc(p.processes(), func(pid int) bool { return !isHost(pid) })
}

// isHost says whether a process runs the program.
func isHost(pid int) bool {
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	return err == nil && exe == binary
}

// processes are all that belong to this person, the sandbox aside.
func (p *person) processes() (found []int) {
	entries, _ := filepath.Glob("/proc/[0-9]*")
	for _, entry := range entries {
		args, _ := os.ReadFile(filepath.Join(entry, "cmdline"))
		environ, _ := os.ReadFile(filepath.Join(entry, "environ"))
		if bytes.Contains(args, []byte("\x00sandbox")) || !bytes.Contains(environ, []byte("HOME="+p.at("home")+"\x00")) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(entry)); err == nil {
			found = append(found, pid)
		}
	}
	return found
}

// killHost ends the host as a crash does.
func (p *person) killHost() {
	p.t.Helper()
	hosts := p.hosts()
	require.Len(p.t, hosts, 1)
	require.NoError(p.t, syscall.Kill(hosts[0], syscall.SIGKILL))
}

// asHost registers this test program in the host's place, in one of the roles of playHost.
func (p *person) asHost(id string, role ...string) {
	p.t.Helper()
	self, err := os.Executable()
	require.NoError(p.t, err)
	script := p.at("host.sh")
	text := fmt.Sprintf("#!/bin/sh\nE2E_ROLE='%s' E2E_HOST='%s' exec '%s' \"$@\"\n", strings.Join(role, ":"), binary, self)
	require.NoError(p.t, os.WriteFile(script, []byte(text), 0o700))
	p.register(script, id)
}

// puppet is a host whose words are the test's.
type puppet struct {
	t        *testing.T
	messages chan map[string]any
	out      *nativemsg.Writer
	raw      io.Writer
	next     int
}

// puppet registers a host that says what the test has it say.
func (p *person) puppet() func() *puppet {
	p.t.Helper()
	listener := listen(p.t, p.at("run", "puppet"))
	p.asHost(extensionID, "puppet", p.at("run", "puppet"))
	return func() *puppet {
		p.t.Helper()
		require.NoError(p.t, listener.SetDeadline(time.Now().Add(patience)))
		conn, err := listener.Accept()
		require.NoError(p.t, err, "the browser started no host")
		h := &puppet{t: p.t, messages: make(chan map[string]any, 1000), out: nativemsg.NewWriter(conn), raw: conn}
		p.t.Cleanup(func() { conn.Close() })
		go h.read(nativemsg.NewReader(conn, 0))
		return h
	}
}
