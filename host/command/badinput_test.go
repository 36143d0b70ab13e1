package command

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

// Everything that can be wrong with what is typed, named or sent: each has its own error, the conversation stays where it
// was, and in the end the document is signed in it all the same.
func TestBadInput(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{}, "limits: {pdf: 100000}")
	pdf := m.pdf("good.pdf")
	good, err := os.ReadFile(pdf)
	require.NoError(t, err)
	file := func(name string, data []byte) string {
		require.NoError(t, os.WriteFile(m.at(name), data, 0o600))
		return m.at(name)
	}
	fifo := m.at("fifo.pdf")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	gone := file("gone.pdf", good)
	require.NoError(t, os.Remove(gone))
	loop := m.at("loop.pdf")
	require.NoError(t, os.Symlink(loop, loop))

	h := m.converse()
	h.state("start")
	h.credentials(goodPhone, pdf)
	require.Equal(t, "start", h.fault("MESSAGE_OUT_OF_TURN").State)
	h.again()

	with := func(changed fields) fields {
		f := fields{"phone": goodPhone, "pin": goodPIN, "pdf_file_path": pdf}
		for k, v := range changed {
			f[k] = v
		}
		return f
	}
	path := func(p string) fields { return with(fields{"pdf_file_path": p}) }
	for _, c := range []struct {
		name, code string
		send       any // fields, or raw bytes
	}{
		{"HTML named .pdf", "PDF_NOT_PDF", path(file("login.pdf", []byte("<!DOCTYPE html><html><title>Log in</title></html>")))},
		{"empty", "PDF_EMPTY", path(file("empty.pdf", nil))},
		{"cut", "PDF_TRUNCATED", path(file("cut.pdf", good[:len(good)*2/3]))},
		{"too large", "PDF_TOO_LARGE", path(file("large.pdf", append(bytes.Clone(good), make([]byte, 100_000)...)))},
		{"vanished", "PDF_NOT_FOUND", path(gone)},
		{"a folder", "PDF_UNREADABLE", path(m.dir)},
		{"a pipe that nobody writes to", "PDF_UNREADABLE", path(fifo)},
		{"a device without end", "PDF_UNREADABLE", path("/dev/zero")},
		{"a link to itself", "PDF_UNREADABLE", path(loop)},
		{"a name with a zero", "PDF_UNREADABLE", path("a\x00b.pdf")},
		{"no document", "PDF_NOT_FOUND", fields{"phone": goodPhone, "pin": goodPIN}},
		{"another document than confirmed", "PDF_CHANGED", with(fields{"confirm": strings.Repeat("0", 64)})},
		{"PIN of 3", "PIN_FORMAT", with(fields{"pin": "123"})},
		{"PIN of 9", "PIN_FORMAT", with(fields{"pin": "123456789"})},
		{"PIN of letters", "PIN_FORMAT", with(fields{"pin": "12a4"})},
		{"PIN of other digits", "PIN_FORMAT", with(fields{"pin": "١٢٣٤"})},
		{"no PIN", "PIN_FORMAT", fields{"phone": goodPhone, "pdf_file_path": pdf}},
		{"PIN as a number", "MESSAGE_MALFORMED", with(fields{"pin": 1234})},
		{"no phone", "PHONE_FORMAT", fields{"pin": goodPIN, "pdf_file_path": pdf}},
		{"phone of letters", "PHONE_FORMAT", with(fields{"phone": "+351 nove"})},
		{"phone too short", "PHONE_FORMAT", with(fields{"phone": "+35"})},
		{"phone too long", "PHONE_FORMAT", with(fields{"phone": "+3519000000011234567"})},
		{"phone with a line break", "PHONE_FORMAT", with(fields{"phone": "+351900\n000001"})},
		{"a very long phone", "PHONE_FORMAT", with(fields{"phone": strings.Repeat(" ", 4000) + "900000001"})},
		{"not JSON", "MESSAGE_MALFORMED", []byte("hello")},
		{"half an object", "MESSAGE_MALFORMED", []byte(`{"phone":"+351 900000001"`)},
		{"a list", "MESSAGE_MALFORMED", []byte(`[{"start":""}]`)},
		{"a number", "MESSAGE_MALFORMED", []byte(`5`)},
		{"null", "MESSAGE_MALFORMED", []byte(`null`)},
		{"nested deep", "MESSAGE_MALFORMED", []byte(`{"ping":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`)},
		{"not UTF-8", "MESSAGE_MALFORMED", []byte("{\"ping\":\"\xff\xfe\"}")},
		{"a line over 16 MiB", "MESSAGE_TOO_LARGE", bytes.Repeat([]byte("x"), 17<<20)},
		{"unknown", "MESSAGE_UNKNOWN", fields{"make_coffee": ""}},
		{"nothing", "MESSAGE_UNKNOWN", fields{}},
		{"not there yet", "MESSAGE_UNKNOWN", fields{"upload_s3": fields{"bucket": "x"}}},
		{"a code that nobody asked for", "MESSAGE_OUT_OF_TURN", fields{"otp": "123456"}},
		{"another code that nobody can send", "MESSAGE_OUT_OF_TURN", fields{"resend": ""}},
		{"a second start", "BUSY", fields{"start": ""}},
	} {
		if raw, ok := c.send.([]byte); ok {
			h.raw(raw)
		} else {
			h.send(c.send.(fields))
		}
		said := h.until(func(m message) bool { return m.Error != nil || m.over() })
		require.Equal(t, c.code, said.code(), c.name)
		require.Equal(t, "stage1_input", said.State, c.name)
		require.NotEmpty(t, said.Error.Message, c.name)
		require.NotEmpty(t, said.Error.Next, c.name)
	}
	require.Empty(t, m.journal(), "nothing was begun")

	h.credentials(goodPhone, pdf)
	require.Equal(t, "stage2_input", h.prompted().State)
	for _, code := range []string{"", "123", "12345678901", "12a456", " 123456"} {
		h.send(fields{"otp": code})
		require.Equal(t, "stage2_input", h.fault("CODE_FORMAT").State)
	}
	h.send(fields{"start": ""})
	h.fault("BUSY")
	h.credentials(goodPhone, pdf)
	require.Equal(t, "stage2_input", h.fault("MESSAGE_OUT_OF_TURN").State)
	h.send(fields{"otp": codeFor(t, m.sandbox, goodPhone)})
	m.requireSaved(h.ended(), pdf)
	require.Equal(t, 1, m.sandbox.Counts().Secrets["code"].Codes)
	require.Equal(t, 1, m.sandbox.Counts().Secrets["credentials"].PINs)
	require.Zero(t, h.hangUp())
}

