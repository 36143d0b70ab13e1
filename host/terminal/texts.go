package terminal

import "github.com/sign-with-cmd/sign-with-cmd/host/problem"

// What other commands say too.
var (
	SentPlusOne = problem.Text{PT: "É o documento enviado, mais uma assinatura de %s.", EN: "It's the document that was sent, plus one signature of %s."}
	NotOfficial = problem.Text{
		PT: "Isto não é um relatório de validação qualificada. Para isso: %s",
		EN: "This isn't a report of a qualified validation. For that: %s"}
)

var (
	notOfficial       = problem.Text{PT: "Assinar com CMD. Não oficial; sem ligação ao Estado nem à ARTE/AMA.", EN: "Sign with CMD. Not official; not connected with the State nor with ARTE/AMA."}
	environmentIs     = problem.Text{PT: "Ambiente: %s. O que aqui se assina não tem valor legal.", EN: "Environment: %s. What is signed here has no legal value."}
	customEnvironment = problem.Text{
		PT: "O ambiente “%s” é da sua configuração, e não do Estado. O PIN e o documento vão para os endereços que lá estão.",
		EN: "The environment “%s” is of your own configuration, not the State's. The PIN and the document go to the addresses given there."}
	holderLaunch = problem.Text{
		PT: "O PIN passa por este programa, que abre um navegador próprio e o escreve na página da Chave Móvel Digital. Não é guardado.",
		EN: "The PIN passes through this program, which opens a browser of its own and types it into the Chave Móvel Digital page. It isn't kept."}
	holderAttach = problem.Text{
		PT: "O PIN e o código passam por este programa e pelo navegador em %s: quem controla esse navegador pode vê-los.",
		EN: "The PIN and the code pass through this program and the browser at %s: whoever controls that browser can see them."}

	askDocument = problem.Text{PT: "É este o documento a assinar? [s/N]", EN: "Is this the document to sign? [y/N]"}
	askAgain    = problem.Text{PT: "Já procurou e não há ficheiro assinado: assinar outra vez? [s/N]", EN: "You have looked and there's no signed file: sign it again? [y/N]"}
	askPhone    = problem.Text{PT: "Número de telemóvel (por exemplo +351 912345678):", EN: "Mobile number (for example +351 912345678):"}
	askPIN      = problem.Text{PT: "PIN de assinatura (não aparece ao escrever):", EN: "Signature PIN (not shown as you type):"}
	askCode     = problem.Text{PT: "Código de segurança (não aparece ao escrever):", EN: "Security code (not shown as you type):"}

	codeWanted  = problem.Text{PT: "Foi pedido um código de segurança. Vale cerca de dois minutos; conta o último que receber.", EN: "A security code was asked for. It counts for about two minutes; the last one that you receive is the right one."}
	reference   = problem.Text{PT: "  Referência do documento, a comparar com a mensagem: %s", EN: "  Reference of the document, to compare with the message: %s"}
	approval    = problem.Text{PT: "  Também pode aprovar na aplicação gov.pt, sem código: o programa continua sozinho.", EN: "  You may also approve in the gov.pt app, without a code: the program goes on by itself."}
	canResend   = problem.Text{PT: "  r e Enter: pedir outro código", EN: "  r and Enter: ask for another code"}
	canStop     = problem.Text{PT: "  f e Enter: ficar por aqui depois deste documento", EN: "  f and Enter: finish after this document"}
	sandboxCode = problem.Text{PT: "  O código do sandbox: %s", EN: "  The sandbox's code: %s"}
	lastOne     = problem.Text{PT: "  Este é o último documento; os outros não são começados.", EN: "  This is the last document; the others aren't begun."}

	waitApproval = problem.Text{PT: "Não há donde ler um código: à espera da aprovação na aplicação.", EN: "There's nowhere to read a code from: waiting for the approval in the app."}
	noCode       = problem.Text{PT: "Não há donde ler o código: nem mais linhas no stdin, nem terminal. Nada foi assinado.", EN: "There's nowhere to read the code from: no more lines on stdin, and no terminal. Nothing was signed."}
	noAnswer     = problem.Text{PT: "Não há donde ler a resposta. Nada foi assinado.", EN: "There's nowhere to read the answer from. Nothing was signed."}
	cancelling   = problem.Text{PT: "A cancelar… (Ctrl-C outra vez: não esperar)", EN: "Cancelling… (Ctrl-C again: don't wait)"}
	hangingUp    = problem.Text{
		PT: "A sair. Se o código já foi enviado, espera-se ainda até 90 segundos pelo ficheiro assinado; Ctrl-C outra vez: sair já.",
		EN: "Leaving. If the code has been sent, the signed file is still waited for, up to 90 seconds; Ctrl-C again: leave now."}

	siteSaid  = problem.Text{PT: "    A página disse: “%s”", EN: "    The page said: “%s”"}
	byHand    = problem.Text{PT: "  Continue à mão na janela do navegador: o programa segue assim que reconhecer a página, e apanha o ficheiro.", EN: "  Go on by hand in the browser's window: the program goes on once it knows the page, and catches the file."}
	notByHand = problem.Text{
		PT: "  O navegador não tem janela neste ecrã, por isso não é possível continuar à mão: a cancelar. Com um ecrã (ou no navegador, com a extensão) é possível.",
		EN: "  The browser has no window on this display, so going on by hand isn't possible: cancelling. With a display (or in the browser, with the extension) it is."}
	visibleAsked = problem.Text{PT: "    Pediu uma assinatura visível. Página: %v. Folha: %s. Posição: %s.", EN: "    You asked for a visible signature. Page: %v. Sheet: %s. Place: %s."}
	traceKept    = problem.Text{PT: "    Guardado para reparação, só neste computador: %s", EN: "    Kept for repair, on this computer only: %s"}

	documentOf = problem.Text{PT: "Documento %d de %d: %s", EN: "Document %d of %d: %s"}
	pages      = problem.Text{PT: "  Páginas: %d", EN: "  Pages: %d"}
	size       = problem.Text{PT: "  Tamanho: %d bytes", EN: "  Size: %d bytes"}

	warnEncrypted = problem.Text{PT: "O documento está protegido por cifra. O sítio da CMD costuma recusar estes ficheiros, e não podemos ver o que está lá dentro.", EN: "The document is encrypted. The CMD site usually refuses such files, and we can't see what is inside."}
	warnXFA       = problem.Text{PT: "É um formulário XFA. O que se vê pode mudar depois da assinatura: guarde-o primeiro como PDF simples.", EN: "This is an XFA form. What it shows may change after it's signed: save it as a plain PDF first."}
	warnCertified = problem.Text{PT: "O documento está certificado por quem o fez. Uma nova assinatura pode não ser permitida.", EN: "The document is certified by its maker. Another signature may not be allowed."}
	warnSigned    = problem.Text{PT: "O documento já tem assinaturas. A sua é acrescentada, e as que lá estão ficam como estão.", EN: "The document already has signatures. Yours is added, and those that are there stay as they are."}
	warnDamaged   = problem.Text{PT: "O ficheiro tem defeitos que outros programas corrigem em silêncio. Depois de assinado pode não abrir: peça um novo, ou imprima-o para PDF.", EN: "The file has faults that other programs mend silently. Once signed it may not open: ask for a new one, or print it to PDF."}
	warnLarge     = problem.Text{PT: "O ficheiro é grande: o sítio da CMD costuma recusar acima de cerca de 3 MB.", EN: "The file is large: the CMD site usually refuses more than about 3 MB."}

	rowSigned    = problem.Text{PT: "assinado e verificado", EN: "signed and verified"}
	rowLook      = problem.Text{PT: "guardado, mas tem de o ver", EN: "kept, but you need to look at it"}
	rowMaybe     = problem.Text{PT: "pode ter sido assinado: procure antes de assinar de novo", EN: "may have been signed: look before signing it again"}
	rowCancelled = problem.Text{PT: "cancelado, não assinado", EN: "cancelled, not signed"}
	rowFailed    = problem.Text{PT: "não assinado", EN: "not signed"}
	rowNotBegun  = problem.Text{PT: "não começado", EN: "not begun"}
)

