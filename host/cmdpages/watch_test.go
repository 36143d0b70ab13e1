package cmdpages

import (
	"context"
	"errors"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/browser"
)

// Where the debugger was away as responses were first asked for, that isn't held against phone and PIN that come minutes later.
func TestResponsesAreAskedForOnceMore(t *testing.T) {
	t.Parallel()
	away := errors.New("the debugger is away")
	for name, c := range map[string]struct {
		answers []error
		fails   bool
	}{
		"at once":           {[]error{nil}, false},
		"at the second try": {[]error{away, nil}, false},
		"never":             {[]error{away, away}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &answering{answers: c.answers}
			e := &engine{tab: passingTab{}, target: s}
			e.watch(t.Context()) // as the page of phone and PIN comes
			err := e.watching(t.Context())
			require.Equal(t, c.fails, err != nil)
			require.Empty(t, s.answers)
		})
	}
}

// answering is a session in which each command gets the next answer.
type answering struct {
	cdp.Session
	answers []error
}

func (s *answering) Call(context.Context, string, any, any) error {
	err := s.answers[0]
	s.answers = s.answers[1:]
	return err
}

type passingTab struct{ browser.Tab }

func (passingTab) LetPass(context.Context, browser.Passing) error { return nil }
