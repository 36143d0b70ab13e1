package conversation

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// What comes back is checked against the private copy, at the next start too: nothing that signs is sent before that is on the disk.
func TestNothingIsSentBeforeTheCopyIsOnTheDisk(t *testing.T) {
	j := &job{}
	j.keep(func() error { return errors.New("no space left on device") })
	for _, send := range []func() error{j.Committing, j.Offered, j.ByHand, j.Committing} {
		require.True(t, problem.Is(send(), problem.DiskFull))
	}
}
