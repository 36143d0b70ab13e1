// A fence around the relay's tab, kept by the browser itself: no request of its main frame leaves for another origin, be it by a link, a
// redirect or a form that is sent on, and whether the debugger is there or not. What is held by the debugger comes with all that is sent,
// which for a document of 3 MB takes a fifth of a second to be told.

import { inTurn } from "../shared/turns";

/** Rules of one priority: what is allowed goes before what is blocked. */
const priorities = { block: 1, allow: 2 };

let last = 0;

/** Of the rules that this worker has put up. An earlier one's may have the same ids, by which the browser would refuse ours. */
const own = new Set<number>();
const inOrder = inTurn();

/** Puts a fence around a tab, and gives what takes it away again; undefined where the browser has none: then each request is to be held. */
export function fence(tabId: number, origins: readonly string[]): Promise<(() => Promise<void>) | undefined> {
  const condition = { tabIds: [tabId], resourceTypes: ["main_frame" as const] };
  const addRules = [
    { id: ++last, priority: priorities.block, action: { type: "block" as const }, condition },
    // From the first letter on, so that an origin is one whole: scheme, host, port and the slash after it.
    ...origins.map((origin) => ({ id: ++last, priority: priorities.allow, action: { type: "allow" as const }, condition: { ...condition, urlFilter: `|${origin}/` } })),
  ];
  return inOrder(async () => {
    try {
      await chrome.declarativeNetRequest.updateSessionRules({ removeRuleIds: await left(), addRules });
    } catch {
      return undefined;
    }
    const removeRuleIds = addRules.map(({ id }) => id);
    for (const id of removeRuleIds) own.add(id);
    return () => chrome.declarativeNetRequest.updateSessionRules({ removeRuleIds }).catch(() => {});
  });
}

/** Takes away all fences that an earlier worker left: its tab may be the person's now, to go where they want. */
export function clearFences(): Promise<void> {
  return inOrder(async () => {
    const removeRuleIds = await left();
    if (removeRuleIds.length > 0) await chrome.declarativeNetRequest.updateSessionRules({ removeRuleIds });
  });
}

/** The rules that earlier workers left. */
async function left(): Promise<number[]> {
  const rules = await chrome.declarativeNetRequest.getSessionRules();
  return rules.map(({ id }) => id).filter((id) => !own.has(id));
}
