// The context menu: on every link, since most addresses of documents don't end in .pdf; in a tab that shows a PDF; on our button.

import { t } from "../shared/i18n";
import type { Pick } from "../pdf/ladder";

const pdfPages = ["*://*/*.pdf", "*://*/*.pdf?*", "*://*/*.PDF", "file:///*.pdf", "file:///*.PDF"];

export function createMenus(): void {
  chrome.contextMenus.removeAll(() => {
    const title = t("menuSign");
    chrome.contextMenus.create({ id: "link", title, contexts: ["link"] });
    chrome.contextMenus.create({ id: "page", title, contexts: ["page"], documentUrlPatterns: pdfPages });
    // Chromium's PDF viewer is a frame with the document's address, in a tab as in a page (measured, Chromium 156).
    chrome.contextMenus.create({ id: "frame", title, contexts: ["frame"] });
    chrome.contextMenus.create({ id: "action", title, contexts: ["action"] });
  });
}

/** What a click on the menu points at; undefined for the button's own, which only opens the popup. */
export function picked(info: chrome.contextMenus.OnClickData, tab: chrome.tabs.Tab | undefined): Pick | undefined {
  const tabId = tab?.id ?? -1;
  if (info.menuItemId === "link" && info.linkUrl) {
    const url = info.frameUrl ?? info.pageUrl ?? tab?.url ?? "";
    return { kind: "link", url: info.linkUrl, page: { tabId, frameId: info.frameId ?? 0, url } };
  }
  if (info.menuItemId === "page" || info.menuItemId === "frame") {
    const pageUrl = tab?.url || info.pageUrl || "";
    return { kind: "tab", tabId, url: info.frameUrl || pageUrl, pageUrl, again: false };
  }
  return undefined;
}
