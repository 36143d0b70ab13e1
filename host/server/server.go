// Package server holds the conversation of docs/PROTOCOL.md over WebSocket, for web pages, servers and scripts: one conversation for
// each connection, with limits on everything that comes from outside. Health, readiness and metrics have a listener of their own.
// docs/SERVE.md is for whoever runs it.
package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// patience is how long a client may take for what needs no person.
type patience struct {
	header  time.Duration // the head of a request, or the TLS handshake
	message time.Duration // a message, once it began
	write   time.Duration // to take a message of ours
	ping    time.Duration // between pings, and for the answer to one
}

var usual = patience{header: 5 * time.Second, message: 60 * time.Second, write: 30 * time.Second, ping: 30 * time.Second}

// Server is a listening server.
type Server struct {
	cfg      config.Serve
	options  conversation.Options
	log      *slog.Logger
	patience patience
	leaf     *x509.Certificate // nil without TLS
	keys     *keyring          // nil: no token is asked for
	seal     *sealKey
	ledger   ledger
	root     *os.Root // nil: no document can be named
	buckets  buckets
	metrics  *metrics
	reach    func(context.Context) error // nil: the browser is started when it's needed

	listener, watched net.Listener // watched is nil where metrics aren't asked for
	http, watch       *http.Server

	mu       sync.Mutex
	running  int
	clients  map[netip.Addr]int
	draining bool
	count    int
	open     sync.WaitGroup
}

// Listen checks the configuration and listens. options are what conversations work with; what is for a person before this computer
// only is left out of them. Errors: CONFIG_INVALID, or why it can't listen.
func Listen(cfg *config.Config, options conversation.Options, log *slog.Logger) (*Server, error) {
	return listen(cfg, options, log, usual)
}

func listen(cfg *config.Config, options conversation.Options, log *slog.Logger, p patience) (*Server, error) {
	if err := cfg.CheckServe(); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg.Serve, options: options, log: log, patience: p, clients: map[netip.Addr]int{}, metrics: newMetrics()}
	s.ledger.used = map[passID]entry{}
	s.options.Show, s.options.Doctor, s.options.Trial, s.options.Log = nil, nil, nil, log
	s.options.Limits.Input = min(s.options.Limits.Input, s.cfg.Limits.Idle)
	if s.cfg.Operator.Name != "" {
		s.options.Operator = &conversation.Operator{Name: s.cfg.Operator.Name, Privacy: s.cfg.Operator.Privacy}
	}
	if err := writable(options); err != nil {
		return nil, cfg.Mistake(err, "downloads")
	}
	var err error
	if s.cfg.Tokens.On() {
		if s.keys, err = readKeys(s.cfg.Tokens, options.Environment); err != nil {
			return nil, cfg.Mistake(err, "serve", "tokens")
		}
	}
	if s.seal, err = readSealKey(s.cfg.Seal.Key); err != nil {
		return nil, cfg.Mistake(err, "serve", "seal")
	}
	s.options.Sealing = s.seal.sealing(s.cfg.Seal)
	if s.cfg.Root != "" {
		if s.root, err = os.OpenRoot(s.cfg.Root); err != nil {
			return nil, cfg.Mistake(err, "serve", "root")
		}
	}
	if s.buckets, err = openBuckets(context.Background(), cfg, s.metrics.written); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	var certificate *tls.Config
	if s.cfg.Cert != "" {
		pair, err := tls.LoadX509KeyPair(s.cfg.Cert, s.cfg.Key)
		if err != nil {
			return nil, errors.Join(cfg.Mistake(err, "serve", "cert"), s.Close())
		}
		// Only HTTP/1.1: a WebSocket takes the whole connection.
		s.leaf, certificate = pair.Leaf, &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}}
	}
	if s.listener, err = net.Listen("tcp", s.cfg.Address); err != nil {
		return nil, errors.Join(cfg.Mistake(err, "serve", "address"), s.Close())
	}
	// Some more than the conversations: whoever is refused needs a connection to be told so.
	s.listener = newCapped(s.listener, 2*s.cfg.Limits.Conversations+64, s.cfg.Limits.PerClient+16, func() { s.metrics.refuse("connections") })
	if certificate != nil {
		s.listener = tls.NewListener(s.listener, certificate)
	}
	s.http = s.httpServer(s)
	if s.cfg.Metrics != "" {
		if s.watched, err = net.Listen("tcp", s.cfg.Metrics); err != nil {
			return nil, errors.Join(cfg.Mistake(err, "serve", "metrics"), s.Close())
		}
		s.watch = s.httpServer(s.watching())
	}
	return s, nil
}

