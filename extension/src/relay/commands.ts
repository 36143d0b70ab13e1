// The DevTools commands that a host may have executed, each with its parameters (docs/RELAY.md). What isn't here is refused.

import { originOf } from "../shared/origins";
import { Refusal } from "../shared/refusal";

type Params = Record<string, unknown>;

interface Rule {
  /** Every parameter that may be there. */
  params: readonly string[];
  /** A sentence where the parameters aren't as they must be. */
  wrong?: (params: Params, origins: readonly string[]) => string | undefined;
}

const text = (v: unknown): v is string => typeof v === "string" && v !== "";

const rules: Record<string, Rule> = {
  "Runtime.enable": { params: [] },
  "Runtime.evaluate": {
    params: ["expression"],
    wrong: (p) => (p.expression === "self" ? undefined : "only the expression self"),
  },
  "Runtime.callFunctionOn": {
    params: [
      "functionDeclaration", "objectId", "arguments", "silent", "returnByValue", "generatePreview", "userGesture",
      "awaitPromise", "executionContextId", "objectGroup", "throwOnSideEffect", "uniqueContextId", "serializationOptions",
    ],
  },
  "Runtime.runIfWaitingForDebugger": { params: [] },
  "Page.enable": { params: ["enableFileChooserOpenedEvent"] },
  "Page.navigate": {
    params: ["url"],
    wrong: (p, origins) => {
      const origin = text(p.url) ? originOf(p.url) : "";
      if (!origin || !origins.includes(origin)) throw new Refusal("ORIGIN_REFUSED", "not an origin of this tab");
      return undefined;
    },
  },
  "Page.addScriptToEvaluateOnNewDocument": {
    params: ["source", "worldName", "runImmediately"],
    wrong: (p) => (text(p.worldName) ? undefined : "only in a world of its own"),
  },
  "Page.getFrameTree": { params: [] },
  "Page.handleJavaScriptDialog": { params: ["accept"] },
  "Page.captureScreenshot": { params: ["format", "quality", "clip", "fromSurface", "captureBeyondViewport", "optimizeForSpeed"] },
  "Page.getLayoutMetrics": { params: [] },
  "Page.bringToFront": { params: [] },
  "Emulation.setFocusEmulationEnabled": { params: ["enabled"] },
  "Input.dispatchKeyEvent": {
    params: [
      "type", "modifiers", "timestamp", "text", "unmodifiedText", "keyIdentifier", "code", "key", "windowsVirtualKeyCode",
      "nativeVirtualKeyCode", "autoRepeat", "isKeypad", "isSystemKey", "location",
    ],
  },
  "Fetch.enable": { params: ["patterns"] },
  "Fetch.continueRequest": { params: ["requestId"] },
  "Fetch.failRequest": { params: ["requestId", "errorReason"] },
  "Fetch.fulfillRequest": {
    params: ["requestId", "responseCode"],
    wrong: (p) => (p.responseCode === 204 || p.responseCode === 200 ? undefined : "only with code 204 or 200"),
  },
  "Fetch.getResponseBody": { params: ["requestId"] },
};

/** Throws COMMAND_REFUSED or ORIGIN_REFUSED unless method with params may be executed in a tab of origins. */
export function checkCommand(method: unknown, params: unknown, origins: readonly string[]): Params {
  const rule = typeof method === "string" && Object.hasOwn(rules, method) ? rules[method] : undefined;
  if (!rule) throw new Refusal("COMMAND_REFUSED", "not a command of the list");
  const given = params ?? {};
  if (typeof given !== "object" || Array.isArray(given)) throw new Refusal("COMMAND_REFUSED", "parameters must be an object");
  const extra = Object.keys(given).find((name) => !rule.params.includes(name));
  if (extra !== undefined) throw new Refusal("COMMAND_REFUSED", `${method}: a parameter that isn't allowed`);
  const why = rule.wrong?.(given as Params, origins);
  if (why) throw new Refusal("COMMAND_REFUSED", `${method}: ${why}`);
  return given as Params;
}
