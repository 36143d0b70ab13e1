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

/** What the button has by now; unknown to a worker that has just started. Each change of it has the browser draw its toolbar anew. */
let marked: string | undefined;
/** A notification may be there. */
let called = true;

/** Marks the button for a screen; with nobody watching, says so aloud too. */
export async function callBack(screen: Screen, watched: boolean, changed: boolean): Promise<void> {
  const call = calls[screen];
  const asks = screen === "code" || screen === "assist";
  const text = call && (asks || !watched) ? call.badge : "";
  const mark = text && text + call!.colour;
  if (mark !== marked) {
    await chrome.action.setBadgeText({ text });
    if (text) await chrome.action.setBadgeBackgroundColor({ color: call!.colour });
    marked = mark;
  }
  if (watched || !call) {
    if (called) await chrome.notifications.clear(notification);
    called = false;
  } else if (changed) {
    called = true;
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
