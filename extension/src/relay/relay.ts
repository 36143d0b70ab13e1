// The relay: one tab that this extension opened, driven by the host through few commands, on the CMD's origins only
// (docs/RELAY.md). It knows nothing of what is being done.

import { fillSecret } from "../secrets/fill";
import type { Tokens } from "../secrets/tokens";
import { toBase64 } from "../shared/base64";
import { builtIn, originOf } from "../shared/origins";
import { Refusal } from "../shared/refusal";
import type { Paused } from "../shared/paused";
import { inTurn } from "../shared/turns";
import { Ahead } from "./ahead";
import { Answers, leadsOn, type FrameTree, type Send } from "./answers";
import { checkCommand } from "./commands";
import { expectDocument, putDocument, type Documents, type Expecting } from "./document";
import { debuggerError, isForeignFrame } from "./errors";
import { filterEvent } from "./events";
import { fence } from "./fence";
import { removeForeignFrames } from "./frames";
import { postLong, totalLimit, type Post } from "./parts";

interface Tab {
  id: number;
  /** Gives the debugger a command. */
  send: Send;
  origins: readonly string[];
  /** The main frame's id, and its URL as the debugger last told it. */
  frameId: string | undefined;
  url: string;
  attached: boolean;
  /** It behaves as one that is looked at: it draws, runs its timers in time and takes keys. */
  awake: boolean;
  /** Requests of the main frame go on without the host's word. */
  pass: boolean;
  /** So do those of other frames. */
  frames: boolean;
  /** And responses that are no files. */
  pages: boolean;
  /** What the host wants held; undefined before it has said so. */
  held: Record<string, unknown> | undefined;
  /** What is held, and when it is. */
  holding: { params: Record<string, unknown> | undefined; done: Promise<unknown> } | undefined;
  /** The field that waits for the document. */
  expecting: Expecting | undefined;
  /** A document is being sent: once the main frame loads what answers it, other frames' don't any more. */
  sending: boolean;
  /** And that is on its way. */
  answering: boolean;
  /** The host leaves it to this side that what the document's form sent isn't kept in the tab's history. */
  plain: boolean;
  /** The script that sees to it in each new document, by the debugger's name for it; undefined where there's none. */
  forgetting: Promise<unknown> | undefined;
  /** The debugger was gone: that script isn't taken out any more. */
  restless: boolean;
  /** Takes the fence away; undefined where there's none. */
  unfence: (() => Promise<void>) | undefined;
  /** Those that scripts of the host's have. */
  worlds: Set<string>;
  /** The commands that it was made ready with. */
  setup: Setup[];
  /** The first page, until the host has asked for it. */
  ahead: Ahead | undefined;
  /** Why the debugger left it before it was given. */
  lost: string | undefined;
  answers: Answers;
  /** How often in a row, and when last, another extension's frame had to be removed. */
  foreign: { times: number; last: number };
}

/** Waits between tries to attach again, in ms: together about as long as Playwright's bridge takes. */
const backOff = [50, 150, 400, 1000];

/** An extension that puts its frame back this often, each time within ms of the last, will not leave off. */
const insists = { times: 8, within: 5000 };

/** So many commands may come with `open`. */
const most = 8;

/** Letters of base64 that go to the host at once: each piece stands for whole bytes. */
const piece = 512 << 10;

/** A tab in the background that has the focus in emulation behaves as one that is looked at. */
const focus = "Emulation.setFocusEmulationEnabled";

/** One relay a port. */
export class Relay {
  #tab: Tab | undefined;
  /** It's being made ready. */
  #opening: Tab | undefined;
  /** A tab that the debugger left for good: nothing is done there any more, and it's closed with the rest. */
  #left: Tab | undefined;
  /** The last of what opens and closes the tab: each waits for the one before, or a tab that comes after its close would stay. */
  readonly #inTurn = inTurn();
  #ended = false;

