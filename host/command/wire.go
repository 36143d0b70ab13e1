package command

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sign-with-cmd/sign-with-cmd/host/browser"
	"github.com/sign-with-cmd/sign-with-cmd/host/cmdpages"
	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/environment"
	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
	"github.com/sign-with-cmd/sign-with-cmd/host/save"
	"github.com/sign-with-cmd/sign-with-cmd/host/trace"
)

// flagKeys says which setting each flag is.
var flagKeys = map[string]string{
	"env": "env", "browser": "browser.mode", "endpoint": "browser.endpoint", "browser-path": "browser.path", "headless": "browser.headless",
	"downloads": "downloads", "log-level": "log.level", "look": "sandbox.look", "lang": "lang", "trace": "trace",
	"address": "serve.address", "documents": "serve.root", "metrics": "serve.metrics",
}

func loadConfig(cmd *cobra.Command, path string) (*config.Config, error) {
	flags := map[string]*pflag.Flag{}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if key, ok := flagKeys[f.Name]; ok {
			flags[key] = f
		}
	})
	return config.Load(path, flags)
}

// signingFlags are the flags of every command that signs.
func signingFlags(cmd *cobra.Command) {
	cmd.Flags().String("env", "", "production, preprod, sandbox ou o nome de um seu / or one of your own")
	cmd.Flags().String("browser", "", "launch, attach")
	cmd.Flags().String("endpoint", "", "endereço DevTools de um navegador que já corre / DevTools address of a browser that runs already")
	cmd.Flags().String("browser-path", "", "navegador a usar / browser to use")
	cmd.Flags().String("headless", "", "auto, on, off")
	cmd.Flags().String("downloads", "", "pasta onde guardar / folder to save in")
	cmd.Flags().String("look", "", "aspeto do sandbox / look of the sandbox")
	cmd.Flags().String("lang", "", "pt, en")
	cmd.Flags().String("trace", "", "rasto para reparação / trace for repair: off, unknown, always")
}

func newLog(cfg *config.Config, stderr io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Log.Level)); err != nil {
		level = slog.LevelWarn
	}
	if cfg.Log.File != "" {
		f, err := os.OpenFile(cfg.Log.File, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err == nil {
			stderr = f
		}
	}
	return slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
}

// wired is a configuration made ready to converse.
type wired struct {
	options conversation.Options
	link    *browser.Link     // to the extension; nil where there's none
	shared  *browser.Shared   // for all conversations; nil where each has a browser of its own
	other   *browser.Endpoint // of a browser that runs already; nil where none is configured
	// patience is how long a browser that isn't reached is tried again.
	patience time.Duration
	env      environment.Environment
	sandbox  *sandbox.Sandbox
	trial    *wired // the built-in sandbox of a client that asked for it
}

// wire puts the rooms together for a configuration. With a link to the extension, relay is offered first. The sandbox environment starts a sandbox inside the process, which ends
// with ctx.
func wire(ctx context.Context, cfg *config.Config, link *browser.Link, log *slog.Logger) (*wired, error) {
	w := &wired{link: link}
	if cfg.Browser.Endpoint != "" {
		endpoint, err := browser.ParseEndpoint(cfg.Browser.Endpoint)
		if err != nil {
			return nil, cfg.Mistake(err, "browser", "endpoint")
		}
		w.other = &endpoint
	}
	if err := w.place(ctx, cfg, log); err != nil {
		return nil, err
	}
	pages, err := w.pages(cfg)
	if err != nil {
		return nil, err
	}
	records, err := journal.Open(filepath.Join(cfg.State, "journal"))
	if err != nil {
		return nil, err
	}
	w.options = conversation.Options{
		Modes:       w.modes(cfg),
		Unready:     unready(cfg),
		Environment: w.env.Name,
		Custom:      w.env.Custom,
		Marker:      w.env.Marker,
		Trust:       w.env.Trust,
		Revocation:  w.env.Revocation,
		Downloads:   downloads(cfg),
		Journal:     records,
		Work:        filepath.Join(cfg.State, "work"),
		Lang:        cfg.Lang,
		Version:     version,
		Limits:      limits(cfg),
		Show:        onDesktop,
		Doctor:      checks(cfg),
		Log:         log,
		NewMethod: func(mode string) conversation.Method {
			return cmdpages.New(w.method(mode, cfg, pages(), log))
		},
	}
	if w.other != nil {
		w.options.BrowserAt = w.other.Host()
	}
	if w.sandbox != nil {
		w.options.SandboxCode = func(ctx context.Context, phone string) (string, error) {
			// The sandbox may have been told to send none, or late.
			ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
			defer cancel()
			code, _, err := w.sandbox.WaitCode(ctx, phone)
			return code, err
		}
	}
	w.options.Trial = func(ctx context.Context) (conversation.Options, error) { return w.try(ctx, cfg, link, log) }
	return w, nil
}

// modes are the ways to a browser, the preferred one first: the person's own, then as configured.
func (w *wired) modes(cfg *config.Config) []string {
	var modes []string
	if w.link != nil {
		modes = append(modes, string(browser.ModeRelay))
	}
	switch {
	case w.other == nil:
		return append(modes, string(browser.ModeLaunch))
	case cfg.Browser.Mode == string(browser.ModeLaunch):
		return append(modes, string(browser.ModeLaunch), string(browser.ModeAttach))
	}
	return append(modes, string(browser.ModeAttach), string(browser.ModeLaunch))
}

// unready says what stands in a mode's way, where that can be seen without starting anything.
func unready(cfg *config.Config) map[string]problem.Code {
	if _, err := browser.Find(cfg.Browser.Path); err != nil {
		return map[string]problem.Code{string(browser.ModeLaunch): problem.Of(err)}
	}
	return nil
}

