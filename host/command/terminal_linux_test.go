package command

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

// screen is a terminal with a person before it.
type screen struct {
	*host
	keys *os.File
	seen *syncBuffer
	at   int // what was read of seen
}

// terminal starts "cmdsign sign" on a terminal of its own, as after a login over ssh: without a display.
func (m *machine) terminal(args ...string) *screen {
	m.t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	require.NoError(m.t, err)
	require.NoError(m.t, unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	require.NoError(m.t, err)
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(m.t, err)
	cmd := m.command(append([]string{"sign", "--env", "test"}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	s := &screen{keys: master, seen: &syncBuffer{}}
	s.host = &host{client: &client{t: m.t}, m: m, cmd: cmd, stderr: s.seen, exited: make(chan struct{})}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	require.NoError(m.t, cmd.Start())
	slave.Close()
	go func() { _, _ = io.Copy(s.seen, master) }() // until the last who has it open is gone
	go func() {
		cmd.Wait()
		close(s.exited)
	}()
	m.t.Cleanup(func() {
		s.kill()
		master.Close()
		require.NotContains(m.t, s.seen.String(), "DATA RACE")
		require.NotContains(m.t, s.seen.String(), "panic:")
		if m.t.Failed() {
			m.t.Logf("the terminal:\n%s", s.seen)
		}
	})
	return s
}

// until waits until the terminal shows a text, beyond what was waited for before.
func (s *screen) until(text string) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		at := strings.Index(s.seen.String()[s.at:], text)
		if at >= 0 {
			s.at += at + len(text)
		}
		return at >= 0
	}, patience, 10*time.Millisecond, "the terminal doesn't show %q", text)
}

func (s *screen) types(text string) {
	s.t.Helper()
	_, err := s.keys.WriteString(text)
	require.NoError(s.t, err)
}

const ctrlC = "\x03"

// Two documents on a terminal: each is looked at and confirmed, phone and PIN are typed once, a code that doesn't come is asked
// for again, and neither PIN nor code is shown.
func TestSignOnATerminal(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	first, second := m.pdf("contrato.pdf"), m.at("anexo.pdf")
	signedBefore := pdftest.New(pdftest.Options{Pages: 3})
	require.NoError(t, os.WriteFile(second, signedBefore, 0o600))
	third := m.at("não.pdf")
	require.NoError(t, os.WriteFile(third, pdftest.New(pdftest.Options{Pages: 1}), 0o600))
	const phone = "+351900000014" // the first SMS doesn't come

	s := m.terminal(first, third, second)
	s.until("“test”") // an environment of one's own
	s.until("Páginas: 2")
	data, err := os.ReadFile(first)
	require.NoError(t, err)
	s.until("SHA-256 " + sumOf(data))
	s.until("É este o documento a assinar? [s/N] ")
	s.types("s\r")
	s.until("Páginas: 1")
	s.until("[s/N] ")
	s.types("\r")
	s.until("Páginas: 3")
	s.until("[s/N] ")
	s.types("S\r")
	s.until("Número de telemóvel")
	s.types("900 000 014\r")
	s.until("PIN de assinatura")
	s.types(goodPIN + "\r")
	for range 2 {
		s.until("Envio do documento")
		s.until("Código de segurança (não aparece ao escrever): ")
		s.types("r\r")
		s.until("Código de segurança (não aparece ao escrever): ")
		code := codeFor(t, m.sandbox, phone)
		s.types(code[:3] + " " + code[3:] + "\r")
		s.until("É o documento enviado, mais uma assinatura de " + signer1)
		require.NotContains(t, s.seen.String(), code)
	}
	require.Equal(t, 130, s.wait()) // one was said no to
	s.until("✓ " + first + ": assinado e verificado → " + m.at("Downloads", "contrato-signed.pdf"))
	s.until("– " + third + ": cancelado, não assinado")
	s.until("✓ " + second + ": assinado e verificado → " + m.at("Downloads", "anexo-signed.pdf"))
	require.NotContains(t, s.seen.String(), goodPIN)
	require.Equal(t, 2, m.signatures())
	require.Equal(t, 1, m.sandbox.Counts().SignaturesByDocument[sumOf(data)])
}

// A wrong PIN is asked for again, and counts for the rest. Ctrl-C at the code cancels, and the terminal is as it was.
func TestCancelOnATerminal(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	s := m.terminal("--phone", "+351 900000002", "--lang", "en", "--json", m.pdf("a.pdf"))
	s.until("Pages: 2")
	s.until("Is this the document to sign? [y/N] ")
	s.types("y\r")
	s.until("Signature PIN")
	s.types("4321\r")
	s.until("[PIN_WRONG]")
	s.until("Mobile number")
	s.types("\r")
	s.until("Signature PIN")
	s.types(goodPIN + "\r")
	s.until("Security code (not shown as you type): ")
	s.types(ctrlC)
	require.Equal(t, 130, s.wait())
	s.until(`{"exit":130,"summary":[`)
	require.NotContains(t, s.seen.String(), goodPIN)
	require.Zero(t, m.signatures())
	termios, err := unix.IoctlGetTermios(int(s.keys.Fd()), unix.TCGETS)
	require.NoError(t, err)
	require.NotZero(t, termios.Lflag&unix.ECHO, "the terminal doesn't echo any more")
}

