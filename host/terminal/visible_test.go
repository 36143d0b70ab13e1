package terminal

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/secret"
)

// What was asked for goes with each document, and is said again where the person has to choose it on the site's page.
func TestAVisibleSignatureOnEachDocument(t *testing.T) {
	client, host := Pipe()
	assist := `{"state":"assist","status":"ERROR","error":{"code":"VISIBLE_BY_HAND","message":"M"},"shown":true,"visible":{"page":3,"orientation":"portrait","place":"top-left"}}`
	p := &played{t: t, host: host, end: map[string][]string{"/a.pdf": {done}, "/b.pdf": {assist, done}}}
	go p.serve()
	var said bytes.Buffer
	exit := Run(client, Options{
		Files: []string{"/a.pdf", "/b.pdf"}, SHA256: []string{strings.Repeat("0", 64), strings.Repeat("0", 64)}, Phone: secret.New("+351 912345678"),
		PINStdin: true, Lang: "pt", Stdin: strings.NewReader("1234\n"), Stdout: &bytes.Buffer{}, Stderr: &said, Signals: make(chan os.Signal),
		Visible: &Visible{Page: "last", Orientation: "portrait", Place: "top-left"},
	})
	require.Equal(t, ExitOK, exit)
	asked := 0
	for _, m := range p.got {
		if m["pin"] != nil {
			asked++
			require.Equal(t, map[string]any{"page": "last", "orientation": "portrait", "place": "top-left"}, m["visible"])
		}
	}
	require.Equal(t, 2, asked)
	require.Contains(t, said.String(), "Pediu uma assinatura visível. Página: 3. Folha: vertical. Posição: em cima, à esquerda.")
}
