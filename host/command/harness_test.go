package command

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

// patience is how long a test waits for anything: far more than it takes, since nothing but a hang shall reach it.
const patience = 90 * time.Second

const (
	goodPhone = "+351 900000001"
	goodPIN   = "13572468"
	signer1   = "Maria Exemplo da Silva"
)

// machine is a person's computer as the program sees it: a home, a configuration, and a sandbox of the test's own that the
// environment "test" of the configuration points to.
type machine struct {
	t       *testing.T
	dir     string
	sandbox *sandbox.Sandbox
	config  string
	env     []string
}

func newMachine(t *testing.T, cfg sandbox.Config, settings ...string) *machine {
	t.Helper()
	m := bareMachine(t)
	cfg.Dir = authority
	sb, err := sandbox.Start(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { sb.Close() })
	m.sandbox = sb
	trust := filepath.Join(m.dir, "root.pem")
	require.NoError(t, os.WriteFile(trust, pemOf(sb), 0o600))
	m.configure(append([]string{fmt.Sprintf(`
environments:
  test:
    intro: %s
    origins: [%s]
    trust: [%s]
    revocation: off
`, sb.IntroURL(), strings.Join(sb.Origins(), ", "), trust)}, settings...)...)
	return m
}

// pemOf is the sandbox's root as a file has it.
func pemOf(sb *sandbox.Sandbox) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: sb.Root().Raw})
}

// bareMachine has no sandbox and no configuration.
func bareMachine(t *testing.T) *machine {
	t.Helper()
	// Short, as a person's home is: with t.TempDir a browser's socket would have too long a path.
	dir, err := os.MkdirTemp("", "cs-")
	require.NoError(t, err)
	m := &machine{t: t, dir: dir}
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	for _, sub := range []string{"Downloads", "tmp", "run", "home"} {
		require.NoError(t, os.Mkdir(filepath.Join(m.dir, sub), 0o700))
	}
	m.env = []string{
		"PATH=" + os.Getenv("PATH"), "LANG=pt_PT.UTF-8",
		"HOME=" + m.at("home"), "XDG_CONFIG_HOME=" + m.at("config"), "XDG_STATE_HOME=" + m.at("state"),
		"XDG_CACHE_HOME=" + m.at("cache"), "XDG_DATA_HOME=" + m.at("data"), "XDG_RUNTIME_DIR=" + m.at("run"),
		"XDG_DOWNLOAD_DIR=" + m.at("Downloads"), "TMPDIR=" + m.at("tmp"),
	}
	// A browser that is just dying still writes into the folder that is to be removed.
	t.Cleanup(m.browsersGone)
	return m
}

func (m *machine) at(parts ...string) string {
	return filepath.Join(append([]string{m.dir}, parts...)...)
}

// configure writes the configuration file.
func (m *machine) configure(settings ...string) {
	m.t.Helper()
	m.config = m.at("config", "cmdsign", "config.yaml")
	require.NoError(m.t, os.MkdirAll(filepath.Dir(m.config), 0o700))
	require.NoError(m.t, os.WriteFile(m.config, []byte(strings.Join(settings, "\n")), 0o600))
}

// pdf writes a document and gives its path.
func (m *machine) pdf(name string) string {
	m.t.Helper()
	path := m.at(name)
	require.NoError(m.t, os.WriteFile(path, pdftest.New(pdftest.Options{Pages: 2}), 0o600))
	return path
}

func (m *machine) command(args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Env, cmd.Dir = m.env, m.dir
	return cmd
}

// journal is what "cmdsign journal --json" says, the newest first.
func (m *machine) journal() []journal.Status {
	m.t.Helper()
	out, err := m.command("journal", "--json").Output()
	require.NoError(m.t, err)
	var all []journal.Status
	require.NoError(m.t, json.Unmarshal(out, &all))
	return all
}

func (m *machine) signatures() int { return m.sandbox.Counts().Signatures }

// browserProcesses are those that know this machine's folders, by command line or environment.
func (m *machine) browserProcesses() []int {
	var pids []int
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		cmdline, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		environ, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "environ"))
		if bytes.Contains(cmdline, []byte(m.dir)) || bytes.Contains(environ, []byte(m.dir)) {
			pids = append(pids, pid)
		}
	}
	return pids
}

func (m *machine) browsersGone() {
	require.Eventually(m.t, func() bool { return len(m.browserProcesses()) == 0 }, 10*time.Second, 20*time.Millisecond,
		"a process of this machine is left over")
}

