package pdfsig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Fetch gets revocation data: with a body it posts it as the content type, without
// one it gets. It limits its own time and what it reads.
type Fetch func(url, contentType string, body []byte) ([]byte, error)

// FetchTimeout is how long one address gets; the caller's context limits all of them
// together.
const FetchTimeout = 5 * time.Second

const maxRedirects = 3

// HTTPFetch fetches over HTTP until ctx ends, each address within the timeout and
// 8 MB. What is asked are addresses that a trusted authority has signed, so those of
// a private network are in order: an organisation's own authority may be there. The
// requests themselves are not encrypted, so a redirect may come from anybody: it is
// followed on the same host only (the State's responders send to https of their own).
// Nothing but the answer's bytes is kept.
func HTTPFetch(ctx context.Context, timeout time.Duration) Fetch {
	client := &http.Client{
		Timeout: timeout,
		CheckRedirect: func(to *http.Request, via []*http.Request) error {
			from := via[len(via)-1].URL
			if len(via) > maxRedirects || !askable(to.URL) || to.URL.Hostname() != from.Hostname() || from.Scheme == "https" && to.URL.Scheme != "https" {
				return fmt.Errorf("%s sends us elsewhere", from.Host)
			}
			to.Header.Del("Referer")
			return nil
		},
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10,
		},
	}
	return func(address, contentType string, body []byte) ([]byte, error) {
		u, err := url.Parse(address)
		if err != nil || !askable(u) {
			return nil, errors.New("not an address to ask")
		}
		method := http.MethodGet
		if body != nil {
			method = http.MethodPost
		}
		req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		req.Header.Set("User-Agent", "cmdsign")
		if body != nil {
			req.Header.Set("Content-Type", contentType)
		}
		resp, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s: %s", u.Host, resp.Status)
		}
		data, err := io.ReadAll(io.LimitReader(resp.Body, maxFetched+1))
		if err == nil && len(data) > maxFetched {
			err = errors.New("the answer is too large")
		}
		return data, err
	}
}

func askable(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil
}
