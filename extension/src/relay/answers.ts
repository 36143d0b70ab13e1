// What a form is answered with is shown as the answer to a plain GET of the same address. A page that is the answer to a POST carries
// all that the form sent, PIN and code, in the tab's history; the browser writes that into the profile's session file, and a reload
// would send it once more. So the browser is told that there was nothing (204), asked for the same address by GET, as a careful site
// would have it, and given there what the site said. Nothing more goes to the site, unless the debugger goes in that moment. A redirect
// in place of the 204 isn't followed there: Chromium takes it for the page itself.

import { toBase64 } from "../shared/base64";
import { header, type Paused } from "../shared/paused";
import { debuggerError, mayBeDone } from "./errors";

export type Send = (method: string, params: object) => Promise<unknown>;

/** What a paused request is answered with. */
interface Answer {
  method: string;
  params: object;
}

/** What the GET of a frame is answered with. */
interface Kept extends Answer {
  url: string;
  referrer: string | undefined;
  /** The document that the form was sent from. */
  from: string | undefined;
  /** The browser may have gone there: what stands in the frame, be it another page, may be what the site said to the GET. */
  asked: boolean;
  giving: boolean;
  /** The browser refused to take it. */
  refused: (err: unknown) => void;
  /** How often the browser was told to go there, and since when it's kept. */
  times: number;
  since: number;
}

/** What the debugger tells of a tab's frames. */
export interface FrameTree {
  frame: { id: string; parentId?: string; loaderId: string; url: string; unreachableUrl?: string };
  childFrames?: FrameTree[];
}

/** So often an answer is asked for, and in ms so long it may be given where the debugger goes in between; and so long its page is waited for then. */
const limits = { times: 4, age: 30_000, page: 5000 };

/** A page larger than this is shown as it came, in letters of base64. */
const most = 16 << 20;

/** They say how the bytes came, or were for the browser before. */
const done = ["content-length", "content-encoding", "transfer-encoding", "connection", "set-cookie"];

export class Answers {
  /** Answers to forms that wait for the host's word. */
  readonly #held = new Map<string, Paused>();
  /** Those that are no pages by their type, which a browser may show all the same. */
  readonly #other = new Set<string>();
  /** By the frame whose GET is answered with it. */
  readonly #kept = new Map<string, Kept>();
  /** The document that stands in each frame. */
  #standing = new Map<string, string>();

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
    if (asked && kept && !kept.giving && it.request.method === "GET" && it.request.url === kept.url) {
      kept.giving = true;
      send(kept.method, { requestId: it.requestId, ...kept.params }).then(() => this.#drop(it.frameId, kept), kept.refused);
      return true;
    }
    this.#kept.delete(it.frameId);
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
    const kept: Kept = { ...answer, url, referrer: headers?.Referer, from: this.#standing.get(frameId), asked: false, giving: false, refused: () => {}, times: 0, since: Date.now() };
    this.#kept.set(frameId, kept);
    // Its end comes only once the page is there.
    this.#go(frameId, kept, send).catch(() => {});
    return nothing;
  }

  /** Another document stands in a frame, and with a page its frames are gone. */
  stands({ id, parentId, loaderId }: FrameTree["frame"]): void {
    if (!parentId) this.#standing.clear();
    this.#standing.set(id, loaderId);
  }

  /** What stands in the tab, after its having been out of sight. */
  stand(tree: FrameTree): void {
    this.#standing = documents(tree);
  }

  /**
   * The debugger was gone, and is back. What was paused went on without it; but an answer that wasn't given yet is here only, and the browser was told that
   * there's none. It's asked for anew, and given before anybody looks at the page that stands in its place. Ends once its page is there; throws where the
   * debugger goes once more.
   */
  async again(send: Send, pause: (ms: number) => Promise<void>): Promise<void> {
    this.#held.clear();
    this.#other.clear();
    for (const [frameId, kept] of this.#kept) {
      if (kept.times >= limits.times || Date.now() - kept.since > limits.age) this.#kept.delete(frameId);
    }
    // Where the GET may be on its way to the site the tab isn't asked what stands there: it would say so only after the site.
    if ([...this.#kept.values()].some(({ asked }) => !asked)) {
      this.stand(((await send("Page.getFrameTree", {})) as { frameTree: FrameTree }).frameTree);
      for (const [frameId, { asked, from }] of this.#kept) {
        if (!asked && (!from || this.#standing.get(frameId) !== from)) this.#kept.delete(frameId);
      }
    }
    if (this.#kept.size === 0) return;
    // Nothing else is held: there's nobody yet who would let it go on.
    const patterns = [...this.#kept.values()].map(({ url }) => ({ urlPattern: url.replace(/[\\*?]/g, "\\$&"), resourceType: "Document", requestStage: "Request" }));
    await send("Fetch.enable", { patterns });
    await Promise.race([Promise.all([...this.#kept].map(([frameId, kept]) => this.#go(frameId, kept, send))), pause(limits.page)]);
  }

  /** The tab is nobody's any more. */
  end(): void {
    this.#held.clear();
    this.#other.clear();
    this.#kept.clear();
  }

  /** Has the browser ask for the address that an answer is kept for. Ends once the page is there; throws where the debugger went before. */
  async #go(frameId: string, kept: Kept, send: Send): Promise<void> {
    const { url, referrer, asked } = kept;
    kept.times++;
    Object.assign(kept, { asked: true, giving: false });
    const refused = new Promise<never>((_, failed) => (kept.refused = failed));
    try {
      await Promise.race([send("Page.navigate", { url, frameId, ...(referrer ? { referrer } : {}) }), refused]);
    } catch (err) {
      if (debuggerError(err).code === "DETACHED") {
        kept.asked = asked || kept.giving || mayBeDone(err);
        throw err;
      }
      // There's no such frame any more, or the like: that's its end too.
    }
    this.#drop(frameId, kept);
  }

  /** It was given, or the browser goes elsewhere. */
  #drop(frameId: string, kept: Kept): void {
    if (this.#kept.get(frameId) === kept) this.#kept.delete(frameId);
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

/** The documents that stand in a tab's frames. */
function documents({ frame, childFrames = [] }: FrameTree): Map<string, string> {
  return new Map([[frame.id, frame.loaderId], ...childFrames.flatMap((child) => [...documents(child)])]);
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
