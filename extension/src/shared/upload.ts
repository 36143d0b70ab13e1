import { toBase64 } from "./base64";
import { CHUNK, type Chunk } from "./protocol";

/** The upload_local messages of a document, in order: of first bytes, then of most. */
export function* chunks(name: string, bytes: Uint8Array, sha256: string, first = CHUNK, most = CHUNK): Generator<Chunk> {
  for (let offset = 0, end = first; offset < bytes.length; offset = end, end += most) {
    yield { name, size: bytes.length, sha256, offset, data: toBase64(bytes.subarray(offset, end)) };
  }
}
