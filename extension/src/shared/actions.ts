// What a page of the extension asks of the worker, and what it gets.

import type { Visible } from "./protocol";
import type { View } from "./view";

/** A document that a page points at. */
export type Pointed =
  | { do: "link"; url: string; tabId: number; frameId: number; pageUrl: string }
  | { do: "tab"; tabId: number; url: string; pageUrl: string; again: boolean };

export type Action =
  | Pointed
  /** Several, to be signed one after the other. */
  | { do: "many"; documents: Pointed[] }
  /**
   * A chosen file, in base64 chunks; the last one has last. choice and offset say where a chunk belongs, and aren't needed where one has it all.
   * more: another file of the same choice follows. trial: it's signed in the sandbox inside the host, of no legal value. unreadable: no more
   * of it can be had.
   */
  | { do: "file"; choice?: string; name: string; offset?: number; data: string; last: boolean; more?: boolean; trial?: boolean; unreadable?: boolean }
  /** Asks for a piece of the document that is shown; the answer is a Part, by PARTS. */
  | { do: "part"; sha256: string; offset: number }
  /** drawn: what it was pressed under (view.ts). visible: the signature is to show. */
  | { do: "confirm"; drawn: string; visible?: Visible }
  | { do: "accept-mode" }
  /** visible: of several documents, the signature is to show in each. */
  | { do: "credentials"; country: string; number: string; pin: string; visible?: Visible }
  | { do: "otp"; code: string }
  | { do: "resend" }
  | { do: "cancel" }
  | { do: "screenshot" }
  | { do: "show" }
  /** Start again with the same document. */
  | { do: "again" }
  /** Back to choosing. */
  | { do: "reset" }
  /** Has this computer show the signed file, or its folder. */
  | { do: "open"; what: "file" | "folder" }
  /** Try to reach the host again. */
  | { do: "retry" }
  /** Of several documents: leave this one out. drawn: what it was pressed under. */
  | { do: "skip"; drawn: string }
  /** Of several documents: the one under way is the last. */
  | { do: "stop-after" }
  /** Of several documents, after one that wasn't signed: go on with the next. */
  | { do: "next" }
  /** Of several documents: no more of them; show what became of each. */
  | { do: "finish" };

export interface Update {
  view: View;
}

/** A piece of the document with this SHA-256, as long as the worker likes; without data it can't be had. */
export interface Part {
  sha256: string;
  offset: number;
  data?: Uint8Array<ArrayBuffer>;
}

/** The BroadcastChannel by which pieces come to all pages that are open: unlike the port, it takes bytes. */
export const PARTS = "parts";

/** The name of the port between a page and the worker. */
export const PAGE_PORT = "page";
