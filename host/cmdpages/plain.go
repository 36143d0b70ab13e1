package cmdpages

import (
	"strings"

	"github.com/sign-with-cmd/sign-with-cmd/host/trace"
)

// plain is a text as it's compared: without accents, case and runs of white space. engine.js has its twin.
func plain(s string) string { return strings.Join(strings.Fields(trace.Fold(s)), " ") }
