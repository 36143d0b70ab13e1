package command

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/sign-with-cmd/sign-with-cmd/host/browser"
	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/nativemsg"
	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// allowed are the callers that may start the program as their host: the product's own extensions, and the configuration's.
func allowed(cfg *config.Config) []string {
	if cfg == nil {
		return manifests.Callers()
	}
	return append(manifests.Callers(), cfg.Extensions...)
}

func newConverse(load loader) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "converse",
		Short: "A conversa em linhas JSON, para programas / The conversation in lines of JSON, for scripts",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			stdout, err := nativemsg.GuardStdout()
			if err != nil {
				return err
			}
			return converse(cmd.Context(), cfg, conversation.Lines(os.Stdin, stdout), nil)
		},
	}
	signingFlags(cmd)
	return cmd
}

// converse holds a conversation over conn. link is the same pipe where an extension is at its other end.
func converse(ctx context.Context, cfg *config.Config, conn conversation.Conn, link *browser.Link) error {
	log := newLog(cfg, os.Stderr)
	w, err := wire(ctx, cfg, link, log)
	if err != nil {
		return err
	}
	defer w.close()
	if link != nil {
		w.options.Greeted = repairManifests
	}
	return conversation.Serve(ctx, conn, w.options)
}

// runNative is the program as a browser starts it. refused is why the caller isn't one of the product's own, if it isn't.
func runNative(args []string, refused error) int {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		surviveBrokenPipes()
		ended := make(chan os.Signal, 1)
		signal.Notify(ended, os.Interrupt, syscall.SIGTERM)
		go func() { <-ended; stop() }()
	}()
	stdout, err := nativemsg.GuardStdout()
	if err != nil {
		return report(os.Stderr, err)
	}
	cfg, err := config.Load("", nil)
	if err != nil {
		return report(os.Stderr, err)
	}
	if refused != nil {
		if _, _, refused = nativemsg.Caller(args, allowed(cfg)); refused != nil {
			return report(os.Stderr, refused)
		}
	}
	link := browser.NewLink(nativeConn{nativemsg.NewReader(os.Stdin, 0), nativemsg.NewWriter(stdout), heard})
	if err := converse(ctx, cfg, link, link); err != nil {
		return report(os.Stderr, err)
	}
	return exitOK
}

// nativeConn is native messaging as a conversation's connection. Nothing is read before the program hears signals: to set that up takes
// 0.2 ms, beside what the first message needs.
type nativeConn struct {
	*nativemsg.Reader
	*nativemsg.Writer
	heard <-chan struct{}
}

// Read gives the next message. A stream that has lost step has no next one: the error then isn't one to go on from.
func (c nativeConn) Read() ([]byte, error) {
	<-c.heard
	data, err := c.Reader.Read()
	if errors.Is(err, nativemsg.ErrBroken) {
		err = errors.New(err.Error())
	}
	return data, err
}
