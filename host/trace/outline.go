package trace

import (
	"html"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Node is an element of a page, or a text, as engine.js gives it: it never has the value of a field.
type Node struct {
	Tag      string            `json:"t,omitempty"` // empty: a text
	Text     string            `json:"s,omitempty"`
	Attrs    map[string]string `json:"a,omitempty"`
	Hidden   int               `json:"h,omitempty"` // how it's kept from sight: 0 not, 1 no box, 2 invisible
	Children []Node            `json:"c,omitempty"`
}

// Outline is a page as engine.js gives it.
type Outline struct {
	Root      Node   `json:"root"`
	Cut       bool   `json:"cut"` // the page was too large
	Agent     string `json:"agent"`
	Languages string `json:"languages"`
}

// kind is how the value of an attribute is kept.
type kind int

const (
	ident   kind = iota // names that the site's makers gave, one or several
	plainly             // words of the language HTML, by a list
	number
	flag    // it's there or not; any value goes
	text    // redacted as all text
	address // the path, redacted
)

// attributes are those that are kept. All else of an element is left out: value, src, style, data-…, on….
var attributes = sync.OnceValue(func() map[string]kind {
	return map[string]kind{
		"id": ident, "name": ident, "for": ident, "form": ident, "class": ident,
		"aria-labelledby": ident, "aria-describedby": ident, "aria-controls": ident,
		"type": plainly, "role": plainly, "autocomplete": plainly, "inputmode": plainly, "method": plainly, "enctype": plainly,
		"accept": plainly, "lang": plainly, "dir": plainly, "scope": plainly, "target": plainly,
		"aria-hidden": plainly, "aria-live": plainly, "aria-invalid": plainly, "aria-modal": plainly, "aria-required": plainly,
		"maxlength": number, "minlength": number, "tabindex": number, "rows": number, "cols": number,
		"disabled": flag, "required": flag, "multiple": flag, "readonly": flag, "open": flag, "novalidate": flag,
		"formnovalidate": flag, "download": flag,
		"title": text, "alt": text, "placeholder": text, "aria-label": text,
		"value": text, // engine.js gives it for buttons alone, whose name it is
		"href":  address, "action": address, "formaction": address,
	}
})

// Attributes names what engine.js may tell of an element.
func Attributes() []string { return slices.Sorted(maps.Keys(attributes())) }

var (
	tagName     = later(`^[a-z][a-z0-9-]{0,40}$`)
	identToken  = later(`^[\p{L}\p{M}\p{N}_$:.\[\]\-]{1,80}$`)
	manyDigits  = later(`\p{N}{3,}`)
	numberValue = later(`^-?[0-9]{1,4}$`)
	// segment is a part of a path that looks like a name and not like a token: short, of few digits.
	segment = later(`^[A-Za-z][A-Za-z_.\-]*(?:[0-9]{1,2}[A-Za-z_.\-]*)*$`)
)

const (
	maxSegment = 40 // bytes; longer ones are taken for tokens
	maxIdents  = 20
)

// Addresses that end in these are pages; other endings are files, whose names may be the document's.
var (
	pageEndings = []string{"aspx", "ashx", "asp", "html", "htm", "jsp", "php", "do"}
	fileEndings = []string{"pdf", "zip", "xml", "p7m", "p7s"}
)

// redactor writes a page with nothing in it but what may be kept.
type redactor struct {
	words *Words
	name  []string // of the document, as it may stand in an identifier or address
	out   strings.Builder
	cut   bool
}

// Redact gives the page as HTML that holds its structure, its attributes of the list, and its texts as words allows. name is
// the document's. cut says that it was too long and ends early.
func Redact(o Outline, words *Words, name string) (page string, cut bool) {
	r := &redactor{words: words.Without(name), name: inAddresses(name), cut: o.Cut}
	r.out.WriteString("<!DOCTYPE html>\n")
	r.node(o.Root, 0)
	r.out.WriteString("\n")
	return r.out.String(), r.cut
}

// inAddresses are the forms in which a document's name may stand inside an address or an identifier.
func inAddresses(name string) []string {
	stem := strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(name, ".pdf"), ".PDF"))
	if len([]rune(stem)) < shortest {
		return nil
	}
	return []string{stem, strings.ToLower(url.PathEscape(stem)), strings.ToLower(url.QueryEscape(stem)),
		strings.ReplaceAll(stem, " ", "-"), strings.ReplaceAll(stem, " ", "_"), Fold(stem)}
}

// named says whether a value holds the document's name.
func (r *redactor) named(value string) bool {
	value = strings.ToLower(value)
	return slices.ContainsFunc(r.name, func(n string) bool { return strings.Contains(value, n) })
}

// Elements that are left out whole, and those whose inside is: what a script, a picture, another document or a person put
// there.
var (
	dropped = set("script", "style", "noscript", "template", "link", "meta", "base")
	emptied = set("iframe", "frame", "object", "embed", "svg", "canvas", "video", "audio", "math", "textarea", "img")
	void    = set("area", "br", "col", "embed", "hr", "img", "input", "source", "track", "wbr", "frame")
	// blocks begin a line of the file; white space there changes nothing of what the page says.
	blocks = set("head", "title", "body", "div", "p", "form", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr",
		"td", "th", "section", "article", "main", "header", "footer", "nav", "aside", "fieldset", "legend", "h1", "h2", "h3", "h4",
		"h5", "h6", "option", "details", "summary", "dialog", "iframe", "object")
)

// set is made where it's first asked for.
func set(names ...string) func() map[string]bool {
	return sync.OnceValue(func() map[string]bool {
		m := map[string]bool{}
		for _, n := range names {
			m[n] = true
		}
		return m
	})
}

// maxDepth bounds how deep elements may lie in one another; engine.js stops earlier.
const maxDepth = 100

