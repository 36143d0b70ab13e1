package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

// faultsFile has what came of every fault, in relay mode and in launch mode: made by "make faults".
const faultsFile = "../../docs/FAULTS.md"

// Every fault of the sandbox, through the popup in relay mode. What the person is told fits the sandbox's own count.
func TestEveryFaultInRelay(t *testing.T) {
	if os.Getenv("E2E_FAULTS") == "" {
		t.Skip("takes many minutes: make faults")
	}
	var mu sync.Mutex
	rows := map[string]string{}
	t.Run("all", func(t *testing.T) {
		for _, fault := range sandbox.Faults() {
			if fault.Fault == "" && fault.Phone != "+351"+goodPhone {
				continue // the same as the first, with other countries' numbers
			}
			t.Run(fault.Fault, func(t *testing.T) {
				t.Parallel()
				row := relayRow(t, fault)
				mu.Lock()
				defer mu.Unlock()
				rows[fault.Fault] = row
			})
		}
	})
	if t.Failed() || os.Getenv("E2E_FAULTS") != "write" {
		return
	}
	var table strings.Builder
	table.WriteString("| fault | ends as | the person is told | signatures | files in Downloads | secrets found |\n|---|---|---|---|---|---|\n")
	for _, fault := range sandbox.Faults() {
		if row, ok := rows[fault.Fault]; ok {
			table.WriteString(row)
			delete(rows, fault.Fault)
		}
	}
	data, err := os.ReadFile(faultsFile)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(data), "<!-- relay -->\n")
	require.True(t, found)
	_, after, found := strings.Cut(rest, "<!-- end -->")
	require.True(t, found)
	require.NoError(t, os.WriteFile(faultsFile, []byte(before+"<!-- relay -->\n"+table.String()+"<!-- end -->"+after), 0o644))
}

// relayRow signs with a fault and says what came of it.
func relayRow(t *testing.T, fault sandbox.MagicPhone) string {
	t.Helper()
	person := newPerson(t)
	person.configure(extensionID, "limits: {page: 8s, unknown: 2s, result: 8s}")
	person.asHost(extensionID, "record", person.at("tmp"))
	phone := strings.TrimPrefix(fault.Phone, "+351")
	if fault.Phone == "" {
		person.sandbox.set("fault", fault.Fault)
		phone = "900123456" // one without a fault of its own
	}
	web := newSite(t)
	browser := person.browse()
	browser.goTo(web.url(siteHost, "/"))
	end, codes := browser.goThrough(browser.menu("same"), phone)

	counts := person.sandbox.counts()
	files := person.downloads()
	slices.Sort(files)
	var secrets []string
	for _, host := range person.hosts() {
		if len(inMemory(t, host, append([]string{goodPIN}, codes...)...)) > 0 {
			secrets = append(secrets, "memory")
		}
	}
	browser.stop()
	secrets = append(secrets, person.secretsInFiles(codes)...)

	require.NotEqual(t, "NEVER ENDS", end.Screen, end.Told)
	require.LessOrEqual(t, counts.Signatures, 1, "signed twice")
	require.Empty(t, secrets)
	require.Zero(t, counts.LookAlike["requests"], "the look-alike was asked")
	switch {
	case end.Screen == "done":
		require.Equal(t, 1, counts.Signatures)
		require.Contains(t, files, "privado-signed.pdf")
		// Where the site offers a download, the browser's own stands beside it.
		if len(files) > 1 {
			require.Equal(t, []string{"privado-signed.pdf", "privado.pdf"}, files)
			require.Equal(t, person.file("privado-signed.pdf"), person.file("privado.pdf"))
		}
	case counts.Signatures == 1:
		require.Contains(t, []string{"unverified", "failed", "interrupted"}, end.Screen)
		require.Contains(t, []string{"MAY_BE_SIGNED", "NOT_VERIFIED", "NEEDS_LOOK", "RESULT_NOT_PDF"}, end.Code, "a signature was made, and it isn't said")
	}
	if !slices.Contains([]string{"done", "unverified"}, end.Screen) {
		require.Empty(t, files)
	}
	name := fault.Fault
	if name == "" {
		name = "(none)"
	}
	state := end.Screen
	if end.Code != "" {
		state += " " + end.Code
	}
	return fmt.Sprintf("| `%s` | %s | %s | %d | %s | none |\n", name, state, strings.ReplaceAll(end.Told, "|", "\\|"), counts.Signatures, strings.Join(files, ", "))
}

// file is one in Downloads.
func (p *person) file(name string) string {
	p.t.Helper()
	data, err := os.ReadFile(p.at("Downloads", name))
	require.NoError(p.t, err)
	return string(data)
}

// secretsInFiles says which files of the person's, the recorded pipe among them, hold the PIN or a code.
func (p *person) secretsInFiles(codes []string) (found []string) {
	p.t.Helper()
	for _, dir := range []string{"tmp", "state", "config", "cache", "data", "run", "Downloads", "home", "profile", "host.log"} {
		_ = filepath.WalkDir(p.at(dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return nil // gone meanwhile
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return nil
			}
			for _, secret := range append([]string{goodPIN}, codes...) {
				for _, leak := range leaks(data, secret) {
					found = append(found, fmt.Sprintf("%s: %s", strings.TrimPrefix(path, p.dir), leak))
				}
			}
			return nil
		})
	}
	return found
}

// The table that people read has every fault, in both modes.
func TestTheTableOfFaultsIsWhole(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(faultsFile)
	require.NoError(t, err)
	for _, mode := range []string{"relay", "launch"} {
		_, rest, found := strings.Cut(string(data), "<!-- "+mode+" -->\n")
		require.True(t, found, mode)
		table, _, _ := strings.Cut(rest, "<!-- end -->")
		for _, fault := range sandbox.Faults() {
			if fault.Fault != "" {
				require.Contains(t, table, "| `"+fault.Fault+"` |", "%s: run make faults", mode)
			}
		}
	}
}
