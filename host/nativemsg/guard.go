package nativemsg

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
)

var guarded atomic.Bool

// GuardStdout takes the real stdout away and gives it to the caller; from then on
// whatever is printed, by Go code, C code or a child, goes to stderr. Call it first of
// all and once: a second call is an error, because there's no real stdout left.
func GuardStdout() (*os.File, error) {
	if guarded.Swap(true) {
		return nil, errors.New("stdout is guarded already")
	}
	out, err := takeStdout()
	if err != nil {
		return nil, fmt.Errorf("guarding stdout: %w", err)
	}
	return out, nil
}
