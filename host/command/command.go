// Package command is the command line, and the place where everything is wired together.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/nativemsg"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// version is set by the build.
var version = "dev"

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
	exitLook   = 3
)

// exitError carries an exit code other than 1; it has been told already.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// Main runs the program with its arguments and gives the exit code.
func Main() int {
	// Before anything else can print: when a browser started the program, stdout is the pipe to it.
	if _, native, err := nativemsg.Caller(os.Args[1:], allowed(nil)); native {
		return runNative(os.Args[1:], err)
	}
	surviveBrokenPipes()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot()
	err := root.ExecuteContext(ctx)
	var exit exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &exit):
		return int(exit)
	}
	return report(root.ErrOrStderr(), err)
}

// surviveBrokenPipes has a pipe that nobody reads any more give an error, instead of ending the program: it may hold a signed file.
func surviveBrokenPipes() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

// report tells a person of an error: the sentence and what to do next where it has a code, else the error itself.
func report(w io.Writer, err error) int {
	var p *problem.Error
	if !errors.As(err, &p) {
		fmt.Fprintln(w, "cmdsign:", err)
		return exitUsage
	}
	lang := config.SystemLang()
	e := p.Entry()
	fmt.Fprintf(w, "cmdsign: %s [%s]\n  %s\n", e.Message.In(lang), e.Code, e.Next.In(lang))
	if p.Detail != "" {
		fmt.Fprintf(w, "  %s\n", p.Detail)
	}
	if e.Code == problem.ConfigInvalid || e.Code == problem.EnvironmentUnknown || e.Code == problem.PagesInvalid {
		return exitUsage
	}
	return exitFailed
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "cmdsign",
		Short: "Assinar PDF com a Chave Móvel Digital, e verificar o resultado / Sign PDFs with CMD, and check what comes back",
		Long: `Assina PDF com a Chave Móvel Digital (CMD) nas páginas do Estado, no seu computador, e verifica o que volta.
Não oficial; sem ligação ao Estado nem à ARTE/AMA.

Signs PDFs with CMD, Portugal's Digital Mobile Key, on the State's own web pages, on your computer, and checks what
comes back. Not official; not connected with the State.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version,
	}
	var configPath string
	root.PersistentFlags().StringVar(&configPath, "config", "", "ficheiro de configuração / configuration file")
	root.PersistentFlags().String("log-level", "", "debug, info, warn, error")
	load := func(cmd *cobra.Command) (*config.Config, error) {
		return loadConfig(cmd, configPath)
	}
	root.AddCommand(newSign(load), newConverse(load), newSandbox(load), newDemo(load), newVerify(load), newJournal(load),
		newInstall(load), newUninstall(load), newDoctor(load), newTrace(load), newPages(load), newServe(load))
	return root
}

type loader func(*cobra.Command) (*config.Config, error)
