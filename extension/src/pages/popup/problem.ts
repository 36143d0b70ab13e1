import { t } from "../../shared/i18n";
import type { Problem } from "../../shared/protocol";
import { h, note, para } from "../dom";

/** What happened, what the page itself said, and what to do next. */
export function problemNote(problem: Problem | undefined): HTMLElement | undefined {
  if (!problem) return undefined;
  return note(
    "error",
    para(problem.message, "strong"),
    !!problem.site && h("blockquote", {}, h("span", { className: "label" }, t("siteSaid")), " ", problem.site),
    !!problem.next && para(problem.next),
  );
}
