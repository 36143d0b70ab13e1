// Puts the document that is being signed into the page's file field, from the bytes that are here: they need not come back from the host.

import { fieldOf, orRefuse, type Answer, type Field, type Marked } from "../secrets/field";
import { toBase64 } from "../shared/base64";
import { Refusal } from "../shared/refusal";

/** What the host was given under this SHA-256, where it's still here. */
export type Documents = (sha256: string) => Blob | undefined;

/** Bytes that go into the page at once where a message takes text only. */
const pieceSize = 2 << 20;

/** A part of the file: all of it, or its n-th piece in base64. The last part has the file's name, and what is to be pressed then. */
interface Part {
  whole?: Blob;
  n?: number;
  data?: string;
  name?: string;
  press?: string;
}

/** A part as it goes to the page: to which document, of which origin, into which field. */
type Message = Part & { put: string; origin: string; selector: string };

/** What a page's document says of a part. "text": messages carry no Blob. */
type Said = Answer | "text";

/** A field that waits for the document: the page's document is marked, and listens. */
export interface Expecting {
  selector: unknown;
  field: Promise<Field>;
}

/** expectDocument of docs/RELAY.md: has the page's document listen for what putDocument gives it, which takes as long as giving it. */
export function expectDocument(tabId: number, origins: readonly string[], selector: unknown): Expecting {
  const field = fieldOf(tabId, origins, selector, hearInPage);
  field.catch(() => {});
  return { selector, field };
}

/**
 * putDocument of docs/RELAY.md: origins are those of open. press: of the element that is pressed once the file is in its field, or
 * nothing. expecting: of the same page, where it was asked to; a page that became another refuses it. Beside a field's refusals, throws
 * NO_DOCUMENT.
 */
export async function putDocument(
  tabId: number, origins: readonly string[], documents: Documents, { sha256, name, selector, press }: Record<string, unknown>,
  expecting?: Expecting,
): Promise<{ put: true; pressed?: true }> {
  const document = typeof sha256 === "string" ? documents(sha256) : undefined;
  if (!document || typeof name !== "string" || name === "" || name.length > 300) throw new Refusal("NO_DOCUMENT", "those bytes aren't here");
  const ready = expecting?.selector === selector ? await expecting?.field.catch(() => undefined) : undefined;
  const field = ready ?? (await fieldOf(tabId, origins, selector, hearInPage));
  const last = { name, ...(typeof press === "string" && press !== "" ? { press } : {}) };
  // A message that carries a Blob has none of its bytes come into the page's own process. Chromium has that from 148 on
  // (message_serialization in the manifest).
  const said = await tell(field, { whole: document, ...last });
  if (said !== "text") orRefuse(said);
  else {
    for (let n = 0, at = 0; at < document.size; n++, at += pieceSize) {
      const data = toBase64(new Uint8Array(await document.slice(at, at + pieceSize).arrayBuffer()));
      orRefuse(asAnswer(await tell(field, { n, data, ...(at + pieceSize >= document.size ? last : {}) })));
    }
  }
  return { put: true, ...("press" in last ? { pressed: true } : {}) };
}

/** Gives the field's document a part. undefined: it's gone. */
async function tell({ tabId, documentId, mark, origin, selector }: Field, part: Part): Promise<Said | undefined> {
  const message: Message = { put: mark, origin, selector, ...part };
  return chrome.tabs.sendMessage(tabId, message, { documentId }).catch(() => undefined);
}

const asAnswer = (said: Said | undefined) => (said === "text" ? undefined : said);

/**
 * Runs in the page, on its own: it may use nothing of this file. Marks the document, and hears the parts, which no page can send. What
 * came waits in the extension's own world, out of the page's reach.
 */
export function hearInPage(mark: string): string {
  const here = globalThis as unknown as Marked;
  here.signWithCmdDocument = mark;
  const parts: BlobPart[] = [];
  const take = ({ origin, selector, whole, n, data, name, press }: Message): Said => {
    if (location.origin !== origin || window.top !== window) return "origin";
    if (here.signWithCmdDocument !== mark) return "gone";
    if (whole instanceof Blob) parts.push(whole);
    else {
      if (typeof data !== "string") return "text";
      if (n !== parts.length) return "gone";
      // Newer browsers have it: of some MB it takes a tenth of the time.
      const { fromBase64 } = Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };
      let bytes = fromBase64?.call(Uint8Array, data);
      if (!bytes) {
        const binary = atob(data);
        bytes = new Uint8Array(binary.length);
        for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
      }
      parts.push(bytes);
    }
    if (name === undefined) return "filled";
    chrome.runtime.onMessage.removeListener(hear);
    let field: Element | null = null;
    try {
      field = document.querySelector(selector);
    } catch {
      return "no-element";
    }
    if (!(field instanceof HTMLInputElement) || field.type !== "file" || !field.isConnected || field.disabled) return "no-element";
    const transfer = new DataTransfer();
    transfer.items.add(new File(parts, name, { type: "application/pdf" }));
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
  };
  const hear = (message: Message | undefined, _sender: unknown, answer: (said: Said) => void) => {
    if (message?.put === mark) answer(take(message));
  };
  chrome.runtime.onMessage.addListener(hear);
  return location.origin;
}
