/** The first size bytes of the chunks, in one piece. */
export function join(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    if (at >= size) break;
    out.set(chunk.subarray(0, size - at), at);
    at += chunk.length;
  }
  return out;
}
