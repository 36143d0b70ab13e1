package rules

import (
	"go/ast"
	"go/types"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
)

// mayReveal lists the packages that may open a secret.Secret, what of (the expression
// before .Reveal), and why. Tests may as well.
var mayReveal = map[string]*regexp.Regexp{
	// Types them into the page.
	"host/browser":  regexp.MustCompile(`.`),
	"host/cmdpages": regexp.MustCompile(`.`),
	// Looks at the form of a phone number and copies it; a PIN and a code stay shut.
	"host/terminal":     regexp.MustCompile(`(?i)(phone|pin)$`), // puts them into the message to the host
	"host/conversation": regexp.MustCompile(`(?i)phone$`),
}

func TestSecretsAreOpenedInFewPlaces(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test || f.pkg == "host/secret" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok || selector.Sel.Name != "Reveal" {
				return true
			}
			of := types.ExprString(selector.X)
			allowed, listed := mayReveal[f.pkg]
			assert.True(t, listed && allowed.MatchString(of), "%s: %s may not open the secret %s", f.where(n), f.pkg, of)
			return true
		})
	}
}

// maySleep lists test files that may call time.Sleep, with the reason. Everywhere else
// a test waits for a condition: a sleep is too short on a slow machine and too long on
// every other.
var maySleep = map[string]string{}

func TestTestsWaitForConditions(t *testing.T) {
	for _, f := range goFiles(t) {
		if !f.test || maySleep[f.path] != "" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if ok && types.ExprString(selector) == "time.Sleep" {
				assert.Fail(t, "a sleep instead of a condition", "%s", f.where(n))
			}
			return true
		})
	}
}
