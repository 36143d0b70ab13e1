// Numbers, sizes and times as the person's language writes them.

import { lang } from "./i18n";

const locale = (): string => (lang() === "pt" ? "pt-PT" : "en-GB");

export function number(n: number): string {
  return new Intl.NumberFormat(locale()).format(n);
}

/** A size in bytes, as people say it. */
export function size(bytes: number): string {
  const [value, unit] = bytes < 1000 ? [bytes, "byte"] : bytes < 1e6 ? [bytes / 1e3, "kilobyte"] : [bytes / 1e6, "megabyte"];
  return new Intl.NumberFormat(locale(), { style: "unit", unit, maximumFractionDigits: 1 }).format(value);
}

/** Day and time of day; at: ms since 1970. */
export function dateTime(at: number): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "long", timeStyle: "short" }).format(at);
}
