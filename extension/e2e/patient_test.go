package e2e

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/sign-with-cmd/sign-with-cmd/extension/drive"
)

// ending is what a signing came to, as the person was told.
type ending struct {
	Screen, Code, Told string
}

// shown is what the popup shows, or would if it were open.
type shown struct {
	Screen  string
	Problem struct{ Code string }
	Code    struct{ Resend, Asked bool }
	Queue   struct {
		At   int
		Rows []struct{ State, Path string }
	}
}

func (c *chrome) shown() (now shown) {
	c.p.t.Helper()
	text, err := drive.InWorker[string](c.drive, `chrome.storage.session.get("view").then((kept) => JSON.stringify(kept.view ?? {}))`)
	if err == nil {
		_ = json.Unmarshal([]byte(text), &now)
	}
	return now
}

// patience of this person: tries of each kind before they give up.
const tries = 3

// patient is a person who does what each screen asks, a few times over, and then gives up.
type patient struct {
	c     *chrome
	popup *popup
	phone string // national
	// What was done so far, by screen.
	done map[string]int
	used []string // codes typed
}

// goThrough takes the document that the popup shows to an end, whatever comes.
func (c *chrome) goThrough(popup *popup, phone string) (ending, []string) {
	c.p.t.Helper()
	who := &patient{c: c, popup: popup, phone: phone, done: map[string]int{}}
	for end := time.Now().Add(5 * time.Minute); time.Now().Before(end); {
		now := c.shown()
		if who.done[now.Screen] > 2*tries {
			break // it can't even be given up
		}
		switch now.Screen {
		case "document":
			who.act(now, func() error { return errors.Join(who.popup.drive.Seen(), who.popup.drive.Press("button.primary")) })
		case "credentials":
			who.act(now, who.credentials)
		case "code":
			who.code(now)
		case "assist":
			who.act(now, who.byHand)
		case "done", "unverified", "failed", "cancelled", "interrupted", "nohost":
			return who.told(now), who.used
		default:
			<-time.After(tick)
		}
	}
	return ending{Screen: "NEVER ENDS", Told: c.shown().Screen}, who.used
}

// act does something once for each time a screen comes, and cancels when it came too often.
func (w *patient) act(now shown, do func() error) {
	w.c.p.t.Helper()
	w.open()
	if w.done[now.Screen]++; w.done[now.Screen] > tries {
		do = func() error { return w.popup.drive.PressText("button", "Cancelar") }
	}
	// Between two screens a button may be gone: the next look tells.
	if err := do(); err != nil {
		w.c.p.t.Logf("%s: %v", now.Screen, err)
	}
	w.changes(now, 5*time.Second)
}

// changes waits until another screen is shown, or this one anew with something wrong.
func (w *patient) changes(from shown, limit time.Duration) bool {
	for end := time.Now().Add(limit); time.Now().Before(end); <-time.After(tick) {
		if now := w.c.shown(); now.Screen != from.Screen || now.Problem.Code != from.Problem.Code {
			return true
		}
	}
	return false
}

// open opens the popup where it closed: before the page that asks for help it gives way.
func (w *patient) open() {
	w.c.p.t.Helper()
	if _, err := w.popup.drive.Text(); err != nil {
		w.popup = w.c.click()
		w.popup.until("choose", "document", "credentials", "working", "code", "sending", "assist", "done", "unverified", "failed",
			"cancelled", "interrupted", "nohost")
	}
}

func (w *patient) credentials() error {
	p := w.popup.drive
	for selector, text := range map[string]string{"#phone": w.phone, "#pin": goodPIN} {
		if err := p.Write(selector, text); err != nil {
			return err
		}
	}
	return p.Press("button.primary")
}

// code types the last code; where none comes, or two were refused, it asks for another.
func (w *patient) code(now shown) {
	w.c.p.t.Helper()
	const arrives = 4 * time.Second
	code := ""
	for end := time.Now().Add(arrives); code == "" && time.Now().Before(end); <-time.After(tick) {
		if code = w.c.p.sandbox.lastCode(w.phone); code == "" && w.c.shown().Screen != "code" {
			return // approved in the app
		}
	}
	if now.Code.Resend && w.done["resend"] == 0 && (code == "" || w.done["code"] == 2) {
		w.done["resend"]++
		w.open()
		if err := w.popup.drive.PressText("button", "outro código"); err != nil {
			w.c.p.t.Logf("resend: %v", err)
		}
		for end := time.Now().Add(arrives); time.Now().Before(end); <-time.After(tick) {
			if w.c.p.sandbox.lastCode(w.phone) != code && !w.c.shown().Code.Asked {
				break
			}
		}
		return
	}
	w.act(now, func() error {
		w.used = append(w.used, code)
		if err := w.popup.drive.Write("#code", code); err != nil {
			return err
		}
		return w.popup.drive.Press("button.primary")
	})
}

// byHand does what the page asks that isn't known: its picture's characters, its choice of SMS, its button.
func (w *patient) byHand() error {
	ctx, cancel := chromedp.NewContext(w.c.ctx, chromedp.WithTargetID(w.c.cmdTab()), chromedp.WithDetachOnCancel())
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.Evaluate[chromedp.Void](`(() => {
		const picture = [...document.querySelectorAll("svg text")].map((e) => e.textContent).join("");
		const box = document.querySelector("input[type=text]");
		if (picture && box) box.value = picture;
		document.querySelectorAll("input[type=radio][value=sms]").forEach((e) => e.click());
		document.querySelector("input[type=submit].main, button[type=submit]")?.click();
	})()`))
	return err
}

func (w *patient) told(now shown) ending {
	w.c.p.t.Helper()
	w.open()
	w.popup.until(now.Screen)
	const words = `[...document.querySelectorAll("main h1, main .note")].map((e) => e.innerText.replace(/\s+/g, " ").trim()).join(" — ")`
	return ending{now.Screen, now.Problem.Code, w.popup.eval(words)}
}

// lastCode is the code of the last message to a phone, "" where none came.
func (s *sandboxProcess) lastCode(phone string) string {
	var messages []struct{ Phone, Code string }
	if json.Unmarshal(s.get("/sandbox/phone.json"), &messages) != nil {
		return ""
	}
	for _, m := range messages {
		if strings.HasSuffix(strings.ReplaceAll(m.Phone, " ", ""), phone) {
			return m.Code
		}
	}
	return ""
}
