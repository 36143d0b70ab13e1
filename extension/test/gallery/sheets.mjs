// The pictures of docs/SCREENS.md: all states of the popup, and all other pages, on a sheet for each language and look, and what of
// the popup is seen at once when the browser shows it at 200 %: node test/gallery/sheets.mjs ../docs/images

import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gallery, pages } from "./build.mjs";
import { chromium } from "./chromium.mjs";

const [into] = process.argv.slice(2);
if (!into) throw new Error("where to?");
const { folder, shots } = await gallery();
const browser = await chromium(folder);

/** A popup is 600 pixels high at most (Chromium and Firefox): at 200 % these many of its own. */
const highAt200 = 300;

const isPage = ({ name }) => Object.keys(pages).some((page) => name.startsWith(`${page}-`));
const kinds = [
  { dir: "popup", of: shots.filter((s) => !isPage(s)), columns: 6 },
  { dir: "popup-200", of: shots.filter((s) => !isPage(s) && s.width === 400), columns: 6, height: highAt200 },
  { dir: "pages", of: shots.filter(isPage), columns: 3, most: 1600 },
];

for (const { dir, of, columns, height, most } of kinds) {
  await mkdir(join(into, dir), { recursive: true });
  for (const lang of ["pt", "en"]) {
    for (const look of ["light", "dark"]) {
      await browser.scheme(look);
      const figures = [];
      for (const { name, url, width } of of) {
        await browser.show(url(lang), width);
        const whole = height ?? Math.min(most ?? Infinity, await browser.evaluate("document.documentElement.scrollHeight"));
        const data = await browser.picture(width, whole);
        figures.push(`<figure><img width="${width}" src="data:image/png;base64,${data}"><figcaption>${name}</figcaption></figure>`);
      }
      await writeFile(join(folder, "sheet.html"), sheet(figures, columns, look));
      const width = columns * (Math.max(...of.map((s) => s.width)) + 24) + 24;
      await browser.show(`file://${folder}/sheet.html`, width);
      const data = await browser.picture(width, undefined, { format: "webp", quality: 75, scale: 1 / 1.5 });
      await writeFile(join(into, dir, `${lang}-${look}.webp`), Buffer.from(data, "base64"));
    }
  }
}
await browser.close();
await rm(folder, { recursive: true, force: true });

function sheet(figures, columns, look) {
  const [back, ink] = look === "dark" ? ["#111", "#ccc"] : ["#ddd", "#333"];
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 24px 12px; background: ${back}; color: ${ink}; font: 14px sans-serif; columns: ${columns}; column-gap: 0 }
    figure { margin: 0 12px 20px; break-inside: avoid }
    img { display: block; border: 1px solid #8888; border-radius: 6px }
    figcaption { margin-top: 4px }
  </style><body data-drawn>${figures.join("")}`;
}
