import fc from "fast-check";
import { expect, test } from "vitest";
import { RowCutter, fieldsOf, lineEnds, rowsOf } from "../src/lib/import/cutter.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const quoted = (field: string): string => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);

function cut(bytes: Uint8Array, sizes: readonly number[], options: { isCsv: boolean; maxRows: number; maxBytes: number }): { header: string | undefined; batches: { text: string; rows: number }[] } {
  const cutter = new RowCutter(options);
  const batches: { text: string; rows: number }[] = [];
  let header: string | undefined;
  let at = 0;
  const drain = (): void => {
    if (options.isCsv && header === undefined) {
      const found = cutter.takeHeader();
      if (found === undefined) return;
      header = decode(found);
    }
    for (let batch = cutter.take(); batch !== undefined; batch = cutter.take()) batches.push({ text: decode(batch.bytes), rows: batch.rows });
  };
  for (let index = 0; at < bytes.length; index += 1) {
    const size = Math.max(1, sizes[index % sizes.length] ?? 1);
    cutter.push(bytes.slice(at, at + size));
    at += size;
    drain();
  }
  cutter.finish();
  drain();
  return { header, batches };
}

const field = fc.oneof(fc.string({ unit: "grapheme", maxLength: 6 }), fc.constantFrom("é", "日本", "🙂", 'a "b"', "x,y", "two\nlines", "cr\r\nlf")).filter((text) => text.trim() !== "" && !text.startsWith("\ufeff"));

test("no row is lost, split or doubled, wherever the pieces are cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(field, { minLength: 2, maxLength: 3 }), { minLength: 1, maxLength: 30 }), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 7 }),
      fc.constantFrom("\n", "\r\n"), fc.boolean(), fc.boolean(),
      (rows, sizes, maxRows, end, hasBom, endsOpen) => {
        const lines = ["h1,h2", ...rows.map((row) => row.map(quoted).join(","))];
        const text = (hasBom ? "\ufeff" : "") + lines.join(end) + (endsOpen ? "" : end);
        const { header, batches } = cut(encode(text), sizes, { isCsv: true, maxRows, maxBytes: 1e9 });
        expect(header).toBe("h1,h2");
        const found = batches.flatMap((batch) => {
          const inside = rowsOf(encode(batch.text), true).map((row) => row.text);
          expect(inside.length).toBe(batch.rows);
          expect(batch.rows).toBeLessThanOrEqual(maxRows);
          return inside;
        });
        expect(found).toEqual(lines.slice(1));
        expect(found.map(fieldsOf)).toEqual(rows);
      },
    ),
  );
});

test("a batch keeps below its bytes, but for one row that is longer by itself", () => {
  const { batches } = cut(encode("aaaa\nbbbb\ncccccccccccccccc\nd\n"), [3], { isCsv: false, maxRows: 100, maxBytes: 12 });
  expect(batches.map(({ text }) => text)).toEqual(["aaaa\nbbbb\n", "cccccccccccccccc\n", "d\n"]);
});

test("the cuts do not depend on how the file is read", () => {
  const bytes = encode(Array.from({ length: 100 }, (_, index) => `{"id": ${index}}`).join("\n"));
  const options = { isCsv: false, maxRows: 7, maxBytes: 60 };
  expect(cut(bytes, [1], options)).toEqual(cut(bytes, [1_000], options));
});

test("rows say on which line they begin", () => {
  expect(rowsOf(encode('a,"1\n2"\n\nb,3\n'), true)).toEqual([{ line: 1, text: 'a,"1\n2"' }, { line: 4, text: "b,3" }]);
  expect(lineEnds(encode("a\nb\nc"))).toBe(2);
});
