package sandbox

import (
	"encoding/json"
	"net/http"
	"sort"
	"time"
)

// shownMessage is an SMS as /sandbox/phone.json tells it.
type shownMessage struct {
	Phone     string    `json:"phone"`
	Text      string    `json:"text"`
	Code      string    `json:"code"`
	Reference string    `json:"reference"`
	Sent      time.Time `json:"sent"`
	Until     time.Time `json:"valid_until"`
	Valid     bool      `json:"valid"`
}

// servePhone is the host that belongs to the person and to tests: the phone and the sandbox's own data.
func (s *Sandbox) servePhone(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && r.URL.Path == "/sandbox/settings" {
		s.changeSettings(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	switch r.URL.Path {
	case "/", "/sandbox/phone":
		s.render(w, http.StatusOK, phoneTemplate(), "phone", struct {
			Intro, PIN string
			Faults     []MagicPhone
		}{s.IntroURL(), PIN, Faults()})
	case "/sandbox/phone.json":
		s.sendJSON(w, s.shownMessages())
	case "/sandbox/counts":
		s.sendJSON(w, s.Counts())
	case "/sandbox/root.pem":
		w.Header().Set("Content-Type", "application/x-pem-file")
		_, _ = w.Write(s.rootPEM)
	default:
		http.NotFound(w, r)
	}
}

// changeSettings sets the fault and the look of processes that start from now on, for tests in other processes.
func (s *Sandbox) changeSettings(w http.ResponseWriter, r *http.Request) {
	// A web page that happens to be open in the same browser has no business here.
	if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+r.Host {
		http.Error(w, "sandbox: not from another origin", http.StatusForbidden)
		return
	}
	f, err := readForm(w, r, 0)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if f.values.Has("fault") {
		err = s.SetFault(f.value("fault"))
	}
	if err == nil && f.values.Has("look") {
		err = s.SetLook(f.value("look"))
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// shownMessages are the last SMS of each phone, the newest first.
func (s *Sandbox) shownMessages() []shownMessage {
	now := s.cfg.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	shown := []shownMessage{}
	for _, m := range s.outbox {
		shown = append(shown, shownMessage{m.phone, m.text(), m.code, m.reference, m.sent, m.until, m.valid(now)})
	}
	sort.Slice(shown, func(i, j int) bool { return shown[i].Sent.After(shown[j].Sent) })
	return shown
}

func (s *Sandbox) sendJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(value)
}
