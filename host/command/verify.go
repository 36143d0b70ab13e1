package command

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/environment"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox/signer"
	"github.com/sign-with-cmd/sign-with-cmd/host/terminal"
)

func newVerify(load loader) *cobra.Command {
	var original string
	var trust []string
	var asJSON, offline bool
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "Verificar um PDF assinado / Check a signed PDF",
		Long: `Verifica um PDF assinado: diz o que está certo, o que não está e o que não se sabe, uma linha cada.
Com --original verifica se é esse documento, mais uma assinatura, e mais nada.
Em produção pergunta à entidade que emitiu o certificado se o revogou; com --offline nada sai deste computador.
Não é um relatório de validação qualificada: para isso há ` + "https://validador.autenticacao.gov.pt/validation" + `

Checks a signed PDF and says what holds, what doesn't and what isn't known, a line each. With --original it checks that
it's that document, plus one signature, and nothing else. In production the authority that issued the certificate is asked
whether it has revoked it; with --offline nothing leaves this computer.

Exit code: 0 verified; 1 failed; 3 signed, but needs your look; 2 wrong usage.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			env, err := verifyIn(cfg, trust)
			if err != nil {
				return err
			}
			opts := pdfsig.Options{Roots: env.Trust()}
			if env.Revocation && !offline {
				asking, done := context.WithTimeout(cmd.Context(), maxAsking)
				defer done()
				opts.Fetch = pdfsig.HTTPFetch(asking, pdfsig.FetchTimeout)
			}
			report, err := verify(args[0], original, opts)
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
	cmd.Flags().BoolVar(&offline, "offline", false, "não perguntar a ninguém se o certificado foi revogado / ask nobody whether the certificate was revoked")
	cmd.Flags().BoolVar(&asJSON, "json", false, "JSON")
	return cmd
}

// maxAsking is how long all authorities together get to say whether certificates were revoked.
const maxAsking = 30 * time.Second

// verifyIn is the environment that a file is checked in, with the trust anchors of the files named instead of its own.
func verifyIn(cfg *config.Config, files []string) (environment.Environment, error) {
	var env environment.Environment
	var err error
	if cfg.Env == environment.Sandbox {
		authority, err := signer.Open(cfg.Sandbox.Dir)
		if err != nil {
			return env, problem.Newf(problem.Internal, "opening the sandbox's authority: %w", err)
		}
		env = environment.ForSandbox("", nil, authority.Root())
	} else if env, err = environment.Select(cfg, cfg.Env); err != nil {
		return env, err
	}
	var anchors []*x509.Certificate
	for _, path := range files {
		certs, err := environment.ReadTrust(path)
		if err != nil {
			return env, problem.Newf(problem.ConfigInvalid, "--trust: %w", err)
		}
		anchors = append(anchors, certs...)
	}
	if len(files) > 0 {
		env.Trust = environment.Anchors(anchors...)
	}
	return env, nil
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

var (
	noneExists = problem.Text{PT: "O ficheiro não tem assinatura.", EN: "The file has no signature."}
	mayExist   = problem.Text{
		PT: "Pode ter sido feita uma assinatura, mas não a conseguimos confirmar.",
		EN: "A signature may have been made, but we can't confirm it."}
	dontRely = problem.Text{
		PT: "Há uma assinatura no ficheiro, mas não se fie nele tal como está.",
		EN: "There is a signature in the file, but don't rely on the file as it is."}
	claimedTime = problem.Text{PT: "%s (hora que a assinatura indica, sem prova)", EN: "%s (time that the signature claims, without proof)"}
	stampedTime = problem.Text{PT: "%s (selo temporal)", EN: "%s (timestamp)"}
	claimedName = problem.Text{PT: "Diz ser de: %s", EN: "Claims to be of: %s"}
	timestampBy = problem.Text{PT: "Selo temporal do documento", EN: "Timestamp over the document"}
)

// meaning is what a report comes to, in one sentence; empty where the verdict says it all.
func meaning(report *pdfsig.Report, lang string) string {
	switch {
	case report.SignatureExists == pdfsig.ExistsNo:
		return noneExists.In(lang)
	case report.Verdict == pdfsig.Verified:
		return fmt.Sprintf(terminal.SentPlusOne.In(lang), report.Signatures[len(report.Signatures)-1].Signer)
	case report.SignatureExists == pdfsig.ExistsMaybe:
		return mayExist.In(lang)
	case report.Verdict == pdfsig.Failed:
		return dontRely.In(lang)
	}
	return ""
}

func show(out io.Writer, report *pdfsig.Report, lang string) {
	verdict := verdicts[report.Verdict].In(lang)
	if report.Verdict == pdfsig.Look && report.SignatureExists != pdfsig.ExistsYes {
		verdict = "" // the sentence says that nobody knows
	}
	fmt.Fprintln(out, strings.TrimSpace(verdict+" "+meaning(report, lang)))
	for _, s := range report.Signatures {
		fmt.Fprintln(out)
		if s.DocumentTimestamp {
			fmt.Fprintf(out, "  %s\n", timestampBy.In(lang))
		}
		name := s.Signer
		if !proven(report, s) {
			name = fmt.Sprintf(claimedName.In(lang), name)
		}
		fmt.Fprintf(out, "  %s\n", name)
		if s.Issuer != "" {
			fmt.Fprintf(out, "  %s\n", s.Issuer)
		}
		switch {
		case s.TimestampTime != nil:
			fmt.Fprintf(out, "  "+stampedTime.In(lang)+"\n", s.TimestampTime.Local().Format(time.DateTime))
		case s.Time != nil:
			fmt.Fprintf(out, "  "+claimedTime.In(lang)+"\n", s.Time.Local().Format(time.DateTime))
		}
		if len(report.Signatures) > 1 {
			for _, f := range s.Findings {
				if f.Result != pdfsig.Pass {
					line(out, f, lang)
				}
			}
		}
	}
	fmt.Fprintln(out)
	for _, f := range report.Findings {
		line(out, f, lang)
	}
	fmt.Fprintf(out, "\n"+terminal.NotOfficial.In(lang)+"\n", conversation.Validator)
}

// proven reports whether a signature is that of the person it names.
func proven(report *pdfsig.Report, s pdfsig.Signature) bool {
	of := report
	if len(s.Findings) > 0 {
		of = &pdfsig.Report{Findings: s.Findings}
	}
	return of.Find(pdfsig.CheckCMS).Result == pdfsig.Pass && of.Find(pdfsig.CheckChain).Result == pdfsig.Pass
}

func line(out io.Writer, f pdfsig.Finding, lang string) {
	fmt.Fprintf(out, "  %s %s\n", terminal.Mark(f.Result), f.Sentence(lang))
	if f.Result != pdfsig.Pass && f.Detail != "" && f.Detail != pdfsig.NotReached {
		fmt.Fprintf(out, "      %s\n", f.Detail)
	}
}
