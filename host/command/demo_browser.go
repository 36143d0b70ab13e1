package command

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/extension/drive"
	"github.com/sign-with-cmd/sign-with-cmd/host/browser"
	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox"
	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// browserDemo shows the product as a person has it: a page with a PDF link, the extension in a Chromium of its own, this
// program as its host, and the sandbox in a process of its own.
type browserDemo struct {
	demo
	cfg       *config.Config
	extension string
	pictures  string
	dir       string // everything of the demo that isn't the signed file
	phone     string // national number
	sandbox   *sandbox.Remote
	shown     int
}

func (d *browserDemo) run(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if d.dir, err = os.MkdirTemp("", "cmdsign-demo-"); err != nil {
		return err
	}
	defer os.RemoveAll(d.dir)
	if err := d.makeDownloads(d.cfg); err != nil {
		return err
	}
	d.print("Sign with CMD: uma assinatura no navegador, no sandbox, sem valor legal. Não oficial; sem ligação ao Estado nem à ARTE/AMA.",
		"Sign with CMD: a signature in the browser, on the sandbox, of no legal value. Not official; not connected with the State.")
	addr, err := d.startSandbox(ctx)
	if err != nil {
		return err
	}
	if d.sandbox, err = sandbox.At(ctx, addr); err != nil {
		return err
	}
	d.line("sandbox", "sandbox", d.sandbox.IntroURL)
	page, err := d.servePage(ctx)
	if err != nil {
		return err
	}
	if err := d.setUp(addr); err != nil {
		return err
	}
	c, err := d.startBrowser(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.GoTo(page); err != nil {
		return err
	}
	if err := d.sign(ctx, c); err != nil {
		return err
	}
	d.line("imagens em", "pictures in", d.pictures)
	if d.headless() {
		return nil
	}
	d.print("\nO navegador fica aberto: experimente. Clique com o botão direito numa ligação, “Assinar com CMD”.",
		"\nThe browser stays open: try it. Right-click a link, “Assinar com CMD”.")
	d.line("telemóvel, PIN", "phone, PIN", "+351 "+d.phone+", "+sandbox.PIN)
	d.line("códigos em", "codes at", d.sandbox.PhoneURL)
	c.Wait(ctx)
	return nil
}

func (d *browserDemo) headless() bool { return browser.Headless(nil) }

// startSandbox starts this program as a sandbox on a free port.
func (d *browserDemo) startSandbox(ctx context.Context) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	addr := listener.Addr().String()
	listener.Close()
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, self, "sandbox", "--addr", addr)
	cmd.Env = append(os.Environ(), "CMDSIGN_SANDBOX_DIR="+d.cfg.Sandbox.Dir)
	if err := cmd.Start(); err != nil {
		return "", err
	}
	go cmd.Wait()
	// It makes its keys at first use.
	deadline := time.Now().Add(30 * time.Second)
	for {
		if _, err = sandbox.At(ctx, addr); err == nil || time.Now().After(deadline) {
			return addr, err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// servePage serves a page with links to the example document.
func (d *browserDemo) servePage(ctx context.Context) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!doctype html><html lang="pt"><title>Documentos para assinar</title>
<style>body{font:16px/1.6 sans-serif;max-width:40em;margin:3em auto;padding:0 1em}</style>
<h1>Documentos para assinar</h1><p>Uma página qualquer, com ligações para PDF.
<ul><li><a id="contrato" href="/documentos/`+exampleName+`">Contrato de exemplo (PDF)</a>
<li><a id="sem-nome" href="/documentos/descarregar?id=12">Contrato de exemplo, sem .pdf no endereço</a></ul>`)
	})
	mux.HandleFunc("GET /documentos/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/pdf")
		w.Write(examplePDF)
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { server.Close() })
	go server.Serve(listener)
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return "http://empresa.localhost:" + port + "/", nil
}

// setUp writes what the installer would: the host manifest, here for a browser with a profile of its own; and the
// configuration that points the host at the sandbox.
func (d *browserDemo) setUp(addr string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	save, err := downloads(d.cfg)()
	if err != nil {
		return err
	}
	settings := fmt.Sprintf("env: sandbox\nlang: %s\nstate: %q\ndownloads: %q\nsandbox: {address: %q}\n",
		d.cfg.Lang, filepath.Join(d.dir, "state"), save, addr)
	manifest := manifests.New(manifests.Chromium, self, nil).JSON()
	for path, data := range map[string][]byte{
		filepath.Join(d.dir, "profile", "NativeMessagingHosts", manifests.Host()+".json"): manifest,
		filepath.Join(d.dir, "config", "cmdsign", "config.yaml"):                          []byte(settings),
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return err
		}
	}
	return os.MkdirAll(d.pictures, 0o755)
}

func (d *browserDemo) startBrowser(ctx context.Context) (*drive.Chrome, error) {
	path, err := browser.Find(d.cfg.Browser.Path)
	if err != nil {
		return nil, err
	}
	d.line("navegador", "browser", path)
	lang := "pt-PT"
	if d.en {
		lang = "en-GB"
	}
	build, err := filepath.Abs(d.extension)
	if err != nil {
		return nil, err
	}
	c, err := drive.Start(ctx, drive.Options{
		Path: path, Profile: filepath.Join(d.dir, "profile"), Headless: d.headless(), Lang: lang,
		Env: []string{"XDG_CONFIG_HOME=" + filepath.Join(d.dir, "config"), "LANGUAGE=" + lang[:2]},
	})
	if err != nil {
		return nil, err
	}
	if _, err := c.Load(build); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// sign is what the person does, from the menu to the end.
func (d *browserDemo) sign(ctx context.Context, c *drive.Chrome) error {
	d.line("passo", "step", d.pick("botão direito na ligação, “Assinar com CMD”", "right-click the link, “Assinar com CMD”"))
	p, err := c.Menu("contrato")
	if err != nil {
		return err
	}
	for done := false; !done; {
		screen, err := p.Until("document", "credentials", "code", "done", "failed", "unverified", "nohost", "interrupted")
		if err != nil {
			return err
		}
		if screen == "document" {
			if err := p.Seen(); err != nil {
				return err
			}
		}
		if err := d.picture(p, screen); err != nil {
			return err
		}
		next := ""
		switch screen {
		case "document":
			d.line("passo", "step", d.pick("“Sim, é este o documento a assinar”", "“Yes, this is the document to sign”"))
			err, next = p.Press("button.primary"), "credentials"
		case "credentials":
			d.line("telemóvel, PIN", "phone, PIN", "+351 "+d.phone+", "+sandbox.PIN)
			err, next = d.credentials(p), "code"
		case "code":
			err, next = d.code(ctx, p), "done"
		default:
			done, err = true, d.told(p, screen)
		}
		if err != nil || done {
			return err
		}
		if _, err := p.Until(next, "failed", "unverified", "interrupted"); err != nil {
			return err
		}
	}
	return nil
}

func (d *browserDemo) credentials(p *drive.Popup) error {
	return errors.Join(p.Write("#phone", d.phone), p.Write("#pin", sandbox.PIN), p.Press("button.primary"))
}

func (d *browserDemo) code(ctx context.Context, p *drive.Popup) error {
	code, err := d.sandbox.WaitCode(ctx, "+351"+d.phone)
	if err != nil {
		return err
	}
	d.line("código recebido", "code received", code)
	return errors.Join(p.Write("#code", code), p.Press("button.primary"))
}

// told prints what the popup shows at the end.
func (d *browserDemo) told(p *drive.Popup, screen string) error {
	for _, part := range []struct{ selector, pt, en string }{
		{"main h1", "resultado", "result"}, {"main .strong", "", ""}, {".findings li", "verificação", "check"}, {".saved code", "guardado em", "saved as"},
	} {
		lines, err := p.Lines(part.selector)
		if err != nil {
			return err
		}
		for _, line := range lines {
			d.line(part.pt, part.en, line)
		}
	}
	if screen != "done" {
		return exitError(exitFailed)
	}
	return nil
}

// picture keeps a screenshot of each screen.
func (d *browserDemo) picture(p *drive.Popup, screen string) error {
	png, err := p.Picture()
	if err != nil {
		return err
	}
	d.shown++
	return os.WriteFile(filepath.Join(d.pictures, fmt.Sprintf("%d-%s.png", d.shown, screen)), png, 0o644)
}
