// Builds dist/chromium, dist/firefox and dist/component from one source.

import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";
import { buildComponent } from "./component.mjs";
import { buildPreview } from "./inline.mjs";
import { manifest } from "./manifest.mjs";

const here = (path) => new URL(path, import.meta.url).pathname;
const version = (await readFile(here("../VERSION"), "utf8")).trim();

for (const browser of ["chromium", "firefox"]) {
  const out = here(`dist/${browser}`);
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const options = {
    // Paths in the output are relative to this, and node_modules may be a link: else it depends on where and how it was built.
    absWorkingDir: here("."),
    preserveSymlinks: true,
    outdir: out,
    target: browser === "chromium" ? "chrome127" : "firefox142",
    charset: "utf8",
    legalComments: "none",
  };
  await build({
    ...options,
    entryPoints: {
      worker: here("src/background/worker.ts"),
      popup: here("src/pages/popup/popup.ts"),
      options: here("src/pages/options/options.ts"),
      welcome: here("src/pages/welcome/welcome.ts"),
      help: here("src/pages/help/help.ts"),
      history: here("src/pages/history/history.ts"),
      about: here("src/pages/about/about.ts"),
      style: here("src/pages/style.css"),
    },
    bundle: true,
    format: "iife",
    // Functions that are sent into a page are sent as their text: nothing may be wrapped around them.
    keepNames: false,
    loader: { ".pdf": "binary", ".png": "dataurl" },
    alias: {
      "#platform": here(`src/platform/${browser}.ts`),
      "#texts": here("src/platform/texts.ts"),
      "#help": here("src/pages/help-link.ts"),
    },
  });
  await buildPreview(options);
  await writeFile(`${out}/manifest.json`, JSON.stringify(manifest(browser, version), null, 2) + "\n");
  await cp(here("icons"), `${out}/icons`, { recursive: true, filter: (path) => !path.endsWith(".svg") });
  await cp(here("_locales"), `${out}/_locales`, { recursive: true });
  // A Brazilian browser looks for pt_BR, then pt, and never for pt_PT.
  await cp(here("_locales/pt_PT"), `${out}/_locales/pt`, { recursive: true });
  for (const page of ["popup", "options", "welcome", "help", "history", "about"]) {
    await cp(here(`src/pages/${page}/${page}.html`), `${out}/${page}.html`);
  }
  await cp(here("src/pages/welcome/debugging-bar.png"), `${out}/debugging-bar.png`);
  await cp(here("src/preview/NOTICE.txt"), `${out}/NOTICE.txt`);
}
await buildComponent(version);
