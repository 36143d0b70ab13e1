// Chosen files on their way from a page, in base64 chunks, since a message takes text only.

import type { Pick } from "../pdf/ladder";
import type { Action } from "../shared/actions";
import { fromBase64 } from "../shared/base64";
import { join } from "../shared/bytes";
import { MAX_PDF, MAX_QUEUE } from "../shared/protocol";

type Part = Extract<Action, { do: "file" }>;

/** What has come of a choice: its whole files, and the beginning of the next. */
interface Choice {
  id: string | undefined;
  whole: Pick[];
  /** undefined where a chunk didn't continue the one before: nothing of that file is used. */
  parts: Uint8Array<ArrayBuffer>[] | undefined;
  size: number;
}

export class Incoming {
  /** By the page that sends it: two send at once, and what a closed one has left isn't another's beginning. */
  #choices = new WeakMap<object, Choice>();

  /** Takes a chunk. Gives the files of one choice when the last is whole, in their order; those that couldn't be read have no bytes. */
  take({ choice: id, name, offset = 0, data, last, more, trial, unreadable }: Part, page: object): Pick[] | undefined {
    let choice = this.#choices.get(page);
    if (!choice || choice.id !== id) this.#choices.set(page, (choice = { id, whole: [], parts: [], size: 0 }));
    if (offset === 0) [choice.parts, choice.size] = [[], 0];
    if (unreadable || offset !== choice.size) choice.parts = undefined;
    const bytes = fromBase64(data);
    // One byte over the limit is kept, and shows that it's over.
    const room = Math.max(0, MAX_PDF + 1 - choice.size);
    if (room > 0) choice.parts?.push(bytes.subarray(0, room));
    choice.size += Math.min(bytes.length, room);
    if (!last) return undefined;
    const whole = choice.parts && join(choice.parts, choice.size);
    if (choice.whole.length < MAX_QUEUE) choice.whole.push({ kind: "file", name, ...(whole ? { bytes: whole } : {}), ...(trial ? { trial } : {}) });
    [choice.parts, choice.size] = [[], 0];
    if (more) return undefined;
    this.#choices.delete(page);
    return choice.whole;
  }
}
