import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import en from "../_locales/en/messages.json";
import pt from "../_locales/pt_PT/messages.json";
import { manifest } from "../manifest.mjs";

const sources = readdirSync(fileURLToPath(new URL("../src", import.meta.url)), { recursive: true, withFileTypes: true })
  .filter((e) => e.isFile() && e.name.endsWith(".ts"))
  .map((e) => readFileSync(`${e.parentPath}/${e.name}`, "utf8"))
  .join("\n");
const manifests = JSON.stringify([manifest("chromium", "1.0.0"), manifest("firefox", "1.0.0")]);

const ptTexts: Record<string, { message: string }> = pt;
const enTexts: Record<string, { message: string }> = en;

it("has every text in both languages", () => {
  expect(Object.keys(pt)).toEqual(Object.keys(en));
  for (const texts of [ptTexts, enTexts]) for (const { message } of Object.values(texts)) expect(message).not.toBe("");
});

it("has the same placeholders in both", () => {
  const marks = (text: string) => [...new Set(text.match(/\$\d/g) ?? [])].sort();
  for (const key of Object.keys(en)) expect(marks(ptTexts[key]!.message), key).toEqual(marks(enTexts[key]!.message));
});

it("uses every text, and none that isn't there", () => {
  for (const key of Object.keys(en)) {
    expect(sources.includes(`"${key}"`) || manifests.includes(`__MSG_${key}__`), `${key} is never used`).toBe(true);
  }
  const used = [...sources.matchAll(/\bt\(\s*"([A-Za-z0-9]+)"/g), ...manifests.matchAll(/__MSG_([A-Za-z0-9]+)__/g)].map((m) => m[1]!);
  expect(used.length).toBeGreaterThan(50);
  for (const key of used) expect(enTexts, key).toHaveProperty(key);
});

it("is Portuguese of Portugal, and never claims a qualified signature", () => {
  const all = [...Object.values(ptTexts), ...Object.values(enTexts)].map((t) => t.message).join("\n");
  expect(all).not.toMatch(/qualificada (e )?válida|valid(ly)? qualified/i);
  // Words of Brazil that come in easily.
  expect(all).not.toMatch(/\b(arquivo|tela|celular|você|baixar|usuário|salvar|clique)\b/i);
});
