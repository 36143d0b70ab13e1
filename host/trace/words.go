package trace

import (
	_ "embed"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

//go:embed words.txt
var wordList string

// Words are the words that may be seen: those of words.txt, and of texts that are public anyway, as the page file's. It is a
// list of what's kept, since nobody can list what a page may say of a person.
type Words struct{ kept map[string]bool }

// later compiles an expression where it's first used: these are large, and most runs of the program keep no trace.
func later(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// token is a word or number. Whatever holds a digit is never a word.
var token = later(`[\p{L}\p{M}\p{N}_]+`)

// NewWords gives the built-in words and those of the texts.
func NewWords(texts ...string) *Words {
	w := &Words{kept: map[string]bool{}}
	for line := range strings.Lines(wordList) {
		if !strings.HasPrefix(line, "#") {
			w.add(line)
		}
	}
	for _, text := range texts {
		w.add(text)
	}
	return w
}

func (w *Words) add(text string) {
	for _, t := range token().FindAllString(text, -1) {
		if !hasDigit(t) {
			w.kept[Fold(t)] = true
		}
	}
}

// shortest is the length, in runes, from which a word of a document's name counts: "de" and "PIN" tell nothing.
const shortest = 4

// Without gives the words less those of a text that mustn't be seen: the document's name may be made of ordinary words.
func (w *Words) Without(text string) *Words {
	less := &Words{kept: maps.Clone(w.kept)}
	for _, t := range token().FindAllString(text, -1) {
		if len([]rune(t)) >= shortest {
			delete(less.kept, Fold(t))
		}
	}
	return less
}

// List gives the words, folded and sorted.
func (w *Words) List() []string { return slices.Sorted(maps.Keys(w.kept)) }

// Has says whether a word may be seen.
func (w *Words) Has(word string) bool { return w.kept[Fold(word)] }

// The masks say how long a word was: up to three letters, up to seven, or more.
const (
	maskShort  = "xx"
	maskMiddle = "xxxxx"
	maskLong   = "xxxxxxxx"
	maskNumber = "#"
)

// Numbers that belong together become one, and so do the stars before a phone's last digits, so that nobody can count them.
var (
	numbers = later(`#(?:[\s.,:\-/()+*•●#]*#)+`)
	stars   = later(`[*•●]+`)
)

// Redact gives a text with every number and every word that isn't of the list masked, in one line of at most 300 runes. What
// it gives comes through unchanged a second time.
func (w *Words) Redact(text string) string {
	// What isn't seen must part words, or two of the list could make one that isn't.
	text = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.Is(unicode.M, r) || unicode.IsNumber(r) || unicode.IsPunct(r) || unicode.IsSymbol(r) {
			return r
		}
		return ' '
	}, text)
	chunks := strings.Fields(text)
	for i, chunk := range chunks {
		if strings.ContainsRune(chunk, '@') {
			chunks[i] = maskMiddle // an e-mail address, or what looks like one
			continue
		}
		chunks[i] = token().ReplaceAllStringFunc(chunk, w.mask)
	}
	line := stars().ReplaceAllString(strings.Join(chunks, " "), "*")
	line = numbers().ReplaceAllString(line, maskNumber)
	if runes := []rune(line); len(runes) > maxText {
		line = strings.TrimSpace(string(runes[:maxText]))
	}
	return line
}

func (w *Words) mask(word string) string {
	switch n := len([]rune(word)); {
	case hasDigit(word):
		return maskNumber
	case w.Has(word):
		return word
	case n <= 3:
		return maskShort
	case n <= 7:
		return maskMiddle
	default:
		return maskLong
	}
}

func hasDigit(s string) bool { return strings.ContainsFunc(s, unicode.IsNumber) }

// Fold is a text as words are compared: without accents and case. engine.js has its twin.
func Fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}
