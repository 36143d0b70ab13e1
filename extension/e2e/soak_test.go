package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

// soakSeed fixes which faults come, and in which order.
const soakSeed = 20261122

// leftOut are the faults that only wait, and those at the first page: the site's session keeps them for the next signing.
var leftOut = []string{"hang", "slow", "slow-upload", "result-hang", "lookalike-upload", "lookalike-upload-307", "outage"}

// Many signings by one browser and one host, a fault in every second: SOAK=1000 go test. What the person counts is what the
// sandbox counts; nothing is lost, signed twice, leaked or left behind, and nothing grows.
func TestSoak(t *testing.T) {
	total, err := strconv.Atoi(os.Getenv("SOAK"))
	if err != nil {
		t.Skip("takes an hour: make soak")
	}
	const persons = 2
	for i := range persons {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			soak(t, total/persons, uint64(i))
		})
	}
}

func soak(t *testing.T, n int, who uint64) {
	random := rand.New(rand.NewPCG(soakSeed, who))
	var faults []sandbox.MagicPhone
	for _, fault := range sandbox.Faults() {
		if fault.Fault != "" && !slices.Contains(leftOut, fault.Fault) {
			faults = append(faults, fault)
		}
	}
	person := newPerson(t)
	person.configure(extensionID, "limits: {page: 30s, unknown: 1s, result: 8s}")
	web := newSite(t)
	browser := person.browse()
	browser.goTo(web.url(siteHost, "/"))
	browser.click().close() // gives the extension this tab

	signed, maybe, doubts := 0, 0, 0
	var codes []string
	var use []usage
	for i := range n {
		phone, fault := goodPhone, ""
		if i%2 == 1 {
			row := faults[random.IntN(len(faults))]
			fault, phone = row.Fault, strings.TrimPrefix(row.Phone, "+351")
			if phone == "" {
				phone = fmt.Sprintf("9001%05d", i)
				person.sandbox.set("fault", fault)
			}
		}
		before := person.sandbox.signatures()
		files := len(person.downloads())
		popup := browser.pick(map[string]any{"menuItemId": "link", "linkUrl": web.url(siteHost, fmt.Sprintf("/numero/%03d", i))})
		end, used := browser.goThrough(popup, phone)
		person.sandbox.set("fault", "")
		codes = append(codes, used...)
		made, new := person.sandbox.signatures()-before, len(person.downloads())-files
		what := fmt.Sprintf("%d: %q %s %s", i, fault, end.Screen, end.Code)
		t.Log(what)
		switch {
		case end.Screen == "done":
			signed++
			require.Equal(t, 1, made, what)
			require.Contains(t, []int{1, 2}, new, what) // the browser's own download may stand beside ours
		case end.Screen == "unverified" || end.Code == "MAY_BE_SIGNED":
			maybe += made
			require.LessOrEqual(t, made, 1, what)
		default:
			require.Contains(t, []string{"failed", "cancelled"}, end.Screen, what)
			require.Zero(t, made, what)
			require.Zero(t, new, what)
		}
		if fault == "" {
			require.Equal(t, "done", end.Screen, what)
		}
		last := browser.click()
		last.until(end.Screen)
		if end.Screen == "done" {
			last.pressText("button", "Assinar outro documento")
		} else {
			last.pressText("button", "Voltar ao início")
		}
		last.until("choose")
		last.close()
		if end.Code == "MAY_BE_SIGNED" {
			doubts++
			browser.closeCMD() // it stays for the person to look
		}
		browser.alone()
		if i%25 == 24 {
			use = append(use, person.usage(browser))
			t.Logf("%d signings: %d signed, %d of the rest may be; %s", i+1, signed, maybe, use[len(use)-1])
		}
	}
	require.Equal(t, person.sandbox.signatures(), signed+maybe)
	require.Zero(t, person.sandbox.counts().LookAlike["requests"])
	if len(use) >= 4 {
		early, late := use[len(use)/4], use[len(use)-1]
		require.LessOrEqual(t, late.host, early.host*3/2+(8<<20), "the host's memory grows")
		require.LessOrEqual(t, late.files, early.files+4, "the host's open files grow")
		require.LessOrEqual(t, late.browser, early.browser*3/2+(150<<20), "the browser's memory grows")
	}
	require.Empty(t, person.secretsInFiles(codes))
	browser.stop()
	require.Eventually(t, func() bool { return len(person.processes()) == 0 }, patience, tick, "a process is left behind")
	// What a file that may still turn up is checked against stays, one for each that was left in doubt.
	kept, err := filepath.Glob(person.at("state/cmdsign/work", "*"))
	require.NoError(t, err)
	require.Len(t, kept, doubts)
	for _, dir := range []string{"tmp", "run", "cache/cmdsign/profiles"} {
		left, err := filepath.Glob(person.at(dir, "*"))
		require.NoError(t, err)
		left = slices.DeleteFunc(left, func(path string) bool {
			return strings.Contains(path, "org.chromium.") || strings.Contains(path, "dconf")
		})
		require.Empty(t, left, "left behind")
	}
}

// closeCMD closes the CMD's tabs, where some are left.
func (c *chrome) closeCMD() {
	c.p.t.Helper()
	for _, info := range c.tabs() {
		if strings.Contains(info.URL, "cmd.localhost") {
			_, err := chromedp.CallBrowser(c.ctx, target.CloseTarget, target.CloseTargetParams{TargetID: info.TargetID})
			require.NoError(c.p.t, err)
		}
	}
}

// usage is what the host and the browser hold, memory in bytes.
type usage struct {
	host, browser int64
	files         int
}

func (u usage) String() string {
	return fmt.Sprintf("host %d MiB and %d files, browser %d MiB", u.host>>20, u.files, u.browser>>20)
}

func (p *person) usage(c *chrome) (u usage) {
	p.t.Helper()
	for _, pid := range p.processes() {
		if isHost(pid) {
			u.host += resident(pid)
			open, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
			u.files += len(open)
		} else {
			u.browser += resident(pid)
		}
	}
	return u
}

// resident is a process's own memory in bytes: what it shares with others is counted there as well.
func resident(pid int) int64 {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	fields := strings.Fields(string(data))
	if len(fields) < 3 {
		return 0
	}
	pages, _ := strconv.ParseInt(fields[1], 10, 64)
	shared, _ := strconv.ParseInt(fields[2], 10, 64)
	return (pages - shared) * int64(os.Getpagesize())
}
