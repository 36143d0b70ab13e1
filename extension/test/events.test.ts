import { describe, expect, it } from "vitest";
import { filterEvent as filter } from "../src/relay/events";

const filterEvent = (method: string, params: unknown) => filter(method, params, new Set(["w"]));

// As Chromium 156 sends it when the PIN page is posted, with a PIN of eight digits.
const paused = {
  requestId: "interception-job-3.0",
  request: {
    url: "https://cmd.autenticacao.gov.pt/Ama.Authentication.Frontend/Processes/Auth.aspx?sid=SECRET1#SECRET2",
    urlFragment: "#SECRET2",
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded", Cookie: "ASP.NET_SessionId=SECRET3", Referer: "https://x/?SECRET4" },
    postData: "ctl00%24MainContent%24txtPin=13572468&ctl00%24MainContent%24inputMobile=912345678",
    hasPostData: true,
    postDataEntries: [{ bytes: "Y3RsMDAlMjRNYWluQ29udGVudCUyNHR4dFBpbj0xMzU3MjQ2OA==" }],
    initialPriority: "VeryHigh",
    referrerPolicy: "strict-origin-when-cross-origin",
    mixedContentType: "none",
    isSameSite: true,
  },
  frameId: "F1",
  resourceType: "Document",
  responseStatusCode: 200,
  responseStatusText: "OK",
  responseHeaders: [
    { name: "Content-Type", value: "application/pdf" },
    { name: "content-disposition", value: 'attachment; filename="a.pdf"' },
    { name: "Set-Cookie", value: "s=SECRET5" },
    { name: "Location", value: "https://cmd.autenticacao.gov.pt/next?token=SECRET6#SECRET7" },
    { name: "X-Other", value: "SECRET8" },
  ],
  networkId: "N1",
  authChallenge: { source: "SECRET9" },
};

describe("Fetch.requestPaused", () => {
  const kept = filterEvent("Fetch.requestPaused", paused);

  it("keeps exactly the fields of the contract", () => {
    expect(kept).toEqual({
      requestId: "interception-job-3.0",
      request: {
        url: "https://cmd.autenticacao.gov.pt/Ama.Authentication.Frontend/Processes/Auth.aspx",
        method: "POST",
        headers: {},
        initialPriority: "VeryHigh",
        referrerPolicy: "strict-origin-when-cross-origin",
      },
      frameId: "F1",
      resourceType: "Document",
      responseStatusCode: 200,
      responseStatusText: "OK",
      responseHeaders: [
        { name: "Content-Type", value: "application/pdf" },
        { name: "content-disposition", value: 'attachment; filename="a.pdf"' },
        { name: "Location", value: "https://cmd.autenticacao.gov.pt/next" },
      ],
      networkId: "N1",
    });
  });

  it.each(["13572468", "MTM1NzI0Njg", "912345678", "SECRET", "postData"])("lets no %s out", (secret) => {
    expect(JSON.stringify(kept)).not.toContain(secret);
  });

  it("lets no object through where a plain value belongs", () => {
    const odd = { ...paused, requestId: { postData: "1357" }, responseStatusText: ["1357"] };
    expect(JSON.stringify(filterEvent("Fetch.requestPaused", odd))).not.toContain("1357");
  });
});

describe("other events", () => {
  it.each<[string, unknown, unknown]>([
    [
      "Runtime.executionContextCreated",
      { context: { id: 1, origin: "https://a", name: "w", uniqueId: "u", auxData: { isDefault: false, type: "isolated", frameId: "F", more: 1 }, extra: 2 } },
      { context: { id: 1, origin: "https://a", name: "w", uniqueId: "u", auxData: { isDefault: false, type: "isolated", frameId: "F" } } },
    ],
    ["Runtime.executionContextDestroyed", { executionContextId: 1, executionContextUniqueId: "u", x: 1 }, { executionContextId: 1, executionContextUniqueId: "u" }],
    ["Runtime.executionContextsCleared", {}, {}],
    [
      "Page.frameNavigated",
      { type: "Navigation", frame: { id: "F", loaderId: "L", url: "https://a/b?c=SECRET", urlFragment: "#SECRET", securityOrigin: "https://a", mimeType: "text/html", adFrameStatus: {}, gatedAPIFeatures: ["X"] } },
      { type: "Navigation", frame: { id: "F", loaderId: "L", url: "https://a/b", securityOrigin: "https://a", mimeType: "text/html", gatedAPIFeatures: ["X"] } },
    ],
    [
      "Page.javascriptDialogOpening",
      { type: "prompt", url: "https://a/?SECRET", hasBrowserHandler: true, defaultPrompt: "SECRET", message: "x".repeat(400) },
      { type: "prompt", url: "https://a/", hasBrowserHandler: true, defaultPrompt: "", message: "x".repeat(300) },
    ],
    ["Inspector.targetCrashed", undefined, {}],
  ])("%s", (method, params, kept) => {
    expect(filterEvent(method, params)).toEqual(kept);
  });

  it.each([["the page's own", ""], ["another extension's", "other"], ["no", undefined]])("%s world stays in the browser", (_, name) => {
    expect(filterEvent("Runtime.executionContextCreated", { context: { id: 1, name } })).toBeUndefined();
  });

  it.each([
    "Network.requestWillBeSent", "Network.requestWillBeSentExtraInfo", "Network.responseReceived", "Runtime.consoleAPICalled",
    "Runtime.exceptionThrown", "Page.downloadWillBegin", "Target.attachedToTarget", "Target.receivedMessageFromTarget", "Log.entryAdded", "constructor",
    // Nobody waits for these.
    "Page.frameStartedLoading", "Page.frameStoppedLoading", "Page.loadEventFired", "Page.domContentEventFired", "Page.navigatedWithinDocument",
  ])("%s stays in the browser", (method) => {
    expect(filterEvent(method, { request: { postData: "1357" } })).toBeUndefined();
  });
});