// A wrong PIN is asked for again, in the page's words, and never repeated by the program.
func TestWrongPIN(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	phone, pdf := phoneOf(t, "wrong-pin-once"), m.pdf("a.pdf")
	h := m.attached()
	h.begin()
	h.credentials(phone, pdf)
	said := h.fault("PIN_WRONG")
	require.True(t, said.prompt())
	require.Equal(t, "stage1_input", said.State)
	require.Equal(t, "type", said.Error.Retry)
	require.Contains(t, said.Error.Site, "PIN estão errados")
	require.Equal(t, 1, m.sandbox.Counts().Secrets["credentials"].PINs)

	require.NoError(t, os.WriteFile(m.at("other.pdf"), pdftest.New(pdftest.Options{Pages: 5}), 0o600))
	h.credentials(phone, m.at("other.pdf"))
	h.fault("PDF_CHANGED")
	h.send(fields{"phone": phone, "pin": "12"})
	h.fault("PIN_FORMAT")
	require.Equal(t, 1, m.sandbox.Counts().Secrets["credentials"].PINs)

	h.send(fields{"phone": phone, "pin": "8642"})
	h.otp(m.sandbox, phone)
	m.requireSaved(h.ended(), pdf)
	require.Equal(t, 2, m.sandbox.Counts().Secrets["credentials"].PINs)
	require.Equal(t, 1, m.sandbox.Counts().Files)
}

