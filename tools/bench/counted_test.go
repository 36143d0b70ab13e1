package main

import (
	"encoding/binary"
	"io"
	"strings"
	"testing"
)

// However a stream is cut, as many messages and bytes are counted.
func TestCounting(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	frame := func(kind byte, size ...byte) string { return string([]byte{kind}) + string(size) }
	masked := func(size byte) byte { return size | 0x80 }
	message := func(json string) string {
		return string(binary.NativeEndian.AppendUint32(nil, uint32(len(json)))) + json
	}
	for _, c := range []struct {
		name            string
		counter         func(*direction) io.Writer
		stream          string
		messages, bytes int64
	}{
		{"pipe", func(d *direction) io.Writer { return zeroEnded{d} }, "{}\x00" + long + "\x00", 2, 70_002},
		{"WebSocket", func(d *direction) io.Writer { return &frames{direction: d} },
			frame(0x81, 2) + "{}" + // text
				frame(0x89, 4) + "ping" +
				frame(0x01, masked(3)) + "keyy" + "abc" + frame(0x80, masked(2)) + "keyy" + "de" + // one text in two frames
				frame(0x81, 126, 0, 200) + long[:200] +
				frame(0x81, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70) + long,
			4, 2 + 5 + 200 + 70_000},
		{"native messages", func(d *direction) io.Writer { return &native{direction: d} },
			message(`{"cdp":{}}`) + message(`{"ping":"cdp"}`) + message(`{}`) + message(`{"cdp":"`+long+`"}`), 2, 10 + 70_010},
	} {
		for _, piece := range []int{1, 2, 3, 7, 4096, len(c.stream)} {
			var d direction
			w := c.counter(&d)
			for rest := c.stream; rest != ""; {
				n := min(piece, len(rest))
				if _, err := io.WriteString(w, rest[:n]); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if d.messages.Load() != c.messages || d.bytes.Load() != c.bytes {
				t.Errorf("%s in pieces of %d: %d messages of %d bytes, not %d of %d", c.name, piece, d.messages.Load(), d.bytes.Load(), c.messages, c.bytes)
			}
		}
	}
}
