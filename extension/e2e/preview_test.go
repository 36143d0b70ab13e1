package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
)

// shown waits until the preview shows a page, and gives what it says of it.
func (p *popup) shown(page string) {
	p.t.Helper()
	p.preview("shown")
	require.Eventually(p.t, func() bool { return p.eval(`document.querySelector("#preview-page").value`) == page }, patience, tick)
}

// preview waits for a state of the preview.
func (p *popup) preview(state string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return p.eval(`document.querySelector(".preview")?.dataset.state ?? ""`) == state }, patience, tick,
		"the preview isn't %s but:\n%s", state, lazy(p.lastText))
}

// hasFrame says whether the frame that shows the PDF is there, by the end of its address.
func (p *popup) hasFrame(address string) bool {
	p.t.Helper()
	infos, err := chromedp.Targets(p.c.ctx)
	require.NoError(p.t, err)
	return slices.ContainsFunc(infos, func(i *target.Info) bool { return strings.HasSuffix(i.URL, address) })
}

// inFrame evaluates an expression in the frame that shows the PDF, and waits for what it promises.
func (p *popup) inFrame(expression string) string {
	p.t.Helper()
	infos, err := chromedp.Targets(p.c.ctx)
	require.NoError(p.t, err)
	for _, info := range infos {
		if strings.HasSuffix(info.URL, "/preview.html") {
			ctx, cancel := chromedp.NewContext(p.c.ctx, chromedp.WithTargetID(info.TargetID), chromedp.WithDetachOnCancel())
			defer cancel()
			text, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression, chromedp.EvalAwaitPromise))
			require.NoError(p.t, err)
			return text
		}
	}
	require.Fail(p.t, "the frame isn't a target of its own", "%v", infos)
	return ""
}

