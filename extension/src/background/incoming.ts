// Chosen files on their way from a page, in base64 chunks, since a message takes text only.

import type { Pick } from "../pdf/ladder";
import type { Action } from "../shared/actions";
import { fromBase64 } from "../shared/base64";
import { join } from "../shared/bytes";
import { MAX_PDF, MAX_QUEUE } from "../shared/protocol";

type Part = Extract<Action, { do: "file" }>;

export class Incoming {
  #whole: Pick[] = [];
  #parts: Uint8Array<ArrayBuffer>[] = [];
  #size = 0;

  /** Takes a chunk. Gives the files of one choice when the last is whole, in their order. */
  take({ name, data, last, more, trial }: Part): Pick[] | undefined {
    const bytes = fromBase64(data);
    // One byte over the limit is kept, and shows that it's over.
    const room = Math.max(0, MAX_PDF + 1 - this.#size);
    if (room > 0) this.#parts.push(bytes.subarray(0, room));
    this.#size += Math.min(bytes.length, room);
    if (!last) return undefined;
    if (this.#whole.length < MAX_QUEUE) this.#whole.push({ kind: "file", name, bytes: join(this.#parts, this.#size), ...(trial ? { trial } : {}) });
    this.#parts = [];
    this.#size = 0;
    if (more) return undefined;
    const whole = this.#whole;
    this.#whole = [];
    return whole;
  }
}
