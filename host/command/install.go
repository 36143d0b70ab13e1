package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/sign-with-cmd/sign-with-cmd/host/browser"
	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/environment"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/installer"
)

// installFlags are those that install, uninstall and doctor share.
type installFlags struct {
	opts installer.Options
	ids  []string
}

func (f *installFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.opts.Browsers, "browser", nil, "só este navegador / only this browser: chrome, chromium, edge, brave, vivaldi, firefox…")
	flags.StringVar(&f.opts.Dir, "dir", "", "só nesta pasta de ficheiros de registo / only in this folder of host manifests")
	flags.StringVar(&f.opts.Root, "root", "", "pasta antes dos caminhos do sistema, para fazer pacotes / folder before paths of the system, for making packages")
	flags.StringVar(&f.opts.Program, "path", "", "programa a registar, se não for este / program to register, if not this one")
	flags.String("lang", "", "pt, en")
}

// settings loads the configuration without --browser, which names a browser here and elsewhere the way to hold one.
func settings(load loader, cmd *cobra.Command) (*config.Config, error) {
	var bare cobra.Command
	for _, name := range []string{"lang", "log-level", "env", "browser-path"} {
		if flag := cmd.Flags().Lookup(name); flag != nil && flag.Changed {
			bare.Flags().AddFlag(flag)
			flag.Changed = false // or Set wouldn't note it as given
			if err := bare.Flags().Set(name, flag.Value.String()); err != nil {
				return nil, err
			}
		}
	}
	return load(&bare)
}

// complete fills in what isn't a flag. The text is why the program can't be registered from where it is.
func (f *installFlags) complete(cfg *config.Config) (why *problem.Text, err error) {
	f.opts.Version = version
	for _, folder := range []*string{&f.opts.Dir, &f.opts.Root} {
		if *folder == "" {
			continue
		}
		if *folder, err = filepath.Abs(*folder); err != nil {
			return nil, err
		}
	}
	if cfg != nil {
		f.opts.Callers = append(f.opts.Callers, cfg.Extensions...)
	}
	for _, id := range f.ids {
		caller, ok := installer.CallerOf(id)
		if !ok {
			return nil, fmt.Errorf("--extension-id %q: não é o id de uma extensão / isn't an extension's id", id)
		}
		f.opts.Callers = append(f.opts.Callers, caller)
	}
	if f.opts.On != "" {
		return nil, f.elsewhere()
	}
	if f.opts.Program != "" {
		if !filepath.IsAbs(f.opts.Program) {
			return nil, fmt.Errorf("--path %q: tem de ser absoluto / must be absolute", f.opts.Program)
		}
		return nil, nil
	}
	f.opts.Program, why, err = installer.Program()
	return why, err
}

// elsewhere checks what is told of another system, whose paths may not be this one's.
func (f *installFlags) elsewhere() error {
	if !f.opts.Print || f.opts.Program == "" || f.opts.Root != "" || f.opts.Dir != "" {
		return errors.New("--on: só com --print e --path / only with --print and --path")
	}
	if !slices.Contains([]string{"linux", "darwin", "windows"}, f.opts.On) {
		return fmt.Errorf("--on %q: linux, darwin, windows", f.opts.On)
	}
	return nil
}

func newInstall(load loader) *cobra.Command {
	var f installFlags
	var noOpen bool
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Dá a conhecer o programa aos navegadores / Make the program known to the browsers",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := settings(load, cmd)
			if err != nil {
				return err
			}
			why, err := f.complete(cfg)
			if err != nil {
				return err
			}
			if why != nil {
				return tell(cmd.OutOrStdout(), cfg.Lang, []installer.Finding{{Check: "program-temporary", Result: installer.Bad, Text: *why}})
			}
			f.opts.Lang, f.opts.Open = cfg.Lang, !noOpen
			findings, err := installer.New(f.opts).Install()
			if err != nil {
				return err
			}
			findings = append(findings, machineOf(configPath(cmd), cfg, nil).Beside(findings)...)
			return tell(cmd.OutOrStdout(), cfg.Lang, append(findings, unknownCallers(f.ids, cfg)...))
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&noOpen, "no-open", false, "não abre a página com os passos para a extensão / don't open the page with the steps for the extension")
	cmd.Flags().BoolVar(&f.opts.System, "system", false, "para todos neste computador / for everybody on this computer")
	cmd.Flags().BoolVar(&f.opts.Print, "print", false, "mostra o que escreveria, e onde; não escreve nada / show what would be written, and where; write nothing")
	cmd.Flags().StringVar(&f.opts.On, "on", "", "com --print e --path: como seria em linux, darwin ou windows, com todos os navegadores / with --print and --path: as it would be on linux, darwin or windows, with every browser")
	cmd.Flags().StringSliceVar(&f.ids, "extension-id", nil, "mais uma extensão que pode chamar o programa / one more extension that may start the program")
	return cmd
}

