package command

import (
	"io"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

// The end of the input before the code is sent: everything ends within two seconds, and nothing is signed.
func TestHangUpBeforeTheCode(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"start", "stage1_input", "root_page", "upload_page", "credentials_page", "otp"} {
		t.Run(at, func(t *testing.T) {
			onlyLongBut(t, at, "start", "upload_page", "otp")
			t.Parallel()
			m := newMachine(t, sandbox.Config{})
			pdf := m.pdf("a.pdf")
			h := m.converse()
			for {
				said := h.next()
				if said.State == at || said.Progress == at {
					break
				}
				switch {
				case said.State == "start":
					h.send(fields{"start": ""})
				case said.prompt():
					h.credentials(goodPhone, pdf)
				}
			}
			begun := time.Now()
			require.Zero(t, h.hangUp())
			took := time.Since(begun)
			if !raceDetector { // which is several times slower
				require.Less(t, took, 2*time.Second)
			}
			require.Empty(t, m.browserProcesses(), "a process outlives the host")
			require.Empty(t, glob(t, m.at("cache", "cmdsign", "profiles", "*")), "a profile is left")
			require.Zero(t, m.signatures())
			for _, s := range m.journal() {
				require.Equal(t, journal.NotSigned, s.Answer)
			}
			require.Empty(t, glob(t, m.at("state", "cmdsign", "work", "*")), "a copy of the document is left")
		})
	}
}

// The end of the input once the code was sent: what comes back is saved and written down.
func TestHangUpAfterTheCode(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	m := newMachine(t, sandbox.Config{PageDelay: 300 * time.Millisecond})
	h := m.converse()
	h.begin()
	h.credentials(goodPhone, m.pdf("contrato.pdf"))
	h.otp(m.sandbox, goodPhone)
	h.until(func(said message) bool { return said.Progress == "code_sent" })
	require.Zero(t, h.hangUp())
	require.Equal(t, 1, m.signatures())
	told := m.journal()[0]
	require.Equal(t, journal.SignedSaved, told.Answer)
	require.Equal(t, journal.VerdictVerified, told.Verdict)
	require.Equal(t, m.at("Downloads", "contrato-signed.pdf"), told.Saved)
	require.FileExists(t, told.Saved)
	m.browsersGone()
}

// The same when the other side dies altogether, so that nobody reads stdout and stderr any more either: a broken pipe must
// not kill the program while it holds a signed file.
func TestTheOtherSideDiesAfterTheCode(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	m := newMachine(t, sandbox.Config{PageDelay: 300 * time.Millisecond})
	cmd := m.command("converse", "--env", "test", "--log-level", "debug")
	errRead, errWrite, err := os.Pipe()
	require.NoError(t, err)
	in, out, h := m.runWith(cmd, errWrite)
	h.client = talk(t, in, out)
	go io.Copy(h.stderr, errRead)
	h.begin()
	h.credentials(goodPhone, m.pdf("contrato.pdf"))
	h.otp(m.sandbox, goodPhone)
	h.until(func(said message) bool { return said.Progress == "code_sent" })
	errRead.Close()
	out.Close()
	require.Zero(t, h.hangUp(), "%v", h.cmd.ProcessState)
	told := m.journal()[0]
	require.Equal(t, journal.SignedSaved, told.Answer)
	require.FileExists(t, told.Saved)
}

// The code and the end of the input at once: whether it's too late is for the host to say, but what it says is true.
func TestCodeAndHangUpAtOnce(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	h := m.converse()
	h.begin()
	h.credentials(goodPhone, m.pdf("contrato.pdf"))
	h.otp(m.sandbox, goodPhone)
	require.Zero(t, h.hangUp())
	switch told := m.journal()[0]; told.Answer {
	case journal.NotSigned:
		require.Zero(t, m.signatures())
	case journal.SignedSaved:
		require.Equal(t, 1, m.signatures())
		require.FileExists(t, told.Saved)
	default:
		require.Fail(t, "neither", "%s", told.Answer)
	}
}

// A polite end by the system is the same as the end of the input.
func TestTerminated(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	h := m.converse()
	h.begin()
	h.credentials(goodPhone, m.pdf("a.pdf"))
	require.Equal(t, "stage2_input", h.prompted().State)
	require.NoError(t, h.cmd.Process.Signal(syscall.SIGTERM))
	require.Zero(t, h.wait())
	require.Empty(t, m.browserProcesses())
	require.Equal(t, journal.NotSigned, m.journal()[0].Answer)
}

func TestCancel(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	pdf := m.pdf("a.pdf")
	h := m.attached()
	h.state("start")
	h.send(fields{"cancel": ""})
	require.Equal(t, "cancelled", h.ended().State)

	h.again()
	h.send(fields{"cancel": ""})
	require.Equal(t, "cancelled", h.ended().State)

	for _, at := range []string{"root_page", "upload_page", "details_page", "credentials_page", "otp"} {
		if !long() && at != "details_page" && at != "otp" {
			continue
		}
		h.again()
		h.credentials(goodPhone, pdf)
		h.until(func(said message) bool { return said.Progress == at })
		h.send(fields{"cancel": ""})
		last := h.ended()
		require.Equal(t, "cancelled", last.State, "cancelled at %s: %+v; %s", at, last.Error, h.transcript())
		require.Equal(t, journal.NotSigned, m.journal()[0].Answer)
	}
	require.Zero(t, m.signatures())

	// Nothing of it stands in the way of signing now.
	h.again()
	h.credentials(goodPhone, pdf)
	h.otp(m.sandbox, goodPhone)
	m.requireSaved(h.ended(), pdf)
	h.send(fields{"cancel": ""})
	require.Equal(t, "done", h.fault("MESSAGE_OUT_OF_TURN").State)
	require.Zero(t, h.hangUp())
}

