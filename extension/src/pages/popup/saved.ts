import { t } from "../../shared/i18n";
import { button, h } from "../dom";

/** Where a file is, to be copied: an extension can't open a file that the browser didn't download. */
export function savedAt(path: string): HTMLElement {
  const copy = button(t("copyPath"), () => {
    void navigator.clipboard.writeText(path).then(() => (copy.textContent = t("copied")));
  });
  return h("div", { className: "saved" }, h("span", { className: "label" }, t("savedAt")), h("code", {}, path), copy);
}
