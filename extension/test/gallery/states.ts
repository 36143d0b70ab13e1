// Every state of the popup, as it comes in a signing, for looking at. It's in no build.

import type { Entry } from "../../src/background/history";
import type { Key } from "../../src/shared/i18n";
import type { Row, RowState, View } from "../../src/shared/view";
import { initialView } from "../../src/shared/view";

type T = (key: Key, ...subs: string[]) => string;

export const sample = {
  name: "Contrato de arrendamento – Rua da Prata 12.pdf", size: 184_320, pages: 6,
  sha256: "72d0dd94bc97af36697e91a208a6e87f1ecc0b53d6b203ad08a82c2c3d54216e",
};
const source = { name: sample.name, site: "imobiliaria.exemplo.pt" };
const host = { version: "0.1.0", environment: "production", custom: false, modes: ["relay" as const, "launch" as const] };
const walked = ["root_page", "upload_page", "preview_page"];
const toCode = [...walked, "details_page", "credentials_page"];
const code = { reference: "7BKMS6EL", resend: true, approval: false, sandbox: "", since: 0 };

/** What the host says comes in the person's language; say picks it. bytes: what is known of the document that's shown. */
export function states(t: T, say: (pt: string, en: string) => string, now: number, bytes?: { sha256: string; size: number }): Record<string, View> {
  const document = { ...sample, ...bytes };
  const base: View = { ...initialView, host, document, source };
  const error = (code: string, retry: "type" | "start" | "wait" | "nothing", message: string, next: string, site?: string) => ({ code, retry, message, next, site });
  const own = (code: string, message: Key, next: Key, ...subs: string[]) => ({ code, retry: "type" as const, message: t(message, ...subs), next: t(next) });
  const findings = [
    { check: "original_prefix", result: "pass" as const, text: say("É exatamente o documento enviado, sem nenhum byte alterado.", "It is exactly the document that was sent, without a byte changed.") },
    { check: "signature", result: "pass" as const, text: say("A assinatura corresponde aos bytes do ficheiro.", "The signature fits the file's bytes.") },
    { check: "chain", result: "pass" as const, text: say("O certificado leva à raiz do Estado.", "The certificate leads to the State's root.") },
    { check: "timestamp", result: "unknown" as const, text: say("A assinatura não tem selo temporal.", "The signature has no timestamp.") },
  ];
  const result = {
    verdict: "verified" as const, signature_exists: "yes" as const, signer: "Maria Exemplo da Silva", issuer: "EC de Chave Móvel Digital de Assinatura Digital Qualificada do Cidadão 0005",
    time: "2026-11-22T10:31:00Z", findings, validator: "https://validador.autenticacao.gov.pt/validation",
  };
  const file = { path: "/home/maria/Transferências/Contrato de arrendamento – Rua da Prata 12-signed.pdf", name: "x", size: 1, sha256: "" };
  const names = [document.name, "Recibo de renda 2026-10.pdf", "Ata n.º 14.pdf", "Declaração.pdf"];
  const rows = (...states: RowState[]): Row[] =>
    states.map((state, i) => ({
      name: names[i]!, state,
      ...(state === "signed" || state === "look" ? { path: `/home/maria/Transferências/${names[i]!.replace(".pdf", state === "look" ? "-NAO-VERIFICADO.pdf" : "-signed.pdf")}` } : {}),
      ...(state === "failed" ? { why: say("O sítio da Chave Móvel Digital não aceitou este ficheiro.", "The Chave Móvel Digital site didn't accept this file.") } : {}),
      ...(state === "maybe" ? { why: say("Pode ter sido feita uma assinatura, mas o ficheiro assinado não chegou.", "A signature may have been made, but the signed file didn't arrive.") } : {}),
    }));
  return {
    "choose": { ...initialView, host },
    "choose-no-browser": { ...initialView, host: { ...host, noBrowser: true }, mode: "launch" },
    "choose-unfinished": {
      ...initialView, host,
      unfinished: [
        { id: "1", name: "procuração.pdf", sha256: "", answer: "signed_saved", path: "/home/maria/Transferências/procuração-signed.pdf" },
        { id: "2", name: "fatura.pdf", sha256: "", answer: "may_be_signed" },
      ],
    },
    "choose-not-pdf": { ...initialView, host, problem: own("PDF_NOT_PDF", "pdfNotPdf", "pdfNotPdfNext") },
    "choose-tab-unknown": { ...initialView, host, tab: { tabId: 1, url: "x", pageUrl: "x" }, problem: own("PDF_TAB_UNKNOWN", "pdfTabUnknown", "pdfTabUnknownNext") },
    "fetching": { ...initialView, host, screen: "fetching" },
    "checking": { ...initialView, host, screen: "fetching", source },
    "document": { ...base, screen: "document", host: { ...host, visible: true } },
    "document-differs": { ...base, screen: "document" },
    "document-warnings": { ...base, screen: "document", document: { ...document, size: 5_400_000, signatures: 2, xfa: true, damaged: "x" } },
    "document-look-first": {
      ...base, screen: "document", lookFirst: true,
      problem: error("LOOK_FIRST", "type", say("Numa tentativa anterior este documento pode ter sido assinado.", "In an earlier try this document may have been signed."), say("Procure primeiro o ficheiro assinado; se ele não existir, confirme que quer assinar.", "Look for the signed file first; if there is none, confirm that you want to sign.")),
    },
    "document-busy": {
      ...base, screen: "document",
      problem: error("DOCUMENT_BUSY", "wait", say("Este documento já está a ser assinado noutro navegador ou programa deste computador.", "This document is already being signed in another browser or program on this computer."), say("Termine ou cancele essa assinatura; depois veja se ainda precisa desta.", "Finish or cancel that signing; then see whether you still need this one.")),
    },
    "credentials": { ...base, screen: "credentials" },
    "credentials-trial": { ...base, screen: "credentials", trial: true, document: { ...document, name: "contrato-de-exemplo.pdf" } },
    "credentials-launch": { ...base, screen: "credentials", mode: "launch" },
    "credentials-attach": { ...base, screen: "credentials", mode: "attach", host: { ...host, browserAt: "127.0.0.1:9222" } },
    "credentials-mode-changed": { ...base, screen: "credentials", mode: "launch", modeChanged: true },
    "credentials-wrong": {
      ...base, screen: "credentials", confirmed: true, phone: { country: "+351", number: "912 345 678" },
      problem: error("PIN_WRONG", "type", say("O número de telemóvel ou o PIN de assinatura estão errados.", "The mobile number or the signature PIN is wrong."), say("Escreva-os de novo com cuidado: três PIN errados bloqueiam a conta.", "Type them again with care: three wrong PINs lock the account."), "Dados de autenticação inválidos."),
    },
    "document-visible": { ...base, screen: "document", host: { ...host, visible: true }, visible: { page: 3, orientation: "portrait", place: "bottom-right" } },
    "assist-visible": {
      ...base, screen: "assist", steps: [...walked, "details_page"],
      assist: { step: "details_page", title: say("Assinatura digital de documentos", "Digital signature of documents"), site: "frtend.reg.cmd.autenticacao.gov.pt", shown: true, visible: { page: 3, orientation: "portrait", place: "bottom-right" } },
      problem: error("VISIBLE_BY_HAND", "nothing", say("O programa não conhece os campos da assinatura visível desta página da Chave Móvel Digital.", "This program doesn't know the fields for a visible signature on this Chave Móvel Digital page."), say("Escolha nessa página a assinatura visível que pediu e prima Submeter; o programa segue a partir daí.", "Choose on that page the visible signature that you asked for and press Submit; the program carries on from there.")),
    },
    "working": { ...base, screen: "working", steps: walked },
    "working-cancelling": { ...base, screen: "working", steps: walked, cancelling: true },
    "code": { ...base, screen: "code", steps: toCode, code: { ...code, since: now - 14_000 } },
    "code-approval-sandbox": {
      ...base, screen: "code", steps: toCode, code: { ...code, approval: true, sandbox: "314159", since: now - 14_000 }, host: { ...host, environment: "sandbox" },
    },
    "code-another": { ...base, screen: "code", steps: toCode, code: { ...code, asked: true, since: now - 70_000 } },
    "code-wrong-late": {
      ...base, screen: "code", steps: toCode, code: { ...code, since: now - 140_000 },
      problem: error("CODE_WRONG", "type", say("O código de segurança não está certo.", "The security code isn't right."), say("Escreva o último código que recebeu.", "Type the last code that you received.")),
    },
    "sending": { ...base, screen: "sending", codeSent: true, steps: [...toCode, "code_sent"] },
    "assist": {
      ...base, screen: "assist", steps: walked, assist: { step: "details_page", title: "Novidades da CMD", site: "cmd.autenticacao.gov.pt", shown: true, trace: say("/home/eu/.local/state/cmdsign/traces/trace-20261122-101500-5e7ce6.zip", "/home/me/.local/state/cmdsign/traces/trace-20261122-101500-5e7ce6.zip") },
      problem: error("PAGE_UNKNOWN", "nothing", say("A página da Chave Móvel Digital não é conhecida deste programa.", "This program doesn't know this Chave Móvel Digital page."), say("Continue à mão nessa página; o programa segue quando a reconhecer e guarda o ficheiro assinado.", "Go on by hand in that page; the program carries on when it knows it again and saves the signed file.")),
    },
    "done": { ...base, screen: "done", id: "1", codeSent: true, result, file },
    "unverified": {
      ...base, screen: "unverified", id: "1", codeSent: true, file: { ...file, path: file.path.replace("-signed", "-NAO-VERIFICADO") },
      result: { ...result, verdict: "failed", signature_exists: "maybe", findings: [{ check: "x", result: "fail", text: say("O documento devolvido não é o que foi enviado.", "The document that came back isn't the one that was sent.") }, ...findings.slice(1)] },
      problem: error("NOT_VERIFIED", "nothing", say("O ficheiro devolvido não passou na verificação.", "The file that came back failed the check."), say("Pode ter sido feita uma assinatura, mas não a conseguimos confirmar. Não assine de novo antes de ver o ficheiro que foi guardado à parte.", "A signature may have been made, but we could not confirm it. Don't sign again before looking at the file that was kept apart.")),
    },
    "failed-locked": {
      ...base, screen: "failed",
      problem: error("ACCOUNT_LOCKED", "nothing", say("A sua conta encontra-se temporariamente bloqueada.", "Your account is temporarily locked."), say("Desbloqueie-a na área reservada de autenticacao.gov.pt com o Cartão de Cidadão, ou num balcão.", "Unlock it in the reserved area of autenticacao.gov.pt with the Citizen Card, or at a counter.")),
    },
    "failed-site": {
      ...base, screen: "failed",
      problem: error("SITE_UNAVAILABLE", "wait", say("O serviço de Chave Móvel Digital está indisponível neste momento.", "The Chave Móvel Digital service is unavailable at the moment."), say("O problema é do lado do serviço: tente mais tarde.", "The problem is on the service's side: try later.")),
    },
    "failed-may-be-signed": {
      ...base, screen: "failed", codeSent: true,
      problem: error("MAY_BE_SIGNED", "nothing", say("Pode ter sido feita uma assinatura, mas o ficheiro assinado não chegou.", "A signature may have been made, but the signed file didn't arrive."), say("Não assine de novo antes de ver: procure o ficheiro nas transferências do navegador e no separador da Chave Móvel Digital.", "Don't sign again before looking: look in the browser's downloads and in the Chave Móvel Digital tab.")),
    },
    "cancelled": { ...base, screen: "cancelled" },
    "interrupted-nothing": { ...base, screen: "interrupted", interrupted: { answer: "nothing_signed" } },
    "interrupted-waiting": { ...base, screen: "interrupted", codeSent: true, interrupted: { answer: "waiting", browserPath: "/home/maria/Transferências/assinado.pdf" } },
    "interrupted-saved": { ...base, screen: "interrupted", codeSent: true, interrupted: { answer: "saved", path: file.path } },
    "queue-review": { ...base, screen: "document", queue: { rows: rows("confirmed", "confirmed", "waiting", "waiting"), at: 2, phase: "review" } },
    "queue-credentials": { ...base, screen: "credentials", queue: { rows: rows("signing", "confirmed", "confirmed", "skipped"), at: 0, phase: "sign" } },
    "queue-code": {
      ...base, screen: "code", steps: toCode, code: { ...code, since: now - 14_000 },
      queue: { rows: rows("signed", "signing", "confirmed", "skipped"), at: 1, phase: "sign" },
    },
    "queue-stopping": { ...base, screen: "working", steps: walked, queue: { rows: rows("signed", "signing", "confirmed", "skipped"), at: 1, phase: "sign", stopping: true } },
    "queue-failed": {
      ...base, screen: "failed", queue: { rows: rows("signed", "failed", "confirmed", "skipped"), at: 1, phase: "sign", goOn: true },
      problem: error("FILE_REFUSED", "start", say("O sítio da Chave Móvel Digital não aceitou este ficheiro.", "The Chave Móvel Digital site didn't accept this file."), say("Leia o motivo dado pela página; confirme o tamanho e se o PDF não está protegido.", "Read the reason the page gives; check the size and that the PDF isn't protected.")),
    },
    "finished": { ...initialView, host, screen: "finished", queue: { rows: rows("signed", "failed", "signed", "skipped"), at: 3, phase: "over" } },
    "finished-doubt": { ...initialView, host, screen: "finished", queue: { rows: rows("signed", "maybe", "look", "unsigned"), at: 2, phase: "over" } },
    "nohost": { ...initialView, screen: "nohost", problem: own("HOST_NOT_FOUND", "hostNotFound", "hostNotFoundNext") },
  };
}

