package e2e

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// screen is a display that nobody sees.
type screen struct {
	t     *testing.T
	env   []string
	frame string // the file that always has what the screen shows
}

func newScreen(t *testing.T, env []string, dir string) *screen {
	t.Helper()
	read, write, err := os.Pipe()
	require.NoError(t, err)
	server := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1100x900x24", "-nolisten", "tcp", "-fbdir", dir)
	server.ExtraFiles = []*os.File{write}
	require.NoError(t, server.Start(), "Xvfb (scripts/deps.sh test installs it)")
	t.Cleanup(func() { server.Process.Kill(); server.Wait() })
	write.Close()
	defer read.Close()
	number, err := bufio.NewReader(read).ReadString('\n')
	require.NoError(t, err)
	return &screen{t: t, env: append(env, "DISPLAY=:"+strings.TrimSpace(number)), frame: filepath.Join(dir, "Xvfb_screen0")}
}

// do has a mouse and a keyboard do something.
func (s *screen) do(args ...string) string {
	s.t.Helper()
	tool := exec.Command("xdotool", args...)
	tool.Env = s.env
	out, err := tool.CombinedOutput()
	require.NoError(s.t, err, "xdotool %v: %s", args, out)
	return strings.TrimSpace(string(out))
}

// windows are those that can be seen, menus included.
func (s *screen) windows() []string {
	s.t.Helper()
	tool := exec.Command("xdotool", "search", "--onlyvisible", "--maxdepth", "1", "--name", "")
	tool.Env = s.env
	out, _ := tool.Output() // it fails where it finds none
	return strings.Fields(string(out))
}

// still waits until the screen shows the same for a while, and gives a sum of that.
func (s *screen) still() [32]byte {
	s.t.Helper()
	var last [32]byte
	same := 0
	require.Eventually(s.t, func() bool {
		data, err := os.ReadFile(s.frame)
		require.NoError(s.t, err)
		now := sha256.Sum256(data)
		if now == last {
			same++
		} else {
			last, same = now, 0
		}
		return same == 5
	}, patience, tick, "the screen never rests")
	return last
}

// key presses a key until it's seen to have done something: a menu that only just came takes none yet.
func (s *screen) key(name string) {
	s.t.Helper()
	before := s.still()
	require.Eventually(s.t, func() bool {
		s.do("key", name)
		return s.still() != before
	}, patience, tick, "nothing takes the key %s", name)
}

// With a real mouse: the right button on a link, the menu's item by the keyboard.
func TestARealRightClick(t *testing.T) {
	if os.Getenv("E2E_SCREEN") == "" {
		t.Skip("moves a real pointer on a screen of its own, whose timing isn't ours: make test-screen")
	}
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	display := newScreen(t, person.env, person.at("run"))
	person.env = display.env
	browser := person.browse(chromedp.Flag("headless", false), chromedp.Flag("window-position", "0,0"), chromedp.WindowSize(1000, 800))
	browser.goTo(web.url(siteHost, "/"))

	var at struct{ X, Y float64 }
	raw, err := chromedp.Run(browser.ctx, chromedp.Evaluate[string](`(() => {
		const box = document.getElementById("same").getBoundingClientRect();
		return JSON.stringify({
			x: screenX + (outerWidth - innerWidth) / 2 + box.x + box.width / 2,
			y: screenY + outerHeight - innerHeight + box.y + box.height / 2,
		});
	})()`))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal([]byte(raw), &at))
	plain := len(display.windows())
	display.do("mousemove", fmt.Sprint(int(at.X)), fmt.Sprint(int(at.Y)), "click", "3")
	require.Eventually(t, func() bool { return len(display.windows()) > plain }, patience, tick, "no menu came")
	// Upwards: "Inspect" is the last, ours stands over it.
	display.key("Up")
	display.key("Up")
	display.key("Return")
	browser.until("document")
	// Nobody manages the windows of this screen, so the popup that the browser opened may have closed again at once.
	popup := browser.click()
	popup.signs(web)
	require.Equal(t, []string{"privado-signed.pdf"}, person.downloads())
	require.Equal(t, 1, person.sandbox.signatures())
}
