// The help, every topic on one page: an error's screen links to its own.

import { h, link, para } from "../../shared/dom";
import { official, topics, type Topic } from "../../shared/help";
import { t, type Key } from "../../shared/i18n";
import { pageFrame } from "../frame";

const linkNames: Record<keyof typeof official, Key> = { cmd: "aboutCmd", site: "officialSite", validator: "officialValidator" };

function section(name: string, topic: Topic): HTMLElement {
  return h(
    "section",
    { className: "topic", id: name, attrs: { "aria-labelledby": `${name}-title` } },
    h("h2", { id: `${name}-title`, tabIndex: -1 }, t(topic.title)),
    para(t(topic.what)),
    h("p", {}, h("span", { className: "label" }, t("helpWhose")), " ", t(topic.side)),
    h("h3", {}, t("helpDo")),
    h("ol", {}, ...topic.todo.map((key) => h("li", {}, t(key)))),
    ...(topic.links.length ? [h("p", {}, ...topic.links.map((l) => link(official[l], t(linkNames[l]))))] : []),
  );
}

const { main } = pageFrame("help", "helpTitle");
main.append(
  h("h1", {}, t("helpTitle")),
  h(
    "nav",
    { className: "contents", attrs: { "aria-labelledby": "contents-title" } },
    h("h2", { id: "contents-title" }, t("helpContents")),
    h("ul", {}, ...Object.entries(topics).map(([name, topic]) => h("li", {}, h("a", { href: `#${name}` }, t(topic.title))))),
  ),
  ...Object.entries(topics).map(([name, topic]) => section(name, topic)),
);

/** The page is drawn after the browser looked for the place that the address names. */
function goToTopic(): void {
  const heading = document.getElementById(`${location.hash.slice(1)}-title`);
  for (const el of document.querySelectorAll(".topic")) el.classList.toggle("asked", el.contains(heading));
  heading?.scrollIntoView();
  heading?.focus({ preventScroll: true });
}

addEventListener("hashchange", goToTopic);
goToTopic();
