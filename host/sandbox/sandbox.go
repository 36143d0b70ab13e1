package sandbox

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox/signer"
)

// The hosts that the sandbox answers for. Browsers resolve every *.localhost name to loopback.
const (
	cmdHost       = "cmd.localhost"
	registryHost  = "frtend.reg.cmd.localhost"
	phoneHost     = "phone.localhost"
	lookAlikeHost = "cmd-autenticacao.localhost"
)

const (
	defaultCodeValidity = 2 * time.Minute // facts/cmd.md 4
	defaultMaxFile      = 3 << 20         // facts/cmd.md 1.6
	defaultSlow         = 20 * time.Second
	closeGrace          = 2 * time.Second
	maxRequests         = 256 // answered at once
)

// Config says how a sandbox behaves. The zero value is a classic, faultless sandbox on a free port, in Portuguese.
type Config struct {
	// Addr is where to listen, host:port; the host must be a loopback address. Default 127.0.0.1:0.
	Addr string
	// Dir keeps the test CA between runs; empty means keys that live in memory only.
	Dir string
	// Look is the look of new sessions (see Looks); a person's ?look= or cookie may choose another. Default "classic".
	Look string
	// Lang is the language of new sessions, "pt" (default) or "en".
	Lang string
	// PageDelay is added to every answer of the two hosts.
	PageDelay time.Duration
	// CodeValidity is how long a code counts. Default two minutes.
	CodeValidity time.Duration
	// MaxFile is the size in bytes above which the choose page refuses a document. Default 3 MiB.
	MaxFile int64
	// Fault is the fault of every session, by its name in Faults; a magic phone with a fault of its own overrides it.
	Fault string
	// Now is the clock of codes, locks and signatures. Default time.Now.
	Now func() time.Time
	// Slow is how long the slow faults keep a page back. Default 20 s.
	Slow time.Duration
	// Log receives what happens, never a phone, PIN or code. Default: discarded.
	Log *slog.Logger
}

// Sandbox is a running stand-in. Its methods may be called from any goroutine.
type Sandbox struct {
	cfg     Config
	port    string
	root    *x509.Certificate
	rootPEM []byte
	citizen *signer.Identity
	log     *slog.Logger
	server  *http.Server
	stop    context.CancelFunc
	key     []byte        // signs view states
	slots   chan struct{} // taken while a request is answered

	closing sync.Once
	closed  chan struct{}

	mu        sync.Mutex // guards all below
	look      *look      // of new sessions
	fault     *fault     // of new sessions; never nil
	processes map[string]*process
	outbox    map[string]*message // the last SMS of each phone
	sent      chan struct{}       // closed and replaced at each SMS
	accounts  map[string]*account
	counts    Counts
}

// Start listens and returns a running sandbox, which stops when ctx ends or Close is called. It fails when cfg names
// an unknown look, language or fault, when the address isn't loopback or is taken, or when the test CA can't be made.
func Start(ctx context.Context, cfg Config) (*Sandbox, error) {
	s := &Sandbox{
		closed:    make(chan struct{}),
		key:       make([]byte, 32),
		slots:     make(chan struct{}, maxRequests),
		processes: map[string]*process{},
		outbox:    map[string]*message{},
		sent:      make(chan struct{}),
		accounts:  map[string]*account{},
		counts:    newCounts(),
	}
	if err := s.configure(cfg); err != nil {
		return nil, err
	}
	if _, err := rand.Read(s.key); err != nil {
		return nil, fmt.Errorf("sandbox: making a key: %w", err)
	}
	authority, err := signer.Open(s.cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("sandbox: opening the test CA: %w", err)
	}
	citizen, err := authority.Citizen(citizenName)
	if err != nil {
		return nil, fmt.Errorf("sandbox: making the test citizen: %w", err)
	}
	s.root, s.rootPEM, s.citizen = authority.Root(), authority.RootPEM(), citizen

	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("sandbox: listening on %s: %w", s.cfg.Addr, err)
	}
	_, s.port, _ = net.SplitHostPort(listener.Addr().String())

	ctx, s.stop = context.WithCancel(ctx)
	s.server = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      5 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          log.New(io.Discard, "", 0),
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	go func() {
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("sandbox stopped", "error", err)
		}
	}()
	go func() {
		<-ctx.Done()
		_ = s.Close()
	}()
	s.log.Info("sandbox ready", "intro", s.IntroURL(), "phone", s.PhoneURL())
	return s, nil
}

// citizenName is the name in the test citizen's certificate.
const citizenName = "Maria Exemplo da Silva"

func (s *Sandbox) configure(cfg Config) error {
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return fmt.Errorf("sandbox: address %q: %w", cfg.Addr, err)
	}
	// A sandbox that another machine can reach would be a phishing page with our name on it.
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return fmt.Errorf("sandbox: address %q is not a loopback address", cfg.Addr)
	}
	if cfg.Look == "" {
		cfg.Look = "classic"
	}
	if s.look = lookNamed(cfg.Look); s.look == nil {
		return fmt.Errorf("sandbox: unknown look %q (known: %v)", cfg.Look, Looks())
	}
	if cfg.Lang == "" {
		cfg.Lang = "pt"
	}
	if cfg.Lang != "pt" && cfg.Lang != "en" {
		return fmt.Errorf("sandbox: unknown language %q (known: pt, en)", cfg.Lang)
	}
	if s.fault = faultNamed(cfg.Fault); s.fault == nil {
		return fmt.Errorf("sandbox: unknown fault %q; see Faults", cfg.Fault)
	}
	if cfg.CodeValidity <= 0 {
		cfg.CodeValidity = defaultCodeValidity
	}
	if cfg.MaxFile <= 0 {
		cfg.MaxFile = defaultMaxFile
	}
	if cfg.Slow <= 0 {
		cfg.Slow = defaultSlow
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s.cfg, s.log = cfg, cfg.Log
	return nil
}

// Close stops the sandbox: it lets answers under way finish for two seconds, then cuts them off.
func (s *Sandbox) Close() error {
	s.closing.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
		defer cancel()
		if s.server.Shutdown(ctx) != nil {
			_ = s.server.Close()
		}
		s.stop()
		close(s.closed)
	})
	<-s.closed
	return nil
}

// IntroURL is where a signature starts.
func (s *Sandbox) IntroURL() string { return s.origin(cmdHost) + introPath }

// Origins are the two origins that documents and secrets may go to.
func (s *Sandbox) Origins() []string { return []string{s.origin(cmdHost), s.origin(registryHost)} }

// PhoneURL is the page that shows the last SMS of each phone.
func (s *Sandbox) PhoneURL() string { return s.origin(phoneHost) + "/" }

// Addr is the address listened on, host:port.
func (s *Sandbox) Addr() string {
	host, _, _ := net.SplitHostPort(s.cfg.Addr)
	return net.JoinHostPort(host, s.port)
}

// Root is the root certificate of the test CA.
func (s *Sandbox) Root() *x509.Certificate { return s.root }

// SetFault chooses the fault of processes that start from now on, by name; "" is none.
func (s *Sandbox) SetFault(name string) error {
	f := faultNamed(name)
	if f == nil {
		return fmt.Errorf("sandbox: unknown fault %q", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
	return nil
}

// SetLook chooses the look of processes that start from now on, by name.
func (s *Sandbox) SetLook(name string) error {
	l := lookNamed(name)
	if l == nil {
		return fmt.Errorf("sandbox: unknown look %q", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look = l
	return nil
}

func (s *Sandbox) origin(host string) string { return "http://" + host + ":" + s.port }
