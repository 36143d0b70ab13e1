// The background worker: every listener is set up here, in the first turn, as a worker that is woken needs it.

import { PAGE_PORT, PARTS, type Action } from "../shared/actions";
import { listenToNotifications } from "./attention";
import { createMenus, picked } from "./menu";
import { Queue } from "./queue";
import { openUi } from "./ui";

const queue = new Queue();
const parts = new BroadcastChannel(PARTS);

chrome.runtime.onInstalled.addListener(({ reason }) => {
  createMenus();
  if (reason === "install") void welcome();
});
chrome.runtime.onStartup.addListener(createMenus);
listenToNotifications();

chrome.contextMenus.onClicked.addListener((info, tab) => {
  // At once, while the click still counts as the person's.
  void openUi();
  const pick = picked(info, tab);
  if (pick) void queue.pick(pick);
});

chrome.runtime.onConnect.addListener((port) => {
  // Our own pages only. Nobody else can connect (no content script, no externally_connectable); this holds if that changes.
  if (port.name !== PAGE_PORT || !port.sender?.url?.startsWith(chrome.runtime.getURL(""))) return port.disconnect();
  const unwatch = queue.watch((view) => port.postMessage({ view }));
  port.onMessage.addListener((action: Action) => {
    if (action.do === "part") void queue.part(action.sha256, action.offset).then((part) => parts.postMessage(part));
    else void queue.act(action, port);
  });
  port.onDisconnect.addListener(unwatch);
});

/** The first-run page, for whoever put the extension in; an administrator has told people in their own way. */
async function welcome(): Promise<void> {
  const { installType } = await chrome.management.getSelf();
  if (installType !== "admin") await chrome.tabs.create({ url: chrome.runtime.getURL("welcome.html") });
}
