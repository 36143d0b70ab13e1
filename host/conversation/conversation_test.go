package conversation

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

const patience = 20 * time.Second

// method is a way of signing that does what the test tells it to.
type method struct {
	open   func(context.Context) error
	sign   func(context.Context, Document, Person) (Signed, error)
	closed chan struct{}
}

func (m *method) Open(ctx context.Context) error {
	if m.open != nil {
		return m.open(ctx)
	}
	return nil
}
func (m *method) Sign(ctx context.Context, d Document, p Person) (Signed, error) {
	return m.sign(ctx, d, p)
}
func (m *method) Screenshot(context.Context) ([]byte, error) { return []byte("picture"), nil }
func (m *method) Notes() []string                            { return nil }
func (m *method) Close() error {
	select {
	case <-m.closed:
	default:
		close(m.closed)
	}
	return nil
}

// talk is a client of a conversation in the same process.
type talk struct {
	t       *testing.T
	out     *io.PipeWriter
	in      *json.Decoder
	ended   chan error
	journal *journal.Journal
	dir     string
	pdf     string
}

func converse(t *testing.T, limits Limits, sign func(context.Context, Document, Person) (Signed, error), more ...func(*Options)) *talk {
	t.Helper()
	dir := t.TempDir()
	records, err := journal.Open(filepath.Join(dir, "journal"))
	require.NoError(t, err)
	pdf := filepath.Join(dir, "a.pdf")
	require.NoError(t, os.WriteFile(pdf, pdftest.New(pdftest.Options{}), 0o600))
	downloads := filepath.Join(dir, "downloads")
	require.NoError(t, os.Mkdir(downloads, 0o700))
	toHost, out := io.Pipe()
	in, fromHost := io.Pipe()
	k := &talk{t: t, out: out, in: json.NewDecoder(in), ended: make(chan error, 1), journal: records, dir: dir, pdf: pdf}
	go func() {
		opts := Options{
			NewMethod: func(string) Method { return &method{sign: sign, closed: make(chan struct{})} },
			Modes:     []string{"launch"}, Environment: "test", Marker: "-signed", Journal: records,
			Work: filepath.Join(dir, "work"), Downloads: func() (string, error) { return downloads, nil }, Lang: "en", Limits: limits,
		}
		for _, change := range more {
			change(&opts)
		}
		k.ended <- Serve(t.Context(), Lines(toHost, fromHost), opts)
		fromHost.Close()
	}()
	t.Cleanup(func() { out.Close(); io.Copy(io.Discard, in) })
	return k
}

func (k *talk) send(line string) {
	k.t.Helper()
	_, err := io.WriteString(k.out, line+"\n")
	require.NoError(k.t, err)
}

func (k *talk) until(fits func(reply) bool) reply {
	k.t.Helper()
	found := make(chan reply, 1)
	go func() {
		defer close(found)
		for {
			var r reply
			if k.in.Decode(&r) != nil {
				return
			}
			if fits(r) {
				found <- r
				return
			}
		}
	}()
	select {
	case r, ok := <-found:
		require.True(k.t, ok, "the host hung up")
		return r
	case <-time.After(patience):
		require.Fail(k.t, "no such message")
		return reply{}
	}
}

func (k *talk) state(s State) reply {
	k.t.Helper()
	return k.until(func(r reply) bool { return r.State == s })
}

// first is the first message.
func (k *talk) first() (first hello) {
	k.t.Helper()
	require.NoError(k.t, k.in.Decode(&first))
	require.Equal(k.t, StateStart, first.State)
	return first
}

func (k *talk) over() reply {
	k.t.Helper()
	return k.until(func(r reply) bool { return r.State.over() })
}

// begin goes as far as the job.
func (k *talk) begin() {
	k.t.Helper()
	k.state(StateStart)
	k.send(`{"start":""}`)
	k.state(StateStage1Input)
	pdf, err := json.Marshal(k.pdf)
	require.NoError(k.t, err)
	k.send(`{"phone":"+351 900000001","pin":"1234","pdf_file_path":` + string(pdf) + `}`)
}

func (k *talk) answer() journal.Answer {
	k.t.Helper()
	all, err := k.journal.Status()
	require.NoError(k.t, err)
	require.Len(k.t, all, 1)
	return all[0].Answer
}

var limits = Limits{Input: patience, PDF: 1 << 20, Hangup: time.Second, Grace: patience}

