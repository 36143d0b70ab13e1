import { button, h, note, para } from "../shared/dom";
import { t } from "../shared/i18n";
import type { View } from "../shared/view";
import { problemNote } from "./problem";
import type { Act, Screen } from "./screen";
import { stepper } from "./stepper";

export const working: Screen = (view, act) => [
  h("h1", {}, view.cancelling ? t("cancellingTitle") : t("workingTitle")),
  ...underWay(view),
  buttons(act, true),
];

/** text: what the person may do meanwhile. */
export function afterCode(view: View, act: Act, text: string): Node[] {
  return [h("h1", {}, t("sendingTitle")), ...underWay(view, note("info", para(text))), buttons(act, false)];
}

function underWay(view: View, ...said: Node[]): Node[] {
  return [
    para(view.document?.name ?? "", "name"),
    ...(view.problem ? [problemNote(view.problem)!] : []),
    ...said,
    stepper(view),
    ...picture(view),
  ];
}

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
