package installer

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
	"github.com/sign-with-cmd/sign-with-cmd/host/save"
	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

//go:embed guide.html
var guideHTML string

// guide writes the page that leads a person through loading the extension by hand, for those of the browsers that need it, and opens it
// in the first of them. There's none where every browser has the extension or gets it from a store, and where its files aren't here.
func (in *Installer) guide(browsers []found, r *record) *Finding {
	var lacking []found
	for _, b := range browsers {
		if b.used && in.byHand(b) && !active(in.carries(b)) {
			lacking = append(lacking, b)
		}
	}
	// First those in which it stays; Firefox alone has to be shown as well.
	slices.SortStableFunc(lacking, func(a, b found) int { return strings.Compare(string(a.Kind), string(b.Kind)) })
	if len(lacking) == 0 {
		return nil
	}
	first := lacking[0]
	file := filepath.Join(in.sys.data(LevelUser), "guide.html")
	if box := in.box(first); box != "" {
		file = filepath.Join(box, "guide.html")
	}
	f := Finding{Check: "guide", Browser: first.Name, Title: first.Title, Result: Note, Path: file, Text: problem.Text{
		PT: "falta carregar a extensão. Os passos, com imagens, estão em " + file,
		EN: "the extension has still to be loaded. The steps, with pictures, are in " + file}}
	page, err := in.guidePage(lacking)
	if err == nil && !bytes.Equal(page, contentOf(file)) {
		if err = r.add(file); err == nil {
			err = save.AtomicWrite(file, page, 0o644)
		}
	}
	if err != nil {
		f.Result, f.Text = Bad, problem.Text{PT: "não se escreveu a página com os passos: " + err.Error(), EN: "the page with the steps wasn't written: " + err.Error()}
		return &f
	}
	if in.opts.Open && in.screen() && in.open(first, file) {
		f.Text = problem.Text{
			PT: "falta carregar a extensão. Abriu-se no navegador a página com os passos (" + file + ")",
			EN: "the extension has still to be loaded. The page with the steps has been opened in the browser (" + file + ")"}
	}
	return &f
}

// byHand says whether the extension has to be loaded by a person, and can be.
func (in *Installer) byHand(b found) bool {
	return manifests.StoreAddress(b.Browser) == "" && in.extension(b.Kind) != ""
}

func (in *Installer) guidePage(lacking []found) ([]byte, error) {
	type browser struct {
		Title, Page, Folder string
		Temporary           bool // Firefox
		Left                bool // Edge has its switch on the left, and other words
	}
	var data struct {
		Browsers []browser
		Doctor   string
	}
	data.Doctor = in.self() + " doctor"
	for _, b := range lacking {
		data.Browsers = append(data.Browsers, browser{b.Title, b.Page, in.folder(b), b.Kind == manifests.Firefox, b.Store == "edge"})
	}
	say := func(pt, en string) string { return problem.Text{PT: pt, EN: en}.In(in.opts.Lang) }
	page, err := template.New("guide").Funcs(template.FuncMap{"say": say}).Parse(guideHTML)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = page.Execute(&out, data)
	return out.Bytes(), err
}

// screen says whether somebody sits before a screen of this computer, for whom a browser could be opened.
func (in *Installer) screen() bool {
	if os.Getenv("SSH_CONNECTION") != "" || os.Getenv("SSH_TTY") != "" || os.Getenv("SUDO_USER") != "" {
		return false
	}
	return in.sys.goos != "linux" || os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}

// open shows a page in a browser, and doesn't wait for it.
func (in *Installer) open(b found, file string) bool {
	address := (&url.URL{Scheme: "file", Path: filepath.ToSlash(file)}).String()
	var words []string
	switch {
	case in.sys.goos == "windows":
		words = []string{"rundll32", "url.dll,FileProtocolHandler", file}
	case in.sys.goos == "darwin":
		words = []string{"open", "-a", b.place.Programs[0], file}
	case b.flatpak != nil:
		words = []string{"flatpak", "run", b.flatpak.ID, address}
	default:
		words = []string{"xdg-open", address}
		for _, program := range b.place.Programs {
			if path, err := exec.LookPath(in.real(program)); err == nil {
				words[0] = path
				break
			}
		}
	}
	cmd := exec.Command(words[0], words[1:]...)
	if cmd.Start() != nil {
		return false
	}
	return cmd.Process.Release() == nil
}

func contentOf(file string) []byte {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	return data
}
