package cmdpages

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// Every page has evidence of more than one kind, in both languages, so that no single change of the site stops it.
func TestBuiltinPages(t *testing.T) {
	pages, err := LoadPages("")
	require.NoError(t, err)
	order := []string{"root_page", "upload_page", "preview_page", "details_page", "credentials_page", "otp", "result_page"}
	for i, p := range pages.Pages[:len(order)] {
		require.Equal(t, order[i], p.Progress)
		require.NotEmpty(t, p.Steps, p.Name)
		kinds := 0
		for _, list := range [][]string{p.Evidence.Path, p.Evidence.IDs, p.Evidence.CSS, p.Evidence.Texts, p.Evidence.Buttons} {
			if len(list) > 0 {
				kinds++
			}
		}
		require.GreaterOrEqual(t, kinds, 3, p.Name)
	}
	commits := 0
	for _, p := range pages.Pages {
		for _, s := range p.Steps {
			if s.Commit {
				commits++
			}
		}
	}
	require.Equal(t, 1, commits, "one click makes a signature")
}

func TestWrongPageFiles(t *testing.T) {
	const page = "pages:\n  - name: x\n    evidence: {path: [a], ids: [b]}\n"
	for name, c := range map[string]struct{ file, says string }{
		"unknown field":    {"version: 1\nscript: alert(1)\n", "line 2"},
		"an address":       {page + "    url: https://example.org\n", "line 4"},
		"wrong kind":       {"pages: 5\n", "line 1"},
		"version":          {"version: 2\n" + page, "version 2"},
		"little evidence":  {"pages:\n  - name: x\n    evidence: {path: [a]}\n", "page x"},
		"unknown element":  {page + "    steps: [{click: y}]\n", "no element"},
		"two acts":         {page + "    elements: {a: {ids: [a]}}\n    steps: [{click: a, pin: a}]\n", "just one"},
		"no act":           {page + "    steps: [{commit: true}]\n", "just one"},
		"choose what":      {page + "    elements: {a: {ids: [a]}}\n    steps: [{choose: a}]\n", "of"},
		"choose size":      {page + "    elements: {a: {ids: [a]}}\n    steps: [{choose: a, of: size}]\n", "one of orientation, page, place"},
		"choose nothing":   {page + "    steps: [{choose: y, of: page}]\n", "no element"},
		"no such place":    {page + "    elements: {a: {ids: [a]}}\n    steps: [{choose: a, of: place, as: {left: [a]}}]\n", "left"},
		"an empty word":    {page + "    elements: {a: {ids: [a]}}\n    steps: [{choose: a, of: place, as: {top-left: ['']}}]\n", "empty"},
		"words of a click": {page + "    elements: {a: {ids: [a]}}\n    steps: [{click: a, of: page}]\n", "belong to choose"},
		"check and click":  {page + "    elements: {a: {ids: [a]}}\n    steps: [{check: a, click: a}]\n", "just one"},
		"bad pattern":      {page + "    reference: ['(']\n", "reference"},
		"unknown code":     {page + "    problem: NO_SUCH_CODE\n", "NO_SUCH_CODE"},
		"empty entry":      {"pages:\n  - name: x\n    evidence: {path: [''], ids: [b]}\n", "empty"},
		"a billion laughs": {laughs(), "aliasing"},
		"too deep":         {"pages: " + strings.Repeat("[", 100_000), "depth"},
		"too many entries": {"pages:\n  - name: x\n    evidence: {path: [" + strings.Repeat("a,", 300) + "], ids: [b]}\n", "entries"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "pages.yaml")
			require.NoError(t, os.WriteFile(path, []byte(c.file), 0o600))
			_, err := LoadPages(path)
			require.True(t, problem.Is(err, problem.PagesInvalid), "%v", err)
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, path)
		})
	}
}

// laughs is a file of some hundred bytes that says a billion things: each line names the one before it ten times.
func laughs() string {
	var b strings.Builder
	b.WriteString("pages:\n  - &a0 {name: x}\n")
	for i := range 9 {
		fmt.Fprintf(&b, "  - &a%d {<<: [%s]}\n", i+1, strings.Repeat(fmt.Sprintf("*a%d,", i), 10))
	}
	return b.String()
}

// A page of the user's replaces the built-in one of its name, and what the file doesn't name stays.
func TestOverride(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pages.yaml")
	require.NoError(t, os.WriteFile(path, []byte("pages:\n  - name: intro\n    progress: root_page\n    evidence: {path: [New], ids: [next]}\n"), 0o600))
	pages, err := LoadPages(path)
	require.NoError(t, err)
	builtin, err := LoadPages("")
	require.NoError(t, err)
	require.Equal(t, []string{"New"}, pages.page("intro").Evidence.Path)
	require.Equal(t, builtin.page("code"), pages.page("code"))
	require.Len(t, pages.Pages, len(builtin.Pages))
	require.Equal(t, builtin.Messages, pages.Messages)
}

