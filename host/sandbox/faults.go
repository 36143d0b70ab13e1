package sandbox

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox/signer"
)

// MagicPhone is a row of the table of faults.
type MagicPhone struct {
	// Phone chooses the row, in E.164. It is empty for a fault that acts before the phone is typed: that one is chosen
	// by Config.Fault, Sandbox.SetFault or ?fault= on the intro page.
	Phone string
	// Fault is the row's name; "" is no fault.
	Fault string
	// PT and EN say what happens.
	PT, EN string
}

// PIN is the PIN to use in the sandbox. Any other of 4 to 8 digits is right too, unless the fault says otherwise.
const PIN = "1234"

// successPrefix opens a range of phones without a fault, for many signatures at once: six digits follow it.
const successPrefix = "+351900"

// fault is a row of the table: a name, a phone and what differs from a faultless walk. A nil field changes nothing.
type fault struct {
	name, phone string
	pt, en      string

	// get and post act on a page's GET or POST before the page does, and answer in its place if they return true.
	get, post hooks
	// pin and code judge a well-formed PIN, and the right code: the label to refuse it with, or "".
	pin, code func(*exchange) string
	// silent says that the n-th SMS of a process (from 1) reaches nobody.
	silent func(n int) bool
	// approves makes the code page move on by itself, as if the person had approved in the app.
	approves bool
	// signs picks what is signed instead of the document; nil bytes mean that nothing is.
	signs func(document []byte) []byte
	// result spoils what is delivered.
	result func(*exchange, *delivery)
	// newTab opens the code's answer in a new tab.
	newTab bool
	// seal has the signature show on the page; banner lays the cookie banner over the pages of any look.
	seal, banner bool
	// typed has the fields of PIN and code keep only what real keys put in; drawn has each page's buttons wait for the page to be drawn.
	typed, drawn bool
}

type hooks map[step]func(*exchange) bool

