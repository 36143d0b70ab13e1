// What the pages talk to. One document goes straight to the signing. Several go one after the other: each is looked at and
// confirmed; then each is signed, with the PIN that was typed once and a code of its own. After one that wasn't signed the person
// says whether to go on.

import type { Obtained, Pick } from "../pdf/ladder";
import { documentName, fileName } from "../pdf/name";
import type { Action, Part, Pointed } from "../shared/actions";
import { MAX_QUEUE } from "../shared/protocol";
import { busy, fresh, holds, underWay, type QueueView, type Row, type Source, type View } from "../shared/view";
import { Incoming } from "./incoming";
import { outcome, stopsAll } from "./outcome";
import { Signing, type Credentials } from "./signing";

/** How long the PIN is kept while the person decides whether to go on, in ms. */
const forget = 10 * 60_000;

/** One of several: what was pointed at, and what came of it. */
interface Item {
  pick: Pick;
  document?: Obtained;
}

export class Queue {
  readonly #signing = new Signing((view) => this.#arrange(view));
  readonly #incoming = new Incoming();
  /** Empty in a worker that hasn't begun them itself: then their bytes are gone. */
  #items: Item[] = [];
  #kept: Credentials | undefined;
  #forgetting: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    // What was between two documents when the worker died isn't under way any more.
    void this.#signing.ready.then(() => this.view.queue && this.#signing.change({}));
  }

  get view(): View {
    return this.#signing.view;
  }

  get ready(): Promise<void> {
    return this.#signing.ready;
  }

  watch(show: (view: View) => void): () => void {
    return this.#signing.watch(show);
  }

  /** A piece of the document that waits to be confirmed, for its preview. */
  part(sha256: string, offset: number): Promise<Part> {
    return this.#signing.part(sha256, offset);
  }

  /** The person points at documents. While something is under way nothing happens: the pages show that. */
  async pick(...picks: Pick[]): Promise<void> {
    await this.ready;
    if (busy(this.view) || picks.length === 0) return;
    await this.#release();
    if (picks.length === 1) {
      this.#signing.change({ queue: undefined });
      return this.#signing.pick(picks[0]!);
    }
    this.#items = picks.slice(0, MAX_QUEUE).map((pick) => ({ pick }));
    const rows = this.#items.map(({ pick }): Row => ({ name: nameOf(pick), state: "waiting" }));
    return this.#review({ rows, at: 0, phase: "review" }, 0);
  }

  /** page: who sends it, for what comes in pieces. */
  async act(action: Action, page: object = this): Promise<void> {
    await this.ready;
    const { screen, queue } = this.view;
    switch (action.do) {
      case "link":
      case "tab":
        return this.pick(pointed(action));
      case "many":
        return this.pick(...action.documents.map(pointed));
      case "file":
        return this.pick(...(this.#incoming.take(action, page) ?? []));
      case "confirm":
        if (queue?.phase === "review") return holds(this.view, action) ? this.#reviewed(queue, "confirmed") : undefined;
        break;
      case "skip":
        return queue?.phase === "review" && holds(this.view, action) ? this.#reviewed(queue, "skipped") : undefined;
      case "cancel":
        if (queue?.phase === "review") return this.#giveUp();
        break;
      case "credentials":
        if (queue?.phase === "sign") this.#kept = { country: action.country, number: action.number, pin: action.pin, visible: action.visible };
        break;
      case "again":
        if (queue?.phase === "sign") return underWay(screen) ? undefined : this.#sign(queue, queue.at);
        break;
      case "next":
        return queue?.goOn ? this.#sign(queue, next(queue)) : undefined;
      case "stop-after":
        if (queue?.phase === "sign") this.#signing.change({ queue: { ...queue, stopping: true } });
        return;
      case "finish":
        if (queue && !underWay(screen)) this.#finish(queue);
        return;
      case "reset":
        await this.#release();
    }
    return this.#signing.act(action);
  }

  /** Brings a document before the person, to be confirmed. */
  #review(queue: QueueView, at: number): Promise<void> {
    this.#signing.anew({ ...fetching(queue.rows[at]!), queue: { ...queue, at } });
    return this.#signing.pick(this.#items[at]!.pick);
  }

  /** The person has said what is to be done with the document that is shown. */
  async #reviewed(queue: QueueView, state: "confirmed" | "skipped"): Promise<void> {
    const { document, source } = this.view;
    const item = this.#items[queue.at]!;
    item.document = this.#signing.document;
    this.#signing.replace();
    const name = source?.name || document!.name;
    return this.#reviewNext({ ...queue, rows: changed(queue, { name, state, sha256: document!.sha256 }) });
  }

  async #reviewNext(queue: QueueView): Promise<void> {
    const left = queue.rows.findIndex((row) => row.state === "waiting");
    if (left >= 0) return this.#review(queue, left);
    const first = next(queue);
    if (first < 0) return this.#finish(queue);
    return this.#sign(queue, first);
  }

  async #giveUp(): Promise<void> {
    await this.#release();
    this.#signing.change({ queue: undefined });
    await this.#signing.act({ do: "cancel" });
  }

  /** Signs a document that was confirmed. The first time phone and PIN are asked for. */
  async #sign(queue: QueueView, at: number): Promise<void> {
    clearTimeout(this.#forgetting);
    const row = queue.rows[at];
    const document = this.#items[at]?.document;
    if (!row?.sha256 || !document) return;
    const credentials = this.#kept;
    const rows = changed({ ...queue, at }, { state: "signing", why: undefined });
    this.#signing.anew({ ...fetching(row), queue: { ...queue, rows, at, phase: "sign", goOn: false } });
    return this.#signing.begin(document, { sha256: row.sha256, ...(credentials ? { credentials } : {}) });
  }

  /** No more of them: what became of each is shown. */
  #finish(queue: QueueView): void {
    void this.#release();
    this.#signing.withdraw();
    this.#signing.anew({ screen: "finished", queue: over(queue) });
  }

  /** Nothing of them is kept any more: no PIN, no bytes, and no file that the browser saved for reading it. */
  async #release(): Promise<void> {
    const items = this.#items;
    this.#items = [];
    this.#kept = undefined;
    clearTimeout(this.#forgetting);
    for (const { document } of items) if (document && "path" in document) await document.release?.();
  }

  /** What the pages show of a view, where there are several documents. */
  #arrange(view: View): View {
    const { queue } = view;
    if (!queue) return view;
    if (queue.phase === "over" || this.#items.length === 0) {
      return { ...view, queue: over({ ...queue, rows: changed(queue, outcome(view)) }) };
    }
    return queue.phase === "review" ? this.#reviewing(view, queue) : this.#signs(view, queue);
  }

  #reviewing(view: View, queue: QueueView): View {
    if (view.screen === "choose" && view.problem) {
      // It couldn't be had: the row says why, and the next comes.
      const rows = changed(queue, { state: "failed", why: view.problem.message });
      queueMicrotask(() => void this.#reviewNext({ ...queue, rows }));
      return { ...view, screen: "fetching", problem: undefined, queue: { ...queue, rows } };
    }
    if (view.screen !== "nohost" && view.screen !== "interrupted") return view;
    void this.#release();
    return { ...view, queue: over(queue) };
  }

  #signs(view: View, queue: QueueView): View {
    // The person is asked again: what was typed before is not to be used again by itself.
    if (view.screen === "credentials") this.#kept = undefined;
    if (view.screen === "choose") {
      // Nobody chooses in the middle of several: that's a document that was refused before its signing began, or was cancelled.
      view = { ...view, screen: view.problem ? "failed" : "cancelled" };
    }
    const result = outcome(view);
    if (!result) return view;
    const now: QueueView = { ...queue, rows: changed(queue, result) };
    const left = next(now);
    if (view.screen === "done") {
      const more = left >= 0 && !queue.stopping;
      queueMicrotask(() => void (more ? this.#sign(now, left) : this.#release()));
      return { ...fresh(view), ...(more ? { ...fetching(now.rows[left]!), queue: now } : { screen: "finished" as const, queue: over(now) }) };
    }
    const stops = view.screen === "nohost" || (!!view.problem && stopsAll(view.problem.code));
    if (stops) void this.#release();
    else this.#forgetLater();
    const goOn = left >= 0 && !queue.stopping && !stops && view.interrupted?.answer !== "waiting";
    return { ...view, queue: stops ? over(now) : { ...now, goOn } };
  }

  #forgetLater(): void {
    clearTimeout(this.#forgetting);
    this.#forgetting = setTimeout(() => (this.#kept = undefined), forget);
  }
}

