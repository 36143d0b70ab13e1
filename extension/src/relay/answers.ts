// What a form is answered with is shown as the answer to a plain GET of the same address. A page that is the answer to a POST carries
// all that the form sent, PIN and code, in the tab's history; the browser writes that into the profile's session file, and a reload
// would send it once more. So the browser is told that there was nothing (204), asked for the same address by GET, as a careful site
// would have it, and given there what the site said. Nothing more goes to the site. A redirect in place of the 204 isn't followed
// there: Chromium takes it for the page itself.

import { toBase64 } from "../shared/base64";
import { header, type Paused } from "../shared/paused";

export type Send = (method: string, params: object) => Promise<unknown>;

/** What a paused request is answered with. */
interface Answer {
  method: string;
  params: object;
}

/** A page larger than this is shown as it came, in letters of base64. */
const most = 16 << 20;

/** They say how the bytes came, or were for the browser before. */
const done = ["content-length", "content-encoding", "transfer-encoding", "connection", "set-cookie"];

export class Answers {
  /** Answers to forms that wait for the host's word. */
  readonly #held = new Map<string, Paused>();
  /** Those that are no pages by their type, which a browser may show all the same. */
  readonly #other = new Set<string>();
  /** What the GET of a frame is answered with. */
  readonly #kept = new Map<string, Answer & { url: string }>();

  /**
   * ours: whether an address is one of the CMD's. Other sites' frames are nobody's business here. forget: has what a form sent taken out of the
   * tab's history in another way, for answers that can't be given again.
   */
  constructor(private readonly ours: (url: string) => boolean, private readonly forget: () => Promise<unknown>) {}

  /** Takes a paused document. True: it's ours, and the host has no business with it. */
  paused(params: object, send: Send): boolean {
    const it = params as Paused;
    const asked = it.responseStatusCode === undefined && it.responseErrorReason === undefined;
    const kept = this.#kept.get(it.frameId);
    this.#kept.delete(it.frameId);
    if (asked && kept && it.request.method === "GET" && it.request.url === kept.url) {
      send(kept.method, { requestId: it.requestId, ...kept.params }).catch(() => {});
      return true;
    }
    if (!asked && it.request.method === "POST" && this.ours(it.request.url)) {
      if (isPage(it)) this.#held.set(it.requestId, it);
      else if (mayBeShown(it)) this.#other.add(it.requestId);
    }
    return false;
  }

  /** Lets a document go on, as the host said: the answer to a form as one to a GET, anything else as it is. */
  async goOn(requestId: unknown, send: Send): Promise<unknown> {
    const it = this.#held.get(requestId as string);
    this.#held.delete(requestId as string);
    const answer = it && (await this.#keep(it, send));
    if (!it || !answer) {
      // Not waited for: the browser asks the page for that only once what is paused here has come to its end. It may be the signed file, too.
      if (this.#other.delete(requestId as string) || it) this.forget().catch(() => {});
      return send("Fetch.continueRequest", { requestId });
    }
    const { frameId, request: { url, headers } } = it;
    const nothing = await send("Fetch.fulfillRequest", { requestId, responseCode: 204 });
    this.#kept.set(frameId, { url, ...answer });
    // Its own answer comes only once the page is there.
    send("Page.navigate", { url, frameId, ...(headers?.Referer ? { referrer: headers.Referer } : {}) }).catch(() => this.#kept.delete(frameId));
    return nothing;
  }

  /** What the site said, for giving it again. Undefined where it can't be had. */
  async #keep(it: Paused, send: Send): Promise<Answer | undefined> {
    const { requestId, responseErrorReason: errorReason, responseStatusCode: responseCode, responseHeaders = [] } = it;
    if (errorReason) return { method: "Fetch.failRequest", params: { errorReason } };
    try {
      const { body, base64Encoded } = (await send("Fetch.getResponseBody", { requestId })) as { body: string; base64Encoded: boolean };
      if (body.length > most) return undefined;
      const params = {
        responseCode,
        responseHeaders: responseHeaders.filter((h) => !done.includes(h.name.toLowerCase())),
        body: base64Encoded ? body : toBase64(new TextEncoder().encode(body)),
      };
      return { method: "Fetch.fulfillRequest", params };
    } catch {
      return undefined;
    }
  }
}

/** A response with a body of some type. */
function mayBeShown({ responseErrorReason: error, responseStatusCode: status = 0 }: Paused): boolean {
  return !error && status !== 204 && status !== 205 && !(status >= 300 && status < 400);
}

/** A response that is a page for certain, or leads to another address: nothing in it can be a file. */
export function leadsOn(it: Paused): boolean {
  const { responseErrorReason: error, responseStatusCode: status } = it;
  return !error && status !== undefined && ((status >= 300 && status < 400) || (header(it, "content-type") !== "" && isPage(it)));
}

/** A response that makes a page in the tab, or an error that does: neither a redirect, nor a file. */
function isPage(it: Paused): boolean {
  const { responseErrorReason: error } = it;
  if (error) return error !== "BlockedByClient" && error !== "Aborted";
  if (!mayBeShown(it)) return false;
  const [type, disposition] = [header(it, "content-type"), header(it, "content-disposition")];
  return /^(text\/|application\/xhtml)/i.test(type || "text/html") && !/^attachment/i.test(disposition);
}
