package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for anything: far more than it takes.
const patience = 45 * time.Second

// tick is how often it looks.
const tick = 30 * time.Millisecond

// person is somebody with a home, a Downloads folder, the host registered for their browser, and the sandbox to sign at.
type person struct {
	t       *testing.T
	dir     string
	profile string
	sandbox *sandboxProcess
	env     []string
	lang    string   // of the browser
	pinned  []string // extensions whose buttons are on the toolbar
}

func newPerson(t *testing.T, sandboxArgs ...string) *person {
	t.Helper()
	// Short, as a home is: a browser's socket has little room for its path.
	dir, err := os.MkdirTemp("", "e2e-")
	require.NoError(t, err)
	p := &person{t: t, dir: dir, profile: filepath.Join(dir, "profile"), lang: "pt-PT"}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for _, sub := range []string{"home", "Downloads", "tmp", "run", "profile/NativeMessagingHosts", "config/cmdsign", "bin"} {
		require.NoError(t, os.MkdirAll(p.at(sub), 0o700))
	}
	p.env = append(os.Environ(),
		// A locale that every Linux has, with UTF-8: without, a browser doesn't find a file with an accent in its name.
		"LC_ALL=C.UTF-8", "LANGUAGE=pt_PT", "HOME="+p.at("home"), "XDG_CONFIG_HOME="+p.at("config"), "XDG_STATE_HOME="+p.at("state"),
		"XDG_CACHE_HOME="+p.at("cache"), "XDG_DATA_HOME="+p.at("data"), "XDG_RUNTIME_DIR="+p.at("run"),
		"XDG_DOWNLOAD_DIR="+p.at("Downloads"), "TMPDIR="+p.at("tmp"))
	// Where the browser itself saves.
	require.NoError(t, os.WriteFile(p.at("config", "user-dirs.dirs"), fmt.Appendf(nil, "XDG_DOWNLOAD_DIR=%q\n", p.at("Downloads")), 0o600))
	// The desktop: what it's asked to show stands in a file.
	desktop := fmt.Sprintf("#!/bin/sh\necho \"$1\" >> %q\n", p.at("shown"))
	require.NoError(t, os.WriteFile(p.at("bin", "xdg-open"), []byte(desktop), 0o700))
	p.env = append(p.env, "PATH="+p.at("bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	p.sandbox = startSandbox(t, p.env, sandboxArgs...)
	p.configure(extensionID, "")
	p.register(binary, extensionID)
	return p
}

// speak has the person's browser in a language, before it starts.
func (p *person) speak(lang string) {
	p.lang = lang
	for i, v := range p.env {
		if strings.HasPrefix(v, "LANGUAGE=") {
			p.env[i] = "LANGUAGE=" + strings.ReplaceAll(lang, "-", "_")
		}
	}
}

func (p *person) at(parts ...string) string {
	return filepath.Join(append([]string{p.dir}, parts...)...)
}

// configure points the host at the sandbox, and lets the extension with this id start it.
func (p *person) configure(id, more string) {
	p.t.Helper()
	root := p.at("root.pem")
	require.NoError(p.t, os.WriteFile(root, p.sandbox.get("/sandbox/root.pem"), 0o600))
	config := fmt.Sprintf(`
env: test
lang: pt
extensions: ["chrome-extension://%s/"]
environments:
  test:
    intro: %s
    origins: ["http://cmd.localhost:%[3]s", "http://frtend.reg.cmd.localhost:%[3]s"]
    trust: [%s]
    revocation: off
log: {level: debug, file: %s}
%s`, id, p.sandbox.intro, p.sandbox.port, root, p.at("host.log"), more)
	require.NoError(p.t, os.WriteFile(p.at("config", "cmdsign", "config.yaml"), []byte(config), 0o600))
}

// register writes the host manifest where a browser with a profile of its own looks for it.
func (p *person) register(host, id string) {
	p.t.Helper()
	manifest, err := json.Marshal(map[string]any{
		"name": hostName, "description": "Sign with CMD", "path": host, "type": "stdio",
		"allowed_origins": []string{"chrome-extension://" + id + "/"},
	})
	require.NoError(p.t, err)
	path := filepath.Join(p.profile, "NativeMessagingHosts", hostName+".json")
	require.NoError(p.t, os.WriteFile(path, manifest, 0o644))
}

// unregister takes the host manifest away.
func (p *person) unregister() {
	p.t.Helper()
	require.NoError(p.t, os.Remove(filepath.Join(p.profile, "NativeMessagingHosts", hostName+".json")))
}

// log is the end of the host's log.
func (p *person) log() string {
	data, err := os.ReadFile(p.at("host.log"))
	if err != nil {
		return err.Error()
	}
	return string(data[max(0, len(data)-9000):])
}

// downloads are the files in the person's Downloads.
func (p *person) downloads() []string {
	p.t.Helper()
	entries, err := os.ReadDir(p.at("Downloads"))
	require.NoError(p.t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// sandboxProcess is "cmdsign sandbox".
type sandboxProcess struct {
	t     *testing.T
	intro string
	phone string // URL of the phone page
	port  string
}

var (
	introLine = regexp.MustCompile(`(http://cmd\.localhost:(\d+)/\S+)`)
	phoneLine = regexp.MustCompile(`(http://phone\.localhost:\d+)`)
)

func startSandbox(t *testing.T, env []string, args ...string) *sandboxProcess {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, binary, append([]string{"sandbox"}, args...)...)
	cmd.Env = append(env, "CMDSIGN_SANDBOX_DIR="+authority)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { cancel(); cmd.Wait() })
	s := &sandboxProcess{t: t}
	lines := bufio.NewScanner(out)
	for s.intro == "" || s.phone == "" {
		require.True(t, lines.Scan(), "the sandbox did not say where it is")
		if m := introLine.FindStringSubmatch(lines.Text()); m != nil {
			s.intro, s.port = m[1], m[2]
		}
		if m := phoneLine.FindStringSubmatch(lines.Text()); m != nil {
			s.phone = m[1]
		}
	}
	go io.Copy(io.Discard, out)
	return s
}

// get reads a page of the sandbox's own host. Go's resolver need not know *.localhost.
func (s *sandboxProcess) get(path string) []byte {
	s.t.Helper()
	request, err := http.NewRequest(http.MethodGet, "http://127.0.0.1:"+s.port+path, nil)
	require.NoError(s.t, err)
	request.Host = "phone.localhost:" + s.port
	response, err := http.DefaultClient.Do(request)
	require.NoError(s.t, err)
	defer response.Body.Close()
	require.Equal(s.t, http.StatusOK, response.StatusCode, path)
	data, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return data
}

// counts are the sandbox's own.
type counts struct {
	Signatures int            `json:"signatures"`
	LookAlike  map[string]int `json:"look_alike"`
	// Secrets says how many PINs and codes came for each phone.
	Secrets map[string]struct{ PINs, Codes int } `json:"secrets"`
}

func (s *sandboxProcess) counts() counts {
	s.t.Helper()
	var c counts
	require.NoError(s.t, json.Unmarshal(s.get("/sandbox/counts"), &c))
	return c
}

func (s *sandboxProcess) signatures() int { s.t.Helper(); return s.counts().Signatures }

// set changes the sandbox's fault or look for what starts from now on.
func (s *sandboxProcess) set(what, name string) {
	s.t.Helper()
	request, err := http.NewRequest(http.MethodPost, "http://127.0.0.1:"+s.port+"/sandbox/settings", strings.NewReader(url.Values{what: {name}}.Encode()))
	require.NoError(s.t, err)
	request.Host = "phone.localhost:" + s.port
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	require.NoError(s.t, err)
	defer response.Body.Close()
	require.Less(s.t, response.StatusCode, 400)
}

// code waits for the last code that was sent to a phone.
func (s *sandboxProcess) code(phone string) string {
	s.t.Helper()
	var code string
	require.Eventually(s.t, func() bool {
		var messages []struct {
			Phone, Code string
			Valid       bool
		}
		if json.Unmarshal(s.get("/sandbox/phone.json"), &messages) != nil {
			return false
		}
		for _, m := range messages {
			if strings.ReplaceAll(m.Phone, " ", "") == strings.ReplaceAll(phone, " ", "") && m.Code != "" {
				code = m.Code
				return true
			}
		}
		return false
	}, patience, 50*time.Millisecond, "no code was sent")
	return code
}
