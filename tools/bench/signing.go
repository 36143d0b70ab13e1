package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

const pin = sandbox.PIN

// job is one document to sign. What peers save goes to Save; cmdsign names the file itself.
type job struct {
	Phone string `json:"phone"`
	PDF   string `json:"pdf"`
	Save  string `json:"save"`
}

// hand signs documents, one after the other.
type hand interface {
	sign(job) (signed, error)
	close() error
}

// signed is where the signed file is, and when it was made. Times that are zero are those of the call.
type signed struct {
	path              string
	begin, given, end time.Time // given: what the person knows was there
}

// way is a contestant of part 1. A cold one is timed from its start, for one document; a warm one has signed before.
type way struct {
	key  string // short, for CONTESTANTS
	name string
	cold bool
	open func(*site) (hand, error)
}

const floorKey = "floor"

// site is a sandbox that runs, and what's needed to sign there.
type site struct {
	place
	delay    time.Duration
	addr     string
	intro    string
	remote   *sandbox.Remote
	stop     func()
	folder   string // Downloads
	endpoint string // host:port of a browser that runs already
	made     int    // documents so far
}

// rounds of part 1: how long the site takes for each page, and how large the document is. The site takes up to 3 MB.
var rounds = []struct {
	name  string
	delay time.Duration
	bytes int
}{
	{"0ms/50KB", 0, 50 << 10}, {"0ms/3MB", 0, 2900 << 10},
	{"50ms/50KB", 50 * time.Millisecond, 50 << 10}, {"50ms/3MB", 50 * time.Millisecond, 2900 << 10},
	{"300ms/50KB", 300 * time.Millisecond, 50 << 10}, {"300ms/3MB", 300 * time.Millisecond, 2900 << 10},
}

// signing measures part 1.
func signing(p place, keep func(string) error) error {
	chromium := tool("chromium", "google-chrome", "google-chrome-stable")
	if chromium == "" {
		return errors.New("there's no browser to sign in")
	}
	other, endpoint, err := p.runningBrowser(chromium)
	if err != nil {
		return err
	}
	defer other()
	ways := []way{
		{floorKey, "bare HTTP client (floor)", false, func(s *site) (hand, error) { return newBare(s), nil }},
		{"relay", "cmdsign, relay", false, func(s *site) (hand, error) { return newRelay(s, chromium) }},
		{"launch-cold", "cmdsign, launch, cold", true, func(s *site) (hand, error) { return &converse{site: s, mode: "launch"}, nil }},
		{"attach", "cmdsign, attach, browser running", false, func(s *site) (hand, error) { return &converse{site: s, mode: "attach"}, nil }},
	}
	missing := ""
	absent := func(peer string) {
		if p.invites(way{key: peer}) {
			missing += "\n" + peer + " was not there to compare with.\n"
		}
	}
	driver := p.chromedriver()
	if program := filepath.Join(p.peers, "rod"); exists(program) {
		open := func(s *site) (hand, error) { return s.script(chromium, program) }
		ways = append(ways, way{"rod-cold", "rod, cold", true, open}, way{"rod-warm", "rod, warm", false, open})
	} else {
		absent("rod")
	}
	for _, peer := range []string{"puppeteer", "playwright", "selenium"} {
		script := filepath.Join(p.root, "tools", "bench", "peers", peer+".mjs")
		if !exists(filepath.Join(filepath.Dir(script), "node_modules")) || tool("node") == "" || peer == "selenium" && driver == "" {
			absent(peer)
			continue
		}
		open := func(s *site) (hand, error) { return s.script(chromium, "node", script) }
		ways = append(ways, way{peer + "-cold", peer + ", cold", true, open}, way{peer + "-warm", peer + ", warm", false, open})
	}

	ways = slices.DeleteFunc(ways, func(w way) bool { return !p.invites(w) })
	if len(ways) == 1 {
		return fmt.Errorf("nobody called %q can sign here%s", p.who, missing)
	}
	table := [][]string{{"", "pages, document", "from start, ms", "of the floor's", "from credentials given, ms", "of the floor's"}}
	for _, round := range rounds {
		if !p.wants(round.name) {
			continue
		}
		fmt.Fprintln(os.Stderr, "  ", round.name)
		s, err := p.site(round.delay)
		if err != nil {
			return err
		}
		s.endpoint = endpoint
		start, given, failed := s.contest(ways, round.bytes, p.turns(5))
		s.stop()
		floor := ways[0].name
		for _, w := range ways {
			cells := []string{"–", "–", "–", "–"}
			switch {
			case failed[w.name] != nil:
				cells[0] = "it failed"
				missing += fmt.Sprintf("\n%s failed at %s: `%.300s`\n", w.name, round.name, strings.Join(strings.Fields(failed[w.name].Error()), " "))
			case len(given[w.name]) > 0:
				cells[2], cells[3] = given[w.name].spread("%.0f"), ratio(given[w.name], start[floor])
				fallthrough
			default:
				cells[0], cells[1] = start[w.name].spread("%.0f"), ratio(start[w.name], start[floor])
			}
			table = append(table, append([]string{w.name, round.name}, cells...))
			fmt.Fprintf(os.Stderr, "     %s\n", strings.Join(append([]string{w.key}, cells...), "  "))
		}
		if err := keep(rows(table) + missing); err != nil {
			return err
		}
	}
	return nil
}

