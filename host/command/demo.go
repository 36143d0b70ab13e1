package command

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/environment"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
	"github.com/sign-with-cmd/sign-with-cmd/host/terminal"
)

//go:embed example/contrato-de-exemplo.pdf
var examplePDF []byte

const exampleName = "contrato-de-exemplo.pdf"

// demoPhone is the sandbox's phone for success, as it's written in Portugal.
const demoPhone = "900000001"

func newDemo(load loader) *cobra.Command {
	var extension, pictures string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Uma assinatura inteira no sandbox / A whole signature on the sandbox",
		Long: `Mostra uma assinatura inteira no sandbox, sem valor legal: com --extension no navegador, com a extensão dessa pasta;
sem ela, a conversa no terminal.

Shows a whole signature on the sandbox, of no legal value: with --extension in the browser, with the extension of that
folder; without it, the conversation in the terminal.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			cfg.Env = environment.Sandbox
			d := demo{out: cmd.OutOrStdout(), en: cfg.Lang == "en"}
			if extension == "" {
				return d.run(cmd.Context(), cfg)
			}
			b := browserDemo{demo: d, cfg: cfg, extension: extension, pictures: pictures, phone: demoPhone}
			return b.run(cmd.Context())
		},
	}
	signingFlags(cmd)
	cmd.Flags().StringVar(&extension, "extension", "", "pasta da extensão / folder of the extension")
	cmd.Flags().StringVar(&pictures, "pictures", "demo-pictures", "pasta das imagens / folder for the pictures")
	return cmd
}

// demo is a client of the conversation, as any other: it sends and reads the protocol's messages.
type demo struct {
	out io.Writer
	en  bool
}

// said are the fields of the host's messages that the demo looks at.
type said struct {
	State      string   `json:"state"`
	Status     string   `json:"status"`
	Progress   string   `json:"progress"`
	Notes      []string `json:"notes"`
	SandboxOTP string   `json:"sandbox_otp"`
	Reference  string   `json:"reference"`
	Error      *struct {
		Code, Message, Next string
	} `json:"error"`
	Result *struct {
		Signer, Issuer string
		Findings       []struct {
			Result pdfsig.Result
			Text   string
		}
	} `json:"result"`
	File *struct {
		Path, SHA256 string
		Size         int64
	} `json:"file"`
}

func (d *demo) run(ctx context.Context, cfg *config.Config) error {
	pdf, remove, err := d.example()
	if err != nil {
		return err
	}
	defer remove()
	if err := d.makeDownloads(cfg); err != nil {
		return err
	}
	d.print("Sign with CMD: uma assinatura no sandbox, sem valor legal. Não oficial; sem ligação ao Estado nem à ARTE/AMA.",
		"Sign with CMD: a signature on the sandbox, of no legal value. Not official; not connected with the State.")
	d.line("documento", "document", pdf)

	toHost, fromClient := io.Pipe()
	toClient, fromHost := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := converse(ctx, cfg, conversation.Lines(toHost, fromHost), nil)
		fromHost.Close()
		ended <- err
	}()
	ok, err := d.talk(json.NewDecoder(toClient), json.NewEncoder(fromClient), pdf, cfg.Lang)
	fromClient.Close()
	toClient.Close()
	if err := errors.Join(err, <-ended); err != nil {
		return err
	}
	if !ok {
		return exitError(exitFailed)
	}
	return nil
}

// steps are the progress names in words.
var steps = map[string][2]string{
	"root_page":        {"página inicial da assinatura", "first page"},
	"upload_page":      {"envio do documento", "sending the document"},
	"preview_page":     {"“Tem a certeza que é este o documento a assinar?” Sim", "“Is this the document to sign?” Yes"},
	"details_page":     {"detalhes da assinatura: invisível", "details of the signature: invisible"},
	"credentials_page": {"número de telemóvel e PIN de assinatura", "mobile number and signature PIN"},
	"code_sent":        {"código de segurança enviado", "security code sent"},
	"received":         {"ficheiro recebido, escrito em disco", "file received, on disk"},
	"checked":          {"ficheiro verificado", "file checked"},
}

// talk is the conversation as docs/PROTOCOL.md has it. It says whether a verified file was saved.
func (d *demo) talk(in *json.Decoder, out *json.Encoder, pdf, lang string) (bool, error) {
	for {
		var m said
		if err := in.Decode(&m); err != nil {
			if errors.Is(err, io.EOF) {
				return false, nil
			}
			return false, err
		}
		prompt := m.Progress == "" || m.Progress == "otp"
		var reply map[string]any
		switch {
		case m.State == "start":
			reply = map[string]any{"start": "", "lang": lang}
		case m.State == "stage1_input" && prompt && m.Status != "ERROR":
			d.line("telemóvel, PIN", "phone, PIN", "+351 "+demoPhone+", "+sandbox.PIN)
			reply = map[string]any{"phone": "+351 " + demoPhone, "pin": sandbox.PIN, "pdf_file_path": pdf}
		case m.State == "stage2_input" && prompt && m.Status != "ERROR":
			d.line("código recebido", "code received", m.SandboxOTP+"  (ref. "+m.Reference+")")
			reply = map[string]any{"otp": m.SandboxOTP}
		case m.Error != nil:
			d.line("erro", "error", m.Error.Message+" ["+m.Error.Code+"] "+m.Error.Next)
			d.result(m)
			return false, nil
		case m.State == "done":
			d.result(m)
			return true, nil
		default:
			for _, note := range m.Notes {
				d.line("nota", "note", note)
			}
			if words, ok := steps[m.Progress]; ok {
				d.line("passo", "step", d.pick(words[0], words[1]))
			}
		}
		if reply != nil {
			if err := out.Encode(reply); err != nil {
				return false, err
			}
		}
	}
}

func (d *demo) result(m said) {
	if m.Result != nil {
		d.line("assinado por", "signed by", m.Result.Signer)
		for _, f := range m.Result.Findings {
			d.line("verificação", "check", terminal.Mark(f.Result)+" "+f.Text)
		}
	}
	if m.File != nil {
		d.line("guardado em", "saved as", m.File.Path)
		d.line("SHA-256", "SHA-256", m.File.SHA256)
	}
}

// example writes the embedded document to a folder of its own.
func (d *demo) example() (path string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "cmdsign-demo-")
	if err != nil {
		return "", nil, err
	}
	path = filepath.Join(dir, exampleName)
	return path, func() { os.RemoveAll(dir) }, os.WriteFile(path, examplePDF, 0o600)
}

// makeDownloads makes the Downloads folder on a machine that was never used by a person, and says so.
func (d *demo) makeDownloads(cfg *config.Config) error {
	dir, err := downloads(cfg)()
	if err == nil || dir == "" {
		return nil
	}
	d.line("pasta criada", "folder made", dir)
	return os.MkdirAll(dir, 0o755)
}

func (d *demo) line(pt, en, value string) {
	// By runes: an accented name isn't shorter.
	name := []rune(d.pick(pt, en))
	fmt.Fprintf(d.out, "  %s%s %s\n", string(name), strings.Repeat(" ", max(16-len(name), 0)), value)
}

func (d *demo) print(pt, en string) { fmt.Fprintf(d.out, "%s\n\n", d.pick(pt, en)) }

func (d *demo) pick(pt, en string) string {
	if d.en {
		return en
	}
	return pt
}
