package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/nativemsg"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/secret"
	"github.com/sign-with-cmd/sign-with-cmd/host/terminal"
)

// maxDocuments is how many documents one run takes.
const maxDocuments = 100

// signFlags are the flags of the command itself.
type signFlags struct {
	phone                     string
	visible                   string
	sha256                    []string
	pinStdin, signAgain, json bool
}

func newSign(load loader) *cobra.Command {
	var f signFlags
	cmd := &cobra.Command{
		Use:   "sign FILE…",
		Short: "Assinar documentos PDF / Sign PDF documents",
		Long: `Assina documentos PDF com a Chave Móvel Digital (CMD), um código de segurança por cada um.
Não oficial; sem ligação ao Estado nem à ARTE/AMA.

Mostra cada documento e pergunta se é esse; pede o número de telemóvel e o PIN de assinatura, que não aparece ao
escrever; percorre as páginas da CMD num navegador próprio; pede o código que chega ao telemóvel; verifica o que volta e
guarda-o nas Transferências, nunca por cima de outro ficheiro. Um documento que falha não impede os seguintes, a não ser
que o PIN esteja errado ou a conta bloqueada. Ctrl-C cancela enquanto o código não foi enviado.

Signs PDF documents with the Chave Móvel Digital (CMD), Portugal's Digital Mobile Key, with one security code each. Not
official; not connected with the Portuguese State. It shows each document and asks whether that is the one; asks for the
mobile number and the signature PIN, which isn't shown as you type; walks the CMD pages in a browser of its own; asks for
the code that comes to the phone; checks what comes back and saves it in your Downloads folder, never over another file.
A document that fails doesn't stop the next, unless the PIN is wrong or the account is locked. Ctrl-C cancels while the
code hasn't been sent.

Scripts name what they sign by its SHA-256, and give the PIN on stdin, never as a flag:

  printf '%s\n' "$PIN" | cmdsign sign --sha256 "$(sha256sum a.pdf | cut -c1-64)" --phone '+351 912345678' --pin-stdin --json a.pdf

Codes are then read from the next lines of stdin, or from the terminal once stdin has ended.

Exit code: 0 signed and verified; 1 not signed; 2 wrong usage; 3 a file came back that needs your look; 4 may be signed,
look before you sign again; 130 cancelled. Of several documents the gravest: 4, 3, 130, 1.`,
		Example: `  cmdsign sign contrato.pdf
  cmdsign sign --env sandbox --phone '+351 900000001' *.pdf`,
		Args: cobra.RangeArgs(1, maxDocuments),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			return sign(cmd.Context(), cfg, f, args)
		},
	}
	signingFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.phone, "phone", "", "número de telemóvel, ou CMDSIGN_PHONE / mobile number, or CMDSIGN_PHONE")
	flags.StringArrayVar(&f.sha256, "sha256", nil, "SHA-256 de cada ficheiro, pela ordem: confirma-o sem perguntar / of each file, in order: confirms it without asking")
	flags.BoolVar(&f.pinStdin, "pin-stdin", false, "ler do stdin o PIN, e depois os códigos, um por linha / read the PIN from stdin, then the codes, a line each")
	flags.StringVar(&f.visible, "visible", "", "assinatura visível, por exemplo page=last,place=bottom-right / visible signature, for example page=last,place=bottom-right")
	flags.BoolVar(&f.signAgain, "sign-again", false, "já procurei o que uma tentativa anterior possa ter assinado / I have looked for what an earlier try may have signed")
	flags.BoolVar(&f.json, "json", false, "JSON: as mensagens de PROTOCOL.md e um resumo, um objeto por linha / the messages of PROTOCOL.md and a summary, one object a line")
	return cmd
}

