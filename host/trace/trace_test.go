package trace

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What pages say, and what of it may be seen.
func TestWhatIsSeenOfATextIsAList(t *testing.T) {
	w := NewWords()
	for said, seen := range map[string]string{
		"Tem a certeza que é este o documento a assinar?": "Tem a xxxxx que é este o documento a assinar?",
		"Bem-vinda, Maria Exemplo da Silva":               "xx-xxxxx, xxxxx xxxxx da xxxxx",
		"MARIA EXEMPLO DA SILVA":                          "xxxxx xxxxx DA xxxxx",
		"código enviado para *******678":                  "código enviado para *#",
		"Enviámos para +351 912 345 678.":                 "xxxxxxxx para +#.",
		"91 23 45 67 8":                                   "#",
		"(+351) 912-345-678":                              "(+#",
		"Referência: 7BKMS6EL":                            "Referência: #",
		"maria.silva@example.pt":                          "xxxxx",
		"Escreva para <ajuda@example.pt>":                 "Escreva para xxxxx",
		"O PIN tem 4 a 8 dígitos":                         "O PIN tem # a # dígitos",
		"contrato.pdf (12,5 KB)":                          "xxxxxxxx.pdf (# xx)",
		"  Sim,\n\tcontinuar ":                            "Sim, continuar",
		"٠١٢٣٤٥٦٧٨":                                       "#",
		"Ⅻ ½ ²":                                           "#",
		"Ma\u200bria no\x00va":                            "xx xx no xx",
	} {
		got := w.Redact(said)
		require.Equal(t, seen, got, said)
		require.Equal(t, got, w.Redact(got), "a second time it comes through unchanged")
	}
	require.LessOrEqual(t, len([]rune(w.Redact(strings.Repeat("documento ", 1000)))), maxText)
}

// The words of the page file may be seen; those of the document's name may not, whatever list they are on.
func TestWordsOfTheDocumentsName(t *testing.T) {
	w := NewWords("Certificado de residência")
	require.Equal(t, "Certificado de residência", w.Redact("Certificado de residência"))
	less := w.Without("Certificado de residência 2026.pdf")
	require.Equal(t, "xxxxxxxx de xxxxxxxx #.pdf", less.Redact("Certificado de residência 2026.pdf"))
	require.Equal(t, "Certificado", w.Redact("Certificado"), "the list itself stays as it is")
}

// None of the names that people have most is on the list.
func TestNoNamesOnTheList(t *testing.T) {
	w := NewWords()
	for _, name := range strings.Fields(`Maria João José Ana António Manuel Francisco Pedro Luís Carlos Paulo Jorge Fernando Joaquim Rui
		Miguel Tiago Ricardo Nuno André Diogo Bruno Sofia Teresa Isabel Helena Catarina Inês Beatriz Matilde Leonor Carolina Mariana
		Margarida Rita Marta Sara Joana Patrícia Sandra Paula Cristina Fernanda Rosa Graça Fátima Conceição Lurdes Amélia Alice Clara
		Silva Santos Ferreira Pereira Oliveira Costa Rodrigues Martins Jesus Sousa Fernandes Gonçalves Gomes Lopes Marques Alves
		Almeida Ribeiro Pinto Carvalho Teixeira Moreira Correia Mendes Nunes Soares Vieira Monteiro Cardoso Rocha Raposo Neves Coelho
		Cruz Cunha Pires Ramos Reis Simões Antunes Matos Fonseca Machado Araújo Barbosa Tavares Lourenço Castro Figueiredo Azevedo
		Freitas Magalhães Henriques Lima Guerreiro Batista Pinheiro Faria Miranda Barros Morais Nogueira Esteves Anjos Baptista Campos
		Mota Andrade Brito Sá Nascimento Leite Abreu Borges Melo Vaz Pinho Vicente Gaspar Assunção Maia Moura Valente Carneiro
		Domingues Garcia Neto Nobre Cabral Duarte Salgado Paiva Seguro Leal Amado Vale Paz Branco Verde Preto Novais Rosado Serra
		Exemplo Will Mark May Grant Bill Rose Grace Faith Hope Joy Smith Jones Brown Taylor Young King White Green Day`) {
		if name == "Day" { // of the month, in any form that asks for a date
			continue
		}
		require.False(t, w.Has(name), name)
	}
}

