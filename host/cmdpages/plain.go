package cmdpages

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// plain is a text as it's compared: without accents, case and runs of white space. engine.js has its twin.
func plain(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
