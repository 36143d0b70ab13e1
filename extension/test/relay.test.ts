import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Relay } from "../src/relay/relay";
import { Tokens } from "../src/secrets/tokens";
import { toBase64 } from "../src/shared/base64";
import { nextTurn } from "../src/shared/turns";
import { fakeChrome, type FakeChrome } from "./fake-chrome";

const cmd = "https://cmd.autenticacao.gov.pt";

let browser: FakeChrome;
let tokens: Tokens;
let sent: Record<string, unknown>[];
let waits: number[];
/** How long such a wait takes: none at all unless a test says so. */
let wait: (ms: number) => Promise<void>;
let relay: Relay;
/** The relay's tab, as a later worker would find it. */
let known: (number | undefined)[];
/** Whether a document to be signed has been seen. */
let coming: boolean;
/** The document that is being signed. */
const held = crypto.getRandomValues(new Uint8Array(50_000));

beforeEach(() => {
  browser = fakeChrome();
  tokens = new Tokens();
  sent = [];
  waits = [];
  wait = async () => {};
  known = [];
  coming = true;
  relay = new Relay(
    ({ cdp }) => sent.push(cdp as Record<string, unknown>),
    tokens,
    (hash) => (hash === "5a" ? new Blob([held]) : undefined),
    (tab) => known.push(tab),
    () => coming,
    (ms) => {
      waits.push(ms);
      return wait(ms);
    },
  );
});

let id = 0;
async function ask(request: object): Promise<Record<string, unknown>> {
  const mine = ++id;
  await relay.handle({ id: mine, ...request });
  const answer = sent.find((m) => m.id === mine && !("bytes" in m))!;
  return (answer.result ?? { code: (answer.error as { code: string }).code }) as Record<string, unknown>;
}

const open = (origins: unknown = [cmd]) => ask({ do: "open", origins });
const tabId = () => [...browser.openTabs.keys()][0]!;
const at = (url: string) => browser.debugger.onEvent.emit({ tabId: tabId() }, "Page.frameNavigated", { frame: { id: "F", url } });

describe("open", () => {
  it("attaches to a background tab before anything is loaded", async () => {
    expect(await open()).toEqual({ targetId: "T1", ready: true });
    expect(browser.tabs.create).toHaveBeenCalledWith({ url: "about:blank", active: false });
    expect(browser.debugger.attach).toHaveBeenCalledWith({ tabId: tabId() }, "1.3");
  });

  it("tells which tab is its own before anything is done there: a worker that dies then leaves it to the next one", async () => {
    browser.debugger.attach.mockImplementationOnce(async () => expect(known).toEqual([tabId()]));
    expect(await open()).toMatchObject({ ready: true });
    await ask({ do: "close" });
    expect(known.at(-1)).toBeUndefined();
  });

  it("that is closed while it's under way leaves no tab, and the next has its own", async () => {
    const first = open();
    const close = ask({ do: "close" });
    const second = open();
    expect(await first).toEqual({ targetId: "T1", ready: true });
    await close;
    expect(await second).toEqual({ targetId: "T1", ready: true });
    expect([...browser.openTabs.keys()]).toEqual([8]);
  });

  it("is refused a second time", async () => {
    await open();
    expect(await open()).toEqual({ code: "BUSY" });
    expect(browser.openTabs.size).toBe(1);
  });

  it.each([
    [["https://example.org"]],
    [[cmd, "https://example.org"]],
    [["https://cmd.autenticacao.gov.pt.example.org"]],
    [["http://cmd.autenticacao.gov.pt"]],
    [["https://cmd.autenticacao.gov.pt/"]],
    [["https://CMD.autenticacao.gov.pt"]],
    [["http://cmd-autenticacao.localhost:4000"]],
    [["http://localhost:4000"]],
    [["http://127.0.0.1:4000"]],
    [["https://cmd.localhost"]],
    [["http://cmd.localhost.example.org"]],
    [[]],
    ["https://cmd.autenticacao.gov.pt"],
    [undefined],
    [[7]],
  ])("refuses the origins %j and opens nothing", async (origins) => {
    expect(await open(origins === undefined ? null : origins)).toEqual({ code: "ORIGIN_REFUSED" });
    expect(browser.tabs.create).not.toHaveBeenCalled();
  });

  it("takes the sandbox's two names on any port", async () => {
    expect(await open(["http://cmd.localhost:4321", "http://frtend.reg.cmd.localhost:4321"])).toEqual({ targetId: "T1", ready: true });
  });

  it("does what the tab is made ready with before it's given", async () => {
    const setup = [{ method: "Runtime.enable", params: {} }, { method: "Fetch.enable", params: { patterns: [] } }];
    expect(await ask({ do: "open", origins: [cmd], setup })).toEqual({ targetId: "T1", ready: true, setup: true });
    const done = browser.debugger.sendCommand.mock.calls.map(([, method]) => method);
    expect(done).toEqual(expect.arrayContaining(["Runtime.enable", "Fetch.enable"]));
  });

  const focus = () => browser.debugger.sendCommand.mock.calls.filter(([, method]) => method === "Emulation.setFocusEmulationEnabled").map(([, , p]) => p);

  it("has the tab behave as one that's looked at, unless the host wakes it itself", async () => {
    await open();
    expect(focus()).toEqual([{ enabled: true }]);
    await ask({ do: "close" });
    browser.debugger.sendCommand.mockClear();
    const asleep = { method: "Emulation.setFocusEmulationEnabled", params: { enabled: false } };
    await ask({ do: "open", origins: [cmd], setup: [asleep] });
    expect(focus()).toEqual([{ enabled: false }]);
  });

  it.each([[false], [true]])("brings a tab back as it was, awake: %s", async (awake) => {
    const asleep = { method: "Emulation.setFocusEmulationEnabled", params: { enabled: false } };
    await ask({ do: "open", origins: [cmd], setup: [asleep] });
    if (awake) await ask({ do: "command", method: asleep.method, params: { enabled: true } });
    browser.debugger.sendCommand.mockClear();
    browser.debugger.onDetach.emit({ tabId: tabId() }, "target_closed");
    await vi.waitFor(() => expect(JSON.stringify(sent)).toContain("reattached"));
    expect(focus()).toEqual(awake ? [{ enabled: true }] : []);
  });

  it.each([
    ["a command that isn't on the list", [{ method: "Network.enable", params: {} }], "COMMAND_REFUSED"],
    ["a way elsewhere", [{ method: "Page.navigate", params: { url: "https://example.org/" } }], "ORIGIN_REFUSED"],
    ["a script in the page's own world", [{ method: "Page.addScriptToEvaluateOnNewDocument", params: { source: "1" } }], "COMMAND_REFUSED"],
    ["more than a few", Array.from({ length: 9 }, () => ({ method: "Runtime.enable", params: {} })), "COMMAND_REFUSED"],
    ["no list", "Runtime.enable", "COMMAND_REFUSED"],
    ["nothing", [null], "COMMAND_REFUSED"],
  ])("opens nothing where it's to be made ready with %s", async (_, setup, code) => {
    expect(await ask({ do: "open", origins: [cmd], setup })).toEqual({ code });
    expect(browser.tabs.create).not.toHaveBeenCalled();
  });

  it("leaves no tab behind when making it ready fails", async () => {
    browser.debugger.sendCommand.mockImplementation(async (_, method) => {
      if (method === "Fetch.enable") throw new Error("no");
      return {};
    });
    expect(await ask({ do: "open", origins: [cmd], setup: [{ method: "Fetch.enable", params: {} }] })).toEqual({ code: "ATTACH_FAILED" });
    expect(browser.openTabs.size).toBe(0);
  });

  it("leaves no tab behind when it can't attach", async () => {
    browser.debugger.attach.mockRejectedValueOnce(new Error("Another debugger is already attached"));
    expect(await open()).toEqual({ code: "ATTACH_FAILED" });
    expect(browser.openTabs.size).toBe(0);
  });
});

describe("command", () => {
  it("is passed on at about:blank and at the origins of open", async () => {
    await open();
    expect(await ask({ do: "command", method: "Page.navigate", params: { url: `${cmd}/a` } })).toEqual({});
    at(`${cmd}/a?b`);
    await ask({ do: "command", method: "Page.getLayoutMetrics", params: {} });
    expect(browser.debugger.sendCommand).toHaveBeenLastCalledWith({ tabId: tabId() }, "Page.getLayoutMetrics", {});
  });

  it.each(["https://example.org/", "https://www.autenticacao.gov.pt/", "data:text/html,x", "chrome-extension://abc/x"])(
    "is refused while the tab is at %s",
    async (url) => {
      await open();
      at(url);
      browser.debugger.sendCommand.mockClear();
      expect(await ask({ do: "command", method: "Page.getFrameTree" })).toEqual({ code: "ORIGIN_REFUSED" });
      expect(browser.debugger.sendCommand).not.toHaveBeenCalled();
    },
  );

  it("isn't misled by a frame inside the page", async () => {
    await open();
    at(`${cmd}/a`);
    browser.debugger.onEvent.emit({ tabId: tabId() }, "Page.frameNavigated", { frame: { id: "F2", parentId: "F", url: "https://example.org/" } });
    expect(await ask({ do: "command", method: "Page.getFrameTree" })).not.toHaveProperty("code");
  });

  it("is refused before open, outside the list, and as an unknown request", async () => {
    expect(await ask({ do: "command", method: "Page.enable" })).toEqual({ code: "NOT_OPEN" });
    await open();
    expect(await ask({ do: "command", method: "Network.enable" })).toEqual({ code: "COMMAND_REFUSED" });
    expect(await ask({ do: "evaluate" })).toEqual({ code: "COMMAND_REFUSED" });
  });

  it.each([
    ['{"code":-32602,"message":"Invalid parameters"}', { code: "CDP_ERROR", message: "Invalid parameters", cdp_code: -32602 }],
    ["Detached while handling command.", { code: "DETACHED", message: "Detached while handling command." }],
    ["Debugger is not attached to the tab with id: 7.", { code: "DETACHED" }],
    ["Something else in plain English", { code: "CDP_ERROR", message: "Something else in plain English", cdp_code: -32000 }],
  ])("gives the browser's error %s a code", async (message, error) => {
    await open();
    browser.debugger.sendCommand.mockRejectedValueOnce(new Error(message));
    await relay.handle({ id: 99, do: "command", method: "Page.enable" });
    expect(sent.at(-1)).toMatchObject({ id: 99, error });
  });
});

