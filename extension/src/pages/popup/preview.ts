// The document's pages, in a frame that has no part in the extension, with what turns and enlarges them around it. Nothing here waits
// for the frame without an end, and nothing that it does keeps the person from going on.

import { fromFrame, turnKey, type ToFrame, type TurnKey } from "../../preview/messages";
import { lacks } from "../../preview/needs";
import type { Act } from "../../screens/screen";
import { button, h, note, para } from "../../shared/dom";
import { number } from "../../shared/format";
import { t } from "../../shared/i18n";
import type { DocInfo } from "../../shared/protocol";
import { NoBytes, documentBytes } from "./bytes";

/** How long the frame may take to open the document and to draw a page, in ms; how often it may load; what it may say in a second. */
const limits = { open: 20_000, page: 20_000, loads: 20, messages: 50 };

const zooms = [1, 1.5, 2, 3, 4];

/** Where the person was, for the popup that's opened again. */
const slot = "previewPage";

const page = lacks().length === 0 ? "preview.html" : "preview-older.html";

/** A popup isn't shown before it has loaded, and a frame in it counts. */
const loaded = new Promise<void>((done) => {
  if (document.readyState === "complete") done();
  else addEventListener("load", () => setTimeout(done));
});

let current: Preview | undefined;

/** The place of a preview whose document is still on its way: its frame, which takes its time to load, is loading. Not to be seen. */
export function previewToCome(): HTMLElement {
  if (current?.sha256 !== "") {
    current?.close();
    current = new Preview();
  }
  return current.element;
}

/** The preview of a document: the same for as long as it's the same document. */
export function previewOf(doc: DocInfo, act: Act): Preview {
  if (current?.sha256 !== doc.sha256) {
    if (current?.sha256 !== "") {
      current?.close();
      current = new Preview();
    }
    current.take(doc, act);
  }
  return current;
}

/** Lets go of the document's bytes and the frame. */
export function forgetPreview(): void {
  current?.close();
  current = undefined;
}

type State = "fetching" | "opening" | "drawing" | "shown" | "stopped" | "none";

class Preview {
  /** Of the document; empty before it's there. */
  sha256 = "";
  readonly element = h("section", { className: "preview", hidden: true, attrs: { "aria-label": t("previewLabel") } });

  #bytes: Promise<Uint8Array<ArrayBuffer>> | undefined;
  #differs = false;
  #confirm: HTMLButtonElement | undefined;
  #state: State = "fetching";
  #pages = 0;
  #page = 1;
  #zoom = 0;
  #loads = 0;
  #frame: HTMLIFrameElement | undefined;
  /** The frame has loaded. */
  #ready = false;
  #late: ReturnType<typeof setTimeout> | undefined;
  #second = { began: 0, messages: 0 };

  #previous = button("‹", () => this.turn("previous"), "quiet");
  #next = button("›", () => this.turn("next"), "quiet");
  #number = h("input", { id: "preview-page", type: "number", min: "1", value: "1" });
  #of = h("span");
  #out = button("−", () => this.turn("out"), "quiet");
  #in = button("+", () => this.turn("in"), "quiet");
  #bar: HTMLElement;
  #says = h("p", { className: "says", attrs: { role: "status" } });
  #stop = button(t("previewStop"), () => this.#end("stopped", t("previewStopped")), "quiet");
  #retry = button(t("previewAgain"), () => this.#load(), "quiet");
  #place = h("div", { className: "sheet" });