// Whatever a method fails with: once the code may be out, the word is that a signature may exist, and the journal says so.
func TestAFailureAfterTheCodeSaysSo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before func(Person) error
		err    error
		code   problem.Code
		answer journal.Answer
	}{
		"before the code": {nil, problem.New(problem.SiteSlow, ""), problem.SiteSlow, journal.NotSigned},
		"without a code":  {nil, errors.New("anything"), problem.Internal, journal.NotSigned},
		"after it":        {Person.Committing, problem.New(problem.SiteSlow, ""), problem.MayBeSigned, journal.MayBeSigned},
		"after it, lost":  {Person.Committing, errors.New("anything"), problem.MayBeSigned, journal.MayBeSigned},
		"by hand":         {Person.ByHand, problem.New(problem.BrowserLost, ""), problem.MayBeSigned, journal.MayBeSigned},
		"refused by the site": {func(p Person) error {
			return errors.Join(p.Committing(), p.Refused(problem.New(problem.CodeWrong, "")))
		}, problem.New(problem.AccountLocked, ""), problem.AccountLocked, journal.NotSigned},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := converse(t, limits, func(_ context.Context, _ Document, p Person) (Signed, error) {
				if c.before != nil {
					require.NoError(t, c.before(p))
				}
				return Signed{}, c.err
			})
			k.begin()
			last := k.over()
			require.Equal(t, StateFailed, last.State)
			require.Equal(t, c.code, last.Error.Code)
			require.Equal(t, c.answer, k.answer())
			if c.code == problem.MayBeSigned {
				// What may come back yet is checked against it.
				kept, err := filepath.Glob(filepath.Join(k.dir, "work", "*", "original", "*.pdf"))
				require.NoError(t, err)
				require.Len(t, kept, 1)
			}
		})
	}
}

// A cancel and the code at once: either the code is not sent, or the cancel is told that it's too late.
func TestCancelOrCommit(t *testing.T) {
	t.Parallel()
	for range 20 {
		committed := make(chan error, 1)
		ready, release := make(chan struct{}), make(chan struct{})
		k := converse(t, limits, func(_ context.Context, _ Document, p Person) (Signed, error) {
			close(ready)
			err := p.Committing()
			committed <- err
			if err != nil {
				return Signed{}, err
			}
			<-release
			return Signed{}, problem.New(problem.SiteSlow, "")
		})
		k.begin()
		<-ready
		k.send(`{"cancel":""}`)
		said := k.until(func(r reply) bool { return r.State.over() || r.Error != nil })
		if <-committed == nil {
			require.NotNil(t, said.Error)
			require.Equal(t, problem.CancelTooLate, said.Error.Code)
			require.Equal(t, journal.MayBeSigned, k.answer())
			close(release)
			require.Equal(t, StateFailed, k.over().State)
		} else {
			require.Equal(t, StateCancelled, said.State)
			require.Equal(t, journal.NotSigned, k.answer())
		}
	}
}

// A document changed on the disk after it was named doesn't reach the page: what was read once is what is sent.
func TestTheCopyIsSent(t *testing.T) {
	t.Parallel()
	var k *talk
	sent := make(chan []byte, 1)
	started, changed := make(chan struct{}), make(chan struct{})
	k = converse(t, limits, func(_ context.Context, d Document, p Person) (Signed, error) {
		close(started)
		<-changed
		data, err := os.ReadFile(d.Path)
		sent <- data
		return Signed{}, err
	})
	original, err := os.ReadFile(k.pdf)
	require.NoError(t, err)
	k.begin()
	<-started
	require.NoError(t, os.WriteFile(k.pdf, []byte("something else"), 0o600))
	close(changed)
	require.Equal(t, original, <-sent)
	k.over()
}

// What came back is held, checked and never called signed when it isn't.
func TestWhatIsNotVerifiedIsKeptApart(t *testing.T) {
	t.Parallel()
	k := converse(t, limits, func(_ context.Context, _ Document, p Person) (Signed, error) {
		require.NoError(t, p.Committing())
		return p.Hold([]byte("<html>an error page</html>"))
	})
	k.begin()
	last := k.over()
	require.Equal(t, StateUnverified, last.State)
	require.Equal(t, problem.ResultNotPDF, last.Error.Code)
	require.Equal(t, "a-NAO-VERIFICADO.pdf", last.File.Name)
	require.FileExists(t, last.File.Path)
	require.Equal(t, journal.MayBeSigned, k.answer())
}

