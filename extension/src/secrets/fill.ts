// Fills a secret into the page by a script that is bound to one very document, and checks the origin in the same turn.

import { builtIn } from "../shared/origins";
import { Refusal } from "../shared/refusal";
import { inField, type Answer, type Marked } from "./field";
import { typeSecret } from "./keys";
import type { Tokens } from "./tokens";

/** fillSecret of docs/RELAY.md: origins are those of open. */
export async function fillSecret(
  tabId: number,
  origins: readonly string[],
  tokens: Tokens,
  token: unknown,
  selector: unknown,
): Promise<{ filled: true }> {
  if (tokens.peek(token) === undefined) throw new Refusal("NO_TOKEN", "not a token of this port, or used already");
  if (typeof selector !== "string" || selector === "" || selector.length > 1000) throw new Refusal("NO_ELEMENT", "no selector");
  const mark = crypto.randomUUID();
  const { documentId, origin } = await documentOf(tabId, mark);
  if (!builtIn(origin) || !origins.includes(origin)) throw new Refusal("ORIGIN_REFUSED", "the page isn't of an allowed origin");
  // Taken only now: while documentOf was under way the secret may have been withdrawn.
  const value = tokens.peek(token);
  if (value === undefined) throw new Refusal("NO_TOKEN", "not a token of this port, or used already");

  const field = { tabId, documentId, origin, selector, mark };
  let answer = await inField(field, fillInPage, value);
  // A page that undoes what isn't typed: keys, then.
  if (answer === "undone") answer = await typeSecret(field, value);
  switch (answer) {
    case "filled":
      tokens.used(token as string);
      return { filled: true };
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

/**
 * The tab's main document and its origin, as the browser says. It gets a mark in the extension's own world: documentIds alone
 * doesn't bind. Measured in Chromium 156: after a navigation within one site, a script for the old document ran in the new.
 */
async function documentOf(tabId: number, mark: string): Promise<{ documentId: string; origin: string }> {
  try {
    const [main] = await chrome.scripting.executeScript({ target: { tabId }, func: markInPage, args: [mark] });
    if (main?.documentId && typeof main.result === "string") return { documentId: main.documentId, origin: main.result };
  } catch {
    // Without a permission for the page's origin the browser refuses: that is an origin that isn't allowed.
    throw new Refusal("ORIGIN_REFUSED", "the page isn't of an allowed origin");
  }
  throw new Refusal("DOCUMENT_GONE", "the page changed");
}

/** Runs in the page, on its own: it may use nothing of this file. */
export function markInPage(mark: string): string {
  (globalThis as unknown as Marked).signWithCmdDocument = mark;
  return location.origin;
}

/** Runs in the page, on its own: it may use nothing of this file. Touches no focus, which password managers wait for. */
export function fillInPage(origin: string, selector: string, mark: string, value: string): Answer {
  if (location.origin !== origin || window.top !== window) return "origin";
  if ((globalThis as unknown as Marked).signWithCmdDocument !== mark) return "gone";
  let field: Element | null = null;
  try {
    field = document.querySelector(selector);
  } catch {
    return "no-element";
  }
  if (!(field instanceof HTMLInputElement) || !field.isConnected || field.disabled || field.readOnly) return "no-element";
  // The class's own setter: frameworks put one of theirs on the element.
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")!.set!.call(field, value);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
  return field.value === value ? "filled" : "undone";
}
