package main

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// runningBrowser starts a browser that others join, and gives its host:port.
func (s *site) runningBrowser() (stop func(), endpoint string, err error) {
	profile, err := os.MkdirTemp(s.work, "running-")
	if err != nil {
		return nil, "", err
	}
	browser, err := s.browser()
	if err != nil {
		return nil, "", err
	}
	cmd := exec.Command(browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-port=0", "--user-data-dir="+profile)
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	stop = func() { cmd.Process.Signal(syscall.SIGTERM); cmd.Wait() }
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		if endpoint := debuggerOf(profile); endpoint != "" {
			return stop, endpoint, nil
		}
	}
	stop()
	return nil, "", errors.New("the browser doesn't listen")
}
