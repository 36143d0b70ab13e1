//go:build s3

package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// gateway is versitygw, a server that speaks S3 over a folder: each folder in it is a bucket.
type gateway struct {
	t       *testing.T
	dir     string
	address string
	process *exec.Cmd
}

const (
	accessKey = "AKIDCMDSIGNTEST00001"
	secretKey = "b7f3c1a5e2d94860bb1f0a6c7d8e9f00"
)

// awsFiles are where AWS' SDK looks for them: a file, by profile.
var awsFiles = sync.OnceValue(func() error {
	dir, err := os.MkdirTemp("", "cmdsign-s3-*")
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "credentials")
	text := fmt.Sprintf("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n", accessKey, secretKey) +
		fmt.Sprintf("[wrong-secret]\naws_access_key_id = %s\naws_secret_access_key = not%s\n", accessKey, secretKey) +
		"[unknown]\naws_access_key_id = AKIDNOBODY0000000001\naws_secret_access_key = not-a-secret-of-anybody\n"
	for name, value := range map[string]string{
		"AWS_SHARED_CREDENTIALS_FILE": file, "AWS_CONFIG_FILE": filepath.Join(dir, "none"), "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1",
	} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return os.WriteFile(file, []byte(text), 0o600)
})

func newGateway(t *testing.T) *gateway {
	t.Helper()
	require.NoError(t, awsFiles())
	g := &gateway{t: t, dir: t.TempDir()}
	for _, sub := range []string{"buckets/documents/2026", "buckets/results", "sidecar"} {
		require.NoError(t, os.MkdirAll(filepath.Join(g.dir, sub), 0o755))
	}
	require.NoError(t, os.WriteFile(filepath.Join(g.dir, "buckets/documents/2026/contract.pdf"), pdftest.New(pdftest.Options{Pages: 3}), 0o644))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	g.address = listener.Addr().String()
	require.NoError(t, listener.Close())
	g.start()
	t.Cleanup(g.kill)
	return g
}

func (g *gateway) start() {
	g.t.Helper()
	g.process = exec.Command("../../bin/versitygw", "--port", g.address, "--quiet", "--health", "/health",
		"posix", "--sidecar", filepath.Join(g.dir, "sidecar"), filepath.Join(g.dir, "buckets"))
	g.process.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+accessKey, "ROOT_SECRET_KEY="+secretKey)
	var said logged
	g.process.Stdout, g.process.Stderr = &said, &said
	require.NoError(g.t, g.process.Start(), "make test-s3 builds it")
	require.Eventually(g.t, func() bool {
		response, err := http.Get("http://" + g.address + "/health")
		if err == nil {
			response.Body.Close()
		}
		return err == nil && response.StatusCode == http.StatusOK
	}, wait, wait/1000, "%s", &said)
}

func (g *gateway) kill() {
	_ = g.process.Process.Kill()
	_ = g.process.Wait()
}

// url is a bucket's, by way of a proxy where there's one.
func (g *gateway) url(bucket, endpoint string, more string) string {
	if endpoint == "" {
		endpoint = g.address
	}
	return "s3://" + bucket + "?use_path_style=true&region=us-east-1&endpoint=http://" + endpoint + more
}

func (g *gateway) settings(endpoint string) map[string]any {
	return map[string]any{"limits": map[string]any{"bucket": "10s"}, "buckets": map[string]any{
		"in":  map[string]any{"url": g.url("documents", endpoint, ""), "fetch": true},
		"out": map[string]any{"url": g.url("results", endpoint, ""), "prefix": "signed/", "write": true},
	}}
}

func (g *gateway) path(name string) string { return filepath.Join(g.dir, "buckets", name) }

// secretless holds what was logged against the keys.
func secretless(t *testing.T, p *place) {
	t.Helper()
	for _, secret := range []string{accessKey, secretKey, "AKIDNOBODY", "not-a-secret", "Authorization", "13572468"} {
		require.NotContains(t, p.log.String(), secret)
	}
}

// From one bucket of a real server into another, with the right bytes.
func TestS3ADocumentIsSignedAndWrittenBack(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	p := serve(t, g.settings(""), signer(t))
	k := p.connect(nil)
	k.send(`{"start":""}`)
	k.state("stage1_input")
	got := k.fetch(contract, signed)
	require.Nil(t, got.Error, "%+v", got.Error)
	require.Equal(t, fmt.Sprintf("%x", sha256.Sum256(read(t, g.path("documents/2026/contract.pdf")))), got.Document.SHA256)
	k.confirm(got.Document.SHA256)
	k.state("stage2_input")
	require.NoFileExists(t, g.path("results/signed/2026/contract-signed.pdf"))
	k.send(`{"otp":"123456"}`)
	done := k.until(said.over)
	require.Equal(t, "done", done.State)
	require.Equal(t, "yes", done.Object.Written, "%+v", done.Object)
	require.Equal(t, read(t, p.dir, "results", done.File.Name), read(t, g.path("results/signed/2026/contract-signed.pdf")))
	secretless(t, p)
}

