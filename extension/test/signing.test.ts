// The worker as a whole, against a host and a browser that are played here.

import { beforeEach, describe, expect, it, vi } from "vitest";
import { Queue } from "../src/background/queue";
import { saveSettings } from "../src/background/store";
import { sha256, toBase64 } from "../src/shared/base64";
import { drawn, type View } from "../src/shared/view";
import { begin, confirm, downloads, hello, host, hosts, session, told, until, type Message } from "./played";

const pin = "13572468";
const otp = "864213";
const pdf = new TextEncoder().encode("%PDF-1.7\n" + "x".repeat(800_000)) as Uint8Array<ArrayBuffer>;

beforeEach(begin);

const screen = (signing: Queue) => signing.view.screen;

/** Chooses the file and plays the host up to the document shown. */
async function toDocument(signing: Queue, greeting: Message = hello): Promise<string> {
  void signing.act({ do: "file", name: "contrato.pdf", data: toBase64(pdf), last: true });
  await until(() => hosts.length > 0);
  host().say(greeting);
  await until(() => told("start").length);
  host().say({ state: "stage1_input" });
  let received = 0;
  for (let n = 1; received < pdf.length; n++) {
    await until(() => told("upload_local").length === n);
    const chunk = told("upload_local").at(-1)!.upload_local as { offset: number; data: string; size: number; sha256: string; name: string };
    expect(chunk).toMatchObject({ offset: received, size: pdf.length, name: "contrato.pdf", sha256: await sha256(pdf) });
    received += atob(chunk.data).length;
    const document = { name: "contrato.pdf", size: pdf.length, sha256: chunk.sha256, pages: 1 };
    host().say({ state: "stage1_input", status: "OK", progress: "upload_local", received, ...(received === pdf.length ? { document } : {}) });
  }
  await until(() => screen(signing) === "document");
  return sha256(pdf);
}

async function toCode(signing: Queue): Promise<string> {
  const hash = await toDocument(signing);
  await confirm(signing);
  await signing.act({ do: "credentials", country: "+351", number: "912345678", pin });
  host().say({ state: "stage1", status: "OK", progress: "root_page", id: "d1" });
  host().say({ state: "stage2_input", status: "OK", progress: "otp", reference: "7BKMS6EL", id: "d1" });
  expect(screen(signing)).toBe("code");
  return hash;
}

