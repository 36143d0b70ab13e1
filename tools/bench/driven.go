package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/sign-with-cmd/sign-with-cmd/extension/drive"
)

// driven is a browser of a contestant's own, with a server beside it for what its pages ask for.
type driven struct {
	*site
	browser *drive.Chrome
	address string // host:port of the server
	stop    func()
}

// driven starts both. Of opts it needs what's particular.
func (s *site) driven(opts drive.Options, handler http.Handler) (*driven, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: patience}
	go server.Serve(listener)
	d := &driven{site: s, address: listener.Addr().String(), stop: func() { server.Close() }}
	opts.Path, opts.Headless, opts.Lang = s.chromium, true, "pt-PT"
	if d.browser, err = drive.Start(context.Background(), opts); err != nil {
		return nil, errors.Join(err, d.close())
	}
	d.stop = func() { d.browser.Close(); server.Close() }
	return d, nil
}

func (d *driven) close() error { d.stop(); return nil }

// put writes files, named from dir on, with the folders that they're in.
func put(dir string, files map[string]string) error {
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}
