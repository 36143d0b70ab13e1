// A signing on a server, as its WebSocket tells it (docs/PROTOCOL.md): what the page sees of it is a View, as in the extension.

import type { Action } from "../shared/actions";
import { fromBase64, sha256 } from "../shared/base64";
import { lang } from "../shared/i18n";
import { MAX_PDF, MIN_PROTOCOL, PROTOCOL, type ClientMessage, type FileInfo, type HostMessage, type Problem } from "../shared/protocol";
import { Question } from "../shared/question";
import { codeAsked, confirmed, isOver, reduce } from "../shared/state";
import { chunks } from "../shared/upload";
import { versionProblem } from "../shared/versions";
import { initialView, mayBeSigned, underWay, type View } from "../shared/view";
import { wellFormed } from "../secrets/tokens";
import { format, forVisitor, notHad, own } from "./problems";
import { sealTo, type Seal } from "./seal";

/** The view before a document was given. */
export const beginning: View = { ...initialView, mode: "launch" };

/** What is to be signed, and where. */
export interface Given {
  /** ws: or wss: URL. */
  server: string;
  token?: string;
  /** The id of the server's key, where the page knows it. */
  serverKey?: string;
  name: string;
  /** The document; without it, the server reads path. */
  bytes?: () => Promise<Uint8Array<ArrayBuffer>>;
  /** A path under the server's own root. */
  path?: string;
  version: string;
}

/** How long the server may take to speak first, in ms. */
const helloTime = 20_000;

/** The largest signed file that is taken: the largest document, and room for a signature. */
const MAX_FILE = MAX_PDF + (4 << 20);

const none = new Uint8Array();

export class Conversation {
  view: View = beginning;

  #socket: WebSocket | undefined;
  #seal: Seal | undefined;
  #nonce = "";
  #hash = "";
  #question = new Question();
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #gives = false;
  /** The signing that is under way: what an earlier one still waits for changes nothing of this one. */
  #turn = {};
  #file: Blob | undefined;

  /** show: is given each view. speak: runs what makes texts. */
  constructor(
    private readonly show: (view: View) => void,
    private readonly speak: <T>(f: () => T) => T,
    private readonly connect: (url: string) => WebSocket = (url) => new WebSocket(url),
  ) {}

  /** The document that was sent, as it was. */
  get document(): Uint8Array<ArrayBuffer> | undefined {
    return this.#bytes;
  }

  /** The signed file, once it's here and is what the server said. */
  get file(): Blob | undefined {
    return this.#file;
  }

