// Shows one state of one page in a plain page, with the texts of one language. build.mjs makes the addresses.

import en from "../../_locales/en/messages.json";
import pt from "../../_locales/pt_PT/messages.json";
import { PARTS } from "../../src/shared/actions";
import { sha256 } from "../../src/shared/base64";
import { entries, sample, states } from "./states";

const query = new URLSearchParams(location.hash.slice(1));
const texts: Record<string, { message: string }> = query.get("lang") === "en" ? en : pt;
const text = (key: string, subs: string[] = []) => (texts[key]?.message ?? "").replace(/\$(\d)/g, (_, n) => subs[Number(n) - 1] ?? "");
const say = (p: string, e: string) => (query.get("lang") === "en" ? e : p);
const state = query.get("state")!;
const found = await fetch("document.pdf");
const pdf = found.ok ? new Uint8Array(await found.arrayBuffer()) : undefined;
/** What the worker gives of the document, a piece at a time: in one state something else than was confirmed. */
const bytes = state === "document-differs" ? new Uint8Array(pdf?.length ?? sample.size) : pdf;
const views = states((key, ...subs) => text(key, subs), say, Date.now(), pdf && { sha256: await sha256(pdf), size: pdf.length });

const links = [
  { url: "https://imobiliaria.exemplo.pt/docs/contrato-12.pdf", text: "Contrato de arrendamento" },
  { url: "https://arquivo.exemplo.pt/2026/anexo-a.pdf", text: "Anexo A – inventário" },
];

const stored: Record<string, unknown> = state === "entries" ? { history: true, "history-entries": entries(say) } : {};
const area = {
  get: async (key: string | object) => (typeof key === "string" ? { [key]: stored[key] } : { ...key, ...stored }),
  set: async (part: object) => void Object.assign(stored, part),
  remove: async (key: string) => void delete stored[key],
};
let shown: (update: object) => void = () => {};
/** What was pressed, as the worker is told. */
const pressed: object[] = [];

/** The host as the first-run page asks for it. */
function connectNative() {
  let listener = (_m: object) => {};
  let gone = (_p: object) => {};
  setTimeout(() => {
    if (state !== "nohost") return listener({ state: "start", protocol: 1, min_protocol: 1, version: "0.1.0", modes: state === "firefox" ? ["launch"] : ["relay", "launch"], capabilities: ["trial"] });
    Object.assign(chrome.runtime, { lastError: { message: "Specified native messaging host not found." } });
    gone({});
  });
  return {
    postMessage: () => {}, disconnect: () => {},
    onMessage: { addListener: (f: typeof listener) => (listener = f) }, onDisconnect: { addListener: (f: typeof gone) => (gone = f) },
  };
}

Object.assign(globalThis, {
  chrome: {
    i18n: { getMessage: text },
    runtime: {
      getURL: (path: string) => path,
      connectNative,
      connect: () => ({
        onMessage: { addListener: (show: (update: object) => void) => { shown = show; show({ view: views[state] }); } },
        onDisconnect: { addListener: () => {} },
        postMessage: (action: { do: string; sha256?: string; offset?: number }) => {
          const { sha256, offset } = action;
          if (action.do !== "part") pressed.push(action);
          // Another channel than the page's own, which doesn't hear itself.
          if (bytes && sha256) new BroadcastChannel(PARTS).postMessage({ sha256, offset, data: bytes.slice(offset) });
        },
      }),
    },
    storage: { local: area, session: area },
    action: { getUserSettings: async () => ({ isOnToolbar: false }) },
    tabs: { query: async () => [{ id: 1, url: "https://imobiliaria.exemplo.pt/", title: "Imobiliária" }] },
    scripting: {
      executeScript: async () => [{ frameId: 0, result: { url: "https://imobiliaria.exemplo.pt/", type: "text/html", links } }],
    },
  },
});

// Drawn is what has its heading and waits for nothing.
const drawn = () => {
  const main = document.querySelector("main, fieldset");
  const ready = query.get("page") === "welcome" ? document.querySelector("main[data-checked]") : document.querySelector("main h1, fieldset");
  const preview = bytes && document.querySelector<HTMLElement>(".preview:not([hidden])");
  const busy = (preview && !["shown", "none"].includes(preview.dataset.state!)) || document.querySelector("[aria-disabled=true]");
  // A frame that isn't seen isn't drawn.
  if (busy) preview?.scrollIntoView();
  if (!main || !ready || busy) return;
  scrollTo(0, 0);
  document.body.dataset.drawn = "";
};
new MutationObserver(drawn).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-checked", "data-state", "hidden", "aria-disabled"] });

/** Shows another state in the same page, as the worker would; gives what a screen reader is told. */
Object.assign(globalThis, { pressed, play: (name: string) => { shown({ view: views[name] }); return document.querySelector("body > [role=status]")?.textContent; } });

const all: Record<string, () => Promise<unknown>> = {
  popup: () => import("../../src/pages/popup/popup"),
  welcome: () => import("../../src/pages/welcome/welcome"),
  help: () => import("../../src/pages/help/help"),
  history: () => import("../../src/pages/history/history"),
  options: () => import("../../src/pages/options/options"),
};
await all[query.get("page")!]!();
drawn();
