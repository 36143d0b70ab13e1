// Builds the gallery: every page of the extension, in a plain folder, with states played to it.

import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

const root = new URL("../..", import.meta.url).pathname;

/** The pages beside the popup, each with the states of it that are shown (page.ts plays them). */
export const pages = {
  welcome: ["ok", "nohost", "firefox"],
  help: ["all"],
  history: ["entries", "off"],
  options: ["plain"],
};

/** Gives the folder, for whoever removes it, and every picture there is: its name, its address under the folder, its width. */
export async function gallery() {
  const folder = await mkdtemp(join(tmpdir(), "gallery-"));
  await build({
    entryPoints: [`${root}test/gallery/page.ts`], outfile: `${folder}/page.js`, bundle: true, format: "esm", target: "chrome127",
    alias: { "#platform": `${root}src/platform/chromium.ts`, "#texts": `${root}src/platform/texts.ts`, "#help": `${root}src/pages/help-link.ts` }, loader: { ".pdf": "binary" },
  });
  await build({ entryPoints: [`${root}src/pages/style.css`], outfile: `${folder}/style.css`, bundle: true, target: "chrome127" });
  await cp(`${root}src/pages/welcome/debugging-bar.png`, `${folder}/debugging-bar.png`);
  await cp(`${root}icons`, `${folder}/icons`, { recursive: true });
  for (const page of ["popup", ...Object.keys(pages)]) {
    const html = await readFile(`${root}src/pages/${page}/${page}.html`, "utf8");
    await writeFile(`${folder}/${page}.html`, html.replace(/<script src="\w+\.js">/, '<script type="module" src="page.js">'));
  }
  const states = [...(await readFile(`${root}test/gallery/states.ts`, "utf8")).matchAll(/^    "([a-z-]+)": \{/gm)].map((m) => m[1]);
  const url = (page, state, query = "") => (lang) => `file://${folder}/${page}.html${query}#lang=${lang}&page=${page}&state=${state}`;
  const shots = [
    ...states.map((name) => ({ name, url: url("popup", name), width: 400 })),
    { name: "window", url: url("popup", "choose", "?window"), width: 460 },
    ...Object.entries(pages).flatMap(([page, its]) => its.map((state) => ({ name: `${page}-${state}`, url: url(page, state), width: 760 }))),
  ];
  return { folder, shots };
}
