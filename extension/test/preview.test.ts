// What a frame that met a hostile PDF may say, and what the popup makes of it.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { manifest, previewPolicy } from "../manifest.mjs";
import { Parts } from "../src/background/parts";
import { fromFrame, maxPages, turnKey } from "../src/preview/messages";
import { lacks, needs } from "../src/preview/needs";

describe("a message of the frame", () => {
  it.each([
    [{ kind: "ready", more: 1 }, { kind: "ready" }],
    [{ kind: "opened", pages: 5000 }, { kind: "opened", pages: 5000 }],
    [{ kind: "shown", page: 7, whole: false, html: "<b>" }, { kind: "shown", page: 7, whole: false }],
    [{ kind: "failed", page: 0, why: "password" }, { kind: "failed", page: 0, why: "password" }],
    [{ kind: "key", key: "next" }, { kind: "key", key: "next" }],
  ])("%j is taken without what doesn't belong", (sent, taken) => expect(fromFrame(sent, 9)).toEqual(taken));

  it.each([
    null, undefined, "ready", 7, [], {}, { kind: "open" }, { kind: "constructor" }, { kind: ["ready"] },
    { kind: "opened" }, { kind: "opened", pages: 0 }, { kind: "opened", pages: 1.5 }, { kind: "opened", pages: "3" },
    { kind: "opened", pages: maxPages + 1 }, { kind: "opened", pages: Infinity }, { kind: "opened", pages: NaN },
    { kind: "shown", page: 0, whole: true }, { kind: "shown", page: 10, whole: true }, { kind: "shown", page: 1 }, { kind: "shown", page: 1, whole: "yes" },
    { kind: "failed", page: 1, why: "<script>" }, { kind: "failed", page: -1, why: "broken" }, { kind: "key", key: "confirm" }, { kind: "key", key: ["next"] },
  ])("%j is nothing", (sent) => expect(fromFrame(sent, 9)).toBeUndefined());
});

it("leaves the browser's own keys alone", () => {
  const held = { ctrlKey: false, altKey: false, metaKey: false };
  expect(turnKey({ key: "End", ...held })).toBe("last");
  expect(turnKey({ key: "+", ...held, ctrlKey: true })).toBeUndefined();
  for (const key of ["toString", "constructor", "a", "Enter"]) expect(turnKey({ key, ...held })).toBeUndefined();
});

it("has one policy, in the manifest for Chromium and in the page for Firefox", () => {
  const html = readFileSync(fileURLToPath(new URL("../src/preview/preview.html", import.meta.url)), "utf8");
  expect(/Content-Security-Policy"\s+content="([^"]*)"/.exec(html)?.[1]).toBe(previewPolicy);
  const chromium = manifest("chromium", "1.0.0") as { sandbox: object; content_security_policy: Record<string, string> };
  expect(chromium.sandbox).toEqual({ pages: ["preview.html", "preview-older.html"] });
  expect(chromium.content_security_policy.sandbox).toBe(`sandbox allow-scripts; ${previewPolicy}`);
  expect(previewPolicy).not.toMatch(/unsafe-eval'(?<!'wasm-unsafe-eval')|unsafe-inline|http|\*/);
  for (const browser of ["chromium", "firefox"] as const) {
    const { content_security_policy: policy } = manifest(browser, "1.0.0") as { content_security_policy: Record<string, string> };
    expect(policy.extension_pages).toContain("frame-src 'self';");
    expect(policy.extension_pages).not.toContain("wasm");
  }
});

describe("pdf.js as it is", () => {
  it("runs where nothing is lacking of what its build for older browsers brings", () => {
    const brought = new Set<string>();
    for (const script of ["pdf", "pdf.worker", "pdf.renderer"]) {
      const text = readFileSync(fileURLToPath(import.meta.resolve(`pdfjs-dist/legacy/build/${script}.mjs`)), "utf8");
      for (const [, name] of text.matchAll(/^\/\/ MODULE: .*\/core-js\/modules\/(.+)\.js$/gm)) brought.add(name!);
    }
    expect(Object.keys(needs).sort()).toEqual([...brought].sort());
  });

  it("doesn't run in a browser that lacks something", () => {
    // Node 20 is like a browser of 2023.
    expect(lacks()).toEqual(expect.arrayContaining(["Iterator#map", "Map#getOrInsertComputed", "Math.sumPrecise", "Promise.try", "Uint8Array.fromBase64", "Set#union"]));
    for (const there of ["Array#push", "Array#includes", "Uint8Array#with"]) expect(lacks()).not.toContain(there);
  });
});

describe("the bytes for the preview", () => {
  const bytes = new Uint8Array(1_000_000).fill(65);
  const knows = { capabilities: ["document_data"] };

  it("come from here where they are here", async () => {
    const send = vi.fn(() => true);
    const document = { name: "a.pdf", site: "", bytes };
    expect(await new Parts().take(document, knows, 900_000, send)).toEqual(bytes.subarray(900_000));
    for (const offset of [-1, 0.5, NaN, 2 ** 60]) expect(await new Parts().take(document, knows, offset, send)).toBeUndefined();
    expect(send).not.toHaveBeenCalled();
  });

  it("come from the host where it read the file, and from none that doesn't know the question", async () => {
    const parts = new Parts();
    const send = vi.fn(() => true);
    expect(await parts.take({ name: "a.pdf", site: "", path: "/a.pdf" }, {}, 0, send)).toBeUndefined();
    expect(send).not.toHaveBeenCalled();
    const piece = parts.take({ name: "a.pdf", site: "", path: "/a.pdf" }, knows, 4, send);
    expect(send).toHaveBeenCalledWith({ document_data: 4 });
    expect(parts.heard({ state: "stage1_input", status: "OK", progress: "upload_local" })).toBe(false);
    expect(parts.heard({ progress: "document_data", part: { offset: 9, size: 10, sha256: "x", data: "QQ==" } })).toBe(true);
    parts.heard({ progress: "document_data", part: { offset: 4, size: 10, sha256: "x", data: "Qg==" } });
    expect(await piece).toEqual(new Uint8Array([66]));
    const refused = parts.take(undefined, knows, 4, send);
    parts.heard({ progress: "document_data", status: "ERROR" });
    expect(await refused).toBeUndefined();
  });

  it("are given to two pages that ask for the same at once", async () => {
    const parts = new Parts();
    const send = vi.fn(() => true);
    const pages = [parts.take(undefined, knows, 0, send), parts.take(undefined, knows, 0, send)];
    parts.heard({ progress: "document_data", part: { offset: 0, size: 1, sha256: "x", data: "Qg==" } });
    expect(await Promise.all(pages)).toEqual([new Uint8Array([66]), new Uint8Array([66])]);
    expect(send).toHaveBeenCalledTimes(1);
  });
});
