package conversation

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// ahead is a method that tells when it's asked to go ahead.
type ahead struct {
	method
	went chan struct{}
}

func (a *ahead) Approach(context.Context) {
	select {
	case a.went <- struct{}{}:
	default:
	}
}

// pieces are the messages of a document, as somebody sends them who waits for no answer.
func (k *talk) pieces(of []byte, size int, hash string) (messages []string) {
	k.t.Helper()
	for offset := 0; offset < len(of); offset += size {
		data := base64.StdEncoding.EncodeToString(of[offset:min(offset+size, len(of))])
		m, err := json.Marshal(map[string]any{"upload_local": map[string]any{
			"name": "a.pdf", "size": len(of), "sha256": hash, "offset": offset, "data": data, "stream": true}})
		require.NoError(k.t, err)
		messages = append(messages, string(m))
	}
	return messages
}

// pour sends messages while what is answered is read.
func (k *talk) pour(messages ...string) {
	go func() {
		for _, m := range messages {
			if _, err := io.WriteString(k.out, m+"\n"); err != nil {
				return
			}
		}
	}()
}

// The site's first pages are gone through while the rest of the document comes, of which each piece follows at once.
func TestADocumentInAStream(t *testing.T) {
	t.Parallel()
	a := &ahead{method{closed: make(chan struct{})}, make(chan struct{}, 1)}
	k := converse(t, limits, nil, func(o *Options) { o.NewMethod = func(string) Method { return a } })
	require.Contains(t, k.first().Capabilities, "upload_stream")
	k.send(`{"start":""}`)
	k.state(StateStage1Input)
	pdf, err := os.ReadFile(k.pdf)
	require.NoError(t, err)
	pieces := k.pieces(pdf, 200, hashOf(pdf))
	require.Greater(t, len(pieces), 2)
	k.send(pieces[0])
	<-a.went
	k.pour(pieces[1:]...)
	require.Equal(t, hashOf(pdf), k.until(func(r reply) bool { return r.Document != nil }).Document.SHA256)
}

// What was refused is said once, and what follows of it is passed over; the next document is taken as ever.
func TestAStreamThatIsRefused(t *testing.T) {
	t.Parallel()
	k := converse(t, limits, nil)
	k.first()
	k.send(`{"start":""}`)
	k.state(StateStage1Input)
	login := []byte("<!doctype html><title>Entrar</title>" + string(make([]byte, 1000)))
	whole, wrong := k.pieces(login, 200, hashOf(login)), k.pieces(login, 200, "00")
	for name, c := range map[string]struct {
		pieces []string
		code   problem.Code
	}{
		"out of order": {append([]string{whole[0], whole[2]}, whole[3:]...), problem.UploadInvalid},
		"not a PDF":    {append(whole, whole[1], whole[2]), problem.PDFNotPDF},
		"another file": {append(wrong, wrong[1]), problem.UploadInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			k.pour(append(c.pieces, `{"ping":"after"}`)...)
			var codes []problem.Code
			k.until(func(r reply) bool {
				if r.Error != nil {
					codes = append(codes, r.Error.Code)
				}
				return r.Progress == "after"
			})
			require.Equal(t, []problem.Code{c.code}, codes)
		})
	}
	pdf, err := os.ReadFile(k.pdf)
	require.NoError(t, err)
	k.pour(k.pieces(pdf, 200, hashOf(pdf))...)
	require.Equal(t, hashOf(pdf), k.until(func(r reply) bool { return r.Document != nil }).Document.SHA256)
}