  /** Brings a document before the person. What was shown before is gone. */
  async begin(given: Given): Promise<void> {
    if (underWay(this.view.screen)) return;
    this.#end();
    const turn = (this.#turn = {});
    this.#seal = undefined;
    this.#hash = "";
    this.#bytes = this.#file = undefined;
    const source = { name: given.name, site: "" };
    this.#show({ ...beginning, screen: "fetching", source });
    try {
      await this.#begin(given, () => this.#turn !== turn || this.view.screen !== "fetching");
    } catch (err) {
      // The end of the connection, and cancel, have told theirs already.
      if (this.#turn === turn && this.view.screen === "fetching") this.#fail(err instanceof Stop ? err.problem() : own("SERVER_UNREACHABLE"));
    }
  }

  /** over: it was cancelled meanwhile, or is over otherwise. */
  async #begin(given: Given, over: () => boolean): Promise<void> {
    if (given.bytes) {
      const bytes = await given.bytes().catch(() => {
        throw new Stop(() => own("DOCUMENT_UNREACHABLE"));
      });
      if (bytes.length > MAX_PDF) throw new Stop(() => own("DOCUMENT_TOO_LARGE"));
      const hash = await sha256(bytes);
      if (over()) return;
      [this.#bytes, this.#hash] = [bytes, hash];
    }
    const hello = await this.#open(given.server);
    if (over()) return;
    if (versionProblem(hello)) throw new Stop(() => own("SERVER_UNFIT"));
    if (hello.seal) {
      const seal = await sealTo(hello.seal, given.serverKey).catch(() => {
        throw new Stop(() => own("SERVER_KEY_REFUSED"));
      });
      if (over()) return;
      this.#seal = seal;
    } else if (given.serverKey) throw new Stop(() => own("SERVER_KEY_REFUSED"));
    this.#gives = hello.capabilities?.includes("download") ?? false;
    const mode = hello.modes?.[0];
    this.#show({
      ...this.view,
      mode: mode === "attach" ? "attach" : "launch",
      host: {
        version: hello.version ?? "", environment: hello.environment ?? "", custom: hello.custom_environment ?? false, modes: [], browserAt: hello.browser_at,
        operator: hello.operator,
      },
    });
    const start: ClientMessage = {
      start: "", auto_screenshot: 0, lang: this.speak(lang), protocol: PROTOCOL, min_protocol: MIN_PROTOCOL, client: given.version,
      ...(given.token ? { jwt: given.token } : {}),
    };
    const turn = this.#turn;
    if (!(await this.#ask(start, (m) => m.state === "stage1_input"))) return this.#refused(turn);
    if (given.path) {
      await this.#ask({ document: { pdf_file_path: given.path } }, (m) => m.document !== undefined);
      return this.#refused(turn);
    }
    for (const chunk of chunks(given.name, this.#bytes!, this.#hash)) {
      if (!(await this.#ask({ upload_local: chunk }, (m) => m.progress === "upload_local"))) return this.#refused(turn);
    }
  }

  /** What the server refused before there was a document ends it. */
  #refused(turn: object): void {
    if (this.#turn === turn && (this.view.screen === "fetching" || this.view.screen === "choose")) this.#fail(this.view.problem);
  }

  #fail(problem: Problem | undefined): void {
    this.#show({ ...this.view, screen: "failed", problem });
    this.#end();
  }

  act(action: Action): void {
    void this.#act(action);
  }

  async #act(action: Action): Promise<void> {
    const { view } = this;
    switch (action.do) {
      case "confirm": {
        const next = confirmed(view, action);
        if (next) this.#show(next);
        return;
      }
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
      case "screenshot":
        this.#send({ screenshot: "" });
        return;
      case "cancel":
        return this.cancel();
    }
  }

  async #credentials({ country, number, pin }: Extract<Action, { do: "credentials" }>): Promise<void> {
    if (this.view.screen !== "credentials" || !this.view.document) return;
    const view: View = { ...this.view, phone: { country, number } };
    if (!wellFormed("pin", pin)) return this.#show({ ...view, problem: this.speak(() => format("pin")) });
    const confirm = view.document!.sha256;
    const phone = `${country} ${number}`;
    this.#show({ ...view, screen: "working", problem: undefined, picture: undefined });
    const also = { confirm, ...(view.lookFirst ? { sign_again: confirm } : {}) };
    const seal = this.#seal;
    if (!seal) return void this.#send({ phone, pin, ...also });
    const nonce = this.#nonce;
    const [phone_sealed, pin_sealed] = await Promise.all([seal("phone", nonce, confirm, phone), seal("pin", nonce, confirm, pin)]);
    this.#send({ sealed_to: seal.kid, phone_sealed, pin_sealed, ...also });
  }

  async #code(typed: string): Promise<void> {
    const code = typed.replace(/[\s-]/g, "");
    const { view } = this;
    if (view.screen !== "code" || view.code?.asked) return;
    if (!wellFormed("otp", code)) return this.#show({ ...view, problem: this.speak(() => format("otp")) });
    this.#show({ ...view, screen: "sending", codeSent: true, sentAt: Date.now(), problem: undefined });
    const seal = this.#seal;
    if (!seal) return void this.#send({ otp: code });
    this.#send({ sealed_to: seal.kid, otp_sealed: await seal("otp", this.#nonce, view.document!.sha256, code) });
  }

  /** Ends what is under way, where that can be; a server that has the code goes on, and says so. */
  cancel(): void {
    const { view } = this;
    if (!underWay(view.screen)) return;
    if (!view.confirmed || !this.#socket) {
      this.#show({ ...view, screen: "cancelled", problem: undefined });
      return this.#end();
    }
    if (!view.codeSent) this.#show({ ...view, cancelling: true });
    this.#send({ cancel: "" });
  }

  /** The page gave what nothing can begin with. */
  unfit(): void {
    this.#fail(this.speak(() => own("PAGE_UNFIT")));
  }

  /** The page that shows it is gone. */
  leave(): void {
    this.#end();
    this.#lost();
  }

  /** Connects, and gives what the server says first. */
  #open(url: string): Promise<HostMessage> {
    return new Promise((done, failed) => {
      const socket = (this.#socket = this.connect(url));
      const timer = setTimeout(() => socket.close(), helloTime);
      let spoke = false;
      socket.onmessage = ({ data }) => {
        if (this.#socket !== socket) return;
        const m = read(data);
        if (!m) return socket.close();
        if (spoke) return this.#heard(m);
        if (m.state !== "start") return socket.close();
        clearTimeout(timer);
        spoke = true;
        done(m);
      };
      socket.onclose = () => {
        clearTimeout(timer);
        failed(new Error("closed"));
        if (this.#socket !== socket) return;
        this.#socket = undefined;
        this.#question.answer(undefined);
        if (spoke) this.#lost();
      };
    });
  }

  /** The connection ended. Whether a signature may exist depends on how far it was. */
  #lost(): void {
    const { view } = this;
    if (!underWay(view.screen)) return;
    this.#show({
      ...view, screen: "interrupted", code: undefined, picture: undefined, cancelling: false, interrupted: { answer: mayBeSigned(view) ? "may_be_signed" : "nothing_signed" },
    });
  }

