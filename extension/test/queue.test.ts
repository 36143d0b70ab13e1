// Several documents, one after the other, against a host that is played here.

import { beforeEach, describe, expect, it } from "vitest";
import { Queue } from "../src/background/queue";
import { sha256, toBase64 } from "../src/shared/base64";
import { MAX_PDF } from "../src/shared/protocol";
import { drawn, type RowState } from "../src/shared/view";
import { begin, confirm, hello, host, hosts, session, told, until, type Message } from "./played";

const pin = "13572468";
const bytes = (name: string) => new TextEncoder().encode(`%PDF-1.7\n% ${name}`) as Uint8Array<ArrayBuffer>;

beforeEach(begin);

/** Which test's host answers. */
let playing = {};

/** Answers what the host is told until a code is asked for; the test says what comes then. */
function play(): void {
  let done = 0;
  let document: { name: string; sha256: string; size: number } | undefined;
  const answer = (m: Message) => {
    if ("start" in m) host().say({ state: "stage1_input" });
    if ("cancel" in m) host().say({ state: "cancelled", status: "OK" });
    if ("upload_local" in m) {
      document = m.upload_local as typeof document;
      host().say({ state: "stage1_input", status: "OK", progress: "upload_local", received: document!.size, document: { ...document!, pages: 1 } });
    }
    if ("phone" in m) {
      expect(m.confirm).toBe(document!.sha256);
      host().say({ state: "stage1", status: "OK", progress: "root_page", id: document!.name });
      host().say({ state: "stage2_input", status: "OK", progress: "otp", id: document!.name });
    }
  };
  const mine = (playing = {});
  const listen = () => {
    if (playing !== mine) return;
    const { got } = hosts.at(-1) ?? { got: [] };
    if (got.length < done) done = 0;
    while (done < got.length) answer(got[done++]!);
    setTimeout(listen, 1);
  };
  listen();
}

async function choose(queue: Queue, ...names: string[]): Promise<void> {
  for (const [i, name] of names.entries()) {
    void queue.act({ do: "file", name, data: toBase64(bytes(name)), last: true, more: i < names.length - 1 });
  }
  await until(() => hosts.length > 0);
  host().say(hello);
  await shows(queue, "document", names[0]!);
}

const shows = (queue: Queue, screen: string, name: string) =>
  until(() => queue.view.screen === screen && (queue.view.document ?? queue.view.source)?.name === name);

/** Chooses documents and confirms each of them: phone and PIN are asked for. */
async function confirmed(queue: Queue, ...names: string[]): Promise<void> {
  await choose(queue, ...names);
  for (const name of names) {
    await shows(queue, "document", name);
    await confirm(queue);
  }
  await shows(queue, "credentials", names[0]!);
}

const states = (queue: Queue): RowState[] => queue.view.queue!.rows.map((row) => row.state);
const type = (queue: Queue) => queue.act({ do: "credentials", country: "+351", number: "912345678", pin });
const save = (name: string) => host().say({ state: "done", status: "OK", file: { path: `/d/${name}-signed.pdf`, name, size: 1, sha256: "" } });

async function code(queue: Queue, name: string): Promise<void> {
  await shows(queue, "code", name);
  await queue.act({ do: "otp", code: "864213" });
}

