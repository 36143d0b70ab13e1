// Takes a picture of every state of the popup, and of every other page: node test/gallery/gallery.mjs FOLDER [lang…]
// ONLY=welcome,history takes only those whose name begins so. Needs a Chromium; CHROMIUM names another than "chromium".

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gallery } from "./build.mjs";
import { chromium } from "./chromium.mjs";
import { contract } from "./contract.mjs";

const [into, ...langs] = process.argv.slice(2);
if (!into) throw new Error("where to?");
const only = process.env.ONLY?.split(",");
const { folder, shots, preview, close } = await gallery();
const browser = await chromium(folder);
await preview(await contract(browser));
await mkdir(into, { recursive: true });
for (const lang of langs.length ? langs : ["pt", "en"]) {
  for (const look of ["light", "dark"]) {
    await browser.scheme(look);
    for (const { name, url, width } of shots) {
      if (only && !only.some((o) => name.startsWith(o))) continue;
      await browser.show(url(lang), width);
      await writeFile(join(into, `${name}-${lang}-${look}.png`), Buffer.from(await browser.picture(width), "base64"));
    }
  }
}
await browser.close();
await close();
