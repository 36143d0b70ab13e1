package cmdpages

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/browser"
	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/secret"
)

// A code that can't be sent because the page has just gone was not sent; but where approval in the app was offered, that may be why it went:
// the signed file is still looked out for, and the journal goes on saying that there may be one.
func TestACodeForAPageThatHasJustGone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		approval bool
		said     []string
	}{
		"no approval offered": {false, []string{"committing", "refused"}},
		"approval offered":    {true, []string{"committing", "offered"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &noted{}
			e := &engine{tab: goneTab{}, guard: &guard{}, acted: map[string]int{}, person: p, answer: &conversation.CodeAnswer{Code: secret.New("123456")}}
			err := e.commit(t.Context(), Page{Name: "code", Steps: []Step{{Code: "code"}}}, &seen{Approval: c.approval})
			require.ErrorIs(t, err, errNotPressed)
			require.Equal(t, c.said, p.said)
			require.Equal(t, c.approval, e.guard.maySign.Load())
			require.Equal(t, c.approval, e.guard.committed.Load())
			require.False(t, e.guard.sent.Load())
		})
	}
}

// goneTab is a tab that shows another document by now.
type goneTab struct{ browser.Tab }

func (goneTab) FillSecret(context.Context, browser.Document, string, secret.Secret) error {
	return browser.ErrDocumentGone
}

// noted is a person's end that notes what it's told.
type noted struct {
	conversation.Person
	said []string
}

func (n *noted) note(what string) error {
	n.said = append(n.said, what)
	return nil
}

func (n *noted) Committing() error            { return n.note("committing") }
func (n *noted) Offered() error               { return n.note("offered") }
func (n *noted) Refused(*problem.Error) error { return n.note("refused") }
