package command

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

// kill -9 at twenty moments (every fifth of them in make test): what the journal says afterwards is true by the sandbox's own count, the browser dies with the
// host, and the next start saves what was held.
func TestKilled(t *testing.T) {
	t.Parallel()
	type moment struct {
		phone string
		after string        // the progress, or the state, of the message after which it's killed
		delay time.Duration // and how long after it
	}
	moments := []moment{
		{goodPhone, "start", 0},
		{goodPhone, "stage1_input", 0},
		{goodPhone, "root_page", 0},
		{goodPhone, "upload_page", 30 * time.Millisecond},
		{goodPhone, "preview_page", 0},
		{goodPhone, "details_page", 60 * time.Millisecond},
		{goodPhone, "credentials_page", 0},
		{goodPhone, "credentials_page", 40 * time.Millisecond},
		{goodPhone, "credentials_page", 120 * time.Millisecond},
		{goodPhone, "otp", 0},
		{phoneOf(t, "app-approval"), "otp", 0},
		{phoneOf(t, "app-approval"), "received", 0},
		{goodPhone, "code_sent", 0},
		{goodPhone, "code_sent", 5 * time.Millisecond},
		{goodPhone, "code_sent", 15 * time.Millisecond},
		{goodPhone, "code_sent", 30 * time.Millisecond},
		{goodPhone, "code_sent", 60 * time.Millisecond},
		{goodPhone, "received", 0},
		{goodPhone, "received", 10 * time.Millisecond},
		{goodPhone, "checked", 0},
		{goodPhone, "done", 0},
	}
	for i, at := range moments {
		if i%5 != 2 && !long() {
			continue
		}
		t.Run(fmt.Sprintf("%d %s+%v", i+1, at.after, at.delay), func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, sandbox.Config{})
			pdf := m.pdf("contrato.pdf")
			h := m.converse()
			reached := false
			for !reached {
				said := h.next()
				switch {
				case said.State == at.after || said.Progress == at.after:
					reached = true
					if at.delay > 0 {
						<-time.After(at.delay)
					}
					h.kill()
				case said.State == "start":
					h.send(fields{"start": ""})
				case said.State == "stage1_input" && said.prompt():
					h.credentials(at.phone, pdf)
				case said.prompt() && at.phone == goodPhone:
					h.send(fields{"otp": codeFor(t, m.sandbox, at.phone)})
				case said.over():
					require.Fail(t, "it ended before the moment", h.transcript())
				}
			}
			m.browsersGone()
			m.sandbox.Close() // which waits for what it has begun
			signed := m.signatures()
			require.LessOrEqual(t, signed, 1)

			told := m.journal()
			if len(told) == 0 {
				require.Zero(t, signed)
				require.Contains(t, []string{"start", "stage1_input"}, at.after, "a document was on its way, and the journal has none")
				return
			}
			require.Len(t, told, 1)
			require.False(t, told[0].Live)
			t.Logf("%s, %d signatures", told[0].Answer, signed)
			switch told[0].Answer {
			case journal.NotSigned:
				require.Zero(t, signed)
			case journal.MayBeSigned:
				require.Contains(t, []string{"otp", "code_sent"}, at.after, "before the commit point it is known that nothing was signed")
				require.False(t, at.after == "otp" && at.phone == goodPhone, "no code was sent")
			case journal.SignedHeld, journal.SignedSaved:
				require.Equal(t, 1, signed)
			default:
				require.Fail(t, "an answer that the journal doesn't have", told[0].Answer)
			}

			// The next start saves what was held and leaves nothing of the dead one.
			next := m.converse()
			first := next.begin()
			next.until(func(said message) bool { return said.Progress == "browser_ready" || len(said.Notes) > 0 })
			require.Zero(t, next.hangUp())
			m.browsersGone()
			require.Empty(t, glob(t, m.at("cache", "cmdsign", "profiles", "*")))
			if told[0].Answer != journal.MayBeSigned { // then all that's there is kept until the person has looked
				require.Empty(t, glob(t, m.at("state", "cmdsign", "work", "*")))
			}
			after := m.journal()[0]
			switch told[0].Answer {
			case journal.SignedHeld, journal.SignedSaved:
				require.Equal(t, journal.SignedSaved, after.Answer)
				require.Equal(t, journal.VerdictVerified, after.Verdict)
				data, err := os.ReadFile(after.Saved)
				require.NoError(t, err)
				require.Equal(t, after.SavedSHA256, sumOf(data))
				require.Equal(t, []string{m.at("Downloads", "contrato-signed.pdf")}, glob(t, m.at("Downloads", "*.pdf")), "once, and whole")
			case journal.MayBeSigned:
				require.Equal(t, journal.MayBeSigned, after.Answer)
				require.Len(t, first.Unfinished, 1)
				require.Equal(t, "may_be_signed", first.Unfinished[0].Answer)
				require.Empty(t, glob(t, m.at("Downloads", "*")))
			default:
				require.Empty(t, first.Unfinished)
				require.Empty(t, glob(t, m.at("Downloads", "*")))
			}
		})
	}
}

// The file reached Downloads, and the program was killed before it could write that down: the next start may save it once
// more, never lose it. Here the journal is set back by hand to that moment.
func TestHeldFileIsSavedByTheNextStart(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	pdf := m.pdf("contrato.pdf")
	downloads := m.at("Downloads")
	require.NoError(t, os.Remove(downloads))
	h := m.converse()
	last := h.sign(m.sandbox, goodPhone, pdf)
	require.Equal(t, "failed", last.State)
	require.Equal(t, "DOWNLOADS_MISSING", last.code())
	require.Zero(t, h.hangUp())

	// A start with the folder still missing keeps it, and says so.
	next := m.converse()
	first := next.next()
	require.Len(t, first.Unfinished, 1)
	require.Equal(t, "signed_held", first.Unfinished[0].Answer)
	require.FileExists(t, first.Unfinished[0].Path)
	require.Zero(t, next.hangUp())

	require.NoError(t, os.Mkdir(downloads, 0o700))
	next = m.converse()
	first = next.next()
	require.Len(t, first.Unfinished, 1)
	require.Equal(t, "signed_saved", first.Unfinished[0].Answer)
	require.Equal(t, m.at("Downloads", "contrato-signed.pdf"), first.Unfinished[0].Path)
	require.Zero(t, next.hangUp())
	require.Equal(t, journal.VerdictVerified, m.journal()[0].Verdict)
	require.Equal(t, 1, m.signatures())

	// And the one after that has nothing to do any more.
	next = m.converse()
	require.Empty(t, next.next().Unfinished)
	require.Zero(t, next.hangUp())
}

// A file held in one environment isn't judged by the roots of another: it waits for its own.
func TestHeldFileWaitsForItsEnvironment(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	pdf := m.pdf("contrato.pdf")
	require.NoError(t, os.Remove(m.at("Downloads")))
	h := m.converse()
	require.Equal(t, "DOWNLOADS_MISSING", h.sign(m.sandbox, goodPhone, pdf).code())
	require.Zero(t, h.hangUp())
	require.NoError(t, os.Mkdir(m.at("Downloads"), 0o700))

	other := m.start("converse", "--env", "production")
	require.Empty(t, other.next().Unfinished)
	require.Zero(t, other.hangUp())
	require.Empty(t, glob(t, m.at("Downloads", "*")))

	own := m.converse()
	require.Equal(t, "signed_saved", own.next().Unfinished[0].Answer)
	require.Zero(t, own.hangUp())
	require.Equal(t, journal.VerdictVerified, m.journal()[0].Verdict)
}