// message is what the host says.
type message struct {
	State, Status, Progress, ID string
	Error                       *struct{ Code, Message, Next, Retry, Site string }
	Protocol                    int
	Version, Environment, Mode  string
	Custom                      bool `json:"custom_environment"`
	Modes, Capabilities, Notes  []string
	BrowserAt                   string `json:"browser_at"`
	Unready                     map[string]string
	Unfinished                  []struct{ ID, Name, SHA256, Answer, Path string }
	Document                    *struct {
		Name, SHA256 string
		Size         int64
		Pages        int
	}
	Received int64
	Part     *struct {
		Offset, Size int64
		SHA256       string
		Data         []byte
	}
	Reference                            string
	Resend, Approval, Auto               bool
	SandboxOTP                           string `json:"sandbox_otp"`
	Screenshot, Step, Title, Host, Trace string
	Shown                                *bool
	Visible                              *visible
	Result                               *struct {
		Verdict, Signer, Time string
		Findings              []struct{ Check, Result, Text string }
	}
	Findings []struct{ Check, Result, Text, Mend string }
	File     *struct {
		Path, Name, SHA256 string
		Size               int64
	}
}

func (m message) code() string {
	if m.Error == nil {
		return ""
	}
	return m.Error.Code
}

// prompt says whether the host waits for input, as docs/PROTOCOL.md defines it.
func (m message) prompt() bool {
	return m.State == "stage1_input" && m.Progress == "" && m.Received == 0 || m.State == "stage2_input" && m.Progress == "otp"
}

func (m message) over() bool {
	switch m.State {
	case "done", "unverified", "failed", "cancelled":
		return true
	}
	return false
}

// client talks to a host over a pair of pipes, in lines of JSON or in frames.
type client struct {
	t     *testing.T
	in    io.WriteCloser
	write func([]byte) error
	inbox chan []byte

	received []byte // all of it

	mu  sync.Mutex
	log []string
}

// talk starts to read lines.
func talk(t *testing.T, in io.WriteCloser, out io.Reader) *client {
	c := &client{t: t, in: in, inbox: make(chan []byte, 1000)}
	c.write = func(data []byte) error {
		_, err := in.Write(append(data, '\n'))
		return err
	}
	go func() {
		defer close(c.inbox)
		r := bufio.NewReaderSize(out, 1<<20)
		for {
			line, err := r.ReadBytes('\n')
			if len(line) > 0 {
				c.inbox <- line
			}
			if err != nil {
				return
			}
		}
	}()
	return c
}

func (c *client) note(arrow string, data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = append(c.log, fmt.Sprintf("%s %.160s", arrow, bytes.TrimSpace(data)))
}

func (c *client) transcript() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return "the conversation so far:\n" + strings.Join(c.log, "\n")
}

// visible is a wish for a visible signature, as the host says it back.
type visible struct {
	Page               int
	Orientation, Place string
}

// fields are those of a message to the host.
type fields map[string]any

func (c *client) send(f fields) {
	c.t.Helper()
	data, err := json.Marshal(f)
	require.NoError(c.t, err)
	c.raw(data)
}

func (c *client) raw(data []byte) {
	c.t.Helper()
	c.note("-->", data)
	require.NoError(c.t, c.write(data), c.transcript())
}

// receive gives the next message, false at the end.
func (c *client) receive() (message, bool) {
	c.t.Helper()
	select {
	case data, ok := <-c.inbox:
		if !ok {
			return message{}, false
		}
		c.note("<--", data)
		c.received = append(c.received, data...)
		var m message
		require.NoError(c.t, json.Unmarshal(data, &m), "not a message: %q", data)
		return m, true
	case <-time.After(patience):
		require.Fail(c.t, "no message from the host", c.transcript())
		return message{}, false
	}
}

func (c *client) next() message {
	c.t.Helper()
	m, ok := c.receive()
	require.True(c.t, ok, "the host hung up; %s", c.transcript())
	return m
}

// until reads until a message fits.
func (c *client) until(fits func(message) bool) message {
	c.t.Helper()
	for {
		if m := c.next(); fits(m) {
			return m
		}
	}
}

func (c *client) state(state string) message {
	c.t.Helper()
	return c.until(func(m message) bool { return m.State == state })
}

func (c *client) fault(code string) message {
	c.t.Helper()
	m := c.until(func(m message) bool { return m.Error != nil })
	require.Equal(c.t, code, m.Error.Code, c.transcript())
	return m
}

// prompted reads until the host asks for something, or it's over.
func (c *client) prompted() message {
	c.t.Helper()
	return c.until(func(m message) bool { return m.prompt() || m.over() })
}

// begin goes as far as the prompt for phone and PIN.
func (c *client) begin(more ...fields) message {
	c.t.Helper()
	first := c.state("start")
	c.again(more...)
	return first
}

// again starts another document in the same conversation.
func (c *client) again(more ...fields) {
	c.t.Helper()
	f := fields{"start": ""}
	for _, m := range more {
		for k, v := range m {
			f[k] = v
		}
	}
	c.send(f)
	c.until(message.prompt)
}

