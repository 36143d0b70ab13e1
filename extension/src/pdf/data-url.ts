import { fromBase64 } from "../shared/base64";
import { PdfProblem } from "./problem";

/** The bytes that a data: URL carries. */
export function decodeDataUrl(url: string): Uint8Array<ArrayBuffer> {
  const comma = url.indexOf(",");
  if (!url.startsWith("data:") || comma < 0) throw new PdfProblem("PDF_UNREACHABLE");
  const body = url.slice(comma + 1);
  try {
    if (/;base64\s*$/i.test(url.slice(5, comma))) return fromBase64(decodeURIComponent(body).replace(/\s/g, ""));
    return Uint8Array.from(percentDecode(body));
  } catch {
    throw new PdfProblem("PDF_UNREACHABLE");
  }
}

function* percentDecode(text: string): Generator<number> {
  const bytes = new TextEncoder().encode(text);
  for (let i = 0; i < bytes.length; i++) {
    const hex = bytes[i] === 0x25 ? String.fromCharCode(bytes[i + 1] ?? 0, bytes[i + 2] ?? 0) : "";
    if (/^[0-9a-f]{2}$/i.test(hex)) {
      yield parseInt(hex, 16);
      i += 2;
    } else yield bytes[i]!;
  }
}
