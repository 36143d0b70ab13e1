// What became of a document, from the screen that its signing ended on.

import type { Row, View } from "../shared/view";

/** undefined while it's under way. */
export function outcome(view: View): Partial<Row> | undefined {
  const why = view.problem?.message;
  switch (view.screen) {
    case "done":
      return { state: "signed", path: view.file?.path, why: undefined };
    case "unverified":
      return { state: "look", path: view.file?.path, why };
    case "failed":
      if (view.file) return { state: "look", path: view.file.path, why };
      return { state: view.problem?.code === "MAY_BE_SIGNED" ? "maybe" : "failed", why };
    case "cancelled":
      return { state: "cancelled", why: undefined };
    case "nohost":
      return { state: "failed", why };
    case "interrupted": {
      const { answer, path, browserPath } = view.interrupted!;
      if (answer === "nothing_signed") return { state: "failed", why };
      // The journal says that a file was saved, not what the check found.
      return { state: answer === "saved" || answer === "held" ? "look" : "maybe", path: path ?? browserPath, why };
    }
    default:
      return undefined;
  }
}

/** What says no to one document because of the person's account, the site or the browser says no to the next too. */
export function stopsAll(code: string): boolean {
  return [
    "ACCOUNT_LOCKED", "SIGNATURE_INACTIVE", "PIN_CHANGE_REQUIRED", "ORIGIN_REFUSED", "EXTENSION_CONFLICT", "BROWSER_NOT_FOUND",
    "PAGES_INVALID", "JOURNAL_FAILED",
  ].includes(code);
}