// restless is a PDF of three pages, and large, that tries all that a PDF can to reach a place: it must not.
func restless(to string) []byte {
	b := &pdftest.Builder{}
	catalog, tree := b.Reserve(), b.Reserve()
	font := b.Add("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
	picture := b.Add("<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Length 0/F<</FS/URL/F(%s/fluxo)>>>>\nstream\n\nendstream", to)
	var kids []string
	for n := 1; n <= 3; n++ {
		content := b.AddStream("", fmt.Sprintf("BT /F1 40 Tf 72 700 Td (Clausula %d) Tj ET q 9 0 0 9 9 9 cm /I Do Q", n))
		var annots []string
		for name, action := range map[string]string{
			"uri": "/S/URI/URI(%s/uri)", "launch": "/S/Launch/F(%s/launch)", "remote": "/S/GoToR/F(%s/remoto.pdf)/D[0/Fit]",
			"script": "/S/JavaScript/JS(app.launchURL\\('%s/js'\\);this.submitForm\\('%[1]s/js'\\))", "submit": "/S/SubmitForm/F<</FS/URL/F(%s/formulario)>>",
		} {
			act := fmt.Sprintf(action, to)
			annots = append(annots, fmt.Sprintf("<</Type/Annot/Subtype/Link/Rect[0 0 600 842]/A<<%s>>/AA<</PO<<%s>>/PV<<%s>>>>/NM(%s)>>", act, act, act, name))
		}
		kids = append(kids, fmt.Sprintf("%d 0 R", b.Add(
			"<</Type/Page/Parent %d 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</Font<</F1 %d 0 R>>/XObject<</I %d 0 R>>>>/Annots[%s]/AA<</O<</S/URI/URI(%s/aberta)>>>>>>",
			tree, content, font, picture, strings.Join(annots, ""), to)))
	}
	large := make([]byte, 5<<19)
	_, _ = rand.Read(large) // never fails
	b.AddStream("", string(large))
	b.Set(tree, "<</Type/Pages/Kids[%s]/Count 3>>", strings.Join(kids, " "))
	b.Set(catalog, "<</Type/Catalog/Pages %d 0 R/OpenAction<</S/URI/URI(%s/abrir)>>/URI<</Base(%[2]s/)>>>>", tree, to)
	return b.Table(catalog, b.Add("<</Title(x)>>"))
}

// What is shown is what is signed, page by page, and a PDF that wants out has nowhere to go. A large one goes from the browser to the
// host, and not back again.
func TestPreview(t *testing.T) {
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	out := "/fuga"
	web.pdf = restless(web.url(otherHost, out))
	person.asHost(extensionID, "record", person.at("tmp"))
	browser := person.browse()
	browser.goTo(web.url(siteHost, "/"))
	popup := browser.menu("same")
	popup.until("document")
	popup.shown("1")
	popup.picture("preview/document")
	// A popup comes up once it has loaded, and would wait for a frame that's in it by then.
	const loaded = `String(performance.timeOrigin + performance.getEntriesByType("navigation")[0].loadEventStart)`
	require.Less(t, popup.eval(loaded), popup.inFrame(loaded), "the popup waited for the preview's frame")
	require.Contains(t, popup.inFrame(`document.querySelector("#page").innerText`), "Clausula 1")
	require.Equal(t, "yes", popup.inFrame(`(() => {
		const c = document.querySelector("canvas");
		const {data} = c.getContext("2d").getImageData(0, 0, c.width, c.height);
		let dark = 0;
		for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200 && data[i] < 90) dark++;
		return dark > 100 && dark < data.length / 40 ? "yes" : "dark pixels: " + dark;
	})()`), "the page's words aren't drawn")

	// By the keys, then closed and opened again: the same page.
	popup.eval(`String(document.querySelector(".preview .bar").dispatchEvent(new KeyboardEvent("keydown", {key: "End", bubbles: true})))`)
	popup.shown("3")
	popup.close()
	popup = browser.click()
	popup.shown("3")
	require.Contains(t, popup.inFrame(`document.querySelector("#page").innerText`), "Clausula 3")

	// Where the PDF is, nothing of the extension, of this computer or of the net can be reached, even by a script that had got in.
	away := web.url(otherHost, out)
	require.Equal(t, `null undefined blocked blocked blocked none blocked`, popup.inFrame(fmt.Sprintf(`(async () => {
		const blocked = async (f) => { try { await f(); return "reached" } catch { return "blocked" } };
		const picture = () => new Promise((ok, no) => { const i = new Image(); i.onload = ok; i.onerror = no; i.src = %q + "/imagem"; });
		const said = [
			self.origin, typeof chrome.storage, await blocked(() => fetch(%[1]q + "/fetch")), await blocked(picture),
			await blocked(() => new Function("return 1")()), window.open(%[1]q + "/janela") ? "open" : "none", await blocked(() => localStorage.length)];
		setTimeout(() => { location.href = %[1]q + "/longe" }, 100);
		return said.join(" ");
	})()`, away)))
	require.Eventually(t, func() bool { return !popup.hasFrame("/preview.html") }, patience, tick, "the frame did not try to leave")
	web.mu.Lock()
	for path := range web.requests {
		require.False(t, strings.HasPrefix(path, out), "something reached %s", path)
	}
	web.mu.Unlock()

	// The SHA-256 shown, of what was uploaded, and of the start of what came back.
	require.Contains(t, popup.text(), web.sum())
	popup.confirm()
	popup.credentials(goodPhone, goodPIN)
	popup.code(goodPhone)
	popup.until("done", "unverified")
	files := person.downloads()
	require.Len(t, files, 1)
	signed, err := os.ReadFile(person.at("Downloads", files[0]))
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(signed, web.pdf))
	sum := sha256.Sum256(signed[:len(web.pdf)])
	require.Equal(t, web.sum(), hex.EncodeToString(sum[:]))
	from, err := os.ReadFile(person.at("tmp", "from-host"))
	require.NoError(t, err)
	require.Contains(t, string(from), `"putDocument"`)
	require.Less(t, len(from), len(web.pdf)/2, "the document came back from the host")
}

