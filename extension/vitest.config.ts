import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: { alias: { "#platform": here("./src/platform/chromium.ts"), "#texts": here("./src/platform/texts.ts"), "#help": here("./src/pages/help-link.ts") } },
  test: { include: ["test/**/*.test.ts"], testTimeout: 20_000 },
});
