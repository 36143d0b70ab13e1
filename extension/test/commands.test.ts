import { describe, expect, it } from "vitest";
import { checkCommand } from "../src/relay/commands";

const origins = ["https://cmd.autenticacao.gov.pt", "http://cmd.localhost:4000"];

describe("commands that a host may have executed", () => {
  it.each<[string, object]>([
    ["Runtime.evaluate", { expression: "self" }],
    ["Runtime.callFunctionOn", { functionDeclaration: "() => 1", uniqueContextId: "1.2", awaitPromise: true, returnByValue: true }],
    ["Page.navigate", { url: "https://cmd.autenticacao.gov.pt/Ama.Authentication.Frontend/x.aspx?a=1" }],
    ["Page.navigate", { url: "http://cmd.localhost:4000/" }],
    ["Page.addScriptToEvaluateOnNewDocument", { source: "", worldName: "cmdsign" }],
    ["Emulation.setFocusEmulationEnabled", { enabled: true }],
    ["Input.dispatchKeyEvent", { type: "keyDown", key: "Tab" }],
    ["Fetch.enable", { patterns: [{ urlPattern: "*", resourceType: "Document", requestStage: "Response" }] }],
    ["Fetch.continueRequest", { requestId: "1" }],
    ["Fetch.fulfillRequest", { requestId: "1", responseCode: 204 }],
    ["Fetch.getResponseBody", { requestId: "1" }],
  ])("%s %j", (method, params) => {
    expect(checkCommand(method, params, origins)).toEqual(params);
  });

  it.each<[unknown, unknown, string]>([
    ["Network.enable", {}, "COMMAND_REFUSED"],
    ["Network.getRequestPostData", { requestId: "1" }, "COMMAND_REFUSED"],
    ["Network.getCookies", {}, "COMMAND_REFUSED"],
    ["Storage.getCookies", {}, "COMMAND_REFUSED"],
    ["DOM.enable", {}, "COMMAND_REFUSED"],
    ["DOM.setFileInputFiles", { files: ["/etc/passwd"] }, "COMMAND_REFUSED"],
    ["Target.createTarget", { url: "https://example.org" }, "COMMAND_REFUSED"],
    ["Target.attachToTarget", { targetId: "T2" }, "COMMAND_REFUSED"],
    ["Page.printToPDF", {}, "COMMAND_REFUSED"],
    ["Page.setDownloadBehavior", { behavior: "allow" }, "COMMAND_REFUSED"],
    ["Page.setBypassCSP", { enabled: true }, "COMMAND_REFUSED"],
    ["Debugger.enable", {}, "COMMAND_REFUSED"],
    ["Input.insertText", { text: "1234" }, "COMMAND_REFUSED"],
    ["Fetch.continueResponse", { requestId: "1" }, "COMMAND_REFUSED"],
    ["Fetch.takeResponseBodyAsStream", { requestId: "1" }, "COMMAND_REFUSED"],
    ["toString", {}, "COMMAND_REFUSED"],
    ["__proto__", {}, "COMMAND_REFUSED"],
    [undefined, {}, "COMMAND_REFUSED"],
    [["Page.enable"], {}, "COMMAND_REFUSED"],
    ["Page.enable", [], "COMMAND_REFUSED"],
    ["Runtime.evaluate", { expression: "document.cookie" }, "COMMAND_REFUSED"],
    ["Runtime.evaluate", { expression: "self", includeCommandLineAPI: true }, "COMMAND_REFUSED"],
    ["Page.navigate", { url: "https://example.org/" }, "ORIGIN_REFUSED"],
    ["Page.navigate", { url: "https://cmd.autenticacao.gov.pt.example.org/" }, "ORIGIN_REFUSED"],
    ["Page.navigate", { url: "https://cmd.autenticacao.gov.pt@example.org/" }, "ORIGIN_REFUSED"],
    ["Page.navigate", { url: "http://cmd.autenticacao.gov.pt/" }, "ORIGIN_REFUSED"],
    ["Page.navigate", { url: "https://cmd.autenticacao.gov.pt:8443/" }, "ORIGIN_REFUSED"],
    ["Page.navigate", { url: "http://cmd.localhost:4001/" }, "ORIGIN_REFUSED"],
    ["Page.navigate", { url: "https://www.autenticacao.gov.pt/" }, "ORIGIN_REFUSED"], // built in, but not of this tab
    ["Page.navigate", { url: "javascript:alert(1)" }, "ORIGIN_REFUSED"],
    ["Page.navigate", { url: "file:///etc/passwd" }, "ORIGIN_REFUSED"],
    ["Page.navigate", {}, "ORIGIN_REFUSED"],
    ["Page.navigate", { url: "http://cmd.localhost:4000/", frameId: "F" }, "COMMAND_REFUSED"],
    ["Page.addScriptToEvaluateOnNewDocument", { source: "" }, "COMMAND_REFUSED"],
    ["Page.addScriptToEvaluateOnNewDocument", { source: "", worldName: "" }, "COMMAND_REFUSED"],
    ["Fetch.enable", { patterns: [], handleAuthRequests: true }, "COMMAND_REFUSED"],
    ["Fetch.continueRequest", { requestId: "1", url: "https://example.org" }, "COMMAND_REFUSED"],
    ["Fetch.continueRequest", { requestId: "1", postData: "cGlu" }, "COMMAND_REFUSED"],
    ["Fetch.continueRequest", { requestId: "1", interceptResponse: true }, "COMMAND_REFUSED"],
    ["Fetch.fulfillRequest", { requestId: "1", responseCode: 302 }, "COMMAND_REFUSED"],
    ["Fetch.fulfillRequest", { requestId: "1", responseCode: 204, body: "PGgxPg==" }, "COMMAND_REFUSED"],
    ["Fetch.fulfillRequest", { requestId: "1", responseCode: 204, responseHeaders: [] }, "COMMAND_REFUSED"],
  ])("refuses %s %j", (method, params, code) => {
    expect(() => checkCommand(method, params, origins)).toThrow(expect.objectContaining({ code }));
  });
});
