// The help: what happened, whose side it's on, what to do. One topic for each kind of trouble, and for every error code its topic
// or the word that its own text is enough.

import type { Key } from "./i18n";

/** Official pages that a topic may point at. */
export const official = {
  cmd: "https://www.autenticacao.gov.pt/a-chave-movel-digital",
  site: "https://www.autenticacao.gov.pt/",
  validator: "https://validador.autenticacao.gov.pt/validation",
} as const;

/** The project's own pages: what it is, how the program comes onto a computer, what is kept of a person. */
export const home = "https://github.com/sign-with-cmd/sign-with-cmd";
export const installPage = `${home}#readme`;
export const privacyPage = `${home}/blob/main/PRIVACY.md`;

export interface Topic {
  title: Key;
  what: Key;
  side: "sideYou" | "sideService" | "sideComputer" | "sideDocument" | "sideOpen";
  todo: Key[];
  links: (keyof typeof official)[];
}

export const topics = {
  pin: { title: "helpPin", what: "helpPinWhat", side: "sideYou", todo: ["helpPinDo1", "helpPinDo2", "helpPinDo3"], links: ["site"] },
  locked: { title: "helpLocked", what: "helpLockedWhat", side: "sideYou", todo: ["helpLockedDo1", "helpLockedDo2", "helpLockedDo3"], links: ["site"] },
  inactive: { title: "helpInactive", what: "helpInactiveWhat", side: "sideYou", todo: ["helpInactiveDo1", "helpInactiveDo2", "helpInactiveDo3"], links: ["cmd"] },
  change: { title: "helpChange", what: "helpChangeWhat", side: "sideYou", todo: ["helpChangeDo1", "helpChangeDo2", "helpChangeDo3"], links: ["site"] },
  phone: { title: "helpPhone", what: "helpPhoneWhat", side: "sideYou", todo: ["helpPhoneDo1", "helpPhoneDo2", "helpPhoneDo3"], links: ["site"] },
  code: { title: "helpCode", what: "helpCodeWhat", side: "sideOpen", todo: ["helpCodeDo1", "helpCodeDo2", "helpCodeDo3", "helpCodeDo4"], links: [] },
  maybe: { title: "helpMaybe", what: "helpMaybeWhat", side: "sideOpen", todo: ["helpMaybeDo1", "helpMaybeDo2", "helpMaybeDo3", "helpMaybeDo4"], links: ["validator"] },
  file: { title: "helpFile", what: "helpFileWhat", side: "sideComputer", todo: ["helpFileDo1", "helpFileDo2", "helpFileDo3"], links: [] },
  checked: { title: "helpChecked", what: "helpCheckedWhat", side: "sideService", todo: ["helpCheckedDo1", "helpCheckedDo2", "helpCheckedDo3"], links: ["validator"] },
  service: { title: "helpService", what: "helpServiceWhat", side: "sideService", todo: ["helpServiceDo1", "helpServiceDo2", "helpServiceDo3"], links: ["site"] },
  document: { title: "helpDocument", what: "helpDocumentWhat", side: "sideDocument", todo: ["helpDocumentDo1", "helpDocumentDo2", "helpDocumentDo3"], links: [] },
  page: { title: "helpPage", what: "helpPageWhat", side: "sideService", todo: ["helpPageDo1", "helpPageDo2", "helpPageDo3"], links: [] },
  origin: { title: "helpOrigin", what: "helpOriginWhat", side: "sideOpen", todo: ["helpOriginDo1", "helpOriginDo2"], links: ["site"] },
  conflict: { title: "helpConflict", what: "helpConflictWhat", side: "sideComputer", todo: ["helpConflictDo1", "helpConflictDo2"], links: [] },
  program: { title: "helpProgram", what: "helpProgramWhat", side: "sideComputer", todo: ["helpProgramDo1", "helpProgramDo2", "helpProgramDo3", "helpProgramDo4"], links: [] },
} as const satisfies Record<string, Topic>;

export type TopicName = keyof typeof topics;

