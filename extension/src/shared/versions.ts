import { MIN_PROTOCOL, PROTOCOL, type HostMessage } from "./protocol";

/** Which end is too old for the other, if one is. A host that names no version is from before there was one. */
export function versionProblem(hello: HostMessage): "VERSION_HOST_OLD" | "VERSION_CLIENT_OLD" | undefined {
  const speaks = hello.protocol ?? 0;
  const least = hello.min_protocol ?? speaks;
  if (speaks < MIN_PROTOCOL) return "VERSION_HOST_OLD";
  if (least > PROTOCOL) return "VERSION_CLIENT_OLD";
  return undefined;
}
