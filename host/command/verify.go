package command

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/environment"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox/signer"
)

func newVerify(load loader) *cobra.Command {
	var original string
	var trust []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "Verificar um PDF assinado / Check a signed PDF",
		Long: `Verifica um PDF assinado: diz o que está certo, o que não está e o que não se sabe, uma linha cada.
Com --original verifica se é esse documento, mais uma assinatura, e mais nada.
Não é um relatório de validação qualificada: para isso há ` + "https://validador.autenticacao.gov.pt/validation" + `

Checks a signed PDF and says what holds, what doesn't and what isn't known, a line each. With --original it checks
that it's that document, plus one signature, and nothing else.

Exit code: 0 verified; 1 failed; 3 signed, but needs your look; 2 wrong usage.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			roots, err := anchors(cfg, trust)
			if err != nil {
				return err
			}
			report, err := verify(args[0], original, pdfsig.Options{Roots: roots})
			if err != nil {
				return err
			}
			if asJSON {
				err = json.NewEncoder(cmd.OutOrStdout()).Encode(report)
			} else {
				show(cmd.OutOrStdout(), report, cfg.Lang)
			}
			if err != nil {
				return err
			}
			switch report.Verdict {
			case pdfsig.Verified:
				return nil
			case pdfsig.Look:
				return exitError(exitLook)
			}
			return exitError(exitFailed)
		},
	}
	cmd.Flags().StringVar(&original, "original", "", "o documento que foi enviado / the document that was sent")
	cmd.Flags().StringArrayVar(&trust, "trust", nil, "ficheiro PEM com âncoras de confiança / PEM file of trust anchors")
	cmd.Flags().String("env", "", "ambiente cujas âncoras valem / environment whose anchors count")
	cmd.Flags().String("lang", "", "pt, en")
	cmd.Flags().BoolVar(&asJSON, "json", false, "JSON")
	return cmd
}

// anchors are those of the files named, else those of the environment.
func anchors(cfg *config.Config, files []string) ([]*x509.Certificate, error) {
	if len(files) > 0 {
		var all []*x509.Certificate
		for _, path := range files {
			certs, err := environment.ReadTrust(path)
			if err != nil {
				return nil, problem.Newf(problem.ConfigInvalid, "--trust: %w", err)
			}
			all = append(all, certs...)
		}
		return all, nil
	}
	if cfg.Env == environment.Sandbox {
		authority, err := signer.Open(cfg.Sandbox.Dir)
		if err != nil {
			return nil, problem.Newf(problem.Internal, "opening the sandbox's authority: %w", err)
		}
		return []*x509.Certificate{authority.Root()}, nil
	}
	env, err := environment.Select(cfg, cfg.Env)
	return env.Trust, err
}

func verify(path, originalPath string, opts pdfsig.Options) (*pdfsig.Report, error) {
	signed, size, err := openPDF(path)
	if err != nil {
		return nil, err
	}
	defer signed.Close()
	if originalPath == "" {
		return pdfsig.Verify(signed, size, opts)
	}
	original, originalSize, err := openPDF(originalPath)
	if err != nil {
		return nil, err
	}
	defer original.Close()
	return pdfsig.VerifyReturned(signed, size, original, originalSize, opts)
}

func openPDF(path string) (*os.File, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, 0, problem.Newf(problem.PDFNotFound, "%w", err)
		}
		return nil, 0, problem.Newf(problem.PDFUnreadable, "%w", err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s isn't a file", path)
	}
	if err != nil {
		f.Close()
		return nil, 0, problem.Newf(problem.PDFUnreadable, "%w", err)
	}
	return f, info.Size(), nil
}

// verdicts are what a verdict means, for a person.
var verdicts = map[pdfsig.Verdict]problem.Text{
	pdfsig.Verified: {PT: "Verificado.", EN: "Verified."},
	pdfsig.Look:     {PT: "Assinado, mas há algo que tem de ver.", EN: "Signed, but there is something that you need to look at."},
	pdfsig.Failed:   {PT: "Não passou na verificação.", EN: "It failed the check."},
}

func show(out io.Writer, report *pdfsig.Report, lang string) {
	fmt.Fprintln(out, verdicts[report.Verdict].In(lang))
	for _, s := range report.Signatures {
		when := ""
		if s.Time != nil {
			when = "  " + s.Time.Local().Format(time.DateTime)
		}
		fmt.Fprintf(out, "  %s%s\n    %s\n", s.Signer, when, s.Issuer)
	}
	for _, f := range report.Findings {
		fmt.Fprintf(out, "  %s %s\n", mark(f.Result), f.Sentence(lang))
		if f.Result != pdfsig.Pass && f.Detail != "" {
			fmt.Fprintf(out, "      %s\n", f.Detail)
		}
	}
}

// mark is the sign before a finding's line.
func mark(r pdfsig.Result) string {
	switch r {
	case pdfsig.Pass:
		return "✓"
	case pdfsig.Fail:
		return "✗"
	}
	return "?"
}
