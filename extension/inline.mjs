// The pages that show a PDF, and how pdf.js gets into them.

import { cp, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const source = (path) => fileURLToPath(new URL(`src/preview/${path}`, import.meta.url));

/** pdf.js as it is, and for browsers that lack what it uses (src/preview/needs.ts). Each has a page of its own. */
const builds = { "": "build", "-older": "legacy/build" };

/** The scripts of pdf.js' workers, and what each is called in the package. */
const workers = { "pdf.worker": "preview-parser.js", "pdf.renderer": "preview-renderer.js" };

/**
 * Puts the pages that show a PDF into a folder, with their scripts.
 * @param {import("esbuild").BuildOptions & { outdir: string }} options what is the same for all scripts
 */
export async function buildPreview(options) {
  const html = await readFile(source("preview.html"), "utf8");
  // One letter beyond Latin-1 would make a script of a megabyte twice as long in memory, wherever it's copied to.
  options = { ...options, charset: "ascii" };
  for (const [suffix, pdfjs] of Object.entries(builds)) {
    const scripts = { [`preview${suffix}`]: source("frame.ts"), [`preview${suffix}-workers`]: source("workers.ts") };
    if (suffix === "") scripts["preview-assets"] = source("assets.ts");
    await build({ ...options, bundle: true, format: "iife", entryPoints: scripts, plugins: [inline(pdfjs, suffix === "" ? options.outdir : undefined)] });
    await writeFile(join(options.outdir, `preview${suffix}.html`), html.replaceAll(/"preview(-workers)?\.js"/g, `"preview${suffix}$1.js"`));
  }
  await cp(source("preview.css"), join(options.outdir, "preview.css"));
}

/**
 * Finds pdf.js ("#pdfjs") in one of its builds, and puts files into the bundle: "inline-worker:…" as the text of a worker, a script of that
 * build, "inline-bytes:…" as base64. The page that shows a PDF has an origin of its own, so it can't fetch what stands beside it.
 * @param {string} pdfjs the build's folder in pdf.js' package
 * @param {string | undefined} beside the folder for workers' scripts, which their texts then only import: nobody reads and copies a
 * megabyte of text first. Where that wasn't tried (browsers of the older build) there's none, and the text is all of it.
 */
const inline = (pdfjs, beside) => ({
  name: "inline",
  setup(build) {
    const script = (name) => `pdfjs-dist/${pdfjs}/${name}.min.mjs`;
    build.onResolve({ filter: /^#pdfjs$/ }, ({ resolveDir, kind }) => build.resolve(script("pdf"), { resolveDir, kind }));
    build.onResolve({ filter: /^inline-(worker|bytes):/ }, ({ path }) => {
      const [kind, name] = path.split(":");
      const file = kind === "inline-worker" ? script(name) : name;
      // The path stands in the output: it must not tell where this was built.
      return { path: file, namespace: kind, pluginData: { name, path: fileURLToPath(import.meta.resolve(file)) } };
    });
    build.onLoad({ filter: /./, namespace: "inline-bytes" }, async ({ pluginData: { path } }) => ({ contents: await readFile(path), loader: "base64" }));
    build.onLoad({ filter: /./, namespace: "inline-worker" }, async ({ pluginData: { name, path } }) => {
      // Chromium starts no worker of modules from a blob: of an origin without a name (measured, 156).
      const { charset, target } = build.initialOptions;
      const stdin = { contents: await closed(path), resolveDir: dirname(path), loader: "js" };
      const { outputFiles } = await build.esbuild.build({
        stdin, bundle: true, write: false, format: "iife", minify: true, legalComments: "none", charset, target,
        logOverride: { "empty-import-meta": "silent" },
      });
      if (beside === undefined) return { contents: outputFiles[0].text, loader: "text" };
      await writeFile(join(beside, workers[name]), outputFiles[0].contents);
      // A worker made of a text has no address that others could be told from.
      return { contents: `export default "importScripts(" + JSON.stringify(new URL("${workers[name]}", location.href).href) + ")"`, loader: "js" };
    });
    build.onLoad({ filter: /pdfjs-dist.*build.pdf\.min\.mjs$/ }, async ({ path }) => ({ contents: await closed(path), loader: "js" }));
  },
});

/** pdf.js without its two ways of running code from elsewhere. The page's policy stops them too; so no reviewer has to wonder. */
async function closed(path) {
  const code = await readFile(path, "utf8");
  const without = code
    .replaceAll(/\bimport\(\s*\/\*webpackIgnore: true\*\/[^)]*\)/g, 'Promise.reject(new Error("not in this build"))')
    .replaceAll(/\bFunction\("return this"\)\(\)/g, "globalThis");
  // A file that has neither any more may have another; the renderer for browsers that lack nothing never had one.
  const unseen = without === code && !path.endsWith("/pdfjs-dist/build/pdf.renderer.min.mjs");
  if (unseen || /\bimport\(\s*\/|[^.\w]Function\(/.test(without)) throw new Error(`${path}: a new way of loading code`);
  return without;
}
