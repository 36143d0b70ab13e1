package installer

import (
	"path/filepath"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// arrival tells how the extension itself gets into the browsers of a target: from a store where it's published, else by hand.
func (in *Installer) arrival(t target) []problem.Text {
	var texts []problem.Text
	for _, b := range t.browsers {
		texts = append(texts, in.arrivalIn(b)...)
	}
	return texts
}

func (in *Installer) arrivalIn(b found) []problem.Text {
	if address := manifests.StoreAddress(b.Browser); address != "" {
		return []problem.Text{{PT: "extensão: instale-a de " + address, EN: "extension: install it from " + address}}
	}
	folder := in.extension(b.Kind)
	if b.Kind == manifests.Firefox {
		return []problem.Text{{
			PT: "extensão: ainda não publicada. Abra " + b.Page + ", «Carregar extra temporário…» e escolha " + filepath.Join(folder, "manifest.json") +
				" (dura até fechar o " + b.Title + ")",
			EN: "extension: not published yet. Open " + b.Page + ", “Load Temporary Add-on…” and choose " + filepath.Join(folder, "manifest.json") +
				" (it lasts until " + b.Title + " is closed)",
		}}
	}
	texts := []problem.Text{{
		PT: "extensão: ainda não publicada. Abra " + b.Page + ", ligue «Modo de programador», «Carregar expandida» e escolha " + folder,
		EN: "extension: not published yet. Open " + b.Page + ", turn “Developer mode” on, “Load unpacked” and choose " + folder,
	}}
	if auto := b.place.Extensions; auto != "" && exists(filepath.Dir(in.sys.expand(auto))) {
		auto = in.sys.expand(auto)
		command := "sudo cp -r " + quote(folder) + " " + quote(filepath.Join(auto, "sign-with-cmd"))
		if !exists(auto) {
			command = "sudo mkdir -p " + quote(auto) + " && " + command
		}
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

// extension is the folder of the unpacked extension: beside an installed program, or in the checkout that the program was built in.
func (in *Installer) extension(kind manifests.Kind) string {
	prefix := filepath.Dir(filepath.Dir(in.opts.Program))
	for _, folder := range []string{
		filepath.Join(prefix, "share", "cmdsign", "extension", string(kind)),
		filepath.Join(prefix, "extension", "dist", string(kind)),
	} {
		if exists(filepath.Join(folder, "manifest.json")) {
			return folder
		}
	}
	return filepath.Join("extension", "dist", string(kind))
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
	case b.flatpak != "":
		f.Check, f.Title = "flatpak", b.Title+" (Flatpak)"
		f.Text = problem.Text{
			PT: "não funciona (ainda): um Flatpak não deixa o navegador correr programas de fora. Instale o navegador do pacote .deb ou .rpm",
			EN: "doesn't work (yet): a Flatpak doesn't let the browser run programs from outside. Install the browser from a .deb or .rpm package",
		}
	default:
		return f, false
	}
	return f, true
}
