import { loadSettings, saveSettings } from "../../../background/store";
import { credentialFields } from "../../../screens/fields";
import { problemNote } from "../../../screens/problem";
import type { Act, Screen } from "../../../screens/screen";
import { button, h, note, para } from "../../../shared/dom";
import { t, type Key } from "../../../shared/i18n";
import type { View } from "../../../shared/view";
import { visibleSignature } from "../visible";

export const credentials: Screen = (view, act) => [
  h("h1", {}, t("credentialsTitle")),
  para(view.document?.name ?? "", "name"),
  ...(view.queue ? [para(t("pinForAll"))] : []),
  ...(view.problem ? [problemNote(view.problem)!] : []),
  ...(view.host?.custom && !view.trial ? [note("warning", para(t("customEnvironment", view.host.environment)))] : []),
  ...(view.notes ?? []).map((text) => note("warning", para(text))),
  ...(view.trial ? [trialNote()] : []),
  ...(view.modeChanged ? [askMode(view, act)] : [holder(view), form(view, act)]),
];

/** Whoever tries gets a number and a PIN; their own are neither needed nor wanted. */
function trialNote(): Node {
  const others: [Key, string][] = [
    ["trialWrongPin", "900 000 002"], ["trialWrongCode", "900 000 003"], ["trialLocked", "900 000 005"], ["trialLost", "900 000 052"],
  ];
  return note(
    "warning",
    para(t("trialCredentials", `+351 ${trialPhone}`, trialPin), "strong"),
    h("details", {}, h("summary", {}, t("trialOthers")), h("ul", {}, ...others.map(([key, number]) => h("li", {}, t(key, number))))),
  );
}

/** The sandbox's number for which all goes well, and its PIN (docs/SANDBOX.md). */
const trialPhone = "900 000 001";
const trialPin = "1234";

/** The mode that was expected isn't offered: never changed without asking, and never after the PIN. */
function askMode(view: View, act: Act): Node {
  const text = { relay: t("modeChangedRelay"), launch: t("modeChanged"), attach: t("modeChangedAttach", view.host?.browserAt ?? "") }[view.mode];
  return h(
    "div",
    {},
    note("warning", para(text)),
    h(
      "div",
      { className: "buttons" },
      button(t("acceptMode"), () => act({ do: "accept-mode" }), "primary"),
      button(t("cancel"), () => act({ do: "cancel" })),
    ),
  );
}

/** Who holds the PIN is said before it's typed. */
function holder(view: View): Node {
  if (view.trial) return view.mode === "relay" ? note("info", para(t("barExplained"))) : para("");
  if (view.mode === "relay") return note("info", para(t("holderRelay")), para(t("barExplained"), "muted"));
  if (view.mode === "attach") return note("warning", para(t("holderAttach", view.host?.browserAt ?? "")));
  return note("warning", para(t("holderLaunch")));
}

function form(view: View, act: Act): Node {
  const { country, phone, pin, nodes } = credentialFields();
  const remember = h("input", { id: "remember", type: "checkbox" });

  void loadSettings().then((s) => {
    // The form may have been drawn anew under somebody who types: the cursor stays, or the rest of a number goes into the PIN.
    if (form.contains(document.activeElement)) return;
    remember.checked = s.rememberPhone;
    if (view.trial) {
      remember.checked = false;
      if (!phone.value) phone.value = view.phone?.number ?? trialPhone;
    } else if (view.phone && !phone.value) {
      country.value = view.phone.country;
      phone.value = view.phone.number;
    } else if (s.rememberPhone && !phone.value) {
      country.value = s.country;
      phone.value = s.phone;
    }
    (phone.value ? pin : phone).focus();
  });

  // Of several it's chosen here, before the first is with the site.
  const seal = view.queue && view.steps.length === 0 && view.host?.visible ? visibleSignature(view) : undefined;

  const form = h(
    "form",
    { className: "fields", noValidate: false },
    ...nodes,
    !view.trial && h("label", { className: "check" }, remember, t("rememberPhone")),
    seal?.node,
    h(
      "div",
      { className: "buttons" },
      h("button", { type: "submit", className: "primary" }, t("sign")),
      button(t("cancel"), () => act({ do: "cancel" })),
    ),
  );
  form.onsubmit = (e) => {
    e.preventDefault();
    if (seal && !seal.valid()) return;
    // A try's number is nobody's.
    if (!view.trial) {
      void saveSettings(
        remember.checked
          ? { rememberPhone: true, country: country.value, phone: phone.value }
          : { rememberPhone: false, country: "+351", phone: "" },
      );
    }
    const typed = pin.value;
    pin.value = "";
    act({ do: "credentials", country: country.value, number: phone.value, pin: typed, visible: seal ? seal.read() : view.visible });
  };
  return form;
}
