package command

import (
	"errors"
	"fmt"
	"net/url"
	"os"

	"github.com/spf13/cobra"

	"github.com/sign-with-cmd/sign-with-cmd/host/browser"
	"github.com/sign-with-cmd/sign-with-cmd/host/cmdpages"
	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/installer"
)

// pagesFlags are those of doctor --pages.
func pagesFlags(cmd *cobra.Command, pages *bool) {
	cmd.Flags().BoolVar(pages, "pages", false,
		"só isto: abre a primeira página da CMD, sem enviar nada, e diz o que reconhece / just this: open the first CMD page, sending nothing, and say what is recognised")
	cmd.Flags().String("env", "", "production, preprod, sandbox ou o nome de um seu / or one of your own")
	cmd.Flags().String("browser-path", "", "navegador a usar / browser to use")
}

// examinePages opens the environment's first page, which is public, with a GET; nothing is clicked, filled or sent.
func examinePages(cmd *cobra.Command, cfg *config.Config) ([]installer.Finding, error) {
	log := newLog(cfg, os.Stderr)
	var w wired
	if err := w.place(cmd.Context(), cfg, log); err != nil {
		return nil, err
	}
	if w.sandbox != nil {
		defer w.sandbox.Close()
	}
	pages, err := w.pages(cfg)
	if err != nil {
		return nil, err
	}
	method := cmdpages.New(w.method(string(browser.ModeLaunch), cfg, pages(), log))
	viewer, err := method.Viewer(cmd.Context())
	if err != nil {
		return nil, errors.Join(err, method.Close())
	}
	defer viewer.Close()
	where := problem.Text{PT: "ambiente " + w.env.Name + ": " + plainAddress(w.env.Intro), EN: "environment " + w.env.Name + ": " + plainAddress(w.env.Intro)}
	place := installer.Finding{Check: "pages-environment", Result: installer.Note, Text: where,
		Facts: map[string]string{"environment": w.env.Name, "address": plainAddress(w.env.Intro)}}
	sight, err := viewer.Visit(cmd.Context(), w.env.Intro)
	if err != nil {
		var p *problem.Error
		if !errors.As(err, &p) {
			return nil, err
		}
		found := sorry(p.Entry(), p.Detail)
		found.Facts = firstPage{Sight: cmdpages.Sight{Problem: p.Code}}
		return []installer.Finding{place, found}, nil
	}
	found := judgePage(sight)
	facts := firstPage{Sight: sight, Known: found.Result == installer.OK}
	if found.Result == installer.Bad && sight.Problem == "" {
		if facts.Trace = viewer.Trace(cmd.Context()); facts.Trace != "" {
			found.Mend = "cmdsign trace show " + facts.Trace
		}
		if sight.Status >= 400 {
			facts.Problem = problem.SiteError
		}
	}
	found.Facts = facts
	return []installer.Finding{place, found}, nil
}

// firstPage is what programs are told of the first page: what "pages test --json" tells of a page, and more.
type firstPage struct {
	Known bool   `json:"known"`
	Trace string `json:"trace,omitempty"` // path of the bundle of a page that isn't known
	cmdpages.Sight
}

// judgePage says what a first page is.
func judgePage(s cmdpages.Sight) installer.Finding {
	f := installer.Finding{Check: "pages-first"}
	switch {
	case s.Problem != "":
		return sorry(problem.New(s.Problem, "").Entry(), "")
	case s.Known():
		f.Result = installer.OK
		f.Text = problem.Text{PT: "a primeira página é conhecida", EN: "the first page is known"}
	case s.Status >= 400:
		return sorry(problem.New(problem.SiteError, "").Entry(), fmt.Sprintf("HTTP %d", s.Status))
	default:
		f.Result = installer.Bad
		f.Text = problem.Text{PT: "a primeira página não é conhecida", EN: "the first page isn't known"}
	}
	pt, en := sightLines(s, "pt"), sightLines(s, "en")
	for i := range pt {
		f.More = append(f.More, problem.Text{PT: oneLine(pt[i]), EN: oneLine(en[i])})
	}
	return f
}

// sorry is an error as a finding.
func sorry(e problem.Entry, detail string) installer.Finding {
	f := installer.Finding{Check: "pages-first", Result: installer.Bad, Text: problem.Text{
		PT: fmt.Sprintf("%s [%s]", e.Message.PT, e.Code), EN: fmt.Sprintf("%s [%s]", e.Message.EN, e.Code)}, More: []problem.Text{e.Next}}
	if detail != "" {
		f.More = append(f.More, problem.Text{PT: oneLine(detail), EN: oneLine(detail)})
	}
	return f
}

// plainAddress is an address without what follows its path.
func plainAddress(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "?"
	}
	return u.Scheme + "://" + u.Host + u.Path
}
