package journal_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

const (
	sumA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	sumB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

var contract = journal.Document{Name: "contrato.pdf", SHA256: sumA, Size: 12345, Environment: "sandbox"}

// steps are what a conversation does to a record, by name.
var steps = map[string]func(*journal.Record) error{
	"submitting": (*journal.Record).Submitting,
	"by hand":    (*journal.Record).ByHand,
	"refused":    func(r *journal.Record) error { return r.Refused(problem.CodeWrong) },
	"received":   func(r *journal.Record) error { return r.Received("/state/held.pdf", sumB) },
	"saved":      func(r *journal.Record) error { return r.Saved("/d/contrato-signed.pdf", sumB, journal.VerdictVerified) },
	"saved, needs look": func(r *journal.Record) error {
		return r.Saved("/d/contrato-signed.pdf", sumB, journal.VerdictNeedsLook)
	},
	"saved, failed": func(r *journal.Record) error {
		return r.Saved("/d/contrato-NAO-VERIFICADO.pdf", sumB, journal.VerdictFailed)
	},
	"not signed": func(r *journal.Record) error { return r.NotSigned(problem.Cancelled) },
}

// TestMain lets the test binary play a host: it does the steps that it reads, one a
// line, and answers each.
func TestMain(m *testing.M) {
	if dir := os.Getenv("JOURNAL_TEST_DIR"); dir != "" {
		host(dir)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func host(dir string) {
	j, err := journal.Open(dir)
	var r *journal.Record
	for in := bufio.NewScanner(os.Stdin); err == nil && in.Scan(); {
		if in.Text() == "begin" {
			r, err = j.Begin(contract)
		} else {
			err = steps[in.Text()](r)
		}
		if err == nil {
			fmt.Println("done")
		}
	}
	if err != nil {
		panic(err)
	}
}

type process struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func start(t *testing.T, dir string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(os.Environ(), "JOURNAL_TEST_DIR="+dir)
	p.cmd.Stderr = os.Stderr
	var err error
	p.in, err = p.cmd.StdinPipe()
	require.NoError(t, err)
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	p.out = bufio.NewReader(out)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(p.kill)
	return p
}

func (p *process) do(step string) {
	p.t.Helper()
	_, err := io.WriteString(p.in, step+"\n")
	require.NoError(p.t, err)
	answer, err := p.out.ReadString('\n')
	require.NoError(p.t, err)
	require.Equal(p.t, "done\n", answer)
}

// kill is kill -9.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

func open(t *testing.T, dir string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(dir)
	require.NoError(t, err)
	return j
}

func only(t *testing.T, j *journal.Journal) journal.Status {
	t.Helper()
	all, err := j.Status()
	require.NoError(t, err)
	require.Len(t, all, 1)
	return all[0]
}

// histories are the ways that a signature goes, with the answer after each step.
var histories = []struct {
	name  string
	steps []string
	want  []journal.Answer
}{
	{"signed", []string{"begin", "submitting", "received", "saved"},
		[]journal.Answer{journal.NotSigned, journal.MayBeSigned, journal.SignedHeld, journal.SignedSaved}},
	{"wrong code, then the right one", []string{"begin", "submitting", "refused", "submitting", "received", "saved, needs look"},
		[]journal.Answer{journal.NotSigned, journal.MayBeSigned, journal.NotSigned, journal.MayBeSigned, journal.SignedHeld, journal.SignedSaved}},
	{"what came back failed the check", []string{"begin", "submitting", "received", "saved, failed"},
		[]journal.Answer{journal.NotSigned, journal.MayBeSigned, journal.SignedHeld, journal.MayBeSigned}},
	{"cancelled before the code", []string{"begin", "not signed"},
		[]journal.Answer{journal.NotSigned, journal.NotSigned}},
	{"cancelled after the code", []string{"begin", "submitting", "not signed"},
		[]journal.Answer{journal.NotSigned, journal.MayBeSigned, journal.MayBeSigned}},
	{"three wrong codes", []string{"begin", "submitting", "refused", "submitting", "refused", "not signed"},
		[]journal.Answer{journal.NotSigned, journal.MayBeSigned, journal.NotSigned, journal.MayBeSigned, journal.NotSigned, journal.NotSigned}},
	{"by hand", []string{"begin", "by hand", "submitting", "refused", "not signed", "received", "saved"},
		[]journal.Answer{journal.NotSigned, journal.MayBeSigned, journal.MayBeSigned, journal.MayBeSigned, journal.MayBeSigned, journal.SignedHeld, journal.SignedSaved}},
	{"approved in the app, no code", []string{"begin", "received", "saved"},
		[]journal.Answer{journal.NotSigned, journal.SignedHeld, journal.SignedSaved}},
}

func TestTheAnswerIsTrueAfterAKillBetweenAnyTwoSteps(t *testing.T) {
	for _, h := range histories {
		t.Run(h.name, func(t *testing.T) {
			for last := range h.steps {
				dir := t.TempDir()
				j := open(t, dir)
				p := start(t, dir)
				for _, step := range h.steps[:last+1] {
					p.do(step)
				}
				s := only(t, j)
				require.Equal(t, h.want[last], s.Answer)
				require.True(t, s.Live)

				p.kill()
				s = only(t, j)
				require.Equal(t, h.want[last], s.Answer, "after %v", h.steps[:last+1])
				require.False(t, s.Live)
				require.Equal(t, contract, s.Document)

				_, found, err := j.MayBeSigned(sumA)
				require.NoError(t, err)
				inTheWay := s.Answer == journal.MayBeSigned || s.Answer == journal.SignedHeld
				require.Equal(t, inTheWay, found)
			}
		})
	}
}

// A power cut can tear the last line anywhere. What the record then says must be the
// answer before that step, or after it.
func TestTheAnswerIsTrueWhereverTheFileIsTorn(t *testing.T) {
	for _, h := range histories {
		t.Run(h.name, func(t *testing.T) {
			dir := t.TempDir()
			j := open(t, dir)
			r, err := j.Begin(contract)
			require.NoError(t, err)
			for _, step := range h.steps[1:] {
				require.NoError(t, steps[step](r))
			}
			require.NoError(t, r.Close())
			path := filepath.Join(dir, r.ID()+".jsonl")
			whole, err := os.ReadFile(path)
			require.NoError(t, err)

			for size := range len(whole) + 1 {
				require.NoError(t, os.WriteFile(path, whole[:size], 0o600))
				all, err := j.Status()
				require.NoError(t, err)
				finished := bytes.Count(whole[:size], []byte("\n"))
				if len(all) == 0 {
					require.Zero(t, finished)
					continue
				}
				allowed := []journal.Answer{h.want[max(finished-1, 0)], h.want[min(finished, len(h.want)-1)]}
				require.Contains(t, allowed, all[0].Answer, "torn after %d bytes: %s", size, whole[:size])

				require.NoError(t, j.Acknowledge(r.ID()))
				after := only(t, j)
				require.True(t, after.Acknowledged)
				require.Equal(t, all[0].Answer, after.Answer, "a torn line must not turn into another by what is written behind it")
			}
		})
	}
}

func TestARecordTellsAll(t *testing.T) {
	j := open(t, t.TempDir())
	r, err := j.Begin(journal.Document{Name: "/home/ana/" + contract.Name, SHA256: strings.ToUpper(sumA), Size: 12345, Environment: "sandbox", Target: "s3://out/a-signed.pdf"})
	require.NoError(t, err)
	require.NoError(t, r.Submitting())
	require.NoError(t, r.Refused(problem.CodeWrong))
	require.NoError(t, r.Submitting())
	require.NoError(t, r.Received("/state/held.pdf", sumB))
	require.NoError(t, r.Saved("/d/contrato-signed.pdf", sumB, journal.VerdictVerified))
	require.Empty(t, only(t, j).Delivered)
	require.NoError(t, r.Delivered("maybe"))
	s := only(t, j)
	require.Equal(t, r.ID(), s.ID)
	require.Equal(t, "s3://out/a-signed.pdf", s.Document.Target)
	s.Document.Target = ""
	require.Equal(t, contract, s.Document, "only the file's own name is kept")
	require.Equal(t, journal.SignedSaved, s.Answer)
	require.Equal(t, "maybe", s.Delivered)
	require.Equal(t, "/state/held.pdf", s.Held)
	require.Equal(t, sumB, s.HeldSHA256)
	require.Equal(t, "/d/contrato-signed.pdf", s.Saved)
	require.Equal(t, sumB, s.SavedSHA256)
	require.Equal(t, journal.VerdictVerified, s.Verdict)
	require.Equal(t, problem.CodeWrong, s.Code)
	require.False(t, s.Updated.Before(s.Begun))
	require.False(t, s.Acknowledged)
	require.True(t, s.Live, "a record open in this process is live too")
	require.NoError(t, r.Close())
	require.NoError(t, r.Close())
	require.False(t, only(t, j).Live)
	require.True(t, problem.Is(r.Submitting(), problem.JournalFailed), "a code must not be sent on a closed record")
}

func TestOnlyThePersonMayRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "journal")
	j := open(t, dir)
	r, err := j.Begin(contract)
	require.NoError(t, err)
	defer r.Close()
	for path, mode := range map[string]fs.FileMode{dir: fs.ModeDir | 0o700, filepath.Join(dir, r.ID()+".jsonl"): 0o600} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode())
	}
}