// The words of facts/cmd.md 1.7 have their codes, in any case and with or without accents.
func TestJudge(t *testing.T) {
	pages, err := LoadPages("")
	require.NoError(t, err)
	for said, code := range map[string]problem.Code{
		"O número de telemóvel ou o PIN estão errados ou registo inexistente":                                     problem.PINWrong,
		"A SUA CONTA ENCONTRA-SE TEMPORARIAMENTE BLOQUEADA.":                                                      problem.AccountLocked,
		"Registo inexistente ou subscricao da assinatura digital inativa":                                         problem.SignatureInactive,
		"Por motivos de segurança, tem de alterar o seu PIN em www.autenticacao.gov.pt antes de continuar. (901)": problem.PINChangeRequired,
		"Código de segurança inválido":                                                                            problem.CodeWrong,
		"O ficheiro excede o tamanho máximo.":                                                                     problem.FileRefused,
		"Algo que ninguém viu ainda":                                                                              problem.SiteMessage,
	} {
		got := pages.judge([]string{said})
		require.NotNil(t, got)
		require.Equal(t, code, got.Code, said)
		require.Equal(t, said, got.Site, "the site's own words")
	}
	require.Nil(t, pages.judge(nil))
}

// The plus of a number is kept, whatever stands before it: without it the number is another one.
func TestDigits(t *testing.T) {
	for typed, want := range map[string]string{
		"+351 912 345 678": "+351912345678", " +351 912345678 ": "+351912345678", "912-345-678": "912345678",
		"00351912345678": "00351912345678", "+44 (7700) 900001": "+447700900001",
	} {
		require.Equal(t, want, digits(typed))
	}
}

// The visible signature has words in both languages for all that may be asked for, and no word means two things.
func TestTheVisibleSignatureHasItsWords(t *testing.T) {
	pages, err := LoadPages("")
	require.NoError(t, err)
	details := pages.page("details")
	require.Equal(t, detailsProgress, details.Progress)
	of := map[string]Step{}
	for _, s := range details.Steps {
		of[s.Of] = s
		if s.wished() {
			require.NotEmpty(t, details.Elements[s.Check+s.Choose].Labels)
			require.True(t, details.Elements[s.Check+s.Choose].Optional, "the page is complete without it")
		}
	}
	for wish, values := range wishes {
		meaning := map[string]string{}
		for _, value := range values {
			require.NotEmpty(t, of[wish].As[value], "%s %s", wish, value)
			for _, word := range of[wish].As[value] {
				require.Empty(t, meaning[plain(word)], word)
				meaning[plain(word)] = value
			}
		}
	}
}

func TestChoices(t *testing.T) {
	p := Page{Steps: []Step{
		{Check: "box"}, {Choose: "list", Of: "place", As: map[string][]string{"top-left": {"TL"}}},
		{Choose: "number", Of: "page", As: map[string][]string{"number": {"Page {n}"}, "first": {"First"}, "last": {"Last"}}}, {Click: "go"},
	}}
	for name, c := range map[string]struct {
		wish  conversation.Visible
		place []string
		page  []string
	}{
		"in the middle":        {conversation.Visible{Page: 12, Place: "top-left"}, []string{"TL"}, []string{"12", "Page 12"}},
		"first":                {conversation.Visible{Page: 1, Place: "top-left"}, []string{"TL"}, []string{"1", "Page 1", "First"}},
		"the only one":         {conversation.Visible{Page: 1, Last: true, Place: "top-left"}, []string{"TL"}, []string{"1", "Page 1", "First", "Last"}},
		"a place with no word": {conversation.Visible{Page: 3, Last: true, Place: "top-right"}, []string{}, []string{"3", "Page 3", "Last"}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, []choice{
				{Role: "box"}, {Role: "list", Words: c.place}, {Role: "number", Words: c.page, Number: c.page[0]},
			}, choices(p, c.wish))
		})
	}
}

func FuzzParsePages(f *testing.F) {
	f.Add(builtinPages)
	f.Add([]byte("pages: [{name: a, evidence: {path: [x], ids: [y]}, elements: {b: {labels: [z]}}, steps: [{check: b}, {choose: b, of: page, as: {number: ['{n}']}}]}]"))
	f.Add([]byte("version: 1\npages: [{name: a, evidence: {path: [x], ids: [y]}}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		pages, err := ParsePages(data)
		if err != nil {
			require.True(t, problem.Is(err, problem.PagesInvalid))
			return
		}
		script, err := pages.script()
		require.NoError(t, err)
		require.NotContains(t, script, "__CONFIG__ ")
	})
}
