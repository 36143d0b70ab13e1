import { Refusal } from "../shared/refusal";

const handled = /detached while handling/i;

/**
 * Gives an error of chrome.debugger a code. Its message is either a JSON text {code,message}, the protocol's own error, or a
 * plain English sentence of the API (facts/native.md 2.4).
 */
export function debuggerError(err: unknown): Refusal {
  if (err instanceof Refusal) return err;
  const message = messageOf(err);
  if (message.startsWith("{")) {
    try {
      const parsed = JSON.parse(message) as { code?: unknown; message?: unknown };
      const code = typeof parsed.code === "number" ? parsed.code : -32000;
      return new Refusal("CDP_ERROR", typeof parsed.message === "string" ? parsed.message : message, code);
    } catch {
      // A sentence that happens to begin with a brace.
    }
  }
  // Attached, but another extension's frame is in the page: refused until it's gone.
  if (isForeignFrame(err)) return new Refusal("DETACHED", message);
  if (handled.test(message) || /debugger is not attached|no tab with/i.test(message)) return new Refusal("DETACHED", message);
  return new Refusal("CDP_ERROR", message, -32000);
}

/** Says whether a refused attach is the fault of another extension's frame. */
export function isForeignFrame(err: unknown): boolean {
  return /extension:\/\/ URL of different extension/i.test(messageOf(err));
}

/** Says whether a command that the debugger left unanswered may have been done all the same. */
export function mayBeDone(err: unknown): boolean {
  return handled.test(messageOf(err));
}

function messageOf(err: unknown): string {
  return err instanceof Error ? err.message : String(err);
}
