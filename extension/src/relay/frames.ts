// Password managers put a frame of their own into a page whose PIN field gets focus. The browser then ends our debugger and
// refuses another until that frame is gone (facts/native.md 7). On the CMD's own pages we may remove it.

/** Removes the frames of other extensions from the tab's document; says whose they were. Throws where scripting is refused. */
export async function removeForeignFrames(tabId: number): Promise<string[]> {
  const results = await chrome.scripting.executeScript({
    target: { tabId },
    func: removeFrames,
    args: [chrome.runtime.id],
  });
  return results[0]?.result ?? [];
}

/** Runs in the page, on its own: it may use nothing of this file. */
export function removeFrames(own: string): string[] {
  const who = new Set<string>();
  const sweep = (root: Document | ShadowRoot) => {
    for (const el of root.querySelectorAll("*")) {
      // Closed shadow roots are open to an extension's script.
      const dom = (globalThis as { chrome?: { dom?: { openOrClosedShadowRoot(e: Element): ShadowRoot | null } } }).chrome?.dom;
      const shadow = el.shadowRoot ?? (el instanceof HTMLElement ? dom?.openOrClosedShadowRoot(el) : null);
      if (shadow) sweep(shadow);
      if (!(el instanceof HTMLIFrameElement || el instanceof HTMLFrameElement)) continue;
      const match = /^chrome-extension:\/\/([a-p]{32})\//.exec(el.src);
      if (!match || match[1] === own) continue;
      who.add(match[1]!);
      el.remove();
    }
  };
  sweep(document);
  return [...who];
}