func (s *Server) httpServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: s.patience.header, ReadTimeout: s.patience.header, WriteTimeout: 2 * s.patience.header,
		IdleTimeout: s.patience.header, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

// writable says why a signed file couldn't be saved: better now than once there is one.
func writable(options conversation.Options) error {
	dir, err := options.Downloads()
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".cmdsign-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// NeedsBrowser has readiness depend on a browser that somebody else keeps: reach says why it can't be had. Call it before Serve.
func (s *Server) NeedsBrowser(reach func(context.Context) error) { s.reach = reach }

// URL is where clients connect.
func (s *Server) URL() string {
	scheme := "ws"
	if s.leaf != nil {
		scheme = "wss"
	}
	return fmt.Sprintf("%s://%s/", scheme, s.listener.Addr())
}

// MetricsURL is where health, readiness and metrics are; empty where they aren't asked for.
func (s *Server) MetricsURL() string {
	if s.watched == nil {
		return ""
	}
	return fmt.Sprintf("http://%s/metrics", s.watched.Addr())
}

// Close gives back what Listen took. Serve does so itself.
func (s *Server) Close() error {
	var errs []error
	for _, l := range []net.Listener{s.listener, s.watched} {
		if l != nil {
			if err := l.Close(); !errors.Is(err, net.ErrClosed) {
				errs = append(errs, err)
			}
		}
	}
	if s.root != nil {
		errs = append(errs, s.root.Close())
	}
	return errors.Join(append(errs, s.buckets.close())...)
}

// Serve holds conversations until ctx ends. Then it takes no new ones, lets those that run end by themselves for a while, cancels
// those that sent no code yet, and waits for the rest.
func (s *Server) Serve(ctx context.Context) error {
	defer s.Close()
	life, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	s.http.BaseContext = func(net.Listener) context.Context { return life }
	s.settle(life)
	go func() {
		for ticker := time.NewTicker(settleEvery); ; {
			select {
			case <-ticker.C:
				s.settle(life)
			case <-life.Done():
				ticker.Stop()
				return
			}
		}
	}()
	failed := make(chan error, 2)
	go func() { failed <- s.http.Serve(s.listener) }()
	if s.watch != nil {
		go func() { failed <- s.watch.Serve(s.watched) }()
		defer s.watch.Close()
	}
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	s.drain(stop)
	return err
}

// settleEvery is how often what couldn't be saved is tried again.
const settleEvery = 10 * time.Minute

func (s *Server) settle(ctx context.Context) {
	if n := conversation.Settle(ctx, s.options); n > 0 {
		s.log.Warn("somebody should look at documents that may be signed: cmdsign journal", "documents", n)
	}
}

func (s *Server) drain(stop context.CancelCauseFunc) {
	s.mu.Lock()
	s.draining = true
	running := s.running
	s.mu.Unlock()
	s.log.Info("no new conversations", "running", running)
	ended := make(chan struct{})
	go func() {
		s.open.Wait()
		close(ended)
	}()
	timer := time.NewTimer(s.cfg.Limits.Drain)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
		stop(problem.New(problem.ServerStopping, ""))
		<-ended
	}
	s.http.Close()
}