// After the code Ctrl-C says that it's too late, and who doesn't wait is told that it may be signed.
func TestTooLateToCancelOnATerminal(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	const phone = "+351 900000057" // the result never ends to arrive
	s := m.terminal("--phone", phone, m.pdf("a.pdf"), m.at("b.pdf"))
	require.NoError(t, os.WriteFile(m.at("b.pdf"), pdftest.New(pdftest.Options{Pages: 1}), 0o600))
	for range 2 {
		s.until("[s/N] ")
		s.types("s\r")
	}
	s.until("PIN de assinatura")
	s.types(goodPIN + "\r")
	s.until("Código de segurança (")
	s.types(codeFor(t, m.sandbox, phone) + "\r")
	s.until("já não é possível cancelar")
	s.types(ctrlC)
	s.until("[CANCEL_TOO_LATE]")
	s.types(ctrlC)
	s.until("até 90 segundos")
	s.types(ctrlC)
	require.Equal(t, 4, s.wait())
	s.until("? " + m.at("a.pdf") + ": pode ter sido assinado")
	s.until("– " + m.at("b.pdf") + ": cancelado, não assinado")
	require.Equal(t, "may_be_signed", string(m.journal()[0].Answer))
}

// scripted runs "cmdsign sign" as a script does, without any terminal. Its stdin has no end where it's open.
func (m *machine) scripted(stdin string, open bool, args ...string) (exit int, stdout, stderr string) {
	m.t.Helper()
	cmd := m.command(append([]string{"sign", "--env", "test"}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	var out, errs strings.Builder
	in, give, err := os.Pipe()
	require.NoError(m.t, err)
	defer in.Close()
	defer give.Close()
	_, err = give.WriteString(stdin)
	require.NoError(m.t, err)
	if !open {
		give.Close()
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, &out, &errs
	err = cmd.Run()
	var exited *exec.ExitError
	if err != nil {
		require.ErrorAs(m.t, err, &exited)
	}
	require.NotContains(m.t, errs.String(), "DATA RACE")
	require.NotContains(m.t, errs.String(), "panic:")
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// A script names what it signs, gives the PIN on stdin and reads lines of JSON; the exit code says what became of it.
func TestSignFromAScript(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, phone string
		exit        int
		code        string // of the first document
	}{
		{"approved in the app", "+351 900000015", 0, ""},
		{"nobody there for the code", goodPhone, 1, ""},
		{"account locked: the next isn't tried", "+351 900000005", 1, "ACCOUNT_LOCKED"},
		{"an unknown page, and nobody to go on by hand", "+351 900000027", 1, "PAGE_UNKNOWN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			onlyLongBut(t, c.name, "approved in the app", "account locked: the next isn't tried")
			t.Parallel()
			m := newMachine(t, sandbox.Config{})
			a, b := m.pdf("a.pdf"), m.at("b.pdf")
			require.NoError(t, os.WriteFile(b, pdftest.New(pdftest.Options{Pages: 1}), 0o600))
			args := []string{"--phone", c.phone, "--pin-stdin", "--json"}
			for _, path := range []string{a, b} {
				data, err := os.ReadFile(path)
				require.NoError(t, err)
				args = append(args, "--sha256", sumOf(data))
			}
			exit, stdout, stderr := m.scripted(goodPIN+"\n", c.exit == 0, append(args, a, b)...)
			require.Equal(t, c.exit, exit, "%s\n%s", stdout, stderr)
			require.Empty(t, stderr)
			require.NotContains(t, stdout, goodPIN)
			lines := strings.Split(strings.TrimSpace(stdout), "\n")
			require.Contains(t, lines[0], `"state":"start"`)
			var end struct {
				Exit    int
				Summary []struct {
					Path, Code, Saved string
					Exit              int
				}
			}
			require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &end))
			require.Equal(t, c.exit, end.Exit)
			require.Len(t, end.Summary, 2)
			require.Equal(t, a, end.Summary[0].Path)
			require.Equal(t, c.code, end.Summary[0].Code)
			if c.exit == 0 {
				require.FileExists(t, end.Summary[0].Saved)
				require.FileExists(t, end.Summary[1].Saved)
				require.Equal(t, 2, m.signatures())
			} else {
				require.Zero(t, m.signatures())
			}
		})
	}
}

// What is wrong with the usage is told before anything starts, with exit code 2.
func TestWrongUsageOfSign(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	a := m.pdf("a.pdf")
	require.NoError(t, os.Symlink(a, m.at("link.pdf")))
	sum := strings.Repeat("0", 64)
	for says, args := range map[string][]string{
		"arg(s)":      {},
		"duas vezes":  {a, m.at("link.pdf")},
		"64":          {"--sha256", "abc", a},
		"mesma ordem": {"--sha256", sum, "--sha256", sum, a},
		"--sha256":    {"--phone", "1", "--pin-stdin", a},
		"--phone":     {"--sha256", sum, "--pin-stdin", a},
		"--pin-stdin": {"--sha256", sum, "--phone", goodPhone, a},
		"unknown":     {"--pin", "1234", a},
	} {
		exit, stdout, stderr := m.scripted("", false, args...)
		require.Equal(t, 2, exit, "%v: %s", args, stderr)
		require.Contains(t, stderr, says)
		require.Empty(t, stdout)
	}
	// Not what was confirmed, and not there: not begun, or refused, and nothing is signed.
	exit, stdout, _ := m.scripted(goodPIN+"\n", false, "--sha256", sum, "--phone", goodPhone, "--pin-stdin", a)
	require.Equal(t, 1, exit)
	require.Contains(t, stdout, "[PDF_CHANGED]")
	exit, stdout, _ = m.scripted(goodPIN+"\n", false, "--sha256", sum, "--phone", goodPhone, "--pin-stdin", m.at("none.pdf"))
	require.Equal(t, 1, exit)
	require.Contains(t, stdout, "[PDF_NOT_FOUND]")
	require.Zero(t, m.signatures())
}
