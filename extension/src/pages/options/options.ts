// The options: how the browser is held, and the remembered phone.

import { modes } from "#platform";
import { loadSettings, loadView, saveSettings } from "../../background/store";
import { button, h, ownPage, para } from "../../shared/dom";
import { t, type Key } from "../../shared/i18n";
import type { Mode } from "../../shared/protocol";
import { doctor } from "../doctor";

const texts: Record<Mode, [label: Key, text: Key]> = {
  relay: ["modeRelay", "modeRelayText"],
  launch: ["modeLaunch", "modeLaunchText"],
  attach: ["modeAttach", "modeAttachText"],
};

async function draw(): Promise<void> {
  const settings = await loadSettings();
  const view = await loadView().catch(() => undefined);
  document.documentElement.lang = t("langTag");
  document.title = t("product");
  document.body.replaceChildren(
    h(
      "fieldset",
      {},
      h("legend", {}, t("optionMode")),
      ...modes.map((mode) => {
        const [label, text] = texts[mode];
        const checked = settings.mode === mode || modes.length === 1;
        const onchange = () => void saveSettings({ mode });
        return h(
          "label",
          { className: "check" },
          h("input", { type: "radio", name: "mode", checked, onchange }),
          h("span", {}, t(label), h("span", { className: "detail" }, t(text))),
        );
      }),
    ),
    h(
      "fieldset",
      {},
      h("legend", {}, t("optionPhone")),
      settings.phone ? para(t("phoneRemembered", `${settings.country} ${settings.phone}`)) : para(t("phoneNotRemembered"), "muted"),
      !!settings.phone &&
        button(t("forgetPhone"), () => void saveSettings({ rememberPhone: false, country: "+351", phone: "" }).then(draw)),
    ),
    h(
      "fieldset",
      {},
      h("legend", {}, t("optionHistory")),
      h(
        "label",
        { className: "check" },
        h("input", { id: "history", type: "checkbox", checked: settings.history, onchange: (e) => void saveSettings({ history: (e.target as HTMLInputElement).checked }) }),
        t("historySwitch"),
      ),
      h("p", {}, ownPage("history.html", t("historyOpen"))),
    ),
    h(
      "fieldset",
      {},
      h("legend", {}, t("optionHelp")),
      h("p", { className: "ways" }, ownPage("welcome.html", t("firstTime")), ownPage("help.html", t("navHelp")), ownPage("about.html", t("navAbout"))),
    ),
    h(
      "fieldset",
      {},
      h("legend", {}, t("optionEnvironment")),
      para(view?.host ? t("environmentIs", view.host.environment, view.host.version) : t("environmentUnknown"), "muted"),
    ),
    h("fieldset", {}, h("legend", {}, t("optionDoctor")), ...doctor()),
    para(t("notOfficial"), "muted"),
  );
}

void draw();