// unknownCallers tells of extensions that the browser will let through and the program won't.
func unknownCallers(ids []string, cfg *config.Config) (notes []installer.Finding) {
	known := map[string]bool{}
	for _, caller := range allowed(cfg) {
		known[caller] = true
	}
	for _, id := range ids {
		if caller, ok := installer.CallerOf(id); ok && !known[caller] {
			notes = append(notes, installer.Finding{Check: "caller-unknown", Result: installer.Note, Text: problem.Text{
				PT: "para o programa aceitar " + caller + ", junte-o a «extensions» em " + config.DefaultPath(),
				EN: "for the program to accept " + caller + ", add it to “extensions” in " + config.DefaultPath()}})
		}
	}
	return notes
}

func newUninstall(load loader) *cobra.Command {
	var f installFlags
	cmd := &cobra.Command{
		Use:   "uninstall",
		Short: "Desfaz o que install fez, e só isso / Undo what install did, and nothing else",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			// A broken configuration must not keep the program from being taken away.
			lang := config.SystemLang()
			if cfg, err := settings(load, cmd); err == nil {
				lang = cfg.Lang
			}
			if _, err := f.complete(nil); err != nil {
				return err
			}
			findings, err := installer.New(f.opts).Uninstall()
			if err != nil {
				return err
			}
			return tell(cmd.OutOrStdout(), lang, findings)
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&f.opts.System, "system", false, "o que foi feito para todos / what was made for everybody")
	cmd.Flags().BoolVar(&f.opts.Print, "print", false, "mostra o que retiraria / show what would be taken away")
	return cmd
}

func newDoctor(load loader) *cobra.Command {
	var f installFlags
	var asJSON, pages bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Diz o que está mal, e o comando que o emenda / Tell what is wrong, and the command that mends it",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, cfgErr := settings(load, cmd)
			lang := config.SystemLang()
			if cfgErr == nil {
				lang = cfg.Lang
			}
			if pages {
				if cfgErr != nil {
					return cfgErr
				}
				findings, err := examinePages(cmd, cfg)
				if err != nil {
					return err
				}
				if asJSON {
					return tellJSON(cmd.OutOrStdout(), lang, findings)
				}
				return tell(cmd.OutOrStdout(), lang, findings)
			}
			if _, err := f.complete(cfg); err != nil {
				return err
			}
			findings, err := installer.New(f.opts).Doctor(cmd.Context(), cfgErr != nil)
			if err != nil {
				return err
			}
			findings = append(findings, machineOf(configPath(cmd), cfg, cfgErr).Examine()...)
			if asJSON {
				return tellJSON(cmd.OutOrStdout(), lang, findings)
			}
			return tell(cmd.OutOrStdout(), lang, findings)
		},
	}
	f.add(cmd)
	pagesFlags(cmd, &pages)
	cmd.Flags().BoolVar(&asJSON, "json", false, "JSON")
	return cmd
}

// configPath is the file that the configuration is, or would be, read from.
func configPath(cmd *cobra.Command) string {
	if path, err := cmd.Flags().GetString("config"); err == nil && path != "" {
		return path
	}
	return config.DefaultPath()
}

