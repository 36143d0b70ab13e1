import { afterEach, describe, expect, it, vi } from "vitest";
import { ask } from "../src/pages/doctor";

/** A host that says what it's told to, and what it was asked. */
function host() {
  const listeners = { message: (_: unknown) => {}, gone: () => {} };
  const port = {
    onMessage: { addListener: (f: (m: unknown) => void) => void (listeners.message = f) },
    onDisconnect: { addListener: (f: () => void) => void (listeners.gone = f) },
    postMessage: vi.fn(),
    disconnect: vi.fn(),
  };
  vi.stubGlobal("chrome", { runtime: { connectNative: () => port }, i18n: { getMessage: (key: string) => (key === "lang" ? "pt" : key) } });
  return { port, says: (m: unknown) => listeners.message(m), ends: () => listeners.gone() };
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("asking the host what doctor says", () => {
  it("asks once, in the person's language, and lets the host go", async () => {
    const h = host();
    const answer = ask();
    h.says({ state: "start", capabilities: ["sign", "doctor"] });
    expect(h.port.postMessage.mock.calls).toEqual([[{ doctor: "", lang: "pt" }]]);
    const findings = [{ check: "downloads", result: "bad", text: "…", mend: "mkdir -p ~/Downloads" }];
    h.says({ state: "doctor", findings });
    expect(await answer).toEqual(findings);
    expect(h.port.disconnect).toHaveBeenCalled();
  });

  it("doesn't ask a host that doesn't know the question", async () => {
    const h = host();
    const answer = ask();
    h.says({ state: "start", capabilities: ["sign"] });
    expect(await answer).toBeUndefined();
    expect(h.port.postMessage).not.toHaveBeenCalled();
  });

  it("has no answer from a host that ends, or that says nothing", async () => {
    const gone = host();
    const first = ask();
    gone.ends();
    expect(await first).toBeUndefined();

    vi.useFakeTimers();
    const silent = host();
    const second = ask();
    vi.runAllTimers();
    expect(await second).toBeUndefined();
    expect(silent.port.disconnect).toHaveBeenCalled();
  });
});
