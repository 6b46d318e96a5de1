/// <reference types="vite/client" />
import { expect, test } from "vitest";

const files = import.meta.glob<string>("../src/**/*.{svelte,ts}", { query: "?raw", import: "default", eager: true });
const FORBIDDEN: [RegExp, string][] = [
  [/\{@html/, "{@html}: text of the service would become markup"],
  [/\sstyle="/, "a static style attribute: the page's policy refuses it; use a class or style:name={…}"],
  [/\son[a-z]+="/, "an inline handler: the page's policy refuses it"],
  [/\binnerHTML\b|\bouterHTML\b|insertAdjacentHTML|document\.write\b/, "markup from a text"],
  [/\beval\(|new Function\(/, "code from a text"],
];

test("the sources are found", () => expect(Object.keys(files).length).toBeGreaterThan(20));

test.each(Object.entries(files))("%s obeys the page's policy", (_, text) => {
  for (const [pattern, why] of FORBIDDEN) expect(pattern.exec(text)?.[0] ?? "", why).toBe("");
});
