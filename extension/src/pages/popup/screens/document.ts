import { facts, warnings } from "../../../screens/facts";
import { problemNote } from "../../../screens/problem";
import type { Screen } from "../../../screens/screen";
import { button, h, note, para } from "../../../shared/dom";
import { t } from "../../../shared/i18n";
import { previewOf } from "../preview";
import { visibleSignature } from "../visible";

export const document: Screen = (view, act) => {
  const doc = view.document!;
  const preview = previewOf(doc, act);
  // Of several it's chosen once for all, with the PIN.
  const seal = view.queue || !view.host?.visible ? undefined : visibleSignature(view);
  const confirm = button(view.lookFirst ? t("signAgain") : t("confirmDocument"), () => {
    if (!seal || seal.valid()) act({ do: "confirm", visible: seal?.read() });
  }, "primary");
  preview.guard(confirm);
  return [
    h("h1", {}, t("documentTitle")),
    para(doc.name, "name"),
    ...(view.problem ? [problemNote(view.problem)!] : []),
    ...warnings(doc).map((text) => note("warning", para(text))),
    preview.element,
    facts(doc, view.source?.site || t("docFromHere")),
    ...(seal ? [seal.node] : []),
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