// Each PIN that is refused was typed by the person, and the lock ends it.
func TestAccountLocks(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	phone := phoneOf(t, "wrong-pin-always")
	h := m.attached()
	h.begin()
	h.credentials(phone, m.pdf("a.pdf"))
	h.fault("PIN_WRONG")
	h.send(fields{"phone": phone, "pin": "8642"})
	h.fault("PIN_WRONG")
	h.send(fields{"phone": phone, "pin": "8643"})
	last := h.ended()
	require.Equal(t, "failed", last.State)
	require.Equal(t, "ACCOUNT_LOCKED", last.code())
	require.Equal(t, "nothing", last.Error.Retry)
	require.Equal(t, 3, m.sandbox.Counts().Secrets["credentials"].PINs)
	require.Equal(t, journal.NotSigned, m.journal()[0].Answer)
}

func TestWrongCode(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	phone, pdf := phoneOf(t, "wrong-code-once"), m.pdf("a.pdf")
	h := m.attached()
	h.begin()
	h.credentials(phone, pdf)
	h.otp(m.sandbox, phone)
	said := h.fault("CODE_WRONG")
	require.True(t, said.prompt())
	require.Contains(t, said.Error.Site, "Código de segurança inválido")
	require.Equal(t, journal.NotSigned, m.journal()[0].Answer, "the site itself said that it made none")
	h.send(fields{"otp": codeFor(t, m.sandbox, phone)})
	m.requireSaved(h.ended(), pdf)
	require.Equal(t, 2, m.sandbox.Counts().Secrets["code"].Codes)
}

// What is wrong with the site, each with its own code and nothing signed.
func TestBadSite(t *testing.T) {
	t.Parallel()
	const quick = "limits: {page: 3s, result: 3s, unknown: 1s}"
	for fault, code := range map[string]string{
		"outage": "SITE_UNAVAILABLE", "error-500": "SITE_ERROR", "slow-upload": "SITE_SLOW", "file-refused": "FILE_REFUSED",
		"session-expired-upload": "SESSION_EXPIRED", "locked": "ACCOUNT_LOCKED", "pin-change-901": "PIN_CHANGE_REQUIRED",
		"signature-inactive": "SIGNATURE_INACTIVE", "outage-after-pin": "SITE_UNAVAILABLE", "error-500-after-pin": "SITE_ERROR",
	} {
		t.Run(fault, func(t *testing.T) {
			onlyLongBut(t, fault, "outage", "slow-upload", "session-expired-upload", "locked", "error-500-after-pin")
			t.Parallel()
			phone, cfg := phoneOf(t, fault), sandbox.Config{}
			if phone == "" {
				phone, cfg.Fault = goodPhone, fault
			}
			m := newMachine(t, cfg, quick)
			h := m.attached()
			h.begin()
			h.credentials(phone, m.pdf("a.pdf"))
			last := h.prompted()
			require.Equal(t, "failed", last.State, h.transcript())
			require.Equal(t, code, last.code(), h.transcript())
			require.Equal(t, journal.NotSigned, m.journal()[0].Answer)
			require.Empty(t, glob(t, m.at("state", "cmdsign", "work", "*")))
			require.Zero(t, m.signatures())
		})
	}
}