// contest has the ways take turns, and gives what each needed from the start and, where that's later, from the credentials on, in
// milliseconds. One that fails takes no more turns.
func (s *site) contest(ways []way, size, turns int) (start, given map[string]values, failed map[string]error) {
	warm := map[string]hand{}
	defer func() {
		for _, h := range warm {
			h.close()
		}
	}()
	start, given, failed = map[string]values{}, map[string]values{}, map[string]error{}
	for i := range turns + 1 {
		for _, w := range ways {
			if failed[w.name] != nil {
				continue
			}
			got, err := s.turn(w, warm, size)
			if err != nil {
				failed[w.name] = err
				fmt.Fprintln(os.Stderr, "  ", w.name, "failed:", err)
				continue
			}
			if i == 0 {
				continue // it warms what is warm, and the files of what is cold
			}
			start[w.name] = append(start[w.name], got.end.Sub(got.begin).Seconds()*1e3)
			if !got.given.IsZero() {
				given[w.name] = append(given[w.name], got.end.Sub(got.given).Seconds()*1e3)
			}
		}
	}
	return start, given, failed
}

func (s *site) turn(w way, warm map[string]hand, size int) (signed, error) {
	j, err := s.job(size)
	if err != nil {
		return signed{}, err
	}
	h := warm[w.name]
	begin := time.Now()
	if h == nil {
		if h, err = w.open(s); err != nil {
			return signed{}, err
		}
		if !w.cold {
			warm[w.name] = h
			begin = time.Now()
		}
	}
	got, err := h.sign(j)
	if got.begin.IsZero() {
		got.begin = begin
	}
	if got.end.IsZero() {
		got.end = time.Now()
	}
	if w.cold {
		err = errors.Join(err, h.close())
	}
	if err != nil {
		return signed{}, err
	}
	f, err := os.Open(got.path)
	if err != nil {
		return signed{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return signed{}, err
	}
	return got, s.verified(f, info.Size(), j)
}

// verified reports what's wrong with a signed file, if anything is.
func (s *site) verified(signed io.ReaderAt, size int64, j job) error {
	original, err := os.Open(j.PDF)
	if err != nil {
		return err
	}
	defer original.Close()
	info, err := original.Stat()
	if err != nil {
		return err
	}
	report, err := pdfsig.VerifyReturned(signed, size, original, info.Size(), pdfsig.Options{Roots: []*x509.Certificate{s.remote.Root}})
	if err == nil && report.Verdict != pdfsig.Verified {
		err = fmt.Errorf("the file came to %s: %+v", report.Verdict, report.Findings)
	}
	return err
}

// job makes a document that wasn't signed before, and a phone of its own, so that no earlier code is meant.
func (s *site) job(size int) (job, error) {
	s.made++
	base := filepath.Join(s.folder, fmt.Sprintf("document-%d", s.made))
	j := job{Phone: fmt.Sprintf("+351900%06d", 100000+s.made), PDF: base + ".pdf", Save: base + ".signed.pdf"}
	return j, writePDF(j.PDF, size, fmt.Sprint(s.delay, " ", s.made))
}

// site starts a sandbox whose pages take so long.
func (p place) site(delay time.Duration) (*site, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &site{place: p, delay: delay, addr: listener.Addr().String()}
	listener.Close()
	if s.folder, err = os.MkdirTemp(p.work, "downloads-"); err != nil {
		return nil, err
	}
	cmd := exec.Command(p.cmdsign, "sandbox", "--addr", s.addr, "--page-delay", delay.String())
	cmd.Env = append(os.Environ(), "CMDSIGN_SANDBOX_DIR="+filepath.Join(p.work, "authority"))
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s.stop = func() { cmd.Process.Kill(); cmd.Wait() }
	// It makes its keys at first use.
	for until := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if s.remote, err = sandbox.At(context.Background(), s.addr); err == nil {
			s.intro = s.remote.IntroURL
			return s, nil
		}
		if time.Now().After(until) {
			s.stop()
			return nil, err
		}
	}
}

func (s *site) messages() string { return "http://" + s.addr + "/sandbox/phone.json" }