describe("a signing", () => {
  it("goes from the file to the end, and neither PIN nor code leaves in relay mode or is stored", async () => {
    const signing = new Queue();
    const hash = await toCode(signing);
    expect(told("start")).toEqual([{ start: "", mode: "relay", auto_screenshot: 0, lang: "en", protocol: 1, min_protocol: 1, client: "0.0.0" }]);
    expect(told("phone")).toEqual([{ phone: "+351 912345678", pin_token: expect.stringMatching(/^t-[0-9a-f]{32}$/), confirm: hash }]);
    await signing.act({ do: "otp", code: "864 213" });
    expect(told("otp_token")).toEqual([{ otp_token: expect.stringMatching(/^t-/) }]);
    expect(signing.view).toMatchObject({ screen: "sending", codeSent: true });
    host().say({ state: "done", status: "OK", file: { path: "/d/x-signed.pdf", name: "x", size: 1, sha256: "" } });
    expect(screen(signing)).toBe("done");
    const everything = JSON.stringify([host().got, session, signing.view]);
    expect(JSON.stringify(session)).not.toContain("912345678");
    for (const secret of [pin, otp]) for (const form of [secret, btoa(secret)]) expect(everything).not.toContain(form);
  });

  it("sends no code before it's written down that it may be on its way, once, and not where it ended meanwhile", async () => {
    const signing = new Queue();
    await toCode(signing);
    await new Promise((done) => setTimeout(done));
    const kept: View[] = [];
    let write = () => {};
    vi.spyOn(chrome.storage.session, "set").mockImplementation((items) => {
      kept.push((items as { view: View }).view);
      return new Promise<void>((done) => (write = done));
    });
    const sent = Promise.all([signing.act({ do: "otp", code: otp }), signing.act({ do: "otp", code: otp })]);
    await until(() => kept.length > 0);
    host().say({ state: "stage2", status: "OK", progress: "anything", id: "d1" });
    expect(told("otp_token")).toHaveLength(0);
    write();
    await until(() => kept.length > 1);
    write();
    await sent;
    expect(kept.every((v) => v.codeSent)).toBe(true);
    expect(told("otp_token")).toHaveLength(1);
  });

  it("doesn't send the code where it was approved otherwise while that is written down", async () => {
    const signing = new Queue();
    await toCode(signing);
    await new Promise((done) => setTimeout(done));
    let write = () => {};
    vi.spyOn(chrome.storage.session, "set").mockImplementation(() => new Promise<void>((done) => (write = done)));
    const sent = signing.act({ do: "otp", code: otp });
    await until(() => screen(signing) === "sending");
    host().say({ state: "done", status: "OK", file: { path: "/d/x-signed.pdf", name: "x", size: 1, sha256: "" } });
    expect(screen(signing)).toBe("done");
    for (const end = vi.fn(), done = sent.then(end); !end.mock.calls.length; await Promise.race([done, new Promise((next) => setTimeout(next))])) write();
    expect(told("otp_token")).toHaveLength(0);
    expect(screen(signing)).toBe("done");
  });

  it("has the host go ahead while phone and PIN are typed, where it knows how", async () => {
    const signing = new Queue();
    const hash = await toDocument(signing, { ...hello, capabilities: ["confirm"] });
    expect(told("confirm")).toHaveLength(0);
    const visible = { page: "last", orientation: "portrait", place: "bottom-right" } as const;
    await confirm(signing, visible);
    expect(host().got.at(-1)).toEqual({ confirm: hash, visible });
    for (const progress of ["confirmed", "root_page", "upload_page"]) host().say({ state: "stage1_input", status: "OK", progress, id: "d1" });
    expect(signing.view).toMatchObject({ screen: "credentials", steps: ["root_page", "upload_page"] });
    host().say({ state: "assist", status: "ERROR", step: "preview_page", error: { code: "PAGE_UNKNOWN", message: "m", retry: "nothing" } });
    expect(screen(signing)).toBe("assist");
    host().say({ state: "stage1_input", status: "OK", progress: "resumed", id: "d1" });
    expect(signing.view).toMatchObject({ screen: "credentials", problem: undefined });
    await signing.act({ do: "credentials", country: "+351", number: "912345678", pin });
    expect(screen(signing)).toBe("working");
    expect(told("phone")).toHaveLength(1);
  });

  it("goes ahead only once a browser that wasn't expected is agreed to", async () => {
    const signing = new Queue();
    await toDocument(signing, { ...hello, capabilities: ["confirm"], modes: ["launch"] });
    await confirm(signing);
    expect(told("confirm")).toHaveLength(0);
    await signing.act({ do: "accept-mode" });
    expect(told("confirm")).toHaveLength(1);
  });

  it.each(["LOOK_FIRST", "DOCUMENT_BUSY", "VISIBLE_INVALID"])("shows the document again where it's confirmed and refused: %s", async (code) => {
    const signing = new Queue();
    await toDocument(signing, { ...hello, capabilities: ["confirm"] });
    await confirm(signing);
    host().say({ state: "stage1_input", status: "ERROR", error: { code, message: "m", retry: "type" } });
    expect(signing.view).toMatchObject({ screen: "document", confirmed: false, problem: { code } });
  });

  it("takes no code between asking for another and its coming: the page would take none", async () => {
    const signing = new Queue();
    await toCode(signing);
    const prompt = { state: "stage2_input", status: "OK", progress: "otp", reference: "7BKMS6EL", resend: true, id: "d1" };
    await signing.act({ do: "resend" });
    await signing.act({ do: "resend" });
    await signing.act({ do: "otp", code: otp });
    expect(told("resend")).toHaveLength(1);
    expect(told("otp_token")).toHaveLength(0);
    expect(signing.view).toMatchObject({ screen: "code", code: { asked: true } });
    expect(signing.view.codeSent).toBeFalsy();
    host().say(prompt);
    await signing.act({ do: "otp", code: otp });
    expect(told("otp_token")).toHaveLength(1);
  });

  it("may ask for another code again where the first asking failed", async () => {
    const signing = new Queue();
    await toCode(signing);
    await signing.act({ do: "resend" });
    host().say({ state: "stage2_input", status: "ERROR", error: { code: "MESSAGE_OUT_OF_TURN", message: "m", retry: "type" } });
    await signing.act({ do: "resend" });
    expect(told("resend")).toHaveLength(2);
  });

  it("gives the PIN to the host in launch mode, which it said before", async () => {
    const signing = new Queue();
    await toDocument(signing, { ...hello, modes: ["launch"] });
    expect(signing.view).toMatchObject({ mode: "launch", modeChanged: true });
    await signing.act({ do: "accept-mode" });
    await confirm(signing);
    await signing.act({ do: "credentials", country: "+351", number: "912345678", pin });
    expect(told("phone")[0]).toMatchObject({ pin });
  });

  it("begins anew where the person chose another mode since a document was refused", async () => {
    const signing = new Queue();
    await toDocument(signing);
    host().say({ state: "stage1_input", status: "ERROR", error: { code: "PDF_CHANGED", message: "", retry: "type" } });
    expect(screen(signing)).toBe("choose");
    await saveSettings({ mode: "launch" });
    void signing.pick({ kind: "file", name: "b.pdf", bytes: new TextEncoder().encode("%PDF-1.7 b") });
    await until(() => hosts.length === 2);
    host().say(hello);
    await until(() => told("start").length);
    expect(told("start")[0]).toMatchObject({ mode: "launch" });
  });

  it("says before anything else that there's no browser to launch", async () => {
    const signing = new Queue();
    await saveSettings({ mode: "launch" });
    signing.watch(() => {});
    await until(() => hosts.length);
    host().say({ ...hello, unready: { launch: "BROWSER_NOT_FOUND" } });
    await until(() => signing.view.host);
    expect(signing.view).toMatchObject({ screen: "choose", mode: "launch", host: { noBrowser: true } });
  });

  it("sends nothing where PIN or code haven't their form", async () => {
    const signing = new Queue();
    await toDocument(signing);
    await confirm(signing);
    await signing.act({ do: "credentials", country: "+351", number: "912345678", pin: "12" });
    expect(signing.view).toMatchObject({ screen: "credentials", problem: { code: "PIN_FORMAT" } });
    expect(told("phone")).toEqual([]);
  });

  it("signs again after LOOK_FIRST only with the document's SHA-256 said twice", async () => {
    const signing = new Queue();
    const hash = await toDocument(signing);
    await confirm(signing);
    await signing.act({ do: "credentials", country: "+351", number: "912345678", pin });
    host().say({ state: "stage1_input", status: "ERROR", error: { code: "LOOK_FIRST", message: "m", retry: "type" } });
    expect(screen(signing)).toBe("document");
    await confirm(signing);
    await signing.act({ do: "credentials", country: "+351", number: "912345678", pin });
    expect(told("phone").at(-1)).toMatchObject({ confirm: hash, sign_again: hash });
  });

  it("isn't signed again by a second click on the button that confirmed it: it says so now, and nobody has read why", async () => {
    const signing = new Queue();
    const hash = await toDocument(signing, { ...hello, capabilities: ["confirm"] });
    const clicked = { do: "confirm", drawn: drawn(signing.view) } as const;
    await signing.act(clicked);
    host().say({ state: "stage1_input", status: "ERROR", error: { code: "LOOK_FIRST", message: "m", retry: "type" } });
    await signing.act(clicked);
    expect(signing.view).toMatchObject({ screen: "document", lookFirst: true, problem: { code: "LOOK_FIRST" } });
    expect(told("confirm")).toEqual([{ confirm: hash }]);
    await confirm(signing);
    expect(told("confirm").at(-1)).toEqual({ confirm: hash, sign_again: hash });
  });

  it("isn't disturbed by another document", async () => {
    const signing = new Queue();
    await toCode(signing);
    await signing.pick({ kind: "file", name: "outro.pdf", bytes: pdf });
    expect(signing.view).toMatchObject({ screen: "code", document: { name: "contrato.pdf" } });
  });

  it("calls the person back when nobody watches, and not when somebody does", async () => {
    const signing = new Queue();
    await toCode(signing);
    expect(chrome.notifications.create).toHaveBeenCalledTimes(1);
    expect(chrome.action.setBadgeText).toHaveBeenLastCalledWith({ text: "!" });
    const close = signing.watch(() => {});
    host().say({ state: "stage2", status: "OK", progress: "code_sent" });
    host().say({ state: "stage2_input", status: "OK", progress: "otp" });
    expect(chrome.notifications.create).toHaveBeenCalledTimes(1);
    close();
  });
});

