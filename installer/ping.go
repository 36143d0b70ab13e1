package installer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/nativemsg"
)

const (
	// pingLimit is how long a host may take from its start to the answer.
	pingLimit = 10 * time.Second
	// pingMessages is how many messages may come before the answer; the host's first one tells its version.
	pingMessages = 20
	// pingStderr is how much of what the host prints is kept, in bytes.
	pingStderr = 2 << 10
)

// Examined is the environment variable that tells a host that doctor started it: then it must not mend what doctor looks at.
const Examined = "CMDSIGN_EXAMINED"

// ping starts a host as a browser does (facts/native.md 1.2: in its own folder, with the caller's name as the argument, Firefox with
// the manifest's path before it) and speaks one ping to it. It gives the version that the host tells.
func ping(ctx context.Context, program string, args ...string) (version string, err error) {
	ctx, cancel := context.WithTimeout(ctx, pingLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = filepath.Dir(program)
	cmd.Env = append(os.Environ(), Examined+"=1")
	// A host that keeps its pipes open past its end must not hold us.
	cmd.WaitDelay = 2 * time.Second
	stderr := &tail{}
	cmd.Stderr = stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	// The limit holds for reading as well: when it's over the process is killed, and its pipe ends.
	version, err = speak(in, out)
	in.Close()
	if err != nil {
		cancel()
	}
	waited := cmd.Wait()
	if err == nil {
		return version, nil
	}
	said := strings.TrimSpace(stderr.String())
	var exit *exec.ExitError
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "", fmt.Errorf("%w after %v", context.DeadlineExceeded, pingLimit)
	case said != "":
		return "", fmt.Errorf("%w: %s", err, said)
	case errors.As(waited, &exit) && exit.ExitCode() > 0:
		return "", fmt.Errorf("%w (exit code %d)", err, exit.ExitCode())
	}
	return "", err
}

// speak is the conversation of a ping: the host speaks first.
func speak(in io.Writer, out io.Reader) (version string, err error) {
	const word = "cmdsign doctor"
	from, to := nativemsg.NewReader(out, 0), nativemsg.NewWriter(in)
	first, err := from.Read()
	if err != nil {
		return "", fmt.Errorf("waiting for the first message: %w", err)
	}
	var start struct{ State, Version string }
	if err := json.Unmarshal(first, &start); err != nil || start.State != "start" {
		return "", errors.New("the first message isn't the host's")
	}
	if err := to.Write([]byte(`{"ping":"` + word + `"}`)); err != nil {
		return "", err
	}
	for range pingMessages {
		data, err := from.Read()
		if err != nil {
			return "", fmt.Errorf("waiting for the answer: %w", err)
		}
		var answer struct{ Status, Progress string }
		if json.Unmarshal(data, &answer) == nil && answer.Status == "OK" && answer.Progress == word {
			return start.Version, nil
		}
	}
	return "", errors.New("no answer to the ping")
}

// tail keeps the last of what is written.
type tail struct{ b bytes.Buffer }

func (t *tail) Write(p []byte) (int, error) {
	t.b.Write(p)
	if over := t.b.Len() - pingStderr; over > 0 {
		t.b.Next(over)
	}
	return len(p), nil
}

func (t *tail) String() string { return t.b.String() }