function fetching({ name }: Row): { screen: "fetching"; source: Source } {
  return { screen: "fetching", source: { name, site: "" } };
}

function pointed(at: Pointed): Pick {
  if (at.do === "tab") return { kind: "tab", tabId: at.tabId, url: at.url, pageUrl: at.pageUrl, again: at.again };
  return { kind: "link", url: at.url, page: { tabId: at.tabId, frameId: at.frameId, url: at.pageUrl } };
}

function nameOf(pick: Pick): string {
  return pick.kind === "file" ? fileName(pick.name) : documentName(pick.url);
}

/** The rows, with a change in the one that the queue is at. */
function changed(queue: QueueView, change: Partial<Row> | undefined): Row[] {
  return queue.rows.map((row, i) => (i === queue.at ? { ...row, ...change } : row));
}

/** The next that is to be signed, -1 for none. */
function next(queue: QueueView): number {
  return queue.rows.findIndex((row) => row.state === "confirmed");
}

/** The queue when nothing more is done: those whose turn didn't come aren't signed. */
function over(queue: QueueView): QueueView {
  const rows = queue.rows.map((row): Row => (["waiting", "confirmed", "signing"].includes(row.state) ? { ...row, state: "unsigned" } : row));
  return { ...queue, rows, phase: "over", goOn: false, stopping: false };
}
