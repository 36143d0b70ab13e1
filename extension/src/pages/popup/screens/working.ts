import { t } from "../../../shared/i18n";
import type { View } from "../../../shared/view";
import { button, h, note, para } from "../../dom";
import { problemNote } from "../problem";
import type { Act, Screen } from "../screen";
import { stepper } from "../stepper";

export const working: Screen = (view, act) => [
  h("h1", {}, view.cancelling ? t("cancellingTitle") : t("workingTitle")),
  para(view.document?.name ?? "", "name"),
  ...(view.problem ? [problemNote(view.problem)!] : []),
  stepper(view),
  ...picture(view),
  buttons(act, true),
];

export const sending: Screen = (view, act) => [
  h("h1", {}, t("sendingTitle")),
  para(view.document?.name ?? "", "name"),
  ...(view.problem ? [problemNote(view.problem)!] : []),
  note("info", para(t("sendingText"))),
  stepper(view),
  ...picture(view),
  buttons(act, false),
];

export function picture(view: View): Node[] {
  if (!view.picture) return [];
  return [h("img", { src: `data:image/png;base64,${view.picture}`, alt: t("pictureAlt"), className: "picture" })];
}

function buttons(act: Act, cancel: boolean): Node {
  return h(
    "div",
    { className: "buttons" },
    cancel && button(t("cancel"), () => act({ do: "cancel" })),
    button(t("seePage"), () => act({ do: "screenshot" }), "quiet"),
  );
}
