// A name for the document, from what the site says.

/** The file's name: of Content-Disposition, else of the URL's path, else a plain one. Always ends in .pdf, has no folder. */
export function documentName(url: string, disposition = ""): string {
  return fileName(fromDisposition(disposition) || fromPath(url));
}

/** The name of a file as it was given, without what could mislead. Always ends in .pdf, has no folder. */
export function fileName(given: string): string {
  const clean = given
    .replace(/^.*[/\\]/, "")
    // Control characters and those that turn the direction of writing can make a name look like another.
    .replace(/[\u0000-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069<>:"|?*]/g, "")
    .trim()
    .slice(0, 150);
  if (!clean || /^\.+$/.test(clean)) return "documento.pdf";
  return /\.pdf$/i.test(clean) ? clean : `${clean}.pdf`;
}

function fromDisposition(header: string): string {
  const extended = /filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i.exec(header);
  if (extended) {
    try {
      return decodeURIComponent(extended[1]!);
    } catch {
      // The plain one, then.
    }
  }
  const quoted = /filename\s*=\s*"((?:[^"\\]|\\.)*)"/i.exec(header);
  if (quoted) return quoted[1]!.replace(/\\(.)/g, "$1");
  return /filename\s*=\s*([^;\s]+)/i.exec(header)?.[1] ?? "";
}

function fromPath(url: string): string {
  try {
    const u = new URL(url);
    if (u.protocol === "data:" || u.protocol === "blob:") return "";
    return decodeURIComponent(u.pathname.split("/").pop() ?? "");
  } catch {
    return "";
  }
}
