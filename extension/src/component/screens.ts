// The component's screens, of the same parts as the popup's.

import { later } from "#texts";
import { code } from "../screens/code";
import { environment } from "../screens/environment";
import { facts, warnings } from "../screens/facts";
import { credentialFields } from "../screens/fields";
import { failedTitle, findings, signedBy, unverifiedTitle, validator, whetherSigned } from "../screens/outcome";
import { problemNote } from "../screens/problem";
import type { Act, Screen } from "../screens/screen";
import { stepName } from "../screens/stepper";
import { afterCode, picture, working } from "../screens/working";
import { button, h, link, note, para } from "../shared/dom";
import { t } from "../shared/i18n";
import { drawn, type Screen as Name, type View } from "../shared/view";

/** What the screens need besides the view. */
export interface Around {
  /** Starts, or starts again. */
  start(): void;
  /** The page has given all that is needed to begin. */
  ready: boolean;
  /** Where the document can be looked at. */
  document?: string;
  /** Where the signed file can be had. */
  file?: string;
}

/** The nodes of a view's screen. */
export function draw(view: View, act: Act, around: Around): Node[] {
  const screen = screens[view.screen as keyof typeof screens] ?? choose;
  return [...screen(view, act, around), ...environment(view)];
}

type Drawn = (view: View, act: Act, around: Around) => Node[];

const problem = (view: View) => (view.problem ? [problemNote(view.problem)!] : []);
const name = (view: View) => para(view.document?.name ?? view.source?.name ?? "", "name");
const startAgain = (around: Around) => h("div", { className: "buttons" }, button(t("startAgain"), later(() => around.start()), "primary"));

const choose: Drawn = (view, _act, around) => [
  h("h1", {}, t("servedTitle")),
  name(view),
  ...problem(view),
  h("div", { className: "buttons" }, Object.assign(button(t("servedStart"), () => around.start(), "primary"), { disabled: !around.ready })),
];

const fetching: Drawn = (view, act) => [
  h("h1", {}, t("fetchingTitle")),
  name(view),
  h("progress", { attrs: { "aria-label": t("fetchingTitle") } }),
  h("div", { className: "buttons" }, button(t("cancel"), () => act({ do: "cancel" }))),
];

const documentScreen: Drawn = (view, act, around) => {
  const doc = view.document!;
  return [
    h("h1", {}, t("documentTitle")),
    para(doc.name, "name"),
    ...problem(view),
    ...warnings(doc).map((text) => note("warning", para(text))),
    facts(doc),
    ...(around.document ? [h("p", {}, link(around.document, t("servedOpen")))] : []),
    h(
      "div",
      { className: "buttons" },
      button(view.lookFirst ? t("signAgain") : t("confirmDocument"), () => act({ do: "confirm", drawn: drawn(view) }), "primary"),
      button(t("notThis"), () => act({ do: "cancel" })),
    ),
  ];
};

/** Who gets the PIN is said above the box that it's typed into. */
function holder({ host, mode }: View): Node {
  const { operator } = host ?? {};
  if (operator) {
    const policy = operator.privacy.startsWith("https://") && h("p", {}, link(operator.privacy, t("servedPrivacy", operator.name)));
    return note("warning", para(t("servedHolder", operator.name)), policy);
  }
  return note("warning", para(mode === "attach" ? t("holderAttach", host?.browserAt ?? "") : t("holderLaunch")));
}

const credentials: Drawn = (view, act) => {
  const { country, phone, pin, nodes } = credentialFields();
  if (view.phone) [country.value, phone.value] = [view.phone.country, view.phone.number];
  const form = h(
    "form",
    { className: "fields" },
    ...nodes,
    h("div", { className: "buttons" }, h("button", { type: "submit", className: "primary" }, t("sign")), button(t("cancel"), () => act({ do: "cancel" }))),
  );
  form.onsubmit = (e) => {
    e.preventDefault();
    const typed = pin.value;
    pin.value = "";
    act({ do: "credentials", country: country.value, number: phone.value, pin: typed });
  };
  return [
    h("h1", {}, t("credentialsTitle")),
    name(view),
    ...problem(view),
    ...(view.host?.custom ? [note("warning", para(t("customEnvironment", view.host.environment)))] : []),
    ...(view.notes ?? []).map((text) => note("warning", para(text))),
    holder(view),
    form,
  ];
};

const sending: Screen = (view, act) => afterCode(view, act, t("servedSending"));

const assist: Drawn = (view, act) => {
  const { step, title, site } = view.assist!;
  return [
    h("h1", {}, t("servedAssistTitle")),
    ...problem(view),
    ...(step ? [para(t("assistStep", stepName(step)), "strong")] : []),
    ...(title || site ? [para(t("assistPage", title || "—", site || "—"), "muted")] : []),
    ...picture(view),
    h("div", { className: "buttons" }, button(t("seePage"), () => act({ do: "screenshot" }), "quiet"), button(t("cancel"), () => act({ do: "cancel" }))),
  ];
};

/** The name that the server keeps it by, and the file itself where it was sent here. */
function file(view: View, around: Around): Node[] {
  if (!view.file) return [];
  const get = around.file && h("a", { href: around.file, download: view.file.name, className: "button primary" }, t("servedDownload"));
  return [
    h("p", { className: "kept" }, h("span", { className: "label" }, t("servedKept")), " ", h("code", {}, view.file.name)),
    ...(get ? [h("div", { className: "buttons" }, get)] : []),
    ...(view.openProblem ? [problemNote(view.openProblem)!] : []),
  ];
}

const done: Drawn = (view, _act, around) => [
  h("h1", { className: "good" }, t("servedDone")),
  ...signedBy(view),
  ...file(view, around),
  ...(view.result ? [findings(view.result), validator(view.result)] : []),
];

const unverified: Drawn = (view, _act, around) => [
  unverifiedTitle(view),
  ...problem(view),
  ...(view.result ? [whetherSigned(view.result)] : []),
  ...file(view, around),
  ...(view.result ? [findings(view.result), validator(view.result)] : []),
];

const failed: Drawn = (view, _act, around) => [
  h("h1", { className: "bad" }, view.file ? t("servedUnsaved") : failedTitle(view)),
  name(view),
  ...problem(view),
  // Where a person has to look first, signing again isn't offered with one click.
  ...(view.problem?.retry === "nothing" ? [] : [startAgain(around)]),
];

const cancelled: Drawn = (_view, _act, around) => [h("h1", {}, t("cancelledTitle")), para(t("cancelledText")), startAgain(around)];

const interrupted: Drawn = (view, _act, around) => {
  const maybe = view.interrupted?.answer !== "nothing_signed";
  return [
    h("h1", { className: "bad" }, t("interruptedTitle")),
    name(view),
    note(maybe ? "warning" : "info", para(t(maybe ? "servedLostMaybe" : "servedLostNothing"), "strong"), maybe && para(t("servedAsk"))),
    ...problem(view),
    ...(maybe ? [] : [startAgain(around)]),
  ];
};

const screens = {
  choose, fetching, document: documentScreen, credentials, working, code, sending, assist, done, unverified, failed, cancelled, interrupted,
} satisfies Partial<Record<Name, Drawn>>;
