// What is told of a signing that's over.

import { h, link, note, para } from "../shared/dom";
import { dateTime } from "../shared/format";
import { t, type Key } from "../shared/i18n";
import type { Result } from "../shared/protocol";
import type { View } from "../shared/view";
import { findingsList } from "./findings";

/** By whom and when; after the check. */
export function signedBy({ result }: View): Node[] {
  return [
    para(result?.signer ? t("doneSentence", result.signer) : t("doneSentenceNobody"), "strong"),
    ...(result?.time ? [para(t("doneTime", time(result.time)), "muted")] : []),
  ];
}

/** What was checked, one line each. */
export function findings(result: Result): Node {
  return h("section", {}, h("h2", {}, t("checkedTitle")), findingsList(result.findings));
}

/** What that isn't, and who gives it. */
export function validator(result: Result): Node {
  const href = result.validator ?? "";
  return h("p", { className: "muted" }, t("notReport"), " ", href.startsWith("https://") && link(href, t("validator")));
}

const exists: Record<Result["signature_exists"], Key> = { yes: "existsYes", no: "existsNo", maybe: "existsMaybe" };

/** Of a file that isn't verified: its heading, and whether a signature exists. */
export function unverifiedTitle({ result }: View): HTMLElement {
  return h("h1", { className: "bad" }, result?.verdict === "look" ? t("lookTitle") : t("unverifiedTitle"));
}

export function whetherSigned(result: Result): HTMLElement {
  return note("warning", para(t(exists[result.signature_exists]), "strong"), para(t("dontSignAgain")));
}

/** After the code, a failure doesn't mean that nothing was signed. */
export function failedTitle(view: View): string {
  if (view.file) return t("notInDownloadsTitle");
  return view.problem?.code === "MAY_BE_SIGNED" ? t("maybeTitle") : t("failedTitle");
}

function time(iso: string): string {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return iso;
  return dateTime(at);
}
