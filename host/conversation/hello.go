package conversation

import (
	"encoding/json"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// hello is the first message. What isn't there stays out.
type hello struct {
	State        State
	Protocol     int
	MinProtocol  int
	Version      string
	Capabilities []string
	Environment  string
	Custom       bool
	Modes        []string
	BrowserAt    string
	Operator     *Operator
	Seal         *sealInfo
	Unready      map[string]problem.Code
	Unfinished   []leftover
	Ended        []leftover
}

// MarshalJSON writes it field by field: encoding/json looks at every field of a struct's type, and of those in it, before it writes the
// first value of one. For that 0.15 ms whoever starts the host waits.
func (h hello) MarshalJSON() ([]byte, error) {
	m := members{data: []byte{'{'}}
	m.add("state", string(h.State), h.State != "")
	m.add("protocol", h.Protocol, h.Protocol != 0)
	m.add("min_protocol", h.MinProtocol, h.MinProtocol != 0)
	m.add("version", h.Version, h.Version != "")
	m.add("capabilities", h.Capabilities, len(h.Capabilities) > 0)
	m.add("environment", h.Environment, h.Environment != "")
	m.add("custom_environment", h.Custom, h.Custom)
	m.add("modes", h.Modes, len(h.Modes) > 0)
	m.add("browser_at", h.BrowserAt, h.BrowserAt != "")
	m.add("operator", h.Operator, h.Operator != nil)
	m.add("seal", h.Seal, h.Seal != nil)
	m.add("unready", h.Unready, len(h.Unready) > 0)
	m.add("unfinished", h.Unfinished, len(h.Unfinished) > 0)
	m.add("ended", h.Ended, len(h.Ended) > 0)
	return append(m.data, '}'), m.err
}

// members are those of an object, as JSON, after its brace.
type members struct {
	data []byte
	err  error
}

func (m *members) add(name string, value any, there bool) {
	if !there || m.err != nil {
		return
	}
	var text []byte
	if text, m.err = json.Marshal(value); m.err != nil {
		return
	}
	if len(m.data) > 1 {
		m.data = append(m.data, ',')
	}
	m.data = append(append(append(append(m.data, '"'), name...), '"', ':'), text...)
}
