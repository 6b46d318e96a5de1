import fc from "fast-check";
import { expect, test } from "vitest";
import { fill, match, parse, safeNext, write } from "../src/lib/address.ts";
import { filterPatch, listOf, selectionOf, stepped, textOf, toggled } from "../src/lib/selection.ts";

test("an address is read back as it was written", () => {
  const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.dictionary(text.filter((name) => name !== "__proto__"), text), text, (query, id) => {
      const path = fill("/w/:id/overview", { id });
      const found = parse(write(path, query));
      expect(found.query).toEqual(query);
      expect(match("/w/:id/overview", found.path)).toEqual({ id });
    }),
  );
});

test("filters are read back as they were written, whatever the names are", () => {
  const name = fc.oneof(fc.constant(""), fc.string({ unit: "grapheme", maxLength: 12 }), fc.constantFrom("a,b", "~", "%", "<img onerror>"));
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 5 }), (names) => {
      expect(listOf(textOf(names))).toEqual(names);
      const patch = filterPatch({ model: names });
      const hash = write("/w/x/calls", patch);
      expect(selectionOf(parse(hash).query).filters).toEqual({ model: names });
    }),
  );
});

test("a malformed address is no reason to fail", () => {
  expect(match("/w/:id", "/w/%zz")).toEqual({ id: "%zz" });
  expect(selectionOf({ from: "yesterday", "f.model": "%zz" })).toEqual({ from: null, to: null, filters: { model: ["%zz"] } });
});

test("a click adds a name, another takes it off", () => {
  expect(toggled({}, "model", "a")).toEqual({ model: ["a"] });
  expect(toggled({ model: ["a"] }, "model", "a")).toEqual({ model: [] });
});

test("a step is as long as the window", () => {
  expect(stepped("2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z", 1)).toEqual({ from: "2026-11-03T00:00:00Z", to: "2026-11-04T00:00:00Z" });
  expect(stepped(null, "2026-11-03T00:00:00Z", 1)).toBeNull();
});

test.each([["/w/x/overview?by=tool", "#/w/x/overview?by=tool"], ["//other.example", "#/"], ["https://other.example", "#/"], ["/\\other.example", "#/"], [undefined, "#/"], ["/sign-in", "#/"]])(
  "after signing in, next=%s leads to %s", (next, hash) => expect(safeNext(next)).toBe(hash),
);