// faults is the table. The Portuguese phones begin with 90, which no mobile operator has; +33 639 98 and +44 7700 900 are
// set apart for fiction by their countries.
var faults = sync.OnceValue(func() []*fault {
	return []*fault{
		{phone: "+351900000001",
			pt: "Tudo corre bem.",
			en: "All goes well."},
		{phone: "+33639980001",
			pt: "Tudo corre bem, com um número francês.",
			en: "All goes well, with a French number."},
		{phone: "+447700900001",
			pt: "Tudo corre bem, com um número britânico.",
			en: "All goes well, with a British number."},

		// Phone and PIN.
		{name: "wrong-pin-once", phone: "+351900000002", pin: once("error.credentials"),
			pt: "O primeiro PIN de cada processo é recusado; o segundo está certo.",
			en: "Each process's first PIN is refused; the second is right."},
		{name: "wrong-pin-always", phone: "+351900000004", pin: always("error.credentials"),
			pt: "O PIN é sempre recusado; à terceira vez a conta fica bloqueada.",
			en: "The PIN is always refused; the third time locks the account."},
		{name: "locked", phone: "+351900000005", pin: always("error.locked"),
			pt: "A conta está bloqueada.",
			en: "The account is locked."},
		{name: "pin-change-901", phone: "+351900000006", pin: always("error.901"),
			pt: "O serviço obriga a mudar o PIN (901).",
			en: "The service demands a new PIN (901)."},
		{name: "pin-change-902", phone: "+351900000007", pin: always("error.902"),
			pt: "O serviço obriga a mudar o PIN de assinatura (902).",
			en: "The service demands a new signature PIN (902)."},
		{name: "signature-inactive", phone: "+351900000008", pin: always("error.inactive"),
			pt: "A assinatura digital não está ativada.",
			en: "The digital signature isn't activated."},

		// The code.
		{name: "wrong-code-once", phone: "+351900000003", code: once("error.code"),
			pt: "O primeiro código de cada processo é recusado, mesmo certo; depois o mesmo código serve.",
			en: "Each process's first code is refused, even the right one; then the same code will do."},
		{name: "wrong-code-always", phone: "+351900000011", code: always("error.code"),
			pt: "O código é sempre recusado; à terceira vez é preciso começar de novo.",
			en: "The code is always refused; after the third time one must start again."},
		{name: "code-expired", phone: "+351900000012", code: expiredUntilResent,
			pt: "O primeiro código já expirou; o que vier por “Enviar por SMS” serve.",
			en: "The first code has expired; the one that “Send by SMS” brings will do."},
		{name: "code-replaced", phone: "+351900000013", code: replacedOnce,
			pt: "Ao confirmar chega um novo código, e só esse serve.",
			en: "On confirming, a new code arrives, and only that one counts."},
		{name: "code-late", phone: "+351900000014", silent: func(n int) bool { return n == 1 },
			pt: "O primeiro SMS nunca chega; o segundo, por “Enviar por SMS”, sim.",
			en: "The first SMS never arrives; the second, by “Send by SMS”, does."},
		{name: "app-approval", phone: "+351900000015", approves: true, silent: func(int) bool { return true },
			pt: "Aprovado na aplicação: a página avança sozinha, sem código.",
			en: "Approved in the app: the page moves on by itself, without a code."},

		// The service.
		{name: "outage", get: hooks{stepIntro: answer(http.StatusServiceUnavailable, "message.outage")},
			pt: "O serviço está indisponível desde a primeira página (503).",
			en: "The service is unavailable from the first page on (503)."},
		{name: "error-500", get: hooks{stepChoose: answer(http.StatusInternalServerError, "message.500")},
			pt: "A página de escolha do documento responde com erro 500.",
			en: "The page to choose the document answers with error 500."},
		{name: "file-refused", post: hooks{stepChoose: refuse("error.file.type")},
			pt: "O documento é sempre recusado.",
			en: "The document is always refused."},
		{name: "file-too-large", post: hooks{stepChoose: refuse("error.file.large")},
			pt: "O documento é recusado por ser grande demais.",
			en: "The document is refused as too large."},
		{name: "file-encrypted", post: hooks{stepChoose: refuse("error.file.encrypted")},
			pt: "O documento é recusado por estar protegido.",
			en: "The document is refused as protected."},
		{name: "session-expired-upload", post: hooks{stepChoose: expire},
			pt: "A sessão expira ao carregar o documento.",
			en: "The session expires when the document is uploaded."},
		{name: "slow-upload", post: hooks{stepChoose: slow},
			pt: "Depois de carregado o documento, a página demora muito.",
			en: "After the upload the page takes very long."},
		{name: "outage-after-pin", phone: "+351900000021", post: hooks{stepCredentials: answer(http.StatusServiceUnavailable, "message.outage")},
			pt: "O serviço fica indisponível depois do PIN (503).",
			en: "The service becomes unavailable after the PIN (503)."},
		{name: "error-500-after-pin", phone: "+351900000022", post: hooks{stepCredentials: answer(http.StatusInternalServerError, "message.500")},
			pt: "Erro 500 depois do PIN.",
			en: "Error 500 after the PIN."},
		{name: "reset-after-pin", phone: "+351900000023", post: hooks{stepCredentials: reset},
			pt: "A ligação cai depois do PIN.",
			en: "The connection breaks after the PIN."},
		{name: "slow", phone: "+351900000024", get: hooks{stepCode: slow}, post: hooks{stepCode: slow},
			pt: "A página do código e o resultado demoram muito.",
			en: "The code page and the result take very long."},
		{name: "hang", phone: "+351900000025", get: hooks{stepCode: hang},
			pt: "A página do código para a meio e nunca acaba.",
			en: "The code page stops half-way and never ends."},
		{name: "session-expired", phone: "+351900000026", post: hooks{stepCode: expire},
			pt: "A sessão expira ao confirmar o código; nada é assinado.",
			en: "The session expires when the code is confirmed; nothing is signed."},
		{name: "interstitial", phone: "+351900000027", get: hooks{stepCode: noticeFirst("notice")},
			pt: "Uma página desconhecida aparece antes da do código; um botão leva adiante.",
			en: "An unknown page comes before the code page; a button leads on."},
		{name: "consent", phone: "+351900000061", get: hooks{stepCode: noticeFirst("consent")},
			pt: "Uma página pede autorização para usar dados antes da do código.",
			en: "A page asks for consent to use data before the code page."},
		{name: "captcha", phone: "+351900000062", get: hooks{stepCode: noticeFirst("captcha")},
			pt: "Uma página pede os caracteres de uma imagem antes da do código.",
			en: "A page asks for the characters of a picture before the code page."},
		{name: "channel", phone: "+351900000063", get: hooks{stepCode: noticeFirst("channel")}, silent: func(n int) bool { return n == 1 },
			pt: "Uma página pergunta por onde enviar o código; só depois o SMS é enviado.",
			en: "A page asks how to send the code; only then is the SMS sent."},
		{name: "typed-only", typed: true,
			pt: "Os campos do PIN e do código só aceitam o que é escrito com o teclado.",
			en: "The PIN and code fields keep only what is typed by keyboard."},
		{name: "drawn-late", drawn: true,
			pt: "Os botões de cada página só servem depois de ela ser desenhada no ecrã.",
			en: "Each page's buttons are of use only once it has been drawn on the screen."},
		{name: "cookie-banner", banner: true,
			pt: "Um aviso de cookies tapa os botões de cada página.",
			en: "A cookie banner lies over each page's buttons."},
		{name: "reload", get: hooks{stepCredentials: reloadOnce, stepCode: reloadOnce},
			pt: "As páginas do PIN e do código recarregam-se uma vez, pouco depois de abertas.",
			en: "The PIN and code pages reload themselves once, shortly after they open."},
		{name: "reload-code", phone: "+351900000064", get: hooks{stepCode: reloadOnce},
			pt: "A página do código recarrega-se uma vez, pouco depois de aberta.",
			en: "The code page reloads itself once, shortly after it opens."},
		{name: "error-500-at-code", phone: "+351900000028", post: hooks{stepCode: answer(http.StatusInternalServerError, "message.500")},
			pt: "Erro 500 ao confirmar o código; nada é assinado.",
			en: "Error 500 when the code is confirmed; nothing is signed."},
		{name: "reset-at-code", phone: "+351900000029", post: hooks{stepCode: reset},
			pt: "A ligação cai ao confirmar o código; nada é assinado.",
			en: "The connection breaks when the code is confirmed; nothing is signed."},

		// Look-alike hosts. A 307 makes the browser send the form again, with all that is in it, to the other host.
		{name: "lookalike-upload", post: hooks{stepIntro: lookAlike(http.StatusFound)},
			pt: "Um redirecionamento (302) leva a escolha do documento para um endereço parecido.",
			en: "A redirect (302) takes the page to choose the document to a look-alike address."},
		{name: "lookalike-upload-307", post: hooks{stepIntro: lookAlike(http.StatusTemporaryRedirect)},
			pt: "O mesmo com 307, que repete o POST da primeira página.",
			en: "The same by 307, which repeats the first page's POST."},
		{name: "lookalike-preview", post: hooks{stepChoose: lookAlike(http.StatusFound)},
			pt: "Depois de carregado o documento, um redirecionamento (302) para um endereço parecido.",
			en: "After the upload a redirect (302) to a look-alike address."},
		{name: "lookalike-preview-307", post: hooks{stepChoose: lookAlike(http.StatusTemporaryRedirect)},
			pt: "O mesmo com 307, que entregaria o documento.",
			en: "The same by 307, which would hand over the document."},
		{name: "lookalike-pin", post: hooks{stepDetails: lookAlike(http.StatusFound)},
			pt: "Um redirecionamento (302) leva a página do telemóvel e PIN para um endereço parecido.",
			en: "A redirect (302) takes the phone and PIN page to a look-alike address."},
		{name: "lookalike-pin-307", post: hooks{stepDetails: lookAlike(http.StatusTemporaryRedirect)},
			pt: "O mesmo com 307, que repete o POST dos detalhes.",
			en: "The same by 307, which repeats the details' POST."},
		{name: "lookalike-code", phone: "+351900000031", post: hooks{stepCredentials: lookAlike(http.StatusFound)},
			pt: "Um redirecionamento (302) leva a página do código para um endereço parecido.",
			en: "A redirect (302) takes the code page to a look-alike address."},
		{name: "lookalike-code-307", phone: "+351900000032", post: hooks{stepCredentials: lookAlike(http.StatusTemporaryRedirect)},
			pt: "O mesmo com 307, que entregaria o telemóvel e o PIN.",
			en: "The same by 307, which would hand over phone and PIN."},
		{name: "lookalike-result", phone: "+351900000033", post: hooks{stepCode: lookAlike(http.StatusFound)},
			pt: "Depois do código, um redirecionamento (302) para um endereço parecido; nada é assinado.",
			en: "After the code a redirect (302) to a look-alike address; nothing is signed."},
		{name: "lookalike-result-307", phone: "+351900000034", post: hooks{stepCode: lookAlike(http.StatusTemporaryRedirect)},
			pt: "O mesmo com 307, que entregaria o código; nada é assinado.",
			en: "The same by 307, which would hand over the code; nothing is signed."},

		// The result. All but result-unsigned and result-other sign the document.
		{name: "result-link", phone: "+351900000041", result: func(_ *exchange, d *delivery) { d.asLink = true },
			pt: "O resultado é uma página com uma ligação para o ficheiro.",
			en: "The result is a page with a link to the file."},
		{name: "result-newtab", phone: "+351900000042", newTab: true,
			pt: "O resultado abre num separador novo.",
			en: "The result opens in a new tab."},
		{name: "result-inline", phone: "+351900000043", result: func(_ *exchange, d *delivery) { d.disposition = "inline" },
			pt: "O PDF assinado é mostrado no separador em vez de descarregado.",
			en: "The signed PDF is shown in the tab instead of downloaded."},
		{name: "visible-seal", phone: "+351900000058", seal: true,
			pt: "A assinatura mostra um selo na primeira página.",
			en: "The signature shows a seal on the first page."},
		{name: "result-html", phone: "+351900000044", result: resultHTML,
			pt: "Em vez do PDF vem uma página HTML, como descarga.",
			en: "An HTML page comes instead of the PDF, as a download."},
		{name: "result-unsigned", phone: "+351900000045", signs: func([]byte) []byte { return nil },
			pt: "Volta o original, sem assinatura.",
			en: "The original comes back, unsigned."},
		{name: "result-other", phone: "+351900000046", signs: func([]byte) []byte { return onePage("Documento de outra pessoa") },
			pt: "Vem o documento assinado de outra pessoa.",
			en: "Another person's signed document comes."},
		{name: "result-altered", phone: "+351900000047", result: func(_ *exchange, d *delivery) { d.body[len(d.original)/2] ^= 1 },
			pt: "Um byte da parte assinada do original foi alterado.",
			en: "A byte of the original's signed part has been altered."},
		{name: "result-altered-revision", phone: "+351900000054", result: alterRevision,
			pt: "Um byte da revisão acrescentada pela assinatura foi alterado; o original está intacto.",
			en: "A byte of the revision that the signature added has been altered; the original is intact."},
		{name: "result-rewritten", phone: "+351900000055", signs: rewrite,
			pt: "O serviço reescreveu o documento antes de o assinar.",
			en: "The service rewrote the document before it signed it."},
		{name: "result-extra", phone: "+351900000056", result: func(_ *exchange, d *delivery) { d.body = append(d.body, "\n% SANDBOX\n"...) },
			pt: "Há bytes a mais depois do fim da assinatura.",
			en: "There are more bytes after the end of the signature."},
		{name: "result-hang", phone: "+351900000057", result: hangResult,
			pt: "O PDF para a meio e nunca acaba de chegar.",
			en: "The PDF stops half-way and never ends."},
		{name: "result-cut", phone: "+351900000048", result: func(_ *exchange, d *delivery) { d.length = len(d.body); d.body = d.body[:len(d.body)/2] },
			pt: "A transferência é cortada a meio.",
			en: "The transfer is cut half-way."},
		{name: "result-short", phone: "+351900000049", result: func(_ *exchange, d *delivery) { d.body = d.body[:len(d.body)/2] },
			pt: "Só vem metade do PDF, sem erro de transferência.",
			en: "Only half of the PDF comes, without a transfer error."},
		{name: "result-empty", phone: "+351900000050", result: func(_ *exchange, d *delivery) { d.body = nil },
			pt: "Vem um ficheiro vazio.",
			en: "An empty file comes."},
		{name: "result-error", phone: "+351900000051", result: resultError,
			pt: "O documento é assinado, mas a resposta é um erro 500.",
			en: "The document is signed, but the answer is an error 500."},
		{name: "result-reset", phone: "+351900000052", result: func(x *exchange, _ *delivery) { reset(x) },
			pt: "O documento é assinado, mas a ligação cai.",
			en: "The document is signed, but the connection breaks."},
		{name: "result-impostor", phone: "+351900000053", result: resultImpostor,
			pt: "Assinado por uma autoridade falsa que usa o nome da verdadeira.",
			en: "Signed by a false authority that uses the real one's name."},
	}
})

