// A stand-in for the parts of the browser that the relay uses. Tests set what it answers and see what it was asked.

import { vi } from "vitest";

class Event<A extends unknown[]> {
  listeners = new Set<(...args: A) => void>();
  addListener = (f: (...args: A) => void) => void this.listeners.add(f);
  removeListener = (f: (...args: A) => void) => void this.listeners.delete(f);
  emit(...args: A): void {
    for (const f of [...this.listeners]) f(...args);
  }
}

export function fakeChrome() {
  const tabs = new Map<number, { id: number; windowId: number; active: boolean }>();
  let nextTab = 7;
  const fake = {
    openTabs: tabs,
    runtime: { id: "biinmmoipeoiiaklagdgaiadmjdphlhg", getURL: (path: string) => `chrome-extension://biinmmoipeoiiaklagdgaiadmjdphlhg/${path}`, getManifest: () => ({ version: "0.0.0" }) },
    i18n: { getMessage: (key: string) => key },
    tabs: {
      create: vi.fn(async ({ active }: { url: string; active: boolean }) => {
        const tab = { id: nextTab++, windowId: 1, active };
        tabs.set(tab.id, tab);
        return tab;
      }),
      get: vi.fn(async (id: number) => {
        if (!tabs.has(id)) throw new Error(`No tab with id: ${id}.`);
        return tabs.get(id)!;
      }),
      update: vi.fn(async (id: number, change: { active: boolean }) => Object.assign(tabs.get(id)!, change)),
      remove: vi.fn(async (id: number) => void tabs.delete(id)),
      sendMessage: vi.fn(async (_tab: number, _message: unknown, _options: unknown): Promise<unknown> => true),
    },
    windows: { update: vi.fn(async () => ({})) },
    debugger: {
      onEvent: new Event<[{ tabId: number; sessionId?: string }, string, object?]>(),
      onDetach: new Event<[{ tabId: number }, string]>(),
      attach: vi.fn(async (_target: { tabId: number }, _version: string) => {}),
      detach: vi.fn(async (_target: { tabId: number }) => {}),
      sendCommand: vi.fn(async (_target: { tabId: number }, method: string, _params?: unknown): Promise<unknown> => {
        if (method === "Target.getTargetInfo") return { targetInfo: { targetId: "T1" } };
        if (method === "Page.getFrameTree") return { frameTree: { frame: { url: "https://cmd.autenticacao.gov.pt/x" } } };
        return {};
      }),
    },
    action: {
      setBadgeText: vi.fn(async (_m: { text: string }) => {}),
      setBadgeBackgroundColor: vi.fn(async (_m: { color: string }) => {}),
    },
    notifications: {
      create: vi.fn(async (id: string, _options: unknown): Promise<string> => id),
      clear: vi.fn(async (_id: string): Promise<boolean> => true),
    },
    storage: { session: { set: vi.fn(async (_items: Record<string, unknown>) => {}) } },
    declarativeNetRequest: {
      rules: new Map<number, { id: number; condition: { tabIds: number[]; urlFilter?: string } }>(),
      updateSessionRules: vi.fn(async ({ addRules = [], removeRuleIds = [] }: { addRules?: { id: number }[]; removeRuleIds?: number[] }) => {
        for (const id of removeRuleIds) fake.declarativeNetRequest.rules.delete(id);
        for (const { id } of addRules) if (fake.declarativeNetRequest.rules.has(id)) throw new Error(`Rule with id ${id} does not have a unique ID.`);
        for (const rule of addRules) fake.declarativeNetRequest.rules.set(rule.id, rule as never);
      }),
      getSessionRules: vi.fn(async () => [...fake.declarativeNetRequest.rules.values()]),
    },
    scripting: { executeScript: vi.fn(async (_injection: unknown): Promise<unknown[]> => [{ result: [] }]) },
  };
  vi.stubGlobal("chrome", fake);
  return fake;
}

export type FakeChrome = ReturnType<typeof fakeChrome>;
