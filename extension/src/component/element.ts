// <sign-with-cmd>: a signing with the Chave Móvel Digital in a page, by a "cmdsign serve" (docs/COMPONENT.md).

import { announcement, redraw } from "../screens/redraw";
import screensCSS from "../screens/screens.css";
import { fileName, documentName } from "../pdf/name";
import { h } from "../shared/dom";
import { t } from "../shared/i18n";
import { underWay, type View } from "../shared/view";
import { beginning, Conversation, type Given } from "./conversation";
import { draw } from "./screens";
import componentCSS from "./style.css";
import { inLanguage, type Language } from "./texts";

declare const VERSION: string;

/** What may be given as the document. */
export type DocumentSource = string | Blob | ArrayBuffer | Uint8Array<ArrayBuffer>;

/** What the events tell; nothing that was typed. */
export interface Told {
  screen: View["screen"];
  /** The document's id on the server. */
  id?: string;
  document?: { name: string; size: number; sha256: string };
  /** The last step that was reached, as docs/PROTOCOL.md names it. */
  step?: string;
  error?: { code: string; message: string };
  /** A signature may exist. */
  mayBeSigned: boolean;
  result?: View["result"];
  file?: { name: string; size: number; sha256: string };
}

/** Parts of the look that a page can style by ::part, by what they are. */
const parts: [selector: string, part: string][] = [
  ["h1", "heading"], ["button, .button", "button"], [".primary", "primary"], ["input", "input"], ["label", "label"], ["a:not(.button)", "link"],
  [".note", "note"], [".note.error", "error"], [".steps", "steps"], [".facts", "facts"], [".findings", "findings"], [".picture", "picture"], [".name", "name"],
];

const sheets = [screensCSS, componentCSS].map((css) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
});

export class SignWithCmd extends HTMLElement {
  static readonly observedAttributes = ["document", "name", "lang", "path", "server"];

  #conversation = new Conversation((view) => this.#show(view), (f) => this.#speak(f));
  #source: DocumentSource | undefined;
  #token: string | undefined;
  #shown: string | undefined;
  #drawn = "";
  #urls: { document?: string; file?: string } = {};
  #main = h("div", { id: "screen", attrs: { part: "screen" } });
  #region = h("section");
  #live = h("p", { className: "visually-hidden", attrs: { role: "status" } });
  #official = h("p", { className: "official", attrs: { part: "official" } });

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = sheets;
    this.#region.append(this.#official, this.#main, this.#live);
    root.append(this.#region);
  }

  /** The document: an address, a File, a Blob or bytes. */
  get document(): DocumentSource | undefined {
    return this.#source ?? this.getAttribute("document") ?? undefined;
  }
  set document(source: DocumentSource | undefined) {
    this.#source = source;
    this.#draw();
  }

  /** The server's ws: or wss: address. */
  get server(): string {
    return this.getAttribute("server") ?? "";
  }
  set server(url: string) {
    this.setAttribute("server", url);
  }

  /** The token that the server asks for. Set as a property it stands nowhere in the page. */
  get token(): string {
    return this.#token ?? this.getAttribute("token") ?? "";
  }
  set token(token: string) {
    this.#token = token;
  }

  /** The id of the server's key; with it, no other key is used. */
  get serverKey(): string {
    return this.getAttribute("server-key") ?? "";
  }
  set serverKey(kid: string) {
    this.setAttribute("server-key", kid);
  }

  /** The file name that the person sees, and the signed file is named after. */
  get name(): string {
    const { document } = this;
    const given = this.getAttribute("name") || (document instanceof File ? document.name : "");
    if (given) return fileName(given);
    return documentName(typeof document === "string" ? new URL(document, this.ownerDocument.baseURI).href : (this.getAttribute("path") ?? ""));
  }
  set name(name: string) {
    this.setAttribute("name", name);
  }

  /** Begins to sign: the person is asked for all that is needed. Throws where the page gave too little to begin with. */
  async start(): Promise<void> {
    if (underWay(this.#conversation.view.screen)) return;
    const server = new URL(this.server); // throws on what isn't one
    const local = ["localhost", "127.0.0.1", "[::1]"].includes(server.hostname);
    if (server.protocol !== "wss:" && !(server.protocol === "ws:" && local)) throw new TypeError("sign-with-cmd: server must be wss:, or ws: on this computer");
    if (!globalThis.crypto?.subtle) throw new TypeError("sign-with-cmd: the page must come by https, or from this computer");
    const { document } = this;
    const path = this.getAttribute("path") ?? undefined;
    if (document === undefined && !path) throw new TypeError("sign-with-cmd: no document");
    const given: Given = {
      server: server.href, token: this.token || undefined, serverKey: this.serverKey || undefined, name: this.name, path, version: VERSION,
      ...(document === undefined ? {} : { bytes: () => bytesOf(document) }),
    };
    await this.#conversation.begin(given);
  }

  /** Cancels what is under way, where it still can be. */
  cancel(): void {
    this.#conversation.cancel();
  }

  connectedCallback(): void {
    this.#draw();
  }

  disconnectedCallback(): void {
    // Moved within the page, it goes on.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#conversation.leave();
      for (const what of ["document", "file"] as const) this.#keep(what, undefined);
    });
  }

