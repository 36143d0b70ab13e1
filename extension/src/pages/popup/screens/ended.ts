import { failedTitle } from "../../../screens/outcome";
import { problemNote } from "../../../screens/problem";
import type { Screen } from "../../../screens/screen";
import { button, h, link, note, para } from "../../../shared/dom";
import { installPage } from "../../../shared/help";
import { t, type Key } from "../../../shared/i18n";
import type { View } from "../../../shared/view";
import { helpLink } from "../../help-link";
import { afterOne } from "../queue";
import { savedAt } from "../saved";

export const failed: Screen = (view, act) => [
  h("h1", { className: "bad" }, failedTitle(view)),
  para(view.document?.name ?? "", "name"),
  ...(view.problem ? [problemNote(view.problem)!] : []),
  ...(view.file ? [savedAt(view.file.path)] : []),
  h(
    "div",
    { className: "buttons" },
    ...afterOne(view, act),
    // Where a person has to look first, signing again isn't offered with one click.
    view.problem?.retry !== "nothing" && button(t("startAgain"), () => act({ do: "again" }), view.queue ? "plain" : "primary"),
    !view.queue && button(t("backToStart"), () => act({ do: "reset" })),
  ),
];

export const cancelled: Screen = (view, act) => [
  h("h1", {}, t("cancelledTitle")),
  para(t("cancelledText")),
  h(
    "div",
    { className: "buttons" },
    ...afterOne(view, act),
    button(t("startAgain"), () => act({ do: "again" }), view.queue ? "plain" : "primary"),
    !view.queue && button(t("backToStart"), () => act({ do: "reset" })),
  ),
];

const answers: Record<NonNullable<View["interrupted"]>["answer"], Key> = {
  nothing_signed: "interruptedNothing",
  waiting: "interruptedWaiting",
  may_be_signed: "interruptedMaybe",
  saved: "interruptedSaved",
  held: "interruptedHeld",
};

export const interrupted: Screen = (view, act) => {
  const { answer, path, browserPath } = view.interrupted!;
  const bad = answer === "may_be_signed" || answer === "waiting";
  return [
    h("h1", { className: "bad" }, t("interruptedTitle")),
    para(view.document?.name ?? view.source?.name ?? "", "name"),
    note(bad ? "warning" : "info", para(t(answers[answer]), "strong")),
    ...(path ? [savedAt(path)] : []),
    ...(browserPath ? [note("info", para(t("interruptedBrowser"))), savedAt(browserPath)] : []),
    ...(view.problem ? [problemNote(view.problem)!] : []),
    ...(bad ? [helpLink("maybe")] : []),
    ...(answer === "waiting" ? [h("progress", { attrs: { "aria-label": t("interruptedWaiting") } })] : []),
    h(
      "div",
      { className: "buttons" },
      ...(answer === "waiting" ? [] : afterOne(view, act)),
      !view.queue && button(t("backToStart"), () => act({ do: "reset" })),
    ),
  ];
};

export const nohost: Screen = (view, act) => [
  h("h1", { className: "bad" }, view.problem?.code.startsWith("HOST_NOT_FOUND") ? t("nohostTitle") : t("hostTroubleTitle")),
  para(t("hostWhat")),
  ...(view.problem ? [problemNote(view.problem)!] : []),
  para(t("doctorText")),
  h("pre", {}, h("code", {}, "cmdsign doctor")),
  h("p", {}, link(installPage, t("installPage"))),
  h("div", { className: "buttons" }, button(t("retry"), () => act({ do: "retry" }), "primary")),
];
