package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// shelves makes a folder with the folders in and out, and the settings that open them as buckets.
func shelves(t *testing.T) (dir string, settings map[string]any) {
	t.Helper()
	dir = t.TempDir()
	for _, sub := range []string{"in/2026", "out"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, sub), 0o700))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "in/2026/contract.pdf"), pdftest.New(pdftest.Options{Pages: 3}), 0o600))
	return dir, map[string]any{"buckets": map[string]any{
		"in":  map[string]any{"url": "file://" + filepath.ToSlash(filepath.Join(dir, "in")), "fetch": true},
		"out": map[string]any{"url": "file://" + filepath.ToSlash(filepath.Join(dir, "out")), "prefix": "signed/", "write": true},
	}}
}

// fetch names a document in a bucket, and where its signed file is to be written; it gives the answer.
func (k *talk) fetch(from, to string) said {
	k.t.Helper()
	return k.fetchWith(from, to, "")
}

func (k *talk) fetchWith(from, to, token string) said {
	k.t.Helper()
	message := map[string]any{"upload_s3": map[string]string{"fetch": from, "write": to}}
	if token != "" {
		message["jwt"] = token
	}
	data, err := json.Marshal(message)
	require.NoError(k.t, err)
	k.send(string(data))
	return k.until(func(s said) bool { return s.Error != nil || s.Progress == "upload_s3" })
}

// confirm gives phone and PIN for the document with that sum.
func (k *talk) confirm(sum string) {
	k.t.Helper()
	k.send(fmt.Sprintf(`{"phone":"+351 900000001","pin":"13572468","confirm":%q}`, sum))
}

// fromBucket goes as far as the prompt for the code.
func (p *place) fromBucket(from, to string) *talk {
	p.t.Helper()
	k := p.connect(nil)
	k.state("start")
	k.send(`{"start":""}`)
	k.state("stage1_input")
	got := k.fetch(from, to)
	require.Nil(p.t, got.Error, "%+v", got.Error)
	k.confirm(got.Document.SHA256)
	require.Equal(p.t, "R1", k.state("stage2_input").Reference)
	return k
}

// record is the journal's only record.
func (p *place) record() journal.Status {
	p.t.Helper()
	all, err := p.options.Journal.Status()
	require.NoError(p.t, err)
	require.Len(p.t, all, 1)
	return all[0]
}

func read(t *testing.T, parts ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(parts...))
	require.NoError(t, err)
	return data
}

const (
	contract = "s3://in/2026/contract.pdf"
	signed   = "s3://out/signed/2026/contract-signed.pdf"
)

// What the page of background/000 draws: the document comes from a store, and the signed one goes back to it.
func TestADocumentOfABucketIsSignedAndWrittenBack(t *testing.T) {
	t.Parallel()
	dir, settings := shelves(t)
	p := serve(t, settings, signer(t))
	k := p.connect(nil)
	require.Contains(t, k.state("start").Capabilities, "upload_s3")
	k.send(`{"start":""}`)
	k.state("stage1_input")
	got := k.fetch(contract, signed)
	require.Equal(t, "contract.pdf", got.Document.Name)
	require.Equal(t, fmt.Sprintf("%x", sha256.Sum256(read(t, dir, "in/2026/contract.pdf"))), got.Document.SHA256)
	require.Equal(t, signed, got.Object.Name)
	require.Equal(t, "no", got.Object.Written)
	k.send(`{"phone":"+351 900000001","pin":"13572468"}`)
	k.fault(problem.ConfirmMissing)
	k.confirm(got.Document.SHA256)
	k.state("stage2_input")
	k.send(`{"otp":"123456"}`)
	done := k.until(said.over)
	require.Equal(t, "done", done.State)
	require.Equal(t, signed, done.Object.Name)
	require.Equal(t, "yes", done.Object.Written)
	require.Nil(t, done.Object.Error)
	require.Equal(t, read(t, p.dir, "results", done.File.Name), read(t, dir, "out/signed/2026/contract-signed.pdf"))
	require.Equal(t, signed, p.record().Document.Target)
	require.Equal(t, "yes", p.record().Delivered)
	require.Equal(t, 1, p.count("objects_written_total", "yes"))
	require.Empty(t, glob(t, dir, "out/signed/2026/.*"), "something temporary is left")

	// A text names the document alone: its signed file is in downloads only.
	k.send(`{"start":""}`)
	k.state("stage1_input")
	k.send(`{"upload_s3":"` + contract + `"}`)
	got = k.until(func(s said) bool { return s.Progress == "upload_s3" })
	require.Nil(t, got.Object)
	k.confirm(got.Document.SHA256)
	k.state("stage2_input")
	k.send(`{"otp":"123456"}`)
	done = k.until(said.over)
	require.Equal(t, "done", done.State)
	require.Nil(t, done.Object)
	require.NoError(t, k.ws.CloseNow())
}