  #heard(m: HostMessage): void {
    if (m.progress === "download") {
      this.#question.heard(m);
      return;
    }
    if (m.nonce) this.#nonce = m.nonce;
    const next = reduce(this.view, m, Date.now());
    const said = next.problem && next.problem === m.error ? { ...next, problem: this.speak(() => forVisitor(next.problem!)) } : next;
    const { document } = said;
    if (this.#hash && m.document && (m.document.sha256 !== this.#hash || m.document.size !== this.#bytes!.length)) {
      this.#question.answer(undefined);
      this.#show({ ...said, screen: "failed", document, problem: this.speak(() => own("DOCUMENT_DIFFERS")) });
      return this.#end();
    }
    this.#show(said);
    if (m.status === "ERROR") this.#question.answer(undefined);
    else this.#question.heard(m);
    if (isOver(m.state)) {
      this.#question.answer(undefined);
      if (m.id && m.file && this.#gives) void this.#fetch(m.id, m.file);
      else this.#end();
    }
  }

  /** Has the signed file sent here, piece by piece. */
  async #fetch(id: string, { size, sha256: hash }: FileInfo): Promise<void> {
    const turn = this.#turn;
    const whole = new Uint8Array(Math.min(size, MAX_FILE));
    let offset = 0;
    while (offset < size && size <= MAX_FILE) {
      const answer = await this.#ask({ download: { id, offset } }, (m) => m.id === id && m.progress === "download");
      const part = answer?.part && answer.part.offset === offset ? fromBase64(answer.part.data) : none;
      if (part.length === 0 || offset + part.length > size) break;
      whole.set(part, offset);
      offset += part.length;
    }
    if (this.#turn !== turn) return; // another was begun meanwhile
    const { view } = this;
    this.#end();
    // What the server calls verified must be the page's own document and more, or it isn't offered as that.
    const own = this.#bytes;
    const continues = !own || view.screen !== "done" || (whole.length > own.length && own.every((b, i) => b === whole[i]));
    const came = offset === size && (await sha256(whole)) === hash;
    if (this.#turn !== turn) return;
    if (came && continues) this.#file = new Blob([whole], { type: "application/pdf" });
    if (this.#file) return this.#show(view);
    // Where another document came, it's that which the server has verified.
    this.#show({ ...view, screen: came ? "unverified" : view.screen, openProblem: this.speak(() => notHad()) });
  }

  #ask(message: ClientMessage, fits: (m: HostMessage) => boolean): Promise<HostMessage | undefined> {
    return this.#question.ask(() => this.#send(message), fits);
  }

  #send(message: ClientMessage): boolean {
    if (this.#socket?.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #end(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#question.answer(undefined);
    socket?.close();
  }

  #show(view: View): void {
    this.view = view;
    this.show(view);
  }
}

/** Why it doesn't begin; the words are made where the language is known. */
class Stop extends Error {
  constructor(readonly problem: () => Problem) {
    super();
  }
}

function read(data: unknown): HostMessage | undefined {
  if (typeof data !== "string") return undefined;
  try {
    const m: unknown = JSON.parse(data);
    return m && typeof m === "object" && !Array.isArray(m) ? (m as HostMessage) : undefined;
  } catch {
    return undefined;
  }
}
