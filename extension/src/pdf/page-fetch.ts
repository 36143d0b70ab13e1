// First rung: the page itself fetches the document, with its own cookies. Works for what is of the page's own origin.

import { fromBase64 } from "../shared/base64";
import { MAX_PDF } from "../shared/protocol";
import { leastPace, patience, silence, timeLimit } from "./pace";
import { PdfProblem, statusProblem } from "./problem";
import type { Fetched, FetchOptions } from "./ladder";

/** Bytes that come over in one answer of a script. */
const slice = 6 << 20;

/** A document of at most so many bytes comes with the first answer. */
const small = 1 << 20;

/** What inPageFetch answers. */
export type PageAnswer =
  /** data: all of it, where it's small; handed: it went ahead of this answer, in a message. Nothing is kept in the page then. */
  | { kind: "got"; size: number; url: string; disposition: string; data?: string; handed?: true }
  | { kind: "status"; status: number }
  | { kind: "not-pdf" | "empty" | "large" | "slow" | "network" };

/**
 * Fetches url in a frame of the tab. cachedOnly: takes it from the browser's cache or not at all, and asks nobody. Gives
 * undefined where the page isn't able to (another origin, no such cache entry): the next rung's turn.
 */
export async function fetchInPage(
  where: { tabId: number; frameId: number },
  url: string,
  { cachedOnly = false, signal, coming }: FetchOptions & { cachedOnly?: boolean } = {},
): Promise<Fetched | undefined> {
  const target = { tabId: where.tabId, frameIds: [where.frameId] };
  const id = crypto.randomUUID();
  const run = async <A extends unknown[], R>(func: (...args: A) => R, args: A): Promise<Awaited<R> | undefined> =>
    (await chrome.scripting.executeScript({ target, func: func as never, args: args as never }))[0]?.result as Awaited<R> | undefined;

  let whole = false;
  const abort = () => void (whole || run(forgetInPage, [id]).catch(() => {}));
  signal?.addEventListener("abort", abort);
  const hand = handed(id, where, coming);
  try {
    const answer = await run(inPageFetch, [id, url, cachedOnly, MAX_PDF, small, { timeLimit, patience, leastPace, silence }]).catch(() => undefined);
    signal?.throwIfAborted();
    switch (answer?.kind) {
      case "got":
        break;
      case "status":
        throw statusProblem(answer.status);
      case "not-pdf":
        throw new PdfProblem("PDF_NOT_PDF");
      case "empty":
        throw new PdfProblem("PDF_EMPTY");
      case "large":
        throw new PdfProblem("PDF_TOO_LARGE");
      case "slow":
        throw new PdfProblem("PDF_ENDLESS");
      default:
        return undefined;
    }
    const { url: from, disposition } = answer;
    if (answer.data !== undefined) {
      whole = true;
      return { bytes: fromBase64(answer.data), url: from, disposition };
    }
    if (answer.handed) {
      whole = true;
      const bytes = await hand.bytes();
      if (bytes?.length !== answer.size) throw new PdfProblem("PDF_UNREACHABLE");
      return { bytes, url: from, disposition };
    }
    const bytes = new Uint8Array(answer.size);
    for (let at = 0; at < answer.size; at += slice) {
      const text = await run(sliceInPage, [id, at, slice]);
      if (typeof text !== "string") throw new PdfProblem("PDF_UNREACHABLE");
      bytes.set(fromBase64(text), at);
    }
    return { bytes, url: from, disposition };
  } finally {
    hand.away();
    signal?.removeEventListener("abort", abort);
    abort();
  }
}

/**
 * Takes what the script hands over in a message, which in newer browsers carries a Blob: no byte of it goes by way of text. Chromium
 * has that from 148 on (message_serialization in the manifest); in an older one something else comes, and isn't taken.
 */
function handed(id: string, { tabId, frameId }: { tabId: number; frameId: number }, coming: (() => void) | undefined) {
  let blob: Blob | undefined;
  const hear = (message: Handed | undefined, sender: chrome.runtime.MessageSender, answer: (taken: boolean) => void) => {
    if (message?.handed !== id || sender.id !== chrome.runtime.id || sender.tab?.id !== tabId || sender.frameId !== frameId) return;
    if (message.coming) return coming?.();
    const got = message.document;
    if (got instanceof Blob && got.size <= MAX_PDF) blob = got;
    answer(blob !== undefined);
  };
  chrome.runtime.onMessage.addListener(hear);
  return {
    bytes: async () => blob?.arrayBuffer().then((bytes) => new Uint8Array(bytes), () => undefined),
    away: () => chrome.runtime.onMessage.removeListener(hear),
  };
}

