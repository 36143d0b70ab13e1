package nativemsg

import (
	"os"

	"golang.org/x/sys/windows"
)

func takeStdout() (*os.File, error) {
	out := os.Stdout
	// A child must not inherit it, or it could still write to the browser.
	if err := windows.SetHandleInformation(windows.Handle(out.Fd()), windows.HANDLE_FLAG_INHERIT, 0); err != nil {
		return nil, err
	}
	if err := windows.SetStdHandle(windows.STD_OUTPUT_HANDLE, windows.Handle(os.Stderr.Fd())); err != nil {
		return nil, err
	}
	os.Stdout = os.Stderr
	return out, nil
}
