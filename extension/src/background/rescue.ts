// The net below everything: when the host dies after the code was sent, the browser saves the signed PDF itself, as any
// download. This says where.

import { builtIn, originOf } from "../shared/origins";

/** Tells of each PDF of the CMD's pages that the browser has saved since, or will. Gives a function that ends it. */
export function watchDownloads(since: number, saved: (path: string) => void): () => void {
  const look = async (query: chrome.downloads.DownloadQuery) => {
    for (const item of await chrome.downloads.search(query)) if (fits(item, since)) saved(item.filename);
  };
  const onChanged = (delta: chrome.downloads.DownloadDelta) => {
    if (delta.state?.current === "complete") void look({ id: delta.id });
  };
  chrome.downloads.onChanged.addListener(onChanged);
  void look({ startedAfter: new Date(since).toISOString(), state: "complete" });
  return () => chrome.downloads.onChanged.removeListener(onChanged);
}

export function fits(
  item: Pick<chrome.downloads.DownloadItem, "state" | "startTime" | "filename" | "mime" | "url" | "finalUrl" | "referrer">,
  since: number,
): boolean {
  if (item.state !== "complete" || Date.parse(item.startTime) < since) return false;
  if (!/\.pdf$/i.test(item.filename) && item.mime !== "application/pdf") return false;
  return [item.url, item.finalUrl, item.referrer].some((url) => builtIn(originOf(url ?? "")));
}
