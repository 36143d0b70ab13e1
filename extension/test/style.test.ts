import { readFileSync } from "node:fs";
import { transform } from "esbuild";
import { expect, it } from "vitest";

// A browser says nothing of a rule that isn't closed: all below it is lost. It happened in a merge.
it("has a style sheet that can be read to its end", async () => {
  const { warnings } = await transform(readFileSync("src/pages/style.css", "utf8"), { loader: "css" });
  expect(warnings.map((w) => `${w.location?.line}: ${w.text}`)).toEqual([]);
});
