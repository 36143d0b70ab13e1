package command

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
)

// answers are the journal's answers in words.
var answers = map[journal.Answer][2]string{
	journal.NotSigned:   {"não assinado", "not signed"},
	journal.MayBeSigned: {"pode estar assinado: não assine de novo antes de ver", "may be signed: don't sign again before looking"},
	journal.SignedHeld:  {"assinado, ainda por guardar", "signed, not saved yet"},
	journal.SignedSaved: {"guardado", "saved"},
}

func newJournal(load loader) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "journal",
		Short: "O que foi assinado, e o que talvez tenha sido / What was signed, and what may have been",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			records, err := journal.Open(filepath.Join(cfg.State, "journal"))
			if err != nil {
				return err
			}
			all, err := records.Status()
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(all)
			}
			for _, s := range all {
				said := answers[s.Answer][0]
				if cfg.Lang == "en" {
					said = answers[s.Answer][1]
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s  %s  %s  %s%s\n", s.Begun.Local().Format(time.DateTime), s.Document.Name, said, s.Saved, delivery(s, cfg.Lang))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "JSON")
	return cmd
}

// delivery says how the writing of a signed file to a bucket stands, where that was asked for.
func delivery(s journal.Status, lang string) string {
	if s.Document.Target == "" || s.Answer == journal.NotSigned {
		return ""
	}
	said, ok := map[string][2]string{
		"yes": {"escrito em", "written to"},
		"no":  {"não escrito em", "not written to"},
	}[s.Delivered]
	if !ok {
		said = [2]string{"não se sabe se foi escrito em", "not known whether it was written to"}
	}
	i := 0
	if lang == "en" {
		i = 1
	}
	return "  " + said[i] + " " + s.Document.Target
}
