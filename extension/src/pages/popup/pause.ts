// What takes the place of something that was just pressed can't be pressed at once: a second click, or a key that is held down, was meant for what
// was there before.

/** For how long, in ms: a second click comes sooner, and nobody has looked at anything by then. */
const pause = 700;

let shown = { what: "", until: 0 };

/**
 * Has the buttons under what is drawn wait, where it follows what was pressed: once, however often it's drawn. They aren't disabled, which would take
 * the focus from whoever goes there by keyboard meanwhile.
 */
export function pauseBefore(what: string, follows: boolean, buttons: readonly HTMLButtonElement[]): void {
  const now = performance.now();
  if (what !== shown.what) shown = { what, until: follows ? now + pause : 0 };
  for (const b of buttons) b.addEventListener("click", refuse, { capture: true });
  if (shown.until <= now) return;
  for (const b of buttons) b.setAttribute("aria-disabled", "true");
  setTimeout(() => buttons.forEach((b) => b.removeAttribute("aria-disabled")), shown.until - now);
}

/** Something else is drawn. */
export function forgetPause(): void {
  shown = { what: "", until: 0 };
}

function refuse(e: MouseEvent): void {
  const waits = (e.currentTarget as Element).getAttribute("aria-disabled") === "true";
  // Some have their second click come later than that: the browser says which it is.
  if (waits || e.detail > 1) e.stopImmediatePropagation();
}
