package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// contestant is a native messaging host.
type contestant struct {
	name string
	args []string
	echo func(text string) any // a request that's answered with its own text
	many bool                  // it answers more than one request
}

const (
	settle  = 300 * time.Millisecond // until a host that has answered has nothing left to do
	chunk   = 512 << 10              // bytes of one message through the pipe
	chunks  = 40
	maximum = 1 << 20
)

// host measures how soon the host speaks, what it holds while nobody asks, how fast its pipe is.
func host(p place, keep func(string) error) error {
	floor := filepath.Join(p.work, "floor")
	if out, err := exec.Command("gcc", "-O2", "-o", floor, filepath.Join(p.root, "tools", "bench", "floor", "floor.c")).CombinedOutput(); err != nil {
		return fmt.Errorf("compiling the floor: %w\n%s", err, out)
	}
	store := filepath.Join(p.work, "store")
	if err := os.MkdirAll(store, 0o700); err != nil {
		return err
	}
	ours := contestant{"cmdsign", []string{p.cmdsign, manifests.Callers()[0]}, func(text string) any { return map[string]any{"ping": text} }, true}
	all := []contestant{
		{"minimal C host (floor)", []string{floor}, func(text string) any { return map[string]any{"ping": text} }, true},
		ours,
	}
	note := ""
	if path := filepath.Join(p.peers, "browserpass", "usr", "lib", "browserpass", "browserpass-native"); exists(path) {
		all = append(all, contestant{"browserpass", []string{path}, func(text string) any {
			return map[string]any{"action": "echo", "echoResponse": text}
		}, false})
	} else {
		note = "\nbrowserpass was not there to compare with.\n"
	}
	// One request for all: browserpass looks at a store, the floor sends it back, cmdsign speaks without being asked.
	request, err := json.Marshal(map[string]any{"action": "configure", "settings": map[string]any{"stores": map[string]any{
		"s": map[string]string{"id": "s", "name": "s", "path": store}}}})
	if err != nil {
		return err
	}

	first, rss, pss := map[string]values{}, map[string]values{}, map[string]values{}
	for i := range p.turns(60) + 1 {
		for _, c := range all {
			took, held, share, err := c.speak(request, i%6 == 1)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if i == 0 {
				continue // its file wasn't in memory yet
			}
			first[c.name] = append(first[c.name], took.Seconds()*1e3)
			if held > 0 {
				rss[c.name], pss[c.name] = append(rss[c.name], mb(held)), append(pss[c.name], mb(share))
			}
		}
	}
	pipe, one := map[string]values{}, map[string]values{}
	for range p.turns(15) {
		for _, c := range all {
			took, err := c.carry(1)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			one[c.name] = append(one[c.name], took.Seconds()*1e3)
			if !c.many {
				continue
			}
			if took, err = c.carry(chunks); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			pipe[c.name] = append(pipe[c.name], 2*chunks*float64(chunk)/1e6/took.Seconds())
		}
	}
	table := [][]string{{"", "start to first message, ms", "of browserpass's", "idle: resident MB", "idle: MB of its own", "start and one message of 512 KB there and back, ms", "MB/s through the pipe"}}
	for _, c := range all {
		speed, held, own := "one message a process", "it ends", "–"
		if c.many {
			speed, held, own = pipe[c.name].spread("%.0f"), rss[c.name].spread("%.1f"), pss[c.name].spread("%.1f")
		}
		table = append(table, []string{c.name, first[c.name].spread("%.1f"), ratio(first[c.name], first["browserpass"]),
			held, own, one[c.name].spread("%.1f"), speed})
	}
	return keep(rows(table) + note)
}

func mb(bytes int64) float64 { return float64(bytes) / 1e6 }

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// process is a host that runs.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    io.Reader
	stderr bytes.Buffer
	buf    []byte
}

func (c contestant) start() (*process, error) {
	p := &process{cmd: exec.Command(c.args[0], c.args[1:]...), buf: make([]byte, maximum)}
	p.cmd.Stderr = &p.stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if p.out, err = p.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	return p, p.cmd.Start()
}

func (p *process) send(frame []byte) error { _, err := p.in.Write(frame); return err }

func (p *process) receive() ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(p.out, head[:]); err != nil {
		return nil, fmt.Errorf("no answer: %w: %.500s", err, p.stderr.String())
	}
	n := binary.NativeEndian.Uint32(head[:])
	if n > maximum {
		return nil, fmt.Errorf("an answer of %d bytes", n)
	}
	_, err := io.ReadFull(p.out, p.buf[:n])
	return p.buf[:n], err
}

func (p *process) end() error {
	p.in.Close()
	var exit *exec.ExitError
	if err := p.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		return err
	}
	return nil
}

func framed(message []byte) []byte {
	return append(binary.NativeEndian.AppendUint32(nil, uint32(len(message))), message...)
}

// speak is the time from the start of a host to its first message, and what it then holds, in bytes, if that is asked for.
func (c contestant) speak(request []byte, look bool) (took time.Duration, rss, pss int64, err error) {
	begin := time.Now()
	p, err := c.start()
	if err != nil {
		return 0, 0, 0, err
	}
	// A host that has answered may have gone by now: what it said counts.
	sent := p.send(framed(request))
	if _, err = p.receive(); err != nil {
		return 0, 0, 0, errors.Join(err, sent, p.end())
	}
	took = time.Since(begin)
	if look && c.many {
		time.Sleep(settle)
		rollup := fmt.Sprintf("/proc/%d/smaps_rollup", p.cmd.Process.Pid)
		rss, pss = status(rollup, "Rss"), status(rollup, "Pss")
	}
	return took, rss, pss, p.end()
}

// carry is the time for n messages there and back, one after the other. For one message it's counted from the start of the host, for
// several from its first message.
func (c contestant) carry(n int) (time.Duration, error) {
	text := strings.Repeat("x", chunk)
	message, err := json.Marshal(c.echo(text))
	if err != nil {
		return 0, err
	}
	frame := framed(message)
	begin := time.Now()
	p, err := c.start()
	if err != nil {
		return 0, err
	}
	defer p.end()
	for i := range n + 1 {
		if i == 1 && n > 1 {
			begin = time.Now()
		}
		if i == n && n == 1 {
			break
		}
		if err := p.send(frame); err != nil {
			return 0, err
		}
		for {
			answer, err := p.receive()
			if err != nil {
				return 0, err
			}
			if len(answer) >= chunk {
				break
			}
		}
	}
	return time.Since(begin), nil
}
