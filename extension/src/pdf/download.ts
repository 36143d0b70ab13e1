// Third rung, in Firefox: the browser downloads the file as it would for the person, the host reads it, and it is removed.

import { MAX_PDF } from "../shared/protocol";
import type { FetchOptions, OnDisk } from "./ladder";
import { tooSlow } from "./pace";
import { PdfProblem } from "./problem";

export async function download(url: string, { signal }: FetchOptions = {}): Promise<OnDisk> {
  let id: number;
  try {
    id = await chrome.downloads.download({ url, saveAs: false, conflictAction: "uniquify" });
  } catch {
    throw new PdfProblem("PDF_UNREACHABLE");
  }
  const release = async () => {
    await chrome.downloads.removeFile(id).catch(() => {});
    await chrome.downloads.erase({ id }).catch(() => {});
  };
  try {
    await ended(id, signal);
    const [item] = await chrome.downloads.search({ id });
    if (!item?.filename) throw new PdfProblem("PDF_UNREACHABLE");
    if (item.fileSize === 0) throw new PdfProblem("PDF_EMPTY");
    if (item.fileSize > MAX_PDF) throw new PdfProblem("PDF_TOO_LARGE");
    return { path: item.filename, release };
  } catch (err) {
    await chrome.downloads.cancel(id).catch(() => {});
    await release();
    throw err;
  }
}

/** Returns when the download is complete. */
function ended(id: number, signal?: AbortSignal): Promise<void> {
  const start = Date.now();
  return new Promise((done, failed) => {
    const look = async () => {
      const [item] = await chrome.downloads.search({ id });
      if (!item || item.state === "interrupted") settle(() => failed(problemOf(item?.error)));
      else if (item.bytesReceived > MAX_PDF) settle(() => failed(new PdfProblem("PDF_TOO_LARGE")));
      else if (item.state === "complete") settle(done);
      else if (tooSlow(Date.now() - start, item.bytesReceived)) settle(() => failed(new PdfProblem("PDF_ENDLESS")));
    };
    const onChanged = (delta: chrome.downloads.DownloadDelta) => void (delta.id === id && look());
    const settle = (end: () => void) => {
      chrome.downloads.onChanged.removeListener(onChanged);
      clearInterval(watch);
      end();
    };
    chrome.downloads.onChanged.addListener(onChanged);
    // No event tells of a growing size: an endless file is only seen by looking.
    const watch = setInterval(look, 500);
    signal?.addEventListener("abort", () => settle(() => failed(signal.reason)));
    void look();
  });
}

function problemOf(error: string | undefined): PdfProblem {
  if (error === "SERVER_BAD_CONTENT") return new PdfProblem("PDF_GONE");
  if (error === "SERVER_FORBIDDEN" || error === "SERVER_UNAUTHORIZED") return new PdfProblem("PDF_SITE_REFUSED");
  return new PdfProblem("PDF_UNREACHABLE");
}
