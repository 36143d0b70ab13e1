// Makes the stores' pictures from the gallery's: node test/gallery/store.mjs FOLDER GALLERY
// GALLERY is the folder that gallery.mjs made. Needs a Chromium; CHROMIUM names another than "chromium".

import { execFileSync } from "node:child_process";
import { mkdtemp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, gallery] = process.argv.slice(2);
if (!folder || !gallery) throw new Error("where to, and where from?");
const root = new URL("../..", import.meta.url).pathname;
const work = await mkdtemp(join(tmpdir(), "store-"));
await mkdir(folder, { recursive: true });

const words = {
  pt: {
    name: "Assinar com CMD",
    notice: "Não oficial; sem ligação ao Estado nem à ARTE/AMA",
    tile: "Assine um PDF com a Chave Móvel Digital, no navegador",
    document: ["É este o documento?", "Vê-o antes de escrever o PIN."],
    credentials: ["O PIN fica no seu navegador", "Só a página da Chave Móvel Digital o recebe."],
    code: ["Escreva o código que recebeu", "Os outros passos são feitos automaticamente."],
    done: ["Assinado, guardado e verificado", "É o documento enviado, mais uma assinatura, e mais nada."],
  },
  en: {
    name: "Sign with CMD",
    notice: "Not official; not connected with the State or ARTE/AMA",
    tile: "Sign a PDF with the Chave Móvel Digital, in the browser",
    document: ["Is this the document?", "You see it before you type the PIN."],
    credentials: ["The PIN stays in your browser", "Only the page of the Chave Móvel Digital gets it."],
    code: ["Type the code that you received", "The other steps are done for you."],
    done: ["Signed, saved and checked", "It's the document that was sent plus one signature, and nothing else."],
  },
};

const style = `* { box-sizing: border-box } body { margin: 0; font: 22px/1.4 "DejaVu Sans", sans-serif; color: #1a1d21; background: #eceef8; overflow: hidden }
  .shot { display: grid; grid-template-columns: 1fr 500px; align-items: center; height: 800px; padding: 0 60px; gap: 50px }
  h1 { font-size: 46px; line-height: 1.15; margin: 0 0 20px } p { margin: 0 } .who { display: flex; align-items: center; gap: 14px; margin-bottom: 60px; font-weight: bold }
  .notice { margin-top: 60px; font-size: 17px; color: #565d66 } .popup { max-height: 740px; overflow: hidden; border-radius: 14px; box-shadow: 0 10px 40px #3b3f8f55; background: #fff }
  .popup img { width: 100%; display: block } .tile { height: 280px; padding: 30px; display: flex; flex-direction: column; justify-content: center; gap: 14px }
  .tile h1 { font-size: 30px; margin: 0 } .tile .who { margin: 0; font-size: 20px } .tile .notice { margin: 0; font-size: 13px }`;
const icon = `<img src="${pathToFileURL(join(root, "icons/icon.svg"))}" width="56" height="56">`;

async function picture(name, body, width, height) {
  const page = join(work, `${name}.html`);
  await writeFile(page, `<!doctype html><meta charset="utf-8"><style>${style}</style>${body}`);
  execFileSync(process.env.CHROMIUM ?? "chromium", ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
    `--user-data-dir=${work}/profile`, `--window-size=${width},${height}`, `--screenshot=${resolve(folder, `${name}.png`)}`, pathToFileURL(page).href], { stdio: "ignore" });
  const png = await readFile(join(folder, `${name}.png`));
  if (png.readUInt32BE(16) !== width || png.readUInt32BE(20) !== height) throw new Error(`${name}: not ${width} by ${height}`);
}

for (const [lang, w] of Object.entries(words)) {
  const who = `<div class="who">${icon}${w.name}</div>`;
  let n = 0;
  for (const state of ["document", "credentials", "code", "done"]) {
    const [title, text] = w[state];
    const from = pathToFileURL(resolve(gallery, `${state}-${lang}-light.png`));
    await picture(`${lang}-${++n}-${state}`, `<div class="shot"><div>${who}<h1>${title}</h1><p>${text}</p><p class="notice">${w.notice}</p></div><div class="popup"><img src="${from}"></div></div>`, 1280, 800);
  }
  await picture(`${lang}-tile`, `<div class="tile">${who}<h1>${w.tile}</h1><p class="notice">${w.notice}</p></div>`, 440, 280);
}
await rm(work, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
