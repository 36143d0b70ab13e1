package rules

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type ban struct {
	why     string
	pattern *regexp.Regexp
	files   *regexp.Regexp // where; nil means everywhere
}

// The patterns are broken up so that this file doesn't match them itself.
var banned = []ban{
	{"a path of the machine it was written on",
		regexp.MustCompile(`(^|file://|[^\w.~)}/-])/(wo` + `rk|ro` + `ot|ho` + `me/[a-z]+/src)/`), nil},
	{"the address of a package registry: a clone must work with any mirror",
		regexp.MustCompile(`(?i)\b(registry\.np` + `mjs|proxy\.gol` + `ang|sum\.gol` + `ang|deb\.deb` + `ian|deb\.nodes` + `ource|pypi|files\.pythonh` + `osted|crates|repo1\.mav` + `en|rubyg` + `ems|api\.nug` + `et)\.(org|com|io)\b`), nil},
	{"a private key",
		regexp.MustCompile(`-----BEGIN ([A-Z]+ )*PRIV` + `ATE KEY-----`), nil},
	{"a claim that only the State's validator can make (say what was checked)",
		regexp.MustCompile(`(?i)assinatura qualificada v` + `álida|valid qualified sig` + `nature`), regexp.MustCompile(`\.(go|ts|js|json|yaml|yml|html|tmpl)$`)},
	{"an unresolved merge",
		regexp.MustCompile(`(?m)^(<<<<<<<|>>>>>>>) `), nil},
}

func TestNothingBannedIsCommitted(t *testing.T) {
	for _, file := range trackedFiles(t) {
		data := read(t, file)
		if !isText(data) {
			continue
		}
		for _, b := range banned {
			if b.files != nil && !b.files.MatchString(file) {
				continue
			}
			if at := b.pattern.FindIndex(data); at != nil {
				assert.Fail(t, b.why, "%s:%d: %q", file, bytes.Count(data[:at[0]], []byte("\n"))+1, data[at[0]:at[1]])
			}
		}
	}
}

func TestTheBansBite(t *testing.T) {
	for _, bad := range []string{
		"see /wo" + "rk/main/x", "file:///wo" + "rk/main/x", `"/ro` + `ot/go/pkg"`, "https://registry.np" + "mjs.org/esbuild", "proxy.gol" + "ang.org",
		"-----BEGIN PRIV" + "ATE KEY-----", "-----BEGIN EC PRIV" + "ATE KEY-----", "Assinatura qualificada v" + "álida", "<<<<<<" + "< HEAD",
	} {
		assert.True(t, slices.ContainsFunc(banned, func(b ban) bool { return b.pattern.MatchString(bad) }), bad)
	}
	for _, good := range []string{"network/work/x", "$HOME/work/x", "-----BEGIN CERTIFICATE-----", "../root/x", "https://github.com/x/root/y"} {
		for _, b := range banned {
			assert.NotRegexp(t, b.pattern, good)
		}
	}
}

func TestTheFilesOfAProjectAreThere(t *testing.T) {
	files := trackedFiles(t)
	for _, name := range []string{"LICENSE", "README.md", "SECURITY.md", "PRIVACY.md", "CONTRIBUTING.md", "Makefile", ".ci/run", "docs/PROTOCOL.md"} {
		assert.True(t, slices.Contains(files, name), "%s is missing", name)
	}
	licence := string(read(t, "LICENSE"))
	require.Contains(t, licence, "Apache License")
	require.Contains(t, licence, "END OF TERMS AND CONDITIONS")
	for _, name := range []string{"README.md", "SECURITY.md", "PRIVACY.md"} {
		if slices.Contains(files, name) {
			assert.Contains(t, string(read(t, name)), "Não oficial; sem ligação ao Estado nem à ARTE/AMA", name)
		}
	}
}

func TestFilesEndInALine(t *testing.T) {
	for _, file := range trackedFiles(t) {
		data := read(t, file)
		if !isText(data) || len(data) == 0 || strings.Contains(file, "/testdata/") || path.Ext(file) == ".svg" {
			continue
		}
		assert.True(t, bytes.HasSuffix(data, []byte("\n")), "%s doesn't end in a line break", file)
		assert.NotContains(t, string(data), "\r\n", "%s has Windows line ends", file)
	}
}

// A threat model that names a test which isn't there promises what nobody checks.
func TestTheThreatModelNamesRealTests(t *testing.T) {
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)`").FindAllSubmatch(read(t, "SECURITY.md"), -1)
	require.NotEmpty(t, named)
	var all bytes.Buffer
	for _, file := range trackedFiles(t) {
		if strings.HasSuffix(file, "_test.go") {
			all.Write(read(t, file))
		}
	}
	for _, name := range named {
		assert.True(t, bytes.Contains(all.Bytes(), append([]byte("func "), append(name[1], '(')...)), "SECURITY.md: %s", name[1])
	}
}
