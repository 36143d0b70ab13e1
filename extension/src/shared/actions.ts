// What a page of the extension asks of the worker, and what it gets.

import type { View } from "./view";

export type Action =
  | { do: "link"; url: string; tabId: number; frameId: number; pageUrl: string }
  | { do: "tab"; tabId: number; url: string; pageUrl: string; again: boolean }
  /** A chosen file, in base64 chunks; the last one has last. trial: it's signed in the sandbox inside the host, of no legal value. */
  | { do: "file"; name: string; data: string; last: boolean; trial?: boolean }
  | { do: "confirm" }
  | { do: "accept-mode" }
  | { do: "credentials"; country: string; number: string; pin: string }
  | { do: "otp"; code: string }
  | { do: "resend" }
  | { do: "cancel" }
  | { do: "screenshot" }
  | { do: "show" }
  /** Start again with the same document. */
  | { do: "again" }
  /** Back to choosing. */
  | { do: "reset" }
  /** Try to reach the host again. */
  | { do: "retry" };

export interface Update {
  view: View;
}

/** The name of the port between a page and the worker. */
export const PAGE_PORT = "page";
