// Package faulttable signs with every fault of the sandbox, for tests, and keeps what came of each in docs/FAULTS.md.
package faulttable

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

// file is the document, from the folder of a test that is two below the repository's.
const file = "../../docs/FAULTS.md"

const end = "<!-- end -->"

// Row is what came of one fault.
type Row struct {
	Ends       string // the last screen or state
	Code       string // of what went wrong; empty: nothing
	Told       string // what the person reads
	Signatures int    // by the sandbox's own count
	Files      []string
	Secrets    string // where PIN or code were found
}

// Sign signs with every fault, each in a test of its own, if E2E_FAULTS is set: it takes minutes. What the person is told has
// to fit the sandbox's count. With E2E_FAULTS=write the rows come into the document's table of that mode.
func Sign(t *testing.T, mode string, sign func(*testing.T, sandbox.MagicPhone) Row) {
	if os.Getenv("E2E_FAULTS") == "" {
		t.Skip("takes many minutes: make faults")
	}
	var mu sync.Mutex
	rows := map[string]Row{}
	plain := 0
	t.Run("all", func(t *testing.T) {
		for _, fault := range sandbox.Faults() {
			if fault.Fault == "" {
				if plain++; plain > 1 {
					continue // the same as the first, with other countries' numbers
				}
			}
			t.Run(fault.Fault, func(t *testing.T) {
				t.Parallel()
				row := sign(t, fault)
				row.check(t)
				mu.Lock()
				defer mu.Unlock()
				rows[fault.Fault] = row
			})
		}
	})
	if !t.Failed() && os.Getenv("E2E_FAULTS") == "write" {
		write(t, mode, rows)
	}
}

func (r Row) check(t *testing.T) {
	t.Helper()
	require.LessOrEqual(t, r.Signatures, 1, "signed twice")
	if r.Ends == "done" {
		require.Equal(t, 1, r.Signatures)
	} else if r.Signatures == 1 {
		require.Contains(t, []string{"MAY_BE_SIGNED", "NOT_VERIFIED", "NEEDS_LOOK", "RESULT_NOT_PDF"}, r.Code, "a signature was made, and it isn't said")
	}
	if r.Ends != "done" && r.Ends != "unverified" {
		require.Empty(t, r.Files)
	}
}

func write(t *testing.T, mode string, rows map[string]Row) {
	t.Helper()
	var table strings.Builder
	table.WriteString("| fault | ends as | the person is told | signatures | files in Downloads | secrets found |\n|---|---|---|---|---|---|\n")
	before, old, after := split(t, mode)
	for _, fault := range sandbox.Faults() {
		name := fault.Fault
		if name == "" {
			name = "(none)"
		}
		row, ok := rows[fault.Fault]
		if !ok {
			// It wasn't run this time.
			for line := range strings.Lines(old) {
				if strings.HasPrefix(line, "| `"+name+"` |") && !strings.Contains(table.String(), line) {
					table.WriteString(line)
				}
			}
			continue
		}
		delete(rows, fault.Fault)
		fmt.Fprintf(&table, "| `%s` | %s | %s | %d | %s | %s |\n", name, strings.TrimSpace(row.Ends+" "+row.Code),
			strings.ReplaceAll(row.Told, "|", "\\|"), row.Signatures, strings.Join(row.Files, ", "), row.Secrets)
	}
	require.NoError(t, os.WriteFile(file, []byte(before+table.String()+after), 0o644))
}

// Whole says whether the document's table of a mode has every fault.
func Whole(t *testing.T, mode string) {
	t.Helper()
	_, table, _ := split(t, mode)
	for _, fault := range sandbox.Faults() {
		if fault.Fault != "" {
			require.Contains(t, table, "| `"+fault.Fault+"` |", "%s: run make faults", mode)
		}
	}
}

// split gives the document before, in and after a mode's table.
func split(t *testing.T, mode string) (before, table, after string) {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	start := "<!-- " + mode + " -->\n"
	before, rest, found := strings.Cut(string(data), start)
	require.True(t, found, mode)
	table, after, found = strings.Cut(rest, end)
	require.True(t, found, mode)
	return before + start, table, end + after
}
