// From what the person points at to its bytes: the first rung that can.

import { originOf } from "../shared/origins";
import { MAX_PDF } from "../shared/protocol";
import { fetchElsewhere, tabMethod } from "#platform";
import { decodeDataUrl } from "./data-url";
import { pathOfFileUrl } from "./file-path";
import { documentName, fileName } from "./name";
import { fetchInPage } from "./page-fetch";
import { PdfProblem } from "./problem";
import { checkPdf } from "./sniff";

/** What the person points at. */
export type Pick =
  | { kind: "link"; url: string; page: { tabId: number; frameId: number; url: string } }
  /** What a tab shows, or a frame in it: then url is the frame's. again: the person said that it may be asked for again. */
  | { kind: "tab"; tabId: number; url: string; pageUrl: string; again: boolean }
  /** bytes: there are none where it couldn't be read. */
  | { kind: "file"; name: string; bytes?: Uint8Array<ArrayBuffer>; trial?: boolean };

export interface FetchOptions {
  signal?: AbortSignal;
  /** Told where it's plain that a PDF is coming, and that it will take a moment. */
  coming?: () => void;
}

export interface Fetched {
  bytes: Uint8Array<ArrayBuffer>;
  url: string;
  disposition: string;
}

/** A file that the browser saved for the host to read; release removes it again. */
export interface OnDisk {
  path: string;
  release?: () => Promise<void>;
}

/** A document: its bytes, or where the host finds it. site: the host name that it came from, "" for a file. trial: for the sandbox only. */
export type Obtained = { name: string; site: string; trial?: boolean } & ({ bytes: Uint8Array<ArrayBuffer> } | OnDisk);

/** Throws PdfProblem, or the signal's reason. */
export async function obtain(pick: Pick, opts: FetchOptions = {}): Promise<Obtained> {
  if (pick.kind === "file") {
    if (!pick.bytes) throw new PdfProblem("PDF_UNREADABLE");
    if (pick.bytes.length > MAX_PDF) throw new PdfProblem("PDF_TOO_LARGE");
    checkPdf(pick.bytes);
    return { name: fileName(pick.name), site: "", bytes: pick.bytes, trial: pick.trial };
  }
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(pick.url)?.[0].toLowerCase();
  if (scheme === "file:") return onDisk(pick.url);
  if (scheme === "data:") {
    const bytes = decodeDataUrl(pick.url);
    checkPdf(bytes);
    return { name: documentName(""), site: siteOf(pick), bytes };
  }
  if (scheme !== "http:" && scheme !== "https:" && scheme !== "blob:") throw new PdfProblem("PDF_SCHEME");

  const got = pick.kind === "tab" ? await ofTab(pick, opts) : await ofLink(pick, opts);
  if ("path" in got) return { name: documentName(pick.url), site: siteOf(pick), ...got };
  checkPdf(got.bytes);
  return { name: documentName(got.url, got.disposition), site: hostOf(got.url) || siteOf(pick), bytes: got.bytes };
}

async function ofLink({ url, page }: Extract<Pick, { kind: "link" }>, opts: FetchOptions): Promise<Fetched | OnDisk> {
  // A page may read what is of its own origin. Trying for the rest would use up an address that works only once.
  if (originOf(url) !== "" && originOf(url) === originOf(page.url)) {
    const got = await fetchInPage(page, url, opts);
    if (got) return got;
  }
  if (url.startsWith("blob:")) throw new PdfProblem("PDF_UNREACHABLE");
  return fetchElsewhere(url, page.url, opts);
}

/**
 * The PDF that a tab shows. What came as the answer to a form is never asked for again: the same address would give
 * something else, or do again what the form did. The cache asks nobody, and holds no answer to a form.
 */
async function ofTab({ tabId, url, pageUrl, again }: Extract<Pick, { kind: "tab" }>, opts: FetchOptions): Promise<Fetched | OnDisk> {
  const where = { tabId, frameId: 0 };
  if (url.startsWith("blob:")) {
    const got = await fetchInPage(where, url, opts);
    if (!got) throw new PdfProblem("PDF_UNREACHABLE");
    return got;
  }
  const cached = await fetchInPage(where, url, { ...opts, cachedOnly: true }).catch((err: unknown) => {
    if (err instanceof PdfProblem) return undefined;
    throw err;
  });
  if (cached) return cached;
  refuseForm(await tabMethod(tabId), again);
  const own = originOf(url) === originOf(pageUrl) ? await fetchInPage(where, url, opts) : undefined;
  return own ?? fetchElsewhere(url, url === pageUrl ? "" : pageUrl, opts);
}

/** How a tab's document was asked for. */
export type TabMethod = "get" | "post" | "unknown";

/** Throws unless the tab's address may be asked for again. again: the person said that it may, where nobody knows. */
export function refuseForm(method: TabMethod, again: boolean): void {
  if (method === "post") throw new PdfProblem("PDF_FORM_TAB");
  if (method === "unknown" && !again) throw new PdfProblem("PDF_TAB_UNKNOWN");
}

async function onDisk(url: string): Promise<Obtained> {
  const { os } = await chrome.runtime.getPlatformInfo();
  const path = pathOfFileUrl(url, os === "win");
  if (path === undefined) throw new PdfProblem("PDF_SCHEME");
  return { name: documentName(url), site: "", path };
}

function siteOf(pick: Pick): string {
  return pick.kind === "link" ? hostOf(pick.page.url) : pick.kind === "tab" ? hostOf(pick.url) : "";
}

function hostOf(url: string): string {
  const origin = originOf(url);
  return origin ? new URL(origin).host : "";
}
