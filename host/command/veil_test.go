package command

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/browser"
	"github.com/sign-with-cmd/sign-with-cmd/host/cmdpages"
	"github.com/sign-with-cmd/sign-with-cmd/host/environment"
	"github.com/sign-with-cmd/sign-with-cmd/host/trace"
)

// personalPage shows values of a person's in every place that a page has for them, under style sheets that insist. Values of
// one length take one width, so that two persons' pages differ in nothing but what has to be covered.
func personalPage(word, name, number, choice, typed string) string {
	svg := fmt.Sprintf(`<svg xmlns='http://www.w3.org/2000/svg' width='200' height='30'><text y='20'>%s</text></svg>`, name)
	r := strings.NewReplacer("WORD", word, "NAME", name, "NUMBER", number, "CHOICE", choice, "TYPED", typed, "LOUD", "color: red !important; -webkit-text-fill-color: red !important", "SVG", svg)
	return r.Replace(`<!DOCTYPE html><html><head><title>NAME</title><style>
		html { zoom: 0.6; }
		* { font-family: "DejaVu Sans Mono", monospace; font-size: 15px; transition: color 2s; }
		#loud, .loud { color: red !important; -webkit-text-fill-color: red !important; text-shadow: 0 0 2px blue !important; }
		#before::before { content: attr(data-name) !important; LOUD; }
		#after::after { content: "NAME"; }
		#marked li { list-style: "NAME" inside; }
		#back { background: url("data:image/svg+xml,SVG"); width: 200px; height: 30px; }
		#first::first-letter { color: red !important; font-size: 30px; }
		input, select, textarea { width: 220px; }
	</style></head><body>
		<h1>WORD de NAME</h1>
		<p class="loud">Telemóvel NUMBER</p><p id="loud">NAME <b>NUMBER</b></p>
		<p id="before" data-name="NAME"></p><p id="after"></p><ul id="marked"><li></li></ul><div id="back"></div><p id="first">NAME</p>
		<input value="NAME" class="loud"><input type="tel" value="NUMBER"><input type="password" value="NUMBER"><input type="email" value="NAME@x.pt">
		<input placeholder="NAME"><input type="submit" value="Continuar como NAME"><input type="date" value="CHOICE"><textarea>NAME</textarea>
		<select class="loud"><option>NAME</option></select><input type="checkbox" id="check"><input type="radio" id="radio"><input type="range" value="50" id="range">
		<progress max="10" id="progress"></progress>
		<div contenteditable="true">TYPED NAME</div><textarea>TYPED</textarea><p style="LOUD">NAME</p>
		<object type="image/svg+xml" data="data:image/svg+xml,SVG" width="200" height="30"></object>
		<img src="data:image/svg+xml,SVG" alt="NAME">SVG<iframe srcdoc="<p>NAME</p>" width="200" height="40"></iframe><canvas id="canvas" width="200" height="30"></canvas>
		<div id="host"></div><x-name></x-name><div id="own"></div><p>n a m e @ NAME@mail.pt</p>
		<script>
			host.attachShadow({mode: "open"}).innerHTML = "<p style='LOUD'>NAME</p>";
			own.innerHTML = "<button aria-label='NAME' title='NAME'>Continuar como NAME</button>";
			document.querySelector("x-name").attachShadow({mode: "closed"}).innerHTML = "<p style='LOUD'>NAME</p>";
			canvas.getContext("2d").fillText("NAME", 5, 20);
			const odd = "NUMBER".charCodeAt(0) % 2 === 1;
			check.checked = radio.checked = odd;
			range.value = progress.value = odd ? 10 : 3;
			document.getSelection().selectAllChildren(document.getElementById("loud"));
		</script></body></html>`)
}

// A picture in a bundle shows nothing of what a person gave or is called: of two persons' pages it's the same picture, to the
// last pixel, and the same structure.
func TestPicturesInATraceAreCovered(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	m := bareMachine(t)
	var page atomic.Pointer[string]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, *page.Load())
	}))
	defer server.Close()
	pages, err := cmdpages.LoadPages("")
	require.NoError(t, err)

	kept := func(html string) (dom string, picture []byte) {
		t.Helper()
		page.Store(&html)
		method := cmdpages.New(cmdpages.Options{
			Environment: environment.Environment{Name: "test", Origins: []string{server.URL}}, Pages: pages,
			Limits: cmdpages.Limits{Page: patience, Unknown: 300 * time.Millisecond},
			Trace:  trace.Options{Dir: m.at("traces"), When: trace.Unknown, Environment: "test"},
			Open: func(ctx context.Context) (browser.Tab, error) {
				return browser.Launch(ctx, browser.LaunchOptions{Headless: new(true), Profiles: m.at("profiles")})
			},
		})
		viewer, err := method.Viewer(t.Context())
		require.NoError(t, err)
		defer viewer.Close()
		sight, err := viewer.Visit(t.Context(), server.URL+"/page")
		require.NoError(t, err)
		require.Empty(t, sight.Page)
		// On a busy machine a picture that takes too long is done without: then it's asked for again.
		for range 10 {
			bundle, err := trace.Open(viewer.Trace(t.Context()))
			require.NoError(t, err)
			require.Len(t, bundle.Index.Pages, 1)
			dom, picture = bundle.DOM(bundle.Index.Pages[0]), bundle.Picture(bundle.Index.Pages[0])
			if picture != nil {
				return dom, picture
			}
		}
		require.Fail(t, "no picture of the page")
		return dom, picture
	}
	dom, picture := kept(personalPage("Documento", "Zulmira Quaresma", "912345678", "1951-02-03", "Anexo"))
	otherDOM, otherPicture := kept(personalPage("Documento", "Leopold Ximenesa", "268274105", "1984-11-27", "Texto"))
	require.Equal(t, dom, otherDOM)
	require.True(t, samePixels(t, picture, otherPicture), "the pictures of two persons differ")
	require.NotContains(t, dom, "Quaresma")

	// The test would see it: a word that may be seen makes another picture.
	_, said := kept(personalPage("Documenta", "Zulmira Quaresma", "912345678", "1951-02-03", "Anexo"))
	require.False(t, samePixels(t, picture, said), "a word of the page isn't seen")
}

func samePixels(t *testing.T, a, b []byte) bool {
	t.Helper()
	one, err := png.Decode(bytes.NewReader(a))
	require.NoError(t, err)
	two, err := png.Decode(bytes.NewReader(b))
	require.NoError(t, err)
	if one.Bounds() != two.Bounds() {
		return false
	}
	for y := one.Bounds().Min.Y; y < one.Bounds().Max.Y; y++ {
		for x := one.Bounds().Min.X; x < one.Bounds().Max.X; x++ {
			if one.At(x, y) != two.At(x, y) {
				return false
			}
		}
	}
	return true
}