/** What inPageFetch hands over, or says beforehand. */
interface Handed {
  handed: string;
  document?: unknown;
  coming?: true;
}

// The functions below run in the page, each on its own: they may use nothing of this file. What they keep between calls is in
// the extension's isolated world, out of the page's reach.

type Kept = { controller: AbortController; bytes?: Uint8Array };

export async function inPageFetch(
  id: string,
  url: string,
  cachedOnly: boolean,
  max: number,
  small: number,
  pace: { timeLimit: number; patience: number; leastPace: number; silence: number },
): Promise<PageAnswer> {
  const world = globalThis as unknown as { signWithCmd?: Map<string, Kept> };
  const kept: Kept = { controller: new AbortController() };
  (world.signWithCmd ??= new Map()).set(id, kept);
  let slow = false;
  let size = 0;
  const start = Date.now();
  // tooSlow of pace.ts, which isn't here.
  const timer = setInterval(() => {
    const elapsed = Date.now() - start;
    const dripping = elapsed > pace.timeLimit || (elapsed > pace.patience && size < (pace.leastPace * elapsed) / 1000);
    slow = size === 0 ? elapsed > pace.silence : dripping;
    if (slow) kept.controller.abort();
  }, 500);
  try {
    const response = await fetch(url, {
      credentials: "include",
      signal: kept.controller.signal,
      ...(cachedOnly ? { cache: "only-if-cached", mode: "same-origin" } : {}),
    });
    if (cachedOnly && response.status === 504) return { kind: "network" };
    if (!response.ok) return { kind: "status", status: response.status };
    if (Number(response.headers.get("content-length")) > max) return { kind: "large" };
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let head = "";
    const reader = response.body!.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      size += value.length;
      if (size > max) return { kind: "large" };
      if (head.length < 1024) {
        head += String.fromCharCode(...value.subarray(0, 1024 - head.length));
        // A page that never ends isn't waited for once it's plain that it's no PDF.
        if (head.length >= 1024 && !head.includes("%PDF-")) return { kind: "not-pdf" };
        if (head.length >= 1024 && Number(response.headers.get("content-length")) > small) void chrome.runtime.sendMessage({ handed: id, coming: true }).catch(() => {});
      }
    }
    if (size === 0) return { kind: "empty" };
    if (!head.includes("%PDF-")) return { kind: "not-pdf" };
    const got: PageAnswer = { kind: "got", size, url: response.url || url, disposition: response.headers.get("content-disposition") ?? "" };
    if (size > small) {
      const taken = await chrome.runtime.sendMessage({ handed: id, document: new Blob(chunks) }).catch(() => false);
      if (taken === true) {
        world.signWithCmd.delete(id);
        return { ...got, handed: true };
      }
    }
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    if (size <= small) {
      // sliceInPage, which isn't here.
      let binary = "";
      for (let i = 0; i < size; i += 0x8000) binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
      world.signWithCmd.delete(id);
      return { ...got, data: btoa(binary) };
    }
    kept.bytes = bytes;
    return got;
  } catch {
    return { kind: slow ? "slow" : "network" };
  } finally {
    clearInterval(timer);
    if (!kept.bytes) kept.controller.abort();
  }
}

export function sliceInPage(id: string, at: number, length: number): string | undefined {
  const bytes = (globalThis as unknown as { signWithCmd?: Map<string, Kept> }).signWithCmd?.get(id)?.bytes?.subarray(at, at + length);
  if (!bytes) return undefined;
  // Newer browsers have it: of some MB it takes a tenth of the time.
  const whole = (bytes as Uint8Array & { toBase64?: () => string }).toBase64?.();
  if (whole !== undefined) return whole;
  let binary = "";
  for (let i = 0; i < bytes.length; i += 0x8000) binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(binary);
}

export function forgetInPage(id: string): void {
  const kept = (globalThis as unknown as { signWithCmd?: Map<string, Kept> }).signWithCmd;
  kept?.get(id)?.controller.abort();
  kept?.delete(id);
}
