import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it, vi } from "vitest";
import pt from "../_locales/pt_PT/messages.json";
import { enough, official, topicOf, topics } from "../src/shared/help";

const read = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");

/** The host's codes, and those that stand in this extension's own sources. */
const hostCodes = read("../../host/problem/testdata/codes.txt").split(/\s+/).filter(Boolean);
const ownCodes = ["../src/pdf/problem.ts", "../src/background/disconnect.ts", "../src/background/problems.ts"].flatMap((file) =>
  [...read(file).matchAll(/"([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)*)"/g)].map((m) => m[1]!),
);

it("knows the codes of both sides", () => {
  expect(hostCodes).toContain("ACCOUNT_LOCKED");
  expect(hostCodes.length).toBeGreaterThan(50);
  expect(ownCodes).toEqual(expect.arrayContaining(["PDF_GONE", "HOST_GONE", "MODE_MISSING"]));
});

it.each([...new Set([...hostCodes, ...ownCodes])])("has a topic for %s, or its text is enough", (code) => {
  expect(topicOf(code) !== undefined, `${code}: one of the two, in shared/help.ts`).not.toBe(enough.includes(code));
});

it("has no code that nobody can show", () => {
  for (const code of enough) expect([...hostCodes, ...ownCodes]).toContain(code);
});

it("says of each kind of trouble what happened, whose side it's on and what to do, and links official pages only", () => {
  const texts: Record<string, { message: string }> = pt;
  for (const topic of Object.values(topics)) {
    for (const key of [topic.title, topic.what, topic.side, ...topic.todo]) expect(texts[key]?.message, key).toBeTruthy();
    expect(topic.todo.length).toBeGreaterThan(1);
  }
  for (const url of Object.values(official)) expect(new URL(url).host).toMatch(/^(www|validador)\.autenticacao\.gov\.pt$/);
});

it("is linked from what went wrong, by its code", async () => {
  const made: { href?: string; textContent?: string }[] = [];
  class El {
    children: unknown[] = [];
    append(...c: unknown[]) { this.children.push(...c); }
    setAttribute() {}
  }
  vi.stubGlobal("document", { createElement: () => { const el = new El(); made.push(el as object); return el; } });
  vi.stubGlobal("chrome", { i18n: { getMessage: (key: string) => key } });
  const { problemNote } = await import("../src/screens/problem");
  problemNote({ code: "ACCOUNT_LOCKED", message: "m", retry: "nothing" });
  expect(made.map((el) => el.href)).toContain("help.html#locked");
  made.length = 0;
  problemNote({ code: "A_CODE_OF_TOMORROW", message: "m", retry: "nothing" });
  expect(made.some((el) => el.href)).toBe(false);
});
