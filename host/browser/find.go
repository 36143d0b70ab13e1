package browser

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// Find gives the path of a Chromium-family browser: the preferred one if it's given, else the first that the machine has.
// It returns BROWSER_NOT_FOUND if there is none.
func Find(preferred string) (string, error) {
	if preferred != "" {
		path, err := exec.LookPath(preferred)
		if err != nil {
			return "", problem.Newf(problem.BrowserNotFound, "the configured browser: %w", err)
		}
		return path, nil
	}
	for _, name := range candidates(runtime.GOOS) {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", problem.New(problem.BrowserNotFound, "none of the known names and places")
}

// candidates are the names and places of the browsers of facts/native.md 1.4, in the order in which they are tried. Snap's
// wrapper comes last: a confined browser may not be able to use a profile of ours.
func candidates(goos string) []string {
	switch goos {
	case "darwin":
		var paths []string
		for _, app := range []string{"Google Chrome", "Chromium", "Microsoft Edge", "Brave Browser", "Vivaldi"} {
			inside := filepath.Join("Applications", app+".app", "Contents", "MacOS", app)
			paths = append(paths, "/"+inside, filepath.Join(os.Getenv("HOME"), inside))
		}
		return paths
	case "windows":
		var paths []string
		for _, root := range []string{os.Getenv("ProgramFiles"), os.Getenv("ProgramFiles(x86)"), os.Getenv("LocalAppData")} {
			if root == "" {
				continue
			}
			for _, exe := range []string{
				`Google\Chrome\Application\chrome.exe`,
				`Chromium\Application\chrome.exe`,
				`Microsoft\Edge\Application\msedge.exe`,
				`BraveSoftware\Brave-Browser\Application\brave.exe`,
				`Vivaldi\Application\vivaldi.exe`,
			} {
				paths = append(paths, filepath.Join(root, exe))
			}
		}
		return append(paths, "chrome.exe", "msedge.exe")
	default:
		return []string{
			"google-chrome-stable", "google-chrome", "chromium", "chromium-browser",
			"microsoft-edge-stable", "microsoft-edge", "brave-browser", "brave", "vivaldi-stable", "vivaldi",
			"google-chrome-beta", "google-chrome-unstable", "/opt/google/chrome/chrome", "/snap/bin/chromium",
		}
	}
}