var hexSum = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-fA-F]{64}$`) })

// Wrong usage, as a person reads it.
var (
	usageTwice    = problem.Text{PT: "%s está duas vezes na linha de comando: seria assinado duas vezes", EN: "%s is on the command line twice: it would be signed twice"}
	usageSums     = problem.Text{PT: "--sha256: é preciso um de 64 algarismos hexadecimais por ficheiro, pela mesma ordem", EN: "--sha256: one of 64 hexadecimal digits is needed for each file, in the same order"}
	usageVisible  = problem.Text{PT: "--visible: por exemplo page=last,place=bottom-right,orientation=portrait; ver docs/SIGN.md", EN: "--visible: for example page=last,place=bottom-right,orientation=portrait; see docs/SIGN.md"}
	usageConfirm  = problem.Text{PT: "não há terminal onde perguntar se é este o documento: confirme-o com --sha256", EN: "there's no terminal to ask at whether that is the document: confirm it with --sha256"}
	usagePhone    = problem.Text{PT: "não há terminal onde perguntar o número: use --phone ou CMDSIGN_PHONE", EN: "there's no terminal to ask for the number at: use --phone or CMDSIGN_PHONE"}
	usagePIN      = problem.Text{PT: "não há terminal onde perguntar o PIN: dê-o no stdin, com --pin-stdin", EN: "there's no terminal to ask for the PIN at: give it on stdin, with --pin-stdin"}
	usagePINTyped = problem.Text{PT: "--pin-stdin é para um stdin que não seja um terminal", EN: "--pin-stdin is for a stdin that isn't a terminal"}
)

// options checks the usage, and says what the run works with.
func (f signFlags) options(cfg *config.Config, args []string) (terminal.Options, error) {
	wrong := func(t problem.Text, values ...any) error { return fmt.Errorf(t.In(cfg.Lang), values...) }
	opts := terminal.Options{
		SHA256: f.sha256, PINStdin: f.pinStdin, SignAgain: f.signAgain, JSON: f.json, Lang: cfg.Lang, Version: version,
		Stdin: os.Stdin, Stderr: os.Stderr, TTY: terminal.Open(os.Stdin, os.Stderr),
	}
	if f.phone == "" {
		f.phone = os.Getenv("CMDSIGN_PHONE")
	}
	opts.Phone = secret.New(f.phone)
	if f.visible != "" {
		if opts.Visible = visibleOf(f.visible); opts.Visible == nil {
			return opts, wrong(usageVisible)
		}
	}
	for _, path := range args {
		abs, err := filepath.Abs(path)
		if err != nil {
			return opts, err
		}
		for _, other := range opts.Files {
			if abs == other || same(abs, other) {
				return opts, wrong(usageTwice, path)
			}
		}
		opts.Files = append(opts.Files, abs)
	}
	for _, sum := range f.sha256 {
		if len(f.sha256) != len(args) || !hexSum().MatchString(sum) {
			return opts, wrong(usageSums)
		}
	}
	switch {
	case f.pinStdin && terminal.IsTerminal(os.Stdin):
		return opts, wrong(usagePINTyped)
	case opts.TTY != nil:
	case len(f.sha256) == 0:
		return opts, wrong(usageConfirm)
	case f.phone == "":
		return opts, wrong(usagePhone)
	case !f.pinStdin:
		return opts, wrong(usagePIN)
	}
	return opts, nil
}

// visibleOf reads --visible, nil where it's wrong. What isn't said is the last page, at its bottom right, upright.
func visibleOf(flag string) *terminal.Visible {
	v := &terminal.Visible{Page: "last", Orientation: "portrait", Place: "bottom-right"}
	said := map[string]bool{}
	for part := range strings.SplitSeq(flag, ",") {
		key, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || said[key] {
			return nil
		}
		said[key] = true
		switch {
		case key == "page" && (value == "first" || value == "last"):
			v.Page = value
		case key == "page":
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 {
				return nil
			}
			v.Page = n
		case key == "orientation" && slices.Contains(conversation.Orientations, value):
			v.Orientation = value
		case key == "place" && slices.Contains(conversation.Places, value):
			v.Place = value
		default:
			return nil
		}
	}
	return v
}

func same(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// sign holds a conversation with the person, or the script, at the other end.
func sign(ctx context.Context, cfg *config.Config, f signFlags, args []string) error {
	opts, err := f.options(cfg, args)
	if err != nil {
		return err
	}
	stdout, err := nativemsg.GuardStdout()
	if err != nil {
		return err
	}
	opts.Stdout = stdout
	// A closed session must not end the program before what is on its way is saved.
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	opts.Signals = signals
	ctx = context.WithoutCancel(ctx)

	log := newLog(cfg, os.Stderr)
	if cfg.Log.File == "" && cfg.Log.Level == "warn" {
		log = slog.New(slog.DiscardHandler) // the person is told in words
	}
	w, err := wire(ctx, cfg, nil, log)
	if err != nil {
		return err
	}
	if w.sandbox != nil {
		defer w.sandbox.Close()
	}
	client, host := terminal.Pipe()
	go func() {
		defer host.Ended()
		if err := conversation.Serve(ctx, host, w.options); err != nil && !errors.Is(err, context.Canceled) {
			log.Error("the conversation", "err", err)
		}
	}()
	if exit := terminal.Run(client, opts); exit != terminal.ExitOK {
		return exitError(exit)
	}
	return nil
}