func once(label string) func(*exchange) string {
	return func(x *exchange) string {
		if x.p.over {
			return ""
		}
		x.p.over = true
		return label
	}
}

func always(label string) func(*exchange) string {
	return func(*exchange) string { return label }
}

func expiredUntilResent(x *exchange) string {
	if x.p.sends > 1 {
		return ""
	}
	return "error.code.expired"
}

func replacedOnce(x *exchange) string {
	if x.p.over {
		return ""
	}
	x.p.over = true
	x.s.sendCode(x.p, false)
	return "error.code"
}

func answer(status int, key string) func(*exchange) bool {
	return func(x *exchange) bool {
		x.message(status, key)
		return true
	}
}

func refuse(label string) func(*exchange) bool {
	return func(x *exchange) bool {
		x.page(label)
		return true
	}
}

func expire(x *exchange) bool {
	x.s.end(x.p)
	x.message(http.StatusOK, "message.expired")
	return true
}

func slow(x *exchange) bool {
	x.s.wait(x.r, x.s.cfg.Slow)
	return false
}

// hang sends the beginning of a page and then nothing, until the browser or the sandbox gives up.
func hang(x *exchange) bool {
	x.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(x.w, "<!DOCTYPE html><html><head><title>SANDBOX</title></head><body><p>SANDBOX</p>")
	_ = http.NewResponseController(x.w).Flush()
	x.s.wait(x.r, maxHang)
	panic(http.ErrAbortHandler)
}

