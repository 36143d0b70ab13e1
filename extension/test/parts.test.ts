import { expect, it } from "vitest";
import { postLong, wholeLimit } from "../src/relay/parts";

interface Part {
  part: string;
  more: boolean;
}

function send(cdp: unknown): { cdp: Part }[] {
  const sent: { cdp: Part }[] = [];
  expect(postLong(cdp, (m) => sent.push(m as { cdp: Part }))).toBe(true);
  return sent;
}

it("sends a short message whole", () => {
  expect(send({ id: 1, result: { a: 1 } })).toEqual([{ cdp: { id: 1, result: { a: 1 } } }]);
});

it.each([
  ["base64", "A".repeat(20 << 20)],
  ["pairs of surrogates at every place", "x" + "😀".repeat(3 << 20)],
  ["quotes, which double", '"'.repeat(9 << 20)],
])("sends %s in parts that join to the whole and stay under 16 MiB", (_, body) => {
  const message = { id: 9, result: { body } };
  const sent = send(message);
  expect(sent.length).toBeGreaterThan(1);
  expect(sent.map((m) => m.cdp.more)).toEqual([...Array(sent.length - 1).fill(true), false]);
  for (const m of sent) {
    const json = JSON.stringify(m);
    expect(Buffer.byteLength(json)).toBeLessThan(16 << 20);
    // Half a pair would be written as an escape, or replaced.
    expect(/\\ud[89ab]/i.test(json)).toBe(false);
  }
  expect(JSON.parse(sent.map((m) => m.cdp.part).join(""))).toEqual(message);
});

it("counts bytes, not characters", () => {
  const body = "é".repeat(wholeLimit / 2); // two bytes each: just over, with what stands around it
  expect(send({ body }).length).toBeGreaterThan(1);
});
