/** A document whose request or response the browser holds (Fetch.requestPaused). */
export interface Paused {
  requestId: string;
  frameId: string;
  request: { url: string; method: string; headers?: Record<string, string> };
  responseErrorReason?: string;
  responseStatusCode?: number;
  responseHeaders?: { name: string; value: string }[];
}

/** A response header, by its name in small letters; "" where it isn't there. */
export function header(paused: Paused, name: string): string {
  return paused.responseHeaders?.find((h) => h.name.toLowerCase() === name)?.value ?? "";
}
