// Why the native port ended, in words a person can act on. Every reason has its own (facts/native.md 1.5): one text for all
// is what users of other such programs complain of most.

import type { Key } from "../shared/i18n";

export type DisconnectCode =
  | "HOST_NOT_FOUND"
  | "HOST_FORBIDDEN"
  | "HOST_EXITED"
  | "HOST_BROKEN"
  | "HOST_START_FAILED"
  | "HOST_NOT_FOUND_OR_FORBIDDEN"
  | "HOST_GONE";

const texts: [RegExp, DisconnectCode][] = [
  [/host not found/i, "HOST_NOT_FOUND"],
  [/host is forbidden/i, "HOST_FORBIDDEN"],
  [/host has exited/i, "HOST_EXITED"],
  [/error when communicating/i, "HOST_BROKEN"],
  [/failed to start native/i, "HOST_START_FAILED"],
  // Firefox says the same for a host that is missing, that isn't for this add-on, and that can't be started.
  [/no such native application/i, "HOST_NOT_FOUND_OR_FORBIDDEN"],
];

/** The code of a browser's message; HOST_GONE where it says nothing that is known. */
export function disconnectCode(message: string | undefined): DisconnectCode {
  return texts.find(([pattern]) => pattern.test(message ?? ""))?.[1] ?? "HOST_GONE";
}

export const disconnectTexts: Record<DisconnectCode, { message: Key; next: Key }> = {
  HOST_NOT_FOUND: { message: "hostNotFound", next: "hostNotFoundNext" },
  HOST_FORBIDDEN: { message: "hostForbidden", next: "hostForbiddenNext" },
  HOST_EXITED: { message: "hostExited", next: "hostExitedNext" },
  HOST_BROKEN: { message: "hostBroken", next: "hostBrokenNext" },
  HOST_START_FAILED: { message: "hostStartFailed", next: "hostStartFailedNext" },
  HOST_NOT_FOUND_OR_FORBIDDEN: { message: "hostUnknown", next: "hostUnknownNext" },
  HOST_GONE: { message: "hostGone", next: "hostGoneNext" },
};
