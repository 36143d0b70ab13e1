//go:build !linux && !windows

package browser

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps the Ctrl-C of a terminal, and its end, from the browser: the program decides when it ends.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}
