package browser

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseEndpoint(t *testing.T) {
	for address, local := range map[string]bool{
		"ws://127.0.0.1:9222": true, "http://localhost:9222/": true, "ws://[::1]:9222/devtools/browser/1": true, "wss://localhost": true,
		"wss://browsers.example.org/?token=x": false, "https://192.0.2.1:9222": false,
	} {
		e, err := ParseEndpoint(address)
		require.NoError(t, err, address)
		require.Equal(t, local, e.Local(), address)
		require.NotContains(t, e.Host(), "token")
	}
	for _, address := range []string{
		"", "127.0.0.1:9222", "ws://", "ws://192.0.2.1:9222", "http://0.0.0.0:9222", "http://localhost.example.org", "ws://127.0.0.1.example.org",
		"ws://example.org@127.0.0.1.example.org", "wss://user:secret@example.org", "file:///tmp/x", "wss://example.org/#secret", "wss://%zz/secret", "ws://foo.localhost",
	} {
		_, err := ParseEndpoint(address)
		require.Error(t, err, address)
		require.NotContains(t, err.Error(), "secret", address)
	}
}