// page is a page with something of the person's in every place that there is.
func page(phone, name, document string) Outline {
	field := func(kind string) Node {
		return Node{Tag: "input", Attrs: map[string]string{"type": kind, "id": "f_" + kind, "value": phone, "data-x": name, "onclick": name, "style": name, "src": name}}
	}
	return Outline{Root: Node{Tag: "html", Children: []Node{
		{Tag: "head", Children: []Node{{Tag: "title", Children: []Node{{Text: "Olá " + name}}}, {Tag: "script", Children: []Node{{Text: phone}}}}},
		{Tag: "body", Children: []Node{
			{Tag: "h1", Attrs: map[string]string{"id": "MainContent_lblTitle", "class": "agw-heading u" + phone}, Children: []Node{{Text: "Confirme, " + name}}},
			{Tag: "label", Attrs: map[string]string{"for": "f_tel"}, Children: []Node{{Text: "Telemóvel de " + name}}},
			field("tel"), field("hidden"), field("password"), field("text"), field("submit"),
			{Tag: "textarea", Children: []Node{{Text: name}}},
			{Tag: "object", Attrs: map[string]string{"data": "/" + document, "aria-label": document}, Children: []Node{{Text: document}}},
			{Tag: "iframe", Attrs: map[string]string{"src": "/preview?id=" + phone, "title": document}},
			{Tag: "img", Attrs: map[string]string{"alt": name, "src": "/photo/" + phone}},
			{Tag: "a", Attrs: map[string]string{"href": "https://x.example/u/" + phone + "/" + document + "?t=" + phone, "download": document}, Children: []Node{{Text: "Descarregar " + document}}},
			{Tag: "a", Attrs: map[string]string{"href": "javascript:open('" + phone + "')"}, Children: []Node{{Text: "Abrir"}}},
			{Tag: "button", Attrs: map[string]string{"aria-label": "Continuar como " + name, "title": name, "value": phone}, Children: []Node{{Text: "Continuar como " + name}}},
			{Tag: "select", Children: []Node{{Tag: "option", Attrs: map[string]string{"value": name, "label": name}, Children: []Node{{Text: name}}}}},
			{Tag: "x" + phone, Children: []Node{{Text: name}}},
			{Tag: "p", Attrs: map[string]string{"lang": phone, "role": name, "maxlength": phone, "accept": document}, Children: []Node{{Text: "*****" + phone[6:]}}},
		}},
	}}}
}

// Whatever a page says of a person, wherever it says it, the HTML of a bundle doesn't.
func TestNothingOfThePersonComesThrough(t *testing.T) {
	html, cut := Redact(page("912345678", "Maria Exemplo", "Arrendamento Lisboa.pdf"), NewWords(), "Arrendamento Lisboa.pdf")
	require.False(t, cut)
	other, _ := Redact(page("934567812", "Joana Modelos", "Arrendamento Oeiras.pdf"), NewWords(), "Arrendamento Oeiras.pdf")
	require.Equal(t, html, other, "two persons of names as long look the same")
	for _, mine := range []string{"912", "345", "678", "maria", "exemplo", "arrendamento", "lisboa", "preview", "photo", "data-x", "onclick", "style", "src"} {
		require.NotContains(t, strings.ToLower(html), mine)
	}
	for _, needed := range []string{
		`id="MainContent_lblTitle"`, `>Confirme, xxxxx xxxxx<`, `for="f_tel"`, `<input id="f_tel" type="tel">`, `<input id="f_hidden" type="hidden">`,
		`href="/u/xxxxx/xxxxx.pdf"`, ` download `, `href="javascript:"`, `<iframe`, `<object`, "<textarea></textarea>", ">Continuar como xxxxx xxxxx<", ">*#<",
	} {
		if needed == " download " {
			require.Regexp(t, `<a download href=`, html)
			continue
		}
		require.Contains(t, html, needed)
	}
}

