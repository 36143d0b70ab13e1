// A visible signature: choosing it with the document, and saying it again where the person has to choose it on the site's page.

import { h, note, para } from "../../shared/dom";
import { t, type Key } from "../../shared/i18n";
import { places, type Visible } from "../../shared/protocol";
import type { View } from "../../shared/view";

const placeNames: Record<Visible["place"], Key> = {
  "top-left": "placeTopLeft", "top-center": "placeTopCenter", "top-right": "placeTopRight",
  "middle-left": "placeMiddleLeft", "middle-center": "placeMiddleCenter", "middle-right": "placeMiddleRight",
  "bottom-left": "placeBottomLeft", "bottom-center": "placeBottomCenter", "bottom-right": "placeBottomRight",
};
const orientationNames: Record<Visible["orientation"], Key> = { portrait: "portrait", landscape: "landscape" };

/**
 * Choices that are closed until somebody opens them. valid says so in place where there's no such page; read gives what was chosen,
 * nothing for an invisible signature.
 */
export function visibleSignature(view: View): { node: HTMLElement; valid: () => boolean; read: () => Visible | undefined } {
  const before = view.visible;
  const pages = view.document?.pages ?? 0;
  const want = h("input", { id: "visible", type: "checkbox", checked: !!before });
  const number = h("input", {
    id: "visible-number", type: "text", inputMode: "numeric", maxLength: 5, autocomplete: "off", value: typeof before?.page === "number" ? String(before.page) : "",
    attrs: { "aria-label": t("visiblePageNumber") },
  });
  const page = before?.page ?? "last";
  const first = radio("visible-page", "first", page === "first" || (!pages && page === "last"));
  const last = radio("visible-page", "last", page === "last");
  const other = radio("visible-page", "number", typeof page === "number");
  number.oninput = () => (other.checked = true);
  const orientations = (["portrait", "landscape"] as const).map((o) => radio("visible-orientation", o, (before?.orientation ?? "portrait") === o));
  const spots = places.map((p) => radio("visible-place", p, (before?.place ?? "bottom-right") === p));

  const choices = h(
    "div",
    { className: "choices" },
    ...(view.queue ? [para(t("visibleAll"), "hint")] : []),
    // A document of one page leaves nothing to choose.
    (pages !== 1 || !!view.queue) &&
      h(
        "fieldset",
        {},
        h("legend", {}, t("visiblePage")),
        choice(first, t("pageFirst")),
        pages > 0 && choice(last, t("pageLast")),
        h("span", { className: "row" }, choice(other, t("visiblePageNumber")), number),
      ),
    h("fieldset", {}, h("legend", {}, t("visibleOrientation")), ...orientations.map((o) => choice(o, t(orientationNames[o.value as Visible["orientation"]])))),
    h(
      "fieldset",
      {},
      h("legend", {}, t("visiblePlace")),
      h("div", { className: "places" }, ...spots.map((s) => placeOf(s, t(placeNames[s.value as Visible["place"]])))),
    ),
  );
  const node = h(
    "details",
    { id: "visible-signature", open: !!before },
    h("summary", {}, t("visibleTitle")),
    para(t("visibleHint"), "hint"),
    want,
    h("label", { htmlFor: "visible", className: "inline" }, t("visibleWant")),
    choices,
  );
  // Whatever is chosen next, what was wrong with the number must not stand in its way.
  node.oninput = () => number.setCustomValidity("");
  const valid = (): boolean => {
    const n = Number(number.value);
    if (!want.checked || !other.checked || (Number.isInteger(n) && n >= 1 && n <= (pages || 99_999))) return true;
    number.setCustomValidity(t("visibleNoSuchPage"));
    return number.reportValidity();
  };
  const read = (): Visible | undefined => {
    if (!want.checked) return undefined;
    const chosen = <T extends string>(of: HTMLInputElement[]) => of.find((r) => r.checked)!.value as T;
    return {
      page: other.checked ? Number(number.value) : last.checked ? "last" : "first",
      orientation: chosen<Visible["orientation"]>(orientations),
      place: chosen<Visible["place"]>(spots),
    };
  };
  return { node, valid, read };
}

function radio(name: string, value: string, checked: boolean): HTMLInputElement {
  return h("input", { id: `${name}-${value}`, type: "radio", name, value, checked });
}

function choice(input: HTMLInputElement, label: string): HTMLElement {
  return h("label", { className: "check" }, input, label);
}

/** A place of the grid, which looks like a page: its name is for who can't see where it is. */
function placeOf(input: HTMLInputElement, name: string): HTMLElement {
  return h("label", { title: name }, input, h("span", { className: "visually-hidden" }, name));
}

/** What the person asked for and has to choose on the site's page. */
export function askedFor({ page, orientation, place }: Visible): HTMLElement {
  return note("warning", para(t("visibleAsked", String(page), t(orientationNames[orientation]), t(placeNames[place])), "strong"), para(t("visibleByHand")));
}