func TestMayBeSignedUntilThePersonHasLooked(t *testing.T) {
	j := open(t, t.TempDir())
	var ids []string
	for range 2 {
		r, err := j.Begin(contract)
		require.NoError(t, err)
		require.NoError(t, r.Submitting())
		require.True(t, problem.Is(j.Acknowledge(r.ID()), problem.JournalFailed), "a signature under way can't be acknowledged")
		require.NoError(t, r.Close())
		ids = append(ids, r.ID())
	}
	_, found, err := j.MayBeSigned(sumB)
	require.NoError(t, err)
	require.False(t, found, "another document")

	for _, id := range []string{ids[1], ids[0]} {
		s, found, err := j.MayBeSigned(strings.ToUpper(sumA))
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, id, s.ID, "the newest first")
		require.NoError(t, j.Acknowledge(id))
	}
	_, found, err = j.MayBeSigned(sumA)
	require.NoError(t, err)
	require.False(t, found)

	r, err := j.Reopen(ids[0])
	require.NoError(t, err)
	require.NoError(t, r.Submitting())
	require.NoError(t, r.Close())
	_, found, err = j.MayBeSigned(sumA)
	require.NoError(t, err)
	require.True(t, found, "what happens after the look counts again")
}

func TestAHeldFileIsSavedByTheNextProcess(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir)
	for _, step := range []string{"begin", "submitting", "received"} {
		p.do(step)
	}
	j := open(t, dir)
	id := only(t, j).ID
	_, err := j.Reopen(id)
	require.True(t, problem.Is(err, problem.JournalFailed), "its process still runs")
	p.kill()

	r, err := j.Reopen(id)
	require.NoError(t, err)
	require.NoError(t, r.Saved("/d/contrato-signed.pdf", sumB, journal.VerdictVerified))
	require.NoError(t, r.Close())
	require.Equal(t, journal.SignedSaved, only(t, j).Answer)
}