describe("events", () => {
  it("come from the tab only, filtered", async () => {
    await open();
    const emit = (source: { tabId: number; sessionId?: string }, method: string, params: object) =>
      browser.debugger.onEvent.emit(source, method, params);
    emit({ tabId: tabId() + 1 }, "Inspector.targetCrashed", {});
    emit({ tabId: tabId(), sessionId: "child" }, "Inspector.targetCrashed", {});
    emit({ tabId: tabId() }, "Network.requestWillBeSent", { request: { postData: "pin=1357" } });
    emit({ tabId: tabId() }, "Runtime.executionContextDestroyed", { executionContextId: 3 });
    expect(sent.filter((m) => m.event)).toEqual([{ event: "Runtime.executionContextDestroyed", params: { executionContextId: 3 } }]);
  });
});

describe("a request that may pass", () => {
  const paused = (params: object) =>
    browser.debugger.onEvent.emit({ tabId: tabId() }, "Fetch.requestPaused", { requestId: "R1", frameId: "T1", request: { url: `${cmd}/inicio`, method: "GET" }, ...params });
  const toHost = () => sent.filter((m) => m.event === "Fetch.requestPaused").length;
  const goneOn = () => browser.debugger.sendCommand.mock.calls.filter(([, method]) => method === "Fetch.continueRequest").length;

  it("goes on by itself from when the host says so until it says no more", async () => {
    await open();
    paused({});
    expect([toHost(), goneOn()], "nothing passes unless it's said").toEqual([1, 0]);
    expect(await ask({ do: "letPass", pass: true })).toEqual({});
    paused({});
    expect([toHost(), goneOn()]).toEqual([1, 1]);
    expect(await ask({ do: "letPass", pass: false })).toEqual({});
    paused({});
    expect([toHost(), goneOn()]).toEqual([2, 1]);
  });

  it.each([
    ["leads elsewhere", { request: { url: "https://cmd.autenticacao.gov.pt.example.org/", method: "POST" } }],
    ["is a frame's", { frameId: "T2" }],
    ["is answered", { responseStatusCode: 200, responseHeaders: [] }],
    ["has failed", { responseErrorReason: "ConnectionReset" }],
  ])("waits for the host's word where it %s", async (_, params) => {
    await open();
    await ask({ do: "letPass", pass: true });
    paused(params);
    expect([toHost(), goneOn()]).toEqual([1, 0]);
  });
});

describe("the answer to a form", () => {
  const url = `${cmd}/codigo?id=1`;
  const html = { name: "Content-Type", value: "text/html; charset=utf-8" };
  const paused = (params: object) =>
    browser.debugger.onEvent.emit({ tabId: tabId() }, "Fetch.requestPaused", { requestId: "R1", frameId: "F", request: { url, method: "POST" }, ...params });
  const goOn = () => ask({ do: "command", method: "Fetch.continueRequest", params: { requestId: "R1" } });
  const get = (params: object = {}) => paused({ requestId: "R2", request: { url, method: "GET" }, ...params });
  const asked = () => browser.debugger.sendCommand.mock.calls.map(([, method, params]) => [method, params] as [string, Record<string, unknown>]);
  const body = toBase64(new TextEncoder().encode("<p>O código não está certo</p>"));

  beforeEach(async () => {
    await open();
    at(`${cmd}/codigo`);
    browser.debugger.sendCommand.mockClear();
    browser.debugger.sendCommand.mockImplementation(async (_, method) => {
      if (method === "Page.navigate") return new Promise(() => {}); // until the page is there
      return method === "Fetch.getResponseBody" ? { body, base64Encoded: true } : {};
    });
  });

  it("is given in place of the GET where requests pass by themselves too", async () => {
    await ask({ do: "letPass", pass: true });
    const mine = { frameId: "T1" };
    paused(mine);
    expect(asked().at(-1), "the form goes by itself").toEqual(["Fetch.continueRequest", { requestId: "R1" }]);
    paused({ ...mine, responseStatusCode: 200, responseHeaders: [html] });
    expect(sent.filter((m) => m.event === "Fetch.requestPaused"), "its answer waits").toHaveLength(1);
    await goOn();
    get(mine);
    expect(asked().at(-1)).toEqual(["Fetch.fulfillRequest", { requestId: "R2", responseCode: 200, responseHeaders: [html], body }]);
    expect(asked().filter(([method]) => method === "Fetch.continueRequest"), "and nothing more goes to the site").toHaveLength(1);
  });

  it("is shown as the answer to a GET, with what the site said, and the host sees nothing of that", async () => {
    paused({});
    await goOn();
    expect(asked().at(-1), "what goes to the site is as it was").toEqual(["Fetch.continueRequest", { requestId: "R1" }]);
    const csp = { name: "Content-Security-Policy", value: "default-src 'self'" };
    paused({ responseStatusCode: 200, responseHeaders: [html, csp, { name: "Content-Length", value: "31" }, { name: "Set-Cookie", value: "a=b" }] });
    await goOn();
    expect(asked().slice(-2)).toEqual([["Fetch.fulfillRequest", { requestId: "R1", responseCode: 204 }], ["Page.navigate", { url, frameId: "F" }]]);
    const before = sent.length;
    get();
    expect(sent).toHaveLength(before);
    expect(asked().at(-1)).toEqual(["Fetch.fulfillRequest", { requestId: "R2", responseCode: 200, responseHeaders: [html, csp], body }]);
    get();
    expect(sent, "another GET of the same is the site's").toHaveLength(before + 1);
  });

  it("that can't be had is an error of a GET too", async () => {
    paused({ responseErrorReason: "ConnectionReset" });
    await goOn();
    get();
    expect(asked().at(-1)).toEqual(["Fetch.failRequest", { requestId: "R2", errorReason: "ConnectionReset" }]);
  });

  it.each([
    ["didn't ask for it", async () => { throw new Error('{"code":-32000,"message":"No frame with given id found"}'); }],
    ["went elsewhere instead", async () => ({ errorText: "net::ERR_ABORTED" })],
  ])("isn't given for a later GET where the browser %s", async (_, navigate) => {
    browser.debugger.sendCommand.mockImplementation(async (_, method) => {
      if (method === "Page.navigate") return navigate();
      return method === "Fetch.getResponseBody" ? { body, base64Encoded: true } : {};
    });
    paused({ responseStatusCode: 200, responseHeaders: [html] });
    await goOn();
    const before = sent.length;
    get();
    expect(sent, "it's the site's").toHaveLength(before + 1);
  });

  it("goes on as it came where its bytes can't be read", async () => {
    browser.debugger.sendCommand.mockImplementation(async (_, method) => {
      if (method === "Fetch.getResponseBody") throw new Error("gone");
      return {};
    });
    paused({ responseStatusCode: 200, responseHeaders: [html] });
    await goOn();
    expect(asked().at(-1)).toEqual(["Fetch.continueRequest", { requestId: "R1" }]);
  });

  it.each([
    ["a redirect", { responseStatusCode: 302, responseHeaders: [{ name: "Location", value: "/b" }] }],
    ["a file", { responseStatusCode: 200, responseHeaders: [{ name: "Content-Type", value: "application/pdf" }] }],
    ["a download", { responseStatusCode: 200, responseHeaders: [html, { name: "Content-Disposition", value: "attachment; filename=a.pdf" }] }],
    ["nothing", { responseStatusCode: 204 }],
    ["what was asked for plainly", { request: { url, method: "GET" }, responseStatusCode: 200, responseHeaders: [html] }],
    ["of another site", { request: { url: "https://example.org/f", method: "POST" }, responseStatusCode: 200, responseHeaders: [html] }],
    ["what we refused ourselves", { responseErrorReason: "BlockedByClient" }],
  ])("isn't touched where it's %s", async (_, params) => {
    paused(params);
    await goOn();
    expect(asked()).toEqual([["Fetch.continueRequest", { requestId: "R1" }]]);
  });
});

