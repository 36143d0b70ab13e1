package main

import (
	"os"
	"os/exec"
	"syscall"
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
	if endpoint, err = debuggerOf(profile); err != nil {
		stop()
	}
	return stop, endpoint, err
}
