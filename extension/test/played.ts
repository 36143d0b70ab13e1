// The browser and the host's end of the native port, played for the worker's tests.

import { expect, vi } from "vitest";
import type { Queue } from "../src/background/queue";
import type { Visible } from "../src/shared/protocol";
import { drawn } from "../src/shared/view";
import { fakeChrome } from "./fake-chrome";

export type Message = Record<string, unknown>;

/** The native port's other end. */
export class Host {
  got: Message[] = [];
  message: (m: Message) => void = () => {};
  gone: (port: object) => void = () => {};
  closed = false;
  say = (m: Message) => this.message(m);
  /** Dies, as the browser tells it. */
  die(message: string): void {
    Object.assign(chrome.runtime, { lastError: { message } });
    this.gone({});
    Object.assign(chrome.runtime, { lastError: undefined });
  }
}

export let hosts: Host[];
export let session: Record<string, unknown>;
export let downloads: { items: object[]; changed?: (delta: object) => void };
export const hello = { state: "start", protocol: 1, min_protocol: 1, version: "0.1.0", environment: "production", modes: ["relay", "launch"] };

function browser(): void {
  const fake = fakeChrome();
  downloads = { items: [] };
  const area = (store: Record<string, unknown>) => ({
    get: async (key: string | object) => (typeof key === "string" ? { [key]: store[key] } : { ...key, ...store }),
    set: async (part: object) => void Object.assign(store, JSON.parse(JSON.stringify(part))),
  });
  Object.assign(fake, {
    storage: { session: area(session), local: area({}) },
    action: { setBadgeText: vi.fn(async () => {}), setBadgeBackgroundColor: vi.fn(async () => {}), openPopup: vi.fn(async () => {}) },
    notifications: { create: vi.fn(async () => {}), clear: vi.fn(async () => {}) },
    downloads: {
      onChanged: { addListener: (f: (delta: object) => void) => (downloads.changed = f), removeListener: () => (downloads.changed = undefined) },
      search: async () => downloads.items,
    },
  });
  Object.assign(fake.runtime, {
    connectNative: vi.fn(() => {
      const host = new Host();
      hosts.push(host);
      return {
        postMessage: (m: Message) => host.got.push(JSON.parse(JSON.stringify(m))),
        disconnect: () => (host.closed = true),
        onMessage: { addListener: (f: (m: Message) => void) => (host.message = f) },
        onDisconnect: { addListener: (f: (port: object) => void) => (host.gone = f) },
      };
    }),
  });
}

/** A browser that was just started. */
export function begin(): void {
  vi.useRealTimers();
  hosts = [];
  session = {};
  browser();
}

export const until = (check: () => unknown) => vi.waitFor(() => expect(check()).toBeTruthy(), { timeout: 4000, interval: 2 });
export const host = () => hosts.at(-1)!;
/** Presses the button under the document that is shown. */
export const confirm = (queue: Queue, visible?: Visible) => queue.act({ do: "confirm", drawn: drawn(queue.view), visible });
export const told = (key: string) => host().got.filter((m) => key in m);

