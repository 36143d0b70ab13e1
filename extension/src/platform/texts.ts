// Where the texts of an extension's pages come from. The component brings its own (component/texts.ts).

/** The text of a key, "" where there's none; subs fill its placeholders in order. */
export function text(key: string, subs: string[]): string {
  return chrome.i18n.getMessage(key, subs);
}

/** What is called after the drawing speaks the language of the drawing: there's only one here. */
export function later<F extends () => unknown>(f: F): F {
  return f;
}
