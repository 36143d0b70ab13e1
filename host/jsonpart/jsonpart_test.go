package jsonpart_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/jsonpart"
)

func TestFind(t *testing.T) {
	for name, c := range map[string]struct {
		object string
		value  string // empty: not found
	}{
		"a text":                   {`{"key":"x"}`, `"x"`},
		"among others":             {` { "a" : [1,{"key":2}] , "key" : {"b":"}"} , "c":null } `, `{"b":"}"}`},
		"a number at the end":      {`{"key":-1.5e3}`, `-1.5e3`},
		"deeper only":              {`{"a":{"key":1}}`, ``},
		"in a text":                {`{"a":"\"key\":1"}`, ``},
		"an escaped quote":         {`{"key":"a\"b\\","c":1}`, `"a\"b\\"`},
		"a key with an escape":     {`{"\u006bey":1,"key":2}`, ``},
		"twice":                    {`{"key":1,"key":2}`, ``},
		"once more, in capitals":   {`{"key":1,"KEY":2}`, ``},
		"the sign of kelvin":       {"{\"\u212aey\":1,\"key\":2}", ``}, // encoding/json takes it for a k
		"in capitals":              {`{"KEY":2}`, ``},
		"nothing":                  {`{}`, ``},
		"a list":                   {`["key",1]`, ``},
		"a text that has no end":   {`{"key":"x`, ``},
		"an object without end":    {`{"key":{"a":1}`, ``},
		"no value":                 {`{"key":}`, ``},
		"no colon":                 {`{"key" 1}`, ``},
		"a comma before the end":   {`{"key":1,}`, ``},
		"empty":                    {``, ``},
		"an end without an object": {`{"key":1`, ``},
	} {
		t.Run(name, func(t *testing.T) {
			start, end, ok := jsonpart.Find([]byte(c.object), "key")
			require.Equal(t, c.value != "", ok)
			if ok {
				require.Equal(t, c.value, c.object[start:end])
			}
		})
	}
}

func TestPlain(t *testing.T) {
	for text, plain := range map[string]bool{
		`""`: true, `"abc"`: true, `"é €"`: true, `"a\nb"`: false, "\"a\nb\"": false, "\"a\x1fb\"": false, "\"a\x20b\x7f\"": true,
		`"`: false, `x`: false, `"a"b"`: false, `"a" `: false, `"a\""`: false, ``: false,
		"\"" + strings.Repeat("é", 40) + "\x00\"": false, "\"" + strings.Repeat("x", 15) + "\t" + strings.Repeat("x", 15) + "\"": false,
	} {
		got, ok := jsonpart.Plain([]byte(text))
		require.Equal(t, plain, ok, "%q", text)
		if ok {
			require.Equal(t, text[1:len(text)-1], string(got))
		}
	}
}

// What is found is what encoding/json finds, and what is plain means what encoding/json says it means.
func FuzzFind(f *testing.F) {
	for _, seed := range []string{
		`{"key":"x"}`, ` {"a":[1,{"key":2}],"key":{"b":"}"},"c":null}`, `{"key":"a\"b\\","c":1}`, `{"key":1,"KEY":2}`, `{"\u006bey":1}`,
		"{\"\u212aey\":1,\"key\":2}", `{"key":[}`, `[[[[{"key":1}]]]]`, `{"key":tru"e}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		start, end, ok := jsonpart.Find(data, "key")
		var m struct {
			Key json.RawMessage `json:"key"`
		}
		valid := json.Unmarshal(data, &m) == nil && json.Valid(data)
		if ok {
			value := data[start:end]
			require.Equal(t, valid, json.Valid(value) && json.Valid(jsonpart.Without(data, start, end, "0")))
			if valid {
				require.Equal(t, string(m.Key), string(value))
			}
			if text, plain := jsonpart.Plain(value); plain && valid {
				var s string
				require.NoError(t, json.Unmarshal(value, &s))
				require.Equal(t, s, string(bytes.ToValidUTF8(text, []byte("\ufffd"))))
			}
		}
		if valid {
			require.Equal(t, depth(t, data) > 3, jsonpart.Deep(data, 3))
		}
	})
}

// depth is how deep encoding/json finds what is nested.
func depth(t *testing.T, data []byte) (deepest int) {
	dec := json.NewDecoder(bytes.NewReader(data))
	for now := 0; ; {
		token, err := dec.Token()
		if err != nil {
			return deepest
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			now++
			deepest = max(deepest, now)
		case json.Delim('}'), json.Delim(']'):
			now--
		}
	}
}
