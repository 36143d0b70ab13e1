// The document's bytes, asked of the worker piece by piece.

import type { Act } from "../../screens/screen";
import { PARTS, type Part } from "../../shared/actions";
import { sha256 } from "../../shared/base64";
import { MAX_PDF, type DocInfo } from "../../shared/protocol";

/** How long the worker may take to give a piece, in ms. */
const patience = 15_000;

/** Why a document can't be previewed. */
export class NoBytes extends Error {
  constructor(readonly why: "gone" | "differs") {
    super(why);
  }
}

let waiting: ((part: Part) => void) | undefined;

new BroadcastChannel(PARTS).onmessage = ({ data }: MessageEvent<Part>) => waiting?.(data);

/**
 * All of the document. Throws NoBytes: "differs" where the bytes aren't those of the SHA-256 that the host told, which will be
 * confirmed; "gone" where they can't be had.
 */
export async function documentBytes(doc: DocInfo, act: Act): Promise<Uint8Array<ArrayBuffer>> {
  if (!(doc.size > 0 && doc.size <= MAX_PDF)) throw new NoBytes("gone");
  const all = new Uint8Array(doc.size);
  for (let offset = 0; offset < all.length; ) {
    const piece = await ask(doc.sha256, offset, act);
    if (piece.length === 0 || piece.length > all.length - offset) throw new NoBytes("gone");
    all.set(piece, offset);
    offset += piece.length;
  }
  if ((await sha256(all)) !== doc.sha256) throw new NoBytes("differs");
  return all;
}

function ask(hash: string, offset: number, act: Act): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((done, failed) => {
    const late = setTimeout(() => failed(new NoBytes("gone")), patience);
    waiting = (part) => {
      if (part.sha256 !== hash || part.offset !== offset) return;
      clearTimeout(late);
      if (part.data === undefined) failed(new NoBytes("gone"));
      else done(part.data);
    };
    act({ do: "part", sha256: hash, offset });
  });
}
