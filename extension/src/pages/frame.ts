// What stands around every page: who this is, and where the other pages are.

import icon from "../../icons/icon-48.png";
import { h } from "../shared/dom";
import { t, type Key } from "../shared/i18n";

export interface Frame {
  main: HTMLElement;
  /** What's put here is read out by a screen reader. */
  live: HTMLElement;
  footer: HTMLElement;
}

/** Builds the page's frame into the body. */
export function frame(): Frame {
  document.documentElement.lang = t("langTag");
  document.title = t("product");
  const main = h("main");
  const live = h("div", { className: "visually-hidden", attrs: { role: "status", "aria-live": "polite" } });
  const footer = h("footer");
  document.body.append(
    h(
      "header",
      {},
      // In the script itself: a popup comes up once it has loaded, and a picture in it counts.
      h("img", { src: icon, alt: "", width: 24, height: 24 }),
      h("div", {}, h("strong", {}, t("product")), h("span", { className: "official" }, t("notOfficial"))),
    ),
    main,
    live,
    footer,
  );
  return { main, live, footer };
}

const pages = { welcome: "navFirst", help: "navHelp", history: "navHistory", about: "navAbout" } as const satisfies Record<string, Key>;

/** The frame of a page in a tab of its own, with the ways to the others. */
export function pageFrame(here: keyof typeof pages, title: Key): Frame {
  const parts = frame();
  document.body.className = "page";
  document.title = `${t(title)} · ${t("product")}`;
  parts.main.before(
    h(
      "nav",
      { attrs: { "aria-label": t("navLabel") } },
      ...Object.entries(pages).map(([page, key]) =>
        h("a", { href: `${page}.html`, attrs: page === here ? { "aria-current": "page" } : {} }, t(key)),
      ),
    ),
  );
  return parts;
}
