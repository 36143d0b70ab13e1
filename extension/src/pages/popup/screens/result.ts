import { findings, signedBy, unverifiedTitle, validator, whetherSigned } from "../../../screens/outcome";
import { problemNote } from "../../../screens/problem";
import type { Screen } from "../../../screens/screen";
import { button, h } from "../../../shared/dom";
import { t } from "../../../shared/i18n";
import { helpLink } from "../../help-link";
import { afterOne } from "../queue";
import { savedFile } from "../saved";

export const done: Screen = (view, act) => [
  h("h1", { className: "good" }, t("doneTitle")),
  ...signedBy(view),
  ...savedFile(view, act),
  ...(view.result ? [findings(view.result), helpLink("checked"), validator(view.result)] : []),
  h("div", { className: "buttons" }, button(t("signAnother"), () => act({ do: "reset" }), "primary")),
];

export const unverified: Screen = (view, act) => [
  unverifiedTitle(view),
  ...(view.problem ? [problemNote(view.problem)!] : []),
  ...(view.result ? [whetherSigned(view.result)] : []),
  ...savedFile(view, act),
  ...(view.result ? [findings(view.result), validator(view.result)] : []),
  h("div", { className: "buttons" }, ...(view.queue ? afterOne(view, act) : [button(t("backToStart"), () => act({ do: "reset" }))])),
];
