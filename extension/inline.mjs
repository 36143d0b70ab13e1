import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The scripts of the page that shows a PDF. */
export const previewScripts = Object.fromEntries(
  [["preview", "frame"], ["preview-workers", "workers"], ["preview-assets", "assets"]].map(([name, file]) => [name, fileURLToPath(new URL(`src/preview/${file}.ts`, import.meta.url))]),
);

/**
 * Puts a file of a package into the bundle: "inline-worker:…" as a worker's text, "inline-bytes:…" as base64. The page that shows
 * a PDF has an origin of its own, so it can't fetch what stands beside it.
 */
export const inline = {
  name: "inline",
  setup(build) {
    build.onResolve({ filter: /^inline-(worker|bytes):/ }, ({ path }) => {
      const [kind, file] = path.split(":");
      // The path stands in the output: it must not tell where this was built.
      return { path: file, namespace: kind, pluginData: fileURLToPath(import.meta.resolve(file)) };
    });
    build.onLoad({ filter: /./, namespace: "inline-bytes" }, async ({ pluginData }) => ({ contents: await readFile(pluginData), loader: "base64" }));
    build.onLoad({ filter: /./, namespace: "inline-worker" }, async ({ pluginData: path }) => {
      // Chromium starts no worker of modules from a blob: of an origin without a name (measured, 156).
      const { charset, target } = build.initialOptions;
      const stdin = { contents: await closed(path), resolveDir: dirname(path), loader: "js" };
      const { outputFiles } = await build.esbuild.build({
        stdin, bundle: true, write: false, format: "iife", minify: true, legalComments: "none", charset, target,
        logOverride: { "empty-import-meta": "silent" },
      });
      return { contents: outputFiles[0].text, loader: "text" };
    });
    build.onLoad({ filter: /pdfjs-dist.legacy.build.pdf\.min\.mjs$/ }, async ({ path }) => ({ contents: await closed(path), loader: "js" }));
  },
};

/** pdf.js without its two ways of running code from elsewhere. The page's policy stops them too; so no reviewer has to wonder. */
async function closed(path) {
  const code = await readFile(path, "utf8");
  const without = code
    .replaceAll(/\bimport\(\s*\/\*webpackIgnore: true\*\/[^)]*\)/g, 'Promise.reject(new Error("not in this build"))')
    .replaceAll(/\bFunction\("return this"\)\(\)/g, "globalThis");
  if (without === code || /\bimport\(\s*\/|[^.\w]Function\(/.test(without)) throw new Error(`${path}: a new way of loading code`);
  return without;
}