const codesOf: Record<TopicName, readonly string[]> = {
  pin: ["PIN_WRONG", "PIN_FORMAT", "PHONE_FORMAT"],
  locked: ["ACCOUNT_LOCKED"],
  inactive: ["SIGNATURE_INACTIVE"],
  change: ["PIN_CHANGE_REQUIRED"],
  phone: [],
  code: ["CODE_WRONG", "CODE_EXPIRED", "CODE_FORMAT", "RESEND_UNAVAILABLE"],
  maybe: ["MAY_BE_SIGNED", "LOOK_FIRST", "RESULT_NOT_PDF"],
  file: ["DOWNLOADS_MISSING", "DOWNLOADS_READ_ONLY", "DISK_FULL", "SAVE_FAILED", "FILE_MOVED", "OPEN_FAILED"],
  checked: ["NOT_VERIFIED", "NEEDS_LOOK"],
  service: ["SITE_UNREACHABLE", "SITE_SLOW", "SITE_ERROR", "SITE_UNAVAILABLE", "SITE_MESSAGE"],
  document: [
    "FILE_REFUSED", "PDF_NOT_PDF", "PDF_EMPTY", "PDF_GONE", "PDF_SITE_REFUSED", "PDF_TOO_LARGE", "PDF_ENDLESS", "PDF_UNREACHABLE", "PDF_FORM_TAB",
    "PDF_TAB_UNKNOWN", "PDF_SCHEME", "PDF_TRUNCATED", "PDF_UNREADABLE", "PDF_NOT_FOUND",
  ],
  page: ["PAGE_UNKNOWN"],
  origin: ["ORIGIN_REFUSED"],
  conflict: ["EXTENSION_CONFLICT"],
  program: [
    "HOST_NOT_FOUND", "HOST_FORBIDDEN", "HOST_EXITED", "HOST_BROKEN", "HOST_START_FAILED", "HOST_NOT_FOUND_OR_FORBIDDEN", "HOST_GONE", "VERSION_CLIENT_OLD",
    "VERSION_HOST_OLD", "MODE_MISSING", "CALLER_NOT_ALLOWED", "CONFIG_INVALID", "ENVIRONMENT_UNKNOWN", "PAGES_INVALID", "BROWSER_NOT_FOUND", "BROWSER_FAILED", "BROWSER_UNREACHABLE",
    "JOURNAL_FAILED",
  ],
};

/** Codes whose own sentence and next step say all that there is to do. */
export const enough: readonly string[] = [
  "INTERNAL", "MESSAGE_MALFORMED", "MESSAGE_TOO_LARGE", "MESSAGE_UNKNOWN", "MESSAGE_OUT_OF_TURN", "BUSY", "DOCUMENT_BUSY", "TRACE_FAILED", "CANCELLED", "CANCEL_TOO_LATE", "PDF_CHANGED",
  "CONFIRM_MISSING", "UPLOAD_INVALID", "BROWSER_LOST", "SESSION_EXPIRED", "SCREENSHOT_FAILED", "INPUT_TIMEOUT",
  "VISIBLE_INVALID", "VISIBLE_BY_HAND", "VISIBLE_NOT_OFFERED",
  "TOKEN_MISSING", "TOKEN_REFUSED", "TOKEN_EXPIRED", "TOKEN_LIMIT", "PATH_REFUSED", "SERVER_STOPPING", "TIME_OVER", "TOO_MANY_REFUSED", "SEAL_REFUSED", "SEAL_MISSING",
  "OBJECT_REFUSED", "OBJECT_EXISTS", "BUCKET_FAILED", "RESULT_NOT_WRITTEN",
];

const byCode = new Map<string, TopicName>();
for (const [name, codes] of Object.entries(codesOf)) for (const code of codes) byCode.set(code, name as TopicName);

/** The topic of an error code; undefined where the code's own text is enough. A code of a newer host has none. */
export function topicOf(code: string): TopicName | undefined {
  return byCode.get(code);
}