// maxHang ends a hang before the server's own write limit does.
const maxHang = 4 * time.Minute

// reset breaks the connection without an answer.
func reset(x *exchange) bool {
	if connection, _, err := http.NewResponseController(x.w).Hijack(); err == nil {
		if tcp, ok := connection.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = connection.Close()
	}
	panic(http.ErrAbortHandler)
}

// noticeFirst puts a page of that kind before the one asked for, once.
func noticeFirst(kind string) func(*exchange) bool {
	return func(x *exchange) bool {
		if x.p.over {
			return false
		}
		x.p.over = true
		x.p.notice, x.p.captcha = kind, reference()[:5]
		x.move(stepNotice)
		return true
	}
}

// reloadOnce makes the page reload itself the first time that it is shown.
func reloadOnce(x *exchange) bool {
	x.p.reload = x.p.reloaded != x.p.step
	x.p.reloaded = x.p.step
	return false
}

// lookAlike redirects to the copy of the page that would come next.
func lookAlike(status int) func(*exchange) bool {
	return func(x *exchange) bool {
		following := next(x.p.step)
		target := x.s.origin(lookAlikeHost) + place[following].path + "?page=" + string(following)
		http.Redirect(x.w, x.r, target, status)
		return true
	}
}

// alterRevision changes the year of the signing date, which the signature covers.
func alterRevision(x *exchange, d *delivery) {
	date := []byte("/M(D:20")
	at := bytes.Index(d.body[len(d.original):], date)
	if at < 0 {
		x.s.log.Error("nothing to alter in the signed revision")
		return
	}
	d.body[len(d.original)+at+len(date)] ^= 1
}

