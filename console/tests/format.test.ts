import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { change, compact, count, duration, fromField, money, moneyExact, roundedParts, roundedShares, setLocale, setZone, share, toField } from "../src/lib/format/index.ts";

beforeEach(() => {
  setLocale("en-US");
  setZone("UTC");
});

test.each([
  [1226.37, "$1,230"], [568.53, "$569"], [41.554, "$41.6"], [9.999, "$10.0"], [5.6853, "$5.69"], [1, "$1.00"], [0.57, "$0.57"], [0.01, "$0.01"], [0.004, "<$0.01"], [-0.004, "−<$0.01"], [-1226.37, "−$1,230"], [0, "$0"],
] as const)("%d in running text is %s", (usd, text) => expect(money(usd)).toBe(text));

test("unknown is a dash, never a nought", () => {
  for (const write of [money, moneyExact, share, count, compact, duration]) expect(write(null)).toBe("–");
});

test("a minus is a minus sign", () => {
  expect(moneyExact(-3.5)).toBe("−$3.50");
  expect(share(-0.1234)).toBe("−12.3%");
  expect(change(50, 100)).toBe("−50%");
  expect(change(150, 100)).toBe("+50%");
});

test("there is no change against nothing", () => {
  expect(change(5, 0)).toBeNull();
  expect(change(5, null)).toBeNull();
});

test("a number is written as the reader's locale writes it", () => {
  setLocale("de-DE");
  expect(moneyExact(1226.37)).toBe("1.226,37\u00a0$");
  expect(share(0.464)).toBe("46,4\u00a0%");
});

test.each([[0, "0 ms"], [4.2, "4.2 ms"], [448, "448 ms"], [1_740, "1.74 s"], [65_000, "65 s"], [250_000, "4 min 10 s"], [7_200_000, "2 h"], [259_200_000, "3 d"]] as const)("%d ms is %s", (ms, text) => expect(duration(ms)).toBe(text));

test("parts as shown sum to the whole as shown", () => {
  const part = fc.oneof(fc.constant(null), fc.double({ min: 0, max: 1e6, noNaN: true }));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
      const whole = parts.reduce<number>((sum, one) => sum + (one ?? 0), 0);
      const shown = roundedParts(parts);
      expect(shown.reduce<number>((sum, one) => sum + (one ?? 0), 0)).toBeCloseTo(Math.round(whole * 100) / 100, 4);
      for (const [index, one] of parts.entries()) {
        if (one === null) expect(shown[index]).toBeNull();
        else expect(Math.abs((shown[index] ?? 0) - one)).toBeLessThan(0.0101);
      }
    }),
  );
});

test("shares add up to one", () => {
  expect(roundedShares([1, 1, 1])).toEqual([0.334, 0.333, 0.333]);
  expect(roundedShares([0, 0])).toEqual([null, null]);
});

test("a date field and its instant are two forms of one time, across changes of the clock", () => {
  setZone("Europe/Berlin");
  expect(toField("2026-11-02T00:00:00Z")).toBe("2026-11-02T01:00");
  expect(fromField("2026-03-29T03:30")).toBe("2026-03-29T01:30:00Z");
  expect(fromField("2026-10-25T02:30")).toBe("2026-10-25T00:30:00Z"); // it comes twice: the first
  fc.assert(
    fc.property(fc.integer({ min: 1_700_000_000, max: 1_900_000_000 }), (second) => {
      const minute = new Date(Math.floor(second / 60) * 60_000).toISOString();
      const field = toField(minute);
      expect(toField(fromField(field))).toBe(field);
    }),
  );
});
