package conversation

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

const typed = `{"phone":"+351 900000001","pin":"1234"}`

// look brings a document before the person, and gives its SHA-256.
func (k *talk) look() string {
	k.t.Helper()
	require.Contains(k.t, k.first().Capabilities, "confirm")
	k.send(`{"start":""}`)
	k.state(StateStage1Input)
	k.send(fmt.Sprintf(`{"document":{"pdf_file_path":%q}}`, k.pdf))
	return k.until(func(r reply) bool { return r.Document != nil }).Document.SHA256
}

func (k *talk) progress(name string) reply {
	k.t.Helper()
	return k.until(func(r reply) bool { return r.Progress == name })
}

// Once the document is confirmed the pages are walked, and phone and PIN come when they have been typed: before the page asks for them, or
// after.
func TestThePagesAreWalkedWhilePhoneAndPINAreTyped(t *testing.T) {
	t.Parallel()
	for name, early := range map[string]bool{"typed before the page asks": true, "typed after": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ask := make(chan struct{})
			k := converse(t, limits, func(ctx context.Context, d Document, p Person) (Signed, error) {
				p.Progress("upload_page")
				<-ask
				p.Progress("credentials_page")
				creds, err := p.Credentials(ctx, nil)
				require.NoError(t, err)
				require.Equal(t, "1234", creds.PIN.Reveal())
				p.Progress("code_page")
				return Signed{}, problem.New(problem.SiteUnavailable, "")
			})
			hash := k.look()
			k.send(`{"confirm":"` + hash + `"}`)
			require.Equal(t, StateStage1Input, k.progress("confirmed").State)
			require.Equal(t, StateStage1Input, k.progress("upload_page").State, "phone and PIN are still asked for")
			if early {
				k.send(typed)
				close(ask)
			} else {
				close(ask)
				require.Equal(t, StateStage1Input, k.progress("credentials_page").State)
				k.send(typed)
			}
			require.Equal(t, StateStage1, k.progress("code_page").State)
			require.Equal(t, problem.SiteUnavailable, k.over().Error.Code)
			require.Equal(t, journal.NotSigned, k.answer())
		})
	}
}

// A page that refuses the PIN is told as ever, also where the first one came after the document.
func TestAWrongPINAfterAConfirmation(t *testing.T) {
	t.Parallel()
	k := converse(t, limits, func(ctx context.Context, _ Document, p Person) (Signed, error) {
		_, err := p.Credentials(ctx, nil)
		require.NoError(t, err)
		_, err = p.Credentials(ctx, problem.New(problem.PINWrong, ""))
		require.NoError(t, err)
		return Signed{}, problem.New(problem.SiteUnavailable, "")
	})
	k.send(`{"confirm":"` + k.look() + `"}`)
	k.progress("confirmed")
	k.send(typed)
	again := k.until(func(r reply) bool { return r.Error != nil })
	require.Equal(t, problem.PINWrong, again.Error.Code)
	require.Equal(t, StateStage1Input, again.State)
	k.send(typed)
	require.Equal(t, problem.SiteUnavailable, k.over().Error.Code)
}

// What goes wrong on the pages is told at once, and a cancel ends them: nobody types a PIN for nothing.
func TestWhatEndsBeforeThePINIsTyped(t *testing.T) {
	t.Parallel()
	k := converse(t, limits, func(context.Context, Document, Person) (Signed, error) {
		return Signed{}, problem.New(problem.SiteUnavailable, "")
	})
	k.send(`{"confirm":"` + k.look() + `"}`)
	require.Equal(t, problem.SiteUnavailable, k.over().Error.Code)
	require.Equal(t, journal.NotSigned, k.answer())

	waits := converse(t, limits, func(ctx context.Context, _ Document, p Person) (Signed, error) {
		_, err := p.Credentials(ctx, nil)
		return Signed{}, err
	})
	waits.send(`{"confirm":"` + waits.look() + `"}`)
	waits.progress("confirmed")
	waits.send(`{"cancel":""}`)
	require.Equal(t, StateCancelled, waits.over().State)
	require.Equal(t, journal.NotSigned, waits.answer())
}

// What is confirmed is the document that was shown, once; and phone and PIN are for that one.
func TestWhatIsConfirmed(t *testing.T) {
	t.Parallel()
	k := converse(t, limits, func(ctx context.Context, _ Document, p Person) (Signed, error) {
		_, err := p.Credentials(ctx, nil)
		require.NoError(t, err)
		return Signed{}, problem.New(problem.SiteUnavailable, "")
	})
	other := fmt.Sprintf("%064x", 7)
	refused := func(message string, code problem.Code) {
		t.Helper()
		k.send(message)
		r := k.until(func(r reply) bool { return r.Error != nil })
		require.Equal(t, code, r.Error.Code)
		require.Equal(t, StateStage1Input, r.State)
	}
	hash := k.look()
	refused(`{"confirm":"`+other+`"}`, problem.PDFChanged)
	k.send(`{"confirm":"` + hash + `"}`)
	k.progress("confirmed")
	refused(`{"confirm":"`+hash+`"}`, problem.MessageOutOfTurn)
	refused(fmt.Sprintf(`{"document":{"pdf_file_path":%q}}`, k.pdf), problem.MessageOutOfTurn)
	refused(`{"phone":"+351 900000001","pin":"1234","confirm":"`+other+`"}`, problem.PDFChanged)
	k.send(`{"phone":"+351 900000001","pin":"1234","confirm":"` + hash + `"}`)
	require.Equal(t, problem.SiteUnavailable, k.over().Error.Code)

	// What may be signed already is told before the PIN is typed.
	left := converse(t, limits, func(_ context.Context, _ Document, p Person) (Signed, error) {
		require.NoError(t, p.Committing())
		return Signed{}, problem.New(problem.SiteSlow, "")
	})
	left.begin()
	require.Equal(t, problem.MayBeSigned, left.over().Error.Code)
	next := converse(t, limits, nil, func(o *Options) { o.Journal = left.journal })
	next.send(`{"confirm":"` + next.look() + `"}`)
	require.Equal(t, problem.LookFirst, next.until(func(r reply) bool { return r.Error != nil }).Error.Code)
}
