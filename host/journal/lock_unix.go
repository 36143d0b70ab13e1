//go:build unix

package journal

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// flock belongs to the open file, not to the process: it also tells two Records of one
// process apart, and it's gone with a process that was killed.

func lockWait(file *os.File) error { return flock(file, unix.LOCK_EX) }

func tryLock(file *os.File) error { return flock(file, unix.LOCK_EX|unix.LOCK_NB) }

func inUse(file *os.File) bool {
	if errors.Is(flock(file, unix.LOCK_SH|unix.LOCK_NB), errInUse) {
		return true
	}
	_ = flock(file, unix.LOCK_UN)
	return false
}

func flock(file *os.File, how int) error {
	for {
		err := unix.Flock(int(file.Fd()), how)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EWOULDBLOCK):
			return errInUse
		case errors.Is(err, unix.ENOLCK), errors.Is(err, unix.ENOTSUP), errors.Is(err, unix.ENOSYS):
			// Some network folders can't lock. The truth is in the lines; only Live is lost.
			return nil
		default:
			return err
		}
	}
}