  constructor(
    private readonly post: Post,
    private readonly tokens: Tokens,
    private readonly documents: Documents,
    /** Told which tab is the relay's, and that none is any more. */
    private readonly holds: (tabId: number | undefined) => void = () => {},
    /** Whether it's known that there is a document to be signed: then the site's first page needn't wait for the host. */
    private readonly coming: () => boolean = () => false,
    private readonly pause: (ms: number) => Promise<void> = (ms) => new Promise((done) => setTimeout(done, ms)),
  ) {
    chrome.debugger.onEvent.addListener(this.#onEvent);
    chrome.debugger.onDetach.addListener(this.#onDetach);
  }

  /** Answers one request of the host. */
  async handle(request: unknown): Promise<void> {
    const req = (typeof request === "object" && request !== null ? request : {}) as Record<string, unknown>;
    const id = req.id;
    try {
      const result = await this.#execute(req);
      if (!postLong({ id, result }, this.post)) throw new Refusal("RESULT_TOO_LARGE", "over what one message may be");
    } catch (err) {
      const { code, message, cdpCode } = debuggerError(err);
      this.post({ cdp: { id, error: { code, message, ...(cdpCode === undefined ? {} : { cdp_code: cdpCode }) } } });
    }
  }

  /** Ends the relay: detaches, and closes the tab unless keep. The port may be gone already. */
  async end(keep: boolean): Promise<void> {
    this.#ended = true;
    chrome.debugger.onEvent.removeListener(this.#onEvent);
    chrome.debugger.onDetach.removeListener(this.#onDetach);
    await this.close(keep);
  }

  /** Detaches from the tab, and closes it unless keep. Does nothing where none is open. */
  async close(keep: boolean): Promise<void> {
    const tab = this.#tab ?? this.#left;
    this.#tab = this.#left = undefined;
    if (!tab) return;
    this.holds(undefined);
    tab.answers.end();
    // Also where it isn't attached for all that's known: it may be on its way back.
    await chrome.debugger.detach({ tabId: tab.id }).catch(() => {});
    if (!keep) await chrome.tabs.remove(tab.id).catch(() => {});
    // Only now: nothing goes elsewhere while the tab is ours.
    await tab.unfence?.();
  }

  /**
   * Closes the tab that is open now, should the host not have done so after ms. A tab that was opened meanwhile is the next
   * signing's.
   */
  closeLater(keep: boolean, ms: number): void {
    const tab = this.#tab ?? this.#left;
    if (tab) setTimeout(() => void ((this.#tab ?? this.#left) === tab && this.close(keep)), ms);
  }

  /** Brings tab and window before the person. */
  async show(): Promise<void> {
    const tab = this.#need();
    const { windowId } = await chrome.tabs.update(tab.id, { active: true }) ?? {};
    if (windowId !== undefined) await chrome.windows.update(windowId, { focused: true });
  }

  async #execute(req: Record<string, unknown>): Promise<unknown> {
    switch (req.do) {
      case "open":
        return this.#inTurn(() => this.#open(req.origins, req.setup, req.free === true, req.first, req.pages === true, req.plain === true));
      case "command":
        return this.#command(req.method, req.params);
      case "letPass": {
        const tab = this.#need();
        Object.assign(tab, { pass: req.pass === true, frames: false });
        // While the debugger is away nothing can be held: the host asks for it anew once it's back.
        await hold(tab).catch((err: unknown) => {
          if (tab.attached) throw err;
        });
        return {};
      }
      case "fillSecret": {
        const tab = this.#need();
        return fillSecret(tab.id, tab.origins, this.tokens, req.token, req.selector);
      }
      case "expectDocument": {
        const tab = this.#need();
        tab.expecting = expectDocument(tab.id, tab.origins, req.selector);
        forget(tab).catch(() => {}); // before the document goes it's asked for again
        return {};
      }
      case "putDocument": {
        const tab = this.#need();
        const { expecting } = tab;
        tab.expecting = undefined;
        if (!tab.attached) throw new Refusal("DETACHED", "the debugger is not attached");
        await forget(tab);
        // The document goes unheld, by the fence; what comes back may have frames.
        tab.sending = true;
        try {
          const put = await putDocument(tab.id, tab.origins, this.documents, req, expecting);
          tab.sending &&= put.pressed === true;
          return put;
        } catch (err) {
          tab.sending = false;
          throw err;
        }
      }
      case "body":
        return this.#body(req.id, req.requestId);
      case "show":
        await this.show();
        return { shown: true };
      case "close":
        await this.#inTurn(() => this.close(req.keep === true));
        return {};
      default:
        throw new Refusal("COMMAND_REFUSED", "not a request of the relay");
    }
  }

  #need(): Tab {
    if (!this.#tab) throw new Refusal("NOT_OPEN", "no tab is open");
    return this.#tab;
  }

  /**
   * setup: commands that are done before the tab is given, so that nobody has to wait for each. firstPage: the address that the host is going to
   * ask for. It's asked for at once, since the browser takes as long to have a process for the tab as a site to answer; not without a fence, which
   * keeps the tab to the origins from its first request on.
   */
  async #open(origins: unknown, setup: unknown, free: boolean, firstPage: unknown, pages: boolean, plain: boolean): Promise<unknown> {
    if (this.#tab) throw new Refusal("BUSY", "this port has its tab");
    if (!Array.isArray(origins) || origins.length === 0 || !origins.every((o) => typeof o === "string" && builtIn(o))) {
      throw new Refusal("ORIGIN_REFUSED", "an origin that isn't on the extension's list");
    }
    const first = setupCommands(setup ?? [], origins);
    const goes = firstPage === undefined ? undefined : (checkCommand("Page.navigate", { url: firstPage }, origins).url as string);
    let id: number | undefined;
    let fencing: ReturnType<typeof fence> | undefined;
    try {
      ({ id } = await chrome.tabs.create({ url: "about:blank", active: false }));
      if (id === undefined) throw new Refusal("ATTACH_FAILED", "the browser opened no tab");
      // Should the worker die while it's made ready, the next one finds it. One that is closed again does no harm there.
      this.holds(id);
      // Before anything is loaded: a page that has another extension's frame can't be attached to.
      if (free) fencing = fence(id, origins);
      await chrome.debugger.attach({ tabId: id }, "1.3");
      const unfence = await fencing;
      free = unfence !== undefined;
      const send: Send = (method, params) =>
        chrome.debugger.sendCommand({ tabId: tab.id }, method, params as never).catch((err: unknown) => {
          this.#thrownOff(tab, err);
          throw err;
        });
      const tab: Tab = { id, send, origins: [...origins], frameId: undefined, url: "about:blank", attached: true, awake: !asleep(first), pass: free, frames: free, pages, expecting: undefined, sending: false, answering: false, plain, forgetting: undefined, restless: false, held: undefined, holding: undefined, unfence, worlds: new Set(), setup: first, ahead: undefined, lost: undefined, answers: new Answers((url) => origins.includes(originOf(url)), () => forget(tab)), foreign: { times: 0, last: 0 } };
      const ready = Promise.all([
        tab.send("Target.getTargetInfo", {}), prepare(tab), ...first.map(({ method, params }) => execute(tab, method, params)),
      ]);
      if (goes && free && this.coming()) {
        this.#opening = tab;
        tab.ahead = new Ahead(goes, tab.send);
      }
      const [info] = (await ready) as [{ targetInfo?: { targetId?: string } }, ...unknown[]];
      if (this.#ended) throw new Refusal("NOT_OPEN", "the port is closed");
      tab.frameId = info.targetInfo?.targetId;
      this.#tab = tab;
      this.#left = undefined;
      if (tab.lost) void this.#recover(tab, tab.lost);
      return { targetId: info.targetInfo?.targetId, ready: true, ...(setup ? { setup: true } : {}), ...(free ? { free: true } : {}), ...(plain ? { plain: true } : {}) };
    } catch (err) {
      const tab = this.#opening;
      this.#opening = undefined;
      // The page may have had another extension's frame, before the tab was ready for one: an empty tab has none. A tab that the person has
      // closed, or taken the debugger from, isn't opened again.
      const foreign = tab?.ahead && (isForeignFrame(err) || (tab.lost !== undefined && tab.lost !== "canceled_by_user")) && (await exists(tab.id));
      if (id !== undefined) await chrome.tabs.remove(id).catch(() => {});
      await (await fencing)?.();
      if (foreign && !this.#ended) return await this.#open(origins, setup, true, undefined, pages, plain);
      throw err instanceof Refusal ? err : new Refusal("ATTACH_FAILED", debuggerError(err).message);
    } finally {
      this.#opening = undefined;
    }
  }

  async #command(method: unknown, params: unknown): Promise<unknown> {
    const tab = this.#need();
    const checked = checkCommand(method, params, tab.origins);
    if (!tab.attached) throw new Refusal("DETACHED", "the debugger is not attached");
    const { ahead } = tab;
    if (method === "Page.navigate" && ahead) {
      tab.ahead = undefined;
      const { same, told } = ahead.asked(checked.url);
      for (const { method, params } of told) postLong({ event: method, params }, this.post);
      // Wherever it led: what was told says so, and nothing is done there.
      if (same) return ahead.answer;
    }
    if (!this.#where(tab)) throw new Refusal("ORIGIN_REFUSED", "the tab is at an origin that isn't allowed");
    if (method === focus) tab.awake = checked.enabled === true;
    if (method === "Fetch.continueRequest") return tab.answers.goOn(checked.requestId, tab.send);
    return execute(tab, method as string, checked);
  }

  /**
   * A frame that came back after it was removed: the browser refuses each command from then on, and tells of no detach. Whatever is refused first
   * has to bring the debugger back: of what goes on by itself the host is told nothing, and would wait for it.
   */
  #thrownOff(tab: Tab, err: unknown): void {
    if (!isForeignFrame(err) || this.#tab !== tab || !tab.attached) return;
    tab.attached = false;
    void this.#recover(tab, "foreign_frame");
  }

  /** Sends the body of a paused response ahead of the answer: in base64 as the debugger gives it, and in nothing else. */
  async #body(id: unknown, requestId: unknown): Promise<{ size: number }> {
    const { body, base64Encoded } = (await this.#command("Fetch.getResponseBody", { requestId })) as { body: string; base64Encoded: boolean };
    const text = base64Encoded ? body : toBase64(new TextEncoder().encode(body));
    if (text.length > totalLimit) throw new Refusal("RESULT_TOO_LARGE", "over what one message may be");
    for (let at = 0; at < text.length; at += piece) this.post({ cdp: { id, bytes: text.slice(at, at + piece) } });
    return { size: (text.length / 4) * 3 - (text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0) };
  }

  #where(tab: Tab): boolean {
    return tab.url === "about:blank" || tab.origins.includes(originOf(tab.url));
  }

  #onEvent = (source: chrome.debugger.DebuggerSession, method: string, params?: object): void => {
    const tab = this.#tab ?? this.#opening;
    // Events of a session of their own belong to frames of other sites and to workers, which the host has no business with.
    if (!tab || source.tabId !== tab.id || source.sessionId) return;
    if (method === "Page.frameNavigated") {
      const { frame } = params as { frame: FrameTree["frame"] };
      tab.answers.stands(frame);
      // An error page of the browser stands for the address that it couldn't reach.
      if (!frame.parentId) {
        Object.assign(tab, { url: frame.unreachableUrl || frame.url, expecting: undefined });
        if (tab.answering) leaveBe(tab);
      }
    }
    if (method === "Page.frameStartedLoading" && tab.sending && (params as { frameId?: string }).frameId === tab.frameId) {
      tab.sending = tab.frames = false;
      tab.answering = true;
      void hold(tab).catch(() => {});
    }
    if (method === "Fetch.requestPaused" && params) {
      // First the answers: what is asked for again in their place never goes to the site.
      if (tab.answers.paused(params, tab.send) || letPass(tab, params as Paused) || leadOn(tab, params as Paused)) return;
    }
    const kept = filterEvent(method, params, tab.worlds);
    if (kept === undefined) return;
    if (tab.ahead) tab.ahead.keep(method, kept);
    else postLong({ event: method, params: kept }, this.post);
  };

  #onDetach = (source: chrome.debugger.Debuggee, reason: string): void => {
    const tab = this.#tab ?? this.#opening;
    if (!tab || source.tabId !== tab.id) return;
    // While it's being brought back, that goes on.
    if (!tab.attached && reason !== "canceled_by_user") return;
    tab.attached = false;
    if (tab === this.#tab) void this.#recover(tab, reason);
    else tab.lost = reason;
  };

  /** After a detach: the person's Cancel and a closed tab are the end; for the rest the debugger is brought back. */
  async #recover(tab: Tab, reason: string): Promise<void> {
    const gone = (why: string, who?: string) => {
      if (this.#tab !== tab) return;
      this.#tab = undefined;
      this.#left = tab;
      tab.answers.end();
      this.post({ cdp: { detached: { reason: why, ...(who ? { who } : {}) } } });
    };
    if (reason === "canceled_by_user") return gone("canceled_by_user");
    let who: string | undefined;
    let foreign = reason === "foreign_frame";
    for (const wait of backOff) {
      if (this.#tab !== tab) return;
      if (!(await exists(tab.id))) return gone("target_closed");
      try {
        const [removed] = await removeForeignFrames(tab.id);
        if (removed && !who && this.#insists(tab)) return gone("foreign_frame", removed);
        who = removed ?? who;
      } catch {
        // Refused while the tab changes its page; the attach below tells.
      }
      try {
        await chrome.debugger.attach({ tabId: tab.id }, "1.3");
        await this.#resume(tab);
        return;
      } catch (err) {
        foreign ||= isForeignFrame(err);
        // Attached, and refused what comes next: it can't be attached to twice.
        await chrome.debugger.detach({ tabId: tab.id }).catch(() => {});
      }
      await this.pause(wait);
    }
    gone(foreign ? "foreign_frame" : "target_closed", who);
  }

  /** Counts that another extension's frame was there once more, and says whether that's enough. */
  #insists(tab: Tab): boolean {
    const now = Date.now();
    tab.foreign.times = now - tab.foreign.last < insists.within ? tab.foreign.times + 1 : 1;
    tab.foreign.last = now;
    return tab.foreign.times > insists.times;
  }

  async #resume(tab: Tab): Promise<void> {
    tab.ahead?.forget();
    // Before the page is asked anything: where one is on its way, that has to wait for it.
    await tab.answers.again(tab.send, this.pause);
    await prepare(tab);
    // The page that stands there may answer a form that was sent before, and the next before anything is held again: from here on each is seen to.
    Object.assign(tab, { forgetting: undefined, answering: false, restless: true });
    await forget(tab);
    // The host asks again for what it has asked for; of what came with open it may have heard nothing yet.
    if (tab.ahead) await Promise.all(tab.setup.map(({ method, params }) => execute(tab, method, params)));
    const { frameTree } = (await tab.send("Page.getFrameTree", {})) as { frameTree: FrameTree };
    if (this.#tab !== tab) {
      await chrome.debugger.detach({ tabId: tab.id }).catch(() => {});
      return;
    }
    tab.answers.stand(frameTree);
    tab.url = frameTree.frame.unreachableUrl || frameTree.frame.url;
    tab.attached = true;
    tab.holding = undefined; // that ended with the session, until the host asks for it again
    this.post({ cdp: { reattached: {} } });
  }
}

/** Whether nothing has to be held: the fence keeps the tab where it belongs, and whatever else the host wants held may pass. */
function unheld({ unfence, pass, frames, held }: Tab): boolean {
  return unfence !== undefined && pass && frames && held !== undefined && requestsOnly(held);
}

/** Has the browser hold what the host wants held, as far as that may not pass. */
function hold(tab: Tab): Promise<unknown> {
  const params = unheld(tab) ? undefined : tab.held;
  if (params === tab.holding?.params) return tab.holding?.done ?? Promise.resolve({});
  const holding = { params, done: params ? withoutFence(tab, params) : tab.send("Fetch.disable", {}) };
  tab.holding = holding;
  // What failed is asked for again by whoever wants it next.
  holding.done.catch(() => tab.holding === holding && (tab.holding = undefined));
  return holding.done;
}

/**
 * Has documents held, and where that includes what comes back, takes the fence away once they are. What the fence stops is shown as the answer
 * to the form that led there, and the tab's history then has all that the form sent: from the PIN on that is the debugger's to stop, before.
 */
async function withoutFence(tab: Tab, params: Record<string, unknown>): Promise<unknown> {
  const done = await tab.send("Fetch.enable", params);
  const { unfence } = tab;
  if (unfence && !requestsOnly(params)) {
    tab.unfence = undefined;
    await unfence();
  }
  return done;
}

function requestsOnly({ patterns }: Record<string, unknown>): boolean {
  return Array.isArray(patterns) && patterns.every((p) => p?.requestStage === "Request");
}

/** Runs in each new document: one that answers a form counts as a plain GET from here on. An empty one is no answer. */
const asGet = 'if (window === window.top && location.protocol !== "about:") history.replaceState(history.state, "");';

/**
 * Has what the document's form sends kept out of the tab's history, which the browser writes into the profile's session file. From the PIN on
 * that's done for each form (answers.ts); the others up to there send nothing of the person's, and each such script costs its page some ms.
 */
function forget(tab: Tab): Promise<unknown> {
  if (!tab.plain || tab.forgetting) return tab.forgetting ?? Promise.resolve();
  const [worldName = "sign-with-cmd"] = tab.worlds;
  const forgetting = tab.send("Page.addScriptToEvaluateOnNewDocument", { source: asGet, worldName, runImmediately: true }).then((added) => (added as { identifier: string }).identifier);
  tab.forgetting = forgetting;
  forgetting.catch(() => tab.forgetting === forgetting && (tab.forgetting = undefined));
  return forgetting;
}

/** The document's answer is there: what comes after it is left as it is. */
function leaveBe(tab: Tab): void {
  const { forgetting } = tab;
  tab.answering = false;
  if (tab.restless) return;
  tab.forgetting = undefined;
  forgetting?.then((identifier) => tab.send("Page.removeScriptToEvaluateOnNewDocument", { identifier })).catch(() => {});
}

/** Does a command that was checked. */
function execute(tab: Tab, method: string, params: Record<string, unknown>): Promise<unknown> {
  if (method === "Page.addScriptToEvaluateOnNewDocument") tab.worlds.add(params.worldName as string);
  if (method !== "Fetch.enable") return tab.send(method, params);
  tab.held = params;
  return hold(tab);
}

interface Setup {
  method: string;
  params: Record<string, unknown>;
}

/** Commands that a tab is made ready with, each checked like any other. */
function setupCommands(setup: unknown, origins: readonly string[]): Setup[] {
  if (!Array.isArray(setup) || setup.length > most) throw new Refusal("COMMAND_REFUSED", "not a list of a few commands");
  return setup.map((c: { method?: unknown; params?: unknown } | null) => ({ method: c?.method as string, params: checkCommand(c?.method, c?.params, origins) }));
}

/** The host says so where it wakes the tab itself when it has to: an older one relies on it. */
function asleep(setup: readonly Setup[]): boolean {
  return setup.some(({ method, params }) => method === focus && params.enabled === false);
}

/** What every session of the debugger needs. */
function prepare(tab: Tab): Promise<unknown> {
  return Promise.all([tab.send("Page.enable", {}), tab.awake && tab.send(focus, { enabled: true })]);
}

/** Has a request of the main frame go on, where the host has said so and it leads to where the tab may be. False: the host has to say. */
function letPass(tab: Tab, { requestId, frameId, request, responseStatusCode, responseErrorReason }: Paused): boolean {
  const asked = responseStatusCode === undefined && responseErrorReason === undefined;
  if (!tab.pass || !asked || frameId !== tab.frameId || !tab.origins.includes(originOf(request.url))) return false;
  // The debugger may be gone by now, and with it the pause.
  tab.send("Fetch.continueRequest", { requestId }).catch(() => {});
  return true;
}

/** Has a response go on that can't be the signed file, where the host leaves those to this side. False: the host has to say. */
function leadOn(tab: Tab, it: Paused): boolean {
  if (!tab.pages || !leadsOn(it)) return false;
  tab.answers.goOn(it.requestId, tab.send).catch(() => {});
  return true;
}

async function exists(tabId: number): Promise<boolean> {
  try {
    await chrome.tabs.get(tabId);
    return true;
  } catch {
    return false;
  }
}
