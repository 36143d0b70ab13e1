// The component's own errors, in the form of the host's.

import { t, type Key } from "../shared/i18n";
import type { Problem } from "../shared/protocol";

const texts = {
  /** The server isn't there, or refused the connection: a page isn't told which. */
  SERVER_UNREACHABLE: "servedUnreachable",
  SERVER_UNFIT: "servedUnfit",
  /** The page gave no address that may be used. */
  PAGE_UNFIT: "servedPageUnfit",
  /** Somebody put another key in place of the server's, or the page knows an old one. */
  SERVER_KEY_REFUSED: "servedKeyRefused",
  /** The server has another document than the page gave. */
  DOCUMENT_DIFFERS: "servedDiffers",
  DOCUMENT_UNREACHABLE: "servedNoDocument",
  DOCUMENT_TOO_LARGE: "pdfTooLarge",
} as const satisfies Record<string, Key>;

export function own(code: keyof typeof texts): Problem {
  return { code, message: t(texts[code]), next: t("servedReload"), retry: "start" };
}

/** The signed file is on the server, and didn't come here whole. */
export function notHad(): Problem {
  return { code: "FILE_NOT_HAD", message: t("servedNotHad"), next: t("servedAskFile"), retry: "nothing" };
}

/** What a form refuses itself, before anything is sent. */
export function format(kind: "pin" | "otp"): Problem {
  return kind === "pin"
    ? { code: "PIN_FORMAT", message: t("pinFormat"), retry: "type" }
    : { code: "CODE_FORMAT", message: t("codeFormat"), retry: "type" };
}

/** The host speaks to whoever sits before it; a visitor of a server has neither its Downloads nor its browser at hand. */
export function forVisitor(problem: Problem): Problem {
  const next = { MAY_BE_SIGNED: "servedAsk", NOT_VERIFIED: "servedAsk", RESULT_NOT_PDF: "servedAsk", PAGE_UNKNOWN: "servedAssist", VISIBLE_BY_HAND: "servedAssist" } as const;
  const key = next[problem.code as keyof typeof next];
  if (key) return { ...problem, next: t(key), ...(key === "servedAssist" ? { message: t("servedAssistWhat") } : {}) };
  return problem.retry === "nothing" && /^(DOWNLOADS|DISK|SAVE)_/.test(problem.code) ? { ...problem, next: t("servedAsk") } : problem;
}
