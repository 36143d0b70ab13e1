package command

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/fetch"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/sign-with-cmd/sign-with-cmd/host/browser"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

// A cancel that comes while the signed file does, and where nothing was known that could have made it: the person had approved in the app, on a page
// that doesn't offer so in words that are known. The file is kept and checked: it would be lost else, and the document signed twice.
func TestACancelWhileTheSignedFileComes(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	pdf := m.pdf("a.pdf")
	p := m.atTheWindow(wordless(t), true)
	coming, goOn := make(chan struct{}), make(chan struct{})
	p.around = func(tab browser.Tab) browser.Tab { return &slowBody{tab, coming, goOn} }
	p.begin()
	p.credentials(phoneOf(t, "app-approval"), pdf)
	require.False(t, p.prompted().Approval)
	<-coming
	p.send(fields{"cancel": ""})
	p.send(fields{"ping": "after it"})
	p.until(func(r message) bool { return r.Progress == "after it" })
	close(goOn)
	m.requireSaved(p.ended(), pdf)
	require.Equal(t, 1, m.sandbox.Counts().Signatures)
}

// wordless is the built-in page file without the words by which a page offers approval in the app.
func wordless(t *testing.T) string {
	t.Helper()
	file := builtInPages(t)
	for _, p := range file["pages"].([]any) {
		delete(p.(map[string]any), "approval")
	}
	out, err := yaml.Marshal(file)
	require.NoError(t, err)
	return string(out)
}

// slowBody is a tab from which a response that is paused comes once the test lets it.
type slowBody struct {
	browser.Tab
	coming, goOn chan struct{}
}

func (s *slowBody) Body(ctx context.Context, paused fetch.RequestID) ([]byte, error) {
	close(s.coming)
	<-s.goOn
	return s.Tab.Body(ctx, paused)
}
