// One signing at a time: owns the port, the relay, the document's bytes and what the pages show.

import { clearFences, newRelay, modes as possibleModes, releaseTabs } from "#platform";
import { obtain, type Obtained, type Pick } from "../pdf/ladder";
import { PdfProblem } from "../pdf/problem";
import type { RelayLike } from "../platform/types";
import { Tokens, wellFormed } from "../secrets/tokens";
import type { Action, Part } from "../shared/actions";
import { sha256 } from "../shared/base64";
import { lang } from "../shared/i18n";
import { MIN_PROTOCOL, PROTOCOL, type ClientMessage, type HostMessage, type Mode, type Problem, type Visible } from "../shared/protocol";
import { Question } from "../shared/question";
import { answersCancel, codeAsked, confirmed, isOver, reduce, tooLate } from "../shared/state";
import { nextTurn } from "../shared/turns";
import { chunks } from "../shared/upload";
import { busy, fresh, initialView, mayBeSigned, underWay, type View } from "../shared/view";
import { callBack } from "./attention";
import type { DisconnectCode } from "./disconnect";
import { note } from "./history";
import { chooseMode, modesOf } from "./modes";
import { Parts } from "./parts";
import { HostPort } from "./port";
import * as problems from "./problems";
import { watchDownloads } from "./rescue";
import { loadRelayTab, loadSettings, loadView, saveRelayTab, saveView } from "./store";
import { versionProblem } from "../shared/versions";

/** How long a host may take to speak, and an idle one is kept for the next page, in ms. */
const limits = { hello: 10_000, idle: 20_000, detach: 900, lookAgain: 8_000 };

/**
 * Bytes of a document in one message to the host, and so many may be on their way. The first tells it that there is a PDF, which is enough
 * to go ahead.
 */
const chunk = { first: 64 << 10, most: 256 << 10, ahead: 4 << 20 };

/** How often the journal is read again for a signing whose end nobody told. */
const looks = 18;

/** Phone and PIN, in memory only. */
export interface Credentials {
  country: string;
  number: string;
  pin: string;
  visible?: Visible;
}

/** What the person has said already of a document that comes again: that it's the one, and phone and PIN. */
export interface Said {
  /** SHA-256 of what was confirmed. */
  sha256: string;
  credentials?: Credentials;
}

interface Link {
  port: HostPort;
  relay: RelayLike | undefined;
  hello: Promise<HostMessage>;
  /** The host's last state. */
  state: string;
  /** The mode of the conversation under way. */
  mode?: Mode;
  /** It goes ahead once the document is confirmed, without phone and PIN. */
  ahead: boolean;
  /** The host prepared its last start in the sandbox. */
  trial: boolean;
  /** It takes pieces of a document without being waited for. */
  stream: boolean;
  /** The conversation is being started, for a document that is on its way. */
  starting?: Promise<boolean>;
  /** Documents that were given back before they were confirmed, whose cancel the host has yet to answer. */
  withdrawn: number;
}

export class Signing {
  view: View = initialView;
  readonly ready: Promise<void>;

  #watchers = new Set<(view: View) => void>();
  #link: Link | undefined;
  #tokens = new Tokens();
  #document: Obtained | undefined;
  /** The document's bytes as they were hashed, where they are here: what the page is given is what was confirmed. */
  #hashed: { sha256: string; blob: Blob } | undefined;
  /** Of the document that is here, or on its way, the first bytes have been seen to be a PDF's. */
  #isPdf = false;
  #parts = new Parts();
  #fetching: AbortController | undefined;
  #said: Said | undefined;
  #question = new Question();
  #idle: ReturnType<typeof setTimeout> | undefined;
  #unwatch: (() => void) | undefined;

  /** arrange: has the last word on what is shown, for those who sign several documents one after the other. */
  constructor(private readonly arrange: (view: View) => View = (view) => view) {
    this.ready = this.#restore();
  }

  /** The document before the person, with its bytes. */
  get document(): Obtained | undefined {
    return this.#document;
  }