describe("a page", () => {
  it("that is opened again shows the same place", async () => {
    const signing = new Queue();
    const seen: View[] = [];
    const close = signing.watch((v) => seen.push(v));
    await toCode(signing);
    close();
    const again: View[] = [];
    signing.watch((v) => again.push(v));
    await until(() => again.length);
    expect(again[0]).toEqual(seen.at(-1));
    expect(again[0]).toMatchObject({ screen: "code", code: { reference: "7BKMS6EL" } });
  });
});

describe("the host", () => {
  it.each([
    ["Specified native messaging host not found.", "HOST_NOT_FOUND"],
    ["Failed to start native messaging host.", "HOST_START_FAILED"],
  ])("that doesn't come (%s) is told with its own code", async (message, code) => {
    const signing = new Queue();
    signing.watch(() => {});
    await until(() => hosts.length);
    host().die(message);
    expect(signing.view).toMatchObject({ screen: "nohost", problem: { code } });
    // Mended, and tried again.
    void signing.act({ do: "retry" });
    await until(() => hosts.length === 2);
    host().say(hello);
    await until(() => screen(signing) === "choose");
  });

  it.each([
    [{ ...hello, protocol: 9, min_protocol: 9 }, "VERSION_CLIENT_OLD"],
    [{ state: "start" }, "VERSION_HOST_OLD"],
    [{ ...hello, modes: ["telepathy"] }, "MODE_MISSING"],
  ])("that doesn't fit is refused: %j", async (greeting, code) => {
    const signing = new Queue();
    signing.watch(() => {});
    await until(() => hosts.length);
    host().say(greeting);
    await until(() => screen(signing) === "nohost");
    expect(signing.view.problem?.code).toBe(code);
    expect(host().closed).toBe(true);
  });

  it("tells of earlier documents", async () => {
    const signing = new Queue();
    signing.watch(() => {});
    await until(() => hosts.length);
    const unfinished = [{ id: "d0", name: "a.pdf", sha256: "00", answer: "may_be_signed" }];
    host().say({ ...hello, unfinished });
    await until(() => signing.view.unfinished);
    expect(signing.view.unfinished).toEqual(unfinished);
  });

  it("that dies before the code has signed nothing", async () => {
    const signing = new Queue();
    await toCode(signing);
    host().die("Native host has exited.");
    expect(signing.view).toMatchObject({ screen: "interrupted", interrupted: { answer: "nothing_signed" }, problem: { code: "HOST_EXITED" } });
  });

  it("that dies once approval in the app was offered may have signed, also where the page has moved on", async () => {
    const signing = new Queue();
    await toCode(signing);
    host().say({ state: "stage2_input", status: "OK", progress: "otp", reference: "7BKMS6EL", approval: true, id: "d1" });
    host().say({ state: "stage2", status: "OK", progress: "result_page", id: "d1" });
    await until(() => signing.view.screen === "sending");
    host().die("Native host has exited.");
    expect(signing.view).toMatchObject({ screen: "interrupted", interrupted: { answer: "waiting" } });
  });

  it("that dies after the code may have signed: a new one's journal tells, and the browser's own download", async () => {
    const signing = new Queue();
    await toCode(signing);
    await signing.act({ do: "otp", code: otp });
    const dead = host();
    dead.die("Native host has exited.");
    expect(signing.view).toMatchObject({ screen: "interrupted", interrupted: { answer: "waiting" } });
    await until(() => hosts.length === 2);

    downloads.items = [
      {
        state: "complete", startTime: new Date(Date.now() + 1000).toISOString(), filename: "/d/assinado.pdf", mime: "application/pdf",
        url: "https://cmd.autenticacao.gov.pt/x", finalUrl: "https://cmd.autenticacao.gov.pt/x", referrer: "",
      },
    ];
    downloads.changed!({ id: 1, state: { current: "complete" } });
    await until(() => signing.view.interrupted?.browserPath);
    expect(signing.view.interrupted).toEqual({ answer: "waiting", browserPath: "/d/assinado.pdf" });

    host().say({ ...hello, unfinished: [{ id: "d1", name: "contrato.pdf", sha256: "x", answer: "signed_saved", path: "/d/contrato-signed.pdf" }] });
    await until(() => signing.view.interrupted?.answer === "saved");
    expect(signing.view.interrupted).toEqual({ answer: "saved", path: "/d/contrato-signed.pdf", browserPath: "/d/assinado.pdf" });
  });

  it.each([
    ["not_signed", undefined, { answer: "nothing_signed" }],
    ["signed_saved", "/d/contrato-signed.pdf", { answer: "saved", path: "/d/contrato-signed.pdf" }],
  ])("whose host went on without it learns how it ended: %s", async (answer, path, said) => {
    const signing = new Queue();
    await toCode(signing);
    await signing.act({ do: "otp", code: otp });
    host().die("Native host has exited.");
    await until(() => hosts.length === 2);
    // The same document may have been signed before.
    host().say({ ...hello, ended: [{ id: "d0", name: "contrato.pdf", sha256: "x", answer: "signed_saved", path: "/d/old.pdf" }, { id: "d1", name: "contrato.pdf", sha256: "x", answer, path }] });
    await until(() => signing.view.interrupted?.answer !== "waiting");
    expect(signing.view.interrupted).toEqual(said);
  });
});

