// Shows one state in a plain page, with the texts of one language. gallery.mjs opens it.

import en from "../../_locales/en/messages.json";
import pt from "../../_locales/pt_PT/messages.json";
import { states } from "./states";

const query = new URLSearchParams(location.hash.slice(1));
const texts: Record<string, { message: string }> = query.get("lang") === "en" ? en : pt;
const text = (key: string, subs: string[] = []) => (texts[key]?.message ?? "").replace(/\$(\d)/g, (_, n) => subs[Number(n) - 1] ?? "");
const now = Date.now();
const view = states((key, ...subs) => text(key, subs), (p, e) => (query.get("lang") === "en" ? e : p), now)[query.get("state")!]!;

const links = [
  { url: "https://imobiliaria.exemplo.pt/docs/contrato-12.pdf", text: "Contrato de arrendamento" },
  { url: "https://arquivo.exemplo.pt/2026/anexo-a.pdf", text: "Anexo A – inventário" },
];

Object.assign(globalThis, {
  chrome: {
    i18n: { getMessage: text },
    runtime: {
      getURL: (path: string) => path,
      connect: () => ({
        onMessage: { addListener: (show: (update: object) => void) => show({ view }) },
        onDisconnect: { addListener: () => {} },
        postMessage: () => {},
      }),
    },
    storage: { local: { get: async (defaults: object) => defaults, set: async () => {} } },
    tabs: { query: async () => [{ id: 1, url: "https://imobiliaria.exemplo.pt/", title: "Imobiliária" }] },
    scripting: {
      executeScript: async () => [{ frameId: 0, result: { url: "https://imobiliaria.exemplo.pt/", type: "text/html", links } }],
    },
  },
});

await import("../../src/pages/popup/popup");