// What comes back and isn't the signed document is never called so, and never lost.
func TestBadResult(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]struct {
		state, code string
		kept        bool
	}{
		"result-html":     {"unverified", "RESULT_NOT_PDF", true},
		"result-unsigned": {"unverified", "NOT_VERIFIED", true},
		// A file that a site wrote anew can't be told from another document: the person has to look.
		"result-other":      {"unverified", "NEEDS_LOOK", true},
		"result-altered":    {"unverified", "NOT_VERIFIED", true},
		"result-short":      {"unverified", "NOT_VERIFIED", true},
		"result-empty":      {"unverified", "RESULT_NOT_PDF", true},
		"result-error":      {"failed", "MAY_BE_SIGNED", false},
		"result-cut":        {"unverified", "NOT_VERIFIED", true},
		"error-500-at-code": {"failed", "MAY_BE_SIGNED", false},
		"result-link":       {"done", "", true},
		"result-inline":     {"done", "", true},
		"result-newtab":     {"done", "", true},
	} {
		t.Run(fault, func(t *testing.T) {
			onlyLongBut(t, fault, "result-html", "result-altered", "result-error", "result-cut", "result-newtab")
			t.Parallel()
			m := newMachine(t, sandbox.Config{}, "limits: {page: 5s, result: 5s, unknown: 1s}")
			phone, pdf := phoneOf(t, fault), m.pdf("a.pdf")
			h := m.attached()
			h.begin()
			h.credentials(phone, pdf)
			h.otp(m.sandbox, phone)
			last := h.ended()
			require.Equal(t, want.state, last.State, "%+v %s", last.Error, h.transcript())
			require.Equal(t, want.code, last.code())
			saved := glob(t, m.at("Downloads", "*"))
			switch {
			case want.state == "done":
				m.requireSaved(last, pdf)
			case want.kept:
				require.Equal(t, []string{last.File.Path}, saved)
				require.Equal(t, "a-NAO-VERIFICADO.pdf", filepath.Base(saved[0]))
				require.NotEqual(t, "verified", last.Result.Verdict)
				require.Equal(t, "nothing", last.Error.Retry)
			default:
				require.Empty(t, saved)
			}
			answer := m.journal()[0].Answer
			if m.signatures() > 0 {
				require.NotEqual(t, journal.NotSigned, answer)
			}
			require.LessOrEqual(t, m.signatures(), 1)
			require.Equal(t, 1, m.sandbox.Counts().Secrets["code"].Codes)
		})
	}
}

func TestSiteUnreachable(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	// A port where nothing listens.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	closed := l.Addr().String()
	require.NoError(t, l.Close())
	m.configure("environments: {test: {intro: 'http://" + closed + "/', revocation: off}}")
	h := m.attached()
	h.begin()
	h.credentials(goodPhone, m.pdf("a.pdf"))
	last := h.ended()
	require.Equal(t, "SITE_UNREACHABLE", last.code())
	require.Equal(t, "wait", last.Error.Retry)
	h.again()
}

func TestNoBrowser(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	require.NoError(t, os.Mkdir(m.at("bin"), 0o700))
	m.env = append(m.env, "PATH="+m.at("bin"))
	for _, args := range [][]string{nil, {"--browser-path", m.at("no-such-browser")}} {
		h := m.converse(args...)
		h.state("start")
		h.send(fields{"start": ""})
		last := h.ended()
		require.Equal(t, "BROWSER_NOT_FOUND", last.code())
		require.Equal(t, "start", last.Error.Retry)
		h.send(fields{"start": ""})
		h.ended()
		require.Zero(t, h.hangUp())
	}
	// Something that isn't a browser at all.
	require.NoError(t, os.WriteFile(m.at("bin", "chromium"), []byte("#!/bin/sh\nexit 3\n"), 0o700))
	m.env = append(m.env, "PATH="+m.at("bin")+":/usr/bin:/bin")
	h := m.converse("--browser-path", m.at("bin", "chromium"))
	h.state("start")
	h.send(fields{"start": ""})
	require.Equal(t, "BROWSER_FAILED", h.ended().code())
	require.Zero(t, h.hangUp())
	require.Empty(t, glob(t, m.at("cache", "cmdsign", "profiles", "*")))
}

