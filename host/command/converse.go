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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	link := browser.NewLink(nativeConn{nativemsg.NewReader(os.Stdin, 0), nativemsg.NewWriter(stdout)})
	if err := converse(ctx, cfg, link, link); err != nil {
		return report(os.Stderr, err)
	}
	return exitOK
}

// nativeConn is native messaging as a conversation's connection.
type nativeConn struct {
	*nativemsg.Reader
	*nativemsg.Writer
}

// Read gives the next message. A stream that has lost step has no next one: the error then isn't one to go on from.
func (c nativeConn) Read() ([]byte, error) {
	data, err := c.Reader.Read()
	if errors.Is(err, nativemsg.ErrBroken) {
		err = errors.New(err.Error())
	}
	return data, err
}
