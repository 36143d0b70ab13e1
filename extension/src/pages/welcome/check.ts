// Does the program answer? A process of its own is started and ended for the question, so a signing that is under way isn't touched.

import { modes as possible } from "#platform";
import type { DisconnectCode } from "../../background/disconnect";
import { chooseMode, modesOf } from "../../background/modes";
import { HostPort } from "../../background/port";
import * as problems from "../../background/problems";
import { loadSettings } from "../../background/store";
import { versionProblem } from "../../shared/versions";
import type { HostMessage, Mode, Problem } from "../../shared/protocol";

export type Check = { problem: Problem } | { version: string; mode: Mode; browserAt: string; noBrowser: boolean; trial: boolean };

/** How long the host may take to speak, in ms. */
const patience = 10_000;

export async function checkHost(): Promise<Check> {
  const hello = await greeting();
  if (typeof hello === "string") return { problem: problems.ofDisconnect(hello) };
  const old = versionProblem(hello);
  if (old) return { problem: problems.ofVersion(old) };
  const chosen = chooseMode(modesOf(hello), (await loadSettings()).mode, possible);
  if (!chosen) return { problem: problems.noMode() };
  const { mode } = chosen;
  const noBrowser = hello.unready?.[mode] === "BROWSER_NOT_FOUND";
  return { version: hello.version ?? "", mode, browserAt: hello.browser_at ?? "", noBrowser, trial: hello.capabilities?.includes("trial") ?? false };
}

function greeting(): Promise<HostMessage | DisconnectCode> {
  return new Promise((answer) => {
    const port = new HostPort({
      conversation: (m) => end(m),
      relay: () => {},
      closed: (code) => end(code),
    });
    const timer = setTimeout(() => end("HOST_BROKEN"), patience);
    const end = (what: HostMessage | DisconnectCode) => {
      clearTimeout(timer);
      port.close();
      answer(what);
    };
  });
}