  /** A page opened: it gets the view now and whenever it changes. Gives a function for when it closes. */
  watch(show: (view: View) => void): () => void {
    this.#watchers.add(show);
    clearTimeout(this.#idle);
    void this.ready.then(() => {
      show(this.view);
      void this.#attend(false);
      if (this.view.screen === "choose" || this.view.screen === "nohost") void this.#connect();
    });
    return () => {
      this.#watchers.delete(show);
      void this.#attend(false);
      this.#letGo();
    };
  }

  /** A piece of the document that waits to be confirmed, for its preview. */
  async part(sha256: string, offset: number): Promise<Part> {
    await this.ready;
    const shown = this.view.screen === "document" && this.view.document?.sha256 === sha256;
    if (!shown) return { sha256, offset };
    const hello = await this.#link?.hello.catch(() => undefined);
    return { sha256, offset, data: await this.#parts.take(this.#document, hello, offset, (m) => this.#send(m)) };
  }

  async act(action: Action): Promise<void> {
    await this.ready;
    const { view } = this;
    switch (action.do) {
      case "link": {
        const { url, tabId, frameId, pageUrl } = action;
        return this.pick({ kind: "link", url, page: { tabId, frameId, url: pageUrl } });
      }
      case "tab": {
        const { tabId, url, pageUrl, again } = action;
        return this.pick({ kind: "tab", tabId, url, pageUrl, again });
      }
      case "confirm": {
        const next = confirmed(view, action);
        if (!next) return;
        this.#show(next);
        this.#confirm();
        return;
      }
      case "accept-mode":
        this.#show({ ...view, modeChanged: false });
        if (view.screen === "credentials") this.#confirm();
        return;
      case "credentials":
        return this.#credentials(action);
      case "otp":
        return this.#code(action.code);
      case "resend": {
        const next = codeAsked(view);
        if (!next) return;
        this.#show(next);
        this.#send({ resend: "" });
        return;
      }
      case "open":
        if (view.id) await this.#open(view.id, action.what);
        return;
      case "screenshot":
        this.#send({ screenshot: "" });
        return;
      case "show":
        await this.#link?.relay?.show().catch(() => {});
        return;
      case "cancel":
        return this.#cancel();
      case "again":
        if (!underWay(view.screen) && this.#document) await this.begin(this.#document);
        else this.#reset();
        return;
      case "reset":
        if (!busy(view)) this.#reset();
        return;
      case "retry":
        this.#drop();
        this.#reset();
        await this.#connect();
        return;
    }
  }

  /** Shows the view with what changed in it. */
  change(part: Partial<View>): void {
    this.#show({ ...this.view, ...part });
  }

  /** Shows nothing of a document any more but this. */
  anew(part: Partial<View>): void {
    this.#show({ ...fresh(this.view), ...part });
  }

  /** Another document comes in place of the one before the person. The conversation goes on, with its tab. */
  replace(): void {
    this.#fetching?.abort(new Error("replaced"));
    this.#question.answer(undefined);
    this.#document = undefined;
    this.#isPdf = false;
  }

  /** Ends a conversation whose document nobody has confirmed. Nothing is shown anew. */
  withdraw(): void {
    this.replace();
    if (this.#link?.state === "stage1_input") this.#takeBack(this.#link);
  }

  /** Ends what nobody has confirmed: there is nothing to wait for, and another document may be chosen at once. */
  #takeBack(link: Link): void {
    this.#send({ cancel: "" });
    link.state = "cancelled";
    link.withdrawn++;
  }

  /** The person points at a document, whose bytes are fetched and brought before them. */
  async pick(pick: Pick): Promise<void> {
    this.#clear();
    this.#show({ ...fresh(this.view), screen: "fetching" });
    const fetching = (this.#fetching = new AbortController());
    try {
      // The host starts meanwhile.
      this.#link ??= this.#newLink();
      const link = this.#link;
      const coming = () => {
        if (!fetching.signal.aborted) this.#isPdf = true;
        // Where a host waits for a document already, begin sees whether another has to take its place: both would start one.
        if (!fetching.signal.aborted && this.#link === link && link.state !== "stage1_input") link.starting = this.#start(false).catch(() => false);
      };
      const document = await obtain(pick, { signal: fetching.signal, coming });
      if (fetching.signal.aborted || this.view.screen === "nohost") return;
      await this.begin(document);
    } catch (err) {
      void this.#giveUp();
      if (fetching.signal.aborted) return;
      const problem = err instanceof PdfProblem ? problems.ofPdf(err) : problems.internal();
      const tab = pick.kind === "tab" ? { tabId: pick.tabId, url: pick.url, pageUrl: pick.pageUrl } : undefined;
      this.#show({ ...fresh(this.view), problem, tab });
    }
  }

  /**
   * Brings a document before the person: starts the conversation and gives it the bytes. With said nothing is asked again that
   * was said; should it be another document than the one that was confirmed, it ends with PDF_CHANGED.
   */
  async begin(document: Obtained, said?: Said): Promise<void> {
    this.#document = document;
    this.#isPdf = !("path" in document);
    this.#hashed = undefined;
    this.#said = said;
    const { mode, modeChanged } = this.view;
    this.#show({
      ...fresh(this.view), mode, modeChanged, trial: document.trial, screen: "fetching", source: { name: document.name, site: document.site },
    });
    await this.#link?.starting;
    if (this.#document !== document || !(await this.#start(document.trial ?? false))) return;
    const link = this.#link!;
    if ("path" in document) {
      await this.#ask({ document: { pdf_file_path: document.path } }, (m) => m.document !== undefined);
      // Several are read twice: to be looked at, and to be signed.
      if (document.release && !this.view.queue) {
        await document.release();
        this.#document = undefined;
      }
      return;
    }
    const hash = await sha256(document.bytes);
    if (this.#document !== document) return;
    this.#hashed = { sha256: hash, blob: new Blob([document.bytes]) };
    await this.#upload(document, hash, link.stream);
  }

  /** Gives the document to the host, in pieces of which each is waited for, or where the host takes a stream some are under way. */
  async #upload(document: Obtained & { bytes: Uint8Array }, hash: string, stream: boolean): Promise<void> {
    if (!stream) {
      for (const piece of chunks(document.name, document.bytes, hash)) {
        if (!(await this.#ask({ upload_local: piece }, (m) => m.progress === "upload_local"))) return;
      }
      return;
    }
    for (const piece of chunks(document.name, document.bytes, hash, chunk.first, chunk.most)) {
      // It was refused meanwhile, or another came in its place.
      if (this.#document !== document || this.view.screen !== "fetching") return;
      const last = piece.offset + (piece.offset === 0 ? chunk.first : chunk.most) >= document.bytes.length;
      const there = last ? document.bytes.length : piece.offset - chunk.ahead;
      const message: ClientMessage = { upload_local: { ...piece, stream } };
      if (there <= 0) {
        this.#send(message);
        // The tab is being opened meanwhile, step by step, and doesn't wait for all of it.
        await nextTurn();
      } else if (!(await this.#ask(message, (m) => m.progress === "upload_local" && (m.received ?? 0) >= there))) return;
    }
  }

  /** Has the host begin a conversation, where none waits for a document already. False: the view says why. */
  async #start(trial: boolean): Promise<boolean> {
    // A host that waits for a document elsewhere doesn't get this one.
    if (this.#link?.state === "stage1_input" && this.#link.trial !== trial) this.#drop();
    if (!(await this.#connect())) return false;
    // The choice of mode may have changed since another document was begun and refused: a PIN typed now would go the wrong way.
    if (this.#link!.state === "stage1_input" && this.#link!.mode !== this.view.mode) {
      this.#drop();
      if (!(await this.#connect())) return false;
    }
    const link = this.#link!;
    if (link.state === "stage1_input") return true;
    const { mode } = this.view;
    link.mode = mode;
    const start: ClientMessage = {
      start: "", mode, auto_screenshot: 0, lang: lang(), protocol: PROTOCOL, min_protocol: MIN_PROTOCOL,
      client: chrome.runtime.getManifest().version, ...(trial ? { environment: "sandbox" } : {}),
    };
    const answer = await this.#ask(start, (m) => m.state === "stage1_input");
    if (!answer) return false;
    // An older host knows no trial and would sign for good.
    if (trial && answer.environment !== "sandbox") return this.#unfit(problems.ofVersion("VERSION_HOST_OLD"));
    link.trial = trial;
    return true;
  }

  /** Ends the conversation that was begun for a document which then didn't come. */
  async #giveUp(): Promise<void> {
    const link = this.#link;
    await link?.starting;
    if (link?.starting && this.#link === link && link.state === "stage1_input" && !this.#document) this.#takeBack(link);
  }

  /** Sends a message and waits for its answer; undefined where it was refused or the port closed, which the view tells. */
  #ask(message: ClientMessage, fits: (m: HostMessage) => boolean): Promise<HostMessage | undefined> {
    return this.#question.ask(() => this.#send(message), fits);
  }

  /** The document that was told to the host by this SHA-256. */
  #given(hash: string): Blob | undefined {
    const { sha256, blob } = this.#hashed ?? {};
    return this.#document && blob?.size && sha256 === hash ? blob : undefined;
  }

  /** Tells the host that the document is confirmed: it goes ahead while phone and PIN are typed. */
  #confirm(): void {
    const { document, lookFirst, visible, mode, modeChanged } = this.view;
    const link = this.#link;
    // A browser that the person didn't expect isn't led anywhere before they agree. An older host takes it with phone and PIN.
    if (!document || modeChanged || !link?.ahead || link.mode !== mode || link.state !== "stage1_input") return;
    this.#send({ confirm: document.sha256, ...(lookFirst ? { sign_again: document.sha256 } : {}), ...(visible ? { visible } : {}) });
  }

  #credentials({ country, number, pin, visible }: Credentials): void {
    if (this.view.screen !== "credentials" || !this.view.document) return;
    const view: View = { ...this.view, phone: { country, number }, visible };
    if (!wellFormed("pin", pin)) return this.#show({ ...view, problem: problems.format("pin") });
    // In relay mode the PIN stays here, and the host gets a token.
    const secret = view.mode === "relay" ? { pin_token: this.#tokens.give("pin", pin) } : { pin };
    const confirm = view.document!.sha256;
    this.#show({ ...view, screen: "working", problem: undefined, picture: undefined });
    this.#send({ phone: `${country} ${number}`, ...secret, confirm, ...(view.lookFirst ? { sign_again: confirm } : {}), ...(visible ? { visible } : {}) });
  }

  async #code(typed: string): Promise<void> {
    const code = typed.replace(/[\s-]/g, "");
    const { view } = this;
    if (view.screen !== "code" || view.code?.asked) return;
    if (!wellFormed("otp", code)) return this.#show({ ...view, problem: problems.format("otp") });
    const next: View = { ...view, screen: "sending", codeSent: true, sentAt: Date.now(), problem: undefined };
    this.#show(next);
    // Written down first: should the worker die now, the popup must say that a signature may exist. What is heard meanwhile builds on it.
    try {
      await saveView(this.view);
    } catch (err) {
      if (this.view.screen === "sending") this.#show(view);
      throw err;
    }
    if (this.view.screen !== "sending") return;
    this.#tellDownloads(next.sentAt!);
    this.#send(view.mode === "relay" ? { otp_token: this.#tokens.give("otp", code) } : { otp: code });
  }

  /** Tells the host of a signed PDF that the browser saved itself, where the host could not take it from the page. */
  #tellDownloads(since: number): void {
    const { port, relay } = this.#link ?? {};
    if (!relay) return;
    this.#unwatch?.();
    this.#unwatch = watchDownloads(since, (path) => void port?.send({ cdp: { downloaded: { path } } }));
  }

  #cancel(): void {
    this.#fetching?.abort(new Error("cancelled"));
    const { view } = this;
    if (!underWay(view.screen)) return;
    if (view.screen === "fetching" || view.screen === "document") this.#show(fresh(this.view));
    else this.#show({ ...view, cancelling: true });
    this.#question.answer(undefined);
    const link = this.#link;
    if (link?.state && link.state !== "start" && !isOver(link.state)) {
      if (view.confirmed) this.#send({ cancel: "" });
      else this.#takeBack(link);
    } else if (view.screen === "credentials") this.#show(fresh(this.view));
  }

  /** Has the host show a file, a new host where the one that signed is gone: one that just died takes messages and answers none. */
  async #open(id: string, what: "file" | "folder"): Promise<void> {
    for (let hosts = 0; hosts < 3; hosts++) {
      if (!(await this.#connect())) {
        if (this.view.screen === "nohost") return;
        continue; // it died while it was asked
      }
      const link = this.#link;
      await this.#ask({ open: what, id }, (m) => m.open !== undefined);
      if (this.#link === link) return;
    }
  }

  #send(message: ClientMessage): boolean {
    return this.#link?.port.send(message) ?? false;
  }

  /** Starts the host where none runs, and checks that it fits. False: the view says why. */
  async #connect(): Promise<boolean> {
    const link = (this.#link ??= this.#newLink());
    let hello: HostMessage;
    try {
      hello = await link.hello;
    } catch {
      return false;
    }
    if (this.#link !== link) return false;
    const old = versionProblem(hello);
    if (old) return this.#unfit(problems.ofVersion(old));
    const { mode: wanted } = await loadSettings();
    if (this.#link !== link) return false; // its end came meanwhile
    link.ahead = hello.capabilities?.includes("confirm") ?? false;
    link.stream = hello.capabilities?.includes("upload_stream") ?? false;
    const modes = modesOf(hello);
    const chosen = chooseMode(modes, wanted, possibleModes);
    if (!chosen) return this.#unfit(problems.noMode());
    const { view } = this;
    this.#show({
      ...view,
      screen: view.screen === "nohost" ? "choose" : view.screen,
      problem: view.screen === "nohost" ? undefined : view.problem,
      host: {
        version: hello.version ?? "", environment: hello.environment ?? "", custom: hello.custom_environment ?? false, modes,
        browserAt: hello.browser_at, noBrowser: hello.unready?.[chosen.mode] === "BROWSER_NOT_FOUND",
        visible: hello.capabilities?.includes("visible") ?? false,
      },
      mode: chosen.mode,
      modeChanged: chosen.changed,
      unfinished: view.screen === "choose" || view.screen === "nohost" ? hello.unfinished : view.unfinished,
    });
    return true;
  }

  #unfit(problem: Problem): false {
    this.#drop();
    this.#show({ ...fresh(this.view), screen: "nohost", problem });
    return false;
  }

  #newLink(): Link {
    let spoke: (m: HostMessage) => void;
    let silent: (err: Error) => void;
    const hello = new Promise<HostMessage>((done, failed) => {
      spoke = done;
      silent = failed;
    });
    hello.catch(() => {});
    const timer = setTimeout(() => {
      if (this.#link !== link) return;
      link.port.close();
      silent(new Error("the host said nothing"));
      this.#closed(link, "HOST_BROKEN");
    }, limits.hello);
    const port = new HostPort({
      conversation: (m) => {
        if (this.#link !== link) return;
        if (link.state === "" && m.state === "start") {
          clearTimeout(timer);
          link.state = "start";
          spoke(m);
          return;
        }
        this.#heard(link, m);
      },
      relay: (request) => void (this.#link === link && link.relay?.handle(request)),
      closed: (code) => {
        clearTimeout(timer);
        silent(new Error(code));
        this.#closed(link, code);
      },
    });
    const relay = newRelay((m) => void port.send(m), this.#tokens, (hash) => this.#given(hash), (tab) => void saveRelayTab(tab).catch(() => {}), () => this.#isPdf);
    const link: Link = { port, relay, hello, state: "", ahead: false, stream: false, trial: false, withdrawn: 0 };
    return link;
  }

  #heard(link: Link, m: HostMessage): void {
    if (this.#parts.heard(m)) return;
    // A document that was given back before it was confirmed leaves no trace, on the next one least of all: the host may say a lot of it before it
    // reads the cancel.
    if (link.withdrawn > 0) {
      if (answersCancel(m)) link.withdrawn--;
      return;
    }
    // What had crossed the end of its document is refused: that is no news of the next one.
    if (isOver(link.state) && tooLate(m)) return;
    // Of a document that another has taken the place of, pieces may still have been on their way.
    if (m.progress === "upload_local" && m.document && m.document.sha256 !== this.#hashed?.sha256) return;
    const before = this.view;
    // By hand, the person may sign without this extension's seeing a code.
    if (m.state === "assist" && before.screen !== "assist") this.#tellDownloads(Date.now());
    if (m.state && m.state !== "screenshot") link.state = m.state;
    const after = reduce(before, m, Date.now());
    if (after.screen === "document" && this.#said) this.#goOn(after, this.#said);
    // Of a document each piece is answered: nothing of that is shown.
    else if (after !== before) this.#show(after);
    if (m.status === "ERROR") this.#question.answer(undefined);
    else this.#question.heard(m);
    if (isOver(m.state)) {
      this.#question.answer(undefined);
      this.#tokens.clear();
      this.#unwatch?.();
      this.#unwatch = undefined;
      // The host closes the tab itself; this holds where it doesn't.
      const keep = after.screen !== "done" && after.screen !== "cancelled" && after.codeSent;
      link.relay?.closeLater(keep, limits.detach);
      this.#letGo();
    }
  }

  /** The document is there of which the person has said all already. */
  #goOn(view: View, said: Said): void {
    this.#said = undefined;
    if (view.lookFirst) return this.#show(view);
    if (view.document?.sha256 !== said.sha256) {
      this.withdraw();
      return this.#show({ ...fresh(this.view), problem: problems.changed() });
    }
    this.view = { ...view, screen: "credentials", confirmed: true };
    if (said.credentials) this.#credentials(said.credentials);
    else this.#show(this.view);
  }

  /** The port closed by itself. */
  #closed(link: Link, code: DisconnectCode): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    this.#tokens.clear();
    this.#question.answer(undefined);
    const { view } = this;
    void link.relay?.end(mayBeSigned(view) && underWay(view.screen));
    const problem = problems.ofDisconnect(code);
    if (link.state === "") {
      this.#show({ ...fresh(this.view), screen: "nohost", problem });
    } else if (underWay(view.screen)) {
      this.#interrupted(problem);
    }
  }

  /** A signing ended without its end being told. */
  #interrupted(problem?: Problem): void {
    const { view } = this;
    const next: View = { ...view, screen: "interrupted", problem, code: undefined, picture: undefined, cancelling: false };
    if (!mayBeSigned(view)) return this.#show({ ...next, interrupted: { answer: "nothing_signed" } });
    this.#show({ ...next, interrupted: { answer: "waiting" } });
    const since = view.sentAt ?? Date.now() - 15 * 60_000;
    this.#unwatch?.();
    this.#unwatch = watchDownloads(since, (browserPath) => {
      const now = this.view.interrupted;
      if (now) this.#show({ ...this.view, interrupted: { ...now, browserPath } });
    });
    void this.#lookBack(looks);
  }

  /** Asks a new host what its journal knows of the signing. The old one may still be at work: it's asked again for a while. */
  async #lookBack(tries: number): Promise<void> {
    const { id, document } = this.view;
    for (let i = 0; i < tries; i++) {
      if (i > 0) await new Promise((done) => setTimeout(done, limits.lookAgain));
      // The person may have gone on meanwhile, with a host that must not be ended.
      if (this.view.interrupted?.answer !== "waiting") return;
      this.#drop();
      const link = (this.#link = this.#newLink());
      const hello = await link.hello.catch(() => undefined);
      // Its end was told to closed, which made another screen of it.
      if (this.view.screen === "nohost") return;
      const left = hello?.unfinished?.find((l) => (id ? l.id === id : l.sha256 === document?.sha256))
        // The same document may have been signed before: what is over is known by its id only.
        ?? hello?.ended?.find((l) => id && l.id === id);
      const known = left && ({ signed_saved: "saved", signed_held: "held", may_be_signed: "may_be_signed", not_signed: "nothing_signed" } as const)[left.answer];
      if (known && this.view.interrupted) {
        this.#show({ ...this.view, interrupted: { ...this.view.interrupted, answer: known, path: left.path } });
        return;
      }
    }
    if (this.view.interrupted?.answer === "waiting") {
      this.#show({ ...this.view, interrupted: { ...this.view.interrupted, answer: "may_be_signed" } });
    }
  }

  /** Ends the host without a word of it. */
  #drop(): void {
    const link = this.#link;
    this.#link = undefined;
    this.#tokens.clear();
    link?.port.close();
    void link?.relay?.end(false);
  }

  /** An idle host is ended some time after the last page closed. */
  #letGo(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      if (this.#watchers.size === 0 && !busy(this.view)) this.#drop();
    }, limits.idle);
  }

  #reset(): void {
    this.#clear();
    this.#show({ ...fresh(this.view), queue: undefined });
  }

  #clear(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#document = undefined;
    this.#isPdf = false;
    this.#said = undefined;
  }

