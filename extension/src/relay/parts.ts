// Long messages go to the host in parts (docs/RELAY.md).

/** Over this many bytes of JSON a message goes in parts: of some MB the host reads the first while the browser writes the next. */
export const wholeLimit = 1 << 20;
/** The most that one message may be. */
export const totalLimit = 256 << 20;
/** Characters a part. As JSON it grows, by quotes to twice, by other scripts to three times; under 16 MiB is what a host takes. */
const slice = 512 << 10;

export type Post = (message: { cdp: unknown }) => void;

/** Sends a relay message, in parts where it is long. False: over the limit, nothing was sent. */
export function postLong(cdp: unknown, post: Post): boolean {
  const text = JSON.stringify(cdp);
  const bytes = text.length * 3 <= wholeLimit ? text.length : new TextEncoder().encode(text).length;
  if (bytes > totalLimit) return false;
  if (bytes <= wholeLimit) {
    post({ cdp });
    return true;
  }
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + slice, text.length);
    // Half of a surrogate pair would not survive the way.
    if (end < text.length && /[\uD800-\uDBFF]/.test(text[end - 1]!)) end--;
    post({ cdp: { part: text.slice(at, end), more: end < text.length } });
    at = end;
  }
  return true;
}
