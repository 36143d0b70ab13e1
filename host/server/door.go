package server

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// refusal is why a request gets no conversation. The reason is a label of the metrics.
type refusal struct {
	reason string
	status int
	text   string
}

// ServeHTTP makes a conversation of a request, or refuses it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v, no := s.receive(r)
	if no == nil && r.URL.Path == keyPath {
		s.serveKey(w, r)
		return
	}
	if no == nil {
		no = s.enter(v)
	}
	if no != nil {
		s.metrics.refuse(no.reason)
		s.log.Info("a request was refused", "reason", no.reason)
		switch no.status {
		case http.StatusUnauthorized:
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		case http.StatusServiceUnavailable, http.StatusTooManyRequests:
			w.Header().Set("Retry-After", "30")
		}
		w.Header().Set("Connection", "close")
		http.Error(w, "cmdsign: "+no.text, no.status)
		return
	}
	defer s.leave(v)
	// Origin and host were looked at; without compression, for what is compressed beside a secret tells of it by its length.
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		s.metrics.refuse("handshake")
		return
	}
	s.converse(r.Context(), ws, v)
}

// receive looks at who asks, and from where.
func (s *Server) receive(r *http.Request) (*visitor, *refusal) {
	if !s.knownHost(r.Host) {
		// A page whose name was made to lead to this computer names itself here.
		return nil, &refusal{"host", http.StatusMisdirectedRequest, "not a name of this server"}
	}
	// A program sends none; a page can't but send its own.
	if origins := r.Header.Values("Origin"); len(origins) > 1 || len(origins) == 1 && !slices.Contains(s.cfg.Origins, origins[0]) {
		return nil, &refusal{"origin", http.StatusForbidden, "pages of this origin may not connect"}
	}
	if r.URL.Path == keyPath && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		return nil, nil
	}
	if r.URL.Path != "/" {
		return nil, &refusal{"path", http.StatusNotFound, "the conversation is at /"}
	}
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return nil, &refusal{"handshake", http.StatusUpgradeRequired, "this is a WebSocket"}
	}
	v := &visitor{s: s, client: clientOf(r.RemoteAddr)}
	if scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		if err := v.Token(strings.TrimSpace(token)); err != nil {
			return nil, &refusal{string(problem.Of(err)), http.StatusUnauthorized, problem.Lookup(problem.Of(err)).Message.EN}
		}
	}
	return v, nil
}

// knownHost says whether a Host header names this server.
func (s *Server) knownHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	return config.Loopback(host) || slices.Contains(s.cfg.Hosts, host) || s.leaf != nil && s.leaf.VerifyHostname(host) == nil
}

// clientOf is what counts as one client: an address, or the network that one household has.
func clientOf(remote string) netip.Addr {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	ip := at.Addr().Unmap().WithZone("")
	if ip.Is6() {
		return netip.PrefixFrom(ip, 64).Masked().Addr()
	}
	return ip
}

// enter takes a place for a visitor; leave gives it back.
func (s *Server) enter(v *visitor) *refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.draining:
		return &refusal{"draining", http.StatusServiceUnavailable, "the server is about to stop"}
	case s.clients[v.client] >= s.cfg.Limits.PerClient:
		return &refusal{"client_limit", http.StatusTooManyRequests, "too many conversations from this address"}
	case s.running >= s.cfg.Limits.Conversations:
		return &refusal{"full", http.StatusServiceUnavailable, "too many conversations"}
	}
	s.running++
	s.clients[v.client]++
	s.count++
	v.log = s.log.With("conversation", s.count)
	s.open.Add(1)
	return nil
}

func (s *Server) leave(v *visitor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	if s.clients[v.client]--; s.clients[v.client] == 0 {
		delete(s.clients, v.client)
	}
	s.open.Done()
}

// converse holds one conversation. life ends when the server must stop; the connection is still there then, to be told.
func (s *Server) converse(life context.Context, ws *websocket.Conn, v *visitor) {
	defer ws.CloseNow()
	ctx, end := context.WithCancelCause(life)
	defer end(nil)
	timed, cancel := context.WithTimeoutCause(ctx, s.cfg.Limits.Total, problem.New(problem.TimeOver, ""))
	defer cancel()
	v.end = end
	if s.keys != nil && v.pass == nil {
		// Pings keep a conversation: without this they would keep a place for whoever has no token.
		v.pending = time.AfterFunc(s.cfg.Limits.Idle, func() { end(problem.New(problem.TokenMissing, "")) })
		defer v.pending.Stop()
	}
	opts := s.options
	opts.Visitor, opts.Log = v, v.log

	connected, disconnect := context.WithCancel(context.WithoutCancel(life))
	defer disconnect()
	c := newConn(connected, ws, s.patience, s.metrics.refuse)
	go c.keep()
	s.metrics.began()
	defer func() {
		// One that breaks off mustn't end the others.
		if p := recover(); p != nil {
			v.outcome = string(problem.Internal)
			v.log.Error("a conversation broke off", "panic", p, "stack", string(debug.Stack()))
		}
		s.metrics.finished(v.outcome)
	}()
	v.log.Info("a conversation begins")
	err := conversation.Serve(timed, c, opts)
	v.log.Info("a conversation ended", "code", v.outcome, "err", err)

	status, reason := websocket.StatusNormalClosure, ""
	if p := causeOf(timed); p != nil {
		status, reason = websocket.StatusPolicyViolation, string(p.Code)
		if p.Code == problem.ServerStopping {
			status = websocket.StatusGoingAway
		}
	}
	ws.Close(status, reason)
}

func causeOf(ctx context.Context) *problem.Error {
	if cause := context.Cause(ctx); cause != nil {
		return problem.Wrap(problem.Internal, cause)
	}
	return nil
}
