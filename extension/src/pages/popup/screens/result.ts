import { dateTime } from "../../../shared/format";
import { t, type Key } from "../../../shared/i18n";
import type { Result } from "../../../shared/protocol";
import { button, h, link, note, para } from "../../dom";
import { findingsList } from "../../findings";
import { helpLink } from "../../help-link";
import { problemNote } from "../problem";
import { afterOne } from "../queue";
import { savedFile } from "../saved";
import type { Screen } from "../screen";

export const done: Screen = (view, act) => [
  h("h1", { className: "good" }, t("doneTitle")),
  para(view.result?.signer ? t("doneSentence", view.result.signer) : t("doneSentenceNobody"), "strong"),
  ...(view.result?.time ? [para(t("doneTime", time(view.result.time)), "muted")] : []),
  ...savedFile(view, act),
  ...(view.result ? [findings(view.result), helpLink("checked"), validator(view.result)] : []),
  h("div", { className: "buttons" }, button(t("signAnother"), () => act({ do: "reset" }), "primary")),
];

const exists: Record<Result["signature_exists"], Key> = { yes: "existsYes", no: "existsNo", maybe: "existsMaybe" };

export const unverified: Screen = (view, act) => [
  h("h1", { className: "bad" }, view.result?.verdict === "look" ? t("lookTitle") : t("unverifiedTitle")),
  ...(view.problem ? [problemNote(view.problem)!] : []),
  ...(view.result ? [note("warning", para(t(exists[view.result.signature_exists]), "strong"), para(t("dontSignAgain")))] : []),
  ...savedFile(view, act),
  ...(view.result ? [findings(view.result), validator(view.result)] : []),
  h("div", { className: "buttons" }, ...(view.queue ? afterOne(view, act) : [button(t("backToStart"), () => act({ do: "reset" }))])),
];

function findings(result: Result): Node {
  return h("section", {}, h("h2", {}, t("checkedTitle")), findingsList(result.findings));
}

function validator(result: Result): Node {
  const href = result.validator ?? "";
  return h("p", { className: "muted" }, t("notReport"), " ", href.startsWith("https://") && link(href, t("validator")));
}

function time(iso: string): string {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return iso;
  return dateTime(at);
}
