package journal

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// Windows locks ranges of bytes against reading too, so the lock is on one byte far
// behind the end.
const lockOffsetHigh = 1 << 30

func lockWait(file *os.File) error { return lockFile(file, windows.LOCKFILE_EXCLUSIVE_LOCK) }

func tryLock(file *os.File) error {
	return lockFile(file, windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY)
}

func inUse(file *os.File) bool {
	if errors.Is(lockFile(file, windows.LOCKFILE_FAIL_IMMEDIATELY), errInUse) {
		return true
	}
	_ = windows.UnlockFileEx(windows.Handle(file.Fd()), 0, 1, 0, &windows.Overlapped{OffsetHigh: lockOffsetHigh})
	return false
}

func lockFile(file *os.File, flags uint32) error {
	err := windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: lockOffsetHigh})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return errInUse
	}
	return err
}
