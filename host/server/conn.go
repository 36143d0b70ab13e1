package server

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/coder/websocket"

	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

const (
	// maxMessage is as much as a line of the line transport has. Up to maxSkipped, what is longer is read, dropped and refused;
	// beyond it the connection ends.
	maxMessage = conversation.MaxLine
	maxSkipped = 64 << 20
	// Messages a second, and how many may come at once before that counts: a document of 64 MiB comes in some hundred.
	pace  = 50
	burst = 250
)

// conn is a WebSocket as a conversation's connection: one JSON text for each message.
type conn struct {
	ctx      context.Context // ends with the connection
	ws       *websocket.Conn
	patience patience
	refused  func(reason string)

	credit float64 // messages that may still come without a wait
	since  time.Time
}

func newConn(ctx context.Context, ws *websocket.Conn, p patience, refused func(string)) *conn {
	ws.SetReadLimit(maxSkipped)
	return &conn{ctx: ctx, ws: ws, patience: p, refused: refused, credit: burst, since: time.Now()}
}

// Read gives the next message.
func (c *conn) Read() ([]byte, error) {
	if err := c.wait(); err != nil {
		return nil, err
	}
	kind, r, err := c.ws.Reader(c.ctx)
	if err != nil {
		return nil, ending(err)
	}
	// Whoever sends a byte now and then would hold a place for ever.
	timer := time.AfterFunc(c.patience.message, func() {
		c.refused("slow_message")
		c.ws.CloseNow()
	})
	defer timer.Stop()
	data, err := io.ReadAll(io.LimitReader(r, maxMessage+1))
	if err == nil && len(data) > maxMessage {
		clear(data)
		if _, err = io.Copy(io.Discard, r); err == nil {
			return nil, problem.Newf(problem.MessageTooLarge, "a message of over %d bytes", maxMessage)
		}
	}
	switch {
	case errors.Is(err, websocket.ErrMessageTooBig):
		c.refused("oversize")
		return nil, ending(err)
	case err != nil:
		return nil, ending(err)
	case kind != websocket.MessageText:
		return nil, problem.New(problem.MessageMalformed, "not a text")
	}
	return data, nil
}

// ending is the error of a connection that has no next message: io.EOF where the other side said so. It never carries a code, which would
// mean that there's one.
func ending(err error) error {
	if websocket.CloseStatus(err) != -1 {
		return io.EOF
	}
	return err
}

// wait holds back whoever sends faster than anybody needs to.
func (c *conn) wait() error {
	now := time.Now()
	c.credit = min(burst, c.credit+now.Sub(c.since).Seconds()*pace)
	c.since = now
	c.credit--
	if c.credit >= 0 {
		return nil
	}
	c.refused("pace")
	timer := time.NewTimer(time.Second / pace)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-c.ctx.Done():
		return io.EOF
	}
}

// Write sends a message. A client that doesn't take it in time is dropped.
func (c *conn) Write(data []byte) error {
	ctx, cancel := context.WithTimeout(c.ctx, c.patience.write)
	defer cancel()
	err := c.ws.Write(ctx, websocket.MessageText, data)
	if err != nil {
		if ctx.Err() != nil {
			c.refused("slow_reader")
		}
		c.ws.CloseNow()
	}
	return err
}

// keep looks whether the other side is still there, until the connection ends.
func (c *conn) keep() {
	ticker := time.NewTicker(c.patience.ping)
	defer ticker.Stop()
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-ticker.C:
		}
		ctx, cancel := context.WithTimeout(c.ctx, c.patience.ping)
		err := c.ws.Ping(ctx)
		cancel()
		if err != nil {
			if c.ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
				c.refused("no_pong")
			}
			c.ws.CloseNow()
			return
		}
	}
}
