import { describe, expect, it } from "vitest";
import { disconnectCode, disconnectTexts } from "../src/background/disconnect";
import { chooseMode, modesOf } from "../src/background/modes";
import { versionProblem } from "../src/shared/versions";

describe("why the port ended", () => {
  // The browsers' own sentences: facts/native.md 1.5, Chrome's documentation, gecko's NativeMessaging.sys.mjs.
  it.each([
    ["Specified native messaging host not found.", "HOST_NOT_FOUND"],
    ["Access to the specified native messaging host is forbidden.", "HOST_FORBIDDEN"],
    ["Native host has exited.", "HOST_EXITED"],
    ["Error when communicating with the native messaging host.", "HOST_BROKEN"],
    ["Failed to start native messaging host.", "HOST_START_FAILED"],
    ["No such native application org.sign_with_cmd.host", "HOST_NOT_FOUND_OR_FORBIDDEN"],
    ["An unexpected error occurred", "HOST_GONE"],
    ["", "HOST_GONE"],
    [undefined, "HOST_GONE"],
  ])("%j is %s", (message, code) => {
    expect(disconnectCode(message)).toBe(code);
  });

  it("has a message of its own for each", () => {
    const messages = Object.values(disconnectTexts).map((t) => t.message);
    expect(new Set(messages).size).toBe(messages.length);
  });
});

describe("versions", () => {
  it.each([
    [{ protocol: 1, min_protocol: 1 }, undefined],
    [{ protocol: 5, min_protocol: 1 }, undefined],
    [{ protocol: 1 }, undefined],
    [{ protocol: 5, min_protocol: 2 }, "VERSION_CLIENT_OLD"],
    [{ protocol: 0 }, "VERSION_HOST_OLD"],
    [{}, "VERSION_HOST_OLD"],
  ])("%j: %s", (hello, problem) => {
    expect(versionProblem(hello)).toBe(problem);
  });
});

describe("the mode", () => {
  it.each([
    ["Chromium, as ever", ["relay", "launch"], "relay", ["relay", "launch"], { mode: "relay", changed: false }],
    ["Chromium, the person wants launch", ["relay", "launch"], "launch", ["relay", "launch"], { mode: "launch", changed: false }],
    ["Chromium, the host can't relay: asked first", ["launch"], "relay", ["relay", "launch"], { mode: "launch", changed: true }],
    ["Firefox", ["relay", "launch"], "relay", ["launch"], { mode: "launch", changed: false }],
    ["Firefox, as the host's configuration says", ["relay", "attach", "launch"], "relay", ["launch", "attach"], { mode: "attach", changed: false }],
    ["Chromium, the browser that was chosen isn't configured any more", ["relay", "launch"], "attach", ["relay", "launch", "attach"], { mode: "relay", changed: true }],
    ["Firefox, the host only relays", ["relay"], "relay", ["launch"], undefined],
    ["a host that offers nothing", [], "relay", ["relay", "launch"], undefined],
  ] as const)("%s", (_, offered, wanted, can, chosen) => {
    expect(chooseMode([...offered], wanted, [...can])).toEqual(chosen);
  });

  it("is of an older host its only one, and an unknown one isn't offered", () => {
    expect(modesOf({ mode: "launch" })).toEqual(["launch"]);
    expect(modesOf({ modes: ["telepathy", "attach", "relay"] })).toEqual(["attach", "relay"]);
    expect(modesOf({})).toEqual([]);
  });
});