// Nothing is signed for a place that's taken: not when it's named, and not when it was taken while the person looked for their PIN.
func TestAPlaceThatIsTakenIsRefusedBeforeThePIN(t *testing.T) {
	t.Parallel()
	dir, settings := shelves(t)
	e := signer(t)
	sign := e.sign
	var begun int
	e.sign = func(ctx context.Context, d conversation.Document, person conversation.Person) (conversation.Signed, error) {
		begun++
		return sign(ctx, d, person)
	}
	p := serve(t, settings, e)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "out/signed"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "out/signed/a-signed.pdf"), []byte("another's"), 0o600))
	k := p.connect(nil)
	k.send(`{"start":""}`)
	k.state("stage1_input")
	refused := k.fetch(contract, "s3://out/signed/a-signed.pdf")
	require.EqualValues(t, problem.ObjectExists, refused.Error.Code)
	require.Equal(t, "type", refused.Error.Retry)
	k.confirm("00")
	k.fault(problem.PDFNotFound)

	sum := k.fetch(contract, "s3://out/signed/b-signed.pdf").Document.SHA256
	require.NoError(t, os.WriteFile(filepath.Join(dir, "out/signed/b-signed.pdf"), []byte("another's"), 0o600))
	k.confirm(sum)
	refused = k.until(func(s said) bool { return s.Error != nil })
	require.EqualValues(t, problem.ObjectExists, refused.Error.Code)
	require.Equal(t, "stage1_input", refused.State)
	all, err := p.options.Journal.Status()
	require.NoError(t, err)
	require.Empty(t, all)
	require.Zero(t, begun)

	k.confirm(k.fetch(contract, "s3://out/signed/c-signed.pdf").Document.SHA256)
	k.state("stage2_input")
	k.send(`{"otp":"123456"}`)
	require.Equal(t, "yes", k.until(said.over).Object.Written)
	for _, name := range []string{"a", "b"} {
		require.Equal(t, "another's", string(read(t, dir, "out/signed", name+"-signed.pdf")))
	}
}

// A place that is taken while the code is typed costs nobody anything: the file is there, it's told so, and can be fetched.
func TestAPlaceThatIsTakenMeanwhile(t *testing.T) {
	t.Parallel()
	dir, settings := shelves(t)
	p := serve(t, settings, signer(t))
	k := p.fromBucket(contract, signed)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "out/signed/2026"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "out/signed/2026/contract-signed.pdf"), []byte("another's"), 0o600))
	k.send(`{"otp":"123456"}`)
	k.notWritten(p, "no", problem.ObjectExists)
	require.Equal(t, "another's", string(read(t, dir, "out/signed/2026/contract-signed.pdf")))
}