// An address is kept as the site's makers wrote it; what may be a token, a number or a file's name isn't.
func TestAddresses(t *testing.T) {
	none := func(string) bool { return false }
	for path, kept := range map[string]string{
		"/Ama.Authentication.Frontend/Processes/DigitalSignature/DigitalSignatureIntro.aspx": "/Ama.Authentication.Frontend/Processes/DigitalSignature/DigitalSignatureIntro.aspx",
		"/v2/sign/step2": "/v2/sign/step2",
		"/(S(lit3py55t21z5v55vlm25s55))/Intro.aspx": "/xxxxx/Intro.aspx",
		"/u/912345678/sign":                         "/u/xxxxx/sign",
		"/files/Contrato.pdf":                       "/files/xxxxx.pdf",
		"/files/Contrato.silva":                     "/files/xxxxx",
		"/a/" + strings.Repeat("b", 41):             "/a/xxxxx",
		"/caf%C3%A9":                                "/xxxxx",
		"/":                                         "/",
	} {
		require.Equal(t, kept, redactPath(path, none), path)
	}
}

func recorder(t *testing.T) (*Recorder, string) {
	dir := filepath.Join(t.TempDir(), "state", "traces")
	r := NewRecorder(Options{Dir: dir, When: Unknown, Environment: "test", Words: NewWords(), Versions: Versions{Host: "1.2", Pages: "abc"}})
	r.Document("Arrendamento Lisboa.pdf")
	return r, dir
}

func sight(key string) Sight {
	o := page("912345678", "Maria Exemplo", "Arrendamento Lisboa.pdf")
	o.Agent = "Mozilla/5.0 (X11; Linux x86_64; Maria) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36"
	return Sight{Key: key, Host: "cmd.localhost:1", Path: "/u/912345678/Intro.aspx", Title: "Olá Maria Exemplo", Page: "choose", Found: []string{"file"},
		Missing: []string{"upload"}, Scores: map[string][]string{"choose": {"path", "css"}}, Errors: []string{"O PIN de Maria Exemplo está errado"}, Outline: &o}
}

// A bundle is read back as it was written, is the person's alone, and each writing of a signing takes the place of the last.
func TestBundle(t *testing.T) {
	r, dir := recorder(t)
	r.Add(sight("a"))
	r.Client("0.3.1")
	r.Client("Maria Exemplo") // no version
	path, err := r.Write(WhyUnknown)
	require.NoError(t, err)
	r.Add(sight("a"))
	r.Add(sight("b"))
	r.Picture("b", []byte("png"))
	r.Stuck("upload_page")
	again, err := r.Write(WhyAlways)
	require.NoError(t, err)
	require.Equal(t, path, again)

	b, err := Open(path)
	require.NoError(t, err)
	require.Equal(t, "test", b.Index.Environment)
	require.Equal(t, WhyUnknown, b.Index.Why)
	require.Equal(t, "upload_page", b.Index.Step)
	require.Equal(t, "HeadlessChrome/156.0.0.0", b.Index.Versions.Browser)
	require.Equal(t, "0.3.1", b.Index.Versions.Client)
	require.Len(t, b.Index.Pages, 2, "a page that is seen twice is there once")
	p := b.Index.Pages[1]
	require.Equal(t, "/u/xxxxx/Intro.aspx", p.Path)
	require.Equal(t, "xx xxxxx xxxxx", p.Title)
	require.Equal(t, []string{"O PIN de xxxxx xxxxx está errado"}, p.Errors)
	require.Equal(t, map[string][]string{"choose": {"path", "css"}}, p.Scores)
	require.Contains(t, b.DOM(p), "MainContent_lblTitle")
	require.Equal(t, []byte("png"), b.Picture(p))
	require.Nil(t, b.Picture(b.Index.Pages[0]))
	require.Contains(t, b.Readme, "VEJA ANTES DE ENVIAR")
	require.Contains(t, b.Readme, "LOOK BEFORE YOU SEND IT")

	if runtime.GOOS != "windows" {
		for at, mode := range map[string]fs.FileMode{dir: 0o700, path: 0o600} {
			info, err := os.Stat(at)
			require.NoError(t, err)
			require.Equal(t, mode, info.Mode().Perm(), at)
		}
	}
}