// A browser that lacks what pdf.js uses, as one of a year ago, draws the document by pdf.js' build for such browsers.
func TestPreviewInAnOlderBrowser(t *testing.T) {
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	web.pdf = pdftest.New(pdftest.Options{Pages: 2})
	browser := person.browse()
	browser.goTo(web.url(siteHost, "/"))
	popup := browser.menu("same")
	popup.until("document")
	popup.shown("1")
	require.True(t, popup.hasFrame("/preview.html"))
	// The popup's page comes once more, in a browser without that.
	require.NoError(t, chromedp.Do(popup.drive.Context(), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
			Source: "delete Map.prototype.getOrInsertComputed; delete Math.sumPrecise"})
		return err
	}), chromedp.Reload()))
	popup.until("document")
	popup.shown("1")
	require.True(t, popup.hasFrame("/preview-older.html"))
	popup.picture("preview/older")
	require.False(t, popup.hasFrame("/preview.html"))
	popup.eval(`String(document.querySelector(".preview .bar").dispatchEvent(new KeyboardEvent("keydown", {key: "End", bubbles: true})))`)
	popup.shown("2")
}

// bomb is a page whose forms show ten forms each, ten deep.
func bomb() []byte {
	b := &pdftest.Builder{}
	catalog, tree := b.Reserve(), b.Reserve()
	form := b.AddStream("/Type/XObject/Subtype/Form/BBox[0 0 9 9]", strings.Repeat("0 0 9 9 re f ", 10))
	for range 10 {
		form = b.AddStream(fmt.Sprintf("/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F %d 0 R>>>>", form), strings.Repeat("/F Do ", 10))
	}
	content := b.AddStream("", "/F Do")
	page := b.Add("<</Type/Page/Parent %d 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</XObject<</F %d 0 R>>>>>>", tree, content, form)
	b.Set(tree, "<</Type/Pages/Kids[%d 0 R]/Count 1>>", page)
	b.Set(catalog, "<</Type/Catalog/Pages %d 0 R>>", tree)
	return b.Table(catalog, b.Add("<</Title(x)>>"))
}

// Whatever the document does to what draws it, the person can look at the rest, stop, and go on.
func TestPreviewOfStrangeDocuments(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	person := newPerson(t)
	web := newSite(t)
	browser := person.browse()
	browser.goTo(web.url(siteHost, "/"))
	open := func(pdf []byte) *popup {
		t.Helper()
		web.pdf = pdf
		popup := browser.menu("same")
		popup.until("document")
		return popup
	}
	leave := func(p *popup) {
		t.Helper()
		p.press(".buttons button:not(.primary)")
		p.until("choose")
		p.close()
	}

	popup := open(pdftest.New(pdftest.Options{Pages: 5000}))
	popup.shown("1")
	popup.eval(`String(document.querySelector(".preview .bar").dispatchEvent(new KeyboardEvent("keydown", {key: "End", bubbles: true})))`)
	popup.shown("5000")
	require.Contains(t, popup.inFrame(`document.querySelector("#page").innerText`), "Page 5000")
	leave(popup)

	// 200 inches, ten times over.
	popup = open(bytes.Replace(pdftest.New(pdftest.Options{}), []byte("[0 0 595.276 841.89]"), []byte("[0 0 14400  14400  ]"), 1))
	popup.shown("1")
	popup.press(`.preview [title="Ampliar"]`)
	popup.shown("1")
	require.Equal(t, "yes", popup.inFrame(`(({width, height}) => width > 100 && width * height <= 16e6 ? "yes" : width + "×" + height)(document.querySelector("canvas"))`))
	leave(popup)

	popup = open(bomb())
	popup.preview("drawing")
	popup.pressText(".preview .below button", "Parar")
	popup.preview("stopped")
	require.False(t, popup.hasFrame("/preview.html"), "what draws is still at work")
	require.Contains(t, popup.text(), web.sum())
	popup.confirm()
}
