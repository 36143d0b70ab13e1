package command

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
	"github.com/sign-with-cmd/sign-with-cmd/host/secret/secrettest"
)

// search looks into every file of the machine: configuration, state, journal, temporary files, the browser's profile.
func (m *machine) search(all []secrettest.Secret) (found []string, files int) {
	return secrettest.InFiles(m.dir, all...)
}

// PIN, phone and code go to the CMD page and nowhere else: not to stdout, stderr, log, journal, state, temporary files or
// the browser's profile, while it runs or after.
func TestSecretsStayNowhere(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	const number = "900000003" // the first code is refused, so the browser lives on after a code was sent
	phone := "+351 " + number
	logFile := m.at("log.txt")
	file, err := os.ReadFile(m.config)
	require.NoError(t, err)
	m.configure(string(file), "log: {level: debug, file: "+logFile+"}")
	h := m.converse()
	h.begin(fields{"auto_screenshot": 1})
	h.credentials(phone, m.pdf("a.pdf"))
	require.Equal(t, "stage2_input", h.prompted().State)

	all := []secrettest.Secret{
		secrettest.New("PIN", goodPIN), secrettest.New("phone", number), secrettest.New("phone with its country", "351"+number),
	}
	// A browser writes some of its files a few seconds late.
	clean := func() {
		t.Helper()
		for end := time.Now().Add(6 * time.Second); time.Now().Before(end); <-time.After(500 * time.Millisecond) {
			found, files := m.search(all)
			require.Empty(t, found)
			require.Greater(t, files, 20, "the profile isn't where it's looked for")
		}
	}
	clean()

	code := codeFor(t, m.sandbox, phone)
	all = append(all, secrettest.New("code", code))
	h.send(fields{"otp": code})
	require.Equal(t, "CODE_WRONG", h.fault("CODE_WRONG").code())
	require.Equal(t, 1, m.sandbox.Counts().Secrets["code"].Codes)
	clean()
	h.send(fields{"otp": code})
	require.Equal(t, "done", h.ended().State)
	require.Zero(t, h.hangUp())

	found, _ := m.search(all)
	require.Empty(t, found)
	require.Empty(t, secrettest.Find([]byte(h.stderr.String()), all...), "on stderr")
	require.NotEmpty(t, h.received)
	require.Empty(t, secrettest.Find(h.received, all...), "on stdout")
	log, err := os.ReadFile(logFile)
	require.NoError(t, err)
	require.NotContains(t, string(log), goodPIN)
}
