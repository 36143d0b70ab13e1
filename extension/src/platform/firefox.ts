import { download } from "../pdf/download";
import type { Platform } from "./types";

// Firefox has no debugger for extensions: the host launches a browser of its own, or joins one.
export const modes: Platform["modes"] = ["launch", "attach"];
export const newRelay: Platform["newRelay"] = () => undefined;
export const releaseTabs: Platform["releaseTabs"] = async () => {};
export const clearFences: Platform["clearFences"] = async () => {};
export const fetchElsewhere: Platform["fetchElsewhere"] = (url, _referrer, opts) => download(url, opts);
// No script gets into its PDF viewer, and nothing else tells.
export const tabMethod: Platform["tabMethod"] = async () => "unknown";
