package conversation

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

func TestTheFirstMessageHasEachOfItsFields(t *testing.T) {
	t.Parallel()
	whole, err := json.Marshal(hello{
		State: StateStart, Protocol: 3, MinProtocol: 2, Version: `1 "x"`, Capabilities: []string{"sign"}, Environment: "sandbox", Custom: true,
		Modes: []string{"relay", "launch"}, BrowserAt: "127.0.0.1", Operator: &Operator{Name: "Câmara <1>", Privacy: "https://example.org/"},
		Seal: &sealInfo{Suite: "s", Key: json.RawMessage(`{"kty":"EC"}`), Required: true}, Unready: map[string]problem.Code{"launch": problem.BrowserNotFound},
		Unfinished: []leftover{{ID: "1", Name: "a.pdf", SHA256: "00", Answer: "unknown"}}, Ended: []leftover{{ID: "2", Name: "b.pdf", SHA256: "01", Answer: "signed", Path: "/b"}},
	})
	require.NoError(t, err)
	require.JSONEq(t, `{"state":"start","protocol":3,"min_protocol":2,"version":"1 \"x\"","capabilities":["sign"],"environment":"sandbox",
		"custom_environment":true,"modes":["relay","launch"],"browser_at":"127.0.0.1","operator":{"name":"Câmara <1>","privacy":"https://example.org/"},
		"seal":{"hpke":"s","key":{"kty":"EC"},"required":true},"unready":{"launch":"BROWSER_NOT_FOUND"},
		"unfinished":[{"id":"1","name":"a.pdf","sha256":"00","answer":"unknown"}],"ended":[{"id":"2","name":"b.pdf","sha256":"01","answer":"signed","path":"/b"}]}`, string(whole))

	least, err := json.Marshal(hello{State: StateStart})
	require.NoError(t, err)
	require.JSONEq(t, `{"state":"start"}`, string(least))

	_, err = json.Marshal(hello{State: StateStart, Seal: &sealInfo{Key: json.RawMessage(`{`)}})
	require.Error(t, err)
}
