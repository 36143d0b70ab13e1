package main

import (
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
	"sync"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

const pin = sandbox.PIN

// patience bounds every wait.
const patience = 60 * time.Second

// site is a sandbox that runs, and what's needed to sign there.
type site struct {
	place
	delay    time.Duration
	addr     string
	remote   *sandbox.Remote
	phone    *phone
	stop     func()
	pid      int    // of the sandbox
	folder   string // Downloads
	chromium string
	count    *counted // what goes between browser and client is counted; nil: it's left alone
	made     int      // documents so far
}

// job is one document to sign. What peers save goes to Save; cmdsign names the file itself.
type job struct {
	Phone string `json:"phone"`
	PDF   string `json:"pdf"`
	Save  string `json:"save"`
}

// job makes a document that wasn't signed before, and a phone of its own, so that no earlier code is meant.
func (s *site) job(size int) (job, error) {
	s.made++
	base := filepath.Join(s.folder, fmt.Sprintf("document-%d", s.made))
	j := job{Phone: fmt.Sprintf("+351900%06d", 100000+s.made), PDF: base + ".pdf", Save: base + ".signed.pdf"}
	return j, writePDF(j.PDF, size, fmt.Sprint(s.delay, " ", s.made))
}

func (s *site) jobs(n, size int) ([]job, error) {
	all := make([]job, n)
	for i := range all {
		var err error
		if all[i], err = s.job(size); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// site starts a sandbox whose pages take so long.
func (p place) site(delay time.Duration) (*site, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := listener.Addr().String()
	listener.Close()
	s := &site{place: p, delay: delay, addr: addr, phone: &phone{address: messages(addr)}}
	if s.chromium = tool("chromium", "google-chrome", "google-chrome-stable"); s.chromium == "" {
		return nil, errors.New("there's no browser to sign in")
	}
	if s.folder, err = os.MkdirTemp(p.work, "downloads-"); err != nil {
		return nil, err
	}
	cmd := exec.Command(p.cmdsign, "sandbox", "--addr", addr, "--page-delay", delay.String())
	cmd.Env = append(os.Environ(), "CMDSIGN_SANDBOX_DIR="+filepath.Join(p.work, "authority"))
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s.pid = cmd.Process.Pid
	s.stop = func() { cmd.Process.Kill(); cmd.Wait() }
	// It makes its keys at first use.
	for until := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if s.remote, err = sandbox.At(context.Background(), addr); err == nil {
			return s, nil
		}
		if time.Now().After(until) {
			s.stop()
			return nil, err
		}
	}
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

// saved reports what's wrong with what a contestant saved, if anything is.
func (s *site) saved(path string, j job) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return s.verified(f, info.Size(), j)
}

// phone is the sandbox's: where the SMS of all its numbers are.
type phone struct {
	address string

	mu   sync.Mutex
	read time.Time
	all  []sms
}

type sms struct {
	Phone, Code string
	Valid       bool
}

func messages(addr string) string { return "http://" + addr + "/sandbox/phone.json" }

// often is how long whoever waits for a code leaves between two looks; scripts do the same (peers/contest.mjs).
const often = 5 * time.Millisecond

// code waits for the SMS to a number. Twenty who wait at once look no more often than one.
func (p *phone) code(number string) (string, error) {
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(often) {
		all, err := p.look()
		if err != nil {
			return "", err
		}
		for _, m := range all {
			if m.Valid && m.Phone == number {
				return m.Code, nil
			}
		}
	}
	return "", errors.New("no code came")
}

func (p *phone) look() ([]sms, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.read) < often {
		return p.all, nil
	}
	client := http.Client{Timeout: patience}
	answer, err := client.Get(p.address)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	var all []sms
	if err := json.NewDecoder(io.LimitReader(answer.Body, largest)).Decode(&all); err != nil {
		return nil, err
	}
	p.all, p.read = all, time.Now()
	return all, nil
}
