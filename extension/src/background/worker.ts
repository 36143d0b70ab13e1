// The background worker: every listener is set up here, in the first turn, as a worker that is woken needs it.

import { PAGE_PORT, type Action } from "../shared/actions";
import { listenToNotifications } from "./attention";
import { createMenus, picked } from "./menu";
import { Signing } from "./signing";
import { openUi } from "./ui";

const signing = new Signing();

chrome.runtime.onInstalled.addListener(createMenus);
chrome.runtime.onStartup.addListener(createMenus);
listenToNotifications();

chrome.contextMenus.onClicked.addListener((info, tab) => {
  // At once, while the click still counts as the person's.
  void openUi();
  const pick = picked(info, tab);
  if (pick) void signing.pick(pick);
});

chrome.runtime.onConnect.addListener((port) => {
  // Our own pages only. Nobody else can connect (no content script, no externally_connectable); this holds if that changes.
  if (port.name !== PAGE_PORT || !port.sender?.url?.startsWith(chrome.runtime.getURL(""))) return port.disconnect();
  const unwatch = signing.watch((view) => port.postMessage({ view }));
  port.onMessage.addListener((action: Action) => void signing.act(action));
  port.onDisconnect.addListener(unwatch);
});
