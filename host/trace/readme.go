package trace

import (
	"fmt"
	"strings"
)

// readme is README.txt of a bundle: what a person should know before they send it.
func readme(index Index) string {
	var list strings.Builder
	for _, p := range index.Pages {
		name := p.Recognised
		if name == "" {
			name = "?"
		}
		fmt.Fprintf(&list, "  %02d  %-12s %s%s", p.Number, name, p.Host, p.Path)
		if len(p.Missing) > 0 {
			fmt.Fprintf(&list, "  (em falta / missing: %s)", strings.Join(p.Missing, ", "))
		}
		list.WriteString("\n")
	}
	return fmt.Sprintf(readmeText, index.Environment, index.Made.Format("2006-01-02 15:04"), list.String())
}

const readmeText = `Sign with CMD: rasto para reparação / trace for repair
Não oficial; sem ligação ao Estado nem à ARTE/AMA. / Not official; not connected with the State.

ambiente / environment: %s
feito em / made: %s UTC

%s
O QUE ESTÁ AQUI
As páginas da Chave Móvel Digital que o programa viu, por ordem, para que quem o mantém lhas possa ensinar quando o sítio
muda.
  trace.json     de cada página: o endereço sem o que vem depois de “?”, o que o programa reconheceu e o que faltou; e as
                 versões do programa, do navegador e do ficheiro que descreve as páginas
  pages/*.html   a estrutura de cada página: elementos, com os nomes que lhes deu quem fez o sítio, e as palavras comuns
                 de formulários. As outras palavras estão trocadas por xx, xxxxx ou xxxxxxxx; os números, por #
  pages/*.png    uma imagem das páginas que o programa não conheceu. Só se veem essas mesmas palavras; o resto está tapado

O QUE FICOU DE FORA
Telemóvel, PIN, código, nomes de pessoas, nome e conteúdo do documento, o que está escrito nos campos, endereços de correio,
números, cookies, campos escondidos (só o nome deles), ligações para fora e tudo o que vem depois de “?” num endereço,
imagens, e o que está dentro de outros quadros.

VEJA ANTES DE ENVIAR
O programa não envia este ficheiro a ninguém. Abra as imagens e os ficheiros .html num editor de texto, ou corra
“cmdsign trace show” com o nome deste ficheiro. Se vir alguma coisa que é sua, não o envie, e diga-o a quem mantém o programa.

WHAT IS HERE
The pages of the Chave Móvel Digital that the program saw, in order, so that its maintainers can teach it those that changed.
  trace.json     of each page: the address without what follows “?”, what the program recognised and what was missing; and
                 the versions of program, browser and the file that describes the pages
  pages/*.html   the structure of each page: elements, with the names that the makers of the site gave them, and the common
                 words of forms. Other words are replaced by xx, xxxxx or xxxxxxxx, numbers by #
  pages/*.png    a picture of the pages that the program didn't know. Only those same words are seen; the rest is covered

WHAT WAS LEFT OUT
Phone, PIN, code, names of persons, name and content of the document, what stands in fields, e-mail addresses, numbers, cookies,
hidden fields (but their names), links to elsewhere and all that follows “?” in an address, pictures, and what is inside
other frames.

LOOK BEFORE YOU SEND IT
The program sends this file to nobody. Open the pictures, and the .html files in a text editor, or run “cmdsign trace show”
with this file's name. If you see something of yours, don't send it, and tell the maintainers.
`
