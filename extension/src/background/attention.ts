// Calls the person back when the popup is closed: a mark on the button, and a notification.

import { t, type Key } from "../shared/i18n";
import type { Screen } from "../shared/view";
import { openUi } from "./ui";

interface Call {
  badge: string;
  colour: string;
  title: Key;
  text: Key;
}

const amber = "#b45309";
const green = "#15803d";
const red = "#b91c1c";

const calls: Partial<Record<Screen, Call>> = {
  credentials: { badge: "!", colour: amber, title: "notifyPinTitle", text: "notifyPin" },
  code: { badge: "!", colour: amber, title: "notifyCodeTitle", text: "notifyCode" },
  assist: { badge: "!", colour: amber, title: "notifyAssistTitle", text: "notifyAssist" },
  done: { badge: "✓", colour: green, title: "notifyDoneTitle", text: "notifyDone" },
  finished: { badge: "✓", colour: green, title: "notifyFinishedTitle", text: "notifyFinished" },
  unverified: { badge: "!", colour: red, title: "notifyUnverifiedTitle", text: "notifyUnverified" },
  failed: { badge: "×", colour: red, title: "notifyFailedTitle", text: "notifyFailed" },
  interrupted: { badge: "!", colour: red, title: "notifyInterruptedTitle", text: "notifyInterrupted" },
};

const notification = "call";

/** Marks the button for a screen; with nobody watching, says so aloud too. */
export async function callBack(screen: Screen, watched: boolean, changed: boolean): Promise<void> {
  const call = calls[screen];
  const asks = screen === "code" || screen === "assist";
  await chrome.action.setBadgeText({ text: call && (asks || !watched) ? call.badge : "" });
  if (call) await chrome.action.setBadgeBackgroundColor({ color: call.colour });
  if (watched || !call) {
    await chrome.notifications.clear(notification);
  } else if (changed) {
    await chrome.notifications.create(notification, {
      type: "basic",
      iconUrl: chrome.runtime.getURL("icons/icon-128.png"),
      title: t(call.title),
      message: t(call.text),
      priority: 2,
    });
  }
}

export function listenToNotifications(): void {
  chrome.notifications.onClicked.addListener((id) => {
    if (id !== notification) return;
    void chrome.notifications.clear(id);
    void openUi();
  });
}
