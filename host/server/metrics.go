package server

import (
	"bytes"
	"context"
	"net/http"

	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// metrics are counts without anything of a person in them: each label is one of a few words of ours.
type metrics struct {
	begun      family
	running    family
	ended      family
	refused    family
	signatures family
	objects    family
}

func newMetrics() *metrics {
	m := &metrics{
		begun:   family{name: "cmdsign_conversations_begun_total", kind: counter, help: "Conversations that began."},
		running: family{name: "cmdsign_conversations_running", kind: gauge, help: "Conversations that are held now."},
		ended: family{name: "cmdsign_conversations_ended_total", kind: counter, label: "code",
			help: "Conversations that ended, by the code of their last document: OK, an error code of docs/PROTOCOL.md, or NONE."},
		refused: family{name: "cmdsign_refused_total", kind: counter, label: "reason",
			help: "What was held back: requests, connections and messages, by a reason of docs/SERVE.md or an error code of docs/PROTOCOL.md."},
		signatures: family{name: "cmdsign_signatures_total", kind: counter, label: "outcome",
			help: "Documents for which a signature was made: verified, unverified, or maybe."},
		objects: family{name: "cmdsign_objects_written_total", kind: counter, label: "written",
			help: "Signed files that were to be written to a bucket: yes, no (kept in downloads only), or maybe."},
	}
	// What can be counted is there from the start, at 0: a rise from nothing can't be seen.
	m.begun.add("", 0)
	m.running.add("", 0)
	for _, written := range []conversation.Written{conversation.WrittenYes, conversation.WrittenNo, conversation.WrittenMaybe} {
		m.objects.add(string(written), 0)
	}
	for _, outcome := range []string{"verified", "unverified", "maybe"} {
		m.signatures.add(outcome, 0)
	}
	return m
}

func (m *metrics) began() {
	m.begun.add("", 1)
	m.running.add("", 1)
}

func (m *metrics) finished(code string) {
	if code == "" {
		code = "NONE"
	}
	m.running.add("", -1)
	m.ended.add(code, 1)
}

func (m *metrics) refuse(reason string) { m.refused.add(reason, 1) }

func (m *metrics) signed(outcome string) { m.signatures.add(outcome, 1) }

func (m *metrics) written(w conversation.Written) { m.objects.add(string(w), 1) }

// ServeHTTP writes all metrics for Prometheus.
func (m *metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	var out bytes.Buffer
	for _, f := range []*family{&m.begun, &m.running, &m.ended, &m.refused, &m.signatures, &m.objects} {
		f.write(&out)
	}
	for _, f := range ofProcess() {
		f.write(&out)
	}
	w.Header().Set("Content-Type", expositionType)
	w.Write(out.Bytes())
}

// watching answers whether it's alive, whether it takes conversations, and the metrics.
func (s *Server) watching() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := s.ready(r.Context()); err != nil {
			s.log.Debug("not ready", "err", err)
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		w.Write([]byte("ready\n"))
	})
	mux.Handle("GET /metrics", s.metrics)
	return mux
}

// ready says why a conversation that begins now couldn't come to its end.
func (s *Server) ready(ctx context.Context) error {
	s.mu.Lock()
	draining := s.draining
	s.mu.Unlock()
	if draining {
		return problem.New(problem.ServerStopping, "")
	}
	if err := writable(s.options); err != nil || s.reach == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.patience.header)
	defer cancel()
	return s.reach(ctx)
}
