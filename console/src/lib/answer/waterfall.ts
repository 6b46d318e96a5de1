// The bill now, what each step of the plan takes away in the order applied, and the bill with the plan. Pure.
import type { Advice, Recommendation } from "@netra/sdk";
import { roundedParts } from "../format/adding.ts";
import { billsOf, boundsOf, digitsFor, dollars, marginalOf, onShelf, periodOf, shelfOf, shelves, stepName, usdOf, type Shelf } from "./answer.ts";

export interface Bar {
  name: string;
  role: "now" | "step" | "rest" | "plan";
  usd: number;
  /** Both ends as shares of the longest bar. */
  from: number;
  to: number;
  /** The amount as shown: the steps and the plan add up to the bill now. */
  text: string;
  id?: string;
}

const REST = 0.0005; // of the bill: a smaller rest is rounding

/** Bars from the bill now to the plan; empty without a plan. */
export function waterfall(advice: Advice): Bar[] {
  const period = periodOf(advice);
  const bills = billsOf(advice, period);
  const plan = onShelf(advice, "do").sort((a, b) => (a.savings.applied_as ?? 0) - (b.savings.applied_as ?? 0));
  if (bills === null || plan.length === 0) return [];
  const steps: { name: string; usd: number; role: Bar["role"]; id?: string }[] = plan.map((one) => ({
    name: stepName(one, plan), usd: marginalOf(one.savings, period) ?? 0, role: "step", id: one.id,
  }));
  const rest = bills.now - bills.then - steps.reduce((sum, { usd }) => sum + usd, 0);
  if (Math.abs(rest) > REST * bills.now) steps.push({ name: "", usd: rest, role: "rest" });
  const digits = digitsFor(bills.now);
  const shown = roundedParts([...steps.map(({ usd }) => usd), bills.then], digits);
  const most = Math.max(bills.now, bills.then);
  let left = bills.now;
  const bars: Bar[] = [{ name: "", role: "now", usd: bills.now, from: 0, to: bills.now / most, text: dollars(shown.reduce<number>((sum, one) => sum + (one ?? 0), 0), digits) }];
  for (const [at, step] of steps.entries()) {
    bars.push({ ...step, from: (left - step.usd) / most, to: left / most, text: dollars(-(shown[at] ?? 0), digits) });
    left -= step.usd;
  }
  bars.push({ name: "", role: "plan", usd: bills.then, from: 0, to: bills.then / most, text: dollars(shown.at(-1) ?? 0, digits) });
  return bars;
}

export interface Alone {
  one: Recommendation;
  name: string;
  usd: number;
  bounds: readonly [number, number] | null;
}

/** Each change on its own, a scale a shelf: what should be left alone does not dwarf the rest. */
export function eachAlone(advice: Advice): { shelf: Shelf; low: number; high: number; isCost: boolean; rows: Alone[] }[] {
  const period = periodOf(advice);
  return shelves.flatMap((shelf) => {
    const rows = advice.recommendations
      .filter((one) => shelfOf(one) === shelf && usdOf(one.savings, period) !== 0)
      .map((one) => ({ one, name: stepName(one, advice.recommendations), usd: usdOf(one.savings, period), bounds: boundsOf(one.savings, period) }))
      .sort((a, b) => Math.abs(b.usd) - Math.abs(a.usd));
    if (rows.length === 0) return [];
    const ends = rows.flatMap(({ usd, bounds }) => [usd, ...(bounds ?? [])]);
    const isCost = ends.every((usd) => usd <= 0); // bars begin at the left whether they save or cost
    return [{ shelf, low: Math.min(0, ...ends), high: Math.max(0, ...ends), isCost, rows }];
  });
}
