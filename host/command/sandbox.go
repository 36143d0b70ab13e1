package command

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
)

func newSandbox(load loader) *cobra.Command {
	var sb sandbox.Config
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve umas páginas de ensaio, sem valor legal / Serve stand-in pages to try with, of no legal value",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			sb.Dir, sb.Look, sb.Log = cfg.Sandbox.Dir, cfg.Sandbox.Look, newLog(cfg, os.Stderr)
			s, err := sandbox.Start(cmd.Context(), sb)
			if err != nil {
				return err
			}
			defer s.Close()
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "SANDBOX: sem valor legal / of no legal value. Não oficial; sem ligação ao Estado nem à ARTE/AMA.\n\n")
			fmt.Fprintf(out, "páginas / pages    %s\n", s.IntroURL())
			fmt.Fprintf(out, "telemóvel / phone  %s\n", s.PhoneURL())
			fmt.Fprintf(out, "PIN                1234\n\n")
			for _, m := range sandbox.MagicPhones() {
				text := m.PT
				if cfg.Lang == "en" {
					text = m.EN
				}
				fmt.Fprintf(out, "%-16s %s\n", m.Phone, text)
			}
			<-cmd.Context().Done()
			return nil
		},
	}
	cmd.Flags().StringVar(&sb.Addr, "addr", "127.0.0.1:0", "endereço / address")
	cmd.Flags().StringVar(&sb.Fault, "fault", "", "falha para todas as sessões / fault for every session")
	cmd.Flags().DurationVar(&sb.PageDelay, "page-delay", 0*time.Millisecond, "demora de cada página / delay of each page")
	cmd.Flags().DurationVar(&sb.Slow, "slow", 0, "demora das páginas que a falha “slow” atrasa / delay of the pages that the fault \"slow\" holds back")
	cmd.Flags().String("look", "", "aspeto / look")
	cmd.Flags().String("lang", "", "pt, en")
	return cmd
}
