// The texts of both languages, inside the component: it stands in pages that have no chrome.i18n. The build leaves out those that
// nobody uses (component.mjs).

import en from "../../_locales/en/messages.json";
import pt from "../../_locales/pt_PT/messages.json";

export type Language = "pt" | "en";

const texts: Record<Language, Record<string, { message: string }>> = { pt, en };

/** Two components of one page may speak two languages: each drawing and each action sets its own. */
let speaking: Language = "pt";

export function inLanguage<T>(language: Language, f: () => T): T {
  const before = speaking;
  speaking = language;
  try {
    return f();
  } finally {
    speaking = before;
  }
}

/** The text of a key, "" where there's none; subs fill its placeholders in order. */
export function text(key: string, subs: string[]): string {
  return (texts[speaking][key]?.message ?? "").replace(/\$(\d)/g, (_, n) => subs[Number(n) - 1] ?? "");
}

/** What is called after the drawing speaks the language of the drawing. */
export function later<F extends () => unknown>(f: F): F {
  const language = speaking;
  return (() => inLanguage(language, f)) as F;
}
