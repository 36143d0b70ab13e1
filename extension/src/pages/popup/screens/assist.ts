import { t } from "../../../shared/i18n";
import { button, h, para } from "../../dom";
import { problemNote } from "../problem";
import type { Screen } from "../screen";
import { stepName } from "../stepper";
import { askedFor } from "../visible";
import { picture } from "./working";

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