describe("a new worker", () => {
  it.each([
    ["and closes the tab that it knew", true],
    ["though it died before it had written down which tab is its own", false],
  ])("takes away the fence of the old one, %s", async (_, written) => {
    await toCode(new Queue());
    const { id } = await chrome.tabs.create({ url: "about:blank", active: false });
    await chrome.declarativeNetRequest.updateSessionRules({ addRules: [{ id: 1, action: { type: "block" }, condition: { tabIds: [id!] } }] } as never);
    if (written) session.relayTab = id;
    await new Queue().ready;
    expect(await chrome.declarativeNetRequest.getSessionRules()).toEqual([]);
    expect(await chrome.tabs.get(id!).catch(() => undefined), "the tab").toEqual(written ? undefined : expect.anything());
    expect(session.relayTab ?? undefined).toBeUndefined();
  });

  it("says after the old one's death that nothing was signed, before the code", async () => {
    await toCode(new Queue());
    const signing = new Queue();
    await signing.ready;
    expect(signing.view).toMatchObject({ screen: "interrupted", interrupted: { answer: "nothing_signed" }, document: { name: "contrato.pdf" } });
  });

  it("says after the code that a signature may exist, and asks the journal", async () => {
    const old = new Queue();
    await toCode(old);
    await old.act({ do: "otp", code: otp });
    const before = hosts.length;
    const signing = new Queue();
    await signing.ready;
    expect(signing.view).toMatchObject({ screen: "interrupted", interrupted: { answer: "waiting" } });
    await until(() => hosts.length === before + 1);
    host().say({ ...hello, unfinished: [{ id: "d1", name: "contrato.pdf", sha256: "x", answer: "may_be_signed" }] });
    await until(() => signing.view.interrupted?.answer === "may_be_signed");
  });

  it("shows an end that was told", async () => {
    await toCode(new Queue());
    host().say({ state: "done", status: "OK", file: { path: "/d/x.pdf", name: "x", size: 1, sha256: "" } });
    await until(() => (session.view as View).screen === "done");
    const signing = new Queue();
    await signing.ready;
    expect(signing.view).toMatchObject({ screen: "done", file: { path: "/d/x.pdf" } });
  });
});

