// Where phone and PIN are typed.

import { h } from "../shared/dom";
import { t } from "../shared/i18n";

export interface Fields {
  country: HTMLInputElement;
  phone: HTMLInputElement;
  pin: HTMLInputElement;
  /** They, with their labels and hints. */
  nodes: Node[];
}

export function credentialFields(): Fields {
  const country = h("input", {
    id: "country", type: "tel", value: "+351", required: true, pattern: "\\+[0-9]{1,4}", maxLength: 5,
    autocomplete: "tel-country-code", attrs: { "aria-describedby": "phone-hint" },
  });
  const phone = h("input", {
    id: "phone", type: "tel", required: true, pattern: "[0-9 .\\-]{4,20}", maxLength: 20, autocomplete: "off",
    attrs: { "aria-describedby": "phone-hint" },
  });
  const pin = h("input", {
    id: "pin", type: "password", inputMode: "numeric", required: true, pattern: "[0-9]{4,8}", minLength: 4, maxLength: 8,
    autocomplete: "off", attrs: { "aria-describedby": "pin-hint", spellcheck: "false" },
  });
  const nodes = [
    h(
      "div",
      { className: "phone" },
      h("label", { htmlFor: "country" }, t("country")),
      h("label", { htmlFor: "phone" }, t("phone")),
      country,
      phone,
    ),
    h("p", { id: "phone-hint", className: "hint" }, t("phoneHint")),
    h("label", { htmlFor: "pin" }, t("pin")),
    pin,
    h("p", { id: "pin-hint", className: "hint" }, t("pinHint")),
  ];
  return { country, phone, pin, nodes };
}
