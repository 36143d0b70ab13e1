package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/chromedp/chromedp/remote"
)

// Endpoint is the DevTools address of a browser that runs already. Whoever holds it sees what is typed into that browser, the
// PIN among it, so in the clear it's taken on this computer only.
type Endpoint struct {
	url *url.URL
}

// Waits and lengths of the way to a browser that runs already.
const (
	discoverTimeout = 10 * time.Second
	maxDiscovery    = 64 << 10
)

// ParseEndpoint reads ws://, wss://, http:// or https:// and host:port. Elsewhere than on this computer (a loopback address, or
// localhost) it has to be wss or https. The errors never quote the address, which may hold a service's key.
func ParseEndpoint(raw string) (Endpoint, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return Endpoint{}, errors.New("not an address")
	}
	switch u.Scheme {
	case "ws", "http":
		if !onThisComputer(u.Hostname()) {
			return Endpoint{}, fmt.Errorf("%s isn't this computer, and the PIN would go there in the clear: wss or https", u.Host)
		}
	case "wss", "https":
	default:
		return Endpoint{}, errors.New("neither ws, wss, http nor https")
	}
	if u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return Endpoint{}, errors.New("an address has a host, and neither a password nor a #")
	}
	return Endpoint{u}, nil
}

// Host is where the browser is, for the person: host and port.
func (e Endpoint) Host() string { return e.url.Host }

// Local says whether the endpoint is on this computer, as far as its address tells: a tunnel may lead elsewhere.
func (e Endpoint) Local() bool { return onThisComputer(e.url.Hostname()) }

func onThisComputer(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// socket gives the address of the browser's own WebSocket. A WebSocket address that names more than the host is that already;
// of any other the browser is asked. It may name what path it likes, never another host.
func (e Endpoint) socket(ctx context.Context) (string, error) {
	at := *e.url
	secure := at.Scheme == "wss" || at.Scheme == "https"
	if strings.HasPrefix(at.Scheme, "ws") && (strings.Trim(at.Path, "/") != "" || at.RawQuery != "") {
		return at.String(), nil
	}
	ask := at
	ask.Scheme, at.Scheme = "http", "ws"
	if secure {
		ask.Scheme, at.Scheme = "https", "wss"
	}
	ask.Path = "/json/version"
	named, err := discover(ctx, ask.String())
	if err != nil {
		return "", err
	}
	at.Path, at.RawPath, at.RawQuery = named.Path, named.RawPath, named.RawQuery
	return at.String(), nil
}

// nameless is an error without the address that it's about.
func nameless(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

func discover(ctx context.Context, address string) (*url.URL, error) {
	ctx, cancel := context.WithTimeout(ctx, discoverTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("not an address to ask")
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return nil, nameless(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("/json/version: %s", res.Status)
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, maxDiscovery))
	if err != nil {
		return nil, err
	}
	var version struct {
		Socket string `json:"webSocketDebuggerUrl"`
	}
	if json.Unmarshal(data, &version) != nil || version.Socket == "" {
		return nil, errors.New("/json/version names no browser")
	}
	named, err := url.Parse(version.Socket)
	if err != nil {
		return nil, errors.New("/json/version names no address")
	}
	return named, nil
}

// dial opens the browser's WebSocket. The error is without the address.
func dial(ctx context.Context, socket string) (*remote.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, discoverTimeout)
	defer cancel()
	conn, err := remote.DialContext(ctx, socket)
	if err != nil {
		return nil, nameless(err)
	}
	return conn, nil
}
