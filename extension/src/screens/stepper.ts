import { h } from "../shared/dom";
import { t, type Key } from "../shared/i18n";
import type { View } from "../shared/view";

/** The site's own steps, in its order, then ours. */
const steps: [progress: string, label: Key][] = [
  ["root_page", "stepIntro"],
  ["upload_page", "stepUpload"],
  ["preview_page", "stepPreview"],
  ["details_page", "stepDetails"],
  ["credentials_page", "stepCredentials"],
  ["otp", "stepCode"],
  ["code_sent", "stepSent"],
  ["received", "stepReceived"],
  ["checked", "stepChecked"],
];

/** How far the signing is: the index of the step that it's at, -1 before the first. */
export function position(view: View): number {
  if (view.screen === "code") return index("otp");
  const reached = Math.max(-1, ...view.steps.map(index));
  return view.screen === "sending" ? Math.max(reached, index("code_sent")) : reached;
}

function index(progress: string): number {
  return steps.findIndex(([name]) => name === progress);
}

/** The name of a step as the host calls it; a name of a newer host stays as it is. */
export function stepName(progress: string): string {
  const label = steps[index(progress)]?.[1];
  return label ? t(label) : progress;
}

export function stepper(view: View): HTMLElement {
  const at = position(view);
  return h(
    "ol",
    { className: "steps", attrs: { "aria-label": t("stepsLabel") } },
    ...steps.map(([, label], i) => {
      const state = i < at ? "past" : i === at ? "current" : "ahead";
      return h(
        "li",
        { className: state, attrs: state === "current" ? { "aria-current": "step" } : {} },
        t(label),
        state === "past" && h("span", { className: "visually-hidden" }, t("stepPast")),
      );
    }),
  );
}
