// Several documents: where they stand, below whatever screen is shown.

import type { Act } from "../../screens/screen";
import { button, h, para } from "../../shared/dom";
import { t, type Key } from "../../shared/i18n";
import type { QueueView, Row, RowState, View } from "../../shared/view";

const states: Record<RowState, [mark: string, label: Key]> = {
  waiting: ["·", "rowWaiting"],
  confirmed: ["•", "rowConfirmed"],
  skipped: ["–", "rowSkipped"],
  signing: ["▸", "rowSigning"],
  signed: ["✓", "rowSigned"],
  look: ["!", "rowLook"],
  maybe: ["!", "rowMaybe"],
  failed: ["✗", "rowFailed"],
  cancelled: ["–", "rowCancelled"],
  unsigned: ["–", "rowUnsigned"],
};

/** Nothing where there is only one. */
export function queueStrip(view: View, act: Act): Node[] {
  const { queue } = view;
  if (!queue || view.screen === "finished") return [];
  return [
    h(
      "section",
      { className: "queue", attrs: { "aria-label": t("queueLabel") } },
      h("h2", {}, place(queue)),
      scrolled(rowList(queue)),
      queue.phase === "sign" && !queue.goOn && stopping(view, queue, act),
    ),
  ];
}

/** Which of how many this is. */
export function place(queue: QueueView): string {
  return t("queuePlace", String(queue.at + 1), String(queue.rows.length));
}

/** Whole: with where each file is. */
export function rowList({ rows, at, phase }: QueueView, whole = false): HTMLElement {
  return h("ol", { className: "rows" }, ...rows.map((row, i) => item(row, phase !== "over" && i === at, whole)));
}

/** The row that is shown or signed stays in sight, and the keyboard reaches the rest. */
function scrolled(list: HTMLElement): HTMLElement {
  list.tabIndex = 0;
  queueMicrotask(() => {
    const current = list.querySelector<HTMLElement>("[aria-current]");
    if (current) list.scrollTop = current.offsetTop - list.clientHeight / 2;
  });
  return list;
}

function item(row: Row, current: boolean, whole: boolean): HTMLElement {
  const [mark, label] = states[row.state];
  return h(
    "li",
    { className: row.state, attrs: current ? { "aria-current": "step" } : {} },
    h("span", { className: "mark", attrs: { "aria-hidden": "true" } }, mark),
    h(
      "span",
      {},
      h("span", { className: "name" }, row.name),
      h("span", { className: "detail" }, t(label)),
      !!row.why && h("span", { className: "detail" }, row.why),
      whole && !!row.path && h("code", { className: "detail" }, row.path),
    ),
  );
}

function stopping(view: View, queue: QueueView, act: Act): Node | false {
  const more = queue.rows.some((row) => row.state === "confirmed");
  if (!more || !["fetching", "credentials", "working", "code", "sending", "assist"].includes(view.screen)) return false;
  if (queue.stopping) return para(t("stoppingAfter"), "muted");
  return h("div", { className: "buttons" }, button(t("stopAfter"), () => act({ do: "stop-after" }), "quiet"));
}

/** What can be done after one of several that wasn't signed; nothing where there is only one. */
export function afterOne({ queue }: View, act: Act): Node[] {
  if (!queue) return [];
  return [
    ...(queue.goOn ? [button(t("goOnWithNext"), () => act({ do: "next" }), "primary")] : []),
    button(t("showAll"), () => act({ do: "finish" })),
  ];
}
