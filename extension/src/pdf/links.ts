// The PDFs of the page before the person: those that its links name, and the tab's own. It's a help to find them; the bytes
// decide.

export interface PageLink {
  url: string;
  text: string;
}

export interface PageDocuments {
  tab?: { id: number; url: string; title: string; pdf: boolean };
  links: (PageLink & { frameId: number; pageUrl: string })[];
}

/** Looks into the active tab of the window; needs activeTab, which a click on our button gives. */
export async function pageDocuments(): Promise<PageDocuments> {
  const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
  if (tab?.id === undefined || !tab.url) return { links: [] };
  const named = /\.pdf$/i.test(tab.url.split(/[?#]/)[0]!);
  const own = { id: tab.id, url: tab.url, title: tab.title ?? "" };
  try {
    const frames = await chrome.scripting.executeScript({ target: { tabId: tab.id, allFrames: true }, func: linksInPage });
    const main = frames.find((f) => f.frameId === 0)?.result;
    const links = frames.flatMap((f) =>
      (f.result?.links ?? []).map((link) => ({ ...link, frameId: f.frameId, pageUrl: f.result!.url })),
    );
    const pdf = main ? main.type === "application/pdf" : named;
    return { tab: { ...own, pdf }, links: unique(links).slice(0, 50) };
  } catch {
    // Pages of the browser, its PDF viewer in Firefox, and local files let no script in.
    return { tab: { ...own, pdf: named }, links: [] };
  }
}

function unique<T extends { url: string }>(links: T[]): T[] {
  const seen = new Set<string>();
  return links.filter(({ url }) => !seen.has(url) && seen.add(url));
}

/** Runs in the page, on its own: it may use nothing of this file. */
export function linksInPage(): { url: string; type: string; links: PageLink[] } {
  const links: PageLink[] = [];
  const pdfPath = (url: string) => /\.pdf$/i.test(url.split(/[?#]/)[0]!);
  for (const el of document.querySelectorAll<HTMLElement>("a[href], area[href], embed[src], object[data], iframe[src]")) {
    let url: string;
    if (el instanceof HTMLAnchorElement || el instanceof HTMLAreaElement) url = el.href;
    else if (el instanceof HTMLObjectElement) url = el.data;
    else url = (el as HTMLEmbedElement | HTMLIFrameElement).src;
    if (!/^(https?|file|blob|data):/.test(url)) continue;
    const text = (el.innerText || el.getAttribute("aria-label") || el.title || "").trim().replace(/\s+/g, " ").slice(0, 120);
    const says =
      pdfPath(url) ||
      url.startsWith("data:application/pdf") ||
      el.getAttribute("type") === "application/pdf" ||
      pdfPath(el.getAttribute("download") ?? "") ||
      (/\bpdf\b/i.test(text) && el instanceof HTMLAnchorElement);
    if (says && links.length < 200) links.push({ url, text });
  }
  return { url: location.href, type: document.contentType, links };
}
