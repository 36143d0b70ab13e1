package problem

// The codes. See Table for what each means.
const (
	Internal           Code = "INTERNAL"
	MessageMalformed   Code = "MESSAGE_MALFORMED"
	MessageTooLarge    Code = "MESSAGE_TOO_LARGE"
	MessageUnknown     Code = "MESSAGE_UNKNOWN"
	MessageOutOfTurn   Code = "MESSAGE_OUT_OF_TURN"
	Busy               Code = "BUSY"
	CallerNotAllowed   Code = "CALLER_NOT_ALLOWED"
	VersionClientOld   Code = "VERSION_CLIENT_OLD"
	VersionHostOld     Code = "VERSION_HOST_OLD"
	Cancelled          Code = "CANCELLED"
	CancelTooLate      Code = "CANCEL_TOO_LATE"
	ConfigInvalid      Code = "CONFIG_INVALID"
	EnvironmentUnknown Code = "ENVIRONMENT_UNKNOWN"
	PagesInvalid       Code = "PAGES_INVALID"
	PDFNotFound        Code = "PDF_NOT_FOUND"
	PDFUnreadable      Code = "PDF_UNREADABLE"
	PDFEmpty           Code = "PDF_EMPTY"
	PDFNotPDF          Code = "PDF_NOT_PDF"
	PDFTruncated       Code = "PDF_TRUNCATED"
	PDFTooLarge        Code = "PDF_TOO_LARGE"
	PDFChanged         Code = "PDF_CHANGED"
	ConfirmMissing     Code = "CONFIRM_MISSING"
	UploadInvalid      Code = "UPLOAD_INVALID"
	PhoneFormat        Code = "PHONE_FORMAT"
	PINFormat          Code = "PIN_FORMAT"
	CodeFormat         Code = "CODE_FORMAT"
	BrowserNotFound    Code = "BROWSER_NOT_FOUND"
	BrowserFailed      Code = "BROWSER_FAILED"
	BrowserLost        Code = "BROWSER_LOST"
	SiteUnreachable    Code = "SITE_UNREACHABLE"
	SiteSlow           Code = "SITE_SLOW"
	SiteError          Code = "SITE_ERROR"
	SiteUnavailable    Code = "SITE_UNAVAILABLE"
	SiteMessage        Code = "SITE_MESSAGE"
	SessionExpired     Code = "SESSION_EXPIRED"
	FileRefused        Code = "FILE_REFUSED"
	OriginRefused      Code = "ORIGIN_REFUSED"
	PageUnknown        Code = "PAGE_UNKNOWN"
	PINWrong           Code = "PIN_WRONG"
	AccountLocked      Code = "ACCOUNT_LOCKED"
	SignatureInactive  Code = "SIGNATURE_INACTIVE"
	PINChangeRequired  Code = "PIN_CHANGE_REQUIRED"
	CodeWrong          Code = "CODE_WRONG"
	CodeExpired        Code = "CODE_EXPIRED"
	ResendUnavailable  Code = "RESEND_UNAVAILABLE"
	MayBeSigned        Code = "MAY_BE_SIGNED"
	LookFirst          Code = "LOOK_FIRST"
	ResultNotPDF       Code = "RESULT_NOT_PDF"
	NotVerified        Code = "NOT_VERIFIED"
	NeedsLook          Code = "NEEDS_LOOK"
	DownloadsMissing   Code = "DOWNLOADS_MISSING"
	DownloadsReadOnly  Code = "DOWNLOADS_READ_ONLY"
	DiskFull           Code = "DISK_FULL"
	SaveFailed         Code = "SAVE_FAILED"
	ScreenshotFailed   Code = "SCREENSHOT_FAILED"
	InputTimeout       Code = "INPUT_TIMEOUT"
	JournalFailed      Code = "JOURNAL_FAILED"
	ExtensionConflict  Code = "EXTENSION_CONFLICT"
	BrowserUnreachable Code = "BROWSER_UNREACHABLE"
	FileMoved          Code = "FILE_MOVED"
	OpenFailed         Code = "OPEN_FAILED"
	DocumentBusy       Code = "DOCUMENT_BUSY"
	TraceFailed        Code = "TRACE_FAILED"
	VisibleInvalid     Code = "VISIBLE_INVALID"
	VisibleByHand      Code = "VISIBLE_BY_HAND"
	VisibleNotOffered  Code = "VISIBLE_NOT_OFFERED"
	TokenMissing       Code = "TOKEN_MISSING"
	TokenRefused       Code = "TOKEN_REFUSED"
	TokenExpired       Code = "TOKEN_EXPIRED"
	TokenLimit         Code = "TOKEN_LIMIT"
	PathRefused        Code = "PATH_REFUSED"
	ServerStopping     Code = "SERVER_STOPPING"
	TimeOver           Code = "TIME_OVER"
	TooManyRefused     Code = "TOO_MANY_REFUSED"
	SealRefused        Code = "SEAL_REFUSED"
	SealMissing        Code = "SEAL_MISSING"
	ObjectRefused      Code = "OBJECT_REFUSED"
	ObjectExists       Code = "OBJECT_EXISTS"
	BucketFailed       Code = "BUCKET_FAILED"
	ResultNotWritten   Code = "RESULT_NOT_WRITTEN"
)

