import { h } from "../shared/dom";
import { t, type Key } from "../shared/i18n";
import type { Finding } from "../shared/protocol";

const marks: Record<Finding["result"], [mark: string, label: Key]> = {
  pass: ["✓", "findingPass"],
  fail: ["✗", "findingFail"],
  unknown: ["?", "findingUnknown"],
};

/** What was checked, one line each. */
export function findingsList(findings: readonly Pick<Finding, "result" | "text" | "detail">[]): HTMLElement {
  return h(
    "ul",
    { className: "findings" },
    ...findings.map((f) => {
      const [mark, label] = marks[f.result] ?? marks.unknown;
      return h(
        "li",
        { className: f.result },
        h("span", { className: "mark", attrs: { role: "img", "aria-label": t(label) } }, mark),
        // The detail is for people who know PDF, in English: it's shown where something failed and somebody will be asked.
        h("span", {}, f.text, f.result === "fail" && !!f.detail && h("span", { className: "detail" }, f.detail)),
      );
    }),
  );
}
