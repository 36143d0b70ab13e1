package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Elsewhere says whether others than this computer's own programs can reach the server: it listens on more than loopback, or is
// known by further names, as behind a proxy.
func (s Serve) Elsewhere() bool {
	host, _, err := net.SplitHostPort(s.Address)
	return err != nil || !Loopback(host) || len(s.Hosts) > 0
}

// Loopback says whether a host, as it stands in an address, is this computer itself.
func Loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

func (c *Config) checkServe() error {
	s := c.Serve
	mistake := func(err error, keys ...string) error { return c.Mistake(err, append([]string{"serve"}, keys...)...) }
	for key, address := range map[string]string{"address": s.Address, "metrics": s.Metrics} {
		if _, _, err := net.SplitHostPort(address); err != nil && (address != "" || key == "address") {
			return mistake(fmt.Errorf("%q isn't host:port", address), key)
		}
	}
	if (s.Cert == "") != (s.Key == "") {
		return mistake(errors.New("cert and key come together"), "cert")
	}
	for _, origin := range s.Origins {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme == "" || u.Host == "" || u.User != nil || strings.ToLower(u.Scheme+"://"+u.Host) != origin {
			return mistake(fmt.Errorf("%q isn't an origin: scheme://host or scheme://host:port, in small letters", origin), "origins")
		}
	}
	for _, host := range s.Hosts {
		if host == "" || strings.ContainsAny(host, "/:*@ ") || host != strings.ToLower(host) {
			return mistake(fmt.Errorf("%q isn't the name of a host, in small letters and without a port", host), "hosts")
		}
	}
	if u, err := url.Parse(s.Operator.Privacy); s.Operator.Privacy != "" && (err != nil || u.Scheme != "https" || u.Host == "" || len(s.Operator.Privacy) > 2000) {
		return mistake(fmt.Errorf("%q isn't an https address", s.Operator.Privacy), "operator", "privacy")
	}
	if (s.Operator.Name == "") != (s.Operator.Privacy == "") || len(s.Operator.Name) > 200 {
		return mistake(errors.New("name, of at most 200 bytes, and privacy come together"), "operator")
	}
	if s.Tokens.On() && s.Tokens.Audience == "" {
		return mistake(errors.New("tokens need the audience that they're made for"), "tokens", "audience")
	}
	if !s.Tokens.On() && s.Tokens.Audience != "" {
		return mistake(errors.New("tokens need a secret or a jwks file"), "tokens")
	}
	if n := s.Limits.Conversations; n < 1 || n > 10_000 {
		return mistake(fmt.Errorf("%d isn't between 1 and 10000", n), "limits", "conversations")
	}
	if n := s.Limits.PerClient; n < 1 || n > 10_000 {
		return mistake(fmt.Errorf("%d isn't between 1 and 10000", n), "limits", "per_client")
	}
	if len(s.Buckets) > maxBuckets {
		return mistake(fmt.Errorf("over %d", maxBuckets), "buckets")
	}
	for name, b := range s.Buckets {
		if !bucketName().MatchString(name) {
			return mistake(fmt.Errorf("%q isn't a name: small letters, digits and -", name), "buckets", name)
		}
		if key, err := b.check(); err != nil {
			return mistake(err, strings.Split(strings.TrimSuffix("buckets."+name+"."+key, "."), ".")...)
		}
	}
	for key, d := range map[string]time.Duration{"idle": s.Limits.Idle, "total": s.Limits.Total, "bucket": s.Limits.Bucket} {
		if d < 100*time.Millisecond || d > 24*time.Hour {
			return mistake(fmt.Errorf("%v isn't between 100ms and 24h", d), "limits", key)
		}
	}
	if d := s.Limits.Drain; d < 0 || d > 24*time.Hour {
		return mistake(fmt.Errorf("%v isn't between 0s and 24h", d), "limits", "drain")
	}
	return nil
}

// CheckServe is what only counts when the server is to be started: whoever can reach it from elsewhere does so by TLS, with a token,
// and is told who runs it. Errors: CONFIG_INVALID.
func (c *Config) CheckServe() error {
	s := c.Serve
	host, _, _ := net.SplitHostPort(s.Address)
	switch {
	case !Loopback(host) && s.Cert == "":
		return c.Mistake(fmt.Errorf("%s isn't this computer alone, so the PIN would cross the network in the clear: serve.cert and serve.key are needed", s.Address), "serve", "address")
	case s.Elsewhere() && s.Operator.Name == "":
		return c.Mistake(errors.New("others can reach this server, and this computer types their PIN: serve.operator.name and serve.operator.privacy are needed, clients show them above the PIN"), "serve", "operator")
	case s.Elsewhere() && !s.Tokens.On():
		return c.Mistake(errors.New("others can reach this server: serve.tokens is needed"), "serve", "tokens")
	case c.Downloads == "":
		return c.Mistake(errors.New("serve needs the folder that signed files are written to"), "downloads")
	}
	return nil
}

var bucketName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`) })

// maxBuckets bounds how many a server has, so that all can be looked at when it starts.
const maxBuckets = 50

func (b Bucket) check() (key string, err error) {
	u, err := url.Parse(b.URL)
	switch {
	case err != nil || u.User != nil:
		// Not the URL itself: it may hold what should stand in the environment.
		return "url", errors.New("not a URL without a password")
	case u.Scheme == "file":
		if u.Host != "" && u.Host != "localhost" || !strings.HasPrefix(u.Path, "/") || u.RawQuery != "" || u.Fragment != "" {
			return "url", fmt.Errorf("%q isn't file:///FOLDER", b.URL)
		}
	case u.Scheme == "s3":
		if u.Host == "" || u.Path != "" || u.Fragment != "" {
			return "url", errors.New("not s3://BUCKET or s3://BUCKET?region=…; a folder in it is the prefix")
		}
		if err := inTheOpen(u.Query()); err != nil {
			return "url", err
		}
	default:
		return "url", errors.New("neither s3:// nor file://")
	}
	if b.Prefix != "" && (!strings.HasSuffix(b.Prefix, "/") || !fs.ValidPath(strings.TrimSuffix(b.Prefix, "/")) || len(b.Prefix) > 500) {
		return "prefix", fmt.Errorf("%q isn't a folder in the bucket: a/b/", b.Prefix)
	}
	if !b.Fetch && !b.Write {
		return "", errors.New("neither fetch nor write is true, so it's for nothing")
	}
	return "", nil
}

// inTheOpen is an error where documents would cross the network without TLS.
func inTheOpen(q url.Values) error {
	plain, _ := strconv.ParseBool(q.Get("disable_https"))
	endpoint := q.Get("endpoint")
	if endpoint == "" {
		if plain {
			return errors.New("disable_https is for this computer alone")
		}
		return nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !Loopback(u.Hostname())) {
		return errors.New("the endpoint isn't https://HOST, nor http on this computer")
	}
	return nil
}
