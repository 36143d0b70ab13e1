package server

import (
	"context"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// metrics are counts without anything of a person in them: each label is one of a few words of ours.
type metrics struct {
	registry   *prometheus.Registry
	begun      prometheus.Counter
	running    prometheus.Gauge
	ended      *prometheus.CounterVec
	refused    *prometheus.CounterVec
	signatures *prometheus.CounterVec
	objects    *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		begun:    prometheus.NewCounter(prometheus.CounterOpts{Name: "cmdsign_conversations_begun_total", Help: "Conversations that began."}),
		running:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "cmdsign_conversations_running", Help: "Conversations that are held now."}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cmdsign_conversations_ended_total",
			Help: "Conversations that ended, by the code of their last document: OK, an error code of docs/PROTOCOL.md, or NONE."}, []string{"code"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cmdsign_refused_total",
			Help: "What was held back: requests, connections and messages, by a reason of docs/SERVE.md or an error code of docs/PROTOCOL.md."}, []string{"reason"}),
		signatures: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cmdsign_signatures_total",
			Help: "Documents for which a signature was made: verified, unverified, or maybe."}, []string{"outcome"}),
	}
	m.objects = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cmdsign_objects_written_total",
		Help: "Signed files that were to be written to a bucket: yes, no (kept in downloads only), or maybe."}, []string{"written"})
	for _, written := range []conversation.Written{conversation.WrittenYes, conversation.WrittenNo, conversation.WrittenMaybe} {
		m.objects.WithLabelValues(string(written))
	}
	for _, outcome := range []string{"verified", "unverified", "maybe"} {
		m.signatures.WithLabelValues(outcome)
	}
	m.registry.MustRegister(m.begun, m.running, m.ended, m.refused, m.signatures, m.objects,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) began() {
	m.begun.Inc()
	m.running.Inc()
}

func (m *metrics) finished(code string) {
	if code == "" {
		code = "NONE"
	}
	m.running.Dec()
	m.ended.WithLabelValues(code).Inc()
}

func (m *metrics) refuse(reason string) { m.refused.WithLabelValues(reason).Inc() }

func (m *metrics) signed(outcome string) { m.signatures.WithLabelValues(outcome).Inc() }

func (m *metrics) written(w conversation.Written) { m.objects.WithLabelValues(string(w)).Inc() }

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
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
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
