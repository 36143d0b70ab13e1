package conversation

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// In a process that lives on, a signing may end after its conversation was given up. What was sent was sent: what came back then is checked and
// saved, as it would be with somebody there to be told.
func TestWhatEndsAfterItsConversation(t *testing.T) {
	t.Parallel()
	committed, release, left := make(chan struct{}), make(chan struct{}), make(chan struct{})
	short := limits
	short.Grace = 50 * time.Millisecond
	k := converse(t, short, func(_ context.Context, _ Document, p Person) (Signed, error) {
		require.NoError(t, p.Committing())
		close(committed)
		<-release
		_, err := p.Hold([]byte("what came back"))
		require.NoError(t, err)
		return Signed{}, problem.New(problem.BrowserLost, "")
	}, func(o *Options) {
		made := o.NewMethod
		o.NewMethod = func(mode string) Method { return &leaving{made(mode).(*method), left} }
	})
	k.begin()
	<-committed
	require.NoError(t, k.out.Close())
	require.Error(t, <-k.ended)
	close(release)
	<-left
	require.Eventually(t, func() bool { all, err := k.journal.Status(); return err == nil && len(all) == 1 && !all[0].Live }, patience, 5*time.Millisecond)
	require.Equal(t, journal.MayBeSigned, k.answer()) // it's no PDF
	require.FileExists(t, filepath.Join(k.dir, "downloads", "a"+UnverifiedMarker+".pdf"))
}

// leaving is a method that says when Sign has ended.
type leaving struct {
	*method
	left chan struct{}
}

func (l *leaving) Sign(ctx context.Context, d Document, p Person) (Signed, error) {
	defer close(l.left)
	return l.method.Sign(ctx, d, p)
}