// credentials sends phone, PIN and document.
func (c *client) credentials(phone, pdf string) {
	c.t.Helper()
	c.send(fields{"phone": phone, "pin": goodPIN, "pdf_file_path": pdf})
}

// otp waits for the prompt for the code and answers it with the one that the sandbox sent.
func (c *client) otp(sb *sandbox.Sandbox, phone string) {
	c.t.Helper()
	m := c.prompted()
	require.Equal(c.t, "stage2_input", m.State, c.transcript())
	c.send(fields{"otp": codeFor(c.t, sb, phone)})
}

func (c *client) ended() message {
	c.t.Helper()
	return c.until(message.over)
}

// sign does all of it, and gives the last message.
func (c *client) sign(sb *sandbox.Sandbox, phone, pdf string) message {
	c.t.Helper()
	c.begin()
	c.credentials(phone, pdf)
	c.otp(sb, phone)
	return c.ended()
}

func codeFor(t *testing.T, sb *sandbox.Sandbox, phone string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	code, _, err := sb.WaitCode(ctx, phone)
	require.NoError(t, err)
	return code
}

// host is a process of the program and the client that talks to it.
type host struct {
	*client
	m      *machine
	cmd    *exec.Cmd
	stderr *syncBuffer
	exited chan struct{}
}

// converse starts "cmdsign converse" in the machine's environment "test".
func (m *machine) converse(args ...string) *host {
	m.t.Helper()
	if m.sandbox != nil {
		args = append([]string{"--env", "test"}, args...)
	}
	return m.start(append([]string{"converse"}, args...)...)
}

func (m *machine) start(args ...string) *host {
	m.t.Helper()
	cmd := m.command(args...)
	in, out, h := m.run(cmd)
	h.client = talk(m.t, in, out)
	return h
}

// run starts a command that may start a browser.
func (m *machine) run(cmd *exec.Cmd) (io.WriteCloser, *os.File, *host) {
	m.t.Helper()
	return m.runWith(cmd, nil)
}

// runWith is run with another stderr.
func (m *machine) runWith(cmd *exec.Cmd, stderr *os.File) (io.WriteCloser, *os.File, *host) {
	m.t.Helper()
	h := &host{m: m, cmd: cmd, stderr: &syncBuffer{}, exited: make(chan struct{})}
	cmd.Stderr = h.stderr
	if stderr != nil {
		cmd.Stderr = stderr
		defer stderr.Close()
	}
	in, err := cmd.StdinPipe()
	require.NoError(m.t, err)
	// Not StdoutPipe: Wait would close it before all is read.
	out, outEnd, err := os.Pipe()
	require.NoError(m.t, err)
	cmd.Stdout = outEnd
	require.NoError(m.t, cmd.Start())
	outEnd.Close()
	go func() {
		cmd.Wait()
		close(h.exited)
	}()
	m.t.Cleanup(func() {
		h.kill()
		out.Close()
		require.NotContains(m.t, h.stderr.String(), "DATA RACE")
		require.NotContains(m.t, h.stderr.String(), "panic:")
		if m.t.Failed() {
			m.t.Logf("stderr of the host:\n%s", h.stderr)
		}
	})
	return in, out, h
}

func (h *host) kill() {
	h.cmd.Process.Kill()
	<-h.exited
}

// hangUp closes the host's input and gives its exit code.
func (h *host) hangUp() int {
	h.t.Helper()
	h.in.Close()
	return h.wait()
}

func (h *host) wait() int {
	h.t.Helper()
	select {
	case <-h.exited:
	case <-time.After(patience):
		require.Fail(h.t, "the host doesn't end", h.transcript())
	}
	return h.cmd.ProcessState.ExitCode()
}

// syncBuffer collects what a process prints, also while it's read.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// requireSaved looks at a saved file as a person would: it's there, it's what was said, it begins with the original, and
// just one signature was made.
func (m *machine) requireSaved(last message, original string) {
	m.t.Helper()
	require.Equal(m.t, "done", last.State, "%+v", last.Error)
	require.Equal(m.t, "OK", last.Status)
	require.NotNil(m.t, last.File)
	require.NotNil(m.t, last.Result)
	require.Equal(m.t, "verified", last.Result.Verdict)
	require.Equal(m.t, signer1, last.Result.Signer)
	signed, err := os.ReadFile(last.File.Path)
	require.NoError(m.t, err)
	require.Equal(m.t, sumOf(signed), last.File.SHA256)
	require.EqualValues(m.t, len(signed), last.File.Size)
	sent, err := os.ReadFile(original)
	require.NoError(m.t, err)
	require.Greater(m.t, len(signed), len(sent))
	require.True(m.t, bytes.HasPrefix(signed, sent), "the original isn't the beginning of the signed file")
	if m.sandbox != nil {
		require.Equal(m.t, 1, m.sandbox.Counts().SignaturesByDocument[sumOf(sent)])
	}
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
