import type { Screen } from "../../../screens/screen";
import { button, h, note, para } from "../../../shared/dom";
import { t } from "../../../shared/i18n";
import { rowList } from "../queue";

/** What became of each of several documents. */
export const finished: Screen = (view, act) => {
  const queue = view.queue!;
  const signed = queue.rows.filter((row) => row.state === "signed").length;
  const doubt = queue.rows.some((row) => row.state === "maybe" || row.state === "look");
  const all = signed === queue.rows.length;
  return [
    h("h1", { className: all ? "good" : doubt ? "bad" : "" }, t("finishedTitle", String(signed), String(queue.rows.length))),
    ...(doubt ? [note("warning", para(t("finishedDoubt"), "strong"))] : []),
    rowList(queue, true),
    para(t("finishedNoReport"), "muted"),
    h("div", { className: "buttons" }, button(t("backToStart"), () => act({ do: "reset" }), "primary")),
  ];
};
