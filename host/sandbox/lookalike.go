package sandbox

import (
	"net/http"
	"strings"
)

// spyPath is where a look-alike page reports that a box was touched.
const spyPath = "/sandbox/spy"

// serveLookAlike is a host with a name like the real ones. It shows copies of the pages that take anything, and counts
// what it gets: nothing, if whoever drives the browser looks at the origin first.
func (s *Sandbox) serveLookAlike(w http.ResponseWriter, r *http.Request, host string) {
	if r.URL.Path == spyPath {
		s.count(func(c *Counts) { c.LookAlike.Keys++ })
		w.WriteHeader(http.StatusNoContent)
		return
	}
	// A browser asks for this by itself; it would blur the count of what somebody was led to do.
	if r.URL.Path == "/favicon.ico" {
		http.NotFound(w, r)
		return
	}
	f := &form{}
	if r.Method == http.MethodPost {
		// What it has read counts even when the form is broken.
		f, _ = readForm(w, r, s.cfg.MaxFile)
	}
	s.count(func(c *Counts) {
		l := &c.LookAlike
		l.Requests++
		if r.Method == http.MethodPost {
			l.Posts++
			l.Bytes += int(f.size)
		}
		if f.hasFile {
			l.Files++
		}
		l.add(f)
	})
	s.log.Warn("look-alike host called", "host", host, "method", r.Method, "path", r.URL.Path)

	at, found := lookAlikeStep(r)
	if !found {
		http.NotFound(w, r)
		return
	}
	l := s.newLook()
	v := view{
		look: l, Lang: l.language(s.cfg.Lang), Step: at, Number: stepNumber[at], Action: r.URL.Path + "?page=" + string(next(at)),
		State: "/wEP" + randomText(40), Event: "/wEd" + randomText(40), Start: r.URL.Path, Countries: countries,
		Limit: sizeText(s.cfg.MaxFile), Name: "documento.pdf", Size: "1 KB", Reference: reference(), Seconds: 120, Spy: true,
	}
	s.render(w, http.StatusOK, l.templates(), stepTemplate[at], v)
}

var lookAlikeOrder = []step{stepIntro, stepChoose, stepPreview, stepDetails, stepCredentials, stepCode}

func next(at step) step {
	for i, s := range lookAlikeOrder[:len(lookAlikeOrder)-1] {
		if s == at {
			return lookAlikeOrder[i+1]
		}
	}
	return stepCode
}

// lookAlikeStep is the page to copy: the one asked for by ?page=, else the first that lives at the path.
func lookAlikeStep(r *http.Request) (step, bool) {
	asked := step(r.URL.Query().Get("page"))
	for _, at := range lookAlikeOrder {
		if asked == at {
			return at, true
		}
	}
	for _, at := range lookAlikeOrder {
		if strings.EqualFold(place[at].path, r.URL.Path) {
			return at, true
		}
	}
	return "", false
}
