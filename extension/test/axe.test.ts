// Every page in every state, in a real Chromium: axe-core finds nothing serious, and a screen reader is told each step.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterAll, beforeAll, expect, it } from "vitest";
import pt from "../_locales/pt_PT/messages.json";
import { gallery } from "./gallery/build.mjs";
import { chromium } from "./gallery/chromium.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let all: Awaited<ReturnType<typeof gallery>>;
let shots: typeof all.shots;
let browser: Awaited<ReturnType<typeof chromium>>;

beforeAll(async () => {
  all = await gallery();
  shots = all.shots;
  browser = await chromium(all.folder);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await all?.close();
});

/** What axe finds that keeps somebody out: rule, and the elements. rules: only these. */
async function serious(...rules: string[]): Promise<string[]> {
  return browser.evaluate(`(async () => {
    if (typeof axe === "undefined") { ${axe} }
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"]${rules.length ? `, runOnly: ${JSON.stringify(rules)}` : ""} });
    return violations.filter((v) => v.impact === "serious" || v.impact === "critical").map((v) => v.id + ": " + v.nodes.map((n) => n.html).join(" "));
  })()`) as Promise<string[]>;
}

it("has nothing serious on any page, light and dark", { timeout: 300_000 }, async () => {
  expect(shots.length).toBeGreaterThan(30);
  const found: Record<string, string[]> = {};
  for (const { name, url, width } of shots) {
    await browser.show(url("pt"), width);
    const violations = await serious();
    await browser.scheme("dark");
    violations.push(...(await serious("color-contrast"))); // the rest doesn't turn on colours
    await browser.scheme("light");
    if (violations.length) found[name] = violations;
  }
  expect(found).toEqual({});
});

it("would find something serious", { timeout: 60_000 }, async () => {
  const { url, width } = shots[0]!;
  await browser.show(url("pt"), width);
  await browser.evaluate(`document.querySelector("header img").removeAttribute("alt")`);
  expect((await serious()).join()).toContain("image-alt");
});

it("lets nobody confirm a document whose bytes aren't those that would be signed", { timeout: 60_000 }, async () => {
  const pressable = async (state: string) => {
    const { url, width } = shots.find((s) => s.name === state)!;
    await browser.show(url("pt"), width);
    return browser.evaluate(`[...document.querySelectorAll("button.primary")].map((b) => !b.disabled)`);
  };
  expect(await pressable("document")).toEqual([true]);
  expect(await pressable("document-differs")).toEqual([false]);
  expect(await browser.evaluate(`document.querySelector(".preview").textContent`)).toContain(pt.previewDiffers.message);
});

it.each(["queue-review", "document-look-first"])("lets nobody press at once what comes in a document's place (%s), nor takes the focus from it", { timeout: 60_000 }, async (state) => {
  const { url, width } = shots.find((s) => s.name === "document")!;
  await browser.show(url("pt"), width);
  // Each of these in one turn of the page, as nothing can come in between then.
  const press = `(() => {
    const button = document.querySelector(".buttons.stay button.primary");
    button.focus();
    button.click();
    return [pressed.length, document.activeElement === button, button.getAttribute("aria-disabled")];
  })()`;
  expect(await browser.evaluate(press)).toEqual([1, true, null]);
  expect(await browser.evaluate(`play(${JSON.stringify(state)}) && ${press}`)).toEqual([1, true, "true"]);
  await browser.evaluate(`new Promise((done) => {
    const look = () => document.querySelector("[aria-disabled=true]") || done();
    new MutationObserver(look).observe(document, { subtree: true, attributes: true });
    look();
  })`);
  expect(await browser.evaluate(press)).toEqual([2, true, null]);
  expect(await browser.evaluate(`new Set(pressed.map((p) => p.drawn)).size`)).toBe(2);
  expect(await browser.evaluate(`play("fetching") && play(${JSON.stringify(state)}) && ${press}`), "asked once more").toEqual([2, true, "true"]);
});

it("tells a screen reader each screen and step of a signing", { timeout: 60_000 }, async () => {
  const { url, width } = shots.find((s) => s.name === "choose")!;
  await browser.show(url("pt"), width);
  const step = (label: string) => pt.stepNow.message.replace("$1", label);
  const said = [
    ["document", pt.documentTitle.message],
    ["credentials", pt.credentialsTitle.message],
    ["working", step(pt.stepPreview.message)],
    ["code", pt.codeTitle.message],
    ["sending", step(pt.stepSent.message)],
    ["done", pt.doneTitle.message],
    ["failed-locked", pt.failedTitle.message],
    ["failed-may-be-signed", pt.maybeTitle.message],
    ["unverified", pt.unverifiedTitle.message],
    ["assist", pt.assistTitle.message],
    ["interrupted-waiting", pt.interruptedTitle.message],
  ] as const;
  for (const [state, text] of said) expect(await browser.evaluate(`play(${JSON.stringify(state)})`), state).toBe(text);
});

// Two branches that both add to the end of a file can leave a rule open: everything after it is then inside it.
it.each(["pages/style.css", "screens/screens.css"])("closes every rule of %s", (file) => {
  const css = readFileSync(new URL(`../src/${file}`, import.meta.url), "utf8");
  let depth = 0;
  for (const [line, text] of css.split("\n").entries()) {
    if (/^\S.*\{$/.test(text)) expect(depth, `line ${line + 1} begins a rule inside another`).toBe(0);
    depth += (text.match(/\{/g) ?? []).length - (text.match(/\}/g) ?? []).length;
  }
  expect(depth).toBe(0);
});

it.each(["welcome-ok", "history-entries"])("%s needs no sideways scrolling at double size", { timeout: 60_000 }, async (name) => {
  const { url } = shots.find((s) => s.name === name)!;
  await browser.show(url("pt"), 320);
  expect(await browser.evaluate(`document.documentElement.scrollWidth - document.documentElement.clientWidth`)).toBe(0);
});
