// The events that may leave the browser, each with its fields (docs/RELAY.md). Everything else stays: a request's body above
// all, which holds the PIN and the code.

import { bare } from "../shared/origins";

type Pick = (value: unknown) => unknown;

/** Keeps of an object what shape names, each by its own rule; a field that isn't there stays away. */
const object =
  (shape: Record<string, Pick>): Pick =>
  (value) => {
    if (typeof value !== "object" || value === null) return undefined;
    const out: Record<string, unknown> = {};
    for (const [name, pick] of Object.entries(shape)) {
      if (!Object.hasOwn(value, name)) continue;
      const kept = pick((value as Record<string, unknown>)[name]);
      if (kept !== undefined) out[name] = kept;
    }
    return out;
  };

const scalar: Pick = (v) => (typeof v === "object" && v !== null ? undefined : v);
const scalars = (...names: string[]) => Object.fromEntries(names.map((n) => [n, scalar]));
const asIs: Pick = (v) => v;
const nothing: Pick = () => "";

/** Response headers that say what a response is; of an address, only where it leads. */
const responseHeaders: Pick = (value) => {
  if (!Array.isArray(value)) return undefined;
  const out: { name: string; value: string }[] = [];
  for (const h of value) {
    if (typeof h?.name !== "string" || typeof h.value !== "string") continue;
    const name = h.name.toLowerCase();
    if (["content-type", "content-disposition", "content-length"].includes(name)) out.push({ name: h.name, value: h.value });
    if (name === "location") out.push({ name: h.name, value: h.value.split(/[?#]/)[0]! });
  }
  return out;
};

const events: Record<string, Pick> = {
  "Runtime.executionContextCreated": object({
    context: object({ ...scalars("id", "origin", "name", "uniqueId"), auxData: object(scalars("isDefault", "type", "frameId")) }),
  }),
  "Runtime.executionContextDestroyed": object(scalars("executionContextId", "executionContextUniqueId")),
  "Runtime.executionContextsCleared": object({}),
  "Page.frameNavigated": object({
    frame: object({
      ...scalars(
        "id", "parentId", "loaderId", "name", "domainAndRegistry", "securityOrigin", "mimeType", "secureContextType",
        "crossOriginIsolatedContextType",
      ),
      url: bare,
      unreachableUrl: bare,
      gatedAPIFeatures: asIs,
    }),
    type: scalar,
  }),
  "Page.javascriptDialogOpening": object({
    ...scalars("type", "hasBrowserHandler"),
    url: bare,
    defaultPrompt: nothing,
    message: (v) => String(v).slice(0, 300),
  }),
  "Inspector.targetCrashed": object({}),
  "Fetch.requestPaused": object({
    ...scalars(
      "requestId", "frameId", "resourceType", "responseErrorReason", "responseStatusCode", "responseStatusText", "networkId",
      "redirectedRequestId",
    ),
    request: object({ url: bare, method: scalar, headers: () => ({}), ...scalars("initialPriority", "referrerPolicy") }),
    responseHeaders,
  }),
};

/**
 * What of an event goes to the host; undefined where it doesn't go at all. worlds: the names of those that the host has scripts of its own in.
 * Each page tells of the page's own world too, and of every extension's.
 */
export function filterEvent(method: string, params: unknown, worlds: ReadonlySet<string>): unknown {
  if (method === "Runtime.executionContextCreated" && !worlds.has((params as { context?: { name?: string } } | undefined)?.context?.name ?? "")) return undefined;
  return Object.hasOwn(events, method) ? events[method]!(params ?? {}) : undefined;
}
