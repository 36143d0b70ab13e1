import { expect, it } from "vitest";
import { tooSlow } from "../src/pdf/pace";

it.each([
  ["nothing yet, as when a site writes the document first", 59_000, 0, false],
  ["nothing after that", 61_000, 0, true],
  ["seventy bytes a second", 21_000, 1470, true],
  ["three megabytes by a poor connection, at 40 kB/s", 60_000, 2_400_000, false],
  ["fast, but without end", 121_000, 60_000_000, true],
])("%s", (_, elapsed, received, slow) => {
  expect(tooSlow(elapsed, received)).toBe(slow);
});
