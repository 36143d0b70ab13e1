package command

import (
	"fmt"
	"html"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/trace"
)

func newTrace(load loader) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "trace",
		Short: "Os rastos para reparação guardados neste computador / The traces for repair kept on this computer",
		Long: `Quando uma página da CMD não é conhecida, o programa guarda neste computador um rasto do que viu, sem nada de seu, com o
qual quem o mantém lha pode ensinar (docs/TRACE.md). O programa não o envia a ninguém: veja-o, e envie-o se quiser.

When a CMD page isn't known, the program keeps a trace of what it saw on this computer, with nothing of yours in it, from
which the maintainers can teach it that page (docs/TRACE.md). The program sends it to nobody: look at it, and send it if you
want to.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return listTraces(load, cmd) },
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "list",
		Short: "Que rastos há / Which traces there are",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return listTraces(load, cmd) },
	}, newTraceShow(load))
	return cmd
}

// listTraces prints a line for each bundle, the newest first.
func listTraces(load loader, cmd *cobra.Command) error {
	cfg, err := load(cmd)
	if err != nil {
		return err
	}
	paths, err := trace.List(traceFolder(cfg))
	if err != nil {
		return err
	}
	for _, path := range paths {
		bundle, err := trace.Open(path)
		if err != nil {
			fmt.Fprintf(cmd.OutOrStdout(), "%s  %s\n", path, oneLine(err.Error()))
			continue
		}
		known := 0
		for _, p := range bundle.Index.Pages {
			if p.Known() {
				known++
			}
		}
		said := problem.Text{PT: "%d páginas, %d conhecidas", EN: "%d pages, %d known"}.In(cfg.Lang)
		fmt.Fprintf(cmd.OutOrStdout(), "%s  %s  %s\n", bundle.Index.Made.Local().Format(time.DateTime), path, fmt.Sprintf(said, len(bundle.Index.Pages), known))
	}
	return nil
}

// openBundle opens the bundle that an argument names: a path, or a file in the folder of bundles.
func openBundle(load loader, cmd *cobra.Command, name string) (*config.Config, *trace.Bundle, error) {
	cfg, err := load(cmd)
	if err != nil {
		return nil, nil, err
	}
	bundle, err := trace.Open(trace.Find(traceFolder(cfg), name))
	return cfg, bundle, err
}

func newTraceShow(load loader) *cobra.Command {
	var number int
	cmd := &cobra.Command{
		Use:   "show BUNDLE",
		Short: "Tudo o que se lê num rasto, antes de o enviar / All that can be read in a trace, before you send it",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, bundle, err := openBundle(load, cmd, args[0])
			if err != nil {
				return err
			}
			if number == 0 {
				showTrace(cmd.OutOrStdout(), bundle)
				return nil
			}
			for _, p := range bundle.Index.Pages {
				if p.Number == number {
					fmt.Fprintln(cmd.OutOrStdout(), printable(bundle.DOM(p)))
					return nil
				}
			}
			return fmt.Errorf("--page %d: não há / there is none", number)
		},
	}
	cmd.Flags().IntVar(&number, "page", 0, "a estrutura desta página, em HTML / the structure of this page, in HTML")
	return cmd
}

// tags are what stands between a page's words in its redacted HTML.
var tags = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`<[^>]*>`) })

func showTrace(out io.Writer, b *trace.Bundle) {
	fmt.Fprintln(out, printable(b.Readme))
	v := b.Index.Versions
	fmt.Fprintf(out, "cmdsign %s · %s · %s · %s · pages.yaml %.12s\n", oneLine(v.Host), oneLine(v.Browser), oneLine(v.System), oneLine(v.Mode), oneLine(v.Pages))
	for _, p := range b.Index.Pages {
		fmt.Fprintf(out, "\n%02d  %s\n", p.Number, oneLine(p.Host+p.Path))
		for _, name := range slices.Sorted(maps.Keys(p.Scores)) {
			fmt.Fprintf(out, "    %s: %s\n", oneLine(name), oneLine(strings.Join(p.Scores[name], ", ")))
		}
		words := strings.Fields(html.UnescapeString(tags().ReplaceAllString(b.DOM(p), " ")))
		fmt.Fprintf(out, "    %s\n", oneLine(strings.Join(words, " ")))
		if picture := b.Picture(p); picture != nil {
			fmt.Fprintf(out, "    %s (%d KB)\n", oneLine(p.Picture), len(picture)/1024)
		}
	}
}

// printable takes out what could move a terminal's cursor, and leaves the lines.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return ' '
		}
		return r
	}, s)
}
