import { later } from "#texts";
import { button, h, note, para } from "../shared/dom";
import { t } from "../shared/i18n";
import { problemNote } from "./problem";
import type { Screen } from "./screen";
import { picture } from "./working";

/** How long a code is valid (facts/cmd.md 4), in ms. */
const validFor = 120_000;

export const code: Screen = (view, act) => {
  const prompt = view.code!;
  const input = h("input", {
    id: "code", type: "text", inputMode: "numeric", required: true, autocomplete: "one-time-code", className: "code",
    // Room for what people paste: spaces and dashes go when it's sent.
    maxLength: 24, pattern: "[0-9\\s\\-]{4,24}", attrs: { "aria-describedby": "code-hint code-time", spellcheck: "false" },
  });
  const form = h(
    "form",
    { className: "fields" },
    h("label", { htmlFor: "code" }, t("codeLabel")),
    input,
    h("p", { id: "code-hint", className: "hint" }, t("codeHint")),
    countdown(prompt.since),
    h(
      "div",
      { className: "buttons" },
      // Between asking for another code and its coming, the page takes none.
      h("button", { type: "submit", className: "primary", disabled: prompt.asked ?? false }, t("confirmCode")),
      prompt.resend && !prompt.asked && button(t("resend"), () => act({ do: "resend" })),
      button(t("cancel"), () => act({ do: "cancel" })),
    ),
  );
  form.onsubmit = (e) => {
    e.preventDefault();
    const typed = input.value;
    input.value = "";
    act({ do: "otp", code: typed });
  };
  queueMicrotask(() => input.focus());
  return [
    h("h1", {}, t("codeTitle")),
    para(view.document?.name ?? "", "name"),
    ...(view.problem ? [problemNote(view.problem)!] : []),
    ...(prompt.sandbox ? [note("info", para(t("sandboxCode", prompt.sandbox)))] : []),
    ...(prompt.reference
      ? [h("p", { className: "reference" }, h("span", { className: "label" }, t("referenceLabel")), h("code", {}, prompt.reference), h("span", { className: "hint" }, t("referenceHint")))]
      : []),
    ...(prompt.asked ? [note("info", para(t("codeAsked")))] : []),
    form,
    ...(prompt.approval ? [note("info", para(t("approval")))] : []),
    ...picture(view),
    h("div", { className: "buttons" }, button(t("seePage"), () => act({ do: "screenshot" }), "quiet")),
  ];
};

/** Counts down by itself, without the screen being drawn anew, and stops when it's taken away. */
function countdown(since: number): HTMLElement {
  const el = h("p", { id: "code-time", className: "countdown", attrs: { role: "timer" } });
  const show = later(() => {
    const left = Math.max(0, Math.ceil((since + validFor - Date.now()) / 1000));
    el.textContent = left > 0 ? t("codeTime", `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`) : t("codeOld");
    el.classList.toggle("late", left === 0);
    return left > 0;
  });
  show();
  const timer = setInterval(() => {
    if (!show() || !el.isConnected) clearInterval(timer);
  }, 1000);
  return el;
}
