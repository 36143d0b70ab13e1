// The history: how each signing ended, on this computer, if the person switched it on. What may be in an entry is the type Entry and
// nothing else: no phone, PIN or code, nothing of the document's content, not what the site said. The newest is first.

import type { Finding, Result } from "../shared/protocol";
import { inTurn } from "../shared/turns";
import type { View } from "../shared/view";
import { loadSettings } from "./store";

export interface Entry {
  /** The document's id in the host's journal: an end that is told twice is one entry. */
  id: string;
  name: string;
  /** When it ended, in ms since 1970. */
  at: number;
  end: "done" | "unverified" | "failed" | "interrupted";
  environment: string;
  /** Of a failure: its code and sentence. */
  code?: string;
  message?: string;
  /** Of an interruption: what is known. */
  answer?: NonNullable<View["interrupted"]>["answer"];
  verdict?: Result["verdict"];
  signatureExists?: Result["signature_exists"];
  signer?: string;
  findings?: Pick<Finding, "result" | "text">[];
  path?: string;
  sha256?: string;
}

/** Entries, and letters of each of their texts: at most about 1 MB in all. */
export const historyLimits = { entries: 200, findings: 24, name: 160, text: 160, path: 600 };

const slot = "history-entries";

/** What the history says of a view; undefined where no signing has ended. */
export function entryOf(view: View, now: number): Entry | undefined {
  const { screen, id, document, problem, result, file, interrupted } = view;
  if (!id || !document) return undefined;
  if (screen !== "done" && screen !== "unverified" && screen !== "failed" && screen !== "interrupted") return undefined;
  const { name, text, path, findings } = historyLimits;
  const where = file?.path ?? interrupted?.path ?? interrupted?.browserPath;
  return {
    id: id.slice(0, 64), at: now, end: screen,
    name: document.name.slice(0, name),
    environment: (view.trial ? "sandbox" : (view.host?.environment ?? "")).slice(0, 64),
    ...(problem ? { code: problem.code.slice(0, 64), message: problem.message.slice(0, text) } : {}),
    ...(interrupted ? { answer: interrupted.answer } : {}),
    ...(result
      ? {
          verdict: result.verdict, signatureExists: result.signature_exists,
          findings: result.findings.slice(0, findings).map((f) => ({ result: f.result, text: f.text.slice(0, text) })),
        }
      : {}),
    ...(result?.signer ? { signer: result.signer.slice(0, name) } : {}),
    ...(where ? { path: where.slice(0, path) } : {}),
    ...(document.sha256 ? { sha256: document.sha256.slice(0, 64) } : {}),
  };
}

// One after the other: two ends at once would lose one.
const next = inTurn();

/** Notes the end of a signing, where the view is one, the history is on, and no private window is open. */
export function note(view: View): Promise<void> {
  const entry = entryOf(view, Date.now());
  if (!entry) return Promise.resolve();
  return next(async () => {
    if (!(await loadSettings()).history || (await anythingPrivate())) return;
    const entries = await loadHistory();
    const before = entries.find((e) => e.id === entry.id);
    if (before && JSON.stringify({ ...before, at: 0 }) === JSON.stringify({ ...entry, at: 0 })) return;
    await chrome.storage.local.set({ [slot]: [entry, ...entries.filter((e) => e !== before)].slice(0, historyLimits.entries) });
  }).catch(() => {});
}

export async function loadHistory(): Promise<Entry[]> {
  const stored = (await chrome.storage.local.get(slot))[slot];
  return Array.isArray(stored) ? (stored as Entry[]) : [];
}

/** Forgets every entry. Whether new ones are noted stays as it is. */
export function clearHistory(): Promise<void> {
  return next(() => chrome.storage.local.remove(slot));
}

/** Chromium never lets the extension into private windows. In Firefox the person may: nothing is noted while one is open. */
async function anythingPrivate(): Promise<boolean> {
  return (await chrome.windows.getAll()).some((w) => w.incognito);
}
