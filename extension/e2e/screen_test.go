package e2e

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
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
	s := &screen{t: t, env: append(env, "DISPLAY=:"+strings.TrimSpace(number)), frame: filepath.Join(dir, "Xvfb_screen0")}
	// Without a window manager no window has the focus, and a popup without it closes at once.
	manager := exec.Command("openbox")
	manager.Env = s.env
	require.NoError(t, manager.Start(), "openbox (scripts/deps.sh screen installs it)")
	t.Cleanup(func() { manager.Process.Kill(); manager.Wait() })
	return s
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

// With a real mouse: the right button on a link, our item in the menu.
func TestARealRightClick(t *testing.T) {
	skipWithoutScreen(t)
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	display := newScreen(t, person.env, person.at("run"))
	person.env = display.env
	browser := person.browse(onScreen()...)
	browser.goTo(web.url(siteHost, "/"))

	display.rightClick(browser, "same")
	popup := browser.open()
	popup.signs(web)
	require.Equal(t, []string{"privado-signed.pdf"}, person.downloads())
	require.Equal(t, 1, person.sandbox.signatures())
}

// With a real mouse: Cancel on the browser's own bar, which says that the extension started debugging.
func TestCancelOnTheDebuggingBar(t *testing.T) {
	skipWithoutScreen(t)
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	display := newScreen(t, person.env, person.at("run"))
	person.env = display.env
	// As root the bar of --no-sandbox takes the place of every other, but in tests of the browser's own.
	browser := person.browse(onScreen(chromedp.Flag("test-type", true))...)
	browser.goTo(web.url(siteHost, "/"))
	display.still()
	popup := browser.menu("same")
	popup.confirm()
	popup.credentials(goodPhone, goodPIN)
	popup.until("code")
	// The popup covers the bar's button.
	popup.close()
	display.still()
	const cancelX, cancelY = 687, 115
	display.do("mousemove", fmt.Sprint(cancelX), fmt.Sprint(cancelY))
	display.still()
	display.do("click", "1")
	browser.until("cancelled")
	require.Zero(t, person.sandbox.signatures())
	require.Empty(t, person.downloads())
}

func skipWithoutScreen(t *testing.T) {
	t.Helper()
	if os.Getenv("E2E_SCREEN") == "" {
		t.Skip("moves a real pointer on a screen of its own, whose timing isn't ours: make test-screen")
	}
}

// onScreen has a browser show its window, in the corner of the screen.
func onScreen(more ...chromedp.ExecAllocatorOption) []chromedp.ExecAllocatorOption {
	return append(more, chromedp.Flag("headless", false), chromedp.Flag("window-position", "0,0"), chromedp.WindowSize(1000, 800))
}

// rightClick presses the right button on a link, and the left one on "Assinar com CMD" in the menu that comes.
func (s *screen) rightClick(browser *chrome, link string) {
	s.t.Helper()
	var at struct{ X, Y float64 }
	raw, err := chromedp.Run(browser.ctx, chromedp.Evaluate[string](fmt.Sprintf(`(() => {
		const box = document.getElementById(%q).getBoundingClientRect();
		return JSON.stringify({
			x: screenX + (outerWidth - innerWidth) / 2 + box.x + box.width / 2,
			y: screenY + outerHeight - innerHeight + box.y + box.height / 2,
		});
	})()`, link)))
	require.NoError(s.t, err)
	require.NoError(s.t, json.Unmarshal([]byte(raw), &at))
	// The extension puts its items in when it's installed, which takes a moment.
	require.Eventually(s.t, func() bool {
		return inWorker[bool](browser, `chrome.contextMenus.update("link", {}).then(() => true, () => false)`)
	}, patience, tick, "the menu has no item of ours")
	before := s.windows()
	s.do("mousemove", fmt.Sprint(int(at.X)), fmt.Sprint(int(at.Y)), "click", "3")
	var menu string
	require.Eventually(s.t, func() bool {
		for _, w := range s.windows() {
			if !slices.Contains(before, w) {
				menu = w
			}
		}
		return menu != ""
	}, patience, tick, "no menu came")
	s.still()
	// "Inspect" is the last item, ours stands over it and a line.
	const aboveTheEnd = 65
	shape := map[string]int{}
	for line := range strings.Lines(s.do("getwindowgeometry", "--shell", menu)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		shape[name], _ = strconv.Atoi(value)
	}
	x, y := shape["X"]+80, shape["Y"]+shape["HEIGHT"]-aboveTheEnd
	s.do("mousemove", fmt.Sprint(x), fmt.Sprint(y))
	s.still()
	s.do("click", "1")
	browser.until("document")
}
