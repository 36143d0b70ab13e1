//go:build linux || darwin

package terminal

import (
	"os"

	"golang.org/x/sys/unix"
)

// IsTerminal says whether somebody may type there.
func IsTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), getTermios)
	return err == nil
}

// openTTY opens the terminal that the process belongs to.
func openTTY() (in, out *os.File, err error) {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	return f, f, err
}

// echo turns the terminal's echo on or off, and gives the way back to how it was. Lines and Ctrl-C stay the terminal's.
func echo(f *os.File, on bool) (func(), error) {
	fd := int(f.Fd())
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return nil, err
	}
	changed := *before
	changed.Lflag &^= unix.ECHO
	if on {
		changed.Lflag |= unix.ECHO
	}
	if err := unix.IoctlSetTermios(fd, setTermios, &changed); err != nil {
		return nil, err
	}
	return func() { _ = unix.IoctlSetTermios(fd, setTermios, before) }, nil
}
