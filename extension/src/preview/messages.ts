// What passes between a page of the extension and the frame that shows a PDF. The frame has met the PDF: what comes from it is held
// to these shapes, and can say no more than that a page is shown, or isn't.

/** To the frame. */
export type ToFrame =
  | { kind: "open"; data: ArrayBuffer; lang: string }
  /** page: from 1. zoom: 1 fills the frame's width. label: what the picture is, for a screen reader. */
  | { kind: "show"; page: number; zoom: number; label: string };

/** From the frame. */
export type FromFrame =
  | { kind: "ready" }
  | { kind: "opened"; pages: number }
  /** whole: false where a part of the page could not be drawn. */
  | { kind: "shown"; page: number; whole: boolean }
  | { kind: "failed"; page: number; why: "password" | "broken" }
  /** A key that turns pages or zooms, pressed in the frame. */
  | { kind: "key"; key: TurnKey };

export const turnKeys = ["next", "previous", "first", "last", "in", "out"] as const;
export type TurnKey = (typeof turnKeys)[number];

/** The most pages that are believed. */
export const maxPages = 100_000;

/** The message, rebuilt from the fields that it may have; undefined for anything else. pages: how many the document has, 0 if that isn't known yet. */
export function fromFrame(data: unknown, pages: number): FromFrame | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const m = data as Record<string, unknown>;
  const page = (least: number) => (Number.isInteger(m.page) && (m.page as number) >= least && (m.page as number) <= pages ? (m.page as number) : undefined);
  switch (m.kind) {
    case "ready":
      return { kind: "ready" };
    case "opened": {
      const n = m.pages;
      return Number.isInteger(n) && (n as number) >= 1 && (n as number) <= maxPages ? { kind: "opened", pages: n as number } : undefined;
    }
    case "shown": {
      const n = page(1);
      return n !== undefined && typeof m.whole === "boolean" ? { kind: "shown", page: n, whole: m.whole } : undefined;
    }
    case "failed": {
      const n = page(0);
      return n !== undefined && (m.why === "password" || m.why === "broken") ? { kind: "failed", page: n, why: m.why } : undefined;
    }
    case "key": {
      const key = turnKeys.find((k) => k === m.key);
      return key ? { kind: "key", key } : undefined;
    }
    default:
      return undefined;
  }
}

const keys = new Map<string, TurnKey>([
  ["ArrowRight", "next"], ["PageDown", "next"], ["ArrowLeft", "previous"], ["PageUp", "previous"], ["Home", "first"], ["End", "last"],
  ["+", "in"], ["-", "out"],
]);

/** What a key does, in the frame and around it. */
export function turnKey(e: { key: string; ctrlKey: boolean; altKey: boolean; metaKey: boolean }): TurnKey | undefined {
  return e.ctrlKey || e.altKey || e.metaKey ? undefined : keys.get(e.key);
}
