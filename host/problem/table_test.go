package problem

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var codeFormat = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)

func TestEveryCodeSaysWhatToDo(t *testing.T) {
	seen := map[Code]bool{}
	for _, e := range Table {
		require.Regexp(t, codeFormat, string(e.Code))
		require.False(t, seen[e.Code], "%s is there twice", e.Code)
		seen[e.Code] = true
		for _, text := range []string{e.Message.PT, e.Message.EN, e.Next.PT, e.Next.EN} {
			require.NotEmpty(t, text, e.Code)
			require.Regexp(t, `[.!]$`, text, e.Code)
		}
		require.NotEqual(t, e.Message.PT, e.Message.EN, e.Code)
		require.Contains(t, []Retry{RetryType, RetryStart, RetryWait, RetryNothing}, e.Retry, e.Code)
		require.Equal(t, e, Lookup(e.Code))
	}
	require.Equal(t, Internal, Lookup("NO_SUCH_CODE").Code)
}

// The codes are a contract: testdata/codes.txt grows at its end, and nothing in it changes.
func TestTableIsAppendOnly(t *testing.T) {
	data, err := os.ReadFile("testdata/codes.txt")
	require.NoError(t, err)
	known := strings.Fields(string(data))
	require.Len(t, Table, len(known), "a new code goes at the end of the table and of testdata/codes.txt")
	for i, e := range Table {
		require.Equal(t, known[i], string(e.Code))
	}
}

// docs/PROTOCOL.md shows the table to whoever writes a client.
func TestProtocolShowsTheTable(t *testing.T) {
	data, err := os.ReadFile("../../docs/PROTOCOL.md")
	require.NoError(t, err)
	at := 0
	for _, e := range Table {
		row := fmt.Sprintf("| %s | %s | %s %s | %s %s |", e.Code, e.Retry, e.Message.PT, e.Next.PT, e.Message.EN, e.Next.EN)
		next := strings.Index(string(data)[at:], row)
		require.GreaterOrEqual(t, next, 0, "docs/PROTOCOL.md hasn't this row, or not in the table's order:\n%s", row)
		at += next
	}
}

// An error keeps the code that it was given first, and never what the caller wrapped it in.
func TestWrapKeepsTheCode(t *testing.T) {
	inner := New(PINWrong, "")
	require.Equal(t, PINWrong, Wrap(Internal, fmt.Errorf("outside: %w", inner)).Code)
	require.Equal(t, SaveFailed, Wrap(SaveFailed, os.ErrNotExist).Code)
	require.ErrorIs(t, Wrap(SaveFailed, os.ErrNotExist), os.ErrNotExist)
	require.Equal(t, Internal, Of(errors.New("x")))
	require.False(t, Is(nil, Internal))
	require.Equal(t, "the site's words", inner.Said("the site's words").Site)
	require.Empty(t, inner.Site, "Said makes a copy")
}
