package browser

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps the Ctrl-C of a console from the browser: the program decides when it ends.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
