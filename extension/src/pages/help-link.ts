import { topics, type TopicName } from "../shared/help";
import { t } from "../shared/i18n";
import { h, ownPage } from "./dom";

/** A link to a topic of the help. */
export function helpLink(name: TopicName): HTMLElement {
  return h("p", { className: "help-link" }, ownPage(`help.html#${name}`, t("helpLink", t(topics[name].title))));
}