// notWritten holds an end against what must be true of a signed file that couldn't be written to its bucket.
func (k *talk) notWritten(p *place, written string, why problem.Code) {
	k.t.Helper()
	done := k.until(said.over)
	require.Equal(k.t, "done", done.State)
	require.Nil(k.t, done.Error)
	require.Equal(k.t, signed, done.Object.Name)
	require.Equal(k.t, written, done.Object.Written)
	require.EqualValues(k.t, why, done.Object.Why)
	require.EqualValues(k.t, problem.ResultNotWritten, done.Object.Error.Code)
	require.Equal(k.t, "nothing", done.Object.Error.Retry, "a program would sign again")
	require.Equal(k.t, read(k.t, p.dir, "results", done.File.Name), k.piece(done.ID, 0).Part.Data)
	record := p.record()
	require.Equal(k.t, journal.SignedSaved, record.Answer)
	require.Equal(k.t, signed, record.Document.Target)
	require.Equal(k.t, written, record.Delivered)
	require.Equal(k.t, 1, p.count("objects_written_total", written))
	require.Equal(k.t, 1, p.count("signatures_total", "verified"))
}

// bothToOnePlace has two conversations write their signed files to one place, and gives the name of the file that came there. The other
// is told, and both files are kept.
func (p *place) bothToOnePlace() (written string) {
	p.t.Helper()
	both := []*talk{p.fromBucket(contract, signed), p.fromBucket("s3://in/other.pdf", signed)}
	for _, k := range both {
		k.send(`{"otp":"123456"}`)
	}
	ends := map[string]int{}
	for _, k := range both {
		done := k.until(said.over)
		require.Equal(p.t, "done", done.State)
		ends[done.Object.Written]++
		if done.Object.Written == "yes" {
			written = done.File.Name
		}
	}
	require.Equal(p.t, map[string]int{"yes": 1, "no": 1}, ends)
	require.Len(p.t, glob(p.t, p.dir, "results", "*.pdf"), 2)
	return written
}

// Two that write to one place: one has it, the other is told, and both files are kept.
func TestTwoConversationsWriteToOnePlace(t *testing.T) {
	t.Parallel()
	dir, settings := shelves(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "in/other.pdf"), pdftest.New(pdftest.Options{Pages: 7}), 0o600))
	p := serve(t, settings, signer(t))
	written := p.bothToOnePlace()
	require.Equal(t, read(t, p.dir, "results", written), read(t, dir, "out/signed/2026/contract-signed.pdf"))
}

// A folder keeps the first of many that come in one moment, and never a mixture.
func TestOneOfManyWritersWins(t *testing.T) {
	t.Parallel()
	kept, err := openFolder(t.TempDir())
	require.NoError(t, err)
	for key := range 20 {
		var all sync.WaitGroup
		won := make(chan []byte, 8)
		start := make(chan struct{})
		for i := range 8 {
			all.Go(func() {
				data := bytes.Repeat([]byte{byte(i)}, 10_000)
				<-start
				if err := kept.put(t.Context(), fmt.Sprint("a/", key), data); err == nil {
					won <- data
				} else if !errors.Is(err, errTaken) {
					t.Error(err)
				}
			})
		}
		close(start)
		all.Wait()
		require.Len(t, won, 1)
		there, err := kept.get(t.Context(), fmt.Sprint("a/", key), 1<<20)
		require.NoError(t, err)
		require.Equal(t, <-won, there)
	}
}

// What isn't verified is given no name that says it's signed.
func TestWhatIsNotVerifiedIsNotWritten(t *testing.T) {
	t.Parallel()
	dir, settings := shelves(t)
	p := serve(t, settings, engine{})
	k := p.fromBucket(contract, signed)
	k.send(`{"otp":"123456"}`)
	last := k.until(said.over)
	require.Equal(t, "unverified", last.State)
	require.EqualValues(t, problem.ResultNotPDF, last.Error.Code)
	require.Equal(t, "no", last.Object.Written)
	require.NoFileExists(t, filepath.Join(dir, "out/signed/2026/contract-signed.pdf"))
	require.FileExists(t, filepath.Join(p.dir, "results", last.File.Name))
	require.Equal(t, "no", p.record().Delivered)
}

