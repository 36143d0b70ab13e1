package sandbox

import (
	"embed"
	"html/template"
	"strings"
	"sync"
)

// look is one appearance of the pages. Pages are recognised by a program that must not have learnt one look by heart,
// so looks differ in markup, ids, field names and language.
type look struct {
	name      string
	templates func() *template.Template
	controls  controls
	languages []string                    // the first is used when the language asked for is missing
	labels    func() map[string][2]string // what it says in other words than the other looks
	renewed   bool                        // pages that no program has learnt yet
	consent   bool                        // a cookie banner lies over each host's pages until it is closed
	keepPhone bool                        // a refused PIN leaves the phone in its box
}

// controls gives the ids and form names of a look to the pages' controls, which the code calls by the real site's names
// (facts/cmd.md 1.3): btnNext, txtPin, …
type controls struct {
	idPrefix, namePrefix string
	renamed              map[string]string // instead of the known name
	plain                map[string]bool   // without prefixes
}

var classicControls = controls{
	idPrefix: "MainContent_", namePrefix: "ctl00$MainContent$",
	plain: map[string]bool{"inputMobile": true, "humanCheck": true},
}

var modernControls = controls{
	idPrefix: "Body_", namePrefix: "ctl00$Body$",
	renamed: map[string]string{
		"btnNext": "primaryAction", "btnCancel": "leaveAction", "btnBackReg": "previousAction",
		"btnYes": "acceptDocument", "btnNo": "refuseDocument", "btnSignDetails": "applyAction",
		"btnUpload": "sendDocument", "fileUpload": "documentFile", "lnkResend": "anotherCode",
		"lblTitleChooseDoc": "headingDocument", "lblTitlePreviewDoc": "headingReview",
		"lblSignatureDetailsTitle": "headingAppearance", "lblMsgError": "alertText",
		"inputMobile": "phoneVisible", "hiddenMobile": "phoneValue", "txtPin": "secretNumber",
		"txtMobileTAN": "oneTimeNumber", "humanCheck": "scriptProbe", "lnkDownload": "documentLink",
		"lblReference": "requestRef", "lblCountdown": "timeLeft",
	},
}

var renewedControls = controls{
	idPrefix: "agw", namePrefix: "agw.",
	renamed: map[string]string{
		"btnNext": "GoOn", "btnCancel": "Abandon", "btnBackReg": "StepBack",
		"btnYes": "FileIsRight", "btnNo": "FileIsWrong", "btnSignDetails": "KeepInvisible",
		"btnUpload": "Attach", "fileUpload": "File", "lnkResend": "AnotherMessage",
		"lblTitleChooseDoc": "WhichFile", "lblTitlePreviewDoc": "CheckFile",
		"lblSignatureDetailsTitle": "Appearance", "lblMsgError": "Trouble",
		"inputMobile": "CallNumber", "hiddenMobile": "CallNumberFull", "txtPin": "Signing",
		"txtMobileTAN": "Received", "humanCheck": "Alive", "lnkDownload": "Fetch",
		"lblReference": "Matter", "lblCountdown": "Remaining",
	},
}

func (c controls) named(control string) string {
	if name, ok := c.renamed[control]; ok {
		return name
	}
	return control
}

func (c controls) id(control string) string {
	if c.plain[control] {
		return control
	}
	return c.idPrefix + c.named(control)
}

func (c controls) field(control string) string {
	if c.plain[control] {
		return control
	}
	return c.namePrefix + c.named(control)
}

//go:embed templates
var templateFiles embed.FS

// parsed reads templates at the first page that needs them: the program that has this inside starts for every signature, and
// hardly ever for the sandbox.
func parsed(patterns ...string) func() *template.Template {
	return sync.OnceValue(func() *template.Template { return template.Must(template.ParseFS(templateFiles, patterns...)) })
}

func folder(name string) func() *template.Template {
	return parsed("templates/shared.html", "templates/"+name+"/*.html")
}

var (
	classicTemplates = folder("classic")
	modernTemplates  = folder("modern")
	renewedTemplates = folder("renewed")
	phoneTemplate    = parsed("templates/phone.html")
)

var looks = []*look{
	{name: "classic", templates: classicTemplates, controls: classicControls, languages: []string{"pt", "en"}, keepPhone: true},
	{name: "banner", templates: classicTemplates, controls: classicControls, languages: []string{"pt", "en"}, keepPhone: true, consent: true},
	{name: "modern", templates: modernTemplates, controls: modernControls, languages: []string{"en"}},
	{name: "renewed", templates: renewedTemplates, controls: renewedControls, languages: []string{"pt", "en"},
		labels: table("templates/renewed/labels.txt"), renewed: true},
}

// Looks are the names that Config.Look and ?look= accept.
func Looks() []string { return names(func(*look) bool { return true }) }

// KnownLooks are those that the program's own page descriptions know. The others are for what comes after a redesign of the
// site: the person goes on by hand, and a maintainer mends the descriptions (docs/REPAIR.md).
func KnownLooks() []string { return names(func(l *look) bool { return !l.renewed }) }

func names(which func(*look) bool) (names []string) {
	for _, l := range looks {
		if which(l) {
			names = append(names, l.name)
		}
	}
	return names
}

func lookNamed(name string) *look {
	for _, l := range looks {
		if l.name == name {
			return l
		}
	}
	return nil
}

// language is the nearest that the look has to the one asked for.
func (l *look) language(asked string) string {
	for _, have := range l.languages {
		if have == asked {
			return have
		}
	}
	return l.languages[0]
}

// labels are the pages' words, pt and en; a look with one language simply never asks for the other.
var labels = table("templates/labels.txt")

func table(file string) func() map[string][2]string {
	return sync.OnceValue(func() map[string][2]string { return mustTable(file) })
}

// mustTable reads a table of texts once; a text missing in a language must stop a test, not show an empty page.
func mustTable(file string) map[string][2]string {
	table := map[string][2]string{}
	data, err := templateFiles.ReadFile(file)
	if err != nil {
		panic(err)
	}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := strings.Split(line, " | ")
		if len(parts) != 3 {
			panic("sandbox: bad line in " + file + ": " + line)
		}
		key := strings.TrimSpace(parts[0])
		if _, twice := table[key]; twice {
			panic("sandbox: label twice: " + key)
		}
		table[key] = [2]string{strings.TrimSpace(parts[1]), strings.TrimSpace(parts[2])}
	}
	return table
}

// label is a text as the look says it.
func (l *look) label(key, lang string) string {
	if l.labels != nil {
		if texts, ok := l.labels()[key]; ok {
			return in(texts, lang)
		}
	}
	return label(key, lang)
}

func label(key, lang string) string {
	texts, ok := labels()[key]
	if !ok {
		panic("sandbox: no such label: " + key)
	}
	return in(texts, lang)
}

func in(texts [2]string, lang string) string {
	if lang == "en" {
		return texts[1]
	}
	return texts[0]
}
