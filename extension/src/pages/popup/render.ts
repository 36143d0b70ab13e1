// Draws a view. What was typed, and where the cursor is, outlive a drawing of the same screen.

import { t } from "../../shared/i18n";
import type { Screen as Name, View } from "../../shared/view";
import { h } from "../dom";
import { forgetPreview } from "./preview";
import { queueStrip } from "./queue";
import type { Act, Screen } from "./screen";
import { assist } from "./screens/assist";
import { choose } from "./screens/choose";
import { code } from "./screens/code";
import { credentials } from "./screens/credentials";
import { document as documentScreen } from "./screens/document";
import { cancelled, failed, interrupted, nohost } from "./screens/ended";
import { fetching } from "./screens/fetching";
import { finished } from "./screens/finished";
import { done, unverified } from "./screens/result";
import { sending, working } from "./screens/working";
import { position, stepName } from "./stepper";

const screens: Record<Name, Screen> = {
  choose, fetching, document: documentScreen, credentials, working, code, sending, assist, done, unverified, failed, cancelled,
  interrupted, finished, nohost,
};

let drawn = "";
/** The screen, and which of several documents it's about. */
let shown: string | undefined;

/** Draws view into main, and tells its step to the live region. */
export function render(view: View, act: Act, main: HTMLElement, live: HTMLElement, footer: HTMLElement): void {
  const { received: _, ...rest } = view;
  const now = JSON.stringify(rest);
  if (now === drawn) return;
  drawn = now;
  const what = `${view.screen} ${view.queue?.at ?? ""}`;
  const same = shown === what;
  shown = what;

  const typed = same ? new Map([...main.querySelectorAll("input")].map((i) => [i.id, i.type === "checkbox" || i.type === "radio" ? i.checked : i.value])) : new Map();
  const focused = same ? (document.activeElement as HTMLElement | null)?.id : "";
  const open = same ? [...main.querySelectorAll("details[open]")].map((d) => d.id) : [];
  if (view.screen !== "document") forgetPreview();
  replaceAround(main, [...screens[view.screen](view, act), ...queueStrip(view, act)]);
  main.dataset.screen = view.screen;
  for (const input of main.querySelectorAll("input")) {
    const value = typed.get(input.id);
    if (typeof value === "boolean") input.checked = value;
    else if (value && input.type !== "file") input.value = value;
  }
  for (const details of main.querySelectorAll("details")) details.open ||= details.id !== "" && open.includes(details.id);
  if (focused) document.getElementById(focused)?.focus();
  else if (!same) focusHeading(main);

  live.textContent = announcement(view, main);
  footer.replaceChildren(...environment(view));
}

/** Puts nodes into main. One that stands there already isn't moved: a frame that is, even for a moment, loads anew. */
function replaceAround(main: HTMLElement, nodes: Node[]): void {
  const stays = nodes.findIndex((n) => n.parentNode === main);
  if (stays < 0) return main.replaceChildren(...nodes);
  const kept = nodes[stays] as ChildNode;
  for (const child of [...main.childNodes]) if (child !== kept) child.remove();
  kept.before(...nodes.slice(0, stays));
  kept.after(...nodes.slice(stays + 1));
}

/** A screen reader starts to read where the new screen starts; fields that take the focus do so after this. */
function focusHeading(main: HTMLElement): void {
  const heading = main.querySelector("h1");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

function announcement(view: View, main: HTMLElement): string {
  if (view.screen === "working" || view.screen === "sending") {
    const step = view.steps.at(-1);
    if (step && position(view) >= 0) return t("stepNow", stepName(step));
  }
  return main.querySelector("h1")?.textContent ?? "";
}

function environment({ host, trial }: View): Node[] {
  if (trial) return [h("p", { className: "environment" }, t("trialFooter"))];
  if (!host || host.environment === "production" || host.environment === "") return [];
  const text = host.custom ? t("environmentOwn", host.environment) : t("environment", host.environment);
  return [h("p", { className: "environment" }, text)];
}
