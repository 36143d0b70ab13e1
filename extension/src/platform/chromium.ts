import { clearFences as clear } from "../relay/fence";
import * as leftover from "../relay/leftover";
import { Relay } from "../relay/relay";
import { fetchInTab } from "../pdf/tab-fetch";
import type { Platform } from "./types";

export const modes: Platform["modes"] = ["relay", "launch", "attach"];
export const newRelay: Platform["newRelay"] = (...of) => new Relay(...of);
export const releaseTabs: Platform["releaseTabs"] = leftover.releaseTabs;
export const clearFences: Platform["clearFences"] = clear;
export const fetchElsewhere: Platform["fetchElsewhere"] = fetchInTab;
export const tabMethod: Platform["tabMethod"] = async () => "unknown";