describe("the answer to a form that waits to be given as the debugger goes", () => {
  const url = `${cmd}/codigo?id=1`;
  const html = { name: "Content-Type", value: "text/html; charset=utf-8" };
  const form = { requestId: "R1", frameId: "T1", request: { url, method: "POST", headers: { Referer: `${cmd}/pin` } }, responseStatusCode: 200, responseHeaders: [html] };
  const body = toBase64(new TextEncoder().encode("<a href=assinado.pdf>O seu documento</a>"));
  const given = { responseCode: 200, responseHeaders: [html], body };
  const foreign = "Cannot access a chrome-extension:// URL of different extension";
  const gone = "Detached while handling command.";
  const emit = (method: string, params: object) => browser.debugger.onEvent.emit({ tabId: tabId() }, method, params);
  const stand = (loaderId: string) => {
    standing = loaderId;
    emit("Page.frameNavigated", { frame: { id: "T1", loaderId, url } });
  };
  const get = (requestId: string) => emit("Fetch.requestPaused", { requestId, frameId: "T1", request: { url, method: "GET" } });
  const calls = (wanted: string) => browser.debugger.sendCommand.mock.calls.filter(([, method]) => method === wanted).map(([, , params]) => params as Record<string, unknown>);
  const told = (what: "reattached" | "detached") => sent.filter((m) => m[what]).length;
  /** As the browser does it: what's under way is refused, and then it's told. */
  const detach = () => {
    for (const refuse of navigations.splice(0)) refuse.failed(new Error(gone));
    browser.debugger.onDetach.emit({ tabId: tabId() }, "target_closed");
  };
  const back = (times = 1) => vi.waitFor(() => expect(told("reattached")).toBe(times));
  const asks = (times: number) => vi.waitFor(() => expect(calls("Page.navigate")).toHaveLength(times));
  /** The page is there. */
  const arrive = () => navigations.splice(0).forEach(({ done }) => done());
  let navigations: { done: () => void; failed: (err: Error) => void }[];
  /** The document that stands in the tab. */
  let standing: string;
  let refuses: (method: string) => string | undefined;

  beforeEach(async () => {
    navigations = [];
    refuses = () => undefined;
    browser.debugger.sendCommand.mockImplementation(async (_, method) => {
      const why = refuses(method);
      if (why) throw new Error(why);
      switch (method) {
        case "Target.getTargetInfo":
          return { targetInfo: { targetId: "T1" } };
        case "Page.getFrameTree":
          return { frameTree: { frame: { id: "T1", loaderId: standing, url }, childFrames: [{ frame: { id: "T2", loaderId: "L9", url } }] } };
        case "Fetch.getResponseBody":
          return { body, base64Encoded: true };
        case "Page.navigate":
          return new Promise((done, failed) => navigations.push({ done: () => done({}), failed }));
      }
      return {};
    });
    // The waits between tries to attach again take no time; that for a page has its end in the page.
    wait = (ms) => (ms < 2000 ? Promise.resolve() : new Promise(() => {}));
    await ask({ do: "open", origins: [cmd], pages: true });
    stand("L1");
  });

  afterEach(() => {
    expect(calls("Fetch.continueRequest"), "nothing goes to the site anew").toEqual([]);
    expect(calls("Runtime.callFunctionOn"), "nothing is pressed").toEqual([]);
  });

  it("is given once it's back, and before the host hears of that: the GET may have gone to the site", async () => {
    emit("Fetch.requestPaused", form);
    await asks(1);
    standing = "L2"; // what the site has said to the GET
    detach();
    await asks(2);
    expect(calls("Fetch.enable").at(-1)).toEqual({ patterns: [{ urlPattern: `${cmd}/codigo\\?id=1`, resourceType: "Document", requestStage: "Request" }] });
    expect(calls("Page.navigate")[1]).toEqual(calls("Page.navigate")[0]);
    get("R2");
    expect(calls("Fetch.fulfillRequest").at(-1)).toEqual({ requestId: "R2", ...given });
    await nextTurn();
    expect(told("reattached"), "the page isn't there yet").toBe(0);
    arrive();
    await back();
    get("R3");
    expect(calls("Fetch.fulfillRequest"), "another GET of the same is the site's").toHaveLength(2);
    expect(sent.at(-1)).toMatchObject({ event: "Fetch.requestPaused", params: { requestId: "R3" } });
    detach();
    await back(2);
    expect(calls("Page.navigate"), "it's given once").toHaveLength(2);
  });

  it.each([
    ["another extension's frame was in the way", foreign],
    ["there was no debugger any more", "Debugger is not attached to the tab with id: 7."],
  ])("is given once it's back where the browser couldn't be asked, since %s", async (_, why) => {
    let times = 0;
    refuses = (method) => (method === "Page.navigate" && times++ === 0 ? why : undefined);
    emit("Fetch.requestPaused", form);
    if (why !== foreign) await asks(1).then(detach);
    await asks(2);
    get("R2");
    expect(calls("Fetch.fulfillRequest").at(-1)).toEqual({ requestId: "R2", ...given });
    arrive();
    await back();
  });

  it("isn't given where the browser wasn't asked, and the page went elsewhere by itself meanwhile", async () => {
    refuses = (method) => (method === "Page.navigate" ? foreign : undefined);
    emit("Fetch.requestPaused", form);
    standing = "L2";
    await back();
    expect(calls("Page.navigate")).toHaveLength(1);
  });

  it("is given where the browser didn't take it at first", async () => {
    emit("Fetch.requestPaused", form);
    await asks(1);
    detach();
    await asks(2);
    refuses = (method) => (method === "Fetch.fulfillRequest" ? foreign : undefined);
    get("R2");
    await asks(3);
    expect(told("reattached")).toBe(0);
    refuses = () => undefined;
    get("R3");
    expect(calls("Fetch.fulfillRequest").at(-1)).toEqual({ requestId: "R3", ...given });
    arrive();
    await back();
  });

  it("isn't given anew where the debugger goes only once it was", async () => {
    emit("Fetch.requestPaused", form);
    await asks(1);
    get("R2");
    await nextTurn();
    detach();
    await back();
    expect(calls("Page.navigate")).toHaveLength(1);
  });

  it("is tried a few times, where the debugger goes each time, and then left", async () => {
    emit("Fetch.requestPaused", form);
    await asks(1);
    for (let times = 1; told("reattached") === 0 && times < 50; times++) {
      detach();
      await vi.waitFor(() => expect(calls("Page.navigate").length > times || told("reattached") > 0).toBe(true));
    }
    expect(calls("Page.navigate")).toHaveLength(4);
    expect(told("detached")).toBe(0);
  });

  it("isn't waited for longer than a page takes, and is given later too", async () => {
    emit("Fetch.requestPaused", form);
    await asks(1);
    wait = async () => {};
    detach();
    await back();
    expect(calls("Page.navigate")).toHaveLength(2);
    expect(waits.at(-1)).toBeLessThanOrEqual(5000);
    get("R2");
    expect(calls("Fetch.fulfillRequest").at(-1)).toEqual({ requestId: "R2", ...given });
  });

  it("isn't given long after it came", async () => {
    emit("Fetch.requestPaused", form);
    await asks(1);
    const now = Date.now();
    vi.spyOn(Date, "now").mockReturnValue(now + 60_000);
    detach();
    await back();
    vi.mocked(Date.now).mockRestore();
    expect(calls("Page.navigate")).toHaveLength(1);
  });

  it("goes with its frame", async () => {
    emit("Page.frameNavigated", { frame: { id: "T3", parentId: "T1", loaderId: "L3", url } });
    refuses = (method) => (method === "Page.navigate" ? foreign : undefined);
    emit("Fetch.requestPaused", { ...form, frameId: "T3" });
    await back();
    expect(calls("Page.navigate")).toHaveLength(1);
  });

  it.each([
    ["closed", false],
    ["left to the person", true],
  ])("is forgotten where the tab is %s meanwhile, and nobody holds that", async (_, keep) => {
    emit("Fetch.requestPaused", form);
    await asks(1);
    detach();
    await asks(2);
    const tab = tabId();
    browser.debugger.detach.mockImplementation(async () => navigations.splice(0).forEach(({ failed }) => failed(new Error(gone))));
    const attached = browser.debugger.attach.mock.calls.length;
    await ask({ do: "close", keep });
    expect(browser.debugger.detach).toHaveBeenCalledWith({ tabId: tab });
    await nextTurn();
    expect(calls("Page.navigate")).toHaveLength(2);
    expect(browser.debugger.attach).toHaveBeenCalledTimes(attached);
    expect(told("reattached")).toBe(0);
  });

  it.each([
    ["was left to the person", () => ask({ do: "close", keep: true })],
    ["was taken from the debugger by the person", async () => browser.debugger.onDetach.emit({ tabId: tabId() }, "canceled_by_user")],
  ])("is forgotten where the tab %s while the debugger was on its way back", async (_, end) => {
    emit("Fetch.requestPaused", form);
    await asks(1);
    let attached = () => {};
    browser.debugger.attach.mockImplementationOnce(() => new Promise((done) => (attached = done)));
    detach();
    await vi.waitFor(() => expect(browser.debugger.attach).toHaveBeenCalledTimes(2));
    await end();
    const detached = browser.debugger.detach.mock.calls.length;
    attached();
    await vi.waitFor(() => expect(browser.debugger.detach.mock.calls.length).toBeGreaterThan(detached));
    expect(calls("Page.navigate")).toHaveLength(1);
  });

  it("is no business of a host's that says of an earlier one that it's to go on", async () => {
    emit("Fetch.requestPaused", { ...form, responseHeaders: [] });
    detach();
    await back();
    refuses = (method) => (method === "Fetch.continueRequest" ? '{"code":-32602,"message":"Invalid InterceptionId."}' : undefined);
    expect(await ask({ do: "command", method: "Fetch.continueRequest", params: { requestId: "R1" } })).toEqual({ code: "CDP_ERROR" });
    expect(calls("Fetch.getResponseBody")).toEqual([]);
    browser.debugger.sendCommand.mockClear();
  });
});