describe("several documents", () => {
  it("are all signed visibly where that was chosen, and not otherwise", async () => {
    play();
    const visible = { page: "last", orientation: "portrait", place: "bottom-right" } as const;
    const queue = new Queue();
    await confirmed(queue, "a.pdf", "b.pdf");
    await queue.act({ do: "credentials", country: "+351", number: "912345678", pin, visible });
    await code(queue, "a.pdf");
    save("a.pdf");
    await code(queue, "b.pdf");
    save("b.pdf");
    expect(told("phone").map((m) => m.visible)).toEqual([visible, visible]);
    await queue.act({ do: "reset" });
    await choose(queue, "c.pdf");
    expect(queue.view.visible, "the choice was for those documents").toBeUndefined();
  });

  it("are each looked at and confirmed, then signed with one PIN and a code each", async () => {
    play();
    const queue = new Queue();
    await choose(queue, "a.pdf", "b.pdf", "c.pdf");
    expect(queue.view.queue).toMatchObject({ at: 0, phase: "review" });
    await confirm(queue);
    await shows(queue, "document", "b.pdf");
    await queue.act({ do: "skip", drawn: drawn(queue.view) });
    await shows(queue, "document", "c.pdf");
    expect(told("phone")).toEqual([]);
    await confirm(queue);

    await shows(queue, "credentials", "a.pdf");
    expect(states(queue)).toEqual(["signing", "skipped", "confirmed"]);
    await type(queue);
    await code(queue, "a.pdf");
    save("a");
    await code(queue, "c.pdf");
    save("c");
    await until(() => queue.view.screen === "finished");
    expect(states(queue)).toEqual(["signed", "skipped", "signed"]);
    expect(queue.view.queue!.rows[2]!.path).toBe("/d/c-signed.pdf");
    expect(told("phone").map((m) => m.confirm)).toEqual([await sha256(bytes("a.pdf")), await sha256(bytes("c.pdf"))]);
    const everything = JSON.stringify([host().got, session, queue.view]);
    for (const secret of [pin, "864213"]) expect(everything).not.toContain(secret);
    await queue.act({ do: "reset" });
    expect(queue.view.queue).toBeUndefined();
  });

  it.each(["confirm", "skip"] as const)("aren't decided on by a second click (%s), which was meant for the one before, also where the next has the same bytes", async (what) => {
    play();
    const queue = new Queue();
    void queue.pick(...["a.pdf", "b.pdf", "c.pdf"].map((name) => ({ kind: "file" as const, name, bytes: bytes(name === "c.pdf" ? "b.pdf" : name) })));
    await until(() => hosts.length > 0);
    host().say(hello);
    for (const [i, name, after] of [[0, "a.pdf", "b.pdf"], [1, "b.pdf", "c.pdf"]] as const) {
      await shows(queue, "document", name);
      const clicked = { do: what, drawn: drawn(queue.view) };
      await queue.act(clicked);
      await shows(queue, "document", after);
      await queue.act(clicked);
      expect(queue.view.queue!.at).toBe(i + 1);
      expect(states(queue)[i + 1]).toBe("waiting");
    }
  });

  it("wait after one that wasn't signed until the person says whether to go on", async () => {
    play();
    const queue = new Queue();
    await confirmed(queue, "a.pdf", "b.pdf");
    await type(queue);
    await code(queue, "a.pdf");
    host().say({ state: "failed", status: "ERROR", error: { code: "MAY_BE_SIGNED", message: "pode", retry: "nothing" } });
    expect(queue.view).toMatchObject({ screen: "failed", queue: { goOn: true } });
    // Nothing else comes in between.
    await queue.pick({ kind: "file", name: "x.pdf", bytes: bytes("x") });
    expect(queue.view.screen).toBe("failed");
    await queue.act({ do: "next" });
    await code(queue, "b.pdf");
    save("b");
    await until(() => queue.view.screen === "finished");
    expect(queue.view.queue!.rows).toMatchObject([{ state: "maybe", why: "pode" }, { state: "signed" }]);
  });

  it("end where the account says no, and the rest isn't signed", async () => {
    play();
    const queue = new Queue();
    await confirmed(queue, "a.pdf", "b.pdf");
    await type(queue);
    await shows(queue, "code", "a.pdf");
    host().say({ state: "failed", status: "ERROR", error: { code: "ACCOUNT_LOCKED", message: "m", retry: "nothing" } });
    expect(states(queue)).toEqual(["failed", "unsigned"]);
    await queue.act({ do: "next" });
    expect(queue.view).toMatchObject({ screen: "failed", queue: { phase: "over", goOn: false } });
  });

  it("stop after the one under way", async () => {
    play();
    const queue = new Queue();
    await confirmed(queue, "a.pdf", "b.pdf");
    await type(queue);
    await shows(queue, "code", "a.pdf");
    await queue.act({ do: "stop-after" });
    await code(queue, "a.pdf");
    save("a");
    await until(() => queue.view.screen === "finished");
    expect(states(queue)).toEqual(["signed", "unsigned"]);
    expect(told("phone")).toHaveLength(1);
  });

  it("ask for the PIN again after a wrong one, and don't use the wrong one for the next", async () => {
    play();
    const queue = new Queue();
    await confirmed(queue, "a.pdf", "b.pdf");
    await type(queue);
    await shows(queue, "code", "a.pdf");
    host().say({ state: "stage1_input", status: "ERROR", error: { code: "PIN_WRONG", message: "m", retry: "type" } });
    expect(queue.view.screen).toBe("credentials");
    await queue.act({ do: "cancel" });
    await until(() => queue.view.screen === "cancelled");
    await queue.act({ do: "next" });
    await shows(queue, "credentials", "b.pdf");
    expect(told("phone")).toHaveLength(1);
  });

  it("don't sign a document that has changed since it was confirmed", async () => {
    play();
    const queue = new Queue();
    await choose(queue, "a.pdf", "b.pdf");
    await confirm(queue);
    await shows(queue, "document", "b.pdf");
    (queue.view.queue!.rows[0] as { sha256: string }).sha256 = "00".repeat(32);
    await confirm(queue);
    await until(() => queue.view.screen === "failed");
    expect(queue.view).toMatchObject({ problem: { code: "PDF_CHANGED" }, queue: { goOn: true } });
    expect(told("phone")).toEqual([]);
  });

  it("leave out what is no PDF, or too large, and say so", async () => {
    play();
    const queue = new Queue();
    const html = toBase64(new TextEncoder().encode("<html>login</html>"));
    void queue.act({ do: "file", name: "no.pdf", data: html, last: true, more: true });
    await queue.pick(
      { kind: "file", name: "login.pdf", bytes: new TextEncoder().encode("<html>login</html>") as Uint8Array<ArrayBuffer> },
      { kind: "file", name: "huge.pdf", bytes: new Uint8Array(MAX_PDF + 1) },
    );
    await until(() => queue.view.screen === "finished");
    expect(queue.view.queue!.rows).toMatchObject([{ state: "failed", why: "pdfNotPdf" }, { state: "failed", why: "pdfTooLarge" }]);
  });

  it("are over when the worker dies: what was signed stays said, the rest isn't signed", async () => {
    play();
    const queue = new Queue();
    await confirmed(queue, "a.pdf", "b.pdf", "c.pdf");
    await type(queue);
    await code(queue, "a.pdf");
    save("a");
    await shows(queue, "code", "b.pdf");
    const after = new Queue();
    await after.ready;
    await until(() => after.view.queue?.phase === "over");
    expect(after.view).toMatchObject({ screen: "interrupted", interrupted: { answer: "nothing_signed" } });
    expect(states(after)).toEqual(["signed", "failed", "unsigned"]);
    await after.act({ do: "finish" });
    expect(after.view.screen).toBe("finished");
  });

  it("of which the first is cancelled while they are looked at leave nothing", async () => {
    play();
    const queue = new Queue();
    await choose(queue, "a.pdf", "b.pdf");
    await queue.act({ do: "cancel" });
    expect(queue.view).toMatchObject({ screen: "choose", queue: undefined });
  });
});