describe("the signed file", () => {
  it("is shown by a new host where the one that was asked died", async () => {
    const signing = new Queue();
    await toCode(signing);
    host().say({ state: "done", status: "OK", id: "d1", file: { path: "/d/x.pdf", name: "x", size: 1, sha256: "" } });
    void signing.act({ do: "open", what: "file" });
    await until(() => told("open").length === 1);
    host().die("Native host has exited.");
    await until(() => hosts.length === 2);
    host().say(hello);
    await until(() => told("open").length === 1);
    expect(told("open")).toEqual([{ open: "file", id: "d1" }]);
    host().say({ status: "ERROR", open: "file", error: { code: "FILE_MOVED", message: "m", retry: "nothing" } });
    expect(signing.view).toMatchObject({ screen: "done", openProblem: { code: "FILE_MOVED" } });
    expect(told("open")).toHaveLength(1);
  });

  it("is shown by a new host where the one that signed died before it was asked", async () => {
    const signing = new Queue();
    await toCode(signing);
    host().say({ state: "done", status: "OK", id: "d1", file: { path: "/d/x.pdf", name: "x", size: 1, sha256: "" } });
    await new Promise((rest) => setTimeout(rest)); // what is kept of a signing is written
    // The browser tells of the end while the worker reads its settings.
    vi.spyOn(chrome.storage.local, "get").mockImplementationOnce(async (defaults: unknown) => {
      host().die("Native host has exited.");
      return defaults as object;
    });
    void signing.act({ do: "open", what: "file" });
    await until(() => hosts.length === 2);
    host().say(hello);
    await until(() => told("open").length === 1);
  });
});

