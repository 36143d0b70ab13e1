// The document's bytes again, for its preview: from where they are, which is here or, for a file of the disk, the host.

import type { Obtained } from "../pdf/ladder";
import { toBase64 } from "../shared/base64";
import { CHUNK, type ClientMessage, type HostMessage } from "../shared/protocol";

/** How long the host may take to give a piece, in ms. */
const patience = 10_000;

export class Parts {
  #waiting = new Map<number, (data: string | undefined) => void>();

  /** The piece from offset on, in base64; undefined where it can't be had. hello: the host's first message, which says what it can give. */
  async take(
    document: Obtained | undefined, hello: HostMessage | undefined, offset: number, send: (m: ClientMessage) => boolean,
  ): Promise<string | undefined> {
    if (!Number.isSafeInteger(offset) || offset < 0) return undefined;
    if (document && "bytes" in document) return toBase64(document.bytes.subarray(offset, offset + CHUNK));
    if (!hello?.capabilities?.includes("document_data")) return undefined;
    return new Promise((done) => {
      const settle = (data: string | undefined) => {
        clearTimeout(late);
        this.#waiting.delete(offset);
        done(data);
      };
      const late = setTimeout(() => settle(undefined), patience);
      this.#waiting.get(offset)?.(undefined);
      this.#waiting.set(offset, settle);
      if (!send({ document_data: offset })) settle(undefined);
    });
  }

  /** Says whether the message was the answer to a question for a piece: then it's nobody else's. */
  heard(m: HostMessage): boolean {
    if (m.progress !== "document_data") return false;
    if (m.part) this.#waiting.get(m.part.offset)?.(m.part.data);
    else for (const settle of [...this.#waiting.values()]) settle(undefined);
    return true;
  }
}