// rewrite changes the document's version, which leaves a sound file that isn't the one sent.
func rewrite(document []byte) []byte {
	header := []byte("%PDF-1.")
	changed := bytes.Clone(document)
	if at := bytes.Index(changed, header); at >= 0 && at+len(header) < len(changed) {
		changed[at+len(header)] = '4' + '7' - changed[at+len(header)]
	}
	return changed
}

func hangResult(x *exchange, d *delivery) {
	d.length = len(d.body)
	d.body = d.body[:len(d.body)/2]
	d.hang = true
}

func resultHTML(x *exchange, d *delivery) {
	d.kind = "text/html; charset=utf-8"
	d.body = []byte("<!DOCTYPE html><html><body><p>SANDBOX: " + label("message.state", "pt") + "</p></body></html>")
}

func resultError(_ *exchange, d *delivery) {
	d.status, d.kind, d.disposition = http.StatusInternalServerError, "text/plain; charset=utf-8", ""
	d.body = []byte("SANDBOX: " + label("message.500", "pt"))
}

// resultImpostor signs the document with another test CA, whose names are the same and whose keys are not.
func resultImpostor(x *exchange, d *delivery) {
	authority, err := signer.Open("")
	if err != nil {
		x.s.log.Error("false CA not made", "error", err)
		return
	}
	stranger, err := authority.Citizen(citizenName)
	if err != nil {
		x.s.log.Error("false citizen not made", "error", err)
		return
	}
	signed, err := stranger.Sign(d.original, x.s.cfg.Now())
	if err != nil {
		x.s.log.Error("false signature not made", "error", err)
		return
	}
	d.body = signed
}

