// Chosen files on their way from a window to the worker: what breaks off leaves nothing for the next.

import { beforeEach, describe, expect, it } from "vitest";
import { Incoming } from "../src/background/incoming";
import { Queue } from "../src/background/queue";
import { sendFiles } from "../src/pages/popup/files";
import type { Action } from "../src/shared/actions";
import { toBase64 } from "../src/shared/base64";
import { CHUNK, MAX_PDF, MAX_QUEUE } from "../src/shared/protocol";
import { begin, hello, host, hosts, told, until } from "./played";

type Sent = Extract<Action, { do: "file" }>;

const bytes = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
const chunk = (choice: string, offset: number, text: string, more: Partial<Sent> = {}): Sent => ({
  do: "file", choice, name: `${choice}.pdf`, offset, data: toBase64(bytes(text)), last: false, ...more,
});
const last = { last: true };
const window = {};
const file = (name: string, text: string) => ({ kind: "file", name, bytes: bytes(text) });

describe("a choice", () => {
  it("comes whole, of several files in their order", () => {
    const incoming = new Incoming();
    expect(incoming.take(chunk("a", 0, "one "), window)).toBeUndefined();
    expect(incoming.take(chunk("a", 4, "two", { ...last, more: true }), window)).toBeUndefined();
    expect(incoming.take(chunk("a", 0, "three", { ...last, name: "b.pdf" }), window)).toEqual([file("a.pdf", "one two"), file("b.pdf", "three")]);
  });

  it("that broke off leaves nothing for the window's next, neither of a file nor of those before it", () => {
    const incoming = new Incoming();
    incoming.take(chunk("a", 0, "secret", { ...last, more: true }), window);
    incoming.take(chunk("a", 0, "half"), window);
    expect(incoming.take(chunk("b", 0, "B", last), window)).toEqual([file("b.pdf", "B")]);
  });

  it("isn't mixed with another window's", () => {
    const incoming = new Incoming();
    const other = {};
    incoming.take(chunk("a", 0, "a1"), window);
    incoming.take(chunk("b", 0, "b1"), other);
    expect(incoming.take(chunk("a", 2, "a2", last), window)).toEqual([file("a.pdf", "a1a2")]);
    expect(incoming.take(chunk("b", 2, "b2", last), other)).toEqual([file("b.pdf", "b1b2")]);
  });

  it.each([
    ["that lacks its beginning", [chunk("a", 2, "x", last)]],
    ["with a hole in it", [chunk("a", 0, "a1"), chunk("a", 3, "x"), chunk("a", 4, "x", last)]],
    ["of which something comes twice", [chunk("a", 0, "a1"), chunk("a", 2, "a2"), chunk("a", 2, "a2"), chunk("a", 4, "x", last)]],
    ["whose rest is another's", [chunk("a", 0, "a1"), chunk("b", 2, "b2", { ...last, name: "a.pdf" })]],
  ])("has no bytes of a file %s", (_, chunks) => {
    const incoming = new Incoming();
    expect(chunks.map((c) => incoming.take(c, window)).at(-1)).toEqual([{ kind: "file", name: "a.pdf" }]);
  });

  it("is kept up to the limits: of a file, and of how many", () => {
    const incoming = new Incoming();
    incoming.take(chunk("a", 0, "", { data: Buffer.alloc(MAX_PDF).toString("base64") }), window);
    const [huge] = incoming.take(chunk("a", MAX_PDF, "more", last), window)!;
    expect(huge).toHaveProperty("bytes.length", MAX_PDF + 1);
    const files = Array.from({ length: MAX_QUEUE + 2 }, (_, i) => incoming.take(chunk("b", 0, "b", { ...last, more: i < MAX_QUEUE + 1 }), window));
    expect(files.at(-1)).toHaveLength(MAX_QUEUE);
  });
});

describe("a window", () => {
  /** As the browser has one that was moved since it was chosen: it still knows how large it was. */
  const unreadable = (name: string) => {
    const file = new File(["%PDF-1.7 gone"], name);
    const blob = { size: file.size, slice: () => blob, arrayBuffer: () => Promise.reject(new DOMException("", "NotReadableError")) };
    return Object.assign(file, { slice: () => blob });
  };

  it("sends each file in pieces that say where they belong", async () => {
    const sent: Sent[] = [];
    await sendFiles([new File(["x".repeat(CHUNK + 1)], "a.pdf"), new File([""], "b.pdf")], (a) => void sent.push(a as Sent));
    expect(sent.map(({ name, offset, last, more }) => ({ name, offset, last, more }))).toEqual([
      { name: "a.pdf", offset: 0, last: false, more: true }, { name: "a.pdf", offset: CHUNK, last: true, more: true }, { name: "b.pdf", offset: 0, last: true, more: false },
    ]);
    expect(new Set(sent.map((s) => s.choice)).size).toBe(1);
    await sendFiles([new File([""], "c.pdf")], (a) => void sent.push(a as Sent));
    expect(sent.at(-1)!.choice).not.toBe(sent[0]!.choice);
  });

  it("says of a file that can't be read that it can't, and goes on with the next", async () => {
    const incoming = new Incoming();
    let whole: unknown;
    await sendFiles([unreadable("gone.pdf"), new File(["B"], "b.pdf")], (a) => (whole = incoming.take(a as Sent, window)));
    expect(whole).toEqual([{ kind: "file", name: "gone.pdf" }, file("b.pdf", "B")]);
  });

  it("sends no more of a choice once the person has made another", async () => {
    const sent: Sent[] = [];
    let another: Promise<void> | undefined;
    const act = (a: Action) => {
      sent.push(a as Sent);
      another ??= sendFiles([new File(["B"], "b.pdf")], act);
    };
    await sendFiles([new File(["x".repeat(3 * CHUNK)], "a.pdf"), new File(["y"], "a2.pdf")], act);
    await another;
    expect(sent.map((s) => s.name)).toEqual(["a.pdf", "b.pdf"]);
  });
});

describe("the worker", () => {
  beforeEach(begin);

  it("gives the host the second document alone where the first one's window was closed in its middle", async () => {
    const queue = new Queue();
    await queue.act(chunk("a", 0, "%PDF-1.7 secret"), {});
    void queue.act(chunk("b", 0, "%PDF-1.7 B", last), {});
    await until(() => hosts.length);
    host().say(hello);
    await until(() => told("start").length);
    host().say({ state: "stage1_input" });
    await until(() => told("upload_local").length);
    expect(told("upload_local")[0]!.upload_local).toMatchObject({ name: "b.pdf", size: 10, data: toBase64(bytes("%PDF-1.7 B")) });
  });

  it("says that a file couldn't be read, and of several which", async () => {
    const queue = new Queue();
    await queue.act(chunk("a", 0, "%PDF-1.7 A"), window);
    await queue.act(chunk("a", 10, "", { ...last, unreadable: true }), window);
    await until(() => queue.view.problem);
    expect(queue.view).toMatchObject({ screen: "choose", problem: { code: "PDF_UNREADABLE", message: "pdfUnreadable", next: "pdfUnreadableNext" } });
    void queue.act(chunk("b", 0, "", { ...last, more: true, unreadable: true }), window);
    void queue.act(chunk("b", 0, "%PDF-1.7 C", { ...last, name: "c.pdf" }), window);
    await until(() => hosts.length);
    host().say(hello);
    await until(() => queue.view.queue?.at === 1);
    expect(queue.view.queue!.rows).toMatchObject([{ name: "b.pdf", state: "failed", why: "pdfUnreadable" }, { name: "c.pdf", state: "waiting" }]);
  });
});
