// Puts the document that is being signed into the page's file field, from the bytes that are here: they need not come back from the host.

import { inField, fieldOf, orRefuse, type Answer, type Marked } from "../secrets/field";
import { toBase64 } from "../shared/base64";
import { Refusal } from "../shared/refusal";

/** The bytes that the host was given under this SHA-256, where they're still here. */
export type Documents = (sha256: string) => Uint8Array<ArrayBuffer> | undefined;

/** Bytes that go into the page at once: a script's arguments are text. */
const pieceSize = 2 << 20;

/** A piece of the file, in base64. The last one has the file's name. */
interface Piece {
  n: number;
  data: string;
  name?: string;
}

/** What the extension's own world in a marked document has meanwhile. */
type Held = Marked & { signWithCmdPieces?: Uint8Array<ArrayBuffer>[] };

/** putDocument of docs/RELAY.md: origins are those of open. Beside a field's refusals, throws NO_DOCUMENT. */
export async function putDocument(
  tabId: number, origins: readonly string[], documents: Documents, sha256: unknown, name: unknown, selector: unknown,
): Promise<{ put: true }> {
  const bytes = typeof sha256 === "string" ? documents(sha256) : undefined;
  if (!bytes || typeof name !== "string" || name === "" || name.length > 300) throw new Refusal("NO_DOCUMENT", "those bytes aren't here");
  const field = await fieldOf(tabId, origins, selector);
  for (let n = 0, at = 0; at < bytes.length; n++, at += pieceSize) {
    const last = at + pieceSize >= bytes.length;
    const piece: Piece = { n, data: toBase64(bytes.subarray(at, at + pieceSize)), ...(last ? { name } : {}) };
    orRefuse(await inField(field, putInPage, piece));
  }
  return { put: true };
}

/** Runs in the page, on its own: it may use nothing of this file. The pieces wait in the extension's own world, out of the page's reach. */
export function putInPage(origin: string, selector: string, mark: string, { n, data, name }: Piece): Answer {
  const here = globalThis as unknown as Held;
  if (location.origin !== origin || window.top !== window) return "origin";
  if (here.signWithCmdDocument !== mark) return "gone";
  // Newer browsers have it: of some MB it takes a tenth of the time.
  const { fromBase64 } = Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };
  let bytes = fromBase64?.call(Uint8Array, data);
  if (!bytes) {
    const binary = atob(data);
    bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  }
  const pieces = n === 0 ? (here.signWithCmdPieces = []) : (here.signWithCmdPieces ?? []);
  if (pieces.length !== n) return "gone";
  pieces.push(bytes);
  if (name === undefined) return "filled";
  delete here.signWithCmdPieces;
  let field: Element | null = null;
  try {
    field = document.querySelector(selector);
  } catch {
    return "no-element";
  }
  if (!(field instanceof HTMLInputElement) || field.type !== "file" || !field.isConnected || field.disabled) return "no-element";
  const transfer = new DataTransfer();
  transfer.items.add(new File(pieces, name, { type: "application/pdf" }));
  field.files = transfer.files;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
  return "filled";
}
