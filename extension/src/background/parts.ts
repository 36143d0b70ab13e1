// The document's bytes again, for its preview: from where they are, which is here or, for a file of the disk, the host.

import type { Obtained } from "../pdf/ladder";
import { fromBase64 } from "../shared/base64";
import type { ClientMessage, HostMessage } from "../shared/protocol";

/** How long the host may take to give a piece, in ms. */
const patience = 10_000;

type Piece = Uint8Array<ArrayBuffer> | undefined;

export class Parts {
  /** Questions under way, by offset. Two pages that ask for the same share one. */
  #waiting = new Map<number, { answer: Promise<Piece>; settle: (data: Piece) => void }>();

  /** What comes from offset on, to the end where it's all here, or a piece; undefined where it can't be had. hello: the host's first message, which says what it can give. */
  async take(
    document: Obtained | undefined, hello: HostMessage | undefined, offset: number, send: (m: ClientMessage) => boolean,
  ): Promise<Piece> {
    if (!Number.isSafeInteger(offset) || offset < 0) return undefined;
    if (document && "bytes" in document) return document.bytes.slice(offset);
    if (!hello?.capabilities?.includes("document_data")) return undefined;
    const asked = this.#waiting.get(offset);
    if (asked) return asked.answer;
    let settle: (data: Piece) => void = () => {};
    const answer = new Promise<Piece>((done) => {
      settle = (data) => {
        clearTimeout(late);
        this.#waiting.delete(offset);
        done(data);
      };
    });
    const late = setTimeout(() => settle(undefined), patience);
    this.#waiting.set(offset, { answer, settle });
    if (!send({ document_data: offset })) settle(undefined);
    return answer;
  }

  /** Says whether the message was the answer to a question for a piece: then it's nobody else's. */
  heard(m: HostMessage): boolean {
    if (m.progress !== "document_data") return false;
    if (m.part) this.#waiting.get(m.part.offset)?.settle(decoded(m.part.data));
    else for (const { settle } of [...this.#waiting.values()]) settle(undefined);
    return true;
  }
}

function decoded(text: string): Piece {
  try {
    return fromBase64(text);
  } catch {
    return undefined;
  }
}
