// When the browser ends the worker, it leaves our debugger where it was: a response that was paused would wait for ever, the
// signed PDF with it.

/** Lets go of every tab that an earlier worker of this extension held, and closes it unless keep. */
export async function releaseTabs(keep: boolean): Promise<void> {
  for (const { tabId, attached } of await chrome.debugger.getTargets()) {
    if (!attached || tabId === undefined) continue;
    try {
      await chrome.debugger.detach({ tabId });
    } catch {
      continue; // somebody else's
    }
    if (!keep) await chrome.tabs.remove(tabId).catch(() => {});
  }
}