describe("cancel", () => {
  it("of a document that isn't confirmed goes back to choosing", async () => {
    const signing = new Queue();
    await toDocument(signing);
    await signing.act({ do: "cancel" });
    expect(told("cancel")).toHaveLength(1);
    host().say({ state: "cancelled", status: "OK" });
    expect(screen(signing)).toBe("choose");
  });

  it("doesn't disturb the document that is chosen right after", async () => {
    const signing = new Queue();
    await toDocument(signing);
    await signing.act({ do: "cancel" });
    void signing.act({ do: "file", name: "outro.pdf", data: toBase64(pdf.subarray(0, 100)), last: true });
    await until(() => told("start").length === 2);
    host().say({ state: "cancelled", status: "OK" });
    host().say({ state: "stage1_input" });
    await until(() => told("upload_local").at(-1)!.upload_local as { name: string });
    await until(() => (told("upload_local").at(-1)!.upload_local as { name: string }).name === "outro.pdf");
  });

  it("at the code ends what is under way, and says so", async () => {
    const signing = new Queue();
    await toCode(signing);
    await signing.act({ do: "cancel" });
    expect(signing.view.cancelling).toBe(true);
    host().say({ state: "cancelled", status: "OK" });
    expect(screen(signing)).toBe("cancelled");
    // The same document, once more, without choosing it again.
    void signing.act({ do: "again" });
    await until(() => told("start").length === 2);
  });
});