// Only what the configuration opens can be named, only for what it's opened for, and only as far as the token goes.
func TestOnlyWhatIsOpenedCanBeNamed(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	dir, settings := shelves(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "in/large.pdf"), make([]byte, maxObject+1), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "in/empty.pdf"), nil, 0o600))
	settings["tokens"] = i.settings()["tokens"]
	p := serve(t, settings, signer(t))
	k := p.connect(nil)
	k.send(`{"start":""}`)
	k.state("stage1_input")
	require.EqualValues(t, problem.TokenMissing, k.fetch(contract, "").Error.Code)
	try := func(files []string, from, to string) problem.Code {
		claims := jwt.MapClaims{}
		if files != nil {
			claims["files"] = files
		}
		s := k.fetchWith(from, to, i.hs(claims))
		if s.Error == nil {
			return ""
		}
		require.NotContains(t, s.Error.Message, dir)
		return problem.Code(s.Error.Code)
	}
	const refused = problem.ObjectRefused
	for _, c := range []struct {
		from, to string
		code     problem.Code
	}{
		{contract, "", ""},
		{contract, signed, ""},
		{"s3://in/none.pdf", "", problem.PDFNotFound},
		{"s3://in/2026", "", problem.PDFNotFound},
		{"s3://in/large.pdf", "", problem.PDFTooLarge},
		{"s3://in/empty.pdf", "", problem.PDFEmpty},
		{"s3://nowhere/a.pdf", "", refused},
		{"s3://out/signed/a-signed.pdf", "", refused}, // for writing only
		{contract, "s3://in/2026/contract-signed.pdf", refused},
		{contract, "s3://out/contract-signed.pdf", refused}, // outside of the prefix
		{contract, "s3://out/signed", refused},
		{contract, "s3://out/signed/../contract-signed.pdf", refused},
		{contract, "s3://out/signed/contract.pdf", refused}, // doesn't say that it's signed
		{contract, "s3://out/signed/contract-signed.pdf.exe", refused},
		{"s3://in/../out/x.pdf", "", refused},
		{"s3://in//2026/contract.pdf", "", refused},
		{"s3://in/./2026/contract.pdf", "", refused},
		{"s3://in/2026/contract.pdf/", "", refused},
		{"s3://in/", "", refused},
		{"s3://in", "", refused},
		{"s3:///2026/contract.pdf", "", refused},
		{"s3://IN/2026/contract.pdf", "", refused},
		{"in/2026/contract.pdf", "", refused},
		{"file:///etc/passwd", "", refused},
		{"https://example.org/a.pdf", "", refused},
		{"", signed, refused},
		{"s3://in/a\x01.pdf", "", refused},
		{"s3://in/a\u202efdp.pdf", "", refused},
		{`s3://in/..\out\x.pdf`, "", refused},
		{"s3://in/" + onceKey, "", refused},
		{"s3://in/" + strings.Repeat("a/", 600) + "b.pdf", "", refused},
	} {
		require.Equal(t, c.code, try(nil, c.from, c.to), "%s %s", c.from, c.to)
	}
	for _, c := range []struct {
		files    []string
		from, to string
		code     problem.Code
	}{
		{[]string{contract, signed}, contract, signed, ""},
		{[]string{"s3://in/2026/", "s3://out/signed/"}, contract, signed, ""},
		{[]string{contract}, contract, signed, problem.TokenLimit},
		{[]string{signed}, contract, signed, problem.TokenLimit},
		{[]string{"s3://in/2026"}, contract, "", problem.TokenLimit},
		{[]string{"s3://in/20"}, contract, "", problem.TokenLimit},
		{[]string{"2026/contract.pdf", "in/2026/", "/"}, contract, "", problem.TokenLimit},
		{[]string{contract}, "s3://in/none.pdf", "", problem.TokenLimit},
		{[]string{}, contract, "", problem.TokenLimit},
	} {
		require.Equal(t, c.code, try(c.files, c.from, c.to), "%v %s %s", c.files, c.from, c.to)
	}
	k.send(`{"upload_s3":{"fetch":5}}`)
	k.fault(problem.MessageMalformed)

	none := serve(t, nil, signer(t))
	k = none.connect(nil)
	require.NotContains(t, k.state("start").Capabilities, "upload_s3")
	k.send(`{"start":""}`)
	k.state("stage1_input")
	require.EqualValues(t, refused, k.fetch(contract, "").Error.Code)
}

