// Builds dist/component: the component as one module, with no other text than it uses.

import { mkdir, readFile, rm } from "node:fs/promises";
import { build } from "esbuild";

const here = (path) => new URL(path, import.meta.url).pathname;

/** What the component's sources need: #texts, #help, stylesheets as their text. texts: those keys only; without it, all. */
export function componentOptions(texts) {
  return {
    absWorkingDir: here("."),
    preserveSymlinks: true,
    bundle: true,
    format: "esm",
    // What light-dark() and adopted stylesheets ask for.
    target: ["chrome123", "firefox120", "safari17.5"],
    charset: "utf8",
    legalComments: "none",
    alias: { "#platform": here("src/platform/chromium.ts"), "#texts": here("src/component/texts.ts"), "#help": here("src/component/help.ts") },
    plugins: [{
      name: "component",
      setup(b) {
        b.onLoad({ filter: /messages\.json$/ }, async ({ path }) => {
          const all = JSON.parse(await readFile(path, "utf8"));
          const kept = Object.entries(all).filter(([key]) => !texts || texts.has(key));
          return { contents: JSON.stringify(Object.fromEntries(kept.map(([key, { message }]) => [key, { message }]))), loader: "json" };
        });
        b.onLoad({ filter: /\.css$/ }, async ({ path }) => {
          const { outputFiles } = await build({ entryPoints: [path], write: false, minify: true, charset: "utf8" });
          return { contents: outputFiles[0].text, loader: "text" };
        });
      },
    }],
  };
}

/** Every key of the texts that stands in what's left of the sources once they're bundled. */
async function usedTexts() {
  const { outputFiles } = await build({ ...options(new Set()), write: false });
  const code = outputFiles[0].text;
  const keys = Object.keys(JSON.parse(await readFile(here("_locales/en/messages.json"), "utf8")));
  return new Set(keys.filter((key) => code.includes(`"${key}"`)));
}

const options = (texts, version = "") => ({
  ...componentOptions(texts), entryPoints: [here("src/component/element.ts")], define: { VERSION: JSON.stringify(version) },
});

/** sign-with-cmd.js is the component; seal.js is what a program without a page needs to seal secrets. */
export async function buildComponent(version) {
  const out = here("dist/component");
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const banner = { js: `/* Sign with CMD ${version}, Apache-2.0. Não oficial; sem ligação ao Estado nem à ARTE/AMA. */` };
  await build({ ...options(await usedTexts(), version), minify: true, banner, outfile: `${out}/sign-with-cmd.js` });
  await build({ ...options(new Set()), entryPoints: [here("src/component/seal.ts")], minify: true, banner, outfile: `${out}/seal.js` });
}
