// Shows a PDF, one page at a time, in a frame with an origin of its own: no extension API, no network, no storage, nowhere to go. What
// is drawn stays in here.

import { Pdf, wantsPassword } from "./document";
import { turnKey, type FromFrame, type ToFrame } from "./messages";

const place = document.getElementById("page")!;

let pdf: Pdf | undefined;
let wanted: Extract<ToFrame, { kind: "show" }> | undefined;
let drawing = false;
/** The width that the page was drawn for. */
let drawnFor = 0;

function tell(m: FromFrame): void {
  // The address is the extension's, though the origin isn't.
  parent.postMessage(m, location.origin);
}

addEventListener("message", ({ source, data }: MessageEvent<ToFrame>) => {
  if (source !== parent) return;
  if (data.kind === "open") void open(data);
  else if (data.kind === "show") void show(data);
});

async function open({ data, lang }: Extract<ToFrame, { kind: "open" }>): Promise<void> {
  document.documentElement.lang = lang;
  try {
    pdf = await Pdf.open(new Uint8Array(data));
    tell({ kind: "opened", pages: pdf.pages });
  } catch (err) {
    tell({ kind: "failed", page: 0, why: wantsPassword(err) ? "password" : "broken" });
  }
}

/** Draws what is wanted last; what was wanted meanwhile is passed over. */
async function show(m: Extract<ToFrame, { kind: "show" }>): Promise<void> {
  wanted = m;
  if (drawing || !pdf) return;
  drawing = true;
  while (wanted) {
    const now: typeof m = wanted;
    wanted = undefined;
    try {
      drawnFor = place.clientWidth;
      const { canvas, text, whole } = await pdf.draw(now.page, Math.max(50, drawnFor - 16) * now.zoom);
      if (wanted) continue;
      canvas.role = "img";
      canvas.ariaLabel = now.label;
      const words = document.createElement("div");
      words.className = "text";
      words.textContent = text;
      const same = now.page === last?.page;
      place.replaceChildren(canvas, words);
      if (!same) place.scrollTo(0, 0);
      last = now;
      tell({ kind: "shown", page: now.page, whole });
    } catch {
      if (wanted) continue;
      place.replaceChildren();
      tell({ kind: "failed", page: now.page, why: "broken" });
    }
  }
  drawing = false;
}

let last: Extract<ToFrame, { kind: "show" }> | undefined;

/** A window that was made wider or narrower shows the page at its new width. */
let resized: ReturnType<typeof setTimeout> | undefined;
new ResizeObserver(() => {
  clearTimeout(resized);
  resized = setTimeout(() => {
    if (last && !drawing && Math.abs(place.clientWidth - drawnFor) > 20) void show(last);
  }, 150);
}).observe(place);

addEventListener("keydown", (e) => {
  const key = turnKey(e);
  if (!key) return;
  // What is zoomed is moved about first.
  const wide = place.scrollWidth > place.clientWidth;
  if (wide && (e.key === "ArrowLeft" || e.key === "ArrowRight")) return;
  const step = e.key === "PageDown" ? 1 : e.key === "PageUp" ? -1 : 0;
  if (step !== 0) {
    const before = place.scrollTop;
    place.scrollBy(0, step * place.clientHeight * 0.9);
    if (place.scrollTop !== before) return e.preventDefault();
  }
  e.preventDefault();
  tell({ kind: "key", key });
});

tell({ kind: "ready" });
