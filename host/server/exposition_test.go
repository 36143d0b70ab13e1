package server

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
)

// exposed is what Prometheus' own parser makes of the text.
func exposed(t *testing.T, text []byte) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	require.NoError(t, err, "%s", text)
	return families
}

func TestPrometheusReadsWhatIsWritten(t *testing.T) {
	var out bytes.Buffer
	(&family{name: "none_yet_total", kind: counter, help: "h", label: "l"}).write(&out)
	require.Empty(t, out.String())

	want := map[string]float64{`a"b`: 1, `back\slash`: 2.5, "two\nlines": -3, "é": 1 << 53, "": 1e300}
	f := family{name: "some_total", kind: counter, help: "a \\ and\na line", label: "reason"}
	for value, n := range want {
		f.add(value, n)
	}
	f.add(`a"b`, 1)
	want[`a"b`]++
	f.write(&out)
	one("plain", gauge, "h", 7).write(&out)

	families := exposed(t, out.Bytes())
	got := map[string]float64{}
	for _, m := range families["some_total"].GetMetric() {
		require.Equal(t, "reason", m.GetLabel()[0].GetName())
		got[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
	}
	require.Equal(t, want, got)
	require.Equal(t, "a \\ and\na line", families["some_total"].GetHelp())
	require.Equal(t, dto.MetricType_COUNTER, families["some_total"].GetType())
	require.Equal(t, dto.MetricType_GAUGE, families["plain"].GetType())
	require.Empty(t, families["plain"].GetMetric()[0].GetLabel())
	require.Equal(t, 7.0, families["plain"].GetMetric()[0].GetGauge().GetValue())
}

// A server that nobody has come to yet gives what docs/SERVE.md names, at 0, and how the process is.
func TestMetricsOfANewServer(t *testing.T) {
	w := httptest.NewRecorder()
	newMetrics().ServeHTTP(w, nil)
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, expfmt.TypeTextPlain, expfmt.ResponseFormat(w.Header()).FormatType())

	families := exposed(t, w.Body.Bytes())
	require.Zero(t, families["cmdsign_conversations_begun_total"].GetMetric()[0].GetCounter().GetValue())
	require.Zero(t, families["cmdsign_conversations_running"].GetMetric()[0].GetGauge().GetValue())
	require.Len(t, families["cmdsign_signatures_total"].GetMetric(), 3)
	require.Len(t, families["cmdsign_objects_written_total"].GetMetric(), 3)
	require.Positive(t, families["go_goroutines"].GetMetric()[0].GetGauge().GetValue())
	if _, err := os.Stat("/proc/self/statm"); err == nil {
		require.Greater(t, families["process_resident_memory_bytes"].GetMetric()[0].GetGauge().GetValue(), 1e6)
		require.Positive(t, families["process_open_fds"].GetMetric()[0].GetGauge().GetValue())
	}
}
