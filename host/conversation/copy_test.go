package conversation

import (
	"errors"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// What comes back is checked against the private copy, at the next start too: nothing that signs is sent before that is on the disk.
func TestNothingIsSentBeforeTheCopyIsOnTheDisk(t *testing.T) {
	for _, why := range []error{syscall.ENOSPC, errors.New("somebody else has it")} {
		j := &job{}
		j.keep(func() error { return why })
		for _, send := range []func() error{j.Committing, j.Offered, j.ByHand, j.Committing} {
			err := send()
			require.ErrorIs(t, err, why)
			require.Equal(t, why == syscall.ENOSPC, problem.Is(err, problem.DiskFull))
		}
	}
}