describe("a host that takes a stream", () => {
  const streams = { ...hello, capabilities: ["upload_stream"] };
  const large = new TextEncoder().encode("%PDF-1.7\n" + "x".repeat(6_000_000)) as Uint8Array<ArrayBuffer>;
  const give = (signing: Queue, name: string, bytes: Uint8Array) => void signing.act({ do: "file", name, data: toBase64(bytes), last: true });
  type Piece = { name: string; offset: number; data: string; stream?: boolean };
  const pieces = (name: string) => told("upload_local").map((m) => m.upload_local as Piece).filter((p) => p.name === name);
  const size = ({ data }: Piece) => Buffer.byteLength(data, "base64");
  const sent = (name: string) => pieces(name).reduce((sum, p) => sum + size(p), 0);
  const received = (n: number, more: object = {}) => host().say({ state: "stage1_input", status: "OK", progress: "upload_local", received: n, ...more });
  const document = async (name: string, bytes: Uint8Array<ArrayBuffer>) => ({ document: { name, size: bytes.length, sha256: await sha256(bytes), pages: 1 } });

  async function started(): Promise<Queue> {
    const signing = new Queue();
    give(signing, "grande.pdf", large);
    await until(() => hosts.length);
    host().say(streams);
    await until(() => told("start").length);
    host().say({ state: "stage1_input" });
    return signing;
  }

  it("is sent some MB before it has answered, and the rest as it answers, in order", async () => {
    const signing = await started();
    await until(() => sent("grande.pdf") > 4_000_000);
    await new Promise((done) => setTimeout(done, 50));
    expect(sent("grande.pdf")).toBeLessThan(5_000_000);
    expect(size(pieces("grande.pdf")[0]!)).toBeLessThanOrEqual(64 << 10);
    // Each piece is answered, also those that nobody waits for.
    for (let answered = 0; answered < large.length; ) {
      await until(() => sent("grande.pdf") > answered);
      const of = pieces("grande.pdf").find((p) => p.offset === answered)!;
      answered += size(of);
      if (answered < large.length) received(answered);
    }
    let end = 0;
    for (const piece of pieces("grande.pdf")) {
      expect(piece).toMatchObject({ offset: end, stream: true });
      end += size(piece);
    }
    received(large.length, await document("grande.pdf", large));
    expect(screen(signing)).toBe("document");
  });

  it("is sent no more of a document that it has refused, and the reason stays", async () => {
    const signing = await started();
    await until(() => sent("grande.pdf") > 4_000_000);
    host().say({ state: "stage1_input", status: "ERROR", error: { code: "PDF_TOO_LARGE", message: "", retry: "type" } });
    const before = sent("grande.pdf");
    await new Promise((done) => setTimeout(done, 50));
    expect(sent("grande.pdf")).toBe(before);
    expect(signing.view).toMatchObject({ screen: "choose", problem: { code: "PDF_TOO_LARGE" } });
  });

  it("tells of a document whose place another has taken: it isn't shown as that", async () => {
    const signing = await started();
    await until(() => sent("grande.pdf") > 4_000_000);
    await signing.act({ do: "cancel" });
    give(signing, "outro.pdf", pdf);
    await until(() => told("start").length === 2);
    host().say({ state: "cancelled", status: "OK" });
    host().say({ state: "stage1_input" });
    received(large.length, await document("grande.pdf", large));
    expect(screen(signing)).toBe("fetching");
    await until(() => sent("outro.pdf") === pdf.length);
    received(pdf.length, await document("outro.pdf", pdf));
    expect(signing.view).toMatchObject({ screen: "document", document: { name: "outro.pdf" } });
  });

  const error = (state: string, code: string) => ({ state, status: "ERROR", error: { code, message: "m", retry: "start" } });
  const piece = (n: number) => ({ state: "stage1_input", status: "OK", progress: "upload_local", received: n });
  const cancelled = { state: "cancelled", status: "OK" };
  /** What the host says until it has answered the cancel, which refuses one that came after the end. */
  const orders: [string, () => Promise<Message[]>][] = [
    ["answered pieces", async () => [piece(65_536), piece(327_680), cancelled]],
    ["had all of it", async () => [{ ...piece(large.length), ...(await document("grande.pdf", large)) }, cancelled]],
    ["refused it", async () => [error("stage1_input", "PDF_TRUNCATED"), cancelled]],
    ["had no browser for it", async () => [piece(65_536), error("failed", "BROWSER_FAILED"), error("failed", "MESSAGE_OUT_OF_TURN")]],
    ["had no browser before the first piece", async () => [error("failed", "BROWSER_FAILED"), ...Array<Message>(2).fill(error("failed", "MESSAGE_OUT_OF_TURN"))]],
  ];

  it.each(orders.flatMap(([what, says]) => ["at once", "later"].map((when) => [what, when, says] as const)))(
    "and %s before it read the cancel: the document that is chosen %s is another", async (_, when, says) => {
      const signing = await started();
      await until(() => sent("grande.pdf") > 0);
      await signing.act({ do: "cancel" });
      const next = async () => {
        give(signing, "outro.pdf", pdf);
        await until(() => told("start").length === 2);
      };
      if (when === "at once") await next();
      for (const m of await says()) host().say(m);
      expect(signing.view.problem).toBeUndefined();
      if (when === "at once") expect(screen(signing)).toBe("fetching");
      else {
        expect(screen(signing)).toBe("choose");
        await next();
      }
      host().say({ state: "stage1_input" });
      await until(() => sent("outro.pdf") === pdf.length);
      received(pdf.length, await document("outro.pdf", pdf));
      expect(signing.view).toMatchObject({ screen: "document", document: { name: "outro.pdf" } });
      // Its own end is told.
      await confirm(signing);
      await signing.act({ do: "credentials", country: "+351", number: "912345678", pin });
      await signing.act({ do: "cancel" });
      host().say(cancelled);
      expect(screen(signing)).toBe("cancelled");
    },
  );
});

