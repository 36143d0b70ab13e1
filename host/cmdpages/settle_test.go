package cmdpages

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The tab's end waits for the browser's having heard that the signed file was taken, and not for ever.
func TestTheEndWaitsForWhatTheBrowserHears(t *testing.T) {
	g := &guard{}
	g.settle(time.Hour) // nothing was taken

	heard := make(chan struct{})
	g.heard.Store(&heard)
	g.settle(time.Millisecond)

	settled := make(chan struct{})
	go func() { g.settle(time.Hour); close(settled) }()
	select {
	case <-settled:
		require.Fail(t, "it didn't wait")
	case <-time.After(20 * time.Millisecond):
	}
	close(heard)
	<-settled
}