  constructor() {
    for (const [b, label] of [
      [this.#previous, t("previousPage")], [this.#next, t("nextPage")], [this.#out, t("zoomOut")], [this.#in, t("zoomIn")],
    ] as const) {
      b.title = label;
      b.ariaLabel = label;
    }
    this.#number.ariaLabel = t("pageNumber");
    this.#number.onchange = () => this.#go(this.#number.valueAsNumber);
    const large = location.search === "?large";
    this.#bar = h(
      "div",
      { className: "bar", attrs: { role: "toolbar", "aria-label": t("previewTools") } },
      this.#previous, this.#number, this.#of, this.#next, h("span", { className: "gap" }), this.#out, this.#in,
      !large && button(t("previewLarge"), openLarge, "quiet"),
    );
    this.element.append(this.#bar, this.#place, h("div", { className: "below" }, this.#says, this.#stop, this.#retry));
    this.element.onkeydown = (e) => {
      if (e.target instanceof HTMLInputElement) return;
      const key = turnKey(e);
      if (!key) return;
      e.preventDefault();
      this.turn(key);
    };
    addEventListener("message", this.#heard);
    this.#load();
  }

  /** The document is there. */
  take(doc: DocInfo, act: Act): void {
    this.sha256 = doc.sha256;
    this.element.hidden = false;
    this.#bytes = documentBytes(doc, act);
    this.#opening();
    if (this.#ready) void this.#open(this.#frame);
    void this.#begin();
  }

  async #begin(): Promise<void> {
    const stored = (await chrome.storage.session.get(slot).catch(() => ({})))[slot as never] as { sha256?: string; page?: number } | undefined;
    if (stored?.sha256 === this.sha256 && Number.isInteger(stored.page)) this.#page = Math.max(1, stored.page!);
    try {
      await this.#bytes;
    } catch (err) {
      this.#differs = err instanceof NoBytes && err.why === "differs";
      if (!this.#differs) return this.#end("none", t("previewNone"));
      this.#end("none", "");
      this.#place.replaceChildren(note("error", para(t("previewDiffers"))));
      if (this.#confirm) this.#confirm.disabled = true;
    }
  }

  /** The button that confirms the document can't be pressed once the bytes are known to be others. */
  guard(confirm: HTMLButtonElement): void {
    this.#confirm = confirm;
    confirm.disabled = this.#differs;
  }

  close(): void {
    removeEventListener("message", this.#heard);
    clearTimeout(this.#late);
    this.#frame?.remove();
    this.#frame = undefined;
  }

  turn(key: TurnKey): void {
    switch (key) {
      case "next":
        return this.#go(this.#page + 1);
      case "previous":
        return this.#go(this.#page - 1);
      case "first":
        return this.#go(1);
      case "last":
        return this.#go(this.#pages);
      case "in":
      case "out": {
        const zoom = Math.min(zooms.length - 1, Math.max(0, this.#zoom + (key === "in" ? 1 : -1)));
        if (zoom === this.#zoom || this.#pages === 0) return;
        this.#zoom = zoom;
        return this.#draw();
      }
    }
  }

  #go(page: number): void {
    if (this.#pages === 0) return;
    const n = Math.min(this.#pages, Math.max(1, Math.round(page) || 1));
    this.#number.value = String(n);
    if (n === this.#page && this.#state === "shown") return;
    this.#page = n;
    void chrome.storage.session.set({ [slot]: { sha256: this.sha256, page: n } }).catch(() => {});
    this.#draw();
  }

  /** A new frame. What the last one was doing ends with it. */
  #load(): void {
    this.#frame?.remove();
    if (++this.#loads > limits.loads) return this.#end("none", t("previewNone"));
    const frame = (this.#frame = h("iframe", { src: page, title: t("previewFrame"), attrs: { sandbox: "allow-scripts" } }));
    this.#ready = false;
    this.#place.replaceChildren();
    void loaded.then(() => this.#frame === frame && this.#place.replaceChildren(frame));
    if (this.sha256) this.#opening();
    else this.#show("fetching", "");
  }

  #opening(): void {
    this.#show("opening", t("previewLoading"));
    this.#wait(limits.open);
  }

  #draw(): void {
    if (!this.#frame) return this.#load();
    if (this.#state === "opening") return;
    this.#show("drawing", t("pageLoading", number(this.#page), number(this.#pages)));
    this.#wait(limits.page);
    this.#tell({ kind: "show", page: this.#page, zoom: zooms[this.#zoom]!, label: this.#pageOf() });
  }

  #tell(m: ToFrame, transfer: Transferable[] = []): void {
    // The frame's origin has no name; that nothing else is in it is the policy's frame-src.
    this.#frame?.contentWindow?.postMessage(m, "*", transfer);
  }

  #heard = ({ source, origin, data }: MessageEvent): void => {
    if (!this.#frame || source !== this.#frame.contentWindow || origin !== "null") return;
    const now = Date.now();
    if (now - this.#second.began > 1000) this.#second = { began: now, messages: 0 };
    if (++this.#second.messages > limits.messages) return this.#end("none", t("previewNone"));
    const m = fromFrame(data, this.#pages);
    switch (m?.kind) {
      case "ready":
        this.#ready = true;
        if (this.#state === "opening") void this.#open(this.#frame);
        return;
      case "opened":
        if (this.#state !== "opening") return;
        this.#pages = m.pages;
        this.#page = Math.min(this.#page, m.pages);
        this.#state = "drawing";
        return this.#draw();
      case "shown":
        if (this.#state !== "drawing" || m.page !== this.#page) return;
        clearTimeout(this.#late);
        return this.#show("shown", m.whole ? "" : t("pagePartly"));
      case "failed":
        if (this.#state === "opening") return this.#end("none", m.why === "password" ? t("previewPassword") : t("previewNone"));
        if (this.#state !== "drawing" || m.page !== this.#page) return;
        clearTimeout(this.#late);
        return this.#show("shown", t("pageNone", number(m.page)));
      case "key":
        return this.turn(m.key);
    }
  };

  async #open(frame: HTMLIFrameElement | undefined): Promise<void> {
    const data = (await this.#bytes?.catch(() => undefined))?.slice().buffer;
    if (data && this.#frame === frame && this.#state === "opening") this.#tell({ kind: "open", data, lang: t("langTag") }, [data]);
  }

  #wait(ms: number): void {
    clearTimeout(this.#late);
    this.#late = setTimeout(() => this.#end("stopped", this.#pages ? t("pageLate", number(this.#page)) : t("previewLate")), ms);
  }

  /** Ends the frame, and with it whatever it's busy with. */
  #end(state: "stopped" | "none", says: string): void {
    clearTimeout(this.#late);
    this.#frame?.remove();
    this.#frame = undefined;
    this.#place.replaceChildren();
    this.#show(state, says);
  }

  #show(state: State, says: string): void {
    this.#state = state;
    this.element.dataset.state = state;
    this.#says.textContent = says || (state === "shown" ? this.#pageOf() : "");
    this.#says.classList.toggle("visually-hidden", state === "shown" && !says);
    const busy = state === "fetching" || state === "opening" || state === "drawing";
    this.#stop.hidden = !busy;
    this.#retry.hidden = state !== "stopped";
    this.#bar.hidden = this.#pages === 0;
    this.#place.hidden = state === "stopped" || (state === "none" && !this.#differs);
    if (document.activeElement !== this.#number) this.#number.value = String(this.#page);
    this.#number.max = String(this.#pages);
    this.#of.textContent = t("ofPages", number(this.#pages));
    this.#previous.disabled = this.#page <= 1;
    this.#next.disabled = this.#page >= this.#pages;
    this.#out.disabled = this.#zoom === 0;
    this.#in.disabled = this.#zoom === zooms.length - 1;
  }

  #pageOf(): string {
    return t("pageOf", number(this.#page), number(this.#pages));
  }
}

/** The same screen in a tab, where a page is large enough to be read. */
function openLarge(): void {
  void chrome.tabs.create({ url: chrome.runtime.getURL("popup.html?large") });
}
