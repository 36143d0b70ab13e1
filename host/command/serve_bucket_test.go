package command

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

// The whole way in a real browser: the document comes from a bucket, the signed file goes into another, and is fetched back as well. With
// folders: make test-s3 has the same with S3 and without a browser.
func TestServeFromABucketIntoAnother(t *testing.T) {
	if !long() {
		t.Skip("make test-long: host/server shows each part of it")
	}
	t.Parallel()
	m := newMachine(t, sandbox.Config{})
	for _, sub := range []string{"root", "in", "out"} {
		require.NoError(t, os.Mkdir(m.at(sub), 0o700))
	}
	pdf := m.pdf("in/contrato.pdf")
	settings, err := os.ReadFile(m.config)
	require.NoError(t, err)
	m.configure(string(settings), fmt.Sprintf("serve: {buckets: {in: {url: 'file://%s', fetch: true}, out: {url: 'file://%s', write: true}}}", m.at("in"), m.at("out")))
	_, url := m.served()

	ws, ctx, send := dialled(t, url)
	type told struct {
		message
		Object *struct{ Name, Written string }
		Part   *struct{ Data []byte }
	}
	until := func(fits func(told) bool) told {
		for {
			_, data, err := ws.Read(ctx)
			require.NoError(t, err)
			var s told
			require.NoError(t, json.Unmarshal(data, &s))
			require.NotEqual(t, "ERROR", s.Status, "%s", data)
			if fits(s) {
				return s
			}
		}
	}
	state := func(want string) told { return until(func(s told) bool { return s.State == want }) }
	send(fields{"start": ""})
	state("stage1_input")
	send(fields{"upload_s3": fields{"fetch": "s3://in/contrato.pdf", "write": "s3://out/2026/contrato-signed.pdf"}})
	got := until(func(s told) bool { return s.Progress == "upload_s3" })
	send(fields{"phone": goodPhone, "pin": goodPIN, "confirm": got.Document.SHA256})
	state("stage2_input")
	send(fields{"otp": codeFor(t, m.sandbox, goodPhone)})
	done := state("done")
	require.Equal(t, "yes", done.Object.Written)
	send(fields{"download": fields{"id": done.ID, "offset": 0}})
	back := until(func(s told) bool { return s.Progress == "download" })

	done.File.Path = m.at("Downloads", done.File.Name)
	m.requireSaved(done.message, pdf)
	written, err := os.ReadFile(filepath.Join(m.at("out"), "2026", "contrato-signed.pdf"))
	require.NoError(t, err)
	require.Equal(t, done.File.SHA256, sumOf(written))
	require.Equal(t, done.File.SHA256, sumOf(back.Part.Data))
}
