import { text } from "#texts";
import type messages from "../../_locales/en/messages.json";

/** A key of _locales; the compiler knows them all. */
export type Key = keyof typeof messages;

/** The text of a key in the person's language; subs fill its placeholders in order. */
export function t(key: Key, ...subs: string[]): string {
  return text(key, subs) || key;
}

/** The language that the texts are in, for the host and for numbers. */
export function lang(): "pt" | "en" {
  return t("lang") === "pt" ? "pt" : "en";
}
