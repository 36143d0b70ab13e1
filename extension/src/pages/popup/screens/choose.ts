import { pageDocuments, type PageDocuments } from "../../../pdf/links";
import { t } from "../../../shared/i18n";
import type { Leftover } from "../../../shared/protocol";
import type { View } from "../../../shared/view";
import { button, h, note, ownPage, para } from "../../dom";
import { sendFile } from "../files";
import { problemNote } from "../problem";
import { savedAt } from "../saved";
import type { Act, Screen } from "../screen";

/** The page opened as a window of its own stays while a file is chosen; a popup doesn't. */
const inWindow = location.search === "?window";

let found: Promise<PageDocuments> | undefined;

export const choose: Screen = (view, act) => [
  h("h1", {}, t("chooseTitle")),
  ...(view.host?.noBrowser ? noBrowser(act) : []),
  ...(view.problem ? [problemNote(view.problem)!, ...again(view, act)] : []),
  ...(view.unfinished ?? []).map(leftover),
  ...(inWindow ? [] : [onPage(act)]),
  fileChooser(act),
  h("p", { className: "ways" }, ownPage("welcome.html", t("firstTime")), ownPage("help.html", t("navHelp")), ownPage("history.html", t("navHistory"))),
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
      return note("warning", para(t("unfinishedMaybe", left.name)));
  }
}

/** The list comes when the page has answered. */
function onPage(act: Act): Node {
  const section = h("section", { attrs: { "aria-live": "polite" } });
  void (found ??= pageDocuments()).then((page) => section.append(...list(page, act)));
  return section;
}

function list({ tab, links }: PageDocuments, act: Act): Node[] {
  const items: Node[] = [];
  if (tab?.pdf) {
    const pick = () => act({ do: "tab", tabId: tab.id, url: tab.url, pageUrl: tab.url, again: false });
    items.push(h("li", {}, entry(tab.title || tab.url, t("tabPdf"), pick)));
  }
  for (const l of links) {
    const pick = () => act({ do: "link", url: l.url, tabId: tab!.id, frameId: l.frameId, pageUrl: l.pageUrl });
    items.push(h("li", {}, entry(l.text || shortUrl(l.url), shortUrl(l.url), pick)));
  }
  if (items.length === 0) return [para(t("noLinks"), "muted")];
  return [h("h2", {}, t("onThisPage")), h("ul", { className: "documents" }, ...items)];
}

function entry(title: string, detail: string, onclick: () => void): Node {
  return h("button", { type: "button", className: "document", onclick }, h("span", {}, title), h("span", { className: "detail" }, detail));
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
  const input = h("input", { type: "file", accept: "application/pdf,.pdf", id: "file", className: "visually-hidden" });
  input.onchange = () => input.files?.[0] && void sendFile(input.files[0], act);
  const area = h(
    "div",
    { className: "drop" },
    input,
    h("label", { htmlFor: "file", className: "button primary" }, t("chooseFile")),
    para(t("dropHere"), "muted"),
  );
  area.ondragover = (e) => {
    e.preventDefault();
    area.classList.add("over");
  };
  area.ondragleave = () => area.classList.remove("over");
  area.ondrop = (e) => {
    e.preventDefault();
    const file = e.dataTransfer?.files[0];
    if (file) void sendFile(file, act);
  };
  return area;
}