// troubled is a store with faults.
type troubled struct {
	store
	get_ func(ctx context.Context, key string) error
	put_ func(ctx context.Context, key string, data []byte) error
}

func (s *troubled) get(ctx context.Context, key string, limit int64) ([]byte, error) {
	if s.get_ != nil {
		if err := s.get_(ctx, key); err != nil {
			return nil, err
		}
	}
	return s.store.get(ctx, key, limit)
}

func (s *troubled) put(ctx context.Context, key string, data []byte) error {
	if s.put_ != nil {
		return s.put_(ctx, key, data)
	}
	return s.store.put(ctx, key, data)
}

// trouble puts faults into a bucket of a server.
func (p *place) trouble(name string) *troubled {
	s := &troubled{store: p.buckets[name].store}
	p.buckets[name].store = s
	return s
}

// A store that gives no answer keeps nobody: its time is over, or the person's patience.
func TestABucketThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	_, settings := shelves(t)
	settings["limits"] = map[string]any{"bucket": "200ms"}
	p := serve(t, settings, signer(t))
	asked := make(chan struct{}, 10)
	p.trouble("in").get_ = func(ctx context.Context, _ string) error {
		asked <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}
	k := p.connect(nil)
	k.send(`{"start":""}`)
	k.state("stage1_input")
	failed := k.fetch(contract, signed)
	require.EqualValues(t, problem.BucketFailed, failed.Error.Code)
	require.Equal(t, "stage1_input", failed.State)
	<-asked

	p.buckets["in"].patience = wait
	k.send(`{"upload_s3":"` + contract + `"}`)
	<-asked
	for _, second := range []string{`{"upload_s3":"` + contract + `"}`, `{"upload_local":"JVBERi0="}`, `{"document":{"pdf_file_path":"other/file.pdf"}}`, credentials} {
		k.send(second)
		k.fault(problem.MessageOutOfTurn)
	}
	k.send(`{"cancel":""}`)
	require.Equal(t, "cancelled", k.until(said.over).State)
	k.send(`{"start":""}`)
	k.state("stage1_input")
	k.send(`{"upload_s3":"` + contract + `"}`)
	<-asked
	k.ws.CloseNow()
	p.counts(0, "conversations_running")
}

// What is told after a failure to write is what can be known: yes where the file is there after all, no where the store said so, else maybe.
func TestABucketThatFailsAtTheWrite(t *testing.T) {
	t.Parallel()
	broken := errors.New("the connection broke")
	for name, c := range map[string]struct {
		put, get error
		made     bool
		written  string
		why      problem.Code
	}{
		"an answer that is lost":            {put: broken, made: true, written: "yes"},
		"refused because of its own":        {put: errTaken, made: true, written: "yes"},
		"no rights":                         {put: fmt.Errorf("%w: AccessDenied", errRefused), written: "no", why: problem.BucketFailed},
		"no rights, and it can't be seen":   {put: fmt.Errorf("%w: AccessDenied", errRefused), get: broken, written: "no", why: problem.BucketFailed},
		"a request that may be on its way":  {put: broken, written: "maybe", why: problem.BucketFailed},
		"a store that is gone":              {put: broken, get: broken, written: "maybe", why: problem.BucketFailed},
		"gone, and the file is there":       {put: broken, get: broken, made: true, written: "maybe", why: problem.BucketFailed},
		"taken, and it can't be seen whose": {put: errTaken, get: broken, written: "no", why: problem.ObjectExists},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, settings := shelves(t)
			p := serve(t, settings, signer(t))
			k := p.fromBucket(contract, signed)
			out := p.trouble("out")
			out.get_ = func(context.Context, string) error { return c.get }
			out.put_ = func(ctx context.Context, key string, data []byte) error {
				if c.made {
					require.NoError(t, out.store.put(ctx, key, data))
				}
				return c.put
			}
			k.send(`{"otp":"123456"}`)
			if c.why != "" {
				k.notWritten(p, c.written, c.why)
				return
			}
			done := k.until(said.over)
			require.Equal(t, c.written, done.Object.Written)
			require.Equal(t, "yes", p.record().Delivered)
			require.Equal(t, read(t, p.dir, "results", done.File.Name), read(t, dir, "out/signed/2026/contract-signed.pdf"))
		})
	}
}

