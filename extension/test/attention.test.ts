// The mark on the extension's button and the notification: what is new is told, once, and in order.

import { beforeEach, describe, expect, it, vi } from "vitest";
import { fakeChrome, type FakeChrome } from "./fake-chrome";

let browser: FakeChrome;
let callBack: (typeof import("../src/background/attention"))["callBack"];

beforeEach(async () => {
  browser = fakeChrome();
  vi.resetModules();
  ({ callBack } = await import("../src/background/attention"));
});

const marks = () => browser.action.setBadgeText.mock.calls.map(([m]) => m.text);

describe("calling the person back", () => {
  it("tells the browser nothing twice", async () => {
    for (const screen of ["choose", "fetching", "document", "working"] as const) await callBack(screen, true, true);
    expect(marks()).toEqual([""]);
    expect(browser.notifications.clear).toHaveBeenCalledTimes(1);
    await callBack("code", true, true);
    await callBack("code", true, false);
    await callBack("sending", true, true);
    expect(marks()).toEqual(["", "!", ""]);
    expect(browser.notifications.clear).toHaveBeenCalledTimes(1);
  });

  it("leaves the last of two changes that come at once", async () => {
    await Promise.all([callBack("code", true, true), callBack("sending", true, true), callBack("code", true, true)]);
    expect(marks().at(-1)).toBe("!");
    await Promise.all([callBack("failed", false, true), callBack("done", false, true)]);
    expect(marks().at(-1)).toBe("✓");
    expect(browser.action.setBadgeBackgroundColor.mock.calls.at(-1)).toEqual([{ color: "#15803d" }]);
  });

  it("takes a notification away that is still on its way", async () => {
    let appear = () => {};
    const told: string[] = [];
    browser.notifications.create.mockImplementation(() => new Promise((done) => (appear = () => (told.push("shown"), done("call")))));
    browser.notifications.clear.mockImplementation(async () => (told.push("cleared"), true));
    await callBack("choose", true, true);
    const called = callBack("code", false, true);
    const back = callBack("code", true, false); // the popup is opened
    await vi.waitFor(() => expect(browser.notifications.create).toHaveBeenCalled());
    appear();
    await Promise.all([called, back]);
    expect(told).toEqual(["cleared", "shown", "cleared"]);
  });

  it("marks again what the browser didn't take", async () => {
    browser.action.setBadgeText.mockRejectedValueOnce(new Error("no window"));
    await callBack("code", true, true);
    await vi.waitFor(() => expect(marks()).toEqual(["!"]));
    await callBack("code", true, false);
    expect(marks()).toEqual(["!", "!"]);
  });
});
