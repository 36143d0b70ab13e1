package trace

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options say what a bundle tells besides the pages, and where it's kept.
type Options struct {
	Dir         string // the folder of the bundles
	When        When   // empty: Off
	Environment string
	Versions    Versions
	Words       *Words // that may be seen
}

// On says whether anything is gathered at all.
func (o Options) On() bool { return o.When == Unknown || o.When == Always }

// Recorder gathers the pages of one signing. All that it's given is redacted at once: it never keeps what it won't write. Its
// methods may be called from any goroutine.
type Recorder struct {
	opts Options

	mu      sync.Mutex
	words   *Words
	name    string // the document's
	made    time.Time
	path    string // of the bundle, once it was written
	why     string
	step    string
	pages   []*recorded
	known   map[string]*recorded
	browser string
	tongues string
}

// recorded is a page with its files.
type recorded struct {
	Page
	dom     string
	picture []byte
}

// Sight is a page as the engine saw it, before anything is left out.
type Sight struct {
	Key     string // of the document that the tab showed: a second Sight of it takes the place of the first
	Host    string
	Path    string
	Title   string
	Status  int64
	Page    string // its name in the page file
	Found   []string
	Missing []string
	Scores  map[string][]string
	Errors  []string
	ByHand  bool
	Outline *Outline // nil: it couldn't be had
}

// NewRecorder makes one for a signing.
func NewRecorder(opts Options) *Recorder {
	return &Recorder{opts: opts, words: opts.Words, known: map[string]*recorded{}}
}

// Document takes the document's name, which no page may show from here on.
func (r *Recorder) Document(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.words, r.name = r.opts.Words.Without(name), name
}

// Words are those that may be seen in this signing's pages.
func (r *Recorder) Words() *Words {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.words
}

// Add takes a page.
func (r *Recorder) Add(s Sight) {
	r.mu.Lock()
	defer r.mu.Unlock()
	names := inAddresses(r.name)
	red := &redactor{name: names}
	p := Page{
		Host: redactHost(s.Host), Path: redactPath(s.Path, red.named), Title: r.words.Redact(s.Title), Status: s.Status, Recognised: s.Page,
		Found: s.Found[:min(len(s.Found), maxList)], Missing: s.Missing[:min(len(s.Missing), maxList)], Scores: maps.Clone(s.Scores), ByHand: s.ByHand,
	}
	slices.Sort(p.Found)
	for _, e := range s.Errors[:min(len(s.Errors), maxList)] {
		p.Errors = append(p.Errors, r.words.Redact(e))
	}
	dom := ""
	if s.Outline != nil {
		dom, p.Cut = Redact(*s.Outline, r.words, r.name)
	}
	if s.Outline != nil {
		r.browser, r.tongues = browserOf(s.Outline.Agent), languagesOf(s.Outline.Languages)
	}
	if old := r.known[s.Key]; old != nil {
		p.Picture = old.Picture
		p.ByHand = p.ByHand || old.ByHand
		if dom == "" {
			dom, p.Cut = old.dom, old.Cut
		}
		old.Page, old.dom = p, dom
		return
	}
	page := &recorded{Page: p, dom: dom}
	r.known[s.Key] = page
	r.pages = append(r.pages, page)
	if len(r.pages) > maxPages {
		gone := r.pages[firstPages]
		r.pages = slices.Delete(r.pages, firstPages, firstPages+1)
		maps.DeleteFunc(r.known, func(_ string, p *recorded) bool { return p == gone })
	}
}

// Picture takes the covered screenshot of a page that was added.
func (r *Recorder) Picture(key string, png []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	page := r.known[key]
	if page == nil || len(png) > maxPicture {
		return
	}
	page.picture = png
	pictures := 0
	for _, p := range slices.Backward(r.pages) {
		if p.picture == nil {
			continue
		}
		if pictures++; pictures > maxPictures {
			p.picture = nil
		}
	}
}

// Pictured says whether there is a screenshot of a page already.
func (r *Recorder) Pictured(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known[key] != nil && r.known[key].picture != nil
}

// Stuck names the step that the program needed done.
func (r *Recorder) Stuck(step string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.step = step
}

// Client takes the version that the client says it has.
func (r *Recorder) Client(version string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if versionLike().MatchString(version) {
		r.opts.Versions.Client = version
	}
}

// Written says whether there's a bundle of this signing.
func (r *Recorder) Written() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.path != ""
}

// Write puts what was gathered so far into a bundle and gives its path. Each Write of a signing replaces the one before.
func (r *Recorder) Write(why string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.path == "" {
		r.made = time.Now().UTC()
		r.why = why
	}
	index := Index{Format: Format, Made: r.made.Truncate(time.Minute), Why: r.why, Environment: r.opts.Environment, Step: r.step, Versions: r.opts.Versions}
	index.Versions.System = runtime.GOOS + "/" + runtime.GOARCH
	index.Versions.Browser, index.Versions.Languages = r.browser, r.tongues
	var files []file
	for i, p := range r.pages {
		page := p.Page
		page.Number = i + 1
		if p.dom != "" {
			page.DOM = fmt.Sprintf("pages/%02d.html", page.Number)
			files = append(files, file{page.DOM, []byte(p.dom)})
		}
		if p.picture != nil {
			page.Picture = fmt.Sprintf("pages/%02d.png", page.Number)
			files = append(files, file{page.Picture, p.picture})
		}
		index.Pages = append(index.Pages, page)
	}
	data, err := pack(index, files)
	if err != nil {
		return "", err
	}
	path, err := keep(r.opts.Dir, r.path, r.made, data)
	if err == nil {
		r.path = path
	}
	return path, err
}

var (
	hostLike    = later(`^[A-Za-z0-9.\-\[\]:]{1,100}$`)
	versionLike = later(`^[0-9A-Za-z.+\-]{1,40}$`)
	agentToken  = later(`\b(?:Chrome|HeadlessChrome|Edg|OPR|Vivaldi|Brave|Firefox)/[0-9.]{1,30}`)
	langToken   = later(`^[a-z]{2,3}(-[A-Za-z]{2,4})?$`)
)

func redactHost(host string) string {
	if !hostLike().MatchString(host) {
		return ""
	}
	return host
}

// browserOf keeps of what a browser says of itself its name and version.
func browserOf(agent string) string { return strings.Join(agentToken().FindAllString(agent, 3), " ") }

func languagesOf(list string) string {
	kept := slices.DeleteFunc(strings.Split(list, ","), func(l string) bool { return !langToken().MatchString(l) })
	return strings.Join(kept[:min(len(kept), 5)], ",")
}
