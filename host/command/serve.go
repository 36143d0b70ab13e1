package command

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/sign-with-cmd/sign-with-cmd/host/browser"
	"github.com/sign-with-cmd/sign-with-cmd/host/server"
)

func newServe(load loader) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "A conversa por WebSocket, para páginas e servidores / The conversation over WebSocket, for pages and servers",
		Long: `A conversa de docs/PROTOCOL.md por WebSocket. Neste modo é este computador que escreve o PIN e o código nas páginas da CMD: quem o
mantém pode vê-los. Só este computador lhe chega, a não ser que a configuração (serve) diga outra coisa e traga TLS, tokens, e o
nome e a política de privacidade de quem o mantém. Não oficial; sem ligação ao Estado nem à ARTE/AMA.

The conversation of docs/PROTOCOL.md over WebSocket. In this mode this computer types the PIN and the code into the CMD pages: whoever
runs it can see them. Only this computer reaches it, unless the configuration (serve) says otherwise and brings TLS, tokens, and the
name and privacy policy of whoever runs it (docs/SERVE.md). Not official; not connected with the Portuguese State.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			log := newLog(cfg, os.Stderr)
			// At the stop, what was sent is still waited for: with it goes the sandbox, where there's one inside.
			w, err := wire(context.WithoutCancel(cmd.Context()), cfg, nil, log)
			if err != nil {
				return err
			}
			defer w.close()
			w.share(cfg, log)
			s, err := server.Listen(cfg, w.options, log)
			if err != nil {
				return err
			}
			if w.other != nil {
				s.NeedsBrowser(func(ctx context.Context) error { return browser.Reach(ctx, *w.other) })
			}
			out := cmd.OutOrStdout()
			fmt.Fprintln(out, s.URL())
			if at := s.MetricsURL(); at != "" {
				fmt.Fprintln(out, at)
			}
			return s.Serve(cmd.Context())
		},
	}
	signingFlags(cmd)
	cmd.Flags().String("address", "", "onde escuta / where it listens: host:port")
	cmd.Flags().String("documents", "", "pasta dos documentos que se podem indicar / folder of the documents that may be named")
	cmd.Flags().String("metrics", "", "saúde e métricas / health and metrics: host:port")
	return cmd
}