func TestDamageIsTakenForASignature(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	r, err := j.Begin(contract)
	require.NoError(t, err)
	require.NoError(t, r.NotSigned(problem.Cancelled))
	require.NoError(t, r.Close())
	path := filepath.Join(dir, r.ID()+".jsonl")
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for name, damage := range map[string]string{
		"a line of zeros":         "\x00\x00\x00\x00\n",
		"a newer program's step":  `{"time":"2030-01-01T00:00:00Z","event":"approved_in_app"}` + "\n",
		"half a line, then whole": `{"time":"2030-01-01T00:00:00Z","event":"submi` + "\n",
		"an endless line":         `{"event":"` + strings.Repeat("x", 2<<20),
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(path, append(bytes.Clone(whole), damage...), 0o600))
			s, found, err := j.MayBeSigned(sumA)
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, journal.MayBeSigned, s.Answer)
		})
	}
}

func TestWhatCannotBeReadIsNotCalledUnsigned(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	require.NoError(t, os.RemoveAll(dir))
	_, _, err := j.MayBeSigned(sumA)
	require.True(t, problem.Is(err, problem.JournalFailed), err)
	_, err = j.Begin(contract)
	require.True(t, problem.Is(err, problem.JournalFailed), err)

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = journal.Open(filepath.Join(file, "journal"))
	require.True(t, problem.Is(err, problem.JournalFailed), err)
}

func TestHostileInput(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	for _, id := range []string{"", "..", "../../etc/passwd", "20261122T010458.000000000Z-0000000g", strings.Repeat("x", 9999)} {
		require.True(t, problem.Is(j.Acknowledge(id), problem.JournalFailed), id)
	}
	for _, sum := range []string{"", "xyz", sumA[1:], sumA + "aa"} {
		_, err := j.Begin(journal.Document{SHA256: sum})
		require.Error(t, err, sum)
	}
	r, err := j.Begin(journal.Document{Name: strings.Repeat("é", 9999) + "\xff", SHA256: sumA})
	require.NoError(t, err)
	require.Error(t, r.Received(strings.Repeat("/x", 99_999), sumB))
	require.NoError(t, r.Submitting(), "a step refused for its length leaves no trace")
	require.NoError(t, r.Close())
	require.LessOrEqual(t, len(only(t, j).Document.Name), 255)
	require.Equal(t, journal.MayBeSigned, only(t, j).Answer)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("mine"), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "20261122T010458.000000000Z-00000000.jsonl"), 0o700))
	require.NotEmpty(t, only(t, j).ID)
}

func TestSeveralProcessesAtOnce(t *testing.T) {
	dir := t.TempDir()
	var all []*process
	for range 4 {
		all = append(all, start(t, dir))
	}
	j := open(t, dir)
	for range 5 {
		for _, p := range all {
			p.do("begin")
			p.do("submitting")
			_, err := j.Status()
			require.NoError(t, err)
		}
	}
	statuses, err := j.Status()
	require.NoError(t, err)
	require.Len(t, statuses, 20)
	for i, s := range statuses {
		require.Equal(t, journal.MayBeSigned, s.Answer)
		require.True(t, i == 0 || s.ID < statuses[i-1].ID, "the newest first")
	}
}