  attributeChangedCallback(): void {
    this.#draw();
  }

  /** A button that does nothing helps nobody: what the page gave wrong is for its maker to read, that it's wrong for the person. */
  #unfit(err: unknown): void {
    console.error(err);
    this.#conversation.unfit();
  }

  #speak<T>(f: () => T): T {
    return inLanguage(this.#language(), f);
  }

  /** The element's own language, else the page's around it, else the browser's. */
  #language(): Language {
    const said = this.closest("[lang]")?.getAttribute("lang") || navigator.language;
    return /^pt\b/i.test(said) ? "pt" : "en";
  }

  #show(view: View): void {
    const before = this.#shown;
    this.#keepFiles(view);
    this.#draw();
    if (view.screen !== before) this.#tell(`cmd-${view.screen}`, view);
    this.#tell("cmd-state", view);
  }

  #tell(type: string, view: View): void {
    const { screen, id, document, steps, problem, result, file } = view;
    const detail: Told = {
      screen, id,
      document: document && { name: document.name, size: document.size, sha256: document.sha256 },
      step: steps.at(-1),
      error: problem && { code: problem.code, message: problem.message },
      mayBeSigned: screen === "done" || screen === "unverified" || view.codeSent || view.interrupted?.answer === "may_be_signed" || problem?.code === "MAY_BE_SIGNED",
      result,
      file: file && { name: file.name, size: file.size, sha256: file.sha256 },
    };
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, composed: true, detail }));
  }

  /** Addresses for the document while it's to be confirmed, and for the signed file. */
  #keepFiles(view: View): void {
    const bytes = view.screen === "document" ? this.#conversation.document : undefined;
    this.#keep("document", bytes && (() => new Blob([bytes], { type: "application/pdf" })));
    const { file } = this.#conversation;
    const had = this.#urls.file;
    this.#keep("file", file && (() => file));
    if (file && !had) {
      const detail = { name: view.file!.name, file };
      this.dispatchEvent(new CustomEvent("cmd-file", { bubbles: true, composed: true, detail }));
    }
  }

  #keep(what: "document" | "file", blob: (() => Blob) | undefined): void {
    const url = this.#urls[what];
    if (blob) this.#urls[what] ??= URL.createObjectURL(blob());
    else if (url) {
      URL.revokeObjectURL(url);
      delete this.#urls[what];
    }
  }

  #draw(): void {
    if (!this.isConnected) return;
    this.#speak(() => {
      let { view } = this.#conversation;
      if (view === beginning && this.document !== undefined) view = { ...view, source: { name: this.name, site: "" } };
      const now = JSON.stringify([t("langTag"), view, this.#urls, this.server, this.hasAttribute("path")]);
      if (now === this.#drawn) return;
      this.#drawn = now;
      const same = this.#shown === view.screen;
      const first = this.#shown === undefined;
      const inside = this.shadowRoot!.activeElement !== null;
      this.#shown = view.screen;
      const ready = this.server !== "" && (this.document !== undefined || this.hasAttribute("path"));
      const around = { start: () => void this.start().catch((err: unknown) => this.#unfit(err)), ready, ...this.#urls };
      // Somebody who is busy elsewhere in the page keeps the cursor there.
      redraw(this.#main, same, () => draw(view, (action) => this.#conversation.act(action), around), inside);
      for (const [selector, part] of parts) for (const el of this.#main.querySelectorAll(selector)) el.part.add(part);
      this.#region.lang = t("langTag");
      this.#region.setAttribute("aria-label", t("product"));
      this.#official.textContent = t("notOfficial");
      this.#main.dataset.screen = view.screen;
      if (!first) this.#live.textContent = announcement(view, this.#main);
    });
  }
}

async function bytesOf(source: DocumentSource): Promise<Uint8Array<ArrayBuffer>> {
  if (source instanceof Uint8Array) return source.slice();
  if (source instanceof ArrayBuffer) return new Uint8Array(source.slice(0));
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  const response = await fetch(source);
  if (!response.ok) throw new Error(`status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

customElements.define("sign-with-cmd", SignWithCmd);
