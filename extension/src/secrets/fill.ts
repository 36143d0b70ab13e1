// Fills a secret into the page by a script that is bound to one very document, and checks the origin in the same turn.

import { Refusal } from "../shared/refusal";
import { fieldOf, inField, orRefuse, type Answer, type Marked } from "./field";
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
  const field = await fieldOf(tabId, origins, selector);
  // Taken only now: while the document was looked at the secret may have been withdrawn.
  const value = tokens.peek(token);
  if (value === undefined) throw new Refusal("NO_TOKEN", "not a token of this port, or used already");

  let answer = await inField(field, fillInPage, value);
  // A page that undoes what isn't typed: keys, then.
  if (answer === "undone") answer = await typeSecret(field, value);
  orRefuse(answer);
  tokens.used(token as string);
  return { filled: true };
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
