// Builds the gallery: every page of the extension, in a plain folder, with states played to it.

import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { build } from "esbuild";
import { componentOptions } from "../../component.mjs";
import { buildPreview } from "../../inline.mjs";

const root = new URL("../..", import.meta.url).pathname;

/** The pages beside the popup, each with the states of it that are shown (page.ts plays them). */
export const pages = {
  welcome: ["ok", "nohost", "firefox"],
  help: ["all"],
  history: ["entries", "off"],
  options: ["plain"],
};

/** The states of <sign-with-cmd> that are shown (component.ts plays them). */
export const component = ["choose", "document", "credentials", "credentials-wrong", "working", "code", "sending", "assist", "done", "failed", "lost"];

const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".png": "image/png", ".svg": "image/svg+xml", ".pdf": "application/pdf" };

/** A folder as a site of this computer: a frame without an origin of its own is loaded and written to as from the extension. */
async function serve(folder) {
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://x").pathname;
    readFile(join(folder, path)).then(
      (data) => response.writeHead(200, { "Content-Type": types[extname(path)] ?? "application/octet-stream" }).end(data),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { site: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

/**
 * Gives every picture there is (its name, its address, its width), the folder that's served, close, which removes all, and
 * preview, which has the document's pages shown from then on.
 */
export async function gallery() {
  const folder = await mkdtemp(join(tmpdir(), "gallery-"));
  await build({
    entryPoints: [`${root}test/gallery/page.ts`], outfile: `${folder}/page.js`, bundle: true, format: "esm", target: "chrome127",
    alias: { "#platform": `${root}src/platform/chromium.ts`, "#texts": `${root}src/platform/texts.ts`, "#help": `${root}src/pages/help-link.ts` }, loader: { ".pdf": "binary", ".png": "dataurl" },
  });
  await build({ entryPoints: [`${root}src/pages/style.css`], outfile: `${folder}/style.css`, bundle: true, target: "chrome127" });
  await cp(`${root}src/pages/welcome/debugging-bar.png`, `${folder}/debugging-bar.png`);
  await cp(`${root}icons`, `${folder}/icons`, { recursive: true });
  for (const page of ["popup", ...Object.keys(pages)]) {
    const html = await readFile(`${root}src/pages/${page}/${page}.html`, "utf8");
    await writeFile(`${folder}/${page}.html`, html.replace(/<script src="\w+\.js">/, '<script type="module" src="page.js">'));
  }
  await build({ ...componentOptions(), entryPoints: [`${root}test/gallery/component.ts`], outfile: `${folder}/component.js`, define: { VERSION: '"0"' } });
  await writeFile(`${folder}/component.html`, `<!doctype html><html><head><meta charset="utf-8"><title>sign-with-cmd</title><style>:root { color-scheme: light dark }</style>
    <script type="module" src="component.js"></script></head><body><main><sign-with-cmd></sign-with-cmd></main></body></html>`);
  const states = [...(await readFile(`${root}test/gallery/states.ts`, "utf8")).matchAll(/^    "([a-z-]+)": \{/gm)].map((m) => m[1]);
  const { site, stop } = await serve(folder);
  const url = (page, state, query = "") => (lang) => `${site}/${page}.html${query}#lang=${lang}&page=${page}&state=${state}`;
  const shots = [
    ...states.map((name) => ({ name, url: url("popup", name), width: 400 })),
    { name: "window", url: url("popup", "choose", "?window"), width: 460 },
    { name: "large", url: url("popup", "document", "?large"), width: 760 },
    ...component.map((name) => ({ name: `component-${name}`, url: url("component", name), width: 560 })),
    ...Object.entries(pages).flatMap(([page, its]) => its.map((state) => ({ name: `${page}-${state}`, url: url(page, state), width: 760 }))),
  ];
  return {
    folder, shots, site,
    /** pdf: the document's bytes. */
    async preview(pdf) {
      await buildPreview({ absWorkingDir: root, preserveSymlinks: true, outdir: folder, target: "chrome127" });
      await writeFile(`${folder}/document.pdf`, pdf);
    },
    async close() {
      stop();
      // A browser that has just ended may still be writing.
      await rm(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
    },
  };
}
