// Which of the modes that a host offers is used.

import type { HostMessage, Mode } from "../shared/protocol";

/** The modes that a host offers; a host from before there was a choice names its one. */
export function modesOf(hello: HostMessage): Mode[] {
  const named = hello.modes ?? (hello.mode ? [hello.mode] : []);
  return named.filter((m): m is Mode => m === "relay" || m === "launch" || m === "attach");
}

/**
 * The mode to ask for, and whether it differs from what the person would expect. can: those that this browser can do. Where it
 * can't do the one that is wanted, the host's configuration says which.
 */
export function chooseMode(offered: readonly Mode[], wanted: Mode, can: readonly Mode[]): { mode: Mode; changed: boolean } | undefined {
  const possible = offered.filter((m) => can.includes(m));
  if (possible.length === 0) return undefined;
  const expected = can.includes(wanted) ? wanted : possible[0]!;
  return possible.includes(expected) ? { mode: expected, changed: false } : { mode: possible[0]!, changed: true };
}
