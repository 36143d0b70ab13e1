// This extension's own errors, in the form of the host's.

import { pdfTexts, type PdfProblem } from "../pdf/problem";
import { t } from "../shared/i18n";
import type { Problem } from "../shared/protocol";
import { disconnectTexts, type DisconnectCode } from "./disconnect";

export function ofDisconnect(code: DisconnectCode): Problem {
  const texts = disconnectTexts[code];
  return { code, message: t(texts.message), next: t(texts.next), retry: "start" };
}

export function ofPdf({ code, status }: PdfProblem): Problem {
  const texts = pdfTexts[code];
  return { code, message: t(texts.message, String(status)), next: t(texts.next), retry: "type" };
}

export function ofVersion(code: "VERSION_HOST_OLD" | "VERSION_CLIENT_OLD"): Problem {
  return code === "VERSION_HOST_OLD"
    ? { code, message: t("versionHostOld"), next: t("versionHostOldNext"), retry: "nothing" }
    : { code, message: t("versionClientOld"), next: t("versionClientOldNext"), retry: "nothing" };
}

export function noMode(): Problem {
  return { code: "MODE_MISSING", message: t("modeMissing"), next: t("modeMissingNext"), retry: "nothing" };
}

export function format(kind: "pin" | "otp"): Problem {
  return kind === "pin"
    ? { code: "PIN_FORMAT", message: t("pinFormat"), retry: "type" }
    : { code: "CODE_FORMAT", message: t("codeFormat"), retry: "type" };
}

/** It isn't the document any more that the person confirmed. */
export function changed(): Problem {
  return { code: "PDF_CHANGED", message: t("pdfChanged"), next: t("pdfChangedNext"), retry: "start" };
}

export function internal(): Problem {
  return { code: "INTERNAL", message: t("internal"), next: t("internalNext"), retry: "start" };
}
