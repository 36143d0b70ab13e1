package cmdpages

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// What was asked for is never left out in silence: neither where a page file knows the page without its choices, nor where the
// site goes on without having offered it.
func TestAVisibleSignatureIsNeverLeftOutInSilence(t *testing.T) {
	pages, err := LoadPages("")
	require.NoError(t, err)
	e := &engine{pages: pages, guard: &guard{}, acted: map[string]int{}, doc: conversation.Document{Visible: &conversation.Visible{Page: 1}}}
	bare := Page{Name: "details", Progress: detailsProgress, Steps: []Step{{Click: "submit"}}}
	require.ErrorIs(t, e.offered(t.Context(), bare, &seen{}), errByHand)
	_, err = e.act(t.Context(), &seen{Page: "credentials"})
	require.True(t, problem.Is(err, problem.VisibleNotOffered), "%v", err)

	e.rounds = maxRounds
	require.ErrorIs(t, e.offered(t.Context(), pages.page("details"), &seen{}), errByHand, "a page that comes anew for ever")

	e.doc.Visible = nil
	require.NoError(t, e.offered(t.Context(), bare, &seen{}), "nothing was asked for")
}

// The reminder goes with the steps up to the one where it's chosen.
func TestTheReminder(t *testing.T) {
	pages, err := LoadPages("")
	require.NoError(t, err)
	wish := &conversation.Visible{Page: 1}
	e := &engine{pages: pages, acted: map[string]int{}, doc: conversation.Document{Visible: wish}}
	for step, want := range map[string]*conversation.Visible{"root_page": wish, "preview_page": wish, "details_page": wish, "credentials_page": nil, "otp": nil} {
		require.Equal(t, want, e.reminder(step), step)
	}
	e.acted["details"]++
	require.Nil(t, e.reminder("details_page"), "it's chosen")
}