// Table is every code once, append-only: a new code goes at the end, and no row
// is removed, renamed or moved. docs/PROTOCOL.md shows it (a test compares).
var Table = []Entry{
	{Internal,
		Text{"Ocorreu um erro inesperado no programa.", "Something unexpected went wrong in the program."},
		Text{"Comece de novo; se voltar a acontecer, envie o registo a quem mantém o programa.", "Start again; if it happens again, send the log to the maintainers."}, RetryStart},
	{MessageMalformed,
		Text{"A mensagem recebida não é válida.", "The message received is not valid."},
		Text{"Corrija a mensagem e envie-a de novo.", "Correct the message and send it again."}, RetryType},
	{MessageTooLarge,
		Text{"A mensagem recebida é demasiado grande.", "The message received is too large."},
		Text{"Envie o ficheiro em partes mais pequenas.", "Send the file in smaller parts."}, RetryType},
	{MessageUnknown,
		Text{"A mensagem recebida não é conhecida.", "The message received is not known."},
		Text{"Atualize a extensão ou o programa.", "Update the extension or the program."}, RetryType},
	{MessageOutOfTurn,
		Text{"Esta mensagem não é esperada neste passo.", "This message isn't expected at this step."},
		Text{"Siga o passo que está no ecrã.", "Follow the step on the screen."}, RetryType},
	{Busy,
		Text{"Já há uma assinatura em curso.", "A signature is already under way."},
		Text{"Termine ou cancele a que está em curso.", "Finish or cancel the one under way."}, RetryWait},
	{CallerNotAllowed,
		Text{"O programa que fez o pedido não está autorizado.", "The program that asked isn't allowed to."},
		Text{"Use a extensão oficial deste produto ou corra “cmdsign doctor”.", "Use this product's own extension, or run “cmdsign doctor”."}, RetryNothing},
	{VersionClientOld,
		Text{"A extensão do navegador é demasiado antiga para este programa.", "The browser extension is too old for this program."},
		Text{"Atualize a extensão.", "Update the extension."}, RetryNothing},
	{VersionHostOld,
		Text{"O programa instalado é demasiado antigo para esta extensão.", "The installed program is too old for this extension."},
		Text{"Atualize o programa cmdsign.", "Update the cmdsign program."}, RetryNothing},
	{Cancelled,
		Text{"A assinatura foi cancelada. Nada foi assinado.", "The signature was cancelled. Nothing was signed."},
		Text{"Pode começar de novo quando quiser.", "You can start again whenever you like."}, RetryStart},
	{CancelTooLate,
		Text{"O código já foi enviado: já não é possível cancelar a assinatura.", "The code has been sent: the signature can't be cancelled any more."},
		Text{"Espere pelo resultado; o ficheiro assinado será guardado.", "Wait for the result; the signed file will be saved."}, RetryNothing},
	{ConfigInvalid,
		Text{"O ficheiro de configuração tem um erro.", "The configuration file has an error."},
		Text{"Corrija a linha indicada.", "Correct the line named."}, RetryNothing},
	{EnvironmentUnknown,
		Text{"O ambiente pedido não existe.", "The environment asked for doesn't exist."},
		Text{"Use production, preprod, sandbox ou um ambiente da sua configuração.", "Use production, preprod, sandbox or one of your configuration."}, RetryNothing},
	{PagesInvalid,
		Text{"O ficheiro que descreve as páginas da CMD tem um erro.", "The file that describes the CMD pages has an error."},
		Text{"Corrija a linha indicada ou retire o ficheiro da configuração.", "Correct the line named, or take the file out of the configuration."}, RetryNothing},
	{PDFNotFound,
		Text{"O ficheiro PDF não foi encontrado.", "The PDF file wasn't found."},
		Text{"Confirme se o ficheiro ainda existe e escolha-o de novo.", "Check that the file still exists and choose it again."}, RetryType},
	{PDFUnreadable,
		Text{"O ficheiro PDF não pode ser lido.", "The PDF file can't be read."},
		Text{"Confirme se tem permissão para abrir o ficheiro.", "Check that you are allowed to open the file."}, RetryType},
	{PDFEmpty,
		Text{"O ficheiro está vazio.", "The file is empty."},
		Text{"Descarregue o documento de novo.", "Download the document again."}, RetryType},
	{PDFNotPDF,
		Text{"O ficheiro não é um PDF, embora possa ter esse nome.", "The file isn't a PDF, although it may be named like one."},
		Text{"Pode ser uma página de início de sessão guardada como .pdf: abra-o e confirme.", "It may be a login page saved as .pdf: open it and check."}, RetryType},
	{PDFTruncated,
		Text{"O ficheiro PDF está incompleto.", "The PDF file is incomplete."},
		Text{"Descarregue o documento de novo.", "Download the document again."}, RetryType},
	{PDFTooLarge,
		Text{"O ficheiro PDF é demasiado grande.", "The PDF file is too large."},
		Text{"Reduza o tamanho do documento.", "Make the document smaller."}, RetryType},
	{PDFChanged,
		Text{"O ficheiro não é o documento que foi confirmado.", "The file isn't the document that was confirmed."},
		Text{"Veja o documento outra vez e confirme-o de novo.", "Look at the document again and confirm it anew."}, RetryType},
	{ConfirmMissing,
		Text{"Falta confirmar que este é o documento a assinar.", "It hasn't been confirmed that this is the document to sign."},
		Text{"Veja o documento e confirme-o.", "Look at the document and confirm it."}, RetryType},
	{UploadInvalid,
		Text{"O documento não chegou inteiro ao programa.", "The document didn't reach the program whole."},
		Text{"Escolha o documento de novo.", "Choose the document again."}, RetryType},
	{PhoneFormat,
		Text{"O número de telemóvel não está completo.", "The mobile number isn't complete."},
		Text{"Escreva o indicativo do país e o número, por exemplo +351 912345678.", "Type the country code and the number, for example +351 912345678."}, RetryType},
	{PINFormat,
		Text{"O PIN de assinatura tem de 4 a 8 algarismos.", "The signature PIN has 4 to 8 digits."},
		Text{"Escreva o PIN de assinatura da Chave Móvel Digital.", "Type the signature PIN of the Chave Móvel Digital."}, RetryType},
	{CodeFormat,
		Text{"O código de segurança tem de 4 a 10 algarismos.", "The security code has 4 to 10 digits."},
		Text{"Escreva o último código que recebeu.", "Type the last code that you received."}, RetryType},
	{BrowserNotFound,
		Text{"Não foi encontrado nenhum navegador da família Chromium neste computador.", "No browser of the Chromium family was found on this computer."},
		Text{"Instale o Chrome, o Chromium, o Edge, o Brave ou o Vivaldi.", "Install Chrome, Chromium, Edge, Brave or Vivaldi."}, RetryStart},
	{BrowserFailed,
		Text{"O navegador não arrancou.", "The browser didn't start."},
		Text{"Feche outras janelas do navegador e tente de novo.", "Close other windows of the browser and try again."}, RetryStart},
	{BrowserLost,
		Text{"O navegador ou o separador foi fechado antes do fim. Nada foi assinado.", "The browser or the tab was closed before the end. Nothing was signed."},
		Text{"Comece de novo.", "Start again."}, RetryStart},
	{SiteUnreachable,
		Text{"Não é possível chegar ao sítio da Chave Móvel Digital.", "The site of the Chave Móvel Digital can't be reached."},
		Text{"Verifique a ligação à Internet e tente mais tarde.", "Check the Internet connection and try later."}, RetryWait},
	{SiteSlow,
		Text{"O sítio da Chave Móvel Digital não respondeu a tempo.", "The site of the Chave Móvel Digital didn't answer in time."},
		Text{"O problema é do lado do serviço: tente mais tarde.", "The problem is on the service's side: try later."}, RetryWait},
	{SiteError,
		Text{"O sítio da Chave Móvel Digital respondeu com um erro.", "The site of the Chave Móvel Digital answered with an error."},
		Text{"O problema é do lado do serviço: tente mais tarde.", "The problem is on the service's side: try later."}, RetryWait},
	{SiteUnavailable,
		Text{"O serviço de Chave Móvel Digital está indisponível neste momento.", "The Chave Móvel Digital service is unavailable at the moment."},
		Text{"O problema é do lado do serviço: tente mais tarde.", "The problem is on the service's side: try later."}, RetryWait},
	{SiteMessage,
		Text{"A página da Chave Móvel Digital mostrou uma mensagem de erro.", "The Chave Móvel Digital page showed an error message."},
		Text{"Leia a mensagem da página e comece de novo.", "Read the page's message and start again."}, RetryStart},
	{SessionExpired,
		Text{"A sessão no sítio da Chave Móvel Digital expirou. Nada foi assinado.", "The session on the Chave Móvel Digital site has expired. Nothing was signed."},
		Text{"Comece de novo.", "Start again."}, RetryStart},
	{FileRefused,
		Text{"O sítio da Chave Móvel Digital não aceitou este ficheiro.", "The Chave Móvel Digital site didn't accept this file."},
		Text{"Leia o motivo dado pela página; confirme o tamanho e se o PDF não está protegido.", "Read the reason the page gives; check the size and that the PDF isn't protected."}, RetryStart},
	{OriginRefused,
		Text{"A página tentou seguir para um endereço que não é da Chave Móvel Digital. Foi impedida e nada lhe foi enviado.", "The page tried to go to an address that isn't the Chave Móvel Digital's. It was stopped, and nothing was sent there."},
		Text{"Não continue neste momento; se se repetir, comunique-o ao serviço.", "Don't go on for now; if it happens again, report it to the service."}, RetryNothing},
	{PageUnknown,
		Text{"A página da Chave Móvel Digital não é conhecida deste programa.", "This program doesn't know this Chave Móvel Digital page."},
		Text{"Continue à mão nessa página; o programa segue quando a reconhecer e guarda o ficheiro assinado.", "Go on by hand in that page; the program carries on when it knows it again and saves the signed file."}, RetryNothing},
	{PINWrong,
		Text{"O número de telemóvel ou o PIN de assinatura estão errados.", "The mobile number or the signature PIN is wrong."},
		Text{"Escreva-os de novo com cuidado: três PIN errados bloqueiam a conta.", "Type them again with care: three wrong PINs lock the account."}, RetryType},
	{AccountLocked,
		Text{"A sua conta encontra-se temporariamente bloqueada.", "Your account is temporarily locked."},
		Text{"Desbloqueie-a na área reservada de autenticacao.gov.pt com o Cartão de Cidadão, ou num balcão.", "Unlock it in the reserved area of autenticacao.gov.pt with the Citizen Card, or at a counter."}, RetryNothing},
	{SignatureInactive,
		Text{"Registo inexistente ou subscrição da assinatura digital inativa.", "No registration, or the digital signature isn't activated."},
		Text{"Ative a assinatura digital em autenticacao.gov.pt.", "Activate the digital signature at autenticacao.gov.pt."}, RetryNothing},
	{PINChangeRequired,
		Text{"É necessário alterar o PIN antes de assinar.", "The PIN has to be changed before signing."},
		Text{"Altere o PIN em autenticacao.gov.pt, na Área Reservada, A Minha Chave Móvel Digital.", "Change the PIN at autenticacao.gov.pt, Área Reservada, A Minha Chave Móvel Digital."}, RetryNothing},
	{CodeWrong,
		Text{"O código de segurança não está certo.", "The security code isn't right."},
		Text{"Escreva o último código que recebeu.", "Type the last code that you received."}, RetryType},
	{CodeExpired,
		Text{"O código de segurança expirou. Nada foi assinado.", "The security code has expired. Nothing was signed."},
		Text{"Comece de novo para receber outro código.", "Start again to receive another code."}, RetryStart},
	{ResendUnavailable,
		Text{"A página não oferece o envio de outro código.", "The page doesn't offer to send another code."},
		Text{"Espere pelo código ou cancele e comece de novo.", "Wait for the code, or cancel and start again."}, RetryType},
	{MayBeSigned,
		Text{"Pode ter sido feita uma assinatura, mas o ficheiro assinado não chegou.", "A signature may have been made, but the signed file didn't arrive."},
		Text{"Não assine de novo antes de ver: procure o ficheiro nas transferências do navegador e no separador da Chave Móvel Digital.", "Don't sign again before looking: look in the browser's downloads and in the Chave Móvel Digital tab."}, RetryNothing},
	{LookFirst,
		Text{"Numa tentativa anterior este documento pode ter sido assinado.", "In an earlier try this document may have been signed."},
		Text{"Procure primeiro o ficheiro assinado; se ele não existir, confirme que quer assinar.", "Look for the signed file first; if there is none, confirm that you want to sign."}, RetryType},
	{ResultNotPDF,
		Text{"O que a página devolveu não é um PDF.", "What the page gave back isn't a PDF."},
		Text{"Pode ter sido feita uma assinatura: não assine de novo antes de ver o que foi guardado.", "A signature may have been made: don't sign again before looking at what was kept."}, RetryNothing},
	{NotVerified,
		Text{"O ficheiro devolvido não passou na verificação. Pode ter sido feita uma assinatura, mas não a conseguimos confirmar.", "The file that came back failed the check. A signature may have been made, but we could not confirm it."},
		Text{"Não assine de novo antes de ver o ficheiro que foi guardado à parte.", "Don't sign again before looking at the file that was kept apart."}, RetryNothing},
	{NeedsLook,
		Text{"O ficheiro que voltou tem uma assinatura, mas há algo que tem de ver.", "The file that came back has a signature, but there is something that you need to look at."},
		Text{"Leia as verificações; não assine de novo antes de ver.", "Read the checks; don't sign again before looking."}, RetryNothing},
	{DownloadsMissing,
		Text{"A pasta Transferências não existe.", "The Downloads folder doesn't exist."},
		Text{"Crie a pasta; o ficheiro assinado está guardado no local indicado.", "Create the folder; the signed file is kept at the place named."}, RetryNothing},
	{DownloadsReadOnly,
		Text{"Não é possível escrever na pasta Transferências.", "The Downloads folder can't be written to."},
		Text{"Dê permissão de escrita; o ficheiro assinado está guardado no local indicado.", "Allow writing; the signed file is kept at the place named."}, RetryNothing},
	{DiskFull,
		Text{"O disco está cheio.", "The disk is full."},
		Text{"Liberte espaço; o ficheiro assinado está guardado no local indicado.", "Free some space; the signed file is kept at the place named."}, RetryNothing},
	{SaveFailed,
		Text{"O ficheiro assinado não pôde ser guardado na pasta Transferências.", "The signed file couldn't be saved in the Downloads folder."},
		Text{"O ficheiro assinado está guardado no local indicado.", "The signed file is kept at the place named."}, RetryNothing},
	{ScreenshotFailed,
		Text{"Não há imagem da página neste momento.", "There's no picture of the page at this moment."},
		Text{"Peça-a de novo daqui a pouco.", "Ask for it again in a moment."}, RetryType},
	{InputTimeout,
		Text{"O tempo para responder terminou. Nada foi assinado.", "The time to answer ran out. Nothing was signed."},
		Text{"Comece de novo.", "Start again."}, RetryStart},
	{JournalFailed,
		Text{"Não foi possível escrever no diário do programa, por isso nada foi assinado.", "The program's journal couldn't be written, so nothing was signed."},
		Text{"Liberte espaço ou corrija as permissões da pasta de dados do programa.", "Free some space, or correct the permissions of the program's data folder."}, RetryWait},
	{ExtensionConflict,
		Text{"Outra extensão do navegador interfere com a página da Chave Móvel Digital. Nada foi assinado.", "Another browser extension gets in the way of the Chave Móvel Digital page. Nothing was signed."},
		Text{"Desligue essa extensão para este sítio (costuma ser um gestor de palavras-passe) e comece de novo.", "Turn that extension off for this site (it's often a password manager) and start again."}, RetryStart},
	{BrowserUnreachable,
		Text{"O navegador indicado na configuração não responde. Nada foi assinado.", "The browser that the configuration names doesn't answer. Nothing was signed."},
		Text{"Confirme que está a correr e que o endereço (browser.endpoint) está certo, e comece de novo.", "Check that it runs and that its address (browser.endpoint) is right, and start again."}, RetryStart},
	{FileMoved,
		Text{"O ficheiro assinado já não está onde foi guardado, ou foi alterado depois.", "The signed file isn't where it was saved any more, or was changed since."},
		Text{"Procure-o pelo nome; se o encontrar, verifique-o antes de o usar.", "Look for it by its name; if you find it, check it before you use it."}, RetryNothing},
	{OpenFailed,
		Text{"Não foi possível abrir o ficheiro a partir daqui.", "The file couldn't be opened from here."},
		Text{"Abra-o no local indicado.", "Open it at the place named."}, RetryNothing},
	{DocumentBusy,
		Text{"Este documento já está a ser assinado noutro navegador ou programa deste computador.", "This document is already being signed in another browser or program on this computer."},
		Text{"Termine ou cancele essa assinatura; depois veja se ainda precisa desta.", "Finish or cancel that signing; then see whether you still need this one."}, RetryWait},
	{TraceFailed,
		Text{"Não foi possível guardar o rasto das páginas. A assinatura não é afetada.", "The trace of the pages couldn't be kept. The signing isn't affected."},
		Text{"Liberte espaço ou corrija as permissões da pasta de dados do programa e peça-o de novo.", "Free some space, or correct the permissions of the program's data folder, and ask for it again."}, RetryWait},
	{VisibleInvalid,
		Text{"A escolha da assinatura visível não serve para este documento.", "The choice of a visible signature doesn't fit this document."},
		Text{"Escolha uma página que o documento tenha, a orientação e a posição.", "Choose a page that the document has, the orientation and the position."}, RetryType},
	{VisibleByHand,
		Text{"O programa não conhece os campos da assinatura visível desta página da Chave Móvel Digital.", "This program doesn't know the fields for a visible signature on this Chave Móvel Digital page."},
		Text{"Escolha nessa página a assinatura visível que pediu e prima Submeter; o programa segue a partir daí.", "Choose on that page the visible signature that you asked for and press Submit; the program carries on from there."}, RetryNothing},
	{VisibleNotOffered,
		Text{"O sítio da Chave Móvel Digital não perguntou se a assinatura é visível. Nada foi assinado.", "The Chave Móvel Digital site didn't ask whether the signature is visible. Nothing was signed."},
		Text{"Comece de novo com uma assinatura invisível.", "Start again with an invisible signature."}, RetryStart},
	{TokenMissing,
		Text{"Falta a autorização para assinar neste servidor.", "The authorisation to sign on this server is missing."},
		Text{"Entre de novo na página que abriu a assinatura.", "Sign in again on the page that opened the signing."}, RetryType},
	{TokenRefused,
		Text{"A autorização para assinar não é aceite por este servidor.", "The authorisation to sign isn't accepted by this server."},
		Text{"Entre de novo na página que abriu a assinatura; se se repetir, avise quem mantém o servidor.", "Sign in again on the page that opened the signing; if it happens again, tell whoever runs the server."}, RetryType},
	{TokenExpired,
		Text{"A autorização para assinar expirou.", "The authorisation to sign has expired."},
		Text{"Entre de novo na página que abriu a assinatura.", "Sign in again on the page that opened the signing."}, RetryType},
	{TokenLimit,
		Text{"A autorização não chega para este pedido: outro documento, outro ambiente ou mais assinaturas do que permite.", "The authorisation doesn't cover this request: another document, another environment, or more signatures than it allows."},
		Text{"Peça outra autorização a quem mantém o servidor.", "Ask whoever runs the server for another authorisation."}, RetryNothing},
	{PathRefused,
		Text{"O caminho indicado não é de um documento deste servidor.", "The path given isn't that of a document on this server."},
		Text{"Indique um documento da pasta que o servidor abre, ou envie o ficheiro.", "Name a document of the folder that the server opens, or send the file."}, RetryType},
	{ServerStopping,
		Text{"O servidor vai parar.", "The server is about to stop."},
		Text{"Se o código já foi enviado, espere pelo resultado; se não, comece de novo daqui a pouco.", "If the code has been sent, wait for the result; if not, start again in a moment."}, RetryNothing},
	{TimeOver,
		Text{"A conversa durou mais do que este servidor permite.", "The conversation took longer than this server allows."},
		Text{"Se o código já foi enviado, espere pelo resultado; se não, comece de novo.", "If the code has been sent, wait for the result; if not, start again."}, RetryNothing},
	{TooManyRefused,
		Text{"Foram recusadas demasiadas mensagens nesta conversa.", "Too many messages of this conversation were refused."},
		Text{"Corrija o programa que as envia e comece de novo.", "Correct the program that sends them and start again."}, RetryNothing},
	{SealRefused,
		Text{"O que foi enviado cifrado não pôde ser aberto pelo servidor.", "What was sent encrypted could not be opened by the server."},
		Text{"Escreva-o de novo; se se repetir, recarregue a página ou atualize o programa que o envia.", "Type it again; if it happens again, reload the page or update the program that sends it."}, RetryType},
	{SealMissing,
		Text{"Este servidor só aceita o número, o PIN e o código cifrados.", "This server takes the number, the PIN and the code encrypted only."},
		Text{"Use uma página ou um programa que os cifre para a chave do servidor.", "Use a page or a program that encrypts them to the server's key."}, RetryType},
	{ObjectRefused,
		Text{"O lugar indicado não é dos que este servidor pode ler ou escrever.", "The place given isn't one that this server may read or write."},
		Text{"Indique um documento e um lugar que quem mantém o servidor tenha aberto, com um nome que acabe como o de um ficheiro assinado.", "Name a document and a place that whoever runs the server has opened, the latter ending as the name of a signed file does."}, RetryType},
	{ObjectExists,
		Text{"Já há um ficheiro no lugar indicado para o documento assinado. Nada foi assinado.", "There's a file already at the place given for the signed document. Nothing was signed."},
		Text{"Indique outro lugar; o que lá está nunca é substituído.", "Name another place; what is there is never replaced."}, RetryType},
	{BucketFailed,
		Text{"O armazenamento de documentos não respondeu como devia ou recusou o acesso. Nada foi assinado.", "The document store didn't answer as it should, or refused access. Nothing was signed."},
		Text{"Tente mais tarde; se se repetir, avise quem mantém o servidor.", "Try later; if it happens again, tell whoever runs the server."}, RetryWait},
	{ResultNotWritten,
		Text{"O documento foi assinado e o ficheiro está guardado no servidor, mas não ficou, ou não se sabe se ficou, no lugar indicado.", "The document was signed and the file is kept on the server, but it isn't, or may not be, at the place given."},
		Text{"Não assine de novo: descarregue o ficheiro assinado a partir daqui, ou peça-o a quem mantém o servidor.", "Don't sign again: download the signed file from here, or ask whoever runs the server for it."}, RetryNothing},
}
