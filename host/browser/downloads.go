package browser

import (
	"context"
	"os"
	"path/filepath"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

// watchDownloads makes the net below the page engine: what the browser downloads itself, in a browser context (empty: its
// own), lands in dir, and its path is told.
func watchDownloads(ctx context.Context, dir string, in cdp.BrowserContextID) (<-chan string, error) {
	downloads := make(chan string, 16)
	names := map[string]bool{}
	err := chromedp.ListenBrowser(ctx, func(ev any) {
		switch ev := ev.(type) {
		case *cdpbrowser.EventDownloadWillBegin:
			names[ev.GUID] = true
		case *cdpbrowser.EventDownloadProgress:
			if ev.State == cdpbrowser.DownloadProgressStateCompleted && names[ev.GUID] {
				delete(names, ev.GUID)
				path := filepath.Join(dir, filepath.Base(ev.GUID))
				// One connection is told of the downloads of all contexts; another's lie elsewhere.
				if _, err := os.Lstat(path); err != nil {
					return
				}
				select {
				case downloads <- path:
				default:
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	_, err = chromedp.CallBrowser(ctx, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
		Behavior:         cdpbrowser.SetDownloadBehaviorBehaviorAllowAndName,
		BrowserContextID: in,
		DownloadPath:     dir,
		EventsEnabled:    new(true),
	})
	return downloads, err
}
