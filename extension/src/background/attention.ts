// Calls the person back when the popup is closed: a mark on the button, and a notification.

import { t, type Key } from "../shared/i18n";
import { inTurn } from "../shared/turns";
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

// What the browser was told last. A worker that has just begun doesn't know what the one before it said.
let badge: string | undefined;
let colour: string | undefined;
let calling = true;
/** A notification comes some time after it was asked for: to clear it too soon would leave it there. */
const inOrder = inTurn();

/** Marks the button for a screen; with nobody watching, says so aloud too. */
export async function callBack(screen: Screen, watched: boolean, changed: boolean): Promise<void> {
  const call = calls[screen];
  const asks = screen === "code" || screen === "assist";
  mark(call && (asks || !watched) ? call : undefined);
  if (watched || !call) await inOrder(hush);
  else if (changed) await inOrder(() => say(call));
}

/** Each of its commands has the browser lay out its toolbar: only what is new is told, and in this turn, so that it's told in order. */
function mark(call: Call | undefined): void {
  if (call && call.colour !== colour) {
    colour = call.colour;
    chrome.action.setBadgeBackgroundColor({ color: colour }).catch(() => (colour = undefined));
  }
  const text = call?.badge ?? "";
  if (text === badge) return;
  badge = text;
  chrome.action.setBadgeText({ text }).catch(() => (badge = undefined));
}

async function hush(): Promise<void> {
  if (!calling) return;
  await chrome.notifications.clear(notification);
  calling = false;
}

async function say(call: Call): Promise<void> {
  calling = true;
  await chrome.notifications.create(notification, {
    type: "basic",
    iconUrl: chrome.runtime.getURL("icons/icon-128.png"),
    title: t(call.title),
    message: t(call.text),
    priority: 2,
  });
}

export function listenToNotifications(): void {
  chrome.notifications.onClicked.addListener((id) => {
    if (id !== notification) return;
    void chrome.notifications.clear(id);
    void openUi();
  });
}
