import { expect, test } from "vitest";
import { csvOf, fileName } from "../src/lib/files.ts";
import { nextSort, sorted, sortOf, textOf, type Column } from "../src/lib/ui/table.ts";
import { pressed, stacked, styleOf } from "../src/lib/charts/stacking.ts";
import { thinned } from "../src/lib/charts/thinning.ts";
import { priceLines } from "../src/screens/calls/price.ts";
import { previewOf } from "../src/lib/import/preview.ts";
import { deviceOf } from "../src/screens/account/agents.ts";

interface Row {
  name: string;
  usd: number | null;
}
const columns: Column<Row>[] = [{ id: "name", title: "Name", value: ({ name }) => name }, { id: "usd", title: "$", isNumber: true, value: ({ usd }) => usd }];
const rows: Row[] = [{ name: "b", usd: 1 }, { name: "a", usd: null }, { name: "c", usd: 3 }];
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

test("unknown values come last in either order", () => {
  expect(sorted(rows, columns, { id: "usd", isDown: true }).map(({ name }) => name)).toEqual(["c", "b", "a"]);
  expect(sorted(rows, columns, { id: "usd", isDown: false }).map(({ name }) => name)).toEqual(["b", "c", "a"]);
  expect(sorted(rows, columns, null)).toEqual(rows);
});

test("an order is read back as it was written", () => {
  for (const text of ["usd", "-usd", ""]) expect(textOf(sortOf(text))).toBe(text);
  expect(nextSort(columns[1] as Column<Row>, null)).toEqual({ id: "usd", isDown: true });
  expect(nextSort(columns[1] as Column<Row>, { id: "usd", isDown: true })).toEqual({ id: "usd", isDown: false });
});

test("a CSV cell runs no formula and keeps quotes", () => {
  expect(csvOf(["a", "b"], [["=1+1", 'x "y", z'], [-3, null]])).toBe('a,b\r\n\'=1+1,"x ""y"", z"\r\n-3,\r\n');
  expect(fileName("Netra", "By model: <gpt>")).toBe("netra-by-model-gpt");
});

test("each line stands on those before it", () => {
  const lines = [{ label: "a", color: "--s1", values: [1, null] }, { label: "b", color: "--s2", values: [2, 5] }];
  expect(stacked(lines)).toEqual([[1, 0], [3, 5]]);
  expect(styleOf(0, true).color).toBe("--other");
});

test("a click isolates a name, a second one shows all, Ctrl adds and takes out", () => {
  const all = ["a", "b", "c"];
  expect(pressed(null, all, "a", false)).toEqual(["a"]);
  expect(pressed(["a"], all, "a", false)).toBeNull();
  expect(pressed(["a"], all, "b", true)).toEqual(["a", "b"]);
  expect(pressed(null, all, "b", true)).toEqual(["a", "c"]);
  expect(pressed(["a"], all, "a", true)).toBeNull();
});

test("thinning keeps the sum", () => expect(thinned([1, 2, null, 4, 5], 3)).toEqual([3, 4, 5]));

test("the parts of a call's price sum to it", () => {
  const event = { timestamp: "2026-11-02T00:00:00Z", model: "m", input_tokens: 1_000, output_tokens: 100, cached_input_tokens: 400 };
  const prices = { input_usd_per_m: 2, cached_input_usd_per_m: 1, cache_write_usd_per_m: 0, output_usd_per_m: 10, request_usd: 0.001 };
  const lines = priceLines({ event, usd: 0.0042, unit_prices: prices });
  expect(lines.map(({ what }) => what)).toEqual(["uncached", "cached", "output", "request", "other"]);
  expect(lines.reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo(0.0042, 12);
  expect(priceLines({ event, usd: null, unit_prices: null })).toEqual([]);
});

test("a file is known by its head", () => {
  const csv = previewOf(encode('timestamp,model,input_tokens,output_tokens,colour\n2026-11-02T00:00:00Z,"g,4",1,2,red\n'), true);
  expect(csv).toMatchObject({ format: "csv", unknown: ["colour"], rows: [{ model: "g,4", colour: "red" }] });
  expect(previewOf(encode('{"timestamp": 1, "input_length": 5, "output_length": 6, "hash_ids": [1]}\n{"tim'), false)).toMatchObject({ format: "mooncake" });
  expect(previewOf(encode("TIMESTAMP,ContextTokens,GeneratedTokens\n"), true)).toMatchObject({ format: "azure" });
  for (const broken of ["", "hello\n", "{not json\n"]) expect(previewOf(encode(broken), true)).toBeTypeOf("string");
});

test("a device has a name", () => {
  expect(deviceOf("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0 Safari/537.36")).toBe("Chrome on Linux");
  expect(deviceOf("curl/8.1")).toBe("curl/8.1");
});