// machineOf is what doctor looks at besides the browsers' manifests.
func machineOf(path string, cfg *config.Config, cfgErr error) installer.Machine {
	m := installer.Machine{ConfigPath: path, ConfigErr: cfgErr}
	if cfgErr != nil {
		return m
	}
	m.Environment, m.Journal = cfg.Env, filepath.Join(cfg.State, "journal")
	if cfg.Env != environment.Sandbox {
		var env environment.Environment
		env, m.EnvErr = environment.Select(cfg, cfg.Env)
		m.Custom = env.Custom
	}
	m.Browser, m.BrowserErr = browser.Find(cfg.Browser.Path)
	if cfg.Browser.Endpoint != "" {
		m.Endpoint, m.EndpointErr = reach(cfg.Browser.Endpoint)
	}
	m.Downloads, m.DownloadErr = downloads(cfg)()
	return m
}

// reach says where the browser is that the configuration names, and whether it answers.
func reach(address string) (at string, err error) {
	endpoint, err := browser.ParseEndpoint(address)
	if err != nil {
		return "browser.endpoint", problem.Newf(problem.ConfigInvalid, "browser.endpoint: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	return endpoint.Host(), browser.Reach(ctx, endpoint)
}

// checks is what doctor says where the host itself answers: the manifests, then, are as they should be.
func checks(cfg *config.Config) func(lang string) []conversation.Check {
	return func(lang string) []conversation.Check {
		var all []conversation.Check
		for _, f := range machineOf(config.DefaultPath(), cfg, nil).Examine() {
			all = append(all, conversation.Check{Check: f.Check, Result: string(f.Result), Text: oneLine(f.Text.In(lang)), Mend: f.Mend})
		}
		return all
	}
}

// marks stand before a line.
var marks = map[installer.Result]string{installer.OK: "✓", installer.Note: "·", installer.Bad: "✗"}

// tell prints findings for a person, one line each, and under it the command that mends. The error says that something is wrong.
func tell(w io.Writer, lang string, findings []installer.Finding) error {
	mend := problem.Text{PT: "emenda-se com", EN: "mend it with"}.In(lang)
	for _, f := range findings {
		if f.Content != "" {
			fmt.Fprintf(w, "# %s: %s\n", f.Title, strings.TrimSpace(f.Path+" "+f.Text.In(lang)))
			for _, more := range f.More {
				fmt.Fprintf(w, "#   %s\n", more.In(lang))
			}
			fmt.Fprint(w, f.Content)
			continue
		}
		said := oneLine(f.Text.In(lang))
		if f.Title != "" {
			said = f.Title + ": " + said
		}
		fmt.Fprintf(w, "%s %s\n", marks[f.Result], said)
		for _, more := range f.More {
			fmt.Fprintf(w, "    %s\n", more.In(lang))
		}
		if f.Mend != "" {
			fmt.Fprintf(w, "    %s: %s\n", mend, f.Mend)
		}
	}
	return failed(findings)
}

// oneLine takes out what could move a terminal's cursor: some of it is read from files of others.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}

// failed is the exit code of what was told.
func failed(findings []installer.Finding) error {
	if installer.Failed(findings) {
		return exitError(exitFailed)
	}
	return nil
}

// tellJSON prints findings for programs.
func tellJSON(w io.Writer, lang string, findings []installer.Finding) error {
	type finding struct {
		Check   string           `json:"check"`
		Result  installer.Result `json:"result"`
		Browser string           `json:"browser,omitempty"`
		Path    string           `json:"path,omitempty"`
		Text    string           `json:"text"`
		Mend    string           `json:"mend,omitempty"`
		Facts   any              `json:"facts,omitempty"`
	}
	report := struct {
		Version  string    `json:"version"`
		OK       bool      `json:"ok"`
		Findings []finding `json:"findings"`
	}{version, !installer.Failed(findings), []finding{}}
	for _, f := range findings {
		report.Findings = append(report.Findings, finding{f.Check, f.Result, f.Browser, f.Path, f.Text.In(lang), f.Mend, f.Facts})
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return errors.Join(enc.Encode(report), failed(findings))
}

// repairManifests mends the manifests of other browsers that still name an earlier place of the program, which one browser has just
// found.
func repairManifests() {
	path, why, err := installer.Program()
	if err != nil || why != nil || os.Getenv(installer.Examined) != "" {
		return
	}
	if mended := installer.New(installer.Options{Program: path}).Repair(); mended > 0 {
		fmt.Fprintf(os.Stderr, "cmdsign: %d host manifests repaired\n", mended)
	}
}
