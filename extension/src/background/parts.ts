// The document's bytes again, for its preview: from where they are, which is here or, for a file of the disk, the host.

import type { Obtained } from "../pdf/ladder";
import { toBase64 } from "../shared/base64";
import { CHUNK, type ClientMessage, type HostMessage } from "../shared/protocol";

/** How long the host may take to give a piece, in ms. */
const patience = 10_000;

export class Parts {
  /** Questions under way, by offset. Two pages that ask for the same share one. */
  #waiting = new Map<number, { answer: Promise<string | undefined>; settle: (data: string | undefined) => void }>();

  /** The piece from offset on, in base64; undefined where it can't be had. hello: the host's first message, which says what it can give. */
  async take(
    document: Obtained | undefined, hello: HostMessage | undefined, offset: number, send: (m: ClientMessage) => boolean,
  ): Promise<string | undefined> {
    if (!Number.isSafeInteger(offset) || offset < 0) return undefined;
    if (document && "bytes" in document) return toBase64(document.bytes.subarray(offset, offset + CHUNK));
    if (!hello?.capabilities?.includes("document_data")) return undefined;
    const asked = this.#waiting.get(offset);
    if (asked) return asked.answer;
    let settle: (data: string | undefined) => void = () => {};
    const answer = new Promise<string | undefined>((done) => {
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
    if (m.part) this.#waiting.get(m.part.offset)?.settle(m.part.data);
    else for (const { settle } of [...this.#waiting.values()]) settle(undefined);
    return true;
  }
}