describe("a response", () => {
  const url = `${cmd}/codigo`;
  const html = { name: "Content-Type", value: "text/html; charset=utf-8" };
  const held = { patterns: [{ urlPattern: "*", requestStage: "Request" }, { urlPattern: "*", requestStage: "Response" }] };
  const come = (params: object) =>
    browser.debugger.onEvent.emit({ tabId: tabId() }, "Fetch.requestPaused", { requestId: "R1", frameId: "T1", request: { url, method: "GET" }, ...params });
  const wentOn = () => browser.debugger.sendCommand.mock.calls.filter(([, method]) => method === "Fetch.continueRequest").map(([, , params]) => params);

  it.each([
    ["a page", { responseStatusCode: 200, responseHeaders: [html] }],
    ["a page that says that something is wrong", { responseStatusCode: 500, responseHeaders: [html] }],
    ["a redirect", { responseStatusCode: 302, responseHeaders: [{ name: "Location", value: "/b" }] }],
  ])("that is %s goes on by itself where the host leaves that to this side, and else waits for it", async (_, params) => {
    await ask({ do: "open", origins: [cmd], setup: [{ method: "Fetch.enable", params: held }], pages: true });
    come(params);
    expect(wentOn()).toEqual([{ requestId: "R1" }]);
    expect(sent.filter((m) => m.event)).toEqual([]);
    await ask({ do: "close" });
    await ask({ do: "open", origins: [cmd], setup: [{ method: "Fetch.enable", params: held }] });
    come(params);
    expect(wentOn()).toHaveLength(1);
    expect(sent.filter((m) => m.event)).toHaveLength(1);
  });

  it.each([
    ["a PDF", { responseStatusCode: 200, responseHeaders: [{ name: "Content-Type", value: "application/pdf" }] }],
    ["bytes", { responseStatusCode: 200, responseHeaders: [{ name: "Content-Type", value: "application/octet-stream" }] }],
    ["of no type", { responseStatusCode: 200, responseHeaders: [] }],
    ["a page to be saved", { responseStatusCode: 200, responseHeaders: [html, { name: "Content-Disposition", value: "attachment; filename=a.pdf" }] }],
    ["nothing", { responseStatusCode: 204 }],
    ["an error", { responseErrorReason: "ConnectionReset" }],
  ])("that is %s waits for the host all the same", async (_, params) => {
    await ask({ do: "open", origins: [cmd], setup: [{ method: "Fetch.enable", params: held }], pages: true });
    come(params);
    expect(wentOn()).toEqual([]);
    expect(sent.filter((m) => m.event)).toHaveLength(1);
  });

  it("that answers a form is shown as the answer to a GET then too", async () => {
    const body = toBase64(new TextEncoder().encode("<p>O código não está certo</p>"));
    await ask({ do: "open", origins: [cmd], setup: [{ method: "Fetch.enable", params: held }], pages: true });
    browser.debugger.sendCommand.mockImplementation(async (_, method) => {
      if (method === "Page.navigate") return new Promise(() => {}); // until the page is there
      return method === "Fetch.getResponseBody" ? { body, base64Encoded: true } : {};
    });
    const form = { request: { url, method: "POST" } };
    come({ ...form, responseStatusCode: 200, responseHeaders: [html] });
    await vi.waitFor(() => expect(browser.debugger.sendCommand).toHaveBeenCalledWith({ tabId: tabId() }, "Page.navigate", { url, frameId: "T1" }));
    come({ requestId: "R2" });
    expect(browser.debugger.sendCommand).toHaveBeenLastCalledWith({ tabId: tabId() }, "Fetch.fulfillRequest", { requestId: "R2", responseCode: 200, responseHeaders: [html], body });
    expect(wentOn()).toEqual([]);
  });
});

describe("a detach", () => {
  it("by the bar's Cancel is the person's own", async () => {
    await open();
    browser.debugger.onDetach.emit({ tabId: tabId() }, "canceled_by_user");
    expect(sent.at(-1)).toEqual({ detached: { reason: "canceled_by_user" } });
    expect(browser.scripting.executeScript).not.toHaveBeenCalled();
  });

  it("because the tab is closed is the end", async () => {
    await open();
    const tab = tabId();
    browser.openTabs.clear();
    browser.debugger.onDetach.emit({ tabId: tab }, "target_closed");
    await vi.waitFor(() => expect(sent.at(-1)).toEqual({ detached: { reason: "target_closed" } }));
  });

  it("by another extension's frame is mended: the frame goes, the debugger comes back", async () => {
    await open();
    at(`${cmd}/pin`);
    const foreign = "Cannot access a chrome-extension:// URL of different extension";
    browser.debugger.attach.mockRejectedValueOnce(new Error(foreign));
    browser.scripting.executeScript.mockResolvedValue([{ result: ["nngceckbapebfimnlniiiahkandclblb"] }]);
    browser.debugger.onDetach.emit({ tabId: tabId() }, "target_closed");
    expect(await ask({ do: "command", method: "Page.getFrameTree" })).toEqual({ code: "DETACHED" });
    await vi.waitFor(() => expect(sent.at(-1)).toEqual({ reattached: {} }));
    expect(browser.scripting.executeScript).toHaveBeenCalledTimes(2);
    expect(await ask({ do: "command", method: "Page.enable" })).toEqual({});
  });

  it("isn't told where the frame is put back once the debugger is here: a refused command brings it back too, but not for ever", async () => {
    await open();
    at(`${cmd}/pin`);
    browser.scripting.executeScript.mockResolvedValue([{ result: ["nngceckbapebfimnlniiiahkandclblb"] }]);
    let times = 0;
    for (; sent.every((m) => !m.detached) && times < 50; times++) {
      const told = sent.length;
      browser.debugger.sendCommand.mockRejectedValueOnce(new Error("Cannot access a chrome-extension:// URL of different extension"));
      expect(await ask({ do: "command", method: "Page.getFrameTree" })).toEqual({ code: "DETACHED" });
      await vi.waitFor(() => expect(sent.slice(told).some((m) => m.reattached || m.detached)).toBe(true));
    }
    expect(times).toBeGreaterThan(2);
    expect(sent.at(-1)).toEqual({ detached: { reason: "foreign_frame", who: "nngceckbapebfimnlniiiahkandclblb" } });
  });

  it("that can't be mended names the other extension", async () => {
    await open();
    browser.debugger.attach.mockRejectedValue(new Error("Cannot access a chrome-extension:// URL of different extension"));
    browser.scripting.executeScript.mockResolvedValue([{ result: ["nngceckbapebfimnlniiiahkandclblb"] }]);
    browser.debugger.onDetach.emit({ tabId: tabId() }, "target_closed");
    await vi.waitFor(() =>
      expect(sent.at(-1)).toEqual({ detached: { reason: "foreign_frame", who: "nngceckbapebfimnlniiiahkandclblb" } }),
    );
    expect(waits.reduce((a, b) => a + b, 0)).toBeLessThan(3000);
  });
});

describe("what goes on by itself", () => {
  const url = `${cmd}/codigo`;
  const html = { name: "Content-Type", value: "text/html; charset=utf-8" };
  const both = { patterns: [{ urlPattern: "*", requestStage: "Request" }, { urlPattern: "*", requestStage: "Response" }] };
  const page = { responseStatusCode: 200, responseHeaders: [html] };
  const paused = (params: object) =>
    browser.debugger.onEvent.emit({ tabId: tabId() }, "Fetch.requestPaused", { requestId: "R1", frameId: "T1", request: { url, method: "GET" }, ...params });
  /** Another extension's frame is in the page, and the browser tells nobody: what's sent is refused until the frame is removed. */
  let refuses: (method: string) => boolean;

  beforeEach(async () => {
    refuses = () => false;
    const before = browser.debugger.sendCommand.getMockImplementation()!;
    browser.debugger.sendCommand.mockImplementation(async (target, method, params) => {
      if (refuses(method)) throw new Error("Cannot access a chrome-extension:// URL of different extension");
      if (method === "Page.navigate") return new Promise(() => {});
      return method === "Fetch.getResponseBody" ? { body: "", base64Encoded: true } : before(target, method, params);
    });
    browser.scripting.executeScript.mockImplementation(async () => {
      refuses = () => false;
      return [{ result: ["nngceckbapebfimnlniiiahkandclblb"] }];
    });
    await ask({ do: "open", origins: [cmd], setup: [{ method: "Fetch.enable", params: both }], pages: true });
    await ask({ do: "letPass", pass: true });
    at(url);
  });

  it.each([
    ["a request", () => paused({}), () => true],
    ["a page", () => paused(page), () => true],
    ["a form's answer, which can't be read", () => paused({ ...page, request: { url, method: "POST" } }), () => true],
    ["a form's answer, which can't be taken for itself any more", () => paused({ ...page, request: { url, method: "POST" } }), (method: string) => method === "Fetch.fulfillRequest"],
    ["a form's answer, for which there's no asking any more", () => paused({ ...page, request: { url, method: "POST" } }), (method: string) => method === "Page.navigate"],
  ])("and is refused by the browser brings the debugger back, and the host hears of it: %s", async (_, come, refused) => {
    refuses = refused;
    come();
    await vi.waitFor(() => expect(sent).toContainEqual({ reattached: {} }));
    expect(browser.scripting.executeScript).toHaveBeenCalled();
    expect(sent.filter((m) => m.event === "Fetch.requestPaused")).toEqual([]);
  });

  it("and is refused by the browser brings the debugger back: a form's answer, where it's to be given", async () => {
    paused({ ...page, request: { url, method: "POST" } });
    await vi.waitFor(() => expect(browser.debugger.sendCommand).toHaveBeenLastCalledWith({ tabId: tabId() }, "Page.navigate", { url, frameId: "T1" }));
    refuses = () => true;
    paused({ requestId: "R2" });
    await vi.waitFor(() => expect(sent).toContainEqual({ reattached: {} }));
  });

  it("and can't for another reason leaves the debugger where it is", async () => {
    browser.debugger.sendCommand.mockRejectedValue(new Error('{"code":-32602,"message":"Invalid InterceptionId."}'));
    paused({});
    paused(page);
    await nextTurn();
    expect(browser.scripting.executeScript).not.toHaveBeenCalled();
    expect(sent.filter((m) => m.reattached || m.detached)).toEqual([]);
  });
});

