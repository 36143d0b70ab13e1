import { problemNote } from "../../screens/problem";
import type { Act } from "../../screens/screen";
import { button, h } from "../../shared/dom";
import { t } from "../../shared/i18n";
import type { View } from "../../shared/view";

/** Where the file of a signing is, with what can be done with it. One that isn't verified isn't opened from here. */
export function savedFile(view: View, act: Act): Node[] {
  if (!view.file) return [];
  const open = (what: "file" | "folder") => () => act({ do: "open", what });
  return [
    savedAt(view.file.path),
    ...(view.id
      ? [
          h(
            "div",
            { className: "buttons" },
            view.screen === "done" && button(t("openFile"), open("file")),
            button(t("showInFolder"), open("folder")),
          ),
        ]
      : []),
    ...(view.openProblem ? [problemNote(view.openProblem)!] : []),
  ];
}

/** Where a file is, to be copied. */
export function savedAt(path: string): HTMLElement {
  const copy = button(t("copyPath"), () => {
    void navigator.clipboard.writeText(path).then(() => (copy.textContent = t("copied")));
  });
  return h("div", { className: "saved" }, h("span", { className: "label" }, t("savedAt")), h("code", {}, path), copy);
}
