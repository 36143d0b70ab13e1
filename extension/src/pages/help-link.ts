import { h, ownPage } from "../shared/dom";
import { topicOf, topics, type TopicName } from "../shared/help";
import { t } from "../shared/i18n";

/** A link to a topic of the help. */
export function helpLink(name: TopicName): HTMLElement {
  return h("p", { className: "help-link" }, ownPage(`help.html#${name}`, t("helpLink", t(topics[name].title))));
}

/** A link to the help on an error code, where there's more to say than the error itself does. */
export function helpFor(code: string): HTMLElement | undefined {
  const topic = topicOf(code);
  return topic && helpLink(topic);
}
