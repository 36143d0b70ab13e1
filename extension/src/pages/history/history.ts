// The history: a switch, what was noted, and a button that forgets it.

import { clearHistory, historyLimits, loadHistory, type Entry } from "../../background/history";
import { loadSettings, saveSettings } from "../../background/store";
import { findingsList } from "../../screens/findings";
import { button, h, note, para } from "../../shared/dom";
import { dateTime } from "../../shared/format";
import { t, type Key } from "../../shared/i18n";
import { pageFrame } from "../frame";
import { helpLink } from "../help-link";
import { savedAt } from "../popup/saved";

const { main, live } = pageFrame("history", "historyTitle");

async function draw(): Promise<void> {
  const [{ history }, entries] = await Promise.all([loadSettings(), loadHistory()]);
  const toggle = h("input", {
    id: "switch", type: "checkbox", checked: history,
    onchange: () => void saveSettings({ history: toggle.checked }).then(draw).then(() => document.getElementById("switch")?.focus()),
  });
  main.replaceChildren(
    h("h1", {}, t("historyTitle")),
    para(t("historyWhat", String(historyLimits.entries))),
    h("label", { className: "check" }, toggle, t("historySwitch")),
    ...(history ? [] : [note("info", para(t("historyOff")))]),
    ...(entries.length ? [h("ul", { className: "entries" }, ...entries.map(item)), clearing()] : history ? [para(t("historyEmpty"), "muted")] : []),
  );
}

/** Forgetting can't be undone: asked twice. */
function clearing(): HTMLElement {
  const box = h("div", { className: "buttons" });
  const ask = button(t("historyClear"), () => {
    const sure = button(t("historyClearSure"), () => void clearHistory().then(draw).then(cleared), "primary");
    box.replaceChildren(sure, button(t("historyKeep"), () => { box.replaceChildren(ask); ask.focus(); }));
    sure.focus();
  });
  box.append(ask);
  return box;
}

function cleared(): void {
  live.textContent = t("historyCleared");
  document.getElementById("switch")?.focus();
}

function item(entry: Entry): HTMLElement {
  const [label, kind] = outcome(entry);
  return h(
    "li",
    { className: "entry" },
    h("h2", { className: "name" }, entry.name),
    h("p", {}, h("strong", { className: kind }, t(label)), " ", h("span", { className: "muted" }, dateTime(entry.at))),
    ...(entry.signer ? [para(t("historySigner", entry.signer))] : []),
    ...(entry.environment && entry.environment !== "production" ? [para(t("historyTrial", entry.environment), "muted")] : []),
    ...(entry.message ? [para(entry.message)] : []),
    ...(label === "historyMaybe" ? [helpLink("maybe")] : []),
    ...(entry.path ? [savedAt(entry.path)] : []),
    ...(entry.findings?.length ? [h("details", {}, h("summary", {}, t("checkedTitle")), findingsList(entry.findings))] : []),
  );
}

function outcome({ end, verdict, code, answer, path }: Entry): [label: Key, kind: "good" | "bad" | ""] {
  if (end === "done") return ["historyDone", "good"];
  if (end === "unverified") return verdict === "look" ? ["historyLook", "bad"] : ["historyUnverified", "bad"];
  if (end === "interrupted") {
    if (answer === "nothing_signed") return ["historyNothing", ""];
    return answer === "saved" || answer === "held" ? ["historySaved", ""] : ["historyMaybe", "bad"];
  }
  // A failure with a file is one of saving it.
  if (path) return ["historySaved", ""];
  return code === "MAY_BE_SIGNED" || code === "RESULT_NOT_PDF" ? ["historyMaybe", "bad"] : ["historyFailed", ""];
}

void draw();
