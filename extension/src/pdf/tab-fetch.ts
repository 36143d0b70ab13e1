// Second rung, in Chromium: a background tab under the debugger opens the address as a click would, through any origin and
// redirect, and the response is read instead of shown. A plain GET; the tab and the debugger are gone when it returns.

import { fromBase64 } from "../shared/base64";
import { join } from "../shared/bytes";
import { header, type Paused } from "../shared/paused";
import { MAX_PDF } from "../shared/protocol";
import type { Fetched, FetchOptions } from "./ladder";
import { tooSlow } from "./pace";
import { PdfProblem, statusProblem } from "./problem";
import { headSize, looksLikePdf } from "./sniff";

/** Fetches an http(s) URL. referrer: the page that had the link. */
export async function fetchInTab(url: string, referrer: string, { signal }: FetchOptions = {}): Promise<Fetched> {
  const { id } = await chrome.tabs.create({ url: "about:blank", active: false });
  const target = { tabId: id! };
  const send = (method: string, params?: object) => chrome.debugger.sendCommand(target, method, params as never) as Promise<unknown>;

  // A site that drips is given up; so is one that says nothing at all.
  const progress = { received: 0 };
  const start = Date.now();
  let timer: ReturnType<typeof setInterval> | undefined;
  const stopped = new Promise<never>((_, failed) => {
    timer = setInterval(() => tooSlow(Date.now() - start, progress.received) && failed(new PdfProblem("PDF_ENDLESS")), 500);
    signal?.addEventListener("abort", () => failed(signal.reason));
  });
  stopped.catch(() => {});
  let onEvent: ((source: chrome.debugger.DebuggerSession, method: string, params?: object) => void) | undefined;
  let onDetach: ((source: chrome.debugger.Debuggee) => void) | undefined;
  try {
    await chrome.debugger.attach(target, "1.3");
    const document = new Promise<Paused>((found, failed) => {
      onDetach = (source) => source.tabId === id && failed(new PdfProblem("PDF_UNREACHABLE"));
      onEvent = (source, method, params) => {
        if (source.tabId !== id || source.sessionId || method !== "Fetch.requestPaused") return;
        const paused = params as Paused;
        const status = paused.responseStatusCode ?? 0;
        const redirect = status >= 300 && status < 400 && status !== 304 && header(paused, "location") !== "";
        if (redirect) send("Fetch.continueRequest", { requestId: paused.requestId }).catch(failed);
        else if (paused.responseErrorReason) failed(new PdfProblem("PDF_UNREACHABLE"));
        else found(paused);
      };
      chrome.debugger.onEvent.addListener(onEvent as never);
      chrome.debugger.onDetach.addListener(onDetach as never);
    });
    await send("Fetch.enable", { patterns: [{ urlPattern: "*", resourceType: "Document", requestStage: "Response" }] });
    // Its answer comes only when the navigation is over, which it never is: the response is taken away from it.
    send("Page.navigate", { url, ...(referrer ? { referrer } : {}) }).catch(() => {});
    const paused = await Promise.race([document, stopped]);
    const bytes = await Promise.race([read(paused, send, progress), stopped]);
    return { bytes, url: paused.request.url, disposition: header(paused, "content-disposition") };
  } finally {
    clearInterval(timer);
    if (onEvent) chrome.debugger.onEvent.removeListener(onEvent as never);
    if (onDetach) chrome.debugger.onDetach.removeListener(onDetach as never);
    // The tab first: detaching would let the paused response go on, and the browser would save it.
    await chrome.tabs.remove(id!).catch(() => {});
  }
}

async function read(
  paused: Paused,
  send: (method: string, params?: object) => Promise<unknown>,
  progress: { received: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const refused = statusProblem(paused.responseStatusCode ?? 0);
  if (refused) throw refused;
  if (Number(header(paused, "content-length")) > MAX_PDF) throw new PdfProblem("PDF_TOO_LARGE");
  // As a stream, so that the cap holds for a body without a length too.
  const { stream } = (await send("Fetch.takeResponseBodyAsStream", { requestId: paused.requestId })) as { stream: string };
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const part = (await send("IO.read", { handle: stream, size: 1 << 20 })) as { data: string; base64Encoded?: boolean; eof: boolean };
    const bytes = part.base64Encoded ? fromBase64(part.data) : new TextEncoder().encode(part.data);
    chunks.push(bytes);
    size += bytes.length;
    progress.received = size;
    if (size > MAX_PDF) throw new PdfProblem("PDF_TOO_LARGE");
    if (size >= headSize && !looksLikePdf(join(chunks, headSize))) throw new PdfProblem("PDF_NOT_PDF");
    if (part.eof) return join(chunks, size);
  }
}