// try is a signing in the built-in sandbox, whatever the configuration's environment is. The sandbox is started at the first one.
func (w *wired) try(ctx context.Context, cfg *config.Config, link *browser.Link, log *slog.Logger) (conversation.Options, error) {
	if w.trial == nil {
		there := *cfg
		there.Env, there.Sandbox.Address = environment.Sandbox, ""
		trial, err := wire(ctx, &there, link, log)
		if err != nil {
			return conversation.Options{}, err
		}
		w.trial = trial
	}
	return w.trial.options, nil
}

// close ends what was started: the sandboxes and the browser that conversations share.
func (w *wired) close() {
	if w.shared != nil {
		w.shared.Close()
	}
	if w.sandbox != nil {
		w.sandbox.Close()
	}
	if w.trial != nil {
		w.trial.close()
	}
}

// pages are the page descriptions that count in the environment. A file of the person's own is read at once, so that a mistake in it is
// told before anything begins; the built-in ones where they're first needed, which isn't before the first message.
func (w *wired) pages(cfg *config.Config) (func() *cmdpages.Pages, error) {
	file := w.env.Pages
	if file == "" {
		file = cfg.Pages
	}
	if file == "" {
		return cmdpages.Builtin, nil
	}
	pages, err := cmdpages.LoadPages(file)
	return func() *cmdpages.Pages { return pages }, err
}

// method is what the CMD pages are driven with.
func (w *wired) method(mode string, cfg *config.Config, pages *cmdpages.Pages, log *slog.Logger) cmdpages.Options {
	return cmdpages.Options{
		Environment: w.env,
		Pages:       pages,
		Open:        w.opener(mode, cfg, pages, log),
		Log:         log,
		Limits: cmdpages.Limits{
			Page: cfg.Limits.Page, Unknown: cfg.Limits.Unknown, Result: cfg.Limits.Result, Person: cfg.Limits.Person, Stale: cfg.Limits.Stale},
		Trace: trace.Options{
			Dir: traceFolder(cfg), When: trace.When(cfg.Trace), Environment: w.env.Name, Versions: trace.Versions{Host: version}},
	}
}

// traceFolder is the folder of the bundles for repair.
func traceFolder(cfg *config.Config) string { return filepath.Join(cfg.State, "traces") }

// place finds the environment, and starts the sandbox where that is it and none runs.
func (w *wired) place(ctx context.Context, cfg *config.Config, log *slog.Logger) error {
	var err error
	switch {
	case cfg.Env != environment.Sandbox:
		w.env, err = environment.Select(cfg, cfg.Env)
	case cfg.Sandbox.Address != "":
		var r *sandbox.Remote
		if r, err = sandbox.At(ctx, cfg.Sandbox.Address); err != nil {
			return cfg.Mistake(err, "sandbox", "address")
		}
		w.env = environment.ForSandbox(r.IntroURL, r.Origins, r.Root)
	default:
		w.sandbox, err = sandbox.Start(ctx, sandbox.Config{Dir: cfg.Sandbox.Dir, Look: cfg.Sandbox.Look, Lang: cfg.Sandbox.Lang, Log: log})
		if err != nil {
			return problem.Newf(problem.Internal, "starting the sandbox: %w", err)
		}
		w.env = environment.ForSandbox(w.sandbox.IntroURL(), w.sandbox.Origins(), w.sandbox.Root())
	}
	return err
}

func limits(cfg *config.Config) conversation.Limits {
	l := conversation.DefaultLimits
	l.Input, l.PDF = cfg.Limits.Input, cfg.Limits.PDF
	return l
}

// opener is the way to the tab in a mode.
func (w *wired) opener(mode string, cfg *config.Config, pages *cmdpages.Pages, log *slog.Logger) func(context.Context) (browser.Tab, error) {
	switch mode {
	case string(browser.ModeRelay):
		return func(ctx context.Context) (browser.Tab, error) {
			setup, err := cmdpages.Setup(pages)
			if err != nil {
				return nil, problem.Newf(problem.Internal, "%w", err)
			}
			return browser.Relay(ctx, w.link, w.env.Origins, setup, w.env.Intro, log)
		}
	case string(browser.ModeAttach):
		return func(ctx context.Context) (browser.Tab, error) {
			return browser.Attach(ctx, browser.AttachOptions{Endpoint: *w.other, Patience: w.patience})
		}
	}
	if w.shared != nil {
		return w.shared.Open
	}
	opts := launchOptions(cfg, log)
	return func(ctx context.Context) (browser.Tab, error) { return browser.Launch(ctx, opts) }
}

// launchOptions say how the program's own browser is started.
func launchOptions(cfg *config.Config, log *slog.Logger) browser.LaunchOptions {
	opts := browser.LaunchOptions{Path: cfg.Browser.Path, Log: log}
	if cfg.Lang == "en" {
		opts.Lang = "en"
	}
	switch cfg.Browser.Headless {
	case "on":
		opts.Headless = new(true)
	case "off":
		opts.Headless = new(false)
	}
	return opts
}

// share has all conversations in one browser, as a server holds many: one of the program's own, or the one that runs already. A
// browser that's gone is tried again for a while, since whoever keeps it will start it again.
func (w *wired) share(cfg *config.Config, log *slog.Logger) {
	w.patience = sharedPatience
	w.shared = browser.NewShared(launchOptions(cfg, log), sharedPatience)
}

// sharedPatience is how long a conversation waits for a server's browser.
const sharedPatience = 15 * time.Second

// downloads gives the configured folder, else the person's own Downloads.
func downloads(cfg *config.Config) func() (string, error) {
	if cfg.Downloads == "" {
		return save.Downloads
	}
	return func() (string, error) { return cfg.Downloads, nil }
}
