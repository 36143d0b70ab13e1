// When a document is given up: a site may be slow, but one that drips never ends.

/** The most that getting a document may take, in ms. */
export const timeLimit = 120_000;
/** From here on, in ms, it must come at least this fast, in bytes a second: slower it wouldn't be whole within the limit. */
export const patience = 20_000;
export const leastPace = 4096;
/** How long a site may take to begin, in ms: some write the document first. */
export const silence = 60_000;

export function tooSlow(elapsed: number, received: number): boolean {
  if (received === 0) return elapsed > silence;
  return elapsed > timeLimit || (elapsed > patience && received < (leastPace * elapsed) / 1000);
}
