// The pictures of docs/SCREENS.md: all states of the popup, and all other pages, on a sheet for each language and look, and what of
// the popup is seen at once when the browser shows it at 200 %. And those of the guides and the README: a few states side by side.
//
//	node test/gallery/sheets.mjs ../docs/images [guide|popup|popup-200|component|pages]…

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gallery } from "./build.mjs";
import { chromium } from "./chromium.mjs";
import { contract } from "./contract.mjs";

const [into, ...only] = process.argv.slice(2);
if (!into) throw new Error("where to?");
const { folder, site, shots, preview, close } = await gallery();
const browser = await chromium(folder);
await preview(await contract(browser));

/** A popup is 600 pixels high at most (Chromium and Firefox): at 200 % these many of its own. */
const highAt200 = 300;

const isComponent = ({ name }) => name.startsWith("component-");
const isPage = (shot) => shot.width > 460 && !isComponent(shot);
const kinds = [
  { dir: "popup", of: shots.filter((s) => !isPage(s) && !isComponent(s)), columns: 6 },
  { dir: "popup-200", of: shots.filter((s) => !isPage(s) && s.width === 400), columns: 6, height: highAt200 },
  { dir: "component", of: shots.filter(isComponent), columns: 3 },
  { dir: "pages", of: shots.filter(isPage), columns: 3, most: 1600 },
];

/** Those that stand in a text: in a browser's light look, each language its own. */
const strips = {
  "guide/begin": ["choose", "document", "credentials"],
  "guide/end": ["code", "done", "failed-locked"],
  "signing": ["document", "credentials", "code", "done"],
};
if (only.length === 0 || only.includes("guide")) {
  await browser.scheme("light");
  for (const [name, states] of Object.entries(strips)) {
    for (const lang of ["pt", "en"]) {
      const of = states.map((state) => shots.find((s) => s.name === state));
      await keep(`${name}-${lang}`, await figures(of, lang, { titles: false }), of, states.length, "light");
    }
  }
}

for (const { dir, of, columns, height, most } of kinds) {
  if (only.length > 0 && !only.includes(dir)) continue;
  for (const lang of ["pt", "en"]) {
    for (const look of ["light", "dark"]) {
      await browser.scheme(look);
      await keep(`${dir}/${lang}-${look}`, await figures(of, lang, { height, most }), of, columns, look);
    }
  }
}
await browser.close();
await close();

/** Pictures of states: all of each, or its first height pixels, or no more than the first most. */
async function figures(of, lang, { height, most, titles = true }) {
  const made = [];
  for (const { name, url, width } of of) {
    await browser.show(url(lang), width);
    const whole = height ?? Math.min(most ?? Infinity, await browser.evaluate("document.documentElement.scrollHeight"));
    const data = await browser.picture(width, whole);
    made.push(`<figure><img width="${width}" src="data:image/png;base64,${data}">${titles ? `<figcaption>${name}</figcaption>` : ""}</figure>`);
  }
  return made;
}

async function keep(name, figures, of, columns, look) {
  await writeFile(join(folder, "sheet.html"), sheet(figures, columns, look));
  const width = columns * (Math.max(...of.map((s) => s.width)) + 24) + 24;
  await browser.show(`${site}/sheet.html`, width);
  const data = await browser.picture(width, undefined, { format: "webp", quality: 75, scale: 1 / 1.5 });
  await mkdir(dirname(join(into, name)), { recursive: true });
  await writeFile(join(into, `${name}.webp`), Buffer.from(data, "base64"));
}

function sheet(figures, columns, look) {
  const [back, ink] = look === "dark" ? ["#111", "#ccc"] : ["#ddd", "#333"];
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 24px 12px; background: ${back}; color: ${ink}; font: 14px sans-serif; columns: ${columns}; column-gap: 0 }
    figure { margin: 0 12px 20px; break-inside: avoid }
    img { display: block; border: 1px solid #8888; border-radius: 6px }
    figcaption { margin-top: 4px }
  </style><body data-drawn>${figures.join("")}`;
}
