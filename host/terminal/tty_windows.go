package terminal

import (
	"os"

	"golang.org/x/sys/windows"
)

// IsTerminal says whether somebody may type there.
func IsTerminal(f *os.File) bool {
	var mode uint32
	return windows.GetConsoleMode(windows.Handle(f.Fd()), &mode) == nil
}

// openTTY opens the console that the process belongs to.
func openTTY() (in, out *os.File, err error) {
	if in, err = os.OpenFile("CONIN$", os.O_RDWR, 0); err != nil {
		return nil, nil, err
	}
	if out, err = os.OpenFile("CONOUT$", os.O_RDWR, 0); err != nil {
		in.Close()
		return nil, nil, err
	}
	return in, out, nil
}

// echo turns the console's echo on or off, and gives the way back to how it was.
func echo(f *os.File, on bool) (func(), error) {
	h := windows.Handle(f.Fd())
	var before uint32
	if err := windows.GetConsoleMode(h, &before); err != nil {
		return nil, err
	}
	changed := before &^ windows.ENABLE_ECHO_INPUT
	if on {
		changed |= windows.ENABLE_ECHO_INPUT
	}
	if err := windows.SetConsoleMode(h, changed); err != nil {
		return nil, err
	}
	return func() { _ = windows.SetConsoleMode(h, before) }, nil
}
