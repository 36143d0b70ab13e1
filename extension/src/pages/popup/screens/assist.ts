import { problemNote } from "../../../screens/problem";
import type { Screen } from "../../../screens/screen";
import { stepName } from "../../../screens/stepper";
import { picture } from "../../../screens/working";
import { button, h, para } from "../../../shared/dom";
import { t } from "../../../shared/i18n";
import { askedFor } from "../visible";

export const assist: Screen = (view, act) => {
  const { step, title, site, shown, trace, visible } = view.assist!;
  return [
    h("h1", {}, t("assistTitle")),
    ...(view.problem ? [problemNote(view.problem)!] : []),
    ...(step ? [para(t("assistStep", stepName(step)), "strong")] : []),
    ...(title || site ? [para(t("assistPage", title || "—", site || "—"), "muted")] : []),
    para(shown ? t("assistShown") : t("assistHidden")),
    ...(visible ? [askedFor(visible)] : []),
    ...picture(view),
    ...(trace ? [para(t("assistTrace", trace), "muted")] : []),
    h(
      "div",
      { className: "buttons" },
      view.mode === "relay" && button(t("showPage"), () => act({ do: "show" }), "primary"),
      button(t("seePage"), () => act({ do: "screenshot" }), "quiet"),
      button(t("cancel"), () => act({ do: "cancel" })),
    ),
  ];
};
