package sandbox

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the table of faults into docs/SANDBOX.md")

// The table that people read is the table that runs.
func TestTheDocumentedTable(t *testing.T) {
	const file = "../../docs/SANDBOX.md"
	var table strings.Builder
	table.WriteString("| number | fault | o que acontece | what happens |\n|---|---|---|---|\n")
	for _, row := range Faults() {
		number, name := "", ""
		if row.Phone != "" {
			number = "`" + row.Phone + "`"
		}
		if row.Fault != "" {
			name = "`" + row.Fault + "`"
		}
		fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", number, name, row.PT, row.EN)
	}
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(data), "-update -->\n")
	require.True(t, found)
	old, after, found := strings.Cut(rest, "<!-- end -->")
	require.True(t, found)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(before+"-update -->\n"+table.String()+"<!-- end -->"+after), 0o644))
		return
	}
	require.Equal(t, old, table.String(), "run go test ./host/sandbox -run TestTheDocumentedTable -update")
	for _, name := range Looks() {
		require.Contains(t, string(data), "| `"+name+"` |")
	}
	require.Contains(t, string(data), "**The PIN is "+PIN+"**")
}