/** A history as the page shows it. */
export function entries(say: (pt: string, en: string) => string): Entry[] {
  const at = Date.UTC(2026, 10, 22, 10, 31);
  const path = "/home/maria/Transferências/";
  const found = { result: "pass" as const, text: say("É exatamente o documento enviado, sem nenhum byte alterado.", "It is exactly the document that was sent, without a byte changed.") };
  return [
    { id: "1", name: sample.name, at, end: "done", environment: "production", verdict: "verified", signatureExists: "yes", signer: "Maria Exemplo da Silva", findings: [found], path: `${path}Contrato de arrendamento – Rua da Prata 12-signed.pdf` },
    { id: "2", name: "procuração.pdf", at: at - 86_400_000, end: "failed", environment: "production", code: "MAY_BE_SIGNED", message: say("Pode ter sido feita uma assinatura, mas o ficheiro assinado não chegou.", "A signature may have been made, but the signed file didn't arrive.") },
    { id: "3", name: "fatura.pdf", at: at - 90_000_000, end: "failed", environment: "production", code: "ACCOUNT_LOCKED", message: say("A sua conta encontra-se temporariamente bloqueada.", "Your account is temporarily locked.") },
    { id: "4", name: "contrato-de-exemplo.pdf", at: at - 172_800_000, end: "unverified", environment: "sandbox", verdict: "failed", signatureExists: "maybe", findings: [{ result: "fail", text: say("O documento devolvido não é o que foi enviado.", "The document that came back isn't the one that was sent.") }], path: `${path}contrato-de-exemplo-NAO-VERIFICADO.pdf` },
  ];
}
