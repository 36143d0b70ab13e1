// Chosen or dropped files go to the worker in chunks, one after the other, since a message takes text only.

import type { Act } from "../../screens/screen";
import { toBase64 } from "../../shared/base64";
import { CHUNK, MAX_PDF } from "../../shared/protocol";

/** The choice that is sent. Another that is made meanwhile takes its place. */
let latest = "";

export async function sendFiles(files: readonly File[], act: Act): Promise<void> {
  const choice = (latest = crypto.randomUUID());
  for (const [i, file] of files.entries()) await send(file, i < files.length - 1, choice, act);
}

async function send(file: File, more: boolean, choice: string, act: Act): Promise<void> {
  // One byte over the limit is enough for the worker to say that it's too large.
  const blob = file.slice(0, MAX_PDF + 1);
  let offset = 0;
  do {
    // It may have been moved or changed since it was chosen, or be on a disk that was taken out.
    const bytes = await blob.slice(offset, offset + CHUNK).arrayBuffer().catch(() => undefined);
    if (latest !== choice) return;
    const piece = { do: "file", choice, name: file.name, offset, more } as const;
    if (!bytes) return act({ ...piece, data: "", last: true, unreadable: true });
    offset += CHUNK;
    act({ ...piece, data: toBase64(new Uint8Array(bytes)), last: offset >= blob.size });
  } while (offset < blob.size);
}
