// Draws a screen in the place of the one before. What was typed, and where the cursor is, outlive a drawing of the same screen.

import { t } from "../shared/i18n";
import type { View } from "../shared/view";
import { position, stepName } from "./stepper";

/** Puts what draw gives into main. same: it's the screen that is shown already. take: a new screen's heading takes the focus. */
export function redraw(main: HTMLElement, same: boolean, draw: () => Node[], take = true): void {
  const root = main.getRootNode() as Document | ShadowRoot;
  const typed = same ? new Map([...main.querySelectorAll("input")].map((i) => [i.id, i.type === "checkbox" || i.type === "radio" ? i.checked : i.value])) : new Map();
  const focused = same ? (root.activeElement as HTMLElement | null)?.id : "";
  const open = same ? [...main.querySelectorAll("details[open]")].map((d) => d.id) : [];
  replaceAround(main, draw());
  for (const input of main.querySelectorAll("input")) {
    const value = typed.get(input.id);
    if (typeof value === "boolean") input.checked = value;
    else if (value && input.type !== "file") input.value = value;
  }
  for (const details of main.querySelectorAll("details")) details.open ||= details.id !== "" && open.includes(details.id);
  if (focused) root.getElementById(focused)?.focus();
  else if (!same && take) focusHeading(main);
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

/** What a screen reader is told of a screen that was drawn. */
export function announcement(view: View, main: HTMLElement): string {
  if (view.screen === "working" || view.screen === "sending") {
    const step = view.steps.at(-1);
    if (step && position(view) >= 0) return t("stepNow", stepName(step));
  }
  return main.querySelector("h1")?.textContent ?? "";
}
