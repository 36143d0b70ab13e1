// What "cmdsign doctor" says of this computer. The host is started for it and asked once: where it doesn't answer, that is what's wrong.

import { button, h, note, para } from "../shared/dom";
import { lang, t } from "../shared/i18n";
import { HOST, type Check, type HostMessage } from "../shared/protocol";

/** How long the host may take from its start to the answer, in milliseconds. */
const PATIENCE = 15_000;

/** Asks the host. Undefined: it didn't answer, or is too old to know the question. */
export function ask(): Promise<Check[] | undefined> {
  return new Promise((resolve) => {
    const port = chrome.runtime.connectNative(HOST);
    const end = (checks?: Check[]) => {
      clearTimeout(late);
      port.disconnect();
      resolve(checks);
    };
    const late = setTimeout(end, PATIENCE);
    port.onDisconnect.addListener(() => {
      // Read, or the browser complains of an error that nobody looked at.
      void chrome.runtime.lastError;
      end();
    });
    port.onMessage.addListener((message: HostMessage) => {
      if (message.state === "start" && message.capabilities?.includes("doctor")) port.postMessage({ doctor: "", lang: lang() });
      else if (message.state === "start") end();
      else if (message.state === "doctor") end(message.findings ?? []);
    });
  });
}

const marks = { ok: "✓", note: "·", bad: "✗" } as const;

function list(checks: Check[] | undefined): Node {
  if (!checks) return note("error", para(t("doctorSilent")), h("code", {}, "cmdsign doctor"));
  return h(
    "ul",
    { className: "doctor" },
    ...checks.map((check) =>
      h(
        "li",
        { className: `is-${check.result}` },
        h("span", { attrs: { "aria-hidden": "true" } }, marks[check.result]),
        h(
          "span",
          {},
          check.text,
          check.result === "bad" && h("span", { className: "detail" }, t("doctorBad")),
          !!check.mend && check.result === "bad" && h("code", {}, check.mend),
        ),
      ),
    ),
  );
}

/** A button, and below it what it finds. Nothing is asked before the person wants it: the answer starts a process. */
export function doctor(): Node[] {
  const answer = h("div", { attrs: { "aria-live": "polite" } });
  const look = button(t("doctorAsk"), () => {
    look.disabled = true;
    answer.replaceChildren(para(t("doctorAsking"), "muted"));
    void ask().then((checks) => {
      look.disabled = false;
      answer.replaceChildren(list(checks));
    });
  });
  return [look, answer];
}