// Two conversations of one person want to sign the same document at once: the second is told so, before and after the code of
// the first, also when it insists; what it did leaves no trace in the journal. Another document is no matter.
func TestADocumentIsSignedByOneConversationAtATime(t *testing.T) {
	t.Parallel()
	commit, end := make(chan struct{}), make(chan struct{})
	started, committed := make(chan struct{}), make(chan struct{})
	first := converse(t, limits, func(_ context.Context, _ Document, p Person) (Signed, error) {
		close(started)
		<-commit
		require.NoError(t, p.Committing())
		close(committed)
		<-end
		return Signed{}, problem.New(problem.SiteSlow, "")
	})
	first.begin()
	<-started

	signed := 0
	second := converse(t, limits, func(_ context.Context, _ Document, p Person) (Signed, error) {
		signed++
		return Signed{}, problem.New(problem.SiteSlow, "")
	}, func(o *Options) { o.Journal = first.journal })
	second.journal = first.journal
	original, err := os.ReadFile(second.pdf)
	require.NoError(t, err)
	sum := sha256.Sum256(original)
	again := fmt.Sprintf(`{"phone":"+351 900000001","pin":"1234","pdf_file_path":%q,"sign_again":"%x"}`, second.pdf, sum)
	busy := func() {
		t.Helper()
		r := second.until(func(r reply) bool { return r.Error != nil })
		require.Equal(t, problem.DocumentBusy, r.Error.Code)
		require.Equal(t, StateStage1Input, r.State)
	}
	second.begin()
	busy()
	second.send(again)
	busy()
	require.Equal(t, journal.NotSigned, first.answer())
	close(commit)
	<-committed
	second.send(again)
	busy()
	require.Equal(t, journal.MayBeSigned, first.answer())

	other := filepath.Join(second.dir, "b.pdf")
	require.NoError(t, os.WriteFile(other, append(original, "\n"...), 0o600))
	second.send(fmt.Sprintf(`{"phone":"+351 900000001","pin":"1234","pdf_file_path":%q}`, other))
	require.Equal(t, problem.SiteSlow, second.over().Error.Code)
	require.Equal(t, 1, signed)

	// Once the first is over, what counts is what it may have done.
	close(end)
	require.Equal(t, problem.MayBeSigned, first.over().Error.Code)
	third := converse(t, limits, nil, func(o *Options) { o.Journal = first.journal })
	third.begin()
	require.Equal(t, problem.LookFirst, third.until(func(r reply) bool { return r.Error != nil }).Error.Code)
}

// Of conversations that ask for the same document in the same moment at most one goes on.
func TestOneOfManyAtOnce(t *testing.T) {
	t.Parallel()
	records, err := journal.Open(filepath.Join(t.TempDir(), "journal"))
	require.NoError(t, err)
	const many = 8
	went, release := make(chan struct{}, many), make(chan struct{})
	var all []*talk
	for range many {
		k := converse(t, limits, func(context.Context, Document, Person) (Signed, error) {
			went <- struct{}{}
			<-release
			return Signed{}, problem.New(problem.SiteSlow, "")
		}, func(o *Options) { o.Journal = records })
		k.state(StateStart)
		k.send(`{"start":""}`)
		k.state(StateStage1Input)
		all = append(all, k)
	}
	refused := make(chan bool, many)
	for _, k := range all {
		go func() {
			_, _ = fmt.Fprintf(k.out, `{"phone":"+351 900000001","pin":"1234","pdf_file_path":%q}`+"\n", k.pdf)
			var r reply
			for r.Error == nil && k.in.Decode(&r) == nil {
			}
			refused <- r.Error != nil && r.Error.Code == problem.DocumentBusy
		}()
	}
	// The one that goes on, if one does, ends last.
	for range many - 1 {
		require.True(t, <-refused)
	}
	close(release)
	<-refused
	require.LessOrEqual(t, len(went), 1)
}

// Nobody answers: it's over, and nothing is signed.
func TestInputTimeout(t *testing.T) {
	t.Parallel()
	short := limits
	short.Input = 200 * time.Millisecond
	k := converse(t, short, func(ctx context.Context, _ Document, p Person) (Signed, error) {
		_, err := p.Code(ctx, CodePrompt{})
		return Signed{}, err
	})
	k.begin()
	said := k.until(func(r reply) bool { return r.Error != nil })
	require.Equal(t, problem.InputTimeout, said.Error.Code)
	require.Equal(t, StateStage2Input, said.State)
	k.over()
	require.NoError(t, <-k.ended)
	require.Equal(t, journal.NotSigned, k.answer())
}

