import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = new URL("../src", import.meta.url).pathname;
const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter((name) => /\.(svelte|ts)$/.test(name));
const FORBIDDEN: [RegExp, string][] = [
  [/\{@html/, "{@html}: text of the service would become markup"],
  [/\sstyle="/, "a static style attribute: the page's policy refuses it; use a class or style:name={…}"],
  [/\son[a-z]+="/, "an inline handler: the page's policy refuses it"],
  [/\binnerHTML\b|\bouterHTML\b|insertAdjacentHTML|document\.write\b/, "markup from a text"],
  [/\beval\(|new Function\(/, "code from a text"],
];

test.each(files)("%s obeys the page's policy", (name) => {
  const text = readFileSync(join(ROOT, name), "utf8");
  for (const [pattern, why] of FORBIDDEN) expect(pattern.exec(text)?.[0] ?? "", why).toBe("");
});
