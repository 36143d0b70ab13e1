package sandbox

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Remote is a sandbox that runs in another process of this computer.
type Remote struct {
	IntroURL string
	Origins  []string
	PhoneURL string
	Root     *x509.Certificate

	addr string
}

// maxAnswer bounds what is read of another process, in bytes.
const maxAnswer = 1 << 20

// At gives the sandbox that listens at addr, host:port; the host must be a loopback address. It asks it for its root
// certificate.
func At(ctx context.Context, addr string) (*Remote, error) {
	at, err := netip.ParseAddrPort(addr)
	if err != nil || !at.Addr().IsLoopback() {
		return nil, fmt.Errorf("sandbox: %q isn't an address and port of this computer", addr)
	}
	_, port, _ := net.SplitHostPort(addr)
	s := &Sandbox{port: port}
	r := &Remote{IntroURL: s.IntroURL(), Origins: s.Origins(), PhoneURL: s.PhoneURL(), addr: addr}
	data, err := r.get(ctx, "/sandbox/root.pem")
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("sandbox: what listens there is no sandbox")
	}
	r.Root, err = x509.ParseCertificate(block.Bytes)
	return r, err
}

// get reads a page of the sandbox's own host.
func (r *Remote) get(ctx context.Context, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.addr+path, nil)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	_, port, _ := net.SplitHostPort(r.addr)
	// Go's resolver need not know *.localhost.
	request.Host = phoneHost + ":" + port
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("sandbox: reading %s: %w", path, err)
	}
	return data, nil
}

// WaitCode waits for a code that counts to be sent to phone, until ctx ends.
func (r *Remote) WaitCode(ctx context.Context, phone string) (string, error) {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		data, err := r.get(ctx, "/sandbox/phone.json")
		if err != nil {
			return "", err
		}
		var messages []shownMessage
		if err := json.Unmarshal(data, &messages); err != nil {
			return "", fmt.Errorf("sandbox: reading the messages: %w", err)
		}
		for _, m := range messages {
			if m.Valid && m.Phone == canonicalPhone(phone) {
				return m.Code, nil
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}
