import { facts, warnings } from "../../../screens/facts";
import { problemNote } from "../../../screens/problem";
import type { Screen } from "../../../screens/screen";
import { button, h, note, para } from "../../../shared/dom";
import { t } from "../../../shared/i18n";
import { previewOf } from "../preview";

export const document: Screen = (view, act) => {
  const doc = view.document!;
  const preview = previewOf(doc, act);
  const confirm = button(view.lookFirst ? t("signAgain") : t("confirmDocument"), () => act({ do: "confirm" }), "primary");
  preview.guard(confirm);
  return [
    h("h1", {}, t("documentTitle")),
    para(doc.name, "name"),
    ...(view.problem ? [problemNote(view.problem)!] : []),
    ...warnings(doc).map((text) => note("warning", para(text))),
    preview.element,
    facts(doc, view.source?.site || t("docFromHere")),
    h(
      "div",
      { className: "buttons stay" },
      confirm,
      ...(view.queue?.phase === "review"
        ? [button(t("leaveOut"), () => act({ do: "skip" })), button(t("cancelAll"), () => act({ do: "cancel" }), "quiet")]
        : [button(t("notThis"), () => act({ do: "cancel" }))]),
    ),
  ];
};
