// One field of one very document, and how a script is run on it.

import { Refusal } from "../shared/refusal";

/** A field: the document was marked in the extension's own world (fill.ts), and has this origin. */
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
 * Runs a function in the field's document, with its origin, selector, mark and one more value. The function has to check the
 * first and the last itself, in the turn in which it acts. Throws DOCUMENT_GONE.
 */
export async function inField<V extends string | number>(
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