// A place that's taken is refused before the PIN; taken while the code is typed, nothing is lost and it's told.
func TestS3APlaceThatIsTaken(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	p := serve(t, g.settings(""), signer(t))
	another, err := openS3(t.Context(), g.url("results", "", ""))
	require.NoError(t, err)
	require.NoError(t, another.put(t.Context(), "signed/a-signed.pdf", []byte("another's")))
	require.NoError(t, another.put(t.Context(), "signed/empty-signed.pdf", nil))
	k := p.connect(nil)
	k.send(`{"start":""}`)
	k.state("stage1_input")
	for _, name := range []string{"a", "empty"} {
		require.EqualValues(t, problem.ObjectExists, k.fetch(contract, "s3://out/signed/"+name+"-signed.pdf").Error.Code)
	}
	k.ws.CloseNow()

	k = p.fromBucket(contract, signed)
	require.NoError(t, another.put(t.Context(), "signed/2026/contract-signed.pdf", []byte("another's")))
	k.send(`{"otp":"123456"}`)
	k.notWritten(p, "no", problem.ObjectExists)
	require.Equal(t, "another's", string(read(t, g.path("results/signed/2026/contract-signed.pdf"))))
}

// Of many that write to one key, one wins; also where what they write is as large as it may be.
func TestS3OneOfManyWritersWins(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	require.NoError(t, awsFiles())
	kept, err := openS3(t.Context(), g.url("results", "", ""))
	require.NoError(t, err)
	for _, size := range []int{100, maxWritten - 1} {
		key := fmt.Sprint("many/", size)
		var all sync.WaitGroup
		var won atomic.Int32
		start := make(chan struct{})
		for i := range 4 {
			all.Go(func() {
				<-start
				if err := kept.put(t.Context(), key, bytes.Repeat([]byte{byte(i)}, size)); err == nil {
					won.Add(1)
				} else {
					t.Log(err)
				}
			})
		}
		close(start)
		all.Wait()
		require.EqualValues(t, 1, won.Load())
		require.ErrorIs(t, kept.put(t.Context(), key, []byte("later")), errTaken)
		there, err := kept.get(t.Context(), key, maxWritten)
		require.NoError(t, err)
		require.Len(t, there, size)
		require.Len(t, bytes.Trim(there, string(there[:1])), 0, "a mixture")
	}
}

// Two conversations with documents of their own and one place: one has it, the other's file is kept.
func TestS3TwoConversationsWriteToOnePlace(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	require.NoError(t, os.WriteFile(g.path("documents/other.pdf"), pdftest.New(pdftest.Options{Pages: 7}), 0o644))
	p := serve(t, g.settings(""), signer(t))
	p.bothToOnePlace()
}

// What isn't there, or is too much, is told as that; what the server itself can't do, as that.
func TestS3WhatCanNotBeFetched(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	require.NoError(t, os.WriteFile(g.path("documents/large.pdf"), make([]byte, maxObject+1), 0o644))
	settings := g.settings("")
	more := settings["buckets"].(map[string]any)
	for name, url := range map[string]string{
		"nowhere": g.url("nowhere", "", ""), "wrong-secret": g.url("documents", "", "&profile=wrong-secret"), "unknown": g.url("documents", "", "&profile=unknown"),
		"unreachable": g.url("documents", "127.0.0.1:1", ""),
	} {
		more[name] = map[string]any{"url": url, "fetch": true}
	}
	p := serve(t, settings, signer(t))
	k := p.connect(nil)
	k.send(`{"start":""}`)
	k.state("stage1_input")
	for name, code := range map[string]problem.Code{
		"s3://in/none.pdf": problem.PDFNotFound, "s3://in/large.pdf": problem.PDFTooLarge, "s3://nowhere/a.pdf": problem.BucketFailed,
		"s3://wrong-secret/2026/contract.pdf": problem.BucketFailed, "s3://unknown/2026/contract.pdf": problem.BucketFailed,
		"s3://unreachable/2026/contract.pdf": problem.BucketFailed,
	} {
		require.EqualValues(t, code, k.fetch(name, "").Error.Code, name)
	}
	require.Nil(t, k.fetch(contract, "").Error, "it goes on")
	for _, said := range []string{"NoSuchBucket", "SignatureDoesNotMatch", "XAdminUserNotFound", "connection refused"} {
		require.Contains(t, p.log.String(), said)
	}
	secretless(t, p)
}

