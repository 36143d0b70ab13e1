// Draws a view of the popup.

import { code } from "../../screens/code";
import { environment } from "../../screens/environment";
import { announcement, redraw } from "../../screens/redraw";
import type { Act, Screen } from "../../screens/screen";
import { afterCode, working } from "../../screens/working";
import { t } from "../../shared/i18n";
import type { Screen as Name, View } from "../../shared/view";
import { forgetPause } from "./pause";
import { forgetPreview } from "./preview";
import { queueStrip } from "./queue";
import { assist } from "./screens/assist";
import { choose } from "./screens/choose";
import { credentials } from "./screens/credentials";
import { document as documentScreen } from "./screens/document";
import { cancelled, failed, interrupted, nohost } from "./screens/ended";
import { fetching } from "./screens/fetching";
import { finished } from "./screens/finished";
import { done, unverified } from "./screens/result";
import { Steps } from "./steps";

const screens: Record<Name, Screen> = {
  choose, fetching, document: documentScreen, credentials, working, code, assist, done, unverified, failed, cancelled,
  interrupted, finished, nohost,
  sending: (view, act) => afterCode(view, act, t("sendingText")),
};

const steps = new Steps();
/** The screen, and which of several documents it's about. */
let shown: string | undefined;

/** Draws view into main, and tells its step to the live region. */
export function render(view: View, act: Act, main: HTMLElement, live: HTMLElement, footer: HTMLElement): void {
  const still = JSON.stringify({ ...view, steps: [], id: "" });
  // The pages are walked while somebody types: that changes nothing here, and must not get in between.
  const all = view.screen === "credentials" && !view.queue ? still : JSON.stringify(view);
  steps.show(all, still, () => draw(view, act, main, live, footer));
}

function draw(view: View, act: Act, main: HTMLElement, live: HTMLElement, footer: HTMLElement): void {
  const what = `${view.screen} ${view.queue?.at ?? ""}`;
  const same = shown === what;
  shown = what;

  redraw(main, same, () => {
    if (view.screen !== "document" && view.screen !== "fetching") forgetPreview();
    if (view.screen !== "document") forgetPause();
    return [...screens[view.screen](view, act), ...queueStrip(view, act)];
  });
  main.dataset.screen = view.screen;

  live.textContent = announcement(view, main);
  footer.replaceChildren(...environment(view));
}
