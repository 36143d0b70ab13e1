package pdfsig

import (
	"fmt"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

// sentences gives each check's line for a person, by result.
var sentences = map[string]map[Result]problem.Text{
	CheckStructure: {
		Pass:    {PT: "O ficheiro está bem construído.", EN: "The file is soundly built."},
		Fail:    {PT: "O ficheiro está danificado ou mal construído.", EN: "The file is damaged or unsoundly built."},
		Unknown: {PT: "A construção do ficheiro não foi verificada.", EN: "How the file is built was not checked."},
	},
	CheckEncrypted: {
		Fail:    {PT: "O ficheiro foi devolvido cifrado: não é o documento enviado.", EN: "The file came back encrypted: it is not the document that was sent."},
		Unknown: {PT: "O ficheiro está protegido por cifra e não pode ser verificado.", EN: "The file is encrypted and can't be checked."},
	},
	CheckOriginalPrefix: {
		Pass:    {PT: "É exatamente o documento enviado, sem nenhum byte alterado.", EN: "It is exactly the document that was sent, without a byte changed."},
		Fail:    {PT: "O ficheiro foi reescrito: não começa pelo documento enviado.", EN: "The file was rewritten: it doesn't start with the document that was sent."},
		Unknown: {PT: "Não há documento original para comparar.", EN: "There is no original document to compare with."},
	},
	CheckOneRevision: {
		Pass:    {PT: "Foi acrescentada uma única revisão ao documento.", EN: "Exactly one revision was added to the document."},
		Fail:    {PT: "O que foi acrescentado ao documento não é uma única revisão.", EN: "What was added to the document is not exactly one revision."},
		Unknown: {PT: "Não foi possível saber quantas revisões foram acrescentadas.", EN: "How many revisions were added could not be told."},
	},
	CheckSignatureField: {
		Pass:    {PT: "Há uma nova assinatura no documento.", EN: "There is one new signature in the document."},
		Fail:    {PT: "Não há exatamente uma nova assinatura no documento.", EN: "There is not exactly one new signature in the document."},
		Unknown: {PT: "Não foi possível procurar a assinatura.", EN: "The signature could not be looked for."},
	},
	CheckByteRange: {
		Pass:    {PT: "A assinatura abrange o ficheiro inteiro.", EN: "The signature covers the whole file."},
		Fail:    {PT: "A assinatura não abrange o ficheiro inteiro.", EN: "The signature doesn't cover the whole file."},
		Unknown: {PT: "Não foi possível saber o que a assinatura abrange.", EN: "What the signature covers could not be told."},
	},
	CheckContents: {
		Pass:    {PT: "Nada está escondido junto da assinatura.", EN: "Nothing is hidden beside the signature."},
		Fail:    {PT: "O espaço da assinatura tem outra coisa além dela.", EN: "The place of the signature holds something else."},
		Unknown: {PT: "O espaço da assinatura não foi verificado.", EN: "The place of the signature was not checked."},
	},
	CheckCMS: {
		Pass:    {PT: "A assinatura corresponde aos bytes do ficheiro.", EN: "The signature fits the bytes of the file."},
		Fail:    {PT: "A assinatura não corresponde aos bytes do ficheiro.", EN: "The signature doesn't fit the bytes of the file."},
		Unknown: {PT: "A assinatura não pôde ser verificada.", EN: "The signature could not be checked."},
	},
	CheckChain: {
		Pass:    {PT: "O certificado foi emitido por uma entidade reconhecida.", EN: "The certificate was issued by a recognised authority."},
		Fail:    {PT: "O certificado não foi emitido pela entidade que indica, ou não tem valor legal aqui.", EN: "The certificate was not issued by the authority it names, or has no legal value here."},
		Unknown: {PT: "O emissor do certificado não é conhecido.", EN: "The issuer of the certificate is not known."},
	},
	CheckKeyUsage: {
		Pass:    {PT: "O certificado serve para assinar.", EN: "The certificate is for signing."},
		Fail:    {PT: "O certificado não serve para assinar.", EN: "The certificate is not for signing."},
		Unknown: {PT: "O certificado não diz claramente que serve para assinar.", EN: "The certificate doesn't clearly say that it is for signing."},
	},
	CheckValidity: {
		Pass:    {PT: "O certificado está dentro do prazo.", EN: "The certificate is within its validity."},
		Fail:    {PT: "O certificado está fora do prazo.", EN: "The certificate is outside its validity."},
		Unknown: {PT: "Não se pode provar que o certificado estava dentro do prazo.", EN: "That the certificate was within its validity can't be proven."},
	},
	CheckRevisionChanges: {
		Pass:    {PT: "A assinatura não alterou mais nada no documento.", EN: "The signature changed nothing else in the document."},
		Fail:    {PT: "Foi alterada mais alguma coisa além de acrescentar a assinatura.", EN: "Something else was changed besides adding the signature."},
		Unknown: {PT: "Não foi possível comparar com o documento antes da assinatura.", EN: "It could not be compared with the document before the signature."},
	},
	CheckSeal: {
		Pass:    {PT: "A assinatura é visível, com um selo na página %d.", EN: "The signature is visible, with a seal on page %d."},
		Unknown: {PT: "O selo da assinatura está na página %d, e não na que foi pedida.", EN: "The signature's seal is on page %d, and not on the one asked for."},
	},
	CheckRevocation: {
		Pass:    {PT: "O certificado não foi revogado.", EN: "The certificate was not revoked."},
		Fail:    {PT: "O certificado foi revogado.", EN: "The certificate was revoked."},
		Unknown: {PT: "Não se sabe se o certificado foi revogado.", EN: "Whether the certificate was revoked is not known."},
	},
	CheckLaterChanges: {
		Pass:    {PT: "Nada foi alterado depois da assinatura.", EN: "Nothing was changed after the signature."},
		Fail:    {PT: "O documento foi alterado depois da assinatura.", EN: "The document was changed after the signature."},
		Unknown: {PT: "Foram preenchidos campos do formulário depois da assinatura.", EN: "Form fields were filled in after the signature."},
	},
	CheckOtherSignatures: {
		Pass:    {PT: "As outras assinaturas do documento estão em ordem.", EN: "The other signatures of the document are in order."},
		Fail:    {PT: "Outra assinatura do documento não é válida.", EN: "Another signature of the document is not valid."},
		Unknown: {PT: "Outra assinatura do documento não pôde ser confirmada.", EN: "Another signature of the document could not be confirmed."},
	},
	CheckTimestamp: {
		Pass:    {PT: "A hora da assinatura está provada por um selo temporal.", EN: "A timestamp proves the time of the signature."},
		Fail:    {PT: "O selo temporal da assinatura não é válido.", EN: "The timestamp of the signature is not valid."},
		Unknown: {PT: "O selo temporal da assinatura não foi confirmado.", EN: "The timestamp of the signature was not confirmed."},
	},
}

// unreached are the lines of checks that an earlier failure kept from being made, where
// the line for unknown would say something of the certificate.
var unreached = map[string]problem.Text{
	CheckChain:    {PT: "O emissor do certificado não chegou a ser verificado.", EN: "The issuer of the certificate was not checked."},
	CheckKeyUsage: {PT: "Não chegou a ser verificado se o certificado serve para assinar.", EN: "Whether the certificate is for signing was not checked."},
	CheckValidity: {PT: "O prazo do certificado não chegou a ser verificado.", EN: "The validity of the certificate was not checked."},
}

// noSeal is for a visible signature that was asked for and doesn't show.
var noSeal = problem.Text{PT: "Foi pedida uma assinatura visível e a que veio não se vê.", EN: "A visible signature was asked for, and the one that came doesn't show."}

// Sentence gives the finding as one line for a person: "en" in English, anything
// else in Portuguese.
func (f Finding) Sentence(lang string) string {
	if t, ok := unreached[f.Check]; ok && f.Result == Unknown && f.Detail == NotReached {
		return t.In(lang)
	}
	if f.Check == CheckSeal && f.Result == Unknown && f.Page == 0 {
		return noSeal.In(lang)
	}
	if t, ok := sentences[f.Check][f.Result]; ok {
		if f.Check == CheckSeal {
			return fmt.Sprintf(t.In(lang), f.Page)
		}
		return t.In(lang)
	}
	return problem.Text{PT: "Verificação desconhecida.", EN: "Unknown check."}.In(lang)
}
