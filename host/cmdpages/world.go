package cmdpages

import (
	"encoding/json"
	"sync"

	"github.com/chromedp/cdproto/runtime"
)

// worldName names the isolated world that the engine's script runs in: the page's own scripts can't reach into it.
const worldName = "cmdsign"

// worlds follows which document the main frame shows: the unique id of its isolated world, and a channel that is closed when
// it changes. Its method note runs in the loop that reads the tab's events, so it only takes notes.
type worlds struct {
	mu      sync.Mutex
	frame   string // the main frame's id
	current string
	changed chan struct{}
}

func newWorlds(frame string) *worlds {
	return &worlds{frame: frame, changed: make(chan struct{})}
}

// now gives the world of the document shown, empty while there is none, and a channel closed at the next change.
func (w *worlds) now() (string, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.current, w.changed
}

func (w *worlds) set(id string) {
	w.current = id
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *worlds) note(ev any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch ev := ev.(type) {
	case *runtime.EventExecutionContextCreated:
		var aux struct {
			FrameID string `json:"frameId"`
		}
		if json.Unmarshal(ev.Context.AuxData, &aux) != nil || aux.FrameID != w.frame || ev.Context.Name != worldName {
			return
		}
		w.set(ev.Context.UniqueID)
	case *runtime.EventExecutionContextDestroyed:
		if ev.ExecutionContextUniqueID == w.current {
			w.set("")
		}
	case *runtime.EventExecutionContextsCleared:
		w.set("")
	}
}
