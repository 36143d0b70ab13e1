// Chosen or dropped files go to the worker in chunks, one after the other, since a message takes text only.

import type { Act } from "../../screens/screen";
import { toBase64 } from "../../shared/base64";
import { CHUNK, MAX_PDF } from "../../shared/protocol";

export async function sendFiles(files: readonly File[], act: Act): Promise<void> {
  for (const [i, file] of files.entries()) await send(file, i < files.length - 1, act);
}

async function send(file: File, more: boolean, act: Act): Promise<void> {
  // One byte over the limit is enough for the worker to say that it's too large.
  const blob = file.slice(0, MAX_PDF + 1);
  let offset = 0;
  do {
    const bytes = new Uint8Array(await blob.slice(offset, offset + CHUNK).arrayBuffer());
    offset += CHUNK;
    act({ do: "file", name: file.name, data: toBase64(bytes), last: offset >= blob.size, more });
  } while (offset < blob.size);
}
