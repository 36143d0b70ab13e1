package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/sign-with-cmd/sign-with-cmd/extension/drive"
)

// page is one of the extension's pages, asked by a session of its own in which nothing is enabled: a person's popup has no debugger that's told
// of each node, request and frame.
type page struct {
	popup *drive.Popup
	conn  *websocket.Conn
	asked int
}

// opening does something that opens the popup, and gives it.
func (r *relay) opening(do func() error) (*page, error) { return r.look(r.browser.Opening(do)) }

// look gives a popup that's open as a page.
func (r *relay) look(p *drive.Popup, err error) (*page, error) {
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, fmt.Sprintf("ws://%s/devtools/page/%s", r.debugger, p.ID()), nil)
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return &page{popup: p, conn: conn}, nil
}

// eval gives the text that an expression, or what it promises, has in the page.
func (p *page) eval(expression string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	p.asked++
	err := wsjson.Write(ctx, p.conn, map[string]any{"id": p.asked, "method": "Runtime.evaluate",
		"params": map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true}})
	if err != nil {
		return "", err
	}
	for {
		var answer struct {
			ID     int
			Error  *struct{ Message string }
			Result struct {
				Result           struct{ Value string }
				ExceptionDetails json.RawMessage
			}
		}
		if err := wsjson.Read(ctx, p.conn, &answer); err != nil {
			return "", err
		}
		if answer.ID != p.asked {
			continue // an event
		}
		switch {
		case answer.Error != nil && answer.Error.Message == "Execution context was destroyed.":
			// The popup's own document took the place of the empty one that was asked.
			return p.eval(expression)
		case answer.Error != nil:
			return "", errors.New(answer.Error.Message)
		case answer.Result.ExceptionDetails != nil:
			return "", fmt.Errorf("the page answered %.300s", answer.Result.ExceptionDetails)
		}
		return answer.Result.Result.Value, nil
	}
}

// text is all that can be read; what it can't be read for, where that is so.
func (p *page) text() string {
	text, err := p.eval(`document.body.innerText`)
	if err != nil {
		return err.Error()
	}
	return text
}

// press clicks the first element of a selector that has these words, once one has and can be.
func (p *page) press(selector, words string) error {
	_, err := await(p, fmt.Sprintf(`(() => {
		const el = [...document.querySelectorAll(%q)].find((e) => !e.disabled && e.ariaDisabled !== "true" && e.innerText.includes(%q));
		el?.click();
		return el && "pressed";
	})()`, selector, words))
	return err
}

func (p *page) close() error {
	p.conn.CloseNow()
	return p.popup.Close()
}

// debuggerOf waits until the browser with a profile listens, and gives its host:port.
func debuggerOf(profile string) (string, error) {
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		data, _ := os.ReadFile(filepath.Join(profile, "DevToolsActivePort"))
		if port, _, ok := bytes.Cut(data, []byte("\n")); ok {
			return "127.0.0.1:" + string(port), nil
		}
	}
	return "", errors.New("the browser doesn't listen")
}