// The client's connection breaks once the code is sent: the signed file is at its place all the same.
func TestTheFileIsWrittenAfterTheClientIsGone(t *testing.T) {
	t.Parallel()
	dir, settings := shelves(t)
	p := serve(t, settings, signer(t))
	out, begun, release := p.trouble("out"), make(chan struct{}), make(chan struct{})
	out.put_ = func(ctx context.Context, key string, data []byte) error {
		close(begun)
		<-release
		require.NoError(t, ctx.Err())
		return out.store.put(ctx, key, data)
	}
	k := p.fromBucket(contract, signed)
	k.send(`{"otp":"123456"}`)
	<-begun
	k.ws.CloseNow()
	close(release)
	p.counts(0, "conversations_running")
	require.Equal(t, "yes", p.record().Delivered)
	require.FileExists(t, filepath.Join(dir, "out/signed/2026/contract-signed.pdf"))
}

// overwriting is a store that doesn't know the condition.
type overwriting struct{ store }

func (overwriting) put(context.Context, string, []byte) error { return nil }

// A store that writes over what is there is found out before anybody signs for it.
func TestAStoreThatWritesOver(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, (&bucket{store: overwriting{}}).once(t.Context()), "If-None-Match")
	dir := t.TempDir()
	for range 2 {
		b, err := openBucket(t.Context(), config.Bucket{URL: "file://" + filepath.ToSlash(dir), Prefix: "a/", Write: true}, wait, nil)
		require.NoError(t, err)
		require.NoError(t, b.close())
	}
	require.FileExists(t, filepath.Join(dir, "a", onceKey))
	_, err := openBucket(t.Context(), config.Bucket{URL: "file://" + filepath.ToSlash(filepath.Join(dir, "none")), Fetch: true}, wait, nil)
	require.Error(t, err)
}

func FuzzObject(f *testing.F) {
	dir := f.TempDir()
	require.NoError(f, os.MkdirAll(filepath.Join(dir, "in", "sub"), 0o700))
	require.NoError(f, os.WriteFile(filepath.Join(dir, "in", "sub", "a"), []byte("inside"), 0o600))
	require.NoError(f, os.WriteFile(filepath.Join(dir, "in", "b"), []byte("outside of the prefix"), 0o600))
	require.NoError(f, os.WriteFile(filepath.Join(dir, "out"), []byte("outside"), 0o600))
	b, err := openBucket(f.Context(), config.Bucket{URL: "file://" + filepath.ToSlash(filepath.Join(dir, "in")), Prefix: "sub/", Fetch: true}, wait, nil)
	require.NoError(f, err)
	all := buckets{"in": b}
	for _, seed := range []string{"s3://in/sub/a", "s3://in/b", "s3://in/sub/../b", "s3://in/sub/../../out", "s3://in/sub", "s3://", "s3://in/sub/\x00"} {
		f.Add(seed)
	}
	narrow := &pass{}
	narrow.Files, narrow.narrowed.files = []string{"s3://other/", "sub/"}, true
	f.Fuzz(func(t *testing.T, name string) {
		_, err := all.find(name, false, narrow)
		require.Error(t, err, "the token isn't good for it")
		_, err = all.find(name, true, nil)
		require.Error(t, err, "the bucket isn't for writing")
		o, err := all.find(name, false, nil)
		if err != nil {
			require.True(t, problem.Is(err, problem.ObjectRefused), err)
			return
		}
		data, err := o.Fetch(t.Context(), 1<<20)
		if err != nil {
			require.Contains(t, []problem.Code{problem.PDFNotFound, problem.BucketFailed}, problem.Of(err))
			return
		}
		require.Equal(t, "inside", string(data))
	})
}
