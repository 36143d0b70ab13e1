// The bytes decide what a PDF is; names and content types lie.

import { MAX_PDF } from "../shared/protocol";
import { PdfProblem } from "./problem";

/** A PDF says so in its first kilobyte. */
export const headSize = 1024;

export function looksLikePdf(head: Uint8Array): boolean {
  const text = String.fromCharCode(...head.subarray(0, headSize));
  return text.includes("%PDF-");
}

/** Throws PDF_EMPTY, PDF_TOO_LARGE or PDF_NOT_PDF for bytes that can't be a document to sign. */
export function checkPdf(bytes: Uint8Array): void {
  if (bytes.length === 0) throw new PdfProblem("PDF_EMPTY");
  if (bytes.length > MAX_PDF) throw new PdfProblem("PDF_TOO_LARGE");
  if (!looksLikePdf(bytes)) throw new PdfProblem("PDF_NOT_PDF");
}
