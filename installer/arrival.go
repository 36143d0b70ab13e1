package installer

import (
	"path/filepath"
	"strings"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// arrival tells how the extension itself gets into the browsers of a target: from a store where it's published, else by hand.
func (in *Installer) arrival(t target) []problem.Text {
	var texts []problem.Text
	for _, b := range t.browsers {
		name := problem.Text{PT: "extensão", EN: "extension"}
		if len(t.browsers) > 1 {
			name = problem.Text{PT: "extensão no " + b.Title, EN: "extension in " + b.Title}
		}
		for i, how := range in.arrivalIn(b) {
			if i == 0 {
				how = problem.Text{PT: name.PT + ": " + how.PT, EN: name.EN + ": " + how.EN}
			}
			texts = append(texts, how)
		}
	}
	return texts
}

func (in *Installer) arrivalIn(b found) []problem.Text {
	if address := manifests.StoreAddress(b.Browser); address != "" {
		return []problem.Text{{PT: "instale-a de " + address, EN: "install it from " + address}}
	}
	folder := in.folder(b)
	said := problem.Text{PT: folder, EN: folder}
	if folder == "" {
		built := filepath.Join("extension", "dist", string(b.Kind))
		said = problem.Text{PT: built + ", no código-fonte, depois de «make build»", EN: built + ", in the source, after “make build”"}
	}
	if b.Kind == manifests.Firefox {
		return []problem.Text{{
			PT: "ainda não publicada. Abra " + b.Page + ", «Carregar extra temporário…» e escolha manifest.json (em " + said.PT + "); dura até fechar o " + b.Title,
			EN: "not published yet. Open " + b.Page + ", “Load Temporary Add-on…” and choose manifest.json (in " + said.EN + "); it lasts until " + b.Title + " is closed",
		}}
	}
	texts := []problem.Text{{
		PT: "ainda não publicada. Abra " + b.Page + ", ligue «Modo de programador», «Carregar expandida» e escolha " + said.PT,
		EN: "not published yet. Open " + b.Page + ", turn “Developer mode” on, “Load unpacked” and choose " + said.EN,
	}}
	if command := in.copying(b); command != "" {
		texts = append(texts, problem.Text{
			PT: "  ou, neste sistema, para todos: " + command,
			EN: "  or, on this system, for everybody: " + command,
		})
	}
	if in.opts.System && b.place.Policy != "" {
		texts = append(texts, problem.Text{
			PT: "  ou, para administradores, por política (" + b.place.Policy + "): ver docs/INSTALL.md",
			EN: "  or, for administrators, by policy (" + b.place.Policy + "): see docs/INSTALL.md",
		})
	}
	return texts
}

// copying is the command that puts the extension among those that a browser loads by itself; empty where that doesn't go.
func (in *Installer) copying(b found) string {
	auto, folder := in.sys.expand(b.place.Extensions), in.extension(b.Kind)
	if auto == "" || folder == "" || !exists(filepath.Dir(auto)) {
		return ""
	}
	to := filepath.Join(auto, "sign-with-cmd")
	command := "sudo cp -r " + quote(folder) + " " + quote(to)
	switch {
	case exists(to):
		// Into an existing folder cp would copy it as one more.
		command = "sudo rm -r " + quote(to) + " && " + command
	case !exists(auto):
		command = "sudo mkdir -p " + quote(auto) + " && " + command
	}
	return command
}

// folder is the one that a person chooses in a browser: inside its Flatpak the copy there. Empty: the extension isn't here.
func (in *Installer) folder(b found) string {
	folder := in.extension(b.Kind)
	if box := in.box(b); box != "" && folder != "" {
		return filepath.Join(box, "extension", string(b.Kind))
	}
	return folder
}

// extension is the folder of the unpacked extension: where a package puts it, where install.sh does, beside the program as in a zip, or in
// the checkout that the program was built in. Empty: it's in none.
func (in *Installer) extension(kind manifests.Kind) string {
	beside := filepath.Dir(in.real(in.opts.Program))
	prefix := filepath.Dir(beside)
	for _, folder := range []string{
		filepath.Join(prefix, "share", "cmdsign", "extension", string(kind)),
		filepath.Join(beside, "extension", string(kind)),
		filepath.Join(prefix, "extension", "dist", string(kind)),
	} {
		if !in.sys.told && exists(filepath.Join(folder, "manifest.json")) {
			return strings.TrimPrefix(folder, in.sys.root)
		}
	}
	return ""
}

// confinement tells of a browser in a cage, and of what doesn't work there (facts/native.md 1.5).
func confinement(b found) (Finding, bool) {
	f := Finding{Browser: b.Name, Title: b.Title, Result: Note}
	switch {
	case b.snap && b.Kind == manifests.Firefox:
		f.Check, f.Title = "snap", b.Title+" (snap)"
		f.Text = problem.Text{
			PT: "só funciona onde o sistema tem o portal WebExtensions (Ubuntu); o navegador pergunta uma vez se deixa correr o programa. Para experimentar: --browser " + b.Name + ". Não foi experimentado por nós",
			EN: "works only where the system has the WebExtensions portal (Ubuntu); the browser asks once whether the program may run. To try: --browser " + b.Name + ". We haven't tried it",
		}
	case b.snap:
		f.Check, f.Title = "snap", b.Title+" (snap)"
		f.Text = problem.Text{
			PT: "não pode funcionar: um snap não deixa o navegador correr programas de fora. Instale o " + b.Title + ", o Chrome, o Edge ou o Brave do pacote .deb ou .rpm",
			EN: "can't work: a snap doesn't let the browser run programs from outside. Install " + b.Title + ", Chrome, Edge or Brave from a .deb or .rpm package",
		}
	case b.flatpak != nil && b.Kind == manifests.Firefox && b.used:
		f.Check = "flatpak"
		f.Text = problem.Text{
			PT: "não pode assinar: o Firefox precisa de um navegador da família do Chromium ao lado, e de dentro do Flatpak não se abre outro. Use o Chrome, o Chromium, o Edge ou o Brave, ou o Firefox do pacote .deb ou .rpm",
			EN: "can't sign: Firefox needs a browser of the Chromium family beside it, and from inside the Flatpak no other can be opened. Use Chrome, Chromium, Edge or Brave, or Firefox from a .deb or .rpm package",
		}
	default:
		return f, false
	}
	return f, true
}