  #show(next: View): void {
    const view = this.arrange(next);
    const changed = view.screen !== this.view.screen;
    this.view = view;
    for (const show of this.#watchers) show(view);
    void saveView(view).catch(() => {});
    void note(next);
    void this.#attend(changed);
  }

  #attend(changed: boolean): Promise<void> {
    return callBack(this.view.screen, this.#watchers.size > 0, changed).catch(() => {});
  }

  /** After the worker's death: what was under way isn't any more, and the popup has to say what that means. */
  async #restore(): Promise<void> {
    const [stored, tab] = await Promise.all([loadView().catch(() => undefined), loadRelayTab().catch(() => undefined)]);
    if (stored) this.view = stored;
    // Where a signature may exist the tab stays: its page may be the only one that shows it.
    if (tab !== undefined && !mayBeSigned(this.view)) await chrome.tabs.remove(tab).catch(() => {});
    // A worker that dies as it opens a tab leaves a fence, and may have written down nothing of the tab.
    await Promise.all([tab !== undefined && saveRelayTab(undefined), clearFences()]).catch(() => {});
    if (!stored) return;
    const waiting = stored.interrupted?.answer === "waiting";
    if (stored.screen === "nohost") this.view = fresh(this.view);
    else if (underWay(stored.screen) || waiting) {
      this.#interrupted();
      // After the look-out for what the browser saves.
      void releaseTabs(mayBeSigned(stored)).catch(() => {});
    }
  }
}
