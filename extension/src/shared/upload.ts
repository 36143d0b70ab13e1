import { toBase64 } from "./base64";
import { CHUNK, type Chunk } from "./protocol";

/** The upload_local messages of a document, in order. */
export function* chunks(name: string, bytes: Uint8Array, sha256: string): Generator<Chunk> {
  for (let offset = 0; offset < bytes.length; offset += CHUNK) {
    yield { name, size: bytes.length, sha256, offset, data: toBase64(bytes.subarray(offset, offset + CHUNK)) };
  }
}
