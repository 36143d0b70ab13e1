// What survives the worker's death, so that the popup tells the truth after it. chrome.storage.session is in memory, and goes
// with the browser. No secret is ever written: a View holds none, and the phone, what a sandbox shows and what a picture shows are left out.

import type { Mode } from "../shared/protocol";
import { inTurn } from "../shared/turns";
import type { View } from "../shared/view";

const slot = "view";

let latest: View | undefined;
const inOrder = inTurn();

/** Ends once this view, or a later one, is written: of those that come while one is on its way only the last is. */
export function saveView(view: View): Promise<void> {
  latest = view;
  return inOrder(async () => {
    const next = latest;
    if (!next) return;
    latest = undefined;
    const { picture: _picture, phone: _phone, code, ...rest } = next;
    try {
      await chrome.storage.session.set({ [slot]: { ...rest, ...(code ? { code: { ...code, sandbox: "" } } : {}) } });
    } catch (err) {
      latest ??= next;
      throw err;
    }
  });
}

export async function loadView(): Promise<View | undefined> {
  return (await chrome.storage.session.get(slot))[slot] as View | undefined;
}

const tabSlot = "relayTab";

/** Remembers the relay's tab, so that a new worker can close it after the old one's death. */
export async function saveRelayTab(id: number | undefined): Promise<void> {
  await chrome.storage.session.set({ [tabSlot]: id ?? null });
}

export async function loadRelayTab(): Promise<number | undefined> {
  return ((await chrome.storage.session.get(tabSlot))[tabSlot] as number | null | undefined) ?? undefined;
}

/** The person's own settings, on this computer. The phone is kept only if asked; the PIN never. */
export interface Settings {
  mode: Mode;
  rememberPhone: boolean;
  country: string;
  phone: string;
  /** Whether the ends of signings are noted (history.ts). */
  history: boolean;
}

export const defaultSettings: Settings = { mode: "relay", rememberPhone: false, country: "+351", phone: "", history: false };

export async function loadSettings(): Promise<Settings> {
  const stored = await chrome.storage.local.get({ ...defaultSettings });
  return stored as unknown as Settings;
}

export async function saveSettings(part: Partial<Settings>): Promise<void> {
  await chrome.storage.local.set(part);
}
