// The first-run page: is everything there that a signature needs, what will the browser say, and a try that costs nothing.

import { modes as possible } from "#platform";
import example from "../../../../host/command/example/contrato-de-exemplo.pdf";
import { loadView } from "../../background/store";
import { openWindow } from "../../background/ui";
import { problemNote } from "../../screens/problem";
import { PAGE_PORT, type Action } from "../../shared/actions";
import { toBase64 } from "../../shared/base64";
import { button, h, link, note, ownPage, para } from "../../shared/dom";
import { installPage, official, topics, type TopicName } from "../../shared/help";
import { t, type Key } from "../../shared/i18n";
import { busy } from "../../shared/view";
import { pageFrame } from "../frame";
import { checkHost, type Check } from "./check";

const { main, live } = pageFrame("welcome", "welcomeTitle");
const program = h("div", { id: "program" });
const pinNote = para("", "");
const trial = h("div", { id: "try" });
const inSight = h("p", { id: "button" });

function part(title: Key, ...children: Node[]): HTMLElement {
  return h("section", { className: "part" }, h("h2", {}, t(title)), ...children);
}

/** A question that only the person can answer, and the way out where the answer is no. */
function question(title: Key, text: Key, wayOut: Node): HTMLElement {
  return h("li", {}, h("strong", {}, t(title)), para(t(text)), h("p", {}, wayOut));
}

function help(topic: TopicName): Node {
  return ownPage(`help.html#${topic}`, t(topics[topic].title));
}

main.append(
  h("h1", {}, t("welcomeTitle")),
  para(t("welcomeIntro")),
  part("welcomeProgram", program),
  part(
    "welcomeCmd",
    h(
      "ul",
      { className: "questions" },
      question("welcomeHave", "welcomeHaveText", link(official.cmd, t("aboutCmd"))),
      question("welcomeSigns", "welcomeSignsText", help("inactive")),
      question("welcomePin", "welcomePinText", help("pin")),
    ),
  ),
  ...(possible.includes("relay")
    ? [
        part(
          "welcomeWarnings",
          para(t("welcomeWarnInstall")),
          para(t("welcomeWarnBar")),
          h("img", { src: "debugging-bar.png", alt: t("welcomeBarAlt"), className: "picture" }),
        ),
      ]
    : []),
  part("welcomePinTitle", pinNote),
  part("welcomeTry", para(t("welcomeTryText")), trial),
  part("welcomeStart", para(t("welcomeStartText")), ...(possible.includes("relay") ? [inSight] : [])),
);

async function check(): Promise<void> {
  program.replaceChildren(para(t("welcomeChecking")), h("progress", { attrs: { "aria-label": t("welcomeChecking") } }));
  trial.replaceChildren();
  show(await checkHost());
}

function show(found: Check): void {
  const again = h("div", { className: "buttons" }, button(t("welcomeCheckAgain"), () => void check()));
  const mode = "problem" in found ? possible[0] : found.mode;
  const browserAt = "problem" in found ? "" : found.browserAt;
  pinNote.textContent = mode === "attach" ? t("holderAttach", browserAt) : t(mode === "relay" ? "welcomePinRelay" : "welcomePinLaunch");
  if ("problem" in found) {
    program.replaceChildren(
      problemNote(found.problem)!,
      para(t("welcomeInstall")),
      h("pre", {}, h("code", {}, "cmdsign install")),
      para(t("doctorText")),
      h("pre", {}, h("code", {}, "cmdsign doctor")),
      h("p", {}, link(installPage, t("installPage"))),
      again,
    );
    trial.replaceChildren(para(t("welcomeTryNoHost"), "muted"));
  } else if (found.noBrowser) {
    program.replaceChildren(note("error", para(t("noBrowser"), "strong"), para(t("noBrowserNext"))), again);
    trial.replaceChildren(para(t("welcomeTryNoHost"), "muted"));
  } else {
    const text = t("welcomeFound", found.version);
    program.replaceChildren(h("p", { className: "found" }, text), ...(found.mode === "launch" ? [para(t("welcomeNoRelay"))] : []), again);
    live.textContent = text;
    trial.replaceChildren(found.trial ? h("div", { className: "buttons" }, button(t("welcomeTryButton"), () => void tryIt(), "primary")) : para(t("welcomeTryOld"), "muted"));
  }
  main.dataset.checked = "problem" in found ? found.problem.code : found.noBrowser ? "BROWSER_NOT_FOUND" : "ok";
}

/** Gives the example to the worker for a try, and opens the window in which it's signed. */
async function tryIt(): Promise<void> {
  const view = await loadView().catch(() => undefined);
  if (view && busy(view)) {
    trial.append(note("warning", para(t("welcomeTryBusy"))));
    live.textContent = t("welcomeTryBusy");
    return;
  }
  const port = chrome.runtime.connect({ name: PAGE_PORT });
  const file: Action = { do: "file", name: "contrato-de-exemplo.pdf", data: toBase64(example), last: true, trial: true };
  // Its first word says that the worker listens.
  port.onMessage.addListener(function first() {
    port.onMessage.removeListener(first);
    port.postMessage(file);
    void openWindow().then(() => port.disconnect());
  });
}

/** Whether the button is on the toolbar. Before Chromium shows a hidden one's popup it makes room for it, for a quarter of a second (decision 023). */
async function lookForButton(): Promise<void> {
  const { isOnToolbar = true } = await chrome.action.getUserSettings();
  inSight.textContent = t(isOnToolbar ? "welcomeInSight" : "welcomeHidden");
}

void check();
if (possible.includes("relay")) {
  void lookForButton();
  // Chrome 130 tells when it changes.
  chrome.action.onUserSettingsChanged?.addListener(() => void lookForButton());
}
