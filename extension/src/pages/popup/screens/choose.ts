import { pageDocuments, type PageDocuments } from "../../../pdf/links";
import { problemNote } from "../../../screens/problem";
import type { Act, Screen } from "../../../screens/screen";
import type { Pointed } from "../../../shared/actions";
import { button, h, note, ownPage, para } from "../../../shared/dom";
import { t } from "../../../shared/i18n";
import { MAX_QUEUE, type Leftover } from "../../../shared/protocol";
import type { View } from "../../../shared/view";
import { doctor } from "../../doctor";
import { sendFiles } from "../files";
import { savedAt } from "../saved";

/** The page opened as a window of its own stays while a file is chosen; a popup doesn't. */
const inWindow = location.search !== "";

let found: Promise<PageDocuments> | undefined;

/** Kept, so that what was found stays while the rest is drawn anew. */
let health: Node | undefined;

export const choose: Screen = (view, act) => [
  h("h1", {}, t("chooseTitle")),
  ...(view.host?.noBrowser ? noBrowser(act) : []),
  ...(view.problem ? [problemNote(view.problem)!, ...again(view, act)] : []),
  ...(view.unfinished ?? []).map(leftover),
  ...(inWindow ? [] : [onPage(act)]),
  fileChooser(act),
  h("p", { className: "ways" }, ownPage("welcome.html", t("firstTime")), ownPage("help.html", t("navHelp")), ownPage("history.html", t("navHistory"))),
  (health ??= h("details", { className: "health" }, h("summary", {}, t("optionDoctor")), ...doctor())),
];

/** Said before anything else: without one nothing can be signed here. */
function noBrowser(act: Act): Node[] {
  return [
    note("error", para(t("noBrowser"), "strong"), para(t("noBrowserNext"))),
    h("div", { className: "buttons" }, button(t("retry"), () => act({ do: "retry" }))),
  ];
}

/** What the tab shows may be asked for again where nobody knows how it came, if the person says so. */
function again(view: View, act: Act): Node[] {
  const { problem, tab } = view;
  if (problem?.code !== "PDF_TAB_UNKNOWN" || !tab) return [];
  return [h("div", { className: "buttons" }, button(t("requestAgain"), () => act({ do: "tab", ...tab, again: true })))];
}

function leftover(left: Leftover): Node {
  switch (left.answer) {
    case "signed_saved":
      return note("info", para(t("unfinishedSaved", left.name)), !!left.path && savedAt(left.path));
    case "signed_held":
      return note("warning", para(t("unfinishedHeld", left.name)), !!left.path && savedAt(left.path));
    default:
      return note("warning", para(t("unfinishedMaybe", left.name)), !!left.path && savedAt(left.path));
  }
}

/** The list comes when the page has answered. */
function onPage(act: Act): Node {
  const section = h("section", { attrs: { "aria-live": "polite" } });
  void (found ??= pageDocuments()).then((page) => section.append(...list(page, act)));
  return section;
}

function list({ tab, links }: PageDocuments, act: Act): Node[] {
  const items: Item[] = [];
  if (tab?.pdf) {
    items.push({ title: tab.title || tab.url, detail: t("tabPdf"), at: { do: "tab", tabId: tab.id, url: tab.url, pageUrl: tab.url, again: false } });
  }
  for (const l of links) {
    const detail = shortUrl(l.url);
    items.push({ title: l.text || detail, detail, at: { do: "link", url: l.url, tabId: tab!.id, frameId: l.frameId, pageUrl: l.pageUrl } });
  }
  if (items.length === 0) return [para(t("noLinks"), "muted")];
  const [first] = items;
  if (items.length === 1) return [h("h2", {}, t("onThisPage")), h("ul", { className: "documents" }, h("li", {}, entry(first!, act)))];
  return [h("h2", {}, t("onThisPage")), ...several(items, act)];
}

interface Item {
  title: string;
  detail: string;
  at: Pointed;
}

function entry({ title, detail, at }: Item, act: Act): Node {
  return h("button", { type: "button", className: "document", onclick: () => act(at) }, h("span", {}, title), h("span", { className: "detail" }, detail));
}

/** The addresses that are ticked. They outlive a drawing of the screen. */
const ticked = new Set<string>();

/** One is signed by a press on it, several by their boxes. */
function several(items: readonly Item[], act: Act): Node[] {
  const sign = button("", () => act({ do: "many", documents: items.filter(({ at }) => ticked.has(at.url)).map(({ at }) => at) }), "primary");
  const boxes = items.map(({ title, at }) => {
    const box = h("input", { type: "checkbox", checked: ticked.has(at.url), attrs: { "aria-label": t("tick", title) } });
    box.onchange = () => {
      if (box.checked) ticked.add(at.url);
      else ticked.delete(at.url);
      show();
    };
    return box;
  });
  const all = h("input", { type: "checkbox" });
  all.onchange = () => {
    for (const [i, { at }] of items.entries()) {
      boxes[i]!.checked = all.checked;
      if (all.checked) ticked.add(at.url);
      else ticked.delete(at.url);
    }
    show();
  };
  const show = () => {
    const n = boxes.filter((box) => box.checked).length;
    all.checked = n === boxes.length;
    all.indeterminate = n > 0 && n < boxes.length;
    sign.hidden = n === 0;
    sign.textContent = t("signTicked", String(n));
  };
  show();
  return [
    h("label", { className: "check" }, all, t("tickAll")),
    h("ul", { className: "documents ticks" }, ...items.map((item, i) => h("li", {}, boxes[i], entry(item, act)))),
    h("div", { className: "buttons" }, sign),
  ];
}

/** The file's name and the host of an address. */
function shortUrl(url: string): string {
  try {
    const u = new URL(url);
    if (u.protocol === "data:" || u.protocol === "blob:") return u.protocol.slice(0, -1);
    return `${u.host}/…/${decodeURIComponent(u.pathname.split("/").pop() ?? "")}`;
  } catch {
    return url.slice(0, 60);
  }
}

function fileChooser(act: Act): Node {
  if (!inWindow) {
    const open = () => {
      void chrome.windows.create({ url: chrome.runtime.getURL("popup.html?window"), type: "popup", width: 460, height: 720 });
      window.close();
    };
    return h("div", { className: "buttons" }, button(t("chooseFile"), open));
  }
  const input = h("input", { type: "file", accept: "application/pdf,.pdf", id: "file", className: "visually-hidden", multiple: true });
  const tooMany = note("error", para(t("tooMany", String(MAX_QUEUE))));
  tooMany.hidden = true;
  const take = (files: FileList | undefined | null) => {
    tooMany.hidden = !files || files.length <= MAX_QUEUE;
    if (files && tooMany.hidden) void sendFiles([...files], act);
  };
  input.onchange = () => take(input.files);
  const area = h(
    "div",
    { className: "drop" },
    input,
    h("label", { htmlFor: "file", className: "button primary" }, t("chooseFile")),
    para(t("dropHere"), "muted"),
    tooMany,
  );
  area.ondragover = (e) => {
    e.preventDefault();
    area.classList.add("over");
  };
  area.ondragleave = () => area.classList.remove("over");
  area.ondrop = (e) => {
    e.preventDefault();
    area.classList.remove("over");
    take(e.dataTransfer?.files);
  };
  return area;
}