// The code ends the wait for it, once: a second one is out of turn.
func TestOneCodeIsTaken(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{})
	got := make(chan string, 2)
	k := converse(t, limits, func(ctx context.Context, _ Document, p Person) (Signed, error) {
		a, err := p.Code(ctx, CodePrompt{Reference: "ABCDEFGH"})
		got <- a.Code.Reveal()
		<-asked
		return Signed{}, errors.Join(err, problem.New(problem.SiteSlow, ""))
	})
	k.begin()
	require.Equal(t, "ABCDEFGH", k.until(func(r reply) bool { return r.Progress == "otp" }).Reference)
	k.send(`{"otp":"123456"}` + "\n" + `{"otp":"654321"}`)
	require.Equal(t, problem.MessageOutOfTurn, k.until(func(r reply) bool { return r.Error != nil }).Error.Code)
	close(asked)
	require.Equal(t, "123456", <-got)
	k.over()
	require.Empty(t, got)
}

func TestLines(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", MaxLine+1)
	conn := Lines(strings.NewReader("{}\r\n\n  \n"+long+"\n{\"a\":1}\nlast"), io.Discard)
	read := func() string {
		data, err := conn.Read()
		require.NoError(t, err)
		return string(data)
	}
	require.Equal(t, "{}", read())
	_, err := conn.Read()
	require.True(t, problem.Is(err, problem.MessageTooLarge))
	require.Equal(t, `{"a":1}`, read())
	require.Equal(t, "last", read())
	_, err = conn.Read()
	require.ErrorIs(t, err, io.EOF)
}

// A text that encoding/json didn't see comes to the same as one that it saw.
func FuzzLift(f *testing.F) {
	for _, seed := range []string{
		`{"upload_local":{"name":"a","size":3,"sha256":"00","offset":0,"data":"AAAA"}}`, `{"upload_local":"AAAA","name":"b"}`, `{"ping":"x\u00e9"}`, `{"ping":"x"}`,
		`{"upload_local":{"data":"AAAA","DATA":"BBBB"}}`, `{"Upload_local":"AAAA","upload_local":"BBBB"}`, `{"upload_local":{"data":"AA\/A"}}`,
		"{\"upload_local\":{\"data\":\"AA\nAA\"}}", `{"upload_local":{"data":"A"}}`, `{"upload_local":{"data":null}}`, `{"upload_local":{"data":"AAAA",}}`,
		`{"ping":"a","upload_local":"AAAA"}`, `{"upload_local":[{"data":"AAAA"}]}`, `{"a":{"upload_local":"AAAA"}}`, `{"upload_local":""}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !utf8.Valid(data) {
			return
		}
		var whole, rest message
		text, short := lift(data)
		err := json.Unmarshal(data, &whole)
		require.Equal(t, err == nil, json.Unmarshal(short, &rest) == nil)
		if err != nil {
			return
		}
		rest.long = text
		wanted, err := parseChunk(whole)
		got, errGot := parseChunk(rest)
		require.Equal(t, err == nil, errGot == nil, "%v, %v", err, errGot)
		if err == nil {
			require.Equal(t, string(wanted.Data), string(got.Data))
			wanted.Data, got.Data = nil, nil
			require.Equal(t, wanted, got)
		}
		require.Equal(t, whole.pinged(), rest.pinged())
		for _, m := range []*message{&whole, &rest} {
			m.Phone, m.PIN, m.OTP = nil, nil, nil // no two are the same
		}
		whole.Ping, whole.UploadLocal, rest.Ping, rest.UploadLocal, rest.long = nil, nil, nil, nil, lifted{}
		require.Equal(t, whole, rest)
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"start":"","auto_screenshot":1}`, `{"phone":"+351 912345678","pin":"1234","pdf_file_path":"/a.pdf","jwt":"x"}`,
		`{"otp":"123456"}`, `{"upload_local":{"data":"AAAA"}}`, `{"upload_local":"AAAA"}`, `{"ping":null}`, `{"cancel":[[[[]]]]}`, `[]`, `null`, `"`, "\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, k, err := parse(data)
		if err != nil {
			code := problem.Of(err)
			require.Contains(t, []problem.Code{problem.MessageMalformed, problem.MessageUnknown}, code)
			return
		}
		require.NotEmpty(t, k)
		if k == kindUpload {
			parseChunk(m)
		}
		if k == kindStage1 {
			for _, mode := range []string{"launch", modeRelay} {
				(&session{mode: mode}).credentials(m)
			}
		}
	})
}

