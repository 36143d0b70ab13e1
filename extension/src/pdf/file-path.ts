/** The path of a file: URL, for the host to open. windows: drive letters and shares are written Windows' way. */
export function pathOfFileUrl(url: string, windows: boolean): string | undefined {
  let u: URL;
  let path: string;
  try {
    u = new URL(url);
    path = decodeURIComponent(u.pathname);
  } catch {
    return undefined;
  }
  if (u.protocol !== "file:" || path.includes("\0")) return undefined;
  if (!windows) return u.host && u.host !== "localhost" ? undefined : path;
  const backslashed = path.replaceAll("/", "\\");
  return u.host ? `\\\\${u.host}${backslashed}` : backslashed.replace(/^\\(?=[A-Za-z]:)/, "");
}
