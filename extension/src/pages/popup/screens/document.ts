import { facts, warnings } from "../../../screens/facts";
import { problemNote } from "../../../screens/problem";
import type { Screen } from "../../../screens/screen";
import { button, h, note, para } from "../../../shared/dom";
import { t } from "../../../shared/i18n";
import { drawn, type View } from "../../../shared/view";
import { pauseBefore } from "../pause";
import { previewOf } from "../preview";
import { visibleSignature } from "../visible";

export const document: Screen = (view, act) => {
  const doc = view.document!;
  const what = drawn(view);
  const preview = previewOf(doc, act);
  // Of several it's chosen once for all, with the PIN.
  const seal = view.queue || !view.host?.visible ? undefined : visibleSignature(view);
  const confirm = button(view.lookFirst ? t("signAgain") : t("confirmDocument"), () => {
    if (!seal || seal.valid()) act({ do: "confirm", drawn: what, visible: seal?.read() });
  }, "primary");
  preview.guard(confirm);
  const leaveOut = button(t("leaveOut"), () => act({ do: "skip", drawn: what }));
  pauseBefore(what, follows(view), [confirm, leaveOut]);
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
        ? [leaveOut, button(t("cancelAll"), () => act({ do: "cancel" }), "quiet")]
        : [button(t("notThis"), () => act({ do: "cancel" }))]),
    ),
  ];
};

/** It comes where another document was, or this one before it was known that it may have been signed, which the person has answered by the same buttons. */
function follows({ lookFirst, queue }: View): boolean {
  return lookFirst === true || (queue?.rows ?? []).some(({ state }) => state === "confirmed" || state === "skipped");
}
