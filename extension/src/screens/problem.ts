import { helpFor } from "#help";
import { h, note, para } from "../shared/dom";
import { t } from "../shared/i18n";
import type { Problem } from "../shared/protocol";

/** What happened, what the page itself said, what to do next, and where there's help. */
export function problemNote(problem: Problem | undefined): HTMLElement | undefined {
  if (!problem) return undefined;
  return note(
    "error",
    para(problem.message, "strong"),
    !!problem.site && h("blockquote", {}, h("span", { className: "label" }, t("siteSaid")), " ", problem.site),
    !!problem.next && para(problem.next),
    helpFor(problem.code),
  );
}