describe("the end", () => {
  it("detaches and closes the tab, or leaves it to the person", async () => {
    await open();
    await ask({ do: "close", keep: true });
    expect(browser.debugger.detach).toHaveBeenCalledTimes(1);
    expect(browser.openTabs.size).toBe(1);
    await open();
    await ask({ do: "close" });
    expect(browser.openTabs.size).toBe(1);
  });

  it("closes a tab that the host forgot, and never the next signing's", async () => {
    vi.useFakeTimers();
    try {
      await open();
      const first = tabId();
      relay.closeLater(false, 900);
      await ask({ do: "close" });
      await open();
      await vi.advanceTimersByTimeAsync(2000);
      expect([...browser.openTabs.keys()]).not.toContain(first);
      expect(browser.openTabs.size).toBe(1);
      relay.closeLater(false, 900);
      await vi.advanceTimersByTimeAsync(2000);
      expect(browser.openTabs.size).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("of the port stops everything", async () => {
    await open();
    const tab = tabId();
    await relay.end(true);
    expect(browser.debugger.detach).toHaveBeenCalledWith({ tabId: tab });
    browser.debugger.onEvent.emit({ tabId: tab }, "Inspector.targetCrashed", {});
    expect(sent.filter((m) => m.event)).toEqual([]);
  });
});

describe("the fence", () => {
  const requests = { patterns: [{ urlPattern: "*", resourceType: "Document", requestStage: "Request" }] };
  const both = { patterns: [...requests.patterns, { urlPattern: "*", resourceType: "Document", requestStage: "Response" }] };
  const fenced = (setup: object[] = [{ method: "Fetch.enable", params: requests }]) => ask({ do: "open", origins: [cmd], setup, free: true });
  const rules = () => [...browser.declarativeNetRequest.rules.values()];
  /** What the browser was told to hold, in order: "none" for nothing any more. */
  const held = () =>
    browser.debugger.sendCommand.mock.calls
      .filter(([, method]) => method === "Fetch.enable" || method === "Fetch.disable")
      .map(([, method, params]) => (method === "Fetch.disable" ? "none" : params));

  it("stands around the tab before anything is loaded, and lets the origins of open through", async () => {
    expect(await fenced()).toEqual({ targetId: "T1", ready: true, setup: true, free: true });
    expect(rules().map(({ condition: { urlFilter, ...rest } }) => [urlFilter, rest])).toEqual([
      [undefined, { tabIds: [tabId()], resourceTypes: ["main_frame"] }],
      [`|${cmd}/`, { tabIds: [tabId()], resourceTypes: ["main_frame"] }],
    ]);
    expect(held()).toEqual([]);
  });

  it("is put up for hosts that know of it only", async () => {
    await ask({ do: "open", origins: [cmd], setup: [{ method: "Fetch.enable", params: requests }] });
    expect(rules()).toEqual([]);
    expect(held()).toEqual([requests]);
  });

  it("is done without where the browser has none: then each request is held", async () => {
    browser.declarativeNetRequest.updateSessionRules.mockRejectedValueOnce(new Error("no such thing"));
    expect(await fenced()).toEqual({ targetId: "T1", ready: true, setup: true });
    expect(held()).toEqual([requests]);
  });

  it.each([
    ["closed", false],
    ["left to the person", true],
  ])("goes when the tab is %s", async (_, keep) => {
    await fenced();
    await ask({ do: "close", keep });
    expect(rules()).toEqual([]);
  });

  it("goes when the tab can't be made ready", async () => {
    browser.debugger.sendCommand.mockRejectedValue(new Error("Internal error"));
    await fenced();
    expect(rules()).toEqual([]);
  });

  it("goes once responses are held, and not before: what it stops would leave what a form sent in the tab's history", async () => {
    await fenced();
    let enabled = () => {};
    browser.debugger.sendCommand.mockImplementationOnce(async () => {
      expect(rules()).toHaveLength(2);
      await new Promise<void>((done) => (enabled = done));
      return {};
    });
    const asked = ask({ do: "command", method: "Fetch.enable", params: both });
    await vi.waitFor(() => expect(held()).toEqual([both]));
    expect(rules()).toHaveLength(2);
    enabled();
    await asked;
    expect(rules()).toEqual([]);
    await ask({ do: "letPass", pass: false });
    expect(held()).toEqual([both]);
  });

  it("stays, and something is held, where requests wait for the host's word", async () => {
    await fenced();
    await ask({ do: "letPass", pass: false });
    expect(held()).toEqual([requests]);
    expect(rules()).toHaveLength(2);
  });

  it("has frames held from when what answers a document begins to load", async () => {
    await fenced();
    browser.scripting.executeScript.mockResolvedValueOnce([{ documentId: "D1", frameId: 0, result: cmd }]);
    browser.tabs.sendMessage.mockResolvedValueOnce("filled");
    expect(await ask({ do: "putDocument", sha256: "5a", name: "a.pdf", selector: "#file", press: "#upload" })).toEqual({ put: true, pressed: true });
    expect(held()).toEqual([]);
    browser.debugger.onEvent.emit({ tabId: tabId() }, "Page.frameStartedLoading", { frameId: "F2" });
    expect(held()).toEqual([]);
    browser.debugger.onEvent.emit({ tabId: tabId() }, "Page.frameStartedLoading", { frameId: "T1" });
    expect(held()).toEqual([requests]);
  });

  it("has frames held at once where the host says so", async () => {
    await fenced();
    await ask({ do: "letPass", pass: true });
    expect(held()).toEqual([requests]);
  });

  it("asks the browser anew to hold what it has refused to", async () => {
    await fenced();
    browser.debugger.sendCommand.mockRejectedValueOnce(new Error("Internal error"));
    expect(await ask({ do: "command", method: "Fetch.enable", params: both })).toEqual({ code: "CDP_ERROR" });
    expect(await ask({ do: "command", method: "Fetch.enable", params: both })).toEqual({});
    expect(held()).toEqual([both, both]);
  });

  it("lets the host say what may pass while the debugger is away, and holds it once that's asked for anew", async () => {
    await fenced();
    browser.scripting.executeScript.mockRejectedValue(new Error("Cannot access contents"));
    browser.debugger.attach.mockImplementationOnce(() => new Promise(() => {}));
    browser.debugger.onDetach.emit({ tabId: tabId() }, "target_closed");
    browser.debugger.sendCommand.mockRejectedValueOnce(new Error("Debugger is not attached to the tab with id: 7."));
    expect(await ask({ do: "letPass", pass: false })).toEqual({});
  });

  it("goes though the debugger can't be attached", async () => {
    browser.debugger.attach.mockRejectedValueOnce(new Error("Cannot access a chrome-extension:// URL of different extension"));
    await fenced();
    expect(rules()).toEqual([]);
  });

  it("tells the host where the browser kept the tab from going", async () => {
    await fenced();
    browser.debugger.onEvent.emit({ tabId: tabId() }, "Page.frameNavigated", {
      frame: { id: "T1", loaderId: "L", url: "chrome-error://chromewebdata/", unreachableUrl: "https://example.org/x?secret=1" },
    });
    expect(sent.at(-1)).toMatchObject({ event: "Page.frameNavigated", params: { frame: { id: "T1", unreachableUrl: "https://example.org/x" } } });
    expect(await ask({ do: "command", method: "Runtime.enable" })).toEqual({ code: "ORIGIN_REFUSED" });
  });

  /** The fences of a worker that begins, and knows nothing of those before it. */
  const later = () => {
    vi.resetModules();
    return import("../src/relay/fence");
  };

  it("of an earlier worker is taken away, once there's another at the latest, and isn't in its way", async () => {
    await fenced();
    const earlier = await later();
    await earlier.clearFences();
    expect(rules()).toEqual([]);
    await earlier.fence(8, [cmd]);
    const { fence } = await later();
    const unfence = await fence(9, [cmd]);
    expect(rules().map(({ condition }) => condition.tabIds)).toEqual([[9], [9]]);
    await unfence?.();
    expect(rules()).toEqual([]);
  });

  it("of this worker isn't taken for an earlier one's, in whichever order they come and go", async () => {
    const earlier = await later();
    await earlier.fence(8, [cmd]);
    const { fence, clearFences } = await later();
    const found = rules();
    let tell = () => {};
    browser.declarativeNetRequest.getSessionRules.mockImplementationOnce(() => new Promise((done) => (tell = () => done(found))));
    const ends = [clearFences(), fence(9, [cmd]), clearFences()];
    await nextTurn();
    tell();
    await Promise.all(ends);
    expect(rules().map(({ condition }) => condition.tabIds)).toEqual([[9], [9]]);
  });
});

describe("the first page", () => {
  const requests = { patterns: [{ urlPattern: "*", requestStage: "Request" }] };
  const script = { method: "Page.addScriptToEvaluateOnNewDocument", params: { source: "1", worldName: "cmdsign" } };
  const setup = [{ method: "Runtime.enable", params: {} }, script, { method: "Fetch.enable", params: requests }];
  const opened = { targetId: "T1", ready: true, setup: true, free: true };
  const first = `${cmd}/intro.aspx`;
  const openAt = (url: unknown = first, more: object = { free: true }) => ask({ do: "open", origins: [cmd], setup, first: url, ...more });
  const navigate = (url = first) => ask({ do: "command", method: "Page.navigate", params: { url } });
  const navigations = () => browser.debugger.sendCommand.mock.calls.filter(([, method]) => method === "Page.navigate").map(([, , params]) => params);
  const done = () => browser.debugger.sendCommand.mock.calls.map(([, method]) => method);
  const tell = (method: string, params: object) => browser.debugger.onEvent.emit({ tabId: tabId() }, method, params);
  const world = (uniqueId: string) => tell("Runtime.executionContextCreated", { context: { uniqueId, name: "cmdsign" } });
  const told = () => sent.filter((m) => m.event).map((m) => (m.params as { context?: { uniqueId: string } }).context?.uniqueId ?? m.event);

  /** What the browser does when it's asked for a page, in place of going there. */
  const going = (goes: () => Promise<unknown>, others: (method: string) => Promise<unknown> = async () => ({})) =>
    browser.debugger.sendCommand.mockImplementation(async (_, method) => {
      if (method === "Page.navigate") return goes();
      if (method === "Target.getTargetInfo") return { targetInfo: { targetId: "T1" } };
      if (method === "Page.getFrameTree") return { frameTree: { frame: { url: first } } };
      return others(method);
    });

  it("is asked for behind the fence, after what makes the tab ready, and before that is done", async () => {
    let answer!: () => void;
    going(
      async () => {
        expect(browser.declarativeNetRequest.rules.size).toBe(2);
        expect(done().slice(0, -1)).toEqual(expect.arrayContaining(["Page.enable", "Runtime.enable"]));
        answer();
        return { frameId: "F" };
      },
      (method) => (method === "Runtime.enable" ? new Promise<void>((ready) => (answer = ready)) : Promise.resolve({})),
    );
    expect(await openAt()).toEqual(opened);
    expect(navigations()).toEqual([{ url: first }]);
  });

  it("is given to the host that then asks for it, with what was told of it meanwhile, and asked for once", async () => {
    going(async () => ({ frameId: "F", loaderId: "L" }));
    await openAt();
    world("1");
    world("2");
    expect(told()).toEqual([]);
    expect(await navigate()).toEqual({ frameId: "F", loaderId: "L" });
    expect(told()).toEqual(["1", "2"]);
    expect(sent.findIndex((m) => m.event)).toBeLessThan(sent.findIndex((m) => (m.result as { loaderId?: string })?.loaderId));
    world("3");
    expect(told()).toEqual(["1", "2", "3"]);
    expect(navigations()).toHaveLength(1);
    await navigate();
    expect(navigations()).toHaveLength(2);
  });

  it("that can't be had is told to the host that asks for it", async () => {
    going(async () => ({ errorText: "net::ERR_NAME_NOT_RESOLVED" }));
    await openAt();
    expect(await navigate()).toEqual({ errorText: "net::ERR_NAME_NOT_RESOLVED" });
    await ask({ do: "close" });
    going(() => Promise.reject(new Error("no")));
    await openAt();
    expect(await navigate()).toEqual({ code: "CDP_ERROR" });
  });

  it.each([
    ["it isn't known that there is a document", () => (coming = false), { free: true }],
    ["the browser has no fence", () => browser.declarativeNetRequest.updateSessionRules.mockRejectedValue(new Error("no")), { free: true }],
    ["the host doesn't know of the fence", () => {}, {}],
  ])("waits for the host where %s", async (_, arrange, more) => {
    arrange();
    await openAt(first, more);
    expect(navigations()).toEqual([]);
    await navigate();
    expect(navigations()).toEqual([{ url: first }]);
  });

  it.each([["https://example.org/"], ["data:text/html,x"], [7]])("is refused at %s, and nothing is opened", async (url) => {
    expect(await openAt(url)).toEqual({ code: "ORIGIN_REFUSED" });
    expect(browser.tabs.create).not.toHaveBeenCalled();
  });

  it("is asked for anew where the host goes elsewhere, or asks too late; a box of the page's own is told all the same", async () => {
    await openAt();
    world("1");
    tell("Page.javascriptDialogOpening", { type: "alert", message: "Olá" });
    await navigate(`${cmd}/other.aspx`);
    expect(navigations()).toEqual([{ url: first }, { url: `${cmd}/other.aspx` }]);
    expect(told()).toEqual(["Page.javascriptDialogOpening"]);
    await ask({ do: "close" });

    vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
    try {
      await openAt();
      world("2");
      vi.advanceTimersByTime(30_001);
      await navigate();
    } finally {
      vi.useRealTimers();
    }
    expect(navigations()).toHaveLength(4);
    expect(told()).not.toContain("2");
  });

  it("that tells without end is asked for anew", async () => {
    await openAt();
    for (let i = 0; i < 201; i++) world(String(i));
    await navigate();
    expect(navigations()).toHaveLength(2);
    expect(told()).toEqual([]);
  });

  it("that has another extension's frame before the tab is ready is left for an empty tab", async () => {
    let times = 0;
    going(
      async () => ({}),
      async (method) => {
        if (method === "Runtime.enable" && times++ === 0) throw new Error("Cannot access a chrome-extension:// URL of different extension");
        return {};
      },
    );
    expect(await openAt()).toEqual(opened);
    expect([...browser.openTabs.keys()]).toEqual([8]);
    expect(navigations()).toHaveLength(1);
    await navigate();
    expect(navigations()).toHaveLength(2);
  });

  it.each([
    ["that fails for another reason", () => {}, new Error("no")],
    ["that the person took the debugger from", () => browser.debugger.onDetach.emit({ tabId: tabId() }, "canceled_by_user"), new Error("Debugger is not attached")],
    ["that the person closed", () => browser.debugger.onDetach.emit({ tabId: tabId() }, "target_closed"), new Error("Debugger is not attached"), () => browser.openTabs.clear()],
  ])("isn't tried again in an empty tab after one %s", async (_, leave, err, gone = () => {}) => {
    going(
      async () => {
        leave();
        gone();
        return {};
      },
      (method) => (method === "Runtime.enable" ? Promise.reject(err) : Promise.resolve({})),
    );
    expect(await openAt()).toEqual({ code: "ATTACH_FAILED" });
    expect(browser.tabs.create).toHaveBeenCalledTimes(1);
  });

  it("is tried again once only", async () => {
    going(async () => ({}), (method) => (method === "Runtime.enable" ? Promise.reject(new Error("Cannot access a chrome-extension:// URL of different extension")) : Promise.resolve({})));
    expect(await openAt()).toEqual({ code: "ATTACH_FAILED" });
    expect(browser.tabs.create).toHaveBeenCalledTimes(2);
    expect(browser.openTabs.size).toBe(0);
  });

  it("that the fence kept from leading elsewhere is told to the host that asks for it", async () => {
    await openAt();
    tell("Page.frameNavigated", { frame: { id: "T1", url: "chrome-error://chromewebdata/", unreachableUrl: "https://example.org/" } });
    expect(await navigate()).toEqual({});
    expect(told()).toEqual(["Page.frameNavigated"]);
    expect(await ask({ do: "command", method: "Page.getFrameTree" })).toEqual({ code: "ORIGIN_REFUSED" });
  });

  it("that the debugger leaves before the host has asked is made ready again", async () => {
    await openAt();
    world("1");
    browser.debugger.sendCommand.mockClear();
    browser.debugger.onDetach.emit({ tabId: tabId() }, "target_closed");
    await vi.waitFor(() => expect(JSON.stringify(sent)).toContain("reattached"));
    expect(done()).toContain("Runtime.enable");
    world("2");
    await navigate();
    expect(told()).toEqual(["2"]);
    expect(navigations()).toEqual([]);
  });

  it("that the debugger leaves while the tab is made ready is brought back", async () => {
    going(async () => {
      browser.debugger.onDetach.emit({ tabId: tabId() }, "target_closed");
      return {};
    });
    expect(await openAt()).toEqual(opened);
    await vi.waitFor(() => expect(JSON.stringify(sent)).toContain("reattached"));
    expect(browser.debugger.attach).toHaveBeenCalledTimes(2);
  });
});

describe("body", () => {
  const answered = async (result: object) => {
    await open();
    browser.debugger.sendCommand.mockResolvedValueOnce(result);
    return ask({ do: "body", requestId: "interception-job-1.0" });
  };
  const bytes = () => Buffer.concat(sent.filter((m) => typeof m.bytes === "string").map((m) => Buffer.from(m.bytes as string, "base64")));

  it.each([0, 1, 2, 3, 50_000, 1_000_000])("sends %d bytes ahead of the answer, each piece a whole number of them", async (size) => {
    const file = crypto.getRandomValues(new Uint8Array(Math.min(size, 65_536)));
    const whole = Buffer.concat([...Array(Math.ceil(size / 65_536) || 1)].map(() => file)).subarray(0, size);
    expect(await answered({ body: whole.toString("base64"), base64Encoded: true })).toEqual({ size });
    expect(bytes()).toEqual(whole);
    const pieces = sent.filter((m) => "bytes" in m);
    expect(pieces.every((m) => m.id === id && JSON.stringify(m).length < 1 << 20)).toBe(true);
    expect(sent.findLastIndex((m) => "bytes" in m)).toBeLessThan(sent.findIndex((m) => m.id === id && "result" in m));
  });

  it("sends a text's bytes", async () => {
    expect(await answered({ body: "olá", base64Encoded: false })).toEqual({ size: 4 });
    expect(bytes().toString()).toBe("olá");
  });

  it("isn't had of a tab that is elsewhere", async () => {
    await open();
    at("https://example.org/");
    expect(await ask({ do: "body", requestId: "interception-job-1.0" })).toEqual({ code: "ORIGIN_REFUSED" });
  });
});

describe("what the document's form sent", () => {
  const opened = (plain = true) => ask({ do: "open", origins: [cmd], setup: [{ method: "Page.addScriptToEvaluateOnNewDocument", params: { source: "1", worldName: "host" } }], plain });
  const put = (press = "#upload") => ask({ do: "putDocument", sha256: "5a", name: "a.pdf", selector: "#file", press });
  const started = (frameId = "T1") => browser.debugger.onEvent.emit({ tabId: tabId() }, "Page.frameStartedLoading", { frameId });
  /** Scripts of new documents that this side has put in and taken away, in order. */
  const scripts = () =>
    browser.debugger.sendCommand.mock.calls.flatMap(([, method, params]) => {
      const { source = "", worldName, identifier } = (params ?? {}) as { source?: string; worldName?: string; identifier?: string };
      if (method === "Page.addScriptToEvaluateOnNewDocument" && source.includes("replaceState")) return [`in ${worldName}`];
      return method === "Page.removeScriptToEvaluateOnNewDocument" ? [`without ${identifier}`] : [];
    });
  let known: number;

  beforeEach(() => {
    known = 0;
    const before = browser.debugger.sendCommand.getMockImplementation()!;
    browser.debugger.sendCommand.mockImplementation(async (target, method, params) =>
      method === "Page.addScriptToEvaluateOnNewDocument" ? { identifier: String(++known) } : before(target, method, params));
    browser.scripting.executeScript.mockResolvedValue([{ documentId: "D1", frameId: 0, result: cmd }]);
    browser.tabs.sendMessage.mockResolvedValue("filled");
  });

  it("isn't kept in the tab's history: the script is there before the document goes, and until its answer is", async () => {
    expect(await opened()).toMatchObject({ plain: true });
    expect(scripts()).toEqual([]);
    browser.tabs.sendMessage.mockImplementationOnce(async () => {
      expect(scripts()).toEqual(["in host"]);
      started();
      return "filled";
    });
    expect(await put()).toEqual({ put: true, pressed: true });
    browser.debugger.onEvent.emit({ tabId: tabId() }, "Page.frameNavigated", { frame: { id: "F2", parentId: "T1", url: `${cmd}/quadro` } });
    expect(scripts()).toEqual(["in host"]);
    at(`${cmd}/resposta`);
    await vi.waitFor(() => expect(scripts()).toEqual(["in host", "without 2"]));
    started();
    at(`${cmd}/seguinte`);
    expect(scripts()).toEqual(["in host", "without 2"]);
  });

  it("has its script put in while the person looks, and once", async () => {
    await opened();
    await ask({ do: "expectDocument", selector: "#file" });
    await vi.waitFor(() => expect(scripts()).toEqual(["in host"]));
    await put();
    expect(scripts()).toEqual(["in host"]);
  });

  it("isn't sent where the script can't be put in", async () => {
    await opened();
    browser.debugger.sendCommand.mockRejectedValueOnce(new Error("Debugger is not attached to the tab with id: 7."));
    expect(await put()).toEqual({ code: "DETACHED" });
    expect(browser.tabs.sendMessage).not.toHaveBeenCalled();
    expect(await put()).toEqual({ put: true, pressed: true });
    expect(scripts()).toHaveLength(2);
  });

  it("isn't kept where the host presses: nobody knows then when its answer comes", async () => {
    await opened();
    await put("");
    started();
    at(`${cmd}/resposta`);
    expect(scripts()).toEqual(["in host"]);
  });

  it("isn't kept where the debugger was gone meanwhile: the page that stands there is seen to, and each that comes", async () => {
    await opened();
    await put();
    browser.debugger.onDetach.emit({ tabId: tabId() }, "target_closed");
    await vi.waitFor(() => expect(sent).toContainEqual({ reattached: {} }));
    expect(scripts()).toEqual(["in host", "in host"]);
    expect(browser.debugger.sendCommand.mock.calls.findLast(([, method]) => method === "Page.addScriptToEvaluateOnNewDocument")?.[2]).toMatchObject({ runImmediately: true });
    started();
    at(`${cmd}/resposta`);
    expect(scripts()).toEqual(["in host", "in host"]);
  });

  it("isn't kept where the debugger comes back only after a second try", async () => {
    await opened();
    await put();
    browser.debugger.onDetach.emit({ tabId: tabId() }, "target_closed");
    const before = browser.debugger.sendCommand.getMockImplementation()!;
    let refused = 0;
    browser.debugger.sendCommand.mockImplementation(async (target, method, params) => {
      if (method === "Page.addScriptToEvaluateOnNewDocument" && refused++ === 0) throw new Error("Debugger is not attached to the tab with id: 7.");
      return before(target, method, params);
    });
    await vi.waitFor(() => expect(sent).toContainEqual({ reattached: {} }));
    expect(refused).toBe(2);
  });

  it("isn't sent while the debugger is away", async () => {
    await opened();
    await ask({ do: "expectDocument", selector: "#file" });
    browser.debugger.attach.mockRejectedValue(new Error("Another debugger is already attached"));
    browser.debugger.onDetach.emit({ tabId: tabId() }, "target_closed");
    expect(await put()).toEqual({ code: "DETACHED" });
    expect(browser.tabs.sendMessage).not.toHaveBeenCalled();
  });

  it.each([
    ["no page, which is shown all the same", { responseStatusCode: 200, responseHeaders: [{ name: "Content-Type", value: "application/json" }] }, 1],
    ["a redirect", { responseStatusCode: 302, responseHeaders: [{ name: "Location", value: `${cmd}/resposta` }] }, 0],
    ["nothing", { responseStatusCode: 204, responseHeaders: [] }, 0],
  ])("isn't kept where PIN or code are answered by %s", async (_, answer, times) => {
    await opened();
    browser.debugger.onEvent.emit({ tabId: tabId() }, "Fetch.requestPaused", { requestId: "R1", frameId: "F", request: { url: `${cmd}/pin`, method: "POST" }, ...answer });
    await ask({ do: "command", method: "Fetch.continueRequest", params: { requestId: "R1" } });
    expect(scripts()).toHaveLength(times);
    const done = browser.debugger.sendCommand.mock.calls.map(([, method]) => method);
    expect(done.at(-1)).toBe("Fetch.continueRequest");
  });

  it("doesn't keep back what can't be given again, be it the signed file: the browser puts the script in only once what is paused went on", async () => {
    await opened();
    const before = browser.debugger.sendCommand.getMockImplementation()!;
    let goOn = () => {};
    const wentOn = new Promise<void>((done) => (goOn = done));
    browser.debugger.sendCommand.mockImplementation(async (target, method, params) => {
      if (method === "Fetch.continueRequest") goOn();
      if (method === "Page.addScriptToEvaluateOnNewDocument") await wentOn;
      return before(target, method, params);
    });
    const responseHeaders = [{ name: "Content-Type", value: "application/pdf" }];
    browser.debugger.onEvent.emit({ tabId: tabId() }, "Fetch.requestPaused", { requestId: "R1", frameId: "F", request: { url: `${cmd}/pin`, method: "POST" }, responseStatusCode: 200, responseHeaders });
    void ask({ do: "command", method: "Fetch.continueRequest", params: { requestId: "R1" } });
    await vi.waitFor(() => expect(sent.at(-1)).toMatchObject({ result: {} }));
    expect(scripts(), "it's asked for before").toHaveLength(1);
    expect(browser.debugger.sendCommand.mock.calls.map(([, method]) => method).at(-1)).toBe("Fetch.continueRequest");
  });

  it("is left to a host that doesn't know of it", async () => {
    expect(await opened(false)).not.toHaveProperty("plain");
    await ask({ do: "expectDocument", selector: "#file" });
    await put();
    started();
    at(`${cmd}/resposta`);
    expect(scripts()).toEqual([]);
  });
});

describe("putDocument", () => {
  const page = (origin: string, ...said: unknown[]) => {
    browser.scripting.executeScript.mockResolvedValueOnce([{ documentId: "D1", frameId: 0, result: origin }]);
    for (const answer of said) browser.tabs.sendMessage.mockResolvedValueOnce(answer);
  };
  const put = (part: object = {}) => ask({ do: "putDocument", sha256: "5a", name: "a.pdf", selector: "#file", ...part });
  /** What the document was told, and no other was. */
  const told = () =>
    browser.tabs.sendMessage.mock.calls.map(([tab, message, options]) => {
      expect([tab, options]).toEqual([tabId(), { documentId: "D1" }]);
      const [{ args: [mark] }] = browser.scripting.executeScript.mock.lastCall as [{ args: [string] }];
      const { put, origin, selector, ...part } = message as { put: string; origin: string; selector: string; whole?: Blob };
      expect([put, origin, selector]).toEqual([mark, cmd, "#file"]);
      return part;
    });

  it("hands the bytes that are here to the page's document, none of them by way of text", async () => {
    await open();
    page(cmd, "filled");
    expect(await put()).toEqual({ put: true });
    const [{ whole, ...rest }, ...more] = told() as [{ whole: Blob }];
    expect(new Uint8Array(await whole.arrayBuffer())).toEqual(held);
    expect(rest).toEqual({ name: "a.pdf" });
    expect(more).toEqual([]);
  });

  it("gives them as text where messages carry no Blob", async () => {
    await open();
    page(cmd, "text", "filled");
    expect(await put({ press: "#upload" })).toEqual({ put: true, pressed: true });
    expect(told()[1]).toEqual({ n: 0, name: "a.pdf", data: Buffer.from(held).toString("base64"), press: "#upload" });
  });

  it("has the button pressed once the file is in, and says so", async () => {
    await open();
    page(cmd, "filled");
    expect(await put({ press: "#upload" })).toEqual({ put: true, pressed: true });
    expect(told()[0]).toMatchObject({ name: "a.pdf", press: "#upload" });
  });

  it.each([
    ["another document", cmd, { sha256: "5b" }, "NO_DOCUMENT"],
    ["one without a name", cmd, { name: "" }, "NO_DOCUMENT"],
    ["a page of another origin", "https://example.org", {}, "ORIGIN_REFUSED"],
    ["a built-in origin that open didn't name", "https://www.autenticacao.gov.pt", {}, "ORIGIN_REFUSED"],
  ])("refuses %s, which gets nothing", async (_, origin, part, code) => {
    await open();
    page(origin);
    expect(await put(part)).toEqual({ code });
    expect(browser.tabs.sendMessage).not.toHaveBeenCalled();
  });

  it.each([
    ["a page that says another origin at the last moment", "origin", "ORIGIN_REFUSED"],
    ["a page without the field", "no-element", "NO_ELEMENT"],
    ["a page that became another", "gone", "DOCUMENT_GONE"],
    ["a page that says nothing", undefined, "DOCUMENT_GONE"],
  ])("refuses %s", async (_, said, code) => {
    await open();
    page(cmd, said);
    expect(await put({ press: "#upload" })).toEqual({ code });
  });

  it("refuses a page that is gone", async () => {
    await open();
    page(cmd);
    browser.tabs.sendMessage.mockRejectedValueOnce(new Error("Could not establish connection. Receiving end does not exist."));
    expect(await put()).toEqual({ code: "DOCUMENT_GONE" });
  });

  it("refuses where no tab is open", async () => expect(await put()).toEqual({ code: "NOT_OPEN" }));

  describe("that the page was told to expect", () => {
    const expectIt = (selector = "#file") => ask({ do: "expectDocument", selector });

    it("goes to the document that listens for it, once", async () => {
      await open();
      page(cmd, "filled");
      expect(await expectIt()).toEqual({});
      expect(await put({ press: "#upload" })).toEqual({ put: true, pressed: true });
      expect(told()[0]).toMatchObject({ name: "a.pdf", press: "#upload" });
      expect(browser.scripting.executeScript).toHaveBeenCalledTimes(1);
      page(cmd, "filled");
      expect(await put()).toEqual({ put: true });
      expect(browser.scripting.executeScript).toHaveBeenCalledTimes(2);
    });

    it("is refused by a page that became another meanwhile, and the next try looks anew", async () => {
      await open();
      page(cmd);
      await expectIt();
      browser.tabs.sendMessage.mockRejectedValueOnce(new Error("Could not establish connection. Receiving end does not exist."));
      expect(await put({ press: "#upload" })).toEqual({ code: "DOCUMENT_GONE" });
      page(cmd, "filled");
      expect(await put({ press: "#upload" })).toEqual({ put: true, pressed: true });
      expect(browser.scripting.executeScript).toHaveBeenCalledTimes(2);
    });

    it("is looked for anew once the tab has come to another page, as when the site's pages were walked again", async () => {
      await open();
      page(cmd);
      await expectIt();
      at(`${cmd}/carregar`);
      page(cmd, "filled");
      expect(await put({ press: "#upload" })).toEqual({ put: true, pressed: true });
      expect(browser.scripting.executeScript).toHaveBeenCalledTimes(2);
    });

    it.each([
      ["in another field", () => expectIt("#other"), cmd],
      ["while it was of another origin", () => expectIt(), "https://example.org"],
    ])("is looked for anew where it was expected %s", async (_, expecting, origin) => {
      await open();
      page(origin);
      await expecting();
      page(cmd, "filled");
      expect(await put()).toEqual({ put: true });
      expect(browser.scripting.executeScript).toHaveBeenCalledTimes(2);
    });

    it("is refused where no tab is open", async () => expect(await expectIt()).toEqual({ code: "NOT_OPEN" }));
  });
});

describe("fillSecret", () => {
  const page = (origin: string, filled: unknown = "filled") =>
    browser.scripting.executeScript
      .mockResolvedValueOnce([{ documentId: "D1", frameId: 0, result: origin }])
      .mockImplementationOnce(async () => {
        if (filled instanceof Error) throw filled;
        return [{ documentId: "D1", frameId: 0, result: filled }];
      });
  /** What the first script marked the document with. */
  const mark = () => (browser.scripting.executeScript.mock.calls.at(-2)![0] as { args: [string] }).args[0];
  const fill = (token: unknown, selector = "#MainContent_txtPin") => ask({ do: "fillSecret", token, selector });

  it("fills by a script bound to the document, once", async () => {
    await open();
    const token = tokens.give("pin", "13572468");
    page(cmd);
    expect(await fill(token)).toEqual({ filled: true });
    expect(browser.scripting.executeScript).toHaveBeenLastCalledWith(
      expect.objectContaining({ target: { tabId: tabId(), documentIds: ["D1"] }, args: [cmd, "#MainContent_txtPin", mark(), "13572468"] }),
    );
    expect(await fill(token)).toEqual({ code: "NO_TOKEN" });
  });

  it.each([
    ["a page of another origin", "https://example.org", "filled", "ORIGIN_REFUSED"],
    ["a look-alike", "https://cmd.autenticacao.gov.pt.example.org", "filled", "ORIGIN_REFUSED"],
    ["a built-in origin that open didn't name", "https://www.autenticacao.gov.pt", "filled", "ORIGIN_REFUSED"],
    ["a page that says another origin at the last moment", cmd, "origin", "ORIGIN_REFUSED"],
    ["a page without the field", cmd, "no-element", "NO_ELEMENT"],
    ["a page that became another of its origin", cmd, "gone", "DOCUMENT_GONE"],
    ["a page that changed in between", cmd, new Error("No document with id D1 in tab with id 7"), "DOCUMENT_GONE"],
  ])("refuses %s, and sends no secret back", async (_, origin, filled, code) => {
    await open();
    page(origin, filled);
    expect(await fill(tokens.give("pin", "13572468"))).toEqual({ code });
    expect(JSON.stringify(sent)).not.toContain("13572468");
  });

  describe("where the page undoes what a script puts in", () => {
    /** A page whose scripts say this, in order. */
    const says = async (...answers: (string | Error)[]) => {
      page(cmd, "undone");
      for (const said of answers) {
        browser.scripting.executeScript.mockImplementationOnce(async () => {
          if (said instanceof Error) throw said;
          return [{ documentId: "D1", frameId: 0, result: said }];
        });
      }
      return fill(tokens.give("pin", "1357"));
    };
    const keys = () =>
      browser.debugger.sendCommand.mock.calls
        .filter(([, method]) => method === "Input.dispatchKeyEvent")
        .map(([, , params]) => params as { type: string; key: string })
        .filter(({ type }) => type === "keyDown")
        .map(({ key }) => key)
        .join("");

    it("types it by keys, and looks before each", async () => {
      await open();
      expect(await says("filled", "filled", "filled", "filled", "filled")).toEqual({ filled: true });
      expect(keys()).toBe("1357");
      expect(JSON.stringify(sent)).not.toContain("1357");
    });

    it.each([
      ["the focus goes elsewhere", "undone", "FIELD_REFUSED"],
      ["the page becomes another", "gone", "DOCUMENT_GONE"],
      ["the page goes", new Error("No document with id D1"), "DOCUMENT_GONE"],
      ["the origin is another", "origin", "ORIGIN_REFUSED"],
    ])("types no further when %s", async (_, said, code) => {
      await open();
      expect(await says("filled", "filled", said)).toEqual({ code });
      expect(keys()).toBe("13");
    });

    it("says so where keys don't help either", async () => {
      await open();
      expect(await says("filled", "filled", "filled", "filled", "undone")).toEqual({ code: "FIELD_REFUSED" });
    });
  });

  it.each([["t-" + "0".repeat(32)], [""], [undefined], [{}]])("knows no token %j", async (token) => {
    await open();
    tokens.give("pin", "1357");
    expect(await fill(token)).toEqual({ code: "NO_TOKEN" });
    expect(browser.scripting.executeScript).not.toHaveBeenCalled();
  });

  it("never quotes the browser's error, which could quote the value", async () => {
    await open();
    page(cmd, new Error("cannot run fillInPage with 13572468"));
    await fill(tokens.give("pin", "13572468"));
    expect(JSON.stringify(sent)).not.toContain("13572468");
  });
});