func (r *redactor) node(n Node, depth int) {
	if n.Tag == "" {
		r.text(n.Text)
		return
	}
	if !tagName().MatchString(n.Tag) || manyDigits().MatchString(n.Tag) || dropped()[n.Tag] {
		return
	}
	if depth > maxDepth || r.out.Len() > maxDOM-4<<10 {
		r.cut = true
		return
	}
	if blocks()[n.Tag] {
		r.out.WriteString("\n")
	}
	r.out.WriteString("<" + n.Tag)
	for _, name := range slices.Sorted(maps.Keys(n.Attrs)) {
		r.attribute(n, name, n.Attrs[name])
	}
	switch n.Hidden {
	case 1:
		r.out.WriteString(" hidden")
	case 2:
		r.out.WriteString(` data-cmdsign="unseen"`)
	}
	r.out.WriteString(">")
	if void()[n.Tag] {
		return
	}
	if !emptied()[n.Tag] {
		for _, c := range n.Children {
			r.node(c, depth+1)
		}
	}
	r.out.WriteString("</" + n.Tag + ">")
}

// text keeps the white space around it, which parts words of neighbouring elements.
func (r *redactor) text(s string) {
	redacted := r.words.Redact(s)
	if strings.TrimLeft(s, " \t\r\n\f") != s {
		r.out.WriteString(" ")
	}
	r.out.WriteString(html.EscapeString(redacted))
	if redacted != "" && strings.TrimRight(s, " \t\r\n\f") != s {
		r.out.WriteString(" ")
	}
}

func (r *redactor) attribute(n Node, name, value string) {
	k, kept := attributes()[name]
	if !kept || name == "value" && !isButton(n) {
		return
	}
	switch k {
	case ident:
		value = r.idents(value)
	case plainly:
		if value = vocabulary(value); value == "" {
			return
		}
	case number:
		if !numberValue().MatchString(value) {
			return
		}
	case flag:
		r.out.WriteString(" " + name)
		return
	case text:
		value = r.words.Redact(value)
	case address:
		value = r.path(value)
	}
	r.out.WriteString(" " + name + `="` + html.EscapeString(value) + `"`)
}

func isButton(n Node) bool {
	t := strings.ToLower(n.Attrs["type"])
	return n.Tag == "input" && (t == "submit" || t == "button" || t == "reset")
}

// idents keeps the names that the makers of the site gave, less long numbers and what can't be such a name.
func (r *redactor) idents(value string) string {
	tokens := strings.Fields(value)
	tokens = tokens[:min(len(tokens), maxIdents)]
	for i, t := range tokens {
		if !identToken().MatchString(t) || r.named(t) {
			tokens[i] = maskMiddle
			continue
		}
		tokens[i] = manyDigits().ReplaceAllString(t, maskNumber)
	}
	return strings.Join(tokens, " ")
}

// htmlWords are the values of the attributes that take words of HTML's own.
var htmlWords = sync.OnceValue(func() map[string]bool {
	return set(strings.Fields(`text tel password email number search url date time datetime-local month week checkbox radio range
	color file hidden submit button reset image alert alertdialog application article banner checkbox combobox complementary
	contentinfo dialog document feed figure form grid gridcell group heading img link list listbox listitem log main marquee menu
	menubar menuitem navigation none note option presentation progressbar radiogroup region row rowgroup scrollbar separator slider
	spinbutton status switch tab table tablist tabpanel textbox timer toolbar tooltip tree treeitem on off name username
	current-password new-password one-time-code tel-national tel-country-code country postal-code numeric decimal get post
	multipart/form-data application/x-www-form-urlencoded text/plain application/pdf .pdf application/* image/* */* pt pt-pt en
	en-gb en-us es fr ltr rtl auto col colgroup _blank _self _top _parent true false polite assertive mixed grammar spelling`)...)()
})

// vocabulary keeps of a value the words that are HTML's own.
func vocabulary(value string) string {
	words := strings.FieldsFunc(strings.ToLower(value), func(r rune) bool { return r == ' ' || r == ',' || r == '\t' || r == '\n' })
	return strings.Join(slices.DeleteFunc(words[:min(len(words), maxIdents)], func(w string) bool { return !htmlWords()[w] }), " ")
}

// path keeps where a link leads inside the site, without host, query and fragment. Of a script or of data only the kind is kept.
func (r *redactor) path(value string) string {
	u, err := url.Parse(strings.TrimSpace(value))
	if err != nil {
		return maskMiddle
	}
	if u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" {
		if tagName().MatchString(u.Scheme) {
			return u.Scheme + ":"
		}
		return maskMiddle
	}
	if u.EscapedPath() == "" {
		return maskNumber
	}
	return redactPath(u.EscapedPath(), r.named)
}

// redactPath masks the segments of a path that may be a token, a number or the name of a file.
func redactPath(path string, named func(string) bool) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		switch _, ending, dotted := strings.Cut(s, "."); {
		case s == "" || s == "." || s == "..":
		case !segment().MatchString(s) || len(s) > maxSegment || named(s):
			segments[i] = maskMiddle + fileEnding(s)
		case dotted && i == len(segments)-1 && !slices.Contains(pageEndings, strings.ToLower(ending[strings.LastIndex(ending, ".")+1:])):
			segments[i] = maskMiddle + fileEnding(s)
		}
	}
	return strings.Join(segments, "/")
}

// fileEnding keeps what kind of file an address names: by it a link to a PDF is known.
func fileEnding(s string) string {
	i := strings.LastIndex(s, ".")
	if i < 0 {
		return ""
	}
	ending := strings.ToLower(s[i+1:])
	if slices.Contains(fileEndings, ending) || slices.Contains(pageEndings, ending) {
		return "." + ending
	}
	return ""
}