// A client may ask for the sandbox for one signing, and for no other environment than the host's own.
func TestATrialIsForOneSigning(t *testing.T) {
	t.Parallel()
	var where []string
	in := func(name string) func(context.Context, Document, Person) (Signed, error) {
		return func(context.Context, Document, Person) (Signed, error) {
			where = append(where, name)
			return Signed{}, problem.New(problem.SiteUnavailable, "")
		}
	}
	k := converse(t, Limits{}, in("test"), func(o *Options) {
		own := *o
		o.Trial = func(context.Context) (Options, error) {
			own.Environment, own.Marker = "sandbox", "-TESTE"
			own.NewMethod = func(string) Method { return &method{sign: in("sandbox"), closed: make(chan struct{})} }
			return own, nil
		}
	})
	hello := k.first()
	require.Contains(t, hello.Capabilities, "trial")
	require.Equal(t, "test", hello.Environment)
	pdf, err := json.Marshal(k.pdf)
	require.NoError(t, err)

	k.send(`{"start":"","environment":"production"}`)
	require.Equal(t, problem.EnvironmentUnknown, k.until(func(r reply) bool { return r.Error != nil }).Error.Code)
	for _, environment := range []string{"sandbox", "", "test"} {
		k.send(`{"start":"","environment":"` + environment + `"}`)
		require.Equal(t, environment, k.state(StateStage1Input).Environment)
		k.send(`{"phone":"+351 900000001","pin":"1234","pdf_file_path":` + string(pdf) + `}`)
		require.Equal(t, StateFailed, k.over().State)
	}
	require.Equal(t, []string{"sandbox", "test", "test"}, where)
	seen, err := k.journal.Status()
	require.NoError(t, err)
	var noted []string
	for _, st := range seen {
		noted = append(noted, st.Document.Environment)
	}
	require.ElementsMatch(t, []string{"sandbox", "test", "test"}, noted)
}

// A host without a sandbox inside offers no trial.
func TestNoTrialWhereThereIsNone(t *testing.T) {
	t.Parallel()
	k := converse(t, Limits{}, nil)
	require.NotContains(t, k.first().Capabilities, "trial")
	k.send(`{"start":"","environment":"sandbox"}`)
	refused := k.until(func(r reply) bool { return r.Error != nil })
	require.Equal(t, problem.EnvironmentUnknown, refused.Error.Code)
	require.Equal(t, StateStart, refused.State)
}

// A document that only the host reads is given back in pieces, to be looked at before it's confirmed: the bytes that are sent, whatever
// stands in the file by then.
func TestTheDocumentIsGivenInPieces(t *testing.T) {
	t.Parallel()
	k := converse(t, limits, func(context.Context, Document, Person) (Signed, error) { return Signed{}, errors.New("unused") })
	large := pdftest.New(pdftest.Options{Pages: 2000})
	require.Greater(t, len(large), partSize)
	require.NoError(t, os.WriteFile(k.pdf, large, 0o600))
	refused := func(line string, code problem.Code) {
		t.Helper()
		k.send(line)
		r := k.until(func(r reply) bool { return r.Progress == "document_data" })
		require.Equal(t, statusError, r.Status)
		require.Equal(t, code, r.Error.Code)
		require.Nil(t, r.Part)
	}
	require.Contains(t, k.first().Capabilities, "document_data")
	refused(`{"document_data":0}`, problem.MessageOutOfTurn)
	k.send(`{"start":""}`)
	k.state(StateStage1Input)
	refused(`{"document_data":0}`, problem.MessageOutOfTurn)

	path, err := json.Marshal(k.pdf)
	require.NoError(t, err)
	k.send(`{"document":{"pdf_file_path":` + string(path) + `}}`)
	named := k.until(func(r reply) bool { return r.Document != nil }).Document
	require.NoError(t, os.WriteFile(k.pdf, []byte("something else"), 0o600))
	var got []byte
	for len(got) < len(large) {
		k.send(fmt.Sprintf(`{"document_data":%d}`, len(got)))
		part := k.until(func(r reply) bool { return r.Progress == "document_data" }).Part
		require.NotNil(t, part)
		require.EqualValues(t, len(got), part.Offset)
		require.EqualValues(t, len(large), part.Size)
		require.Equal(t, named.SHA256, part.SHA256)
		require.NotEmpty(t, part.Data)
		require.LessOrEqual(t, len(part.Data), 700_000, "in base64 it doesn't fit into a message to a browser")
		got = append(got, part.Data...)
	}
	require.Equal(t, large, got)
	require.Equal(t, named.SHA256, hashOf(got))
	for _, offset := range []int{-1, len(large), 1 << 60} {
		refused(fmt.Sprintf(`{"document_data":%d}`, offset), problem.MessageMalformed)
	}
}