// The signed file has come and can't be put into Downloads: it's kept, that's said, and the next start saves it.
func TestDownloadsNotWritable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, code  string
		spoil, mend func(t *testing.T, dir string)
	}{
		{"missing", "DOWNLOADS_MISSING",
			func(t *testing.T, dir string) { require.NoError(t, os.Remove(dir)) },
			func(t *testing.T, dir string) { require.NoError(t, os.Mkdir(dir, 0o700)) }},
		{"a file", "DOWNLOADS_MISSING",
			func(t *testing.T, dir string) {
				require.NoError(t, os.Remove(dir))
				require.NoError(t, os.WriteFile(dir, nil, 0o600))
			},
			func(t *testing.T, dir string) {
				require.NoError(t, os.Remove(dir))
				require.NoError(t, os.Mkdir(dir, 0o700))
			}},
		{"read-only", "DOWNLOADS_READ_ONLY",
			func(t *testing.T, dir string) {
				if os.Getuid() == 0 { // whom modes don't stop
					mount(t, dir, "ro")
				} else {
					require.NoError(t, os.Chmod(dir, 0o500))
				}
			},
			func(t *testing.T, dir string) {
				if os.Getuid() == 0 {
					require.NoError(t, syscall.Unmount(dir, 0))
				} else {
					require.NoError(t, os.Chmod(dir, 0o700))
				}
			}},
		{"full", "DISK_FULL",
			func(t *testing.T, dir string) {
				if os.Getuid() != 0 {
					t.Skip("only root can make a small file system")
				}
				mount(t, dir, "size=8k")
			},
			func(t *testing.T, dir string) { require.NoError(t, syscall.Unmount(dir, 0)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			onlyLongBut(t, c.name, "missing", "full")
			t.Parallel()
			m := newMachine(t, sandbox.Config{})
			dir, pdf := m.at("Downloads"), m.at("a.pdf")
			require.NoError(t, os.WriteFile(pdf, pdftest.New(pdftest.Options{Pages: 100}), 0o600))
			c.spoil(t, dir)
			h := m.attached()
			last := h.sign(m.sandbox, goodPhone, pdf)
			require.Equal(t, "failed", last.State)
			require.Equal(t, c.code, last.code())
			require.Equal(t, "nothing", last.Error.Retry)
			require.NotNil(t, last.File)
			require.FileExists(t, last.File.Path)
			require.Equal(t, "verified", last.Result.Verdict)
			kept, err := os.ReadFile(last.File.Path)
			require.NoError(t, err)
			require.Equal(t, last.File.SHA256, sumOf(kept))
			told := m.journal()[0]
			require.Equal(t, journal.SignedHeld, told.Answer)
			require.Equal(t, last.File.Path, told.Held)

			// It isn't signed a second time by mistake.
			h.again()
			h.credentials(goodPhone, pdf)
			h.fault("LOOK_FIRST")
			require.Zero(t, h.hangUp())

			c.mend(t, dir)
			h = m.converse()
			first := h.next()
			require.Len(t, first.Unfinished, 1)
			require.Equal(t, "signed_saved", first.Unfinished[0].Answer)
			require.Zero(t, h.hangUp())
			saved, err := os.ReadFile(m.at("Downloads", "a-signed.pdf"))
			require.NoError(t, err)
			require.Equal(t, sumOf(kept), sumOf(saved))
			told = m.journal()[0]
			require.Equal(t, journal.SignedSaved, told.Answer)
			require.Equal(t, journal.VerdictVerified, told.Verdict)
			require.Equal(t, 1, m.signatures())
		})
	}
}

func mount(t *testing.T, dir, options string) {
	t.Helper()
	var flags uintptr
	if options == "ro" {
		flags, options = syscall.MS_RDONLY, ""
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", flags, options); err != nil {
		t.Skipf("no file system can be mounted here: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
}
