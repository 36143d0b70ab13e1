// A few lines instead of a framework. Text goes in as text: nothing is ever parsed as HTML.

type Child = Node | string | false | undefined | null;

type Props<K extends keyof HTMLElementTagNameMap> = Partial<Omit<HTMLElementTagNameMap[K], "style" | "dataset">> & {
  attrs?: Record<string, string>;
};

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props<K> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const el = document.createElement(tag);
  const { attrs, ...rest } = props;
  Object.assign(el, rest);
  for (const [name, value] of Object.entries(attrs ?? {})) el.setAttribute(name, value);
  el.append(...children.filter((c): c is Node | string => c !== false && c !== undefined && c !== null && c !== ""));
  return el;
}

export function button(label: string, onclick: () => void, kind: "primary" | "plain" | "quiet" = "plain"): HTMLButtonElement {
  return h("button", { type: "button", className: kind, onclick }, label);
}

/** A link that opens in a tab. */
export function link(href: string, label: string): HTMLAnchorElement {
  return h("a", { href, target: "_blank", rel: "noreferrer" }, label);
}

/** A link to a page of the extension, in a tab of its own: a popup would be gone. */
export function ownPage(href: string, label: string): HTMLAnchorElement {
  return h("a", { href, target: "_blank" }, label);
}

/** A note beside the way: what to know, what to mind, what went wrong. */
export function note(kind: "info" | "warning" | "error", ...children: Child[]): HTMLElement {
  return h("div", { className: `note ${kind}`, attrs: kind === "error" ? { role: "alert" } : {} }, ...children);
}

export function para(text: string, className = ""): HTMLParagraphElement {
  return h("p", { className }, text);
}