describe("a try", () => {
  const give = (signing: Queue, trial: boolean) => void signing.act({ do: "file", name: "exemplo.pdf", data: toBase64(pdf.subarray(0, 100)), last: true, trial });

  it("asks the host for its sandbox, and a document that comes after it is signed for good", async () => {
    const signing = new Queue();
    give(signing, true);
    await until(() => hosts.length);
    host().say(hello);
    await until(() => told("start").length);
    expect(told("start")[0]).toMatchObject({ environment: "sandbox" });
    host().say({ state: "stage1_input", environment: "sandbox" });
    await until(() => told("upload_local").length);
    expect(signing.view.trial).toBe(true);
    const trying = host();
    trying.say({ state: "stage1_input", status: "ERROR", error: { code: "PDF_TRUNCATED", message: "", retry: "type" } });
    expect(screen(signing)).toBe("choose");

    // The host still waits for a document, in the sandbox: this one needs another.
    give(signing, false);
    await until(() => hosts.length === 2);
    expect(trying.closed).toBe(true);
    host().say(hello);
    await until(() => told("start").length);
    expect(told("start")[0]).not.toHaveProperty("environment");
    expect(signing.view.trial).toBeFalsy();
  });

  it("gives nothing to a host that knows no try, and would sign for good", async () => {
    const signing = new Queue();
    give(signing, true);
    await until(() => hosts.length);
    host().say(hello);
    await until(() => told("start").length);
    host().say({ state: "stage1_input" });
    await until(() => screen(signing) === "nohost");
    expect(signing.view.problem?.code).toBe("VERSION_HOST_OLD");
    expect(told("upload_local")).toEqual([]);
    expect(host().closed).toBe(true);
  });
});
