package secret_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/sign-with-cmd/sign-with-cmd/host/secret"
)

const pin = "73051964"

type message struct {
	Phone  string        `json:"phone"`
	PIN    secret.Secret `json:"pin"`
	hidden secret.Secret
}

// forms are the shapes in which a byte dump or a %x could still give the PIN away.
func forms() []string {
	hex := fmt.Sprintf("%x", pin)
	return []string{pin, hex, strings.ToUpper(hex), "55 51 48 53", "0x37, 0x33", "NzMwNTE5NjQ"}
}

func requireHidden(t *testing.T, text string) {
	t.Helper()
	for _, form := range forms() {
		require.NotContains(t, text, form)
	}
}

func TestPrintingShowsNothing(t *testing.T) {
	m := message{Phone: "+351 911111111", PIN: secret.New(pin), hidden: secret.New(pin)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%c", "%U", "%t", "%p"} {
		for _, value := range []any{m, &m, m.PIN, &m.PIN, []secret.Secret{m.PIN}, map[string]any{"pin": m.PIN}} {
			requireHidden(t, fmt.Sprintf(verb, value))
		}
	}
	require.Equal(t, "[redacted]", m.PIN.String())
	require.Equal(t, "[redacted]", fmt.Sprintf("%x", m.PIN))
	requireHidden(t, fmt.Errorf("typing %v: %w", m, fmt.Errorf("inner %s", m.PIN)).Error())
}

// report is what a failed test would print.
type report struct{ strings.Builder }

func (r *report) Errorf(format string, args ...any) { fmt.Fprintf(&r.Builder, format, args...) }

func TestAFailedTestShowsNothing(t *testing.T) {
	var r report
	require.False(t, assert.Equal(&r, message{PIN: secret.New(pin), hidden: secret.New(pin)}, message{Phone: "+351"}))
	require.Contains(t, r.String(), "+351")
	requireHidden(t, r.String())
}

func TestLoggingShowsNothing(t *testing.T) {
	m := message{PIN: secret.New(pin), hidden: secret.New(pin)}
	var out bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("filled", "pin", m.PIN, "message", m, "pointer", &m, "group", slog.GroupValue(slog.Any("pin", m.PIN)))
	}
	require.Contains(t, out.String(), "[redacted]")
	requireHidden(t, out.String())
}

func TestMarshallingIsAnError(t *testing.T) {
	m := message{PIN: secret.New(pin)}
	var gobbed bytes.Buffer
	for name, marshal := range map[string]func() ([]byte, error){
		"json":        func() ([]byte, error) { return json.Marshal(m) },
		"json map":    func() ([]byte, error) { return json.Marshal(map[string]any{"pin": m.PIN}) },
		"json pretty": func() ([]byte, error) { return json.MarshalIndent(&m, "", " ") },
		"xml":         func() ([]byte, error) { return xml.Marshal(m) },
		"yaml":        func() ([]byte, error) { return yaml.Marshal(m.PIN) },
		"gob":         func() ([]byte, error) { err := gob.NewEncoder(&gobbed).Encode(m); return gobbed.Bytes(), err },
		"text":        m.PIN.MarshalText,
		"binary":      m.PIN.MarshalBinary,
	} {
		t.Run(name, func(t *testing.T) {
			data, err := marshal()
			require.Error(t, err)
			requireHidden(t, string(data)+err.Error())
		})
	}
}

func TestReadFromJSON(t *testing.T) {
	var m message
	require.NoError(t, json.Unmarshal([]byte(`{"phone":"+351 911111111","pin":"73051964"}`), &m))
	require.Equal(t, pin, m.PIN.Reveal())

	for _, bad := range []string{`{"pin":73051964}`, `{"pin":["73051964"]}`, `{"pin":{"x":"73051964"}}`, `{"pin":true}`} {
		var m message
		err := json.Unmarshal([]byte(bad), &m)
		require.Error(t, err, bad)
		requireHidden(t, err.Error())
		require.True(t, m.PIN.IsZero())
	}
	require.Error(t, json.Unmarshal([]byte(`{"pin":"`+strings.Repeat("1", 5000)+`"}`), &m))
}

func TestDropEmptiesEveryCopy(t *testing.T) {
	first := secret.New(pin)
	second := first
	require.Equal(t, 8, second.Len())
	first.Drop()
	first.Drop()
	require.True(t, second.IsZero())
	require.Empty(t, second.Reveal())
}

func TestDigitsAndEqual(t *testing.T) {
	require.True(t, secret.New(pin).Digits())
	for _, bad := range []string{"", "12a4", "1234 ", "+351", "١٢٣٤"} {
		require.False(t, secret.New(bad).Digits(), bad)
	}
	require.True(t, secret.New(pin).Equal(secret.New(pin)))
	require.False(t, secret.New(pin).Equal(secret.New("73051965")))
	require.False(t, secret.New(pin).Equal(secret.New("7305196")))
	require.True(t, secret.Secret{}.Equal(secret.New("")))
}
