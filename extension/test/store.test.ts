// What is kept of the view for a worker that comes after this one.

import { beforeEach, describe, expect, it, vi } from "vitest";
import { initialView, type View } from "../src/shared/view";
import { fakeChrome, type FakeChrome } from "./fake-chrome";

let browser: FakeChrome;
let saveView: (typeof import("../src/background/store"))["saveView"];

beforeEach(async () => {
  browser = fakeChrome();
  vi.resetModules();
  ({ saveView } = await import("../src/background/store"));
});

const kept = () => browser.storage.session.set.mock.calls.map(([{ view }]) => (view as View).screen);
const of = (screen: View["screen"]): View => ({ ...initialView, screen });

describe("keeping the view", () => {
  it("writes only the last of those that come while one is on its way", async () => {
    await Promise.all([saveView(of("fetching")), saveView(of("document")), saveView(of("credentials"))]);
    expect(kept().at(-1)).toBe("credentials");
    expect(kept().length).toBeLessThan(3);
  });

  it("ends once it's written", async () => {
    let written = () => {};
    browser.storage.session.set.mockImplementationOnce(() => new Promise<void>((done) => (written = done)));
    const first = saveView(of("code"));
    await vi.waitFor(() => expect(kept()).toEqual(["code"]));
    let ended = false;
    const second = saveView(of("sending")).then(() => (ended = true));
    await Promise.resolve();
    expect(ended).toBe(false);
    written();
    await Promise.all([first, second]);
    expect(kept()).toEqual(["code", "sending"]);
  });

  it("tries again what couldn't be written, for whoever waits for it", async () => {
    browser.storage.session.set.mockRejectedValueOnce(new Error("full"));
    const [first, second] = await Promise.allSettled([saveView(of("code")), saveView(of("sending"))]);
    expect(first.status).toBe("rejected");
    expect(second.status).toBe("fulfilled");
    expect(kept().at(-1)).toBe("sending");
    expect(kept()).toHaveLength(2);
  });

  it("keeps no phone, and nothing of what a picture or the sandbox shows", async () => {
    await saveView({ ...of("code"), phone: { country: "+351", number: "912345678" }, code: { sandbox: "123456" } as never, picture: "data:" as never });
    const text = JSON.stringify(browser.storage.session.set.mock.calls);
    for (const secret of ["912345678", "123456", "data:"]) expect(text).not.toContain(secret);
  });
});