func TestCancelTooLate(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{PageDelay: 300 * time.Millisecond})
	pdf := m.pdf("a.pdf")
	h := m.attached()
	h.begin()
	h.credentials(goodPhone, pdf)
	h.otp(m.sandbox, goodPhone)
	h.until(func(said message) bool { return said.Progress == "code_sent" })
	h.send(fields{"cancel": ""})
	require.Equal(t, "nothing", h.fault("CANCEL_TOO_LATE").Error.Retry)
	m.requireSaved(h.ended(), pdf)
}

// After the code comes a page that nobody knows: the person can stop waiting, and is told that a signature may exist.
func TestGiveUpBeforeAnUnknownPage(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	m := newMachine(t, sandbox.Config{}, "limits: {unknown: 1s}")
	phone := phoneOf(t, "wrong-code-always") // the third time a page comes that says so
	h := m.converse()
	h.begin()
	h.credentials(phone, m.pdf("a.pdf"))
	for range 3 {
		h.otp(m.sandbox, phone)
	}
	h.state("assist")
	h.send(fields{"cancel": ""})
	last := h.ended()
	require.Equal(t, "failed", last.State)
	require.Equal(t, "MAY_BE_SIGNED", last.code())
	require.Equal(t, journal.MayBeSigned, m.journal()[0].Answer)
}

// The person approves in the app: the page moves on by itself, and no code is needed.
func TestApprovalInTheApp(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	pdf := m.pdf("a.pdf")
	h := m.attached()
	h.begin()
	h.credentials(phoneOf(t, "app-approval"), pdf)
	require.Equal(t, "stage2_input", h.prompted().State)
	last := h.ended()
	m.requireSaved(last, pdf)
	// An answer that comes too late hurts nobody.
	h.send(fields{"otp": "123456"})
	require.Equal(t, "done", h.fault("MESSAGE_OUT_OF_TURN").State)
	require.Zero(t, m.sandbox.Counts().Secrets["code"].Codes)
}

// The first SMS never arrives: another one is asked for.
func TestResend(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	phone, pdf := phoneOf(t, "code-late"), m.pdf("a.pdf")
	h := m.attached()
	h.begin()
	h.credentials(phone, pdf)
	said := h.prompted()
	require.Equal(t, "stage2_input", said.State)
	require.True(t, said.Resend)
	require.Len(t, said.Reference, 8)
	_, _, sent := m.sandbox.Code(phone)
	require.False(t, sent)
	h.send(fields{"resend": ""})
	said = h.prompted()
	require.Equal(t, "stage2_input", said.State)
	code, reference, sent := m.sandbox.Code(phone)
	require.True(t, sent)
	require.Equal(t, reference, said.Reference, "the reference is the one in the SMS")
	h.send(fields{"otp": code})
	m.requireSaved(h.ended(), pdf)

	// After a resend a cancel is still in time.
	h.again()
	h.credentials(phone, pdf)
	require.Equal(t, "stage2_input", h.prompted().State)
	h.send(fields{"resend": ""})
	require.Equal(t, "stage2_input", h.prompted().State)
	h.send(fields{"cancel": ""})
	require.Equal(t, "cancelled", h.ended().State)
	require.Equal(t, journal.NotSigned, m.journal()[0].Answer)
}

// A document that may be signed isn't signed again before the person has looked and says so.
func TestLookFirst(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	pdf := m.pdf("a.pdf")
	h := m.attached()
	h.begin()
	h.credentials(phoneOf(t, "result-error"), pdf)
	h.otp(m.sandbox, phoneOf(t, "result-error"))
	last := h.ended()
	require.Equal(t, "failed", last.State)
	require.Equal(t, "MAY_BE_SIGNED", last.code())
	require.Equal(t, 1, m.signatures())
	require.Equal(t, journal.MayBeSigned, m.journal()[0].Answer)
	require.Zero(t, h.hangUp())

	h = m.attached()
	first := h.begin()
	require.Len(t, first.Unfinished, 1)
	require.Equal(t, "may_be_signed", first.Unfinished[0].Answer)
	sum := first.Unfinished[0].SHA256
	h.credentials(goodPhone, pdf)
	h.fault("LOOK_FIRST")
	h.send(fields{"phone": goodPhone, "pin": goodPIN, "pdf_file_path": pdf, "sign_again": "yes"})
	h.fault("LOOK_FIRST")
	require.Equal(t, 1, m.signatures())
	h.send(fields{"phone": goodPhone, "pin": goodPIN, "pdf_file_path": pdf, "sign_again": sum})
	h.otp(m.sandbox, goodPhone)
	require.Equal(t, "done", h.ended().State)
	require.Equal(t, 2, m.signatures())
	require.Zero(t, h.hangUp())

	h = m.attached()
	require.Empty(t, h.next().Unfinished, "what was looked at isn't told again")
}

// The browser is killed while the person looks for the code: nothing was sent, and that's what is said.
func TestBrowserDies(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	h := m.converse()
	h.begin()
	h.credentials(goodPhone, m.pdf("a.pdf"))
	require.Equal(t, "stage2_input", h.prompted().State)
	for _, pid := range m.browserProcesses() {
		if pid != h.cmd.Process.Pid {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	last := h.ended()
	require.Equal(t, "failed", last.State)
	require.Equal(t, "BROWSER_LOST", last.code())
	require.Equal(t, journal.NotSigned, m.journal()[0].Answer)
	require.Zero(t, h.hangUp())
}
