import { describe, expect, it } from "vitest";
import { reduce } from "../src/shared/state";
import type { HostMessage, Problem } from "../src/shared/protocol";
import { initialView, type View } from "../src/shared/view";

const now = 1_800_000_000_000;
const error = (code: string, retry: Problem["retry"] = "type"): Problem => ({ code, message: `m ${code}`, next: "n", retry });
const doc = { name: "file.pdf", size: 12, sha256: "ab".repeat(32), pages: 2 };

/** The view after messages, one after the other. */
const after = (view: View, ...messages: HostMessage[]) => messages.reduce((v, m) => reduce(v, m, now), view);

const confirmed: View = { ...initialView, screen: "working", confirmed: true, document: doc, source: { name: "contrato.pdf", site: "a.pt" } };
const asked: HostMessage = { state: "stage2_input", status: "OK", progress: "otp", reference: "7BKMS6EL", resend: true, approval: true };

it("follows the whole conversation of docs/PROTOCOL.md", () => {
  const screens: string[] = [];
  let view: View = { ...initialView, screen: "fetching", source: { name: "contrato.pdf", site: "a.pt" } };
  const hear = (m: HostMessage) => {
    view = reduce(view, m, now);
    screens.push(view.screen);
  };
  hear({ state: "stage1_input" });
  hear({ state: "stage1_input", status: "OK", progress: "upload_local", received: 6 });
  hear({ state: "stage1_input", status: "OK", progress: "upload_local", received: 12, document: doc });
  expect(view.document?.name).toBe("contrato.pdf"); // the name that the person knows
  view = { ...view, screen: "working", confirmed: true };
  for (const progress of ["root_page", "upload_page", "preview_page", "details_page", "credentials_page"]) {
    hear({ state: "stage1", status: "OK", progress, id: "d1" });
  }
  hear(asked);
  expect(view.code).toEqual({ reference: "7BKMS6EL", resend: true, approval: true, sandbox: "", since: now });
  hear({ state: "screenshot", status: "OK", screenshot: "iVBO" });
  expect(view.picture).toBe("iVBO");
  hear({ state: "stage2", status: "OK", progress: "code_sent" });
  hear({ state: "stage2", status: "OK", progress: "received" });
  hear({ state: "stage2", status: "OK", progress: "checked" });
  hear({
    state: "done", status: "OK", id: "d1",
    result: { verdict: "verified", signature_exists: "yes", signer: "Maria", findings: [] },
    file: { path: "/d/contrato-signed.pdf", name: "contrato-signed.pdf", size: 20, sha256: "cd" },
  });
  expect(screens).toEqual([
    "fetching", "fetching", "document", "working", "working", "working", "working", "working", "code", "code", "sending", "sending",
    "sending", "done",
  ]);
  expect(view).toMatchObject({ id: "d1", codeSent: true, file: { path: "/d/contrato-signed.pdf" }, problem: undefined });
  expect(view.steps).toEqual([
    "root_page", "upload_page", "preview_page", "details_page", "credentials_page", "code_sent", "received", "checked",
  ]);
});

describe("input asked again", () => {
  it("shows a wrong PIN with what the site said", () => {
    const wrong = { ...error("PIN_WRONG"), site: "Dados inválidos" };
    expect(after(confirmed, { state: "stage1_input", status: "ERROR", error: wrong })).toMatchObject({ screen: "credentials", problem: wrong });
  });

  it("forgets the error when it goes on", () => {
    const view = after(confirmed, { state: "stage1_input", status: "ERROR", error: error("PIN_WRONG") }, { state: "stage1", status: "OK", progress: "credentials_page" });
    expect(view).toMatchObject({ screen: "working", problem: undefined });
  });

  it("keeps the clock of a code that was wrong, and starts it anew for another", () => {
    const first = reduce(confirmed, asked, now);
    const wrong = reduce({ ...first, screen: "sending" }, { ...asked, status: "ERROR", error: error("CODE_WRONG") }, now + 50_000);
    expect(wrong).toMatchObject({ screen: "code", problem: { code: "CODE_WRONG" }, code: { since: now }, codeSent: false });
    expect(reduce(wrong, asked, now + 60_000)).toMatchObject({ problem: undefined, code: { since: now + 60_000 } });
  });

  it("keeps the reference when a code of a wrong form is refused", () => {
    const view = after(confirmed, asked, { state: "stage2_input", status: "ERROR", error: error("CODE_FORMAT") });
    expect(view).toMatchObject({ screen: "code", problem: { code: "CODE_FORMAT" }, code: { reference: "7BKMS6EL" } });
  });

  it("LOOK_FIRST brings the document back, to be confirmed knowingly", () => {
    const view = after(confirmed, { state: "stage1_input", status: "ERROR", error: error("LOOK_FIRST") });
    expect(view).toMatchObject({ screen: "document", lookFirst: true, confirmed: false });
  });

  it("DOCUMENT_BUSY brings the document back, to be tried when the other signing is over", () => {
    const view = after(confirmed, { state: "stage1_input", status: "ERROR", error: error("DOCUMENT_BUSY", "wait") });
    expect(view).toMatchObject({ screen: "document", confirmed: false, problem: { code: "DOCUMENT_BUSY" } });
    expect(view.lookFirst).toBeFalsy();
  });

  it.each(["PDF_NOT_PDF", "PDF_TRUNCATED", "PDF_TOO_LARGE", "UPLOAD_INVALID"])("%s asks for another document", (code) => {
    const view = after({ ...initialView, screen: "fetching" }, { state: "stage1_input", status: "ERROR", error: error(code) });
    expect(view).toMatchObject({ screen: "choose", problem: { code } });
  });
});

