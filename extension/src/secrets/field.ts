// One field of one very document, and how a script is run on it.

import { builtIn } from "../shared/origins";
import { Refusal } from "../shared/refusal";

/** A field: the document was marked in the extension's own world (fieldOf), and has this origin. */
export interface Field {
  tabId: number;
  documentId: string;
  origin: string;
  selector: string;
  mark: string;
}

/** What a script in the page says. "undone": the page took away what was put in. */
export type Answer = "filled" | "undone" | "no-element" | "origin" | "gone";

/** What the extension's own world in a marked document has. */
export type Marked = { signWithCmdDocument?: string };

/**
 * A field of the tab's main document, which must be of one of the origins, and of the extension's own list. The document gets a mark in
 * the extension's own world: documentIds alone doesn't bind. Measured in Chromium 156: after a navigation within one site, a script for
 * the old document ran in the new. script marks it, and gives its origin. Throws NO_ELEMENT, ORIGIN_REFUSED, DOCUMENT_GONE.
 */
export async function fieldOf(tabId: number, origins: readonly string[], selector: unknown, script = markInPage): Promise<Field> {
  if (typeof selector !== "string" || selector === "" || selector.length > 1000) throw new Refusal("NO_ELEMENT", "no selector");
  const mark = crypto.randomUUID();
  const { documentId, origin } = await documentOf(tabId, mark, script);
  if (!builtIn(origin) || !origins.includes(origin)) throw new Refusal("ORIGIN_REFUSED", "the page isn't of an allowed origin");
  return { tabId, documentId, origin, selector, mark };
}

/** The tab's main document, marked, and its origin, as the browser says. */
async function documentOf(tabId: number, mark: string, script: (mark: string) => string): Promise<{ documentId: string; origin: string }> {
  try {
    const [main] = await chrome.scripting.executeScript({ target: { tabId }, func: script, args: [mark] });
    if (main?.documentId && typeof main.result === "string") return { documentId: main.documentId, origin: main.result };
  } catch {
    // Without a permission for the page's origin the browser refuses: that is an origin that isn't allowed.
    throw new Refusal("ORIGIN_REFUSED", "the page isn't of an allowed origin");
  }
  throw new Refusal("DOCUMENT_GONE", "the page changed");
}

/** Throws what a script in the page said, unless it's "filled". */
export function orRefuse(answer: Answer | undefined): void {
  switch (answer) {
    case "filled":
      return;
    case "no-element":
      throw new Refusal("NO_ELEMENT", "the field isn't there");
    case "undone":
      throw new Refusal("FIELD_REFUSED", "the field did not keep what was put in");
    case "origin":
      throw new Refusal("ORIGIN_REFUSED", "the page isn't of an allowed origin");
    default:
      throw new Refusal("DOCUMENT_GONE", "the page changed");
  }
}

/** Runs in the page, on its own: it may use nothing of this file. */
function markInPage(mark: string): string {
  (globalThis as unknown as Marked).signWithCmdDocument = mark;
  return location.origin;
}

/**
 * Runs a function in the field's document, with its origin, selector, mark and one more value. The function has to check the
 * first and the last itself, in the turn in which it acts. Throws DOCUMENT_GONE.
 */
export async function inField<V extends string | number | object>(
  field: Field,
  func: (origin: string, selector: string, mark: string, value: V) => Answer,
  value: V,
): Promise<Answer | undefined> {
  try {
    const [said] = await chrome.scripting.executeScript({
      target: { tabId: field.tabId, documentIds: [field.documentId] },
      func,
      args: [field.origin, field.selector, field.mark, value],
    });
    return said?.result;
  } catch {
    // The browser's message isn't passed on: nobody promises that it doesn't quote the arguments.
    throw new Refusal("DOCUMENT_GONE", "the page changed");
  }
}
