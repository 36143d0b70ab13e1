// Takes a picture of every state of the popup: node test/gallery/gallery.mjs FOLDER [lang…]
// Needs a Chromium; CHROMIUM names another than "chromium".

import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

const root = new URL("../..", import.meta.url).pathname;
const [folder, ...langs] = process.argv.slice(2);
if (!folder) throw new Error("where to?");
const work = await mkdtemp(join(tmpdir(), "gallery-"));

await build({
  entryPoints: [`${root}test/gallery/page.ts`], outfile: `${work}/page.js`, bundle: true, format: "esm", target: "chrome127",
  alias: { "#platform": `${root}src/platform/chromium.ts` },
});
await cp(`${root}src/pages/style.css`, `${work}/style.css`);
await cp(`${root}icons`, `${work}/icons`, { recursive: true });
const html = (await readFile(`${root}src/pages/popup/popup.html`, "utf8")).replace('<script src="popup.js">', '<script type="module" src="page.js">');
await writeFile(`${work}/popup.html`, html);
const names = [...(await readFile(`${root}test/gallery/states.ts`, "utf8")).matchAll(/^    "([a-z-]+)": \{/gm)].map((m) => m[1]);

const browser = spawn(
  process.env.CHROMIUM ?? "chromium",
  ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--allow-file-access-from-files", "--force-device-scale-factor=1.5",
    "--remote-debugging-pipe", `--user-data-dir=${work}/profile`, "about:blank"],
  { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
);
const [, , , out, into] = browser.stdio;
const waiting = new Map();
let text = "";
let last = 0;
into.on("data", (data) => {
  const lines = (text += data).split("\0");
  text = lines.pop();
  for (const line of lines) {
    const m = JSON.parse(line);
    waiting.get(m.id)?.(m.result ?? m);
  }
});
const send = (method, params = {}, sessionId) =>
  new Promise((done) => {
    waiting.set(++last, done);
    out.write(JSON.stringify({ id: last, method, params, sessionId }) + "\0");
  });

await mkdir(folder, { recursive: true });
const { targetId } = await send("Target.createTarget", { url: "about:blank" });
const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
const page = (method, params) => send(method, params, sessionId);
const evaluate = async (expression) => (await page("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true })).result?.value;

for (const lang of langs.length ? langs : ["pt", "en"]) {
  for (const look of ["light", "dark"]) {
    await page("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: look }] });
    for (const name of [...names, "window"]) {
      const query = name === "window" ? "?window" : "";
      await page("Emulation.setDeviceMetricsOverride", { width: query ? 460 : 400, height: 300, deviceScaleFactor: 1.5, mobile: false });
      await page("Page.navigate", { url: "about:blank" });
      await page("Page.navigate", { url: `file://${work}/popup.html${query}#lang=${lang}&state=${query ? "choose" : name}` });
      for (let i = 0; i < 200 && !(await evaluate("!!document.querySelector('main[data-screen] h1')")); i++);
      const height = await evaluate("new Promise(d => setTimeout(() => d(document.documentElement.scrollHeight), 60))");
      const { data } = await page("Page.captureScreenshot", {
        format: "png", captureBeyondViewport: true, clip: { x: 0, y: 0, width: query ? 460 : 400, height, scale: 1 },
      });
      await writeFile(join(folder, `${name}-${lang}-${look}.png`), Buffer.from(data, "base64"));
    }
  }
}
browser.kill();
await new Promise((done) => browser.once("exit", done));
await rm(work, { recursive: true, force: true });