it("a prompt that ends by itself, by approval in the app, goes on without a code", () => {
  expect(after(confirmed, asked, { state: "stage2", status: "OK", progress: "code_sent" })).toMatchObject({ screen: "sending", codeSent: true });
});

it("assist shows what to do by hand, and goes away when the page is known again", () => {
  const stuck: HostMessage = {
    state: "assist", status: "ERROR", error: error("PAGE_UNKNOWN", "nothing"), step: "details_page", title: "Novidades", host: "cmd.pt", shown: true, screenshot: "iVBO",
  };
  const view = after(confirmed, stuck);
  expect(view).toMatchObject({ screen: "assist", picture: "iVBO", assist: { step: "details_page", title: "Novidades", site: "cmd.pt", shown: true } });
  expect(view.assist).not.toHaveProperty("trace");
  expect(after(confirmed, { ...stuck, trace: "/state/traces/t.zip" }).assist).toMatchObject({ trace: "/state/traces/t.zip" });
  expect(after(view, { state: "stage1", status: "OK", progress: "resumed" })).toMatchObject({ screen: "working", assist: undefined, problem: undefined });
});

describe("ends", () => {
  it.each<[HostMessage, Partial<View>]>([
    [{ state: "failed", status: "ERROR", error: error("ACCOUNT_LOCKED", "nothing") }, { screen: "failed" }],
    [{ state: "failed", status: "ERROR", error: error("MAY_BE_SIGNED", "nothing") }, { screen: "failed" }],
    [{ state: "cancelled", status: "OK" }, { screen: "cancelled", problem: undefined }],
    [
      {
        state: "unverified", status: "ERROR", error: error("NOT_VERIFIED", "nothing"),
        result: { verdict: "failed", signature_exists: "maybe", findings: [{ check: "x", result: "fail", text: "y" }] },
        file: { path: "/d/x-NAO-VERIFICADO.pdf", name: "x", size: 1, sha256: "" },
      },
      { screen: "unverified", codeSent: true },
    ],
  ])("%j", (message, expected) => {
    const view = after(confirmed, asked, { state: "screenshot", screenshot: "iVBO" }, message);
    expect(view).toMatchObject({ ...expected, code: undefined, picture: undefined });
    expect(view.problem).toEqual(message.error);
    expect(view.result).toEqual(message.result);
  });

  it.each<HostMessage>([
    { state: "failed", status: "ERROR", error: error("ORIGIN_REFUSED", "nothing") },
    { state: "unverified", status: "ERROR", error: error("NOT_VERIFIED", "nothing"), file: { path: "/d/x.pdf", name: "x", size: 1, sha256: "" } },
    { state: "done", status: "OK", file: { path: "/d/x.pdf", name: "x", size: 1, sha256: "" }, result: { verdict: "verified", signature_exists: "yes", findings: [] } },
  ])("are told once: what refuses a message that crossed it takes nothing away from %j", (end) => {
    const view = after(confirmed, end);
    for (const code of ["MESSAGE_OUT_OF_TURN", "SCREENSHOT_FAILED"]) {
      expect(after(view, { state: end.state, status: "ERROR", error: error(code, "nothing") })).toBe(view);
    }
  });

  it("a cancel that comes too late changes nothing but what is said", () => {
    const sending = after(confirmed, asked, { state: "stage2", status: "OK", progress: "code_sent" });
    const view = after({ ...sending, cancelling: true }, { state: "stage2", status: "ERROR", error: error("CANCEL_TOO_LATE", "nothing") });
    expect(view).toMatchObject({ screen: "sending", codeSent: true, cancelling: false, problem: { code: "CANCEL_TOO_LATE" } });
  });
});

it.each<HostMessage>([
  { status: "OK", progress: "any text" },
  { state: "a_state_of_2030", status: "OK" },
  { state: "stage1_input", status: "OK", progress: "news_of_2030" },
  { state: "stage2_input", status: "OK", progress: "news_of_2030" },
  { state: "screenshot", status: "ERROR" },
])("ignores what it doesn't know: %j", (message) => {
  const view = after(confirmed, asked);
  expect(after(view, message)).toEqual(view);
});

it("tells what the browser notes", () => {
  const view = after({ ...confirmed, screen: "document" }, { state: "stage1_input", status: "OK", progress: "browser_ready", notes: ["sem caixa"] });
  expect(view).toMatchObject({ screen: "document", notes: ["sem caixa"] });
});
