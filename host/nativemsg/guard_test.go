//go:build unix

package nativemsg_test

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/nativemsg"
)

// TestMain lets the test binary play the host.
func TestMain(m *testing.M) {
	if os.Getenv("NATIVEMSG_TEST_HOST") != "" {
		noisyHost()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func noisyHost() {
	early := os.Stdout
	out, err := nativemsg.GuardStdout()
	if err != nil {
		panic(err)
	}
	w := nativemsg.NewWriter(out)
	send := func(s string) {
		if err := w.Write([]byte(s)); err != nil {
			panic(err)
		}
	}
	send(`{"state":"start"}`)
	fmt.Print("NOISE fmt\n")
	fmt.Fprintln(early, "NOISE a handle from before")
	_, _ = os.Stdout.WriteString("NOISE os.Stdout\n")
	log.SetOutput(os.Stdout)
	log.Print("NOISE log")
	_, _ = syscall.Write(1, []byte("NOISE fd 1, as C code does\n"))
	child := exec.Command("sh", "-c", `echo NOISE child; sh -c 'echo NOISE grandchild'; for fd in 3 4 5 6 7 8 9; do echo NOISE $fd >&$fd; done 2>/dev/null; true`)
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	if err := child.Run(); err != nil {
		panic(err)
	}
	if _, err := nativemsg.GuardStdout(); err == nil {
		panic("a second guard would hand out stderr as the browser's pipe")
	}
	send(`{"state":"done"}`)
}

func TestOnlyFramesReachTheBrowser(t *testing.T) {
	host := exec.Command(os.Args[0])
	host.Env = append(os.Environ(), "NATIVEMSG_TEST_HOST=1")
	var out, noise bytes.Buffer
	host.Stdout, host.Stderr = &out, &noise
	require.NoError(t, host.Run(), noise.String())

	in := nativemsg.NewReader(&out, 0)
	first, err := in.Read()
	require.NoError(t, err)
	require.JSONEq(t, `{"state":"start"}`, string(first))
	second, err := in.Read()
	require.NoError(t, err)
	require.JSONEq(t, `{"state":"done"}`, string(second))
	_, err = in.Read()
	require.Equal(t, io.EOF, err)

	for _, said := range []string{"fmt", "a handle from before", "os.Stdout", "log", "fd 1, as C code does", "child", "grandchild"} {
		require.Contains(t, noise.String(), "NOISE "+said+"\n")
	}
}
