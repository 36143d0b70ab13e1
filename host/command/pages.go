package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/sign-with-cmd/sign-with-cmd/host/browser"
	"github.com/sign-with-cmd/sign-with-cmd/host/cmdpages"
	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/environment"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/trace"
)

func newPages(load loader) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pages",
		Short: "As descrições das páginas da CMD, para quem as emenda / The descriptions of the CMD pages, for those who mend them",
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(newPagesTest(load))
	return cmd
}

func newPagesTest(load loader) *cobra.Command {
	var file string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "test BUNDLE",
		Short: "O que as descrições reconhecem nas páginas de um rasto / What the descriptions recognise in the pages of a trace",
		Long: `Mostra a um navegador sem rede as páginas guardadas num rasto (docs/TRACE.md), e diz de cada uma o que o programa
reconhece nela e o que falta. Decide o mesmo código que assina. Com --pages conta um ficheiro de páginas seu.

Shows the pages kept in a trace (docs/TRACE.md) to a browser without a network, and says of each what the program
recognises there and what is missing. The code that decides is the one that signs. With --pages a page file of yours
counts (docs/REPAIR.md).

Exit code: 0 all recognised; 1 not; 2 wrong usage.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, bundle, err := openBundle(load, cmd, args[0])
			if err != nil {
				return err
			}
			pages, err := cmdpages.LoadPages(file)
			if err != nil {
				return err
			}
			rows, err := recognise(cmd.Context(), cfg, bundle, pages)
			if err != nil {
				return err
			}
			if asJSON {
				err = json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"ok": allKnown(rows), "pages": rows})
			} else {
				showRows(cmd.OutOrStdout(), rows, cfg.Lang)
			}
			if err == nil && !allKnown(rows) {
				return exitError(exitFailed)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&file, "pages", "", "ficheiro de páginas sobre o do programa / page file over the built-in one")
	cmd.Flags().BoolVar(&asJSON, "json", false, "JSON")
	cmd.Flags().String("browser-path", "", "navegador a usar / browser to use")
	cmd.Flags().String("lang", "", "pt, en")
	return cmd
}

// row is what is recognised in one page of a bundle.
type row struct {
	Number int             `json:"number"`
	Host   string          `json:"host"`
	Path   string          `json:"path"`
	Known  bool            `json:"known"`
	Then   string          `json:"then,omitempty"` // what it was taken for when the bundle was made
	Now    *cmdpages.Sight `json:"now,omitempty"`  // nil: the bundle doesn't hold the page
}

func allKnown(rows []row) bool {
	return !slices.ContainsFunc(rows, func(r row) bool { return !r.Known })
}

// settled is how long a page of a bundle is given: it doesn't change any more.
const settled = 300 * time.Millisecond

// recognise shows each page of a bundle to the engine's script, at its own path.
func recognise(ctx context.Context, cfg *config.Config, bundle *trace.Bundle, pages *cmdpages.Pages) ([]row, error) {
	stage, err := openStage()
	if err != nil {
		return nil, err
	}
	defer stage.server.Close()
	method := cmdpages.New(cmdpages.Options{
		Environment: environment.Environment{Name: "bundle", Origins: []string{stage.origin}},
		Pages:       pages,
		Limits:      cmdpages.Limits{Page: cfg.Limits.Page, Unknown: settled},
		Open: func(ctx context.Context) (browser.Tab, error) {
			return browser.Launch(ctx, browser.LaunchOptions{Path: cfg.Browser.Path, Headless: new(true), Offline: true})
		},
	})
	viewer, err := method.Viewer(ctx)
	if err != nil {
		return nil, errors.Join(err, method.Close())
	}
	defer viewer.Close()
	var rows []row
	for _, p := range bundle.Index.Pages {
		r := row{Number: p.Number, Host: p.Host, Path: p.Path, Then: p.Recognised}
		if page := bundle.DOM(p); page != "" && pathLike().MatchString(p.Path) {
			stage.page.Store(&page)
			sight, err := viewer.Visit(ctx, stage.origin+p.Path)
			if err != nil {
				return nil, err
			}
			sight.Host = p.Host
			r.Now, r.Known = &sight, sight.Known()
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// pathLike is the path of a URL and nothing more.
var pathLike = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^/[!-"$->@-~]*$`) })

// stage is where the pages of a bundle are shown, on loopback. A bundle comes from others: nothing in it is run or loaded.
type stage struct {
	server *http.Server
	origin string
	page   atomic.Pointer[string]
}

func openStage() (*stage, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &stage{origin: "http://" + listener.Addr().String()}
	s.server = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'")
		h.Set("Cache-Control", "no-store")
		io.WriteString(w, *s.page.Load())
		io.WriteString(w, unseen)
	})}
	go s.server.Serve(listener)
	return s, nil
}

// unseen gives back to elements the invisibility that a style sheet of the site gave them.
const unseen = `<style>[data-cmdsign=unseen] { visibility: hidden } [data-cmdsign=unseen] :not([data-cmdsign=unseen]) { visibility: visible }</style>`

var (
	recognisedAs  = problem.Text{PT: "reconhecida: %s (%s)", EN: "recognised: %s (%s)"}
	notRecognised = problem.Text{PT: "não reconhecida", EN: "not recognised"}
	incomplete    = problem.Text{PT: "parece ser %s (%s), mas falta: %s", EN: "it looks like %s (%s), but this is missing: %s"}
	matched       = problem.Text{PT: "de %s coincide: %s", EN: "of %s this matches: %s"}
	nothingKept   = problem.Text{PT: "o rasto não guardou a estrutura desta página", EN: "the trace didn't keep this page's structure"}
	bannerOver    = problem.Text{PT: "por cima está um aviso que o programa fecharia: %s", EN: "a banner lies over it, which the program would close: %s"}
)

func showRows(out io.Writer, rows []row, lang string) {
	for _, r := range rows {
		fmt.Fprintf(out, "%02d  %s\n", r.Number, oneLine(r.Host+r.Path))
		if r.Now == nil {
			fmt.Fprintf(out, "    ✗ %s\n", nothingKept.In(lang))
			continue
		}
		for _, line := range sightLines(*r.Now, lang) {
			fmt.Fprintf(out, "    %s\n", oneLine(line))
		}
	}
}

// sightLines say what was recognised in a page, for a person.
func sightLines(s cmdpages.Sight, lang string) []string {
	kinds := strings.Join(s.Scores[s.Page], ", ")
	var lines []string
	switch {
	case s.Page == "":
		lines = append(lines, "✗ "+notRecognised.In(lang))
	case len(s.Missing) > 0:
		lines = append(lines, "✗ "+fmt.Sprintf(incomplete.In(lang), s.Page, kinds, strings.Join(s.Missing, ", ")))
	default:
		lines = append(lines, "✓ "+fmt.Sprintf(recognisedAs.In(lang), s.Page, kinds))
	}
	if !s.Known() {
		for _, name := range slices.Sorted(maps.Keys(s.Scores)) {
			if name != s.Page {
				lines = append(lines, "  "+fmt.Sprintf(matched.In(lang), name, strings.Join(s.Scores[name], ", ")))
			}
		}
	}
	for _, role := range slices.Sorted(maps.Keys(s.Elements)) {
		lines = append(lines, fmt.Sprintf("  %-14s %s", role, s.Elements[role]))
	}
	if s.Overlay != "" {
		lines = append(lines, "  "+fmt.Sprintf(bannerOver.In(lang), s.Overlay))
	}
	return lines
}