// No walk is too long for a bundle, and no folder gets too full.
func TestLimits(t *testing.T) {
	r, dir := recorder(t)
	for i := range 40 {
		s := sight(fmt.Sprint(i))
		s.Title = strings.Repeat("a", i+1)
		for range 3000 {
			s.Outline.Root.Children[1].Children = append(s.Outline.Root.Children[1].Children, Node{Tag: "div", Attrs: map[string]string{"id": strings.Repeat("i", 80)}})
		}
		r.Add(s)
		r.Picture(s.Key, make([]byte, maxPicture))
		r.Picture(s.Key, make([]byte, maxPicture+1)) // too large, and left out
	}
	path, err := r.Write(WhyAsked)
	require.NoError(t, err)
	b, err := Open(path)
	require.NoError(t, err)
	require.Len(t, b.Index.Pages, maxPages)
	pictures := 0
	for _, p := range b.Index.Pages {
		require.True(t, p.Cut)
		require.LessOrEqual(t, len(b.DOM(p)), maxDOM)
		if b.Picture(p) != nil {
			pictures++
			require.Len(t, b.Picture(p), maxPicture)
		}
	}
	require.Equal(t, maxPictures, pictures)

	for range MaxBundles + 3 {
		r, _ := recorder(t)
		r.opts.Dir = dir
		r.Add(sight("a"))
		_, err := r.Write(WhyAsked)
		require.NoError(t, err)
	}
	all, err := List(dir)
	require.NoError(t, err)
	require.Len(t, all, MaxBundles)
	require.True(t, slices.IsSortedFunc(all, func(a, b string) int { return strings.Compare(b, a) }))
	require.Equal(t, all[0], Find(dir, filepath.Base(all[0])))
}

func zipped(t testing.TB, files ...file) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range files {
		w, err := z.Create(f.name)
		require.NoError(t, err)
		_, err = w.Write(f.data)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return out.Bytes()
}

// A bundle comes from somebody: what isn't one is refused.
func TestNotABundle(t *testing.T) {
	index := file{indexName, []byte(`{"format":1}`)}
	_, err := Parse(zipped(t, index))
	require.NoError(t, err)
	for name, data := range map[string][]byte{
		"no zip":      []byte("PK"),
		"no index":    zipped(t),
		"format":      zipped(t, file{indexName, []byte(`{"format":2}`)}),
		"climbs out":  zipped(t, index, file{"../../x", nil}),
		"a program":   zipped(t, index, file{"pages/01.exe", nil}),
		"twice":       zipped(t, index, index),
		"a bomb":      zipped(t, index, file{"pages/01.html", make([]byte, maxIndex+1)}),
		"large index": zipped(t, file{indexName, append([]byte(`{"format":1}`), bytes.Repeat([]byte(" "), maxIndex)...)}),
	} {
		_, err := Parse(data)
		require.Error(t, err, name)
	}
}

// However the words of a page are put together, what comes out is words of the list, masks and signs.
func FuzzRedact(f *testing.F) {
	for _, seed := range []string{"A\x05A", "Confirme o código 123", "maria@x.pt", "MARIA \u00a0 912", "a\u0301b\u200d", "\xff\xfe", "#x*"} {
		f.Add(seed)
	}
	w := NewWords()
	f.Fuzz(func(t *testing.T, text string) {
		got := w.Redact(text)
		for _, word := range token().FindAllString(got, -1) {
			require.True(t, w.Has(word) || strings.Trim(word, "x") == "", "%q in %q of %q", word, got, text)
		}
		require.False(t, hasDigit(got), "%q of %q", got, text)
		require.NotContains(t, got, "@")
	})
}

// Whatever a page's script gives, the HTML has no attribute but those of the list.
func FuzzRedactPage(f *testing.F) {
	o := page("912345678", "Maria Exemplo", "a.pdf")
	seed, err := json.Marshal(o)
	require.NoError(f, err)
	f.Add(seed)
	f.Add([]byte(`{"root":{"t":"a\"><script>","a":{"id":"\"><b 1234"},"c":[{"s":"<script>"}]}}`))
	w := NewWords()
	f.Fuzz(func(t *testing.T, data []byte) {
		var o Outline
		if json.Unmarshal(data, &o) != nil {
			return
		}
		html, _ := Redact(o, w, "Arrendamento.pdf")
		require.LessOrEqual(t, len(html), maxDOM+64<<10)
		require.NotContains(t, html, "<script")
		require.NotRegexp(t, `[0-9]{5}`, html)
	})
}

func FuzzParse(f *testing.F) {
	f.Add(zipped(f, file{indexName, []byte(`{"format":1,"pages":[{"number":1,"dom":"pages/01.html"}]}`)}, file{"pages/01.html", []byte("<p>")}))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := Parse(data)
		if err != nil {
			return
		}
		for _, p := range b.Index.Pages {
			require.LessOrEqual(t, len(b.DOM(p)), maxIndex)
		}
	})
}
