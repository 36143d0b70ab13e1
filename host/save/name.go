package save

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// maxName is the longest name in bytes. File systems take 255; the rest is room for a
// number when the name is taken.
const maxName = 200

// SignedName makes the name of a signed PDF from that of the original and a marker:
// "contrato.pdf" and "-signed" give "contrato-signed.pdf". The original comes from a
// link or a web page, so it's taken as hostile: only its last part is used, and what
// could hide or turn its real ending, leave the folder, hide the file or name a Windows
// device goes. The result ends in ".pdf", is a valid name on every system and has at
// most 200 bytes.
func SignedName(original, marker string) string {
	stem := cleaned(original)
	if extension := ".pdf"; len(stem) >= len(extension) && strings.EqualFold(stem[len(stem)-len(extension):], extension) {
		stem = stem[:len(stem)-len(extension)]
	}
	tail := cleaned(marker) + ".pdf"
	stem = trimEnds(cut(trimEnds(stem), maxName-len(tail)))
	if stem == "" {
		stem = "documento"
	}
	if windowsDevice().MatchString(stem) {
		stem = "_" + cut(stem, maxName-len(tail)-1)
	}
	return stem + tail
}

// Windows takes these for devices, with any extension: learn.microsoft.com, "Naming
// Files, Paths, and Namespaces".
var windowsDevice = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?$`)
})

func cleaned(s string) string {
	s = strings.TrimRight(s, `/\`)
	s = s[strings.LastIndexAny(s, `/\`)+1:]
	s = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(`<>:"|?*`, r), r == utf8.RuneError:
			return '_'
		case unicode.IsSpace(r), unicode.Is(unicode.Zs, r), invisible(r):
			return ' '
		case !unicode.IsGraphic(r):
			// Control and format characters, among them every bidi override.
			return -1
		}
		return r
	}, s)
	// Many spaces could push the ending out of sight.
	return strings.Join(strings.Fields(s), " ")
}

// invisible names the letters and symbols that show nothing.
func invisible(r rune) bool {
	switch r {
	case 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0:
		return true
	}
	return unicode.Is(unicode.Variation_Selector, r)
}

// trimEnds takes off what hides a file (leading dots) and what Windows drops silently
// (trailing dots and spaces).
func trimEnds(s string) string {
	return strings.TrimRight(strings.TrimLeft(s, ". "), ". ")
}

// cut shortens s to at most n bytes without splitting a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	n = max(n, 0)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
