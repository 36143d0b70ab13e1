// The native port: one process of the host for as long as it is open.

import { HOST, type ClientMessage, type HostMessage } from "../shared/protocol";
import { disconnectCode, type DisconnectCode } from "./disconnect";

export interface PortEvents {
  conversation(message: HostMessage): void;
  relay(request: unknown): void;
  closed(code: DisconnectCode): void;
}

export class HostPort {
  #port: chrome.runtime.Port;
  #open = true;

  /** Starts the host. What goes wrong is told through closed, later. */
  constructor(events: PortEvents) {
    this.#port = chrome.runtime.connectNative(HOST);
    this.#port.onMessage.addListener((message: unknown) => {
      if (!this.#open || typeof message !== "object" || message === null) return;
      // Relay traffic and the conversation are never in one message.
      if ("cdp" in message) events.relay((message as { cdp: unknown }).cdp);
      else events.conversation(message as HostMessage);
    });
    this.#port.onDisconnect.addListener((port) => {
      if (!this.#open) return;
      this.#open = false;
      // Chromium tells in lastError, Firefox on the port.
      const error = chrome.runtime.lastError ?? (port as { error?: { message?: string } }).error;
      events.closed(disconnectCode(error?.message));
    });
  }

  /** Says false when the port is closed. */
  send(message: ClientMessage | { cdp: unknown }): boolean {
    if (!this.#open) return false;
    this.#port.postMessage(message);
    return true;
  }

  /** Ends the host: closed isn't told. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#port.disconnect();
  }
}
