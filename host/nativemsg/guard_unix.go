//go:build unix

package nativemsg

import (
	"os"

	"golang.org/x/sys/unix"
)

func takeStdout() (*os.File, error) {
	// Close-on-exec, or a child could still write to the browser; from 3 up, or it
	// could land on another standard stream.
	fd, err := unix.FcntlInt(1, unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, err
	}
	if err := dup2(2, 1); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), "stdout to the browser"), nil
}