// It doesn't start where what is signed couldn't be written.
func TestS3ABucketThatCanNotBeWrittenTo(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	open := func(url string) error {
		b, err := openBucket(t.Context(), config.Bucket{URL: url, Write: true}, wait, nil)
		if err == nil {
			require.NoError(t, b.close())
		}
		return err
	}
	require.NoError(t, open(g.url("results", "", "")))
	require.NoError(t, open(g.url("results", "", "")), "the second start")
	require.ErrorContains(t, open(g.url("nowhere", "", "")), "NoSuchBucket")
	require.ErrorContains(t, open(g.url("results", "", "&profile=wrong-secret")), "SignatureDoesNotMatch")
	require.ErrorContains(t, open(g.url("results", "127.0.0.1:1", "")), "connection refused")
	require.Error(t, open(g.url("results", "", "&nonsense=1")))
}

// wire is a proxy that passes bytes on until it's told to cut.
type wire struct {
	net.Listener
	down atomic.Int64 // how much of the answers still passes, in bytes; -1 for all
	cut  atomic.Int32 // how many were cut
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{Listener: listener}
	w.down.Store(-1)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				client.Close()
				continue
			}
			all.Go(func() {
				defer server.Close()
				_, _ = io.Copy(server, client)
			})
			all.Go(func() {
				defer client.Close()
				defer server.Close()
				buffer := make([]byte, 4096)
				for {
					n, err := server.Read(buffer)
					// One answer is cut, and only one.
					if left := w.down.Load(); left >= 0 && n > 0 {
						if int64(n) >= left {
							w.down.Store(-1)
							w.cut.Add(1)
							return
						}
						w.down.Add(int64(-n))
					}
					if _, broken := client.Write(buffer[:n]); err != nil || broken != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() { listener.Close() })
	return w
}

// The connection breaks in the middle of the document: it's not taken for the document, and can be asked for again.
func TestS3BreaksInTheMiddleOfTheFetch(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	require.NoError(t, os.WriteFile(g.path("documents/long.pdf"), pdftest.New(pdftest.Options{Pages: 3000}), 0o644))
	w := newWire(t, g.address)
	p := serve(t, g.settings(w.Addr().String()), signer(t))
	k := p.connect(nil)
	k.send(`{"start":""}`)
	k.state("stage1_input")
	w.down.Store(200_000)
	broken := k.fetch("s3://in/long.pdf", "")
	require.EqualValues(t, problem.BucketFailed, broken.Error.Code)
	require.Equal(t, "stage1_input", broken.State)
	require.EqualValues(t, 1, w.cut.Load())
	require.Nil(t, k.fetch("s3://in/long.pdf", signed).Error)
}

// The server takes the file and its answer is lost: sent again, it's refused because of what it made itself, and that's no reason to alarm
// anybody.
func TestS3AnAnswerToTheWriteIsLost(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	w := newWire(t, g.address)
	p := serve(t, g.settings(w.Addr().String()), signer(t))
	k := p.fromBucket(contract, signed)
	out := p.trouble("out")
	out.put_ = func(ctx context.Context, key string, data []byte) error {
		w.down.Store(1)
		return out.store.put(ctx, key, data)
	}
	k.send(`{"otp":"123456"}`)
	done := k.until(said.over)
	require.Equal(t, "done", done.State)
	require.Equal(t, "yes", done.Object.Written, "%+v", done.Object)
	require.EqualValues(t, 1, w.cut.Load())
	require.Equal(t, read(t, p.dir, "results", done.File.Name), read(t, g.path("results/signed/2026/contract-signed.pdf")))
}

// The server is killed before the write: the signed file is kept and told of, and nothing says that it's at its place.
func TestS3DiesAtTheWrite(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	p := serve(t, g.settings(""), signer(t))
	k := p.fromBucket(contract, signed)
	g.kill()
	k.send(`{"otp":"123456"}`)
	k.notWritten(p, "maybe", problem.BucketFailed)
	secretless(t, p)
	g.start()
	require.NoFileExists(t, g.path("results/signed/2026/contract-signed.pdf"))
	require.Nil(t, p.connectAndFetch(contract).Error, "the next one goes on")
}

func (p *place) connectAndFetch(from string) said {
	k := p.connect(nil)
	k.send(`{"start":""}`)
	k.state("stage1_input")
	return k.fetch(from, "")
}