// visibleWords are the orientations and places of a visible signature.
var visibleWords = map[string]problem.Text{
	"portrait": {PT: "vertical", EN: "portrait"}, "landscape": {PT: "horizontal", EN: "landscape"},
	"top-left": {PT: "em cima, à esquerda", EN: "top left"}, "top-center": {PT: "em cima, ao centro", EN: "top centre"}, "top-right": {PT: "em cima, à direita", EN: "top right"},
	"middle-left": {PT: "a meio, à esquerda", EN: "middle left"}, "middle-center": {PT: "ao centro", EN: "centre"}, "middle-right": {PT: "a meio, à direita", EN: "middle right"},
	"bottom-left": {PT: "em baixo, à esquerda", EN: "bottom left"}, "bottom-center": {PT: "em baixo, ao centro", EN: "bottom centre"}, "bottom-right": {PT: "em baixo, à direita", EN: "bottom right"},
}

// unfinished is what is said of documents of earlier runs.
var unfinished = map[string]problem.Text{
	"signed_saved":  {PT: "De uma vez anterior, “%s” foi assinado e está agora guardado:", EN: "From an earlier time, “%s” was signed and has now been saved:"},
	"signed_held":   {PT: "De uma vez anterior, “%s” foi assinado e ainda não pôde ser guardado no seu lugar:", EN: "From an earlier time, “%s” was signed and couldn't be saved in its place yet:"},
	"may_be_signed": {PT: "De uma vez anterior, “%s” pode ter sido assinado. Procure-o antes de o assinar de novo.", EN: "From an earlier time, “%s” may have been signed. Look for it before you sign it again."},
}

// steps are the pages of the site, in its order, then what the program does.
var steps = map[string]problem.Text{
	"root_page":        {PT: "Página inicial da CMD", EN: "The CMD's first page"},
	"upload_page":      {PT: "Envio do documento", EN: "Sending the document"},
	"preview_page":     {PT: "Confirmação do documento", EN: "Confirming the document"},
	"details_page":     {PT: "Detalhes da assinatura", EN: "Signature details"},
	"credentials_page": {PT: "Número e PIN", EN: "Number and PIN"},
	"code_sent":        {PT: "Código enviado: já não é possível cancelar", EN: "Code sent: it can't be cancelled any more"},
	"received":         {PT: "Documento assinado recebido", EN: "Signed document received"},
	"checked":          {PT: "Documento assinado verificado", EN: "Signed document checked"},
	"resumed":          {PT: "A página é de novo conhecida", EN: "The page is known again"},
}
