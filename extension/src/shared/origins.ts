// The origins that this extension will ever drive or give a secret to: its own list, whatever a host says.

const https = new Set([
  "https://cmd.autenticacao.gov.pt",
  "https://frtend.reg.cmd.autenticacao.gov.pt",
  "https://www.autenticacao.gov.pt",
  "https://autenticacao.gov.pt",
  "https://preprod.cmd.autenticacao.gov.pt",
]);

/** The sandbox's two names; browsers resolve *.localhost to this computer only. Any port. */
const loopback = new Set(["cmd.localhost", "frtend.reg.cmd.localhost"]);

/** Says whether origin (scheme://host[:port], exactly as a browser writes it) is on the built-in list. */
export function builtIn(origin: string): boolean {
  if (https.has(origin)) return true;
  let url: URL;
  try {
    url = new URL(origin);
  } catch {
    return false;
  }
  return url.origin === origin && url.protocol === "http:" && loopback.has(url.hostname);
}

/** The origin of a URL, "" for one that has none. */
export function originOf(url: string): string {
  try {
    const { origin } = new URL(url);
    return origin === "null" ? "" : origin;
  } catch {
    return "";
  }
}

/** The URL without query and fragment, where names and session ids stand. "" for what isn't a URL. */
export function bare(url: unknown): string {
  if (typeof url !== "string") return "";
  if (url.startsWith("about:")) return url.split(/[?#]/)[0]!;
  try {
    const u = new URL(url);
    // data: and blob: addresses are content, not places.
    if (u.protocol === "data:" || u.protocol === "blob:") return u.protocol;
    return u.origin === "null" ? u.protocol : u.origin + u.pathname;
  } catch {
    return "";
  }
}
