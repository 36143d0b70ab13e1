// What is known of a document before it's signed.

import { h } from "../shared/dom";
import { number, size } from "../shared/format";
import { t } from "../shared/i18n";
import type { DocInfo } from "../shared/protocol";

/** What the CMD's own site is known to take. */
const siteLimit = 3_000_000;

/** from: the site that it came from; without it nothing is said of that. */
export function facts(doc: DocInfo, from?: string): HTMLElement {
  return h(
    "dl",
    { className: "facts" },
    ...(from === undefined ? [] : row(t("docFrom"), from)),
    ...(doc.pages ? row(t("docPages"), number(doc.pages)) : []),
    ...row(t("docSize"), size(doc.size)),
    ...row(t("docHash"), h("code", { className: "hash" }, doc.sha256)),
  );
}

function row(label: string, value: Node | string): Node[] {
  return [h("dt", {}, label), h("dd", {}, value)];
}

/** What could go wrong with it, or be other than expected. */
export function warnings(doc: DocInfo): string[] {
  return [
    doc.encrypted && t("warnEncrypted"),
    doc.xfa && t("warnXfa"),
    doc.doc_mdp && t("warnCertified"),
    doc.signatures && t("warnSigned", number(doc.signatures)),
    doc.damaged && t("warnDamaged"),
    doc.size > siteLimit && t("warnLarge"),
  ].filter((w): w is string => !!w);
}
