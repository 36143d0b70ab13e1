package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// A version is MAJOR.MINOR.PATCH, with -WORD while it isn't released: the browsers take the numbers, and the packages sort the word
// before the release.
var versionForm = regexp.MustCompile(`^(0|[1-9]\d{0,3})\.(0|[1-9]\d{0,3})\.(0|[1-9]\d{0,3})(-[a-z]+[0-9]*)?$`)

func readVersion(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	version := strings.TrimSpace(string(data))
	if !versionForm.MatchString(version) {
		return "", fmt.Errorf("%s: %q isn't a version like 1.2.3 or 1.2.3-dev", path, version)
	}
	return version, nil
}

// numbers is a version without its word.
func numbers(version string) string {
	version, _, _ = strings.Cut(version, "-")
	return version
}
