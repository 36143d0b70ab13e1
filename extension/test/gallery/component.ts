// Shows <sign-with-cmd> in one state: the real element, with a server that is played to it.

import type { SignWithCmd } from "../../src/component/element";
import { sha256, toBase64 } from "../../src/shared/base64";

const query = new URLSearchParams(location.hash.slice(1));
const state = query.get("state")!;
const pt = query.get("lang") !== "en";
const say = (p: string, e: string) => (pt ? p : e);
document.documentElement.lang = pt ? "pt" : "en";

const pdf = new TextEncoder().encode("%PDF-1.7".padEnd(184_320));
const signed = new TextEncoder().encode("%PDF-1.7".padEnd(184_320) + "%%EOF");
const name = "Contrato de arrendamento – Rua da Prata 12.pdf";
const operator = { name: "Imobiliária Exemplo, Lda.", privacy: "https://exemplo.pt/privacidade" };
const walked = ["root_page", "upload_page", "preview_page"];
const findings = [
  { check: "original_prefix", result: "pass", text: say("É exatamente o documento enviado, sem nenhum byte alterado.", "It is exactly the document that was sent, without a byte changed.") },
  { check: "signature", result: "pass", text: say("A assinatura corresponde aos bytes do ficheiro.", "The signature fits the file's bytes.") },
  { check: "timestamp", result: "unknown", text: say("A assinatura não tem selo temporal.", "The signature has no timestamp.") },
];
const result = { verdict: "verified", signature_exists: "yes", signer: "Maria Exemplo da Silva", time: "2026-11-22T10:31:00Z", findings, validator: "https://validador.autenticacao.gov.pt/validation" };
const error = (code: string, retry: string, message: string, next: string) => ({ status: "ERROR", error: { code, retry, message, next } });

type Message = Record<string, any>;
let hash = "";
const signedHash = await sha256(signed);
let server: Played;

/** The server of a page's WebSocket, as far as the states need it. */
class Played {
  readyState = 1;
  onmessage?: (e: { data: string }) => void;
  onclose?: () => void;
  constructor() {
    server = this;
    setTimeout(() => this.say({ state: "start", protocol: 1, min_protocol: 1, environment: "production", modes: ["launch"], capabilities: ["download"], operator }));
  }
  say(m: Message) {
    this.onmessage?.({ data: JSON.stringify(m) });
  }
  send(text: string) {
    const m: Message = JSON.parse(text);
    if ("start" in m) this.say({ state: "stage1_input" });
    if (m.upload_local) {
      hash = m.upload_local.sha256;
      this.say({ state: "stage1_input", status: "OK", progress: "upload_local", document: { name, size: pdf.length, sha256: hash, pages: 6 } });
    }
    if (m.download) this.say({ state: "done", status: "OK", progress: "download", id: "7", part: { offset: 0, size: signed.length, sha256: signedHash, data: toBase64(signed) } });
  }
  close() {
    this.readyState = 3;
    this.onclose?.();
  }
}
Object.assign(globalThis, { WebSocket: Played });
await import("../../src/component/element");

const element = document.querySelector<SignWithCmd>("sign-with-cmd")!;
element.name = name;
element.server = "wss://assinar.exemplo.pt/";
element.document = pdf;

const screen = () => element.shadowRoot!.querySelector<HTMLElement>("#screen")!.dataset.screen;
const press = (label = ".primary") => element.shadowRoot!.querySelector<HTMLElement>(`#screen ${label}`)!.click();
const until = async (fits: () => boolean) => {
  while (!fits()) await new Promise((done) => setTimeout(done, 5));
};
const field = (id: string, value: string) => (element.shadowRoot!.querySelector<HTMLInputElement>(id)!.value = value);

/** As far as the state. */
async function play(): Promise<void> {
  if (state === "choose") return;
  press();
  await until(() => screen() === "document");
  if (state === "document") return;
  press();
  if (state === "credentials") return;
  field("#phone", "912 345 678");
  field("#pin", "1234");
  press();
  for (const progress of walked) server.say({ state: "stage1", status: "OK", progress, id: "7" });
  if (state === "working") return;
  if (state === "credentials-wrong") {
    return server.say({ state: "stage1_input", ...error("PIN_WRONG", "type", say("O número de telemóvel ou o PIN de assinatura estão errados.", "The mobile number or the signature PIN is wrong."), say("Escreva-os de novo com cuidado: três PIN errados bloqueiam a conta.", "Type them again with care: three wrong PINs lock the account.")) });
  }
  if (state === "assist") {
    return server.say({ state: "assist", ...error("PAGE_UNKNOWN", "nothing", "", ""), step: "details_page", title: "Novidades da CMD", host: "cmd.autenticacao.gov.pt", screenshot: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg==" });
  }
  if (state === "failed") {
    return server.say({ state: "failed", id: "7", ...error("ACCOUNT_LOCKED", "nothing", say("A sua conta encontra-se temporariamente bloqueada.", "Your account is temporarily locked."), say("Desbloqueie-a na área reservada de autenticacao.gov.pt com o Cartão de Cidadão, ou num balcão.", "Unlock it in the reserved area of autenticacao.gov.pt with the Citizen Card, or at a counter.")) });
  }
  server.say({ state: "stage2_input", status: "OK", progress: "otp", reference: "7BKMS6EL", resend: true, approval: true, id: "7" });
  if (state === "code") return;
  field("#code", "271 828");
  press();
  await until(() => screen() === "sending");
  if (state === "sending") return;
  if (state === "lost") return server.close();
  const file = { name: name.replace(".pdf", "-signed.pdf"), size: signed.length, sha256: signedHash };
  server.say({ state: "done", status: "OK", id: "7", document: { name, size: pdf.length, sha256: hash }, result, file });
  await until(() => element.shadowRoot!.querySelector("a[download], .error") !== null);
}
await play();
document.body.dataset.drawn = "";
