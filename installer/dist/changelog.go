package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Who answers for the packages: nfpm.yaml and copyright say the same.
const maintainer = "Sign with CMD <sign-with-cmd@sign-with-cmd.example>"

var heading = regexp.MustCompile(`(?m)^## (\d+\.\d+\.\d+)\b.*$`)

// changes gives what CHANGELOG.md lists under its first heading, which must be this version's.
func changes(text, version string) ([]string, error) {
	all := heading.FindAllStringSubmatchIndex(text, 2)
	if len(all) == 0 || text[all[0][2]:all[0][3]] != numbers(version) {
		return nil, fmt.Errorf("CHANGELOG.md doesn't begin with %s", numbers(version))
	}
	rest := text[all[0][1]:]
	if len(all) > 1 {
		rest = text[all[0][1]:all[1][0]]
	}
	var entries []string
	for line := range strings.Lines(rest) {
		line = strings.TrimRight(line, "\n")
		if entry, ok := strings.CutPrefix(line, "- "); ok {
			entries = append(entries, entry)
		} else if more, ok := strings.CutPrefix(line, "  "); ok && len(entries) > 0 {
			entries[len(entries)-1] += " " + more
		}
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("CHANGELOG.md lists nothing under %s", version)
	}
	return entries, nil
}

// debianChangelog is a changelog in Debian's form (Debian policy 4.4) with the one entry of this version.
func debianChangelog(text, version string, made time.Time) (string, error) {
	entries, err := changes(text, version)
	if err != nil {
		return "", err
	}
	var list strings.Builder
	for _, entry := range entries {
		line := "  *"
		for word := range strings.FieldsSeq(entry) {
			if len([]rune(line))+1+len([]rune(word)) > 80 {
				list.WriteString(line + "\n")
				line = "   "
			}
			line += " " + word
		}
		list.WriteString(line + "\n")
	}
	return fmt.Sprintf("cmdsign (%s) unstable; urgency=medium\n\n%s\n -- %s  %s\n", strings.ReplaceAll(version, "-", "~"),
		list.String(), maintainer, made.Format(time.RFC1123Z)), nil
}
