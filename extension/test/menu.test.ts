import { expect, it } from "vitest";
import { picked } from "../src/background/menu";

const tab = { id: 4, url: "https://banco.pt/conta" } as chrome.tabs.Tab;
const click = (info: object) => picked({ editable: false, ...info } as chrome.contextMenus.OnClickData, tab);

// As Chromium 156 tells of clicks on a link, in a link's frame, in a PDF tab, in a frame with a PDF, and on the button.
it.each([
  [
    { menuItemId: "link", linkUrl: "https://banco.pt/ler?id=5", pageUrl: "https://banco.pt/conta", frameId: 0 },
    { kind: "link", url: "https://banco.pt/ler?id=5", page: { tabId: 4, frameId: 0, url: "https://banco.pt/conta" } },
  ],
  [
    { menuItemId: "link", linkUrl: "https://a.pt/x", pageUrl: "https://banco.pt/conta", frameId: 9, frameUrl: "https://a.pt/moldura" },
    { kind: "link", url: "https://a.pt/x", page: { tabId: 4, frameId: 9, url: "https://a.pt/moldura" } },
  ],
  [
    { menuItemId: "frame", pageUrl: "https://banco.pt/conta", frameUrl: "https://banco.pt/conta", frameId: 7 },
    { kind: "tab", tabId: 4, url: "https://banco.pt/conta", pageUrl: "https://banco.pt/conta", again: false },
  ],
  [
    { menuItemId: "frame", pageUrl: "https://banco.pt/conta", frameUrl: "https://banco.pt/doc?id=6", frameId: 12 },
    { kind: "tab", tabId: 4, url: "https://banco.pt/doc?id=6", pageUrl: "https://banco.pt/conta", again: false },
  ],
  [{ menuItemId: "action" }, undefined],
])("%j", (info, pick) => {
  expect(click(info)).toEqual(pick);
});
