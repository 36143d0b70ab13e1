// The context menu: on every link, since most addresses of documents don't end in .pdf; in a tab that shows a PDF; on our button.

import { t } from "../shared/i18n";
import type { Pick } from "../pdf/ladder";

/** Chromium's PDF viewer is a page of this built-in extension, whatever the tab's address is. */
const viewer = "chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai/*";
const pdfPages = ["*://*/*.pdf", "*://*/*.pdf?*", "*://*/*.PDF", "file:///*.pdf", "file:///*.PDF"];

export function createMenus(): void {
  chrome.contextMenus.removeAll(() => {
    const create = (item: Partial<chrome.contextMenus.CreateProperties>, otherwise?: () => void) =>
      chrome.contextMenus.create({ ...item, title: t("menuSign") } as chrome.contextMenus.CreateProperties, () => {
        if (chrome.runtime.lastError) otherwise?.();
      });
    create({ id: "link", contexts: ["link"] });
    const page = { id: "page", contexts: ["page", "frame"] as ["page", "frame"] };
    create({ ...page, documentUrlPatterns: [...pdfPages, viewer] }, () =>
      create({ ...page, documentUrlPatterns: pdfPages }),
    );
    create({ id: "action", contexts: ["action"] });
  });
}

/** What a click on the menu points at; undefined for the button's own, which only opens the popup. */
export function picked(info: chrome.contextMenus.OnClickData, tab: chrome.tabs.Tab | undefined): Pick | undefined {
  const tabId = tab?.id ?? -1;
  if (info.menuItemId === "link" && info.linkUrl) {
    const url = info.frameUrl ?? info.pageUrl ?? tab?.url ?? "";
    return { kind: "link", url: info.linkUrl, page: { tabId, frameId: info.frameId ?? 0, url } };
  }
  if (info.menuItemId === "page") return { kind: "tab", tabId, url: tab?.url || info.pageUrl || "", again: false };
  return undefined;
}
