// Puts the document that is being signed into the page's file field, from the bytes that are here: they need not come back from the host.

import { inField, fieldOf, orRefuse, type Answer, type Field, type Marked } from "../secrets/field";
import { toBase64 } from "../shared/base64";
import { Refusal } from "../shared/refusal";

/** What the host was given under this SHA-256, where it's still here. */
export type Documents = (sha256: string) => Blob | undefined;

/** Bytes that go into the page at once where a message takes text only. */
const pieceSize = 2 << 20;

/** A piece of the file, in base64; nothing of it where all is there already. The last one has the file's name, and what is to be pressed then. */
interface Piece {
  n: number;
  data: string;
  name?: string;
  press?: string;
}

/** What the extension's own world in a marked document has meanwhile. */
type Held = Marked & { signWithCmdPieces?: BlobPart[] };

/**
 * putDocument of docs/RELAY.md: origins are those of open. press: of the element that is pressed once the file is in its field, or
 * nothing. Beside a field's refusals, throws NO_DOCUMENT.
 */
export async function putDocument(
  tabId: number, origins: readonly string[], documents: Documents, { sha256, name, selector, press }: Record<string, unknown>,
): Promise<{ put: true; pressed?: true }> {
  const document = typeof sha256 === "string" ? documents(sha256) : undefined;
  if (!document || typeof name !== "string" || name === "" || name.length > 300) throw new Refusal("NO_DOCUMENT", "those bytes aren't here");
  const field = await fieldOf(tabId, origins, selector);
  const pressing = typeof press === "string" && press !== "" ? { press } : {};
  if (await hand(field, document)) orRefuse(await inField(field, putInPage, { n: 1, data: "", name, ...pressing }));
  else {
    for (let n = 0, at = 0; at < document.size; n++, at += pieceSize) {
      const last = at + pieceSize >= document.size;
      const data = toBase64(new Uint8Array(await document.slice(at, at + pieceSize).arrayBuffer()));
      orRefuse(await inField<Piece>(field, putInPage, { n, data, ...(last ? { name, ...pressing } : {}) }));
    }
  }
  return { put: true, ...("press" in pressing ? { pressed: true } : {}) };
}

/**
 * Has the field's document hold the whole file, in a message that carries a Blob: none of its bytes comes into the page's own process.
 * Chromium has that from 148 on (message_serialization in the manifest). False: it must go in pieces.
 */
async function hand(field: Field, document: Blob): Promise<boolean> {
  orRefuse(await inField(field, hearInPage, ""));
  const { tabId, documentId, mark } = field;
  return (await chrome.tabs.sendMessage(tabId, { put: mark, document }, { documentId }).catch(() => false)) === true;
}

/** Runs in the page, on its own: it may use nothing of this file. It hears one message, which no page can send. */
export function hearInPage(origin: string, _selector: string, mark: string): Answer {
  const here = globalThis as unknown as Held;
  if (location.origin !== origin || window.top !== window) return "origin";
  if (here.signWithCmdDocument !== mark) return "gone";
  const hear = (message: { put?: unknown; document?: unknown } | undefined, _sender: unknown, answer: (kept: boolean) => void) => {
    if (message?.put !== mark) return;
    chrome.runtime.onMessage.removeListener(hear);
    const whole = message.document instanceof Blob && here.signWithCmdDocument === mark;
    if (whole) here.signWithCmdPieces = [message.document as Blob];
    answer(whole);
  };
  chrome.runtime.onMessage.addListener(hear);
  return "filled";
}

/** Runs in the page, on its own: it may use nothing of this file. The pieces wait in the extension's own world, out of the page's reach. */
export function putInPage(origin: string, selector: string, mark: string, { n, data, name, press }: Piece): Answer {
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
  if (bytes.length > 0) pieces.push(bytes);
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
  if (press === undefined) return "filled";
  if (!document.querySelector(press)) return "no-element";
  // The answer is on its way before the page can go.
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    if (location.origin === origin && here.signWithCmdDocument === mark) document.querySelector<HTMLElement>(press)?.click();
  };
  port2.postMessage("");
  return "filled";
}
