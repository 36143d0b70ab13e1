package terminal

import (
	"bufio"
	"io"
	"os"
	"sync/atomic"
)

// maxTyped bounds a line of input, in bytes.
const maxTyped = 4096

// TTY is a person's terminal.
type TTY struct {
	In, Out *os.File
	asking  atomic.Bool
}

// Open gives the terminal to ask at: stdin and stderr where they are one, else the one that the process belongs to; nil where
// there is none.
func Open(stdin, stderr *os.File) *TTY {
	if IsTerminal(stdin) && IsTerminal(stderr) {
		return &TTY{In: stdin, Out: stderr}
	}
	in, out, err := openTTY()
	if err != nil {
		return nil
	}
	if !IsTerminal(in) {
		in.Close()
		out.Close()
		return nil
	}
	return &TTY{In: in, Out: out}
}

// lines delivers what is typed while something is asked. What is typed at other times is dropped: an answer must not be older
// than its question. The channel is closed at the end of input.
func (t *TTY) lines() <-chan []byte {
	lines := make(chan []byte)
	go func() {
		defer close(lines)
		each(t.In, func(line []byte) {
			if t.asking.Load() {
				lines <- line
			} else {
				clear(line)
			}
		})
	}()
	return lines
}

// quiet turns echo off, and gives the way back.
func (t *TTY) quiet() func() {
	before, err := echo(t.In, false)
	if err != nil {
		return func() {}
	}
	return before
}

// loud shows what is typed until the function that it gives is called.
func (t *TTY) loud() func() {
	before, err := echo(t.In, true)
	if err != nil {
		return func() {}
	}
	return before
}

// pipedLines delivers the lines of a script, each when it's asked for.
func pipedLines(r io.Reader) <-chan []byte {
	lines := make(chan []byte)
	go func() {
		defer close(lines)
		each(r, func(line []byte) { lines <- line })
	}()
	return lines
}

// each reads line by line, without what ends them. A line that is too long is an empty one.
func each(r io.Reader, take func([]byte)) {
	in := bufio.NewReaderSize(r, maxTyped)
	for {
		line, long, err := in.ReadLine()
		taken := append([]byte{}, line...)
		clear(line)
		for long && err == nil {
			clear(taken)
			taken = nil
			line, long, err = in.ReadLine()
			clear(line)
		}
		if err != nil {
			return
		}
		take(taken)
	}
}
