import type { Key } from "../shared/i18n";

/** Why a document's bytes couldn't be had. */
export class PdfProblem extends Error {
  constructor(
    readonly code: PdfCode,
    /** HTTP status, where it was a server's refusal. */
    readonly status = 0,
  ) {
    super(code);
  }
}

export type PdfCode =
  | "PDF_NOT_PDF"
  | "PDF_EMPTY"
  | "PDF_GONE"
  | "PDF_SITE_REFUSED"
  | "PDF_TOO_LARGE"
  | "PDF_ENDLESS"
  | "PDF_UNREACHABLE"
  | "PDF_UNREADABLE"
  | "PDF_FORM_TAB"
  | "PDF_TAB_UNKNOWN"
  | "PDF_SCHEME";

export const pdfTexts: Record<PdfCode, { message: Key; next: Key }> = {
  PDF_NOT_PDF: { message: "pdfNotPdf", next: "pdfNotPdfNext" },
  PDF_EMPTY: { message: "pdfEmpty", next: "pdfEmptyNext" },
  PDF_GONE: { message: "pdfGone", next: "pdfGoneNext" },
  PDF_SITE_REFUSED: { message: "pdfSiteRefused", next: "pdfSiteRefusedNext" },
  PDF_TOO_LARGE: { message: "pdfTooLarge", next: "pdfTooLargeNext" },
  PDF_ENDLESS: { message: "pdfEndless", next: "pdfEndlessNext" },
  PDF_UNREACHABLE: { message: "pdfUnreachable", next: "pdfUnreachableNext" },
  PDF_UNREADABLE: { message: "pdfUnreadable", next: "pdfUnreadableNext" },
  PDF_FORM_TAB: { message: "pdfFormTab", next: "pdfFormTabNext" },
  PDF_TAB_UNKNOWN: { message: "pdfTabUnknown", next: "pdfTabUnknownNext" },
  PDF_SCHEME: { message: "pdfScheme", next: "pdfSchemeNext" },
};

/** A server's status as a problem; undefined for success. */
export function statusProblem(status: number): PdfProblem | undefined {
  if (status >= 200 && status < 300) return undefined;
  return new PdfProblem(status === 404 || status === 410 ? "PDF_GONE" : "PDF_SITE_REFUSED", status);
}