// code waits for the SMS; scripts do the same (peers/contest.mjs).
func (s *site) code(phone string) (string, error) {
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		answer, err := http.Get(s.messages())
		if err != nil {
			return "", err
		}
		var all []struct {
			Phone, Code string
			Valid       bool
		}
		err = json.NewDecoder(answer.Body).Decode(&all)
		answer.Body.Close()
		if err != nil {
			return "", err
		}
		for _, m := range all {
			if m.Valid && m.Phone == phone {
				return m.Code, nil
			}
		}
	}
	return "", errors.New("no code came")
}

// converse is cmdsign as a script has it, a process for each document.
type converse struct {
	*site
	mode string
}

func (c *converse) close() error { return nil }

func (c *converse) sign(j job) (got signed, err error) {
	args := []string{"converse", "--env", "sandbox", "--browser", c.mode, "--headless", "on", "--downloads", c.folder}
	if c.mode == "attach" {
		args = append(args, "--endpoint", "http://"+c.endpoint)
	}
	cmd := exec.Command(c.cmdsign, args...)
	cmd.Env = append(os.Environ(), "CMDSIGN_SANDBOX_ADDRESS="+c.addr)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return signed{}, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return signed{}, err
	}
	if err := cmd.Start(); err != nil {
		return signed{}, err
	}
	defer func() {
		in.Close()
		if ended := cmd.Wait(); err == nil && ended != nil {
			err = fmt.Errorf("%w: %.500s", ended, stderr.String())
		}
	}()
	say := func(message map[string]any) error { return json.NewEncoder(in).Encode(message) }
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, maximum)
	for lines.Scan() {
		var m struct {
			State, Progress string
			Error           json.RawMessage
			File            struct{ Path string }
		}
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return signed{}, err
		}
		switch {
		case m.Error != nil:
			return signed{}, fmt.Errorf("%s", m.Error)
		case m.State == "start":
			err = say(map[string]any{"start": "", "mode": c.mode})
		case m.State == "stage1_input" && m.Progress == "":
			err = say(map[string]any{"phone": j.Phone, "pin": pin, "pdf_file_path": j.PDF})
		case m.State == "stage2_input" && m.Progress == "otp":
			code, missing := c.code(j.Phone)
			if err = missing; err == nil {
				err = say(map[string]any{"otp": code})
			}
		case m.State == "done":
			return signed{path: m.File.Path, end: time.Now()}, nil
		}
		if err != nil {
			return signed{}, err
		}
	}
	return signed{}, fmt.Errorf("it ended: %w: %.500s", lines.Err(), stderr.String())
}

// scripted is a peer's script (peers/contest.mjs).
type scripted struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Scanner
	stderr bytes.Buffer
}

// chromedriver is the one that was fetched, else the system's.
func (p place) chromedriver() string {
	return tool(filepath.Join(p.peers, "chromedriver", "usr", "bin", "chromedriver"), "chromedriver")
}

func (s *site) script(chromium string, command ...string) (hand, error) {
	knows, err := json.Marshal(map[string]string{"chromium": chromium, "chromedriver": s.chromedriver(), "intro": s.intro, "messages": s.messages(), "pin": pin})
	if err != nil {
		return nil, err
	}
	h := &scripted{cmd: exec.Command(command[0], append(command[1:], string(knows))...)}
	h.cmd.Stderr = &h.stderr
	// What it starts ends with it.
	h.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if h.in, err = h.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	h.out = bufio.NewScanner(out)
	if err := h.cmd.Start(); err != nil {
		return nil, err
	}
	if err := h.wait("ready"); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

func (h *scripted) wait(word string) error {
	late := time.AfterFunc(patience, func() { syscall.Kill(-h.cmd.Process.Pid, syscall.SIGTERM) })
	defer late.Stop()
	if h.out.Scan() && h.out.Text() == word {
		return nil
	}
	return fmt.Errorf("%q instead of %q: %.1000s", h.out.Text(), word, h.stderr.String())
}

func (h *scripted) sign(j job) (signed, error) {
	if err := json.NewEncoder(h.in).Encode(j); err != nil {
		return signed{}, err
	}
	return signed{path: j.Save}, h.wait("done")
}

func (h *scripted) close() error {
	h.in.Close()
	return h.cmd.Wait()
}

// runningBrowser starts a browser that others join, and gives its host:port.
func (p place) runningBrowser(chromium string) (stop func(), endpoint string, err error) {
	profile := filepath.Join(p.work, "running")
	cmd := exec.Command(chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-port=0", "--user-data-dir="+profile)
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	stop = func() { cmd.Process.Kill(); cmd.Wait() }
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		data, _ := os.ReadFile(filepath.Join(profile, "DevToolsActivePort"))
		if port, _, ok := bytes.Cut(data, []byte("\n")); ok {
			return stop, "127.0.0.1:" + string(port), nil
		}
	}
	stop()
	return nil, "", errors.New("the browser doesn't listen")
}
