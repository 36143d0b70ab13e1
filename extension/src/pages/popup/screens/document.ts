import { number, size } from "../../../shared/format";
import { t } from "../../../shared/i18n";
import type { DocInfo } from "../../../shared/protocol";
import { button, h, note, para } from "../../dom";
import { previewOf } from "../preview";
import { problemNote } from "../problem";
import type { Screen } from "../screen";

/** What the CMD's own site is known to take. */
const siteLimit = 3_000_000;

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
    h(
      "dl",
      { className: "facts" },
      ...row(t("docFrom"), view.source?.site || t("docFromHere")),
      ...(doc.pages ? row(t("docPages"), number(doc.pages)) : []),
      ...row(t("docSize"), size(doc.size)),
      ...row(t("docHash"), h("code", { className: "hash" }, doc.sha256)),
    ),
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

function row(label: string, value: Node | string): Node[] {
  return [h("dt", {}, label), h("dd", {}, value)];
}

function warnings(doc: DocInfo): string[] {
  return [
    doc.encrypted && t("warnEncrypted"),
    doc.xfa && t("warnXfa"),
    doc.doc_mdp && t("warnCertified"),
    doc.signatures && t("warnSigned", number(doc.signatures)),
    doc.damaged && t("warnDamaged"),
    doc.size > siteLimit && t("warnLarge"),
  ].filter((w): w is string => !!w);
}
