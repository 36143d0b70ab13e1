// Who is behind this and who isn't, and what becomes of the person's data: PRIVACY.md in short.

import { h, link, para } from "../../shared/dom";
import { home, official, privacyPage } from "../../shared/help";
import { t } from "../../shared/i18n";
import { pageFrame } from "../frame";

const { version, version_name } = chrome.runtime.getManifest();
const { main } = pageFrame("about", "aboutTitle");
main.append(
  h("h1", {}, t("aboutTitle")),
  para(t("aboutWho")),
  para(t("aboutFree")),
  h("h2", {}, t("aboutData")),
  h("ul", {}, h("li", {}, t("aboutGoes")), h("li", {}, t("aboutAsked")), h("li", {}, t("aboutKept"))),
  h("p", {}, link(privacyPage, t("aboutPrivacy"))),
  h("h2", {}, t("aboutCheck")),
  para(t("aboutCheckText")),
  h("p", {}, link(official.validator, t("officialValidator"))),
  h("p", { className: "muted" }, t("aboutVersion", version_name ?? version), " · ", link(home, t("aboutSource"))),
);
