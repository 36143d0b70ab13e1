// Types a secret by real keys, for a page that takes nothing else. Keys go to whatever has the focus, so the field is looked at
// before each: a page that takes the focus away gets none.

import { Refusal } from "../shared/refusal";
import { inField, type Answer, type Field, type Marked } from "./field";

/** Digits only, as PIN and codes are (tokens.ts). The debugger must be attached to the tab. */
export async function typeSecret(field: Field, value: string): Promise<Answer | undefined> {
  // Without it a tab in the background takes none.
  await chrome.debugger.sendCommand({ tabId: field.tabId }, "Emulation.setFocusEmulationEnabled", { enabled: true }).catch(() => {});
  for (let typed = 0; typed < value.length; typed++) {
    const there = await inField(field, enterInPage, typed);
    if (there !== "filled") return there;
    const digit = value[typed]!;
    const key = { key: digit, code: `Digit${digit}`, windowsVirtualKeyCode: digit.charCodeAt(0), nativeVirtualKeyCode: digit.charCodeAt(0) };
    try {
      const target = { tabId: field.tabId };
      await chrome.debugger.sendCommand(target, "Input.dispatchKeyEvent", { type: "keyDown", ...key, text: digit, unmodifiedText: digit });
      await chrome.debugger.sendCommand(target, "Input.dispatchKeyEvent", { type: "keyUp", ...key });
    } catch {
      throw new Refusal("DOCUMENT_GONE", "the debugger let go of the page");
    }
  }
  return inField(field, leaveInPage, value);
}

/** Runs in the page, on its own: it may use nothing of this file. Before the first key it enters the field and empties it. */
export function enterInPage(origin: string, selector: string, mark: string, typed: number): Answer {
  if (location.origin !== origin || window.top !== window) return "origin";
  if ((globalThis as unknown as Marked).signWithCmdDocument !== mark) return "gone";
  const field = document.querySelector(selector);
  if (!(field instanceof HTMLInputElement) || field.disabled || field.readOnly) return "no-element";
  if (typed === 0) {
    field.focus();
    field.value = "";
  }
  return document.activeElement === field && field.value.length === typed ? "filled" : "undone";
}

/** Runs in the page, on its own: it may use nothing of this file. Leaves the field, as the Tab key would. */
export function leaveInPage(origin: string, selector: string, mark: string, value: string): Answer {
  if (location.origin !== origin || window.top !== window) return "origin";
  if ((globalThis as unknown as Marked).signWithCmdDocument !== mark) return "gone";
  const field = document.querySelector(selector);
  if (!(field instanceof HTMLInputElement)) return "no-element";
  field.blur();
  return field.value === value ? "filled" : "undone";
}
