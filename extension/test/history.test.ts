import { beforeEach, describe, expect, it, vi } from "vitest";
import { clearHistory, entryOf, historyLimits, loadHistory, note } from "../src/background/history";
import { initialView, type View } from "../src/shared/view";

let stored: Record<string, unknown>;
let windows: { incognito: boolean }[];

beforeEach(() => {
  stored = { history: true };
  windows = [{ incognito: false }];
  vi.stubGlobal("chrome", {
    storage: {
      local: {
        get: async (key: string | object) => structuredClone(typeof key === "string" ? { [key]: stored[key] } : { ...key, ...stored }),
        set: async (part: object) => void Object.assign(stored, structuredClone(part)),
        remove: async (key: string) => void delete stored[key],
      },
    },
    windows: { getAll: async () => windows },
  });
});

const host = { version: "1", environment: "production", custom: false, modes: ["relay" as const] };
const document = { name: "contrato.pdf", size: 9, sha256: "a".repeat(64) };
const result = {
  verdict: "verified" as const, signature_exists: "yes" as const, signer: "Maria Exemplo", time: "2026-11-22T10:31:00Z",
  findings: [{ check: "original_prefix", result: "pass" as const, text: "É exatamente o documento enviado.", detail: "bytes 0-9" }],
};
const file = { path: "/d/contrato-signed.pdf", name: "contrato-signed.pdf", size: 10, sha256: "" };
const done: View = { ...initialView, host, screen: "done", id: "d1", document, result, file };
/** A view never holds these at its end; should one come to, the history still has no place for them. */
const private_ = { phone: { country: "+351", number: "912345678" }, picture: "iVBORw0", problem: { code: "X", message: "m", retry: "type" as const, site: "Cara Maria, 912345678" } };

describe("the history", () => {
  it("is off until it's switched on", async () => {
    delete stored.history;
    await note(done);
    expect(await loadHistory()).toEqual([]);
  });

  it("keeps how a signing ended, and nothing of the person but the signer's name", async () => {
    await note({ ...done, ...private_ });
    const [entry] = await loadHistory();
    expect(entry).toMatchObject({
      id: "d1", name: "contrato.pdf", end: "done", environment: "production", verdict: "verified", signer: "Maria Exemplo",
      findings: [{ result: "pass", text: "É exatamente o documento enviado." }], path: "/d/contrato-signed.pdf",
    });
    expect(JSON.stringify(stored)).not.toMatch(/912345678|iVBORw0|Cara Maria/);
  });

  it("has one entry for an end that is told more than once, and the last word on it", async () => {
    const cut: View = { ...done, result: undefined, file: undefined, screen: "interrupted", interrupted: { answer: "waiting" } };
    await note(cut);
    await note(done);
    await note(done);
    await note({ ...done, id: "d2" });
    expect((await loadHistory()).map((e) => [e.id, e.end])).toEqual([["d2", "done"], ["d1", "done"]]);
  });

  it("says of a trial that it was one", async () => {
    await note({ ...done, trial: true });
    expect((await loadHistory())[0]?.environment).toBe("sandbox");
  });

  it.each(["choose", "credentials", "code", "sending", "cancelled", "nohost"] as const)("has nothing of %s", (screen) => {
    expect(entryOf({ ...done, screen }, 0)).toBeUndefined();
  });

  it("writes nothing while a private window is open", async () => {
    windows.push({ incognito: true });
    await note(done);
    expect(await loadHistory()).toEqual([]);
  });

  it("is bounded: in number, and each entry", async () => {
    const long = "x".repeat(100_000);
    const findings = Array.from({ length: 500 }, () => ({ check: long, result: "fail" as const, text: long, detail: long }));
    const big = (id: string): View => ({
      ...done, id, document: { ...document, name: long, sha256: long }, file: { ...file, path: long }, result: { ...result, signer: long, findings },
      problem: { code: long, message: long, retry: "type" },
    });
    stored["history-entries"] = Array.from({ length: historyLimits.entries }, (_, i) => ({ ...entryOf(done, 0)!, id: `old${i}` }));
    await note(big("new"));
    const entries = await loadHistory();
    expect(entries).toHaveLength(historyLimits.entries);
    expect(entries.map((e) => e.id).slice(0, 2)).toEqual(["new", "old0"]);
    expect(entries.map((e) => e.id)).not.toContain(`old${historyLimits.entries - 1}`);
    expect(JSON.stringify(entries[0]).length).toBeLessThan(8_000);
  });

  it("is cleared, and two at once lose nothing", async () => {
    await Promise.all(["a", "b", "c"].map((id) => note({ ...done, id })));
    expect(await loadHistory()).toHaveLength(3);
    await clearHistory();
    expect(JSON.stringify(stored)).not.toContain("contrato");
    expect(stored.history).toBe(true);
  });
});