var noFault = &fault{}

func faultNamed(name string) *fault {
	if name == "" {
		return noFault
	}
	for _, f := range faults() {
		if f.name == name {
			return f
		}
	}
	return nil
}

// faultOfPhone is the row that a phone chooses, or nil when the phone isn't magic.
func faultOfPhone(phone string) *fault {
	for _, f := range faults() {
		if f.phone != "" && f.phone == phone {
			return f
		}
	}
	if rest, ok := strings.CutPrefix(phone, successPrefix); ok && len(rest) == 6 && rest >= "100000" {
		return noFault
	}
	return nil
}

// MagicPhones are the rows that a phone chooses, in the table's order.
func MagicPhones() []MagicPhone {
	var rows []MagicPhone
	for _, row := range Faults() {
		if row.Phone != "" {
			rows = append(rows, row)
		}
	}
	return rows
}

// Faults are all rows of the table, those without a phone too.
func Faults() []MagicPhone {
	var rows []MagicPhone
	for _, f := range faults() {
		rows = append(rows, MagicPhone{Phone: f.phone, Fault: f.name, PT: f.pt, EN: f.en})
	}
	return rows
}

// canonicalPhone is a phone in E.164 without spaces; nine digits are Portuguese.
func canonicalPhone(typed string) string {
	var digits strings.Builder
	for i, r := range strings.TrimSpace(typed) {
		switch {
		case r >= '0' && r <= '9', r == '+' && i == 0:
			digits.WriteRune(r)
		case !strings.ContainsRune(" -.()", r):
			return ""
		}
	}
	phone := digits.String()
	if rest, ok := strings.CutPrefix(phone, "00"); ok {
		phone = "+" + rest
	}
	if len(phone) == 9 && phone[0] != '+' {
		phone = "+351" + phone
	}
	if len(phone) < 8 || len(phone) > 16 || phone[0] != '+' {
		return ""
	}
	return phone
}
