import type { Screen } from "../../../screens/screen";
import { button, h, para } from "../../../shared/dom";
import { t } from "../../../shared/i18n";
import { previewToCome } from "../preview";

export const fetching: Screen = (view, act) => [
  h("h1", {}, view.source ? t("checkingTitle") : t("fetchingTitle")),
  ...(view.source ? [para(view.source.name, "name")] : []),
  h("progress", { attrs: { "aria-label": t("fetchingTitle") } }),
  h("div", { className: "buttons" }, button(t("cancel"), () => act({ do: "cancel" }))),
  previewToCome(),
];
