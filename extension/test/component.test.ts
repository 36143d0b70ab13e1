import { webcrypto } from "node:crypto";
import { beforeAll, expect, it, vi } from "vitest";
import { Conversation, type Given } from "../src/component/conversation";
import { KeyRefused, sealTo } from "../src/component/seal";
import { sha256, toBase64 } from "../src/shared/base64";
import { drawn, type View } from "../src/shared/view";

vi.stubGlobal("chrome", { i18n: { getMessage: (key: string) => (key === "lang" ? "pt" : key) } });

const pdf = new TextEncoder().encode("%PDF-1.7 a contract") as Uint8Array<ArrayBuffer>;
const signed = new TextEncoder().encode("%PDF-1.7 a contract, and a signature") as Uint8Array<ArrayBuffer>;
const phone = "912 345 678";
const pin = "13572468";
const otp = "271828";
let hash = "";
let signedHash = "";
let offer: { hpke: string; key: { kty: string; crv: string; x: string; y: string; kid: string } };

beforeAll(async () => {
  [hash, signedHash] = [await sha256(pdf), await sha256(signed)];
  const { publicKey } = await webcrypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  const { x, y } = (await webcrypto.subtle.exportKey("jwk", publicKey)) as { x: string; y: string };
  const sum = await webcrypto.subtle.digest("SHA-256", new TextEncoder().encode(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`));
  offer = { hpke: "0010-0001-0002", key: { kty: "EC", crv: "P-256", x, y, kid: Buffer.from(sum).toString("base64url") } };
});

type Message = Record<string, any>;

/** A server as a page's WebSocket has it; the test speaks for it. */
class Server {
  sent: Message[] = [];
  readyState = 1;
  onmessage?: (e: { data: unknown }) => void;
  onclose?: () => void;
  send(text: string) { this.sent.push(JSON.parse(text)); }
  close() {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.();
  }
  say(m: Message | string) { this.onmessage?.({ data: typeof m === "string" ? m : JSON.stringify(m) }); }
  /** Waits for a message with that field. */
  async got(field: string): Promise<Message> {
    let found: Message | undefined;
    await vi.waitFor(() => expect((found = this.sent.find((m) => field in m)), field).toBeTruthy());
    return found!;
  }
}

function page(given: Partial<Given> = {}) {
  const server = new Server();
  const views: View[] = [];
  const conversation = new Conversation((view) => views.push(view), (f) => f(), () => server as unknown as WebSocket);
  const all = { server: "wss://sign.example.org/", name: "contrato.pdf", bytes: async () => pdf.slice(), version: "1", ...given };
  const begun = conversation.begin(all);
  const screen = (name: View["screen"]) => vi.waitFor(() => expect(conversation.view.screen).toBe(name));
  const hello = (more: Message = {}) => vi.waitFor(() => {
    expect(server.onmessage).toBeTruthy();
    server.say({ state: "start", protocol: 1, min_protocol: 1, modes: ["launch"], capabilities: ["download"], seal: offer, ...more });
  });
  const document = (more: Message = {}) => ({ state: "stage1_input", status: "OK", progress: "upload_local", received: pdf.length, document: { name: "contrato.pdf", size: pdf.length, sha256: hash, ...more } });
  /** As far as a screen. */
  const until = async (to: "document" | "credentials" | "working" | "code" | "approval" | "sending" | "assist") => {
    await hello();
    await server.got("start");
    server.say({ state: "stage1_input", nonce: "N1" });
    await server.got("upload_local");
    server.say(document());
    if (to === "document") return;
    conversation.act({ do: "confirm", drawn: drawn(conversation.view) });
    if (to === "credentials") return;
    conversation.act({ do: "credentials", country: "+351", number: phone, pin });
    await server.got("pin_sealed");
    server.say({ state: "stage1", status: "OK", progress: "root_page", id: "7" });
    if (to === "assist") return server.say({ state: "assist", status: "ERROR", error: { code: "PAGE_UNKNOWN", message: "m", retry: "nothing" }, step: "details_page" });
    if (to === "working") return;
    server.say({ state: "stage2_input", status: "OK", progress: "otp", reference: "R1", nonce: "N2", approval: to === "approval", id: "7" });
    if (to !== "sending") return;
    conversation.act({ do: "otp", code: "271 828" });
    await server.got("otp_sealed");
  };
  const done = (more: Message = {}) => ({
    state: "done", status: "OK", id: "7", document: { name: "contrato.pdf", size: pdf.length, sha256: hash }, result: { verdict: "verified", signature_exists: "yes", findings: [] },
    file: { name: "contrato-signed.pdf", size: signed.length, sha256: signedHash, ...more },
  });
  return { server, views, conversation, begun, hello, screen, until, document, done };
}

it("signs: what was typed stands in no message, and the signed file comes back", async () => {
  const p = page({ token: "TOKEN" });
  await p.until("sending");
  expect(p.server.sent[0]).toMatchObject({ start: "", lang: "pt", jwt: "TOKEN" });
  expect(p.server.sent.find((m) => m.upload_local)!.upload_local).toEqual({ name: "contrato.pdf", size: pdf.length, sha256: hash, offset: 0, data: toBase64(pdf) });
  expect(p.server.sent.find((m) => m.pin_sealed)).toMatchObject({ sealed_to: offer.key.kid, confirm: hash });
  const all = JSON.stringify(p.server.sent);
  for (const secret of [pin, otp, "271 828", phone, "912345678"]) expect(all).not.toContain(secret);

  p.server.say(p.done());
  expect(p.conversation.view.screen).toBe("done");
  for (const [offset, size] of [[0, 20], [20, signed.length - 20]] as const) {
    await vi.waitFor(() => expect(p.server.sent.at(-1)!.download).toEqual({ id: "7", offset }));
    p.server.say({ state: "done", status: "OK", progress: "download", id: "7", part: { offset, size: signed.length, sha256: signedHash, data: toBase64(signed.slice(offset, offset + size)) } });
  }
  await vi.waitFor(() => expect(p.conversation.file).toBeTruthy());
  expect(new Uint8Array(await p.conversation.file!.arrayBuffer())).toEqual(signed);
  expect(p.conversation.view.result?.verdict).toBe("verified");
  expect(p.server.readyState).toBe(3);
});

it.each([
  ["is another document and a signature", async () => new TextEncoder().encode("%PDF-1.7 another contract, signed!!!") as Uint8Array<ArrayBuffer>, undefined, "unverified"],
  ["isn't what the server said", async () => signed, "0".repeat(64), "done"],
] as const)("offers no signed file that %s", async (_, make, sum, shown) => {
  const bytes = await make();
  const p = page();
  await p.until("sending");
  p.server.say(p.done({ size: bytes.length, sha256: sum ?? (await sha256(bytes)) }));
  await p.server.got("download");
  p.server.say({ state: "done", status: "OK", progress: "download", id: "7", part: { offset: 0, size: bytes.length, sha256: "", data: toBase64(bytes) } });
  await vi.waitFor(() => expect(p.conversation.view.openProblem?.code).toBe("FILE_NOT_HAD"));
  expect(p.conversation.file).toBeUndefined();
  expect(p.conversation.view.screen).toBe(shown);
});

it.each([{ sha256: "0".repeat(64) }, { size: 1 }])("stops where the server has another document: %o", async (differs) => {
  const p = page();
  await p.hello();
  await p.server.got("start");
  p.server.say({ state: "stage1_input", nonce: "N1" });
  await p.server.got("upload_local");
  p.server.say(p.document(differs));
  expect(p.conversation.view).toMatchObject({ screen: "failed", problem: { code: "DOCUMENT_DIFFERS" } });
  expect(p.server.readyState).toBe(3);
});

it("holds a document that the server reads against the page's own", async () => {
  const p = page({ path: "contratos/1.pdf" });
  await p.hello();
  await p.server.got("start");
  p.server.say({ state: "stage1_input", nonce: "N1" });
  expect(await p.server.got("document")).toEqual({ document: { pdf_file_path: "contratos/1.pdf" } });
  p.server.say({ ...p.document({ sha256: "0".repeat(64) }), progress: "document" });
  expect(p.conversation.view.problem?.code).toBe("DOCUMENT_DIFFERS");
});

it.each([
  ["another key than the one that the page knows", () => ({}), "another"],
  ["no key where the page knows one", () => ({ seal: undefined }), "another"],
  ["a key whose id isn't its own", () => ({ seal: { ...offer, key: { ...offer.key, kid: "x" } } }), undefined],
  ["a way to seal that isn't known", () => ({ seal: { ...offer, hpke: "0020-0001-0001" } }), undefined],
] as const)("asks for no PIN with %s", async (_, more, serverKey) => {
  const p = page({ serverKey });
  await p.hello(more());
  await p.begun;
  expect(p.conversation.view).toMatchObject({ screen: "failed", problem: { code: "SERVER_KEY_REFUSED" } });
  expect(p.server.sent).toEqual([]);
});

it("takes the key that the page knows", async () => {
  const p = page({ serverKey: offer.key.kid });
  await p.until("document");
  expect(p.conversation.view.screen).toBe("document");
});

it.each([
  ["document", "nothing_signed"], ["credentials", "nothing_signed"], ["working", "nothing_signed"], ["code", "nothing_signed"],
  ["approval", "may_be_signed"], ["sending", "may_be_signed"], ["assist", "may_be_signed"],
] as const)("tells the truth where the connection is lost at %s: %s", async (at, answer) => {
  const p = page();
  await p.until(at);
  p.server.close();
  expect(p.conversation.view).toMatchObject({ screen: "interrupted", interrupted: { answer } });
});

it("says so where there's no server, or none that speaks the protocol", async () => {
  for (const end of [(s: Server) => s.close(), (s: Server) => s.say("<html>"), (s: Server) => s.say({ state: "done" })]) {
    const p = page();
    await vi.waitFor(() => expect(p.server.onmessage).toBeTruthy());
    end(p.server);
    await p.begun;
    expect(p.conversation.view).toMatchObject({ screen: "failed", problem: { code: "SERVER_UNREACHABLE" } });
  }
});

it("ends where the server refuses the token, with the server's own words", async () => {
  const p = page();
  await p.hello();
  await p.server.got("start");
  p.server.say({ state: "start", status: "ERROR", error: { code: "TOKEN_EXPIRED", message: "of the server", retry: "type" } });
  await p.begun;
  expect(p.conversation.view).toMatchObject({ screen: "failed", problem: { code: "TOKEN_EXPIRED", message: "of the server" } });
  expect(p.server.readyState).toBe(3);
});

it("cancels: before the document is confirmed at once, after it as the server says", async () => {
  const before = page();
  await before.until("document");
  before.conversation.cancel();
  expect(before.conversation.view.screen).toBe("cancelled");
  expect(before.server.readyState).toBe(3);

  const after = page();
  await after.until("code");
  after.conversation.cancel();
  expect(after.server.sent.at(-1)).toEqual({ cancel: "" });
  expect(after.conversation.view).toMatchObject({ screen: "code", cancelling: true });
  after.server.say({ state: "cancelled", status: "OK", id: "7" });
  expect(after.conversation.view.screen).toBe("cancelled");
});

it("points a visitor to whoever runs the service, not to Downloads", async () => {
  const p = page();
  await p.until("sending");
  p.server.say({ state: "failed", status: "ERROR", id: "7", error: { code: "MAY_BE_SIGNED", message: "m", next: "look in the browser's downloads", retry: "nothing" } });
  expect(p.conversation.view.problem).toMatchObject({ message: "m", next: "servedAsk" });
});

it("keeps a PIN of the wrong form here", async () => {
  const p = page();
  await p.until("credentials");
  const sent = p.server.sent.length;
  p.conversation.act({ do: "credentials", country: "+351", number: phone, pin: "12" });
  expect(p.conversation.view).toMatchObject({ screen: "credentials", problem: { code: "PIN_FORMAT" } });
  expect(p.server.sent.length).toBe(sent);
});

it("seals to one length, and never the same twice", async () => {
  const seal = await sealTo(offer);
  const [one, two, long] = await Promise.all([seal("pin", "N", hash, "1234"), seal("pin", "N", hash, "1234"), seal("phone", "N", hash, "+351 912 345 678")]);
  expect(one).not.toBe(two);
  for (const sealed of [one, two, long]) expect(Buffer.from(sealed!, "base64").length).toBe(145);
  await expect(seal("phone", "N", hash, "9".repeat(65))).rejects.toThrow(RangeError);
  await expect(sealTo({ ...offer, key: { ...offer.key, x: offer.key.y } })).rejects.toThrow(KeyRefused);
});

it.each(["stage2", "stage1"])("doesn't call unsigned what approval in the app may have signed, once the page moves on: %s", async (state) => {
  const p = page();
  await p.until("approval");
  p.server.say({ state, status: "OK", progress: "result_page", id: "7" });
  p.server.close();
  expect(p.conversation.view).toMatchObject({ screen: "interrupted", interrupted: { answer: "may_be_signed" } });
});

it("doesn't take the document itself for the signed one", async () => {
  const p = page();
  await p.until("sending");
  p.server.say(p.done({ size: pdf.length, sha256: hash }));
  await p.server.got("download");
  p.server.say({ state: "done", status: "OK", progress: "download", id: "7", part: { offset: 0, size: pdf.length, sha256: hash, data: toBase64(pdf) } });
  await vi.waitFor(() => expect(p.conversation.view.openProblem?.code).toBe("FILE_NOT_HAD"));
  expect(p.conversation.file).toBeUndefined();
});

it("begins anew after a cancel as if nothing had been before", async () => {
  let late!: (bytes: Uint8Array<ArrayBuffer>) => void;
  const p = page({ name: "outro.pdf", bytes: () => new Promise((done) => (late = done)) });
  p.conversation.cancel();
  void p.conversation.begin({ server: "wss://sign.example.org/", name: "contrato.pdf", bytes: async () => pdf.slice(), version: "1" });
  await p.until("document");
  late(signed.slice());
  await p.begun;
  expect(p.conversation.document).toEqual(pdf);
  expect(p.conversation.view.screen).toBe("document");

  // At once, while the server is being waited for.
  const q = page();
  await q.hello();
  await q.server.got("start");
  q.conversation.cancel();
  void q.conversation.begin({ server: "wss://sign.example.org/", name: "contrato.pdf", bytes: async () => pdf.slice(), version: "1" });
  await q.begun;
  expect(q.conversation.view.screen).toBe("fetching");
});
