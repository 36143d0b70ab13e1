package rules

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	documented := map[string]bool{}
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		doc := strings.TrimSpace(f.ast.Doc.Text())
		good := strings.HasPrefix(doc, "Package "+f.ast.Name.Name+" ") || (f.ast.Name.Name == "main" && doc != "")
		documented[f.pkg] = documented[f.pkg] || good
	}
	for pkg, ok := range documented {
		assert.True(t, ok, "%s has no comment \"// Package … is for …\" on any of its package clauses", pkg)
	}
}

// bottom are the packages that know nobody above them, only each other.
var bottom = []string{"host/problem", "host/secret", "host/save", "host/journal", "host/jsonpart", "host/nativemsg", "host/pdfsig", "host/config", "host/trace"}

// mayImport says which packages of this module each package may import besides those
// of bottom. A folder stands for those inside it too. Imports run one way: command wires
// all, conversation knows no method of signing, a method no command.
var mayImport = map[string][]string{
	"host/environment":  {},
	"host/browser":      {},
	"host/conversation": {},
	"host/cmdpages":     {"host/browser", "host/environment", "host/conversation"}, // implements conversation.Method
	"host/terminal":     {},                                                        // the conversation's client
	"host/server":       {"host/conversation", "host/environment"},
	"host/sandbox":      {"host/environment"},
	"host/command":      {"host", "manifests", "installer", "extension/drive"},
	"host/cmdsign":      {"host/command", "host/nativemsg"},
	"host/rules":        {},
	"manifests":         {},
	"installer":         {"manifests"}, // and installer/dist
	"extension/drive":   {},
	"extension/e2e":     {}, // tests only
	"examples":          {}, // as an integrator's own
}

// onlyFor are packages that none but these may import; tests may.
var onlyFor = map[string][]string{
	"host/sandbox": {"host/command"},
	"host/command": {"host/cmdsign"},
	"host/rules":   {},
}

func TestImportsRunOneWay(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test || within("tools", f.pkg) {
			continue
		}
		allowed, known := []string{f.pkg}, false
		for _, b := range bottom {
			known = known || within(b, f.pkg)
		}
		for pkg, also := range mayImport {
			if within(pkg, f.pkg) {
				known = true
				allowed = append(append(allowed, pkg), also...)
			}
		}
		if !assert.True(t, known, "%s: the package %s has no row in mayImport yet", f.path, f.pkg) {
			continue
		}
		for imported, spec := range f.imports(t) {
			assert.True(t, anyWithin(allowed, imported) || anyWithin(bottom, imported),
				"%s: %s must not import %s (DESIGN: imports run one way)", f.where(spec), f.pkg, imported)
			for guarded, users := range onlyFor {
				if within(guarded, imported) && !within(guarded, f.pkg) {
					assert.True(t, anyWithin(users, f.pkg), "%s: %s is for %v and tests only", f.where(spec), guarded, users)
				}
			}
		}
	}
}

func within(folder, pkg string) bool {
	return pkg == folder || strings.HasPrefix(pkg, folder+"/")
}

func anyWithin(folders []string, pkg string) bool {
	for _, folder := range folders {
		if within(folder, pkg) {
			return true
		}
	}
	return false
}

func TestTheTableOfImportsHasNoHole(t *testing.T) {
	assert.True(t, within("host/sandbox", "host/sandbox/signer"))
	assert.False(t, within("host/save", "host/saves"))
	for _, b := range bottom {
		assert.NotContains(t, mayImport, b)
	}
}
